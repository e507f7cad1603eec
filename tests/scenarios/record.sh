# plugreport record: one database for the whole process tree, the program's own exit status, and a
# word about programs that can't be recorded.
. "$TOP/tests/lib.sh"

program prog <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	for (int i = 1; i < argc; i++)
		printf("<%s>\n", argv[i]);
	fflush(stdout);
	if (argc > 2 && strcmp(argv[1], "kill") == 0)
		raise(atoi(argv[2]));
	if (argc > 2 && strcmp(argv[1], "cd") == 0) {
		if (chdir(argv[2]) != 0)
			return 1;
		return WEXITSTATUS(system("../prog inner"));
	}
	return argc > 2 ? atoi(argv[2]) : 0;
}
END
status=0
plugreport record -q -o one.db -- ./prog exit 7 '*' 'a b' >out 2>err || status=$?
expect_eq "exit status" $status 7
expect_eq "arguments" "$(tr '\n' ' ' <out)" '<exit> <7> <*> <a b> '
export PLUGAUDIT_DB=$PWD/one.db
expect_db "recorded" "SELECT argv, end_kind, wait_status >> 8 FROM process" \
	'["./prog","exit","7","*","a b"]|exit|7'
expect_sound
expect_no_spools
status=0
plugreport record -q -o two.db ./prog kill 9 >out 2>err || status=$?
expect_eq "a signal" $status 137
export PLUGAUDIT_DB=$PWD/two.db
expect_db "how it ended" "SELECT end_kind, wait_status & 127 FROM process" "unknown|9"

# A relative name is made absolute: the child in another directory lands in the same file.
mkdir sub
status=0
plugreport record -q -o three.db -- ./prog cd sub >out 2>err || status=$?
expect_eq "output" "$(tr '\n' ' ' <out)" '<cd> <sub> <inner> '
expect_eq "nothing in the other directory" "$(find sub -type f)" ""
export PLUGAUDIT_DB=$PWD/three.db
expect_db "both are in it" "SELECT count(*) FROM process WHERE exe = '$PWD/prog'
	AND begin_kind IN ('start', 'exec')" 2
expect_db "one run" "SELECT count(*) FROM run" 1
expect_db "where they were" "SELECT cwd FROM process WHERE argv = '[\"../prog\",\"inner\"]'" "$PWD/sub"
expect_no_spools

# What no auditor can be loaded into.
if printf 'int main(void) { return 9; }' | $CC -static -x c - -o static 2>/dev/null; then
	status=0
	plugreport record -o four.db -- ./static >out 2>err || status=$?
	expect_match "a static program is recognised" "$(cat err)" 'static'
	expect_true "exit status $status" [ $status -ne 0 ]
fi
status=0
plugreport record -q -o five.db -- ./no-such-program >out 2>err || status=$?
expect_eq "no such program" $status 127
expect_match "is said" "$(cat err)" 'no-such-program'
printf '#!/bin/sh\necho from a script\nexit 5\n' >script
chmod +x script
status=0
plugreport record -q -o six.db -- ./script >out 2>err || status=$?
expect_eq "a script" "$status $(cat out)" "5 from a script"
export PLUGAUDIT_DB=$PWD/six.db
expect_true "its interpreter is recorded" [ "$(db "SELECT count(*) FROM object")" -gt 2 ]

# A program that ld.so could not start: which name was missing, and how to ask on.
so libneeded.so <<<'int needed(void) { return 0; }'
program starved -L. -lneeded <<<'int needed(void); int main(void) { return needed(); }'
rm libneeded.so
status=0
plugreport record -o seven.db -- ./starved >out 2>err || status=$?
expect_eq "exit status of ld.so" $status 127
expect_eq "what was missing" "$(grep starved err | tail -n 1)" \
	"plugreport: './starved' ended before it began: libneeded.so was not found; 'plugreport why-found libneeded.so -d $PWD/seven.db' tells where it was looked for"
expect_match "that can be asked" "$(plugreport why-found libneeded.so -d "$PWD/seven.db")" 'was not found|nowhere'
