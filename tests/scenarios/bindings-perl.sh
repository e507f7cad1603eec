# Every binding that ld.so prints of this program is in the database, and nothing else is.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need perl readelf
bindings_equal perl -MPOSIX -MSocket -e 1
expect_true "there is something to compare" [ "$(db "SELECT count(*) FROM v_binding
	WHERE to_path IS NOT NULL")" -gt 200 ]
# A forked child binds on its own, in its parent's objects and in new ones.
bindings_equal perl -e 'require Socket; my $pid = fork;
	if ($pid) { waitpid $pid, 0 } else { require POSIX; print POSIX::floor(1.5), lc("A"), sqrt(2) }'
expect_db "two processes" "SELECT count(*) FROM process" 2
# libc loads its converters by itself, and looks up in them without a word to auditors.
bindings_equal perl -e 'use Encode; use I18N::Langinfo; print qx(printf a | iconv -t UTF-16)'

# The comparison can fail: each of these lies is found.
equal() {
	local status=0
	perl "$TOP/tests/oracle/bindings.pl" "$PWD/lie.db" "$PWD/ld-debug/log" >lie.out || status=$?
	echo $status
}
bindings_equal perl -MPOSIX -e 'POSIX::floor(1)'
for lie in "DELETE FROM binding_row WHERE id = (SELECT max(id) FROM binding WHERE kind = 'got' AND to_object)" \
	"DELETE FROM binding_row WHERE id = (SELECT max(id) FROM binding WHERE kind = 'plt' AND to_object)" \
	"DELETE FROM binding_row WHERE kind = 'dlsym' AND NOT internal" \
	"DELETE FROM call WHERE kind = 'dlsym'" \
	"UPDATE binding_row SET version = 'GLIBC_2.3' WHERE kind = 'abs' AND version NOTNULL" \
	"UPDATE binding_row SET version = NULL WHERE kind = 'got'" \
	"UPDATE binding_row SET to_object = from_object WHERE kind = 'plt' AND to_object" \
	"UPDATE binding_row SET to_object = (SELECT o.id FROM object o WHERE o.kind = 'main')
		WHERE id = (SELECT min(id) FROM binding WHERE to_object IS NULL)" \
	"UPDATE object SET namespace = 3 WHERE path LIKE '%/POSIX.so'" \
	"UPDATE symbol SET name = name || 'x' WHERE id = (SELECT min(symbol) FROM binding WHERE kind = 'plt'
		AND to_object)" \
	"UPDATE process SET pid = pid + 1"; do
	cp plugaudit.db lie.db
	expect_eq "before a lie" "$(equal)" 0
	sqlite3 lie.db "PRAGMA foreign_keys = OFF; $lie"
	expect_eq "$lie" "$(equal)" 1
done
