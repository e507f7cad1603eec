# plugreport ingest is killed at random instants: the database stays sound, no spool is lost, and
# when it is let finish, the outcome is the same as that of an ingest that nobody disturbed.
# FAULTS=all kills a thousand times (make check-faults).
. "$TOP/tests/lib.sh"
rounds=60
[ "${FAULTS:-}" != all ] || rounds=1100

for i in $(seq 20); do so lib$i.so <<<"int f$i(void) { return $i; }"; done
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	for (int child = 0; child < 12; child++)
		if (fork() == 0) {
			for (int i = 1; i <= 20; i++) {
				char name[32];
				snprintf(name, sizeof(name), "./lib%d.so", i);
				void *handle = dlopen(name, RTLD_NOW);
				snprintf(name, sizeof(name), "f%d", i);
				dlsym(handle, name);
			}
			return 0;
		}
	while (wait(NULL) > 0)
		;
	return 0;
}
END
env LD_AUDIT="$MODULE" PLUGAUDIT_FLUSH=off ./prog
expect_eq "spools" "$(find . -name '*.spool' | wc -l)" 13
mkdir kept calm
cp plugaudit.db.*.spool kept
cp plugaudit.db.*.spool calm

contents() { # DATABASE: everything that does not depend on the order of ingest
	sqlite3 -batch "$1" "SELECT pid, parent_pid, argv, end_kind, started FROM v_process ORDER BY 1;
		SELECT pid, namespace, path, opened_seq, reason FROM v_object ORDER BY 1, 4;
		SELECT pid, seq, kind, name, outcome, result_path, caller_function FROM v_call ORDER BY 1, 2;
		SELECT pid, seq, name, tried, outcome, rule FROM v_search ORDER BY 1, 2;
		SELECT pid, first_seq, from_path, to_path, symbol, count FROM v_binding ORDER BY 1, 2;
		SELECT count(*) FROM stack_frame; SELECT count(*) FROM run"
}
# killer MICROSECONDS COMMAND...: run it, and kill it so long after its start: prints "killed", or how
# many microseconds it took where it was done before.
program killer <<'END'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
static void on_child(int signal) { (void)signal; }
int main(int argc, char **argv)
{
	long delay = argc > 2 ? atol(argv[1]) : -1, begin;
	struct timespec wait = {delay / 1000000, delay % 1000000 * 1000};
	sigset_t child;
	int status;
	pid_t pid;
	signal(SIGCHLD, on_child);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	begin = now();
	pid = fork();
	if (delay < 0 || pid < 0)
		return 1;
	if (pid == 0) {
		sigprocmask(SIG_UNBLOCK, &child, NULL);
		dup2(open("/dev/null", O_WRONLY), 1);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	sigtimedwait(&child, NULL, &wait); /* until its end, or for so long */
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	if (WIFSIGNALED(status))
		puts("killed");
	else
		printf("%ld\n", now() - begin);
	return WIFEXITED(status) && WEXITSTATUS(status) != 0;
}
END
duration=$(./killer 60000000 "$REPORT" ingest -d calm/plugaudit.db) # microseconds
contents calm/plugaudit.db >wanted
expect_match "there is something to lose" "$(wc -l <wanted)" '^[0-9]{4,}$'
case $duration in *[!0-9]*) fail "an undisturbed ingest took more than a minute" ;; esac
echo "an undisturbed ingest takes $duration us"

kills=0
for i in $(seq $rounds); do
	# Start anew when all is taken in already.
	if [ -z "$(find . -maxdepth 1 -name '*.spool')" ]; then
		contents plugaudit.db | diff -q wanted - >/dev/null || fail "contents differ in round $i"
		rm -f plugaudit.db*
		cp kept/*.spool .
	fi
	# Any moment of the time that it takes, as far as that is known by now.
	spools=$(find . -maxdepth 1 -name '*.spool' | wc -l)
	delay=$(((RANDOM << 15 | RANDOM) % duration))
	outcome=$(./killer $delay "$REPORT" ingest) || fail "ingest fails in round $i"
	if [ "$outcome" = killed ]; then
		kills=$((kills + 1))
		[ $delay -lt $((duration * 9 / 10)) ] || duration=$((duration * 21 / 20))
	elif [ "$spools" = 13 ]; then
		duration=$(((3 * duration + outcome) / 4))
	fi
	if [ -e plugaudit.db ] && [ -s plugaudit.db ]; then
		expect_db "integrity after kill $i" "PRAGMA integrity_check" ok
		# Killed before its first transaction, it has no table yet.
		[ "$(db "SELECT count(*) FROM sqlite_master")" != 0 ] || continue
		expect_db "no half process" "SELECT count(*) FROM process p WHERE NOT EXISTS
			(SELECT 1 FROM object o WHERE o.process = p.id)" 0
	fi
done
echo "$kills of $rounds ingests killed, the others were done before; one takes $duration us by now"
expect_true "most were killed" [ $kills -ge $((rounds / 2)) ]
ingest
expect_eq 'spools left' "$(find . -maxdepth 1 -name '*.spool')" ''
contents plugaudit.db >got
diff wanted got | head -20
cmp wanted got || fail "the outcome differs"

# Taking in what was taken in before adds nothing.
cp kept/*.spool .
ingest
contents plugaudit.db | cmp - wanted || fail "a second ingest added something"
expect_eq 'spools left' "$(find . -maxdepth 1 -name '*.spool')" ''
