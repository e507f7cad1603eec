/*
 * cmd_units.h - private to cmd_units*.c: the OCaml compilation units of one process.
 */
#ifndef PLUGREPORT_CMD_UNITS_H
#define PLUGREPORT_CMD_UNITS_H

#include "report/cmd.h"
#include "report/elf/ocaml_units.h"

struct unit_object {
	struct ocaml_units units; /* none when the file is gone, or not OCaml's */
	bool failed;              /* the load that it came with failed */
};

/* References from one object to a unit in another one, or in itself. */
struct unit_use {
	int from, to;
	const char *unit; /* belongs to the objects */
	uint64_t count;
};

struct process_units {
	const struct show *show;
	const char *wanted;          /* name or glob of units; NULL: all that are of interest */
	struct unit_object *objects; /* by the recording's index */
	struct unit_use *uses;
	size_t use_count, use_room;
	bool bytecode; /* the program is OCaml's interpreter */
	size_t unit_count, left_out;
};

/* Did Dynlink run the unit?  It looks its entry up then.  True for the program's own. */
bool unit_was_run(const struct process_units *process, int object, const char *unit);
/* Opened by Dynlink.loadfile_private, and not by loadfile: others can't be bound to it. */
bool unit_is_private(const struct process_units *process, int object);

/* cmd_units_notes.c: what is worth saying of the units: those that are there twice, those that are
 * wanted and can't be had. */
void units_show_notes(const struct process_units *process);

/* Show the units of a process, those that `wanted` (name or glob, or NULL) means.  False after a
 * message; *ret_shown stays when there is none. */
bool units_show_process(const struct show *show, const char *wanted, size_t *ret_shown);

#endif
