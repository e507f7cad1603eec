/*
 * ocaml_run.h - OCaml compilation units in a process: their names, and whether they ran.
 */
#ifndef PLUGREPORT_OCAML_RUN_H
#define PLUGREPORT_OCAML_RUN_H

#include "report/model/recording.h"

/*
 * The unit whose code the symbol marks the beginning of: caml<Unit>__code_begin (OCaml 4) or
 * caml<Unit>.code_begin (5.1 on); NULL for others, among them the runtime's own (caml_startup). The
 * caller frees it.
 */
char *ocaml_unit_of_mark(const char *symbol);

/* Did Dynlink run the unit of this plugin?  It looks the unit's entry up then: it has loaded what
 * it refuses too. */
bool ocaml_unit_was_run(const struct recording *rec, int plugin, const char *unit);

#endif
