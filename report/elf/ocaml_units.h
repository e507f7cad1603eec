/*
 * ocaml_units.h - which OCaml compilation units an ELF file has.
 *
 * ocamlopt puts two symbols around each unit's code, camlUnit__code_begin (OCaml 4) or
 * camlUnit.code_begin (5.1 on).  A plugin (.cmxs) has a table of its units for Dynlink besides, the
 * marshalled value caml_plugin_header, which also tells what they import; a program has the like,
 * caml_globals_map (otherlibs/dynlink/dynlink_types.mli and native/dynlink.ml of OCaml).
 *
 * Units in bytecode (.cmo, .cma) are read by ocamlrun itself: they are in no ELF file.
 */
#ifndef PLUGREPORT_OCAML_UNITS_H
#define PLUGREPORT_OCAML_UNITS_H

#include "report/elf/elf.h"

struct ocaml_unit {
	char *name;     /* "Stdlib__List" */
	char *checksum; /* hex, of its implementation; equal ones are the same code; NULL: unknown
			 */
	bool listed;    /* in the table for Dynlink, which tells... */
	char **imports; /* ...whose implementations it was compiled against, itself left out */
	size_t import_count;
};

struct ocaml_units {
	struct ocaml_unit *units; /* in order of their names, each once */
	size_t count, room;
	bool is_plugin;   /* has caml_plugin_header */
	bool is_bytecode; /* has the interpreter: what it runs can't be seen here */
};

/* The units of the file that `identity` names.  False: it is not the recorded one any more; nothing
 * to release then. */
bool ocaml_units_read(const struct elf_identity *identity, struct ocaml_units *ret);
void ocaml_units_release(struct ocaml_units *units);

/* The unit of this name, or NULL. */
const struct ocaml_unit *ocaml_units_find(const struct ocaml_units *units, const char *name);

/* The unit that defines `symbol` (camlUnit__value_12), the longest name that fits; NULL: none. */
const struct ocaml_unit *ocaml_units_of_symbol(const struct ocaml_units *units, const char *symbol);

#endif
