# Every binding that ld.so prints of this program is in the database, and nothing else is: some 70
# objects, large C++ libraries, an embedded interpreter, a child that converts character sets.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need gdb readelf
bindings_equal gdb --version
expect_match "it works" "$(cat ld-debug.out)" '^GNU gdb'
expect_true "there is something to compare" [ "$(db "SELECT count(*) FROM v_binding
	WHERE to_path IS NOT NULL")" -gt 5000 ]
