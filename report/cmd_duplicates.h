/*
 * cmd_duplicates.h - how duplicates are shown; for the command, and for who shows them elsewhere.
 */
#ifndef PLUGREPORT_CMD_DUPLICATES_H
#define PLUGREPORT_CMD_DUPLICATES_H

#include "report/cmd.h"
#include "report/model/duplicates.h"
#include "report/model/ocaml_copies.h"

/*
 * Show the duplicates, those that --all and `concerned` (by object, or NULL: all) select, and the
 * objects that were asked for by several names.  JSON gets members of an object: "inexact",
 * "duplicates", "ocaml_units", "aliases".
 */
void show_duplicates(const struct show *show, const struct bound_set *set,
		     const struct duplicates *duplicates, const struct ocaml_copies *units,
		     const bool *concerned);

/* Is there a unit that several objects have? */
bool units_interesting(const struct ocaml_copies *units);

/* Private to cmd_duplicates*.c: */
struct duplicate_view {
	const struct show *show;
	const struct bound_set *set;
	const struct duplicates *duplicates;
	const struct ocaml_copies *units;
	const bool *concerned;
	struct load_aliases *aliases;
	size_t alias_count;
};
bool duplicate_wanted(const struct duplicate_view *view, const struct duplicate *duplicate);
bool aliases_wanted(const struct duplicate_view *view, const struct load_aliases *aliases);
void duplicates_to_json(const struct duplicate_view *view);
/* Is it static copies of OCaml code, of which the units tell more? */
bool units_tell(const struct duplicate_view *view, const struct duplicate *duplicate);
bool units_wanted(const struct duplicate_view *view, const struct unit_copies *unit);
size_t units_show(const struct duplicate_view *view); /* returns how many */
void units_to_json(const struct duplicate_view *view);

#endif
