# plugreport diff: two runs of one program don't differ; what differs is told, on both sides, and the
# exit status says so.
. "$TOP/tests/lib.sh"

program host <<'C'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		void *handle = dlopen(argv[i] + 2, RTLD_NOW | (argv[i][0] == 'g' ? RTLD_GLOBAL : 0));
		int (*run)(void) = handle ? dlsym(handle, "run") : NULL;
		if (run)
			printf("%d\n", run());
		if (argv[i][0] == 'c')
			dlclose(handle);
	}
	return 0;
}
C
here=-Wl,-rpath,'$ORIGIN'
for i in a b; do
	so lib$i.so <<<"int both(void) { return __LINE__; } int only_$i; int run(void) { return both(); }"
done
so user.so <<<'int both(void); int run(void) { return both(); }'
mkdir one two
for i in one two; do
	so $i/libdep.so.1 <<<"int dep(void) { return ${#i}; } char more_$i[${#i}00];"
done
so needs.so one/libdep.so.1 -Wl,-rpath,'$ORIGIN/one' <<<'int dep(void); int run(void) { return dep(); }'

run() { # FILE COMMAND...
	local db=$1
	shift
	PLUGAUDIT_DB=$PWD/$db audit "$@" >out 2>err || true
}
differ() { # A B [OPTION...]: leaves diff.out, diff.json; prints the exit status
	local status=0
	plugreport diff "$@" >diff.out || status=$?
	plugreport diff "$@" --json >diff.json || true
	echo $status
}
value() { sqlite3 -batch :memory: "SELECT json_extract(readfile('diff.json'), '$1')"; }
changes() { # name: what, of each object that differs; in order
	sqlite3 -batch :memory: "SELECT replace(p, rtrim(p, replace(p, '/', '')), '') || ': ' || w FROM
		(SELECT coalesce(json_extract(o.value, '\$.b.path'), json_extract(o.value, '\$.a.path')) AS p,
		(SELECT group_concat(value) FROM json_each(o.value, '\$.what')) AS w
		FROM json_each(readfile('diff.json'), '\$.processes') t, json_each(t.value, '\$.objects') o)"
}

# Two runs of the same.
run a.db ./host l:./liba.so l:./needs.so
run b.db ./host l:./liba.so l:./needs.so
expect_eq "the same" "$(differ a.db b.db)" 0
expect_eq "the same" "$(tail -1 diff.out)" "nothing differs"
expect_eq "the same in JSON" "$(value '$.differences') $(value '$.processes')" "0 []"
cat >probe.py <<'P'
import json, ssl
P
if command -v python3 >/dev/null; then
	PYTHONDONTWRITEBYTECODE=1 run p1.db /usr/bin/python3 probe.py
	PYTHONDONTWRITEBYTECODE=1 run p2.db /usr/bin/python3 probe.py
	expect_eq "python twice" "$(differ p1.db p2.db; tail -1 diff.out)" "0
nothing differs"
fi

# Objects gained and lost, symmetrically.
run b.db ./host l:./liba.so l:./needs.so l:./libb.so
expect_eq "gained" "$(differ a.db b.db)" 1
expect_eq "gained" "$(changes)" "libb.so: gained"
expect_match "gained" "$(cat diff.out)" '^    \+ libb\.so: .*libb\.so, dlopen called from main\(\) at host\.c:6'
expect_eq "lost" "$(differ b.db a.db; changes)" "1
libb.so: lost"

# Another path, another build, by another rule: "works here, crashes there".
LD_LIBRARY_PATH=$PWD/two run b.db ./host l:./liba.so l:./needs.so
expect_eq "another copy" "$(differ a.db b.db; changes)" "1
libdep.so.1: path,build,rule"
expect_eq "the environment" "$(value '$.processes[0].environment[0].name') $(value '$.processes[0].environment[0].a')$(value '$.processes[0].environment[0].b')" \
	"LD_LIBRARY_PATH $PWD/two"
expect_match "all of it in words" "$(cat diff.out)" "~ libdep\.so\.1: $PWD/one/libdep\.so\.1 -> $PWD/two/libdep\.so\.1; another build.*found by DT_RUNPATH of needs\.so -> found by LD_LIBRARY_PATH"
expect_match "a finding is new" "$(cat diff.out)" '^new: warning wrong-copy: '
expect_eq "and gone the other way round" "$(differ b.db a.db; grep -c '^gone: warning wrong-copy' diff.out)" "1
1"
expect_eq "--ignore-*" "$(differ a.db b.db --ignore-paths --ignore-builds --ignore-environment --ignore-findings; cat diff.out | tail -1)" \
	"0
nothing differs"

# Order and scope; references that go elsewhere: "works if A is imported first".
run a.db ./host g:./liba.so g:./libb.so l:./user.so
run b.db ./host g:./libb.so g:./liba.so l:./user.so
expect_eq "another order" "$(differ a.db b.db)" 1
expect_match "another order" "$(changes)" '^lib[ab]\.so: order$'
expect_match "user.so is bound elsewhere" "$(cat diff.out)" '^    user\.so: both: liba\.so -> libb\.so$'
expect_eq "in JSON" "$(sqlite3 -batch :memory: "SELECT json_extract(value, '$.from'), json_extract(value, '$.to_a'),
	json_extract(value, '$.to_b'), json_extract(value, '$.symbols[0]') FROM
	json_each(readfile('diff.json'), '$.processes[0].bindings') WHERE json_extract(value, '$.from') LIKE '%user.so'")" \
	"./user.so|./liba.so|./libb.so|both"
differ a.db b.db --ignore-order --ignore-bindings --ignore-findings >status
expect_eq "--ignore-order" "$(cat status; tail -1 diff.out)" "0
nothing differs"
run a.db ./host g:./liba.so
run b.db ./host l:./liba.so
expect_eq "scope" "$(differ a.db b.db; changes)" "1
liba.so: scope"
run b.db ./host cg:./liba.so
run a.db ./host c:./liba.so
run b.db ./host l:./liba.so
expect_eq "lifetime" "$(differ a.db b.db; changes)" "1
liba.so: lifetime"

# One symbol looked up in one more handle: what is called in one run only doesn't count.
so libc1.so <<<'int run(void) { return 3; }'
run a.db ./host l:./liba.so l:./libb.so
run b.db ./host l:./liba.so l:./libb.so l:./libc1.so
expect_eq "one more look-up" "$(differ a.db b.db; changes; value '$.processes[0].bindings')" "1
libc1.so: gained
[]"
run a.db ./host l:./liba.so l:./libc1.so
run b.db ./host l:./liba.so l:./libb.so
differ a.db b.db >status
expect_match "another look-up" "$(cat diff.out)" '^    host: run: libc1\.so -> libb\.so$'

# It works here and aborts there, with the same objects.
program ends <<'C'
#include <stdlib.h>
int main(void)
{
	if (getenv("HARM"))
		abort();
	return 0;
}
C
ended() { # FILE COMMAND...: by record, which sees the wait status
	(ulimit -c 0; plugreport record -q -o "$@") >out 2>err || true
}
ended good.db ./ends
HARM=1 ended bad.db ./ends
expect_eq "another end" "$(differ good.db bad.db --ignore-findings)" 1
expect_match "in words" "$(cat diff.out)" '^    exit\(\), exit status 0 -> not by exit\(\), killed by SIGABRT$'
expect_eq "in JSON" "$(value '$.processes[0].end')" \
	'{"a":{"end_kind":"exit","wait_status":0},"b":{"end_kind":"unknown","wait_status":6}}'
cp bad.db same.db
expect_eq "the same end" "$(differ bad.db same.db; tail -1 diff.out)" "0
nothing differs"

# Processes are paired by program and arguments, in order; others are told.
run a.db sh -c './host l:./liba.so; ./host l:./libb.so; /bin/true'
run b.db sh -c './host l:./liba.so; ./host l:./libb.so; /bin/true'
expect_eq "a tree" "$(differ a.db b.db; tail -1 diff.out)" "0
nothing differs"
run b.db sh -c './host l:./libb.so; ./host l:./liba.so'
expect_eq "in another order, and one less" "$(differ a.db b.db; value '$.only_in_a[0].exe' | sed 's|.*/||'; value '$.processes')" "1
true
[]"
expect_eq "--exe" "$(differ a.db b.db --exe host; tail -1 diff.out)" "0
nothing differs"

# Wheels have the same library under hashed names: another hash is the same library, and what is bound
# to it did not go elsewhere.  Two candidates are no answer, nor is another version.
wheel() { # DIRECTORY HASH...: ext.so, which needs libgomp-HASH.so.1 and libother-HASH.so.1
	mkdir -p "$1/wheel.libs"
	for h in "${@:2}"; do
		so "$1/wheel.libs/libgomp-$h.so.1" <<<"int omp(void) { return 1; } char size[0x${h:0:3}];"
	done
	so "$1/ext.so" "$1/wheel.libs/libgomp-$2.so.1" -Wl,-rpath,'$ORIGIN/wheel.libs' \
		<<<'int omp(void); int run(void) { return omp(); }'
}
wheel old 1a2b3c4d
wheel new 99887766
rm -f a.db b.db
mkdir -p venv
mv old/* venv/
run a.db ./host l:./venv/ext.so
rm -r venv/*
mv new/* venv/
run b.db ./host l:./venv/ext.so
expect_eq "a hashed name" "$(differ a.db b.db --ignore-findings; changes)" "1
ext.so: build
libgomp-99887766.so.1: path,build,name"
expect_match "in words" "$(cat diff.out)" '~ libgomp-99887766\.so\.1: .*/libgomp-1a2b3c4d\.so\.1 -> .*/libgomp-99887766\.so\.1; another build'
expect_eq "references stay" "$(value '$.processes[0].bindings')" "[]"
expect_eq "the other way round" "$(differ b.db a.db --ignore-findings; changes)" "1
ext.so: build
libgomp-1a2b3c4d.so.1: path,build,name"
expect_eq "names and builds left out" "$(differ a.db b.db --ignore-paths --ignore-builds --ignore-findings; tail -1 diff.out)" "0
nothing differs"
so venv/wheel.libs/libgomp-aabbccdd.so.1 <<<'int other;'
so venv/wheel.libs/libgomp-55667788.so.2 <<<'int third;'
rm -f b.db
run b.db ./host l:./venv/ext.so l:./venv/wheel.libs/libgomp-aabbccdd.so.1
differ a.db b.db --ignore-findings >status
expect_match "two candidates" "$(changes)" '^libgomp-1a2b3c4d\.so\.1: lost'
rm -f b.db
run b.db ./host l:./venv/wheel.libs/libgomp-55667788.so.2
differ a.db b.db --ignore-findings >status
expect_match "another version" "$(changes)" '^libgomp-55667788\.so\.2: gained'
rm -f a.db b.db

# Runs of one database; and what is no recording.
rm -f a.db
run a.db ./host l:./liba.so
run a.db ./host l:./libb.so
expect_eq "FILE#RUN" "$(differ a.db#1 a.db#2; changes)" "1
liba.so: lost
libb.so: gained"
cp diff.json first.json
expect_eq "--run-a --run-b" "$(differ -d a.db --run-a=1 --run-b=2; cmp diff.json first.json)" 1
expect_eq "#RUN" "$(differ -d a.db '#1' '#1'; tail -1 diff.out)" "0
nothing differs: A and B are the same recording"
status_of() {
	local status=0
	"$@" >status.out 2>status.err || status=$?
	echo $status
}
expect_eq "of what?" "$(status_of plugreport diff)" 2
expect_eq "no such file" "$(status_of plugreport diff a.db nowhere.db)" 3
expect_eq "no run" "$(status_of plugreport diff a.db#x a.db)" 2
expect_eq "runs alone" "$(status_of plugreport diff -d a.db 1 2)" 2
expect_match "how to name them" "$(cat status.err)" "'1': no such file; run 1 of a database is FILE#1, .*--run-a"
cp a.db 2
expect_eq "a file of that name" "$(status_of plugreport diff a.db 2)" 0
rm 2
expect_eq "no such run" "$(status_of plugreport diff a.db#7 a.db#1)" 1

# Names that lie.
evil=$'ev\e[31m\nil.so'
cp liba.so "$evil"
run b.db ./host "l:./$evil"
differ a.db#1 b.db >status || true
expect_no_match "no control characters" "$(cat diff.out)" $'\e'
expect_eq "JSON holds" "$(sqlite3 -batch :memory: "SELECT json_valid(readfile('diff.json'))")" 1
