# shellcheck shell=bash
# bindings.sh - what the tests of bindings share; read after lib.sh.

# bindings_equal COMMAND...: record it in a new database while ld.so prints what it binds; all of that
# must be there, and nothing but what bindings.pl argues for besides.  Variables in front of the
# command reach it alone: bindings_equal env LD_BIND_NOW=1 ./prog.  Its output is left in
# ld-debug.out, its status in $bindings_status.
bindings_equal() {
	mkdir -p ld-debug
	rm -f ld-debug/* "$PLUGAUDIT_DB"*
	bindings_status=0
	# One env for all: a second one would be recorded, and may be for another machine.
	[ "$1" != env ] || shift
	env LD_AUDIT="$MODULE" LD_DEBUG=bindings,files LD_DEBUG_OUTPUT="$PWD/ld-debug/log" \
		PLUGAUDIT_FLUSH=off "$@" >ld-debug.out 2>ld-debug.err </dev/null || bindings_status=$?
	ingest
	perl "$TOP/tests/oracle/bindings.pl" "$PLUGAUDIT_DB" "$PWD/ld-debug/log" >oracle.out ||
		fail "bindings of $*: $(cat oracle.out)"
	cat oracle.out
	expect_sound
	model_agrees
}

# bindings_of SYMBOL [CONDITION]: its rows "from to version kind source", without directories, sorted.
bindings_of() {
	db "SELECT f.path, coalesce(t.path, 'nobody'), coalesce(v.version, '-'), v.kind, v.source
		FROM v_binding v JOIN binding b ON b.id = v.binding LEFT JOIN object f ON f.id = b.from_object
		LEFT JOIN object t ON t.id = b.to_object
		WHERE v.symbol = '$1' AND ${2:-1}" |
		perl -ne 'chomp; my @c = split /\|/; s{.*/}{} for @c[0, 1]; print "@c\n"' | sort
}

expect_bindings() { # SYMBOL WANTED [CONDITION]
	local told=
	# Before 2.35 ld.so tells no auditor about PLT slots that it binds at load.
	glibc_at_least 2.35 || told='/ nobody /!s/plt relocation$/plt la_symbind/'
	expect_eq "bindings of $1" "$(bindings_of "$1" "${3:-1}" | sed "$told")" "$(sed "$told" <<<"$2")"
}
