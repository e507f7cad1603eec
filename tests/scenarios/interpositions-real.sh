# Programs in which nothing is wrong: what several objects define is as it should be, and nothing is
# there twice.  ld.so's word on larger ones is the oracle for what is said of them.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/interpositions.sh"

need readelf python3
quiet() { # COMMAND...
	command -v "$1" >/dev/null || return 0
	rm -f "$PLUGAUDIT_DB"*
	audit "$@" >out 2>&1 </dev/null || fail "$*: $(cat out)"
	ingest
	expect_no_match "interpositions of $*" "$(plugreport interpositions)" 'to look at, '
	expect_match "interpositions of $*" "$(plugreport interpositions)" 'nothing to look at'
	expect_match "duplicates of $*" "$(plugreport duplicates)" 'nothing (is there twice|to look at)'
	expect_eq "duplicates of $*" "$(duplicates_of | grep -vE ' (harmless|private) ' || true)" ""
}
git init -q repository
quiet ls -l
quiet bash -c 'echo "$BASHPID"'
quiet /usr/bin/python3 -c pass
quiet git -C repository status
quiet perl -MPOSIX -MSocket -e 'print floor(1.5)'
quiet gdb --version
quiet apache2 -v
quiet node -e 0

files_of_run() { # the objects of the recorded processes
	db "SELECT DISTINCT path FROM object WHERE kind IN ('main', 'library')" | while IFS= read -r path; do
		[ -f "$path" ] && echo "$path"
	done
}
right() { # COMMAND...: the whole answer, held against ld.so's word
	command -v "$1" >/dev/null || return 0
	mkdir -p ld-debug
	rm -f ld-debug/* "$PLUGAUDIT_DB"*
	env LD_AUDIT="$MODULE" LD_DEBUG=bindings,files LD_DEBUG_OUTPUT="$PWD/ld-debug/log" \
		PLUGAUDIT_FLUSH=off "$@" >out 2>&1 </dev/null || fail "$*: $(cat out)"
	ingest
	plugreport interpositions --all --json >all.json
	mapfile -t files < <(files_of_run)
	perl "$TOP/tests/oracle/interpositions.pl" all.json "$PWD/ld-debug/log" "${files[@]}" >oracle.out ||
		fail "interpositions of $*: $(cat oracle.out)"
	echo "$*: $(cat oracle.out)"
}
right /usr/bin/python3 -c pass
right git -C repository status
/usr/bin/python3 -c 'import numpy' 2>/dev/null && right /usr/bin/python3 -c 'import numpy, ssl, sqlite3'
right ffmpeg -version
