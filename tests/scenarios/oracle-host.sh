# What was recorded of loads and searches equals what LD_DEBUG=files,libs prints for the same run: each
# request, each path tried, in order, with its rule and owner, each link map.
. "$TOP/tests/lib.sh"

host=$BUILD/tests/demo-host/host
[ -x "$host" ] || skip "the plugin host is not built: make tests"
equal_to_ld_debug "$host"
expect_match "it works" "$(cat ld-debug.out)" '^report: works with librender and libtext$'
expect_sound
rm -f plugaudit.db
equal_to_ld_debug env LD_LIBRARY_PATH="$PWD:/no/such/directory" "$host" jpeg png report broken
rm -f plugaudit.db
printf 'int preloaded;' | $CC -shared -fPIC -x c - -o libpreload.so
equal_to_ld_debug env LD_PRELOAD="$PWD/libpreload.so libz.so.1" "$host" sandbox
expect_db "LD_PRELOAD" "SELECT reason FROM v_object WHERE path = '$PWD/libpreload.so'" preload
