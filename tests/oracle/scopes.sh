# shellcheck shell=bash
# scopes.sh - what the tests of scopes share; read after lib.sh.

# scopes_equal COMMAND...: record it in a new database while ld.so prints the scopes that it makes;
# `plugreport scopes` must say the same.  Its output is left in ld-debug.out, its status in
# $scopes_status.
scopes_equal() {
	mkdir -p ld-debug
	rm -f ld-debug/* "$PLUGAUDIT_DB"*
	scopes_status=0
	env LD_AUDIT="$MODULE" LD_DEBUG=scopes,files LD_DEBUG_OUTPUT="$PWD/ld-debug/log" \
		PLUGAUDIT_FLUSH=off "$@" >ld-debug.out 2>ld-debug.err </dev/null || scopes_status=$?
	ingest
	perl "$TOP/tests/oracle/scopes.pl" "$REPORT" "$PLUGAUDIT_DB" "$PWD/ld-debug/log" >oracle.out ||
		fail "scopes of $*: $(cat oracle.out)"
	cat oracle.out
	expect_sound
}
