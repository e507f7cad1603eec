# OCaml bytecode: ocamlrun and the toplevel read .cmo and .cma files themselves, with no ELF file and
# no ld.so; what they open with dlopen are C stubs (dll*.so), named in the program, found in
# CAML_LD_LIBRARY_PATH, the directories of -dllpath and those of ld.conf.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need ocamlc ocaml
prepare ocaml-bytecode
echo '#load "math.cma";; print_int (Math.twice 4);; print_newline ();;' >script.ml

explained env CAML_LD_LIBRARY_PATH=. ./prog
expect_eq "output" "$(cat audited.out)" 42
explained env CAML_LD_LIBRARY_PATH=. ocaml -noinit script.ml
expect_match "the toplevel" "$(plugreport units)" 'dllmath\.so +dlopen called from caml_'
rm -f plugaudit.db*
recipe ocaml-bytecode
expect_match "no units" "$(plugreport units --json)" '"units": ?\[\]'
expect_match "who asked" "$(plugreport why-loaded dllmath.so)" 'was loaded because caml_'
