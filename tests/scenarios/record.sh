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

# Signals that somebody sends to plugreport reach the program, with what comes with them; its end by a
# signal is plugreport's, and each exit status is passed on.
program catcher <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	sigset_t set;
	siginfo_t info;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("ready");
	fflush(stdout);
	sigwaitinfo(&set, &info);
	printf("%d %d\n", info.si_signo, argc > 1 ? info.si_value.sival_int : 0);
	fflush(stdout);
	return argv[0] == NULL;
}
END
program sender <<'END'
#include <signal.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	return argc < 3 ? 2 : sigqueue(atoi(argv[1]), atoi(argv[2]), (union sigval){.sival_int = 77});
}
END
recording() { # [ARGUMENT]: record the catcher in the background, and wait until it is ready
	rm -f out
	plugreport_pid=
	"$REPORT" record -q -o signals.db -- ./catcher "$@" >out 2>err &
	plugreport_pid=$!
	for _ in {1..200}; do
		! grep -q ready out 2>/dev/null || return 0
		sleep 0.05
	done
	fail "it did not start"
}
for signal in 1 10 12 14 15 23 28 29 30 37 50; do
	recording
	kill -$signal $plugreport_pid
	wait $plugreport_pid || fail "status $? after signal $signal"
	expect_eq "signal $signal" "$(tail -n 1 out)" "$signal 0"
done
recording value
./sender $plugreport_pid 40
wait $plugreport_pid || fail "status $? after a queued signal"
expect_eq "a queued signal" "$(tail -n 1 out)" "40 77"
# An alarm that was set before plugreport is the program's: execve leaves it, fork does not.
status=0
perl -e 'alarm 1; exec @ARGV' "$REPORT" record -q -o signals.db -- ./catcher >out 2>err || status=$?
expect_eq "an alarm's status" $status 0
expect_eq "an alarm" "$(tail -n 1 out)" "14 0"
for code in 0 1 2 3 7 126 127 128 137 255; do
	status=0
	plugreport record -q -o codes.db -- ./prog exit $code >out 2>err || status=$?
	expect_eq "status $code" $status $code
done
# Shells start what runs beside them with SIGINT ignored; bash 5.3 passes that on to all below.
for signal in 1 2 6 9 11 13 14 15 31 40; do
	status=0
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$REPORT" record -q -o codes.db -- ./prog kill $signal >out 2>err || status=$?
	expect_eq "end by signal $signal" $status $((128 + signal))
done
