# Every system call that the recorder makes fails once, in turn: the program's output, exit status,
# descriptors, signal mask and children are what they are without the recorder, at most one line of
# ours comes on standard error, and what is not in the database is counted there as lost.
# Each call is tried with the errors that it may have (tests/faults/inject.c).  FAULTS=all tries all
# of them (make check-faults); otherwise some fifty are chosen, other ones each time, unless FAULT_FIRST
# says from which on.
. "$TOP/tests/lib.sh"
inject=$BUILD/tests/inject
[ -x "$inject" ] || skip "system calls are made to fail on x86-64 only"

so libdep.so <<<'int dep(void) { return 1; }'
so libone.so -L. -ldep -Wl,-rpath,'$ORIGIN' <<<'int dep(void); int one(void) { return dep() + 1; }'
so libtwo.so <<<'#include <stdlib.h>
int two(void) { return abs(-3); }'
# More than the spool's first mapping holds.
{
	for i in $(seq 12000); do echo "int f$i(void) { return $i; }"; done
	echo "int (*table[])(void) = {"
	for i in $(seq 12000); do echo "f$i,"; done
	echo "};"
} | so libbig.so
program prog <<'END'
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void load(const char *file, const char *name)
{
	void *handle = dlopen(file, RTLD_LAZY);
	int (*function)(void) = handle ? (int (*)(void))dlsym(handle, name) : NULL;

	printf("%s %d\n", file, function ? function() : -1);
	if (handle && dlclose(handle) != 0)
		abort();
}
static void *thread(void *number)
{
	void *handle = dlopen(number ? "./libone.so" : "./libtwo.so", RTLD_NOW);

	return (void *)(handle ? dlsym(handle, number ? "one" : "two") : NULL);
}
static void wait_for(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	printf("child ended with %d\n", status);
}
static void on_child(int signal)
{
	(void)signal;
	write(1, "SIGCHLD\n", 8);
}
int main(int argc, char **argv)
{
	pthread_t threads[2];
	sigset_t mask;
	int number;
	DIR *dir;
	pid_t pid;

	setvbuf(stdout, NULL, _IONBF, 0);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	load("./libone.so", "one");
	if (argc > 1)
		return 3;
	load("./libbig.so", "f9");
	for (long i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, thread, (void *)i);
	for (int i = 0; i < 2; i++) {
		void *function;

		pthread_join(threads[i], &function);
		printf("thread %d: %d\n", i, function ? ((int (*)(void))function)() : -1);
	}
	load("./nowhere.so", "none"); /* has all walked that the threads opened */
	pid = fork();
	if (pid == 0) {
		load("./libdep.so", "dep");
		_exit(4);
	}
	wait_for(pid);
	pid = fork();
	if (pid == 0) {
		execl(argv[0], argv[0], "again", NULL);
		_exit(127);
	}
	wait_for(pid);
	signal(SIGCHLD, on_child);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (number = 1; number < 32; number++)
		if (sigismember(&mask, number))
			printf("blocked: %d\n", number);
	number = 0;
	dir = opendir("/proc/self/fd");
	while (readdir(dir))
		number++;
	closedir(dir);
	printf("%d descriptors\n", number);
	number = waitpid(-1, NULL, 0);
	printf("children: %d, %s\n", number, strerror(errno));
	return 7;
}
END
facts() { # of each process: what is recorded of it
	db "SELECT begin_kind || argv, (SELECT count(*) FROM object o WHERE o.process = p.id),
		(SELECT count(*) FROM call c WHERE c.process = p.id),
		(SELECT count(*) FROM search s WHERE s.process = p.id),
		(SELECT sum(count) FROM v_binding b WHERE b.process = p.id), end_kind
		FROM process p ORDER BY started_ns, begin_kind"
}

less() { # is less recorded than without a fault?
	awk -F'|' 'FNR == NR { want[++n] = $0; next } { got[$1] = got[$1] "\n" $0 }
		END { for (i = 1; i <= n; i++) {
			split(want[i], w); split(got[w[1]], lines, "\n"); found = 0
			for (l in lines) {
				split(lines[l], g); good = lines[l] != ""
				for (f = 2; f <= 5; f++) good = good && g[f] >= w[f]
				if (good) { delete lines[l]; found = 1; break }
			}
			got[w[1]] = ""; for (l in lines) got[w[1]] = got[w[1]] "\n" lines[l]
			if (!found) less = 1
		} exit !less }' facts.1 facts.got
}

plain=0
./prog >plain.out 2>plain.err </dev/null || plain=$?
# What it is without a fault, twice: the same.
for run in 1 2; do
	rm -f plugaudit.db*
	status=0
	"$inject" -m -o calls env LD_AUDIT="$MODULE" ./prog >got.out 2>got.err </dev/null || status=$?
	expect_eq "exit status without a fault" $status $plain
	expect_eq "output without a fault" "$(diff plain.out got.out)" ""
	expect_eq "errors without a fault" "$(cat got.err)" ""
	ingest >ingest.out
	expect_sound
	facts >facts.$run
done
expect_eq "two runs are equal" "$(diff facts.1 facts.2)" ""
expect_match "processes" "$(wc -l <facts.1)" '^4$'
total=$(sed -n 's/^calls //p' calls)
expect_true "many calls are made" [ "$total" -gt 300 ]

failed=0 lossy=0 silent=0 missed=0
try() { # N K: false when the run had no N-th call of the recorder
	local what status=0 line answer
	rm -f plugaudit.db*
	timeout -k 5 60 "$inject" -m -n "$1" -k "$2" -o fault env LD_AUDIT="$MODULE" ./prog \
		>got.out 2>got.err </dev/null || status=$?
	read -r line <fault
	[[ $line == failed* ]] || return 1
	what="call $1: ${line#failed }"
	failed=$((failed + 1))
	expect_eq "$what: exit status" $status $plain
	cmp -s plain.out got.out || fail "$what: output: $(diff plain.out got.out)"
	if [ -s got.err ]; then
		expect_eq "$what: one line at most" "$(sed '1{/^plugaudit: /d}' got.err)" ""
	fi
	ingest >/dev/null 2>ingest.err || fail "$what: ingest: $(cat ingest.err)"
	if [ ! -e plugaudit.db ]; then
		expect_match "$what: it says that it does not record" "$(cat got.err)" '^plugaudit: '
		silent=$((silent + 1))
		return
	fi
	facts >facts.got
	answer=$(db "SELECT (SELECT integrity_check FROM pragma_integrity_check),
		count(*) - count(DISTINCT spool_uuid), sum(lost_events + lost_stacks + torn_records +
		lost_reason) + (SELECT count(*) FROM v_fork WHERE child IS NULL) > 0 FROM process")
	expect_match "$what: sound, and nothing twice" "$answer" '^ok\|0\|'
	less || return 0
	lossy=$((lossy + 1))
	[ -s got.err ] || [[ $answer == *'|1' ]] || fail "$what: not told: $(diff facts.1 facts.got)"
}
if [ "${FAULTS:-}" = all ]; then
	# Threads that wait for one another make more calls in one run than in another.
	for ((n = ${FAULT_FIRST:-1}; ; n++)); do
		if ! try $n 0; then
			[ $n -le "$total" ] || break
			missed=$((missed + 1))
			continue
		fi
		errors=$(awk '{ print $NF }' fault)
		for ((k = 1; k < errors; k++)); do try $n $k || missed=$((missed + 1)); done
	done
	echo "$missed times a run had fewer calls"
	expect_true "few" [ $missed -lt $((total / 20)) ]
else
	step=$((total / 50))
	first=${FAULT_FIRST:-$((RANDOM % step + 1))}
	echo "every $step. call from FAULT_FIRST=$first on"
	for ((n = first; n <= total; n += step)); do try $n $((n / step)) || true; done
fi
echo "$failed of the recorder's system calls failed, one a run ($total in a run); $lossy times" \
	"something was not recorded, and that was told; $silent times nothing was"
expect_true "some failed" [ $failed -gt 20 ]
