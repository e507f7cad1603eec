# SIGKILL at 100 random instants: what the program had done before (it says so by write(2) after
# each dlopen and dlsym) is in the database, and the database is sound.
. "$TOP/tests/lib.sh"

for i in 0 1 2 3 4 5 6 7 8 9; do so lib$i.so <<<"int f$i(void) { return $i; }"; done
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	unsigned opened = 0, looked_up = 0;
	unsigned progress[2];
	for (;;) {
		char name[32];
		void *handle;
		snprintf(name, sizeof(name), "./lib%u.so", opened % 10);
		handle = dlopen(name, RTLD_LAZY);
		progress[0] = ++opened;
		progress[1] = looked_up;
		write(1, progress, sizeof(progress));
		snprintf(name, sizeof(name), "f%u", (opened - 1) % 10);
		dlsym(handle, name);
		progress[1] = ++looked_up;
		write(1, progress, sizeof(progress));
		dlclose(handle);
	}
}
END
# Starts ./prog 100 times, kills each after a random time, prints "pid opened looked-up".
program killer <<'END'
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int count = atoi(argv[1]);
	srand(argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL));
	for (int i = 0; i < count; i++) {
		unsigned progress[2], last[2] = {0, 0};
		int out[2];
		pid_t pid;
		if (pipe(out) != 0)
			return 1;
		pid = fork();
		if (pid == 0) {
			dup2(out[1], 1);
			close(out[0]);
			close(out[1]);
			execl("./prog", "./prog", NULL);
			_exit(127);
		}
		close(out[1]);
		/* a third dies while it starts, the rest within a few hundred rounds of its loop,
		 * however slow this machine is just now */
		struct timespec delay = {0, i % 3 == 0 ? rand() % 4000000 : rand() % 10000000};
		struct timespec start, now;
		if (i % 3 != 0) {
			struct pollfd first = {out[0], POLLIN, 0};
			poll(&first, 1, 20000);
		}
		clock_gettime(CLOCK_MONOTONIC, &start);
		for (;;) {
			struct pollfd poller = {out[0], POLLIN, 0};
			long left;
			clock_gettime(CLOCK_MONOTONIC, &now);
			left = delay.tv_nsec - ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec -
						start.tv_nsec);
			if (left <= 0)
				break;
			struct timespec wait = {0, left};
			if (ppoll(&poller, 1, &wait, NULL) > 0 &&
			    read(out[0], progress, sizeof(progress)) == sizeof(progress)) {
				last[0] = progress[0];
				last[1] = progress[1];
			}
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(out[0], progress, sizeof(progress)) == sizeof(progress)) {
			last[0] = progress[0];
			last[1] = progress[1];
		}
		close(out[0]);
		printf("%d %u %u\n", pid, last[0], last[1]);
		fflush(stdout);
	}
	return 0;
}
END
seed=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
echo "seed $seed"
env LD_AUDIT="$MODULE" PLUGAUDIT_FLUSH=off ./killer 100 "$seed" >progress
expect_eq "kills" "$(wc -l <progress)" 100
ingest
# Only what was killed before it wrote a first byte may be left, for a while.
for spool in plugaudit.db.*.spool; do
	[ -e "$spool" ] || continue
	expect_eq "first bytes of $spool" "$(head -c 8 "$spool" | tr -d '\0')" ""
done
expect_sound
{
	echo "CREATE TEMP TABLE progress(pid INTEGER, opened INTEGER, looked_up INTEGER);"
	awk '{ printf "INSERT INTO progress VALUES(%s, %s, %s);\n", $1, $2, $3 }' progress
	# The counts may exceed what was printed by the call that was under way.
	echo "SELECT g.pid, g.opened, g.looked_up, count(c.id) FROM progress g
		LEFT JOIN process p ON p.pid = g.pid AND p.argv = '[\"./prog\"]'
		LEFT JOIN call c ON c.process = p.id GROUP BY g.pid HAVING
		g.opened > 0 AND (sum(c.kind = 'dlopen') NOT BETWEEN g.opened AND g.opened + 1
		OR sum(c.kind = 'dlsym') NOT BETWEEN g.looked_up AND g.looked_up + 1);"
	echo "SELECT 'reached the loop', count(*) >= 60 FROM progress WHERE opened > 0;"
} >check.sql
expect_eq "progress" "$(sqlite3 -batch "$PLUGAUDIT_DB" <check.sql)" "reached the loop|1"
expect_db "a killed process did not end by exit" "SELECT DISTINCT end_kind FROM process
	WHERE argv = '[\"./prog\"]'" unknown
expect_db "what is recorded of calls is what was called" "SELECT count(*) FROM call
	WHERE NOT (kind = 'dlclose' OR name GLOB './lib[0-9].so' OR name GLOB 'f[0-9]')" 0
