/*
 * cmd_interpositions.h - how interpositions are shown; for the command, and for who shows them
 * elsewhere.
 */
#ifndef PLUGREPORT_CMD_INTERPOSITIONS_H
#define PLUGREPORT_CMD_INTERPOSITIONS_H

#include "report/cmd.h"
#include "report/model/interpositions.h"

/*
 * Show what --all, --symbol and `concerned` (by object, or NULL: all) select: pairs, then symbols.
 * What is counted is all that is concerned.
 * JSON gets members of an object: "counts", "inexact", "pairs", "symbols".
 */
void show_interpositions(const struct show *show, const struct bound_set *set,
			 const struct interpositions *all, const bool *concerned);

/* Private to cmd_interpositions*.c: */
struct interpose_view {
	const struct show *show;
	const struct bound_set *set;
	const struct interpositions *all;
	const bool *concerned;
	size_t by_interest[INTEREST_ERROR + 1]; /* of those that concern it */
	size_t count;                           /* of them all */
	char **names; /* by object, and behind the last one of NONE: what text calls it */
};
bool interposition_wanted(const struct interpose_view *view, const struct interposition *i);
bool interposition_pair_wanted(const struct interpose_view *view,
			       const struct interposition_pair *pair);
void interpositions_to_json(const struct interpose_view *view);

#endif
