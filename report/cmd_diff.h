/*
 * cmd_diff.h - the two recordings that are compared; private to cmd_diff*.c, but for who takes
 * operands like those of diff.
 */
#ifndef PLUGREPORT_CMD_DIFF_H
#define PLUGREPORT_CMD_DIFF_H

#include "report/cmd_findings.h"
#include "report/model/compare.h"

/* One of the two recordings. */
struct diff_side {
	char *path;
	int64_t run; /* 0: the newest */
	struct store *store;
	struct process_list list;
	struct examination examination;
};

/*
 * Path and run of what an operand means: FILE, FILE#RUN, #RUN; `db` and `run` where it is NULL or
 * does not tell.  The caller frees the path, in any case.  False after a message.
 */
bool diff_parse_side(struct diff_side *side, const char *operand, int64_t run, const char *db);

/* A variable that differs; NULL: not set. */
struct variable_change {
	const char *name, *a, *b; /* the recordings' */
};

/* Two processes that are compared, and what differs. */
struct diff_pair {
	const struct recording *a, *b;
	const struct process_row *row_a, *row_b;
	const struct bound_set *bound_a, *bound_b;
	struct variable_change *variables;
	size_t variable_count, variable_room;
	struct comparison comparison;
};

/* What differs, in lines for people, with marks; equal ones are equal differences. */
char *diff_pair_text(const struct diff_pair *pair, bool no_demangle);
void diff_pair_to_json(struct render *render, const struct diff_pair *pair);
/* Number of differences. */
size_t diff_pair_count(const struct diff_pair *pair);

#endif
