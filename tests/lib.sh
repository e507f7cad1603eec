# shellcheck shell=bash
# lib.sh - what the scenario tests share.  tests/run starts each of them with bash in an empty
# directory of its own, with TOP, BUILD and CC set.  Each begins with a comment that names the rule of
# the loader, or the promise of ours, that it shows, and reads this file.
# A scenario passes when it exits with 0; expect_* ends it with a message when something is not so,
# skip ends it saying why it can't be tried here.

set -eu -o pipefail

MODULE=${TEST_MODULE:-$BUILD/libplugaudit.so}
# shellcheck disable=SC2034
NULL_MODULE=${MODULE%.so}-null.so
REPORT=$BUILD/plugreport
CXX=${CXX:-g++}

# What programs are compiled for; TEST_ARCH names it where it is not this machine (scripts/check-arch).
# shellcheck disable=SC2034
case ${TEST_ARCH:-$(uname -m)} in
i386) RELOC=R_386 SYMBIND=la_symbind32 BASE_VERSION=GLIBC_2.0 ;;
aarch64) RELOC=R_AARCH64 SYMBIND=la_symbind64 BASE_VERSION=GLIBC_2.17 ;;
*) RELOC=R_X86_64 SYMBIND=la_symbind64 BASE_VERSION=GLIBC_2.2.5 ;;
esac
export PLUGAUDIT_DB=$PWD/plugaudit.db

fail() {
	echo "FAILED: $*"
	exit 1
}

skip() { # WHY
	echo "skip: $*"
	exit 77
}

need() { # PROGRAM...: skip unless they are installed
	local program
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

glibc_at_least() { # VERSION: of the running system
	local here
	here=$(getconf GNU_LIBC_VERSION)
	[ "$(printf '%s\n' "${here#glibc }" "$1" | sort -V | head -n 1)" = "$1" ]
}

need_dlmopen() {
	glibc_at_least 2.35 || skip "before glibc 2.35 dlmopen crashes under any auditor"
}

need_taps_at_load() {
	glibc_at_least 2.35 ||
		skip "before glibc 2.35 calls of dlopen in constructors are not seen, when they were bound at load"
}

# Has plugreport sanitizers (make check-sanitized)?  They take memory, and can't do with little.
sanitized() {
	readelf -d "$REPORT" | grep -q 'NEEDED.*libasan'
}

need_root() { # WHAT FOR
	[ "$(id -u)" = 0 ] || skip "$1 needs root"
}

# --- fixtures: the source comes from standard input and stays beside the result, so that file and
# line can be looked up; in it BASE_VERSION is the version of libc's oldest symbols, a string

so() { # FILE.so [flags...] < source: a shared library; its SONAME is its file name unless told
	local out=$1 source=${1%.so*}.c
	shift
	cat >"$source"
	$CC -D_GNU_SOURCE "-DBASE_VERSION=\"$BASE_VERSION\"" -g -O0 -fPIC -shared -Wl,-soname,"${out##*/}" -o "$out" "$source" "$@"
}

program() { # FILE [flags...] < source
	local out=$1 source=$1.c
	shift
	cat >"$source"
	$CC -D_GNU_SOURCE "-DBASE_VERSION=\"$BASE_VERSION\"" -g -O0 -o "$out" "$source" "$@" -Wl,--as-needed -ldl -lpthread
}

# --- recording

audit() { # COMMAND...: with the recorder
	env LD_AUDIT="$MODULE" "$@"
}

plugreport() {
	"$REPORT" "$@"
}

ingest() { # take in what is left
	"$REPORT" ingest
}

# An emulator has not got the clone(2) that the module starts plugreport with.
emulated_ingest() {
	[ -z "${TEST_EMULATED:-}" ] || ingest >/dev/null
}

db() { # SQL: rows, columns parted by |
	emulated_ingest
	[ -e "$PLUGAUDIT_DB" ] || fail "there is no database $PLUGAUDIT_DB"
	sqlite3 -batch -noheader -separator '|' -cmd '.timeout 20000' "$PLUGAUDIT_DB" "$1"
}

# --- expectations

expect_eq() { # WHAT GOT WANTED
	[ "$2" = "$3" ] && return 0
	printf 'FAILED: %s\n  got:    %s\n  wanted: %s\n' "$1" "${2//$'\n'/$'\n          '}" \
		"${3//$'\n'/$'\n          '}"
	exit 1
}

expect_db() { # WHAT SQL WANTED
	expect_eq "$1 ($2)" "$(db "$2")" "$3"
}

expect_match() { # WHAT GOT EXTENDED-REGEX
	grep -qE -- "$3" <<<"$2" && return 0
	printf 'FAILED: %s\n  got:    %s\n  wanted: /%s/\n' "$1" "${2//$'\n'/$'\n          '}" "$3"
	exit 1
}

expect_no_match() { # WHAT GOT EXTENDED-REGEX
	grep -qE -- "$3" <<<"$2" || return 0
	printf 'FAILED: %s\n  got:    %s\n  not:    /%s/\n' "$1" "${2//$'\n'/$'\n          '}" "$3"
	exit 1
}

expect_true() { # WHAT COMMAND...
	local what=$1
	shift
	"$@" || fail "$what: $*"
}

# The database is whole, and nothing was lost.  An emulator is so slow that threads may have all
# unwinders for longer than another one waits: stacks may then be missing, which is counted.
expect_sound() {
	local tolerated=0
	[ -z "${TEST_EMULATED:-}" ] || tolerated=4 # SPOOL_LOST_STACKS
	expect_db "integrity" "PRAGMA integrity_check" ok
	expect_db "foreign keys" "PRAGMA foreign_key_check" ""
	expect_db "nothing lost" "SELECT pid, lost_events, lost_stacks, lost_reason FROM process
		WHERE lost_events > 0 OR lost_reason & ~$tolerated OR (lost_stacks > 0 AND NOT $tolerated)" ""
	expect_db "no damage" "SELECT pid, damaged_at FROM process WHERE damaged_at IS NOT NULL" ""
}

expect_no_spools() {
	emulated_ingest
	expect_eq "spools left behind" "$(find "$(dirname "$PLUGAUDIT_DB")" -name '*.spool')" ""
}

# model_agrees: what plugreport would have bound is what ld.so bound, each time, and it knows why.
model_agrees() {
	local answer status=0
	answer=$(plugreport verify --all) || status=$?
	[ $status -eq 0 ] && ! grep -qE '^  [0-9]+ undecidable:' <<<"$answer" && return 0
	fail "the model and ld.so: $(grep -vE ' 0 disagree, 0 undecidable$' <<<"$answer" | head -40)"
}

# same_run COMMAND...: run it plain and with the recorder; standard output, standard error and exit
# status must be equal.  Leaves plain.out, plain.err, audited.out, audited.err.
same_run() {
	local plain=0 audited=0
	"$@" >plain.out 2>plain.err </dev/null || plain=$?
	[ "$1" != env ] || shift # that may be for another machine
	env LD_AUDIT="$MODULE" "$@" >audited.out 2>audited.err </dev/null || audited=$?
	expect_eq "exit status of $*" "$audited" "$plain"
	cmp plain.out audited.out || { diff plain.out audited.out | head -20; fail "output of $*"; }
	cmp plain.err audited.err || { diff plain.err audited.err | head -20; fail "errors of $*"; }
}

# equal_to_ld_debug COMMAND...: record it, into a new database, while ld.so prints what it does, and
# compare the two.
equal_to_ld_debug() {
	mkdir -p ld-debug
	rm -f ld-debug/* "$PLUGAUDIT_DB"
	env LD_AUDIT="$MODULE" LD_DEBUG=files,libs LD_DEBUG_OUTPUT="$PWD/ld-debug/log" \
		PLUGAUDIT_FLUSH=off "$@" >ld-debug.out </dev/null
	ingest
	perl "$TOP/tests/oracle/ld-debug.pl" "$PLUGAUDIT_DB" "$PWD/ld-debug/log"
	model_agrees
}

# guest COMMAND...: somebody's program, which must not notice: same_run, and then why-loaded must know
# a reason for every library that any of its processes loaded.
guest() {
	local path answer status asked=0
	rm -f plugaudit.db*
	same_run "$@"
	ingest
	expect_sound
	expect_no_spools
	while IFS= read -r path; do
		status=0
		answer=$(plugreport why-loaded "$path" 2>&1) || status=$?
		[ $status -eq 0 ] || fail "why-loaded $path: exit status $status: $answer"
		[ -n "$answer" ] || fail "why-loaded $path: no answer"
		expect_no_match "why-loaded $path" "${answer//$path/}" '\bunknown\b'
		asked=$((asked + 1))
	done < <(db "SELECT DISTINCT path FROM object WHERE kind IN ('library', 'ld.so') ORDER BY path")
	echo "$1: $(db "SELECT count(*) FROM process") processes, $asked libraries explained"
	expect_true "libraries were recorded" [ $asked -gt 0 ]
}

# --- check

# rules_of [OPTION...]: what check finds in the newest run, a line each: severity, rule, the file names
# of its objects; in order of the lines.  Notes too.
rules_of() {
	plugreport check --json --fail-on=never "$@" >findings.json
	sqlite3 -batch -separator ' ' :memory: "SELECT DISTINCT json_extract(f.value, '\$.severity'),
		json_extract(f.value, '\$.rule'), (SELECT group_concat(replace(o.value,
		rtrim(o.value, replace(o.value, '/', '')), ''), ' ') FROM json_each(f.value, '\$.objects') o)
		FROM json_each(readfile('findings.json'), '\$.findings') f" | sed 's/ *$//' | sort
}

# expect_rules WHAT WANTED [OPTION...]: exactly these lines of rules_of.
expect_rules() {
	local what=$1 wanted=$2
	shift 2
	expect_eq "$what" "$(rules_of "$@")" "$wanted"
}

# message_of RULE: messages of that rule in findings.json, which rules_of or expect_rules left.
message_of() {
	sqlite3 -batch :memory: "SELECT json_extract(value, '\$.message') FROM
		json_each(readfile('findings.json'), '\$.findings') WHERE json_extract(value, '\$.rule') = '$1'"
}

evidence_of() { # RULE: the same with the texts of the evidence
	sqlite3 -batch :memory: "SELECT json_extract(e.value, '\$.text') FROM
		json_each(readfile('findings.json'), '\$.findings') f, json_each(f.value, '\$.evidence') e
		WHERE json_extract(f.value, '\$.rule') = '$1'"
}

also_of() { # RULE: the rules whose findings were folded into that rule's
	sqlite3 -batch :memory: "SELECT DISTINCT a.value FROM
		json_each(readfile('findings.json'), '\$.findings') f, json_each(f.value, '\$.also') a
		WHERE json_extract(f.value, '\$.rule') = '$1' ORDER BY 1"
}
