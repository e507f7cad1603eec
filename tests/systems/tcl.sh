# Tcl extensions: `package require` leads to `load`, which opens the library with RTLD_NOW and looks up
# NAME_Init.  A second interpreter loads the same file again: Tcl then uses the one that it has.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need tclsh
tclsh <<<'if {[catch {package require sqlite3}]} {exit 1}' || skip "libsqlite3-tcl is not installed"
prepare tcl
explained tclsh prog.tcl
expect_eq "output" "$(cat audited.out)" 42
expect_match "who opened it" "$(plugreport why-loaded '*sqlite3.so')" 'Tcl_LoadFile\(\).* in libtcl'
expect_match "the entry" "$(plugreport calls)" 'dlsym\(.*sqlite3\.so, "Tclsqlite_Init"\)'
rm -f plugaudit.db*
recipe tcl
