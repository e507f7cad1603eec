/*
 * ocaml.h - private to report/elf: names that ocamlopt gives to symbols.
 */
#ifndef PLUGREPORT_OCAML_H
#define PLUGREPORT_OCAML_H

/*
 * The OCaml path that the symbol `name` stands for, e.g. Stdlib.List.map for
 * camlStdlib__List__map_236 (OCaml 4) and camlStdlib__List.map_236 (OCaml 5); NULL when it is none.
 * The caller frees the result.
 */
char *demangle_ocaml(const char *name);

#endif
