# What was recorded of loads and searches equals what LD_DEBUG=files,libs prints for the same run: each
# request, each path tried, in order, with its rule and owner, each link map.
. "$TOP/tests/lib.sh"
need_dlmopen

host=$BUILD/tests/demo-host/host
[ -x "$host" ] || skip "the plugin host is not built: make tests"
equal_to_ld_debug "$host"
expect_match "it works" "$(cat ld-debug.out)" '^report: works with librender and libtext$'
expect_sound
equal_to_ld_debug env LD_LIBRARY_PATH="$PWD:/no/such/directory" "$host" jpeg png report broken
printf 'int preloaded;' | $CC -shared -fPIC -x c - -o libpreload.so
equal_to_ld_debug env LD_PRELOAD="$PWD/libpreload.so libz.so.1" "$host" sandbox
expect_db "LD_PRELOAD" "SELECT reason FROM v_object WHERE path = '$PWD/libpreload.so'" preload

# The comparison can fail: each of these lies is found.
equal() {
	local status=0
	perl "$TOP/tests/oracle/ld-debug.pl" "$PWD/lie.db" "$PWD/ld-debug/log" >lie.out || status=$?
	echo $status
}
for lie in "DELETE FROM search WHERE id = (SELECT max(id) FROM search WHERE origin = 'runpath')" \
	"UPDATE search SET rule = 'rpath' WHERE rule = 'runpath'" \
	"UPDATE search SET owner = (SELECT min(id) FROM object) WHERE rule = 'runpath'" \
	"UPDATE search SET requester = NULL WHERE origin = 'name' AND name = 'libcodec.so.1'" \
	"UPDATE search SET tried = tried || 'x' WHERE origin = 'cache'" \
	"UPDATE object SET load_address = load_address + 4096 WHERE soname = 'libcodec.so.1'" \
	"UPDATE object SET namespace = 3 WHERE path LIKE '%/sandbox.so'" \
	"UPDATE call SET outcome = 'failed' WHERE kind = 'dlmopen'" \
	"UPDATE process SET pid = pid + 1"; do
	cp plugaudit.db lie.db
	expect_eq "before a lie" "$(equal)" 0
	sqlite3 lie.db "PRAGMA foreign_keys = OFF; $lie"
	expect_eq "$lie" "$(equal)" 1
done
