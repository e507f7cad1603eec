# Tcl extensions: `package require` leads to `load`, which opens the library with RTLD_NOW and looks up
# NAME_Init.  A second interpreter loads the same file again: Tcl then uses the one that it has.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need tclsh
cat >prog.tcl <<'END'
package require sqlite3
sqlite3 db :memory:
puts [db eval {select 6 * 7}]
END
explained tclsh prog.tcl
expect_eq "output" "$(cat audited.out)" 42
expect_match "who opened it" "$(plugreport why-loaded '*sqlite3.so')" 'Tcl_LoadFile\(\).* in libtcl'
expect_match "the entry" "$(plugreport calls)" 'dlsym\(.*sqlite3\.so, "Tclsqlite_Init"\)'
rm -f plugaudit.db*
recipe tcl
