# SIGKILL at random instants: what the program had done before (it says so by write(2) after each
# dlopen and dlsym) is in the database, once, and the database is sound.  First the program alone, in
# the middle of its work; then short runs with all that they started, the plugreport too that takes
# the recording in.
# FAULTS=all kills a thousand times each, with an ingest after each kill (make check-faults).
. "$TOP/tests/lib.sh"
kills=100 shorts=20 after=
[ "${FAULTS:-}" != all ] || { kills=1000 shorts=1000 after=$REPORT; }

for i in 0 1 2 3 4 5 6 7 8 9; do so lib$i.so <<<"int f$i(void) { return $i; }"; done
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* prog NUMBER [ROUNDS]: the number only tells it from others. */
int main(int argc, char **argv)
{
	unsigned opened = 0, looked_up = 0, rounds = argc > 2 ? (unsigned)atoi(argv[2]) : ~0u;
	unsigned progress[2];
	while (opened < rounds) {
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
	return 0;
}
END
# killer COUNT SEED ROUNDS INGEST: starts ./prog COUNT times, kills each after a random time, prints
# "number opened looked-up".  ROUNDS 0: runs for ever; else the program's whole group is killed, at
# any time until its end.  INGEST: run after each, unless empty.
program killer <<'END'
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static void ingest(const char *plugreport)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		unsetenv("LD_AUDIT");
		execl(plugreport, "plugreport", "ingest", "--quiet", NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (status != 0)
		printf("ingest: status %d\n", status);
}
int main(int argc, char **argv)
{
	int count = atoi(argv[1]), rounds = atoi(argv[3]), whole = 1, alone = 1;
	if (argc < 5)
		return 1;
	if (argc > 6) {
		whole = atoi(argv[5]);
		alone = atoi(argv[6]);
	}
	srand((unsigned)atoi(argv[2]));
	for (int i = 0; i < count; i++) {
		unsigned progress[2], last[2] = {0, 0};
		char number[16];
		int out[2];
		pid_t pid;
		snprintf(number, sizeof(number), "%d", i);
		if (pipe(out) != 0)
			return 1;
		pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			dup2(out[1], 1);
			close(out[0]);
			close(out[1]);
			if (getenv("AUDIT_CHILD"))
				setenv("LD_AUDIT", getenv("AUDIT_CHILD"), 1);
			if (rounds)
				execl("./prog", "./prog", number, argv[3], NULL);
			execl("./prog", "./prog", number, NULL);
			_exit(127);
		}
		close(out[1]);
		/* a third dies while it starts, the rest within a few hundred rounds of its loop,
		 * however slow this machine is just now; a short one at any time,
		 * or (most of its time being plugreport's) early */
		struct timespec delay = {0, rounds ? rand() % (i % 2 ? whole : alone) % 1000000000
					    : i % 3 == 0 ? rand() % 4000000 : rand() % 10000000};
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
			if (ppoll(&poller, 1, &wait, NULL) > 0) {
				if (read(out[0], progress, sizeof(progress)) == sizeof(progress)) {
					last[0] = progress[0];
					last[1] = progress[1];
				} else {
					nanosleep(&wait, NULL); /* it has closed its output */
				}
			}
		}
		/* kill(2) of a group fails until the child has made it. */
		if (kill(-pid, SIGKILL) != 0)
			kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(out[0], progress, sizeof(progress)) == sizeof(progress)) {
			last[0] = progress[0];
			last[1] = progress[1];
		}
		close(out[0]);
		if (*argv[4])
			ingest(argv[4]);
		printf("%d %u %u\n", i, last[0], last[1]);
		fflush(stdout);
	}
	return 0;
}
END
seed=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
echo "seed $seed"

check() { # KILLS ROUNDS: what `progress` tells is in the database
	expect_eq "kills" "$(grep -cE '^[0-9]+ [0-9]+ [0-9]+$' progress)" "$1"
	expect_eq "failed ingests" "$(grep -c '^ingest' progress)" 0
	# What was killed may hold its locks for a while yet, as long as the disk takes.
	for _ in $(seq 300); do
		ingest >ingest.out
		grep -q 'left to another plugreport' ingest.out || break
		sleep 0.2
	done
	# Only what was killed before it wrote a first byte may be left, for a while.
	for spool in plugaudit.db.*.spool; do
		[ -e "$spool" ] || continue
		expect_eq "first bytes of $spool" "$(head -c 8 "$spool" | tr -d '\0')" ""
	done
	expect_eq "files of killed ingests" "$(find . -name 'plugaudit.db.*.new*' -o -name '*-journal')" ""
	expect_sound
	expect_db "nothing twice" "SELECT argv FROM process WHERE argv LIKE '[\"./prog\"%'
		GROUP BY argv HAVING count(*) > 1" ""
	{
		echo "CREATE TEMP TABLE progress(number INTEGER, opened INTEGER, looked_up INTEGER);"
		awk '{ printf "INSERT INTO progress VALUES(%s, %s, %s);\n", $1, $2, $3 }' progress
		# The counts may exceed what was printed by the call that was under way.
		echo "SELECT g.number, g.opened, g.looked_up, count(c.id) FROM progress g
			LEFT JOIN process p ON json_extract(p.argv, '\$[0]') = './prog'
			AND json_extract(p.argv, '\$[1]') = CAST(g.number AS TEXT)
			LEFT JOIN call c ON c.process = p.id GROUP BY g.number HAVING
			g.opened > 0 AND (sum(c.kind = 'dlopen') NOT BETWEEN g.opened AND g.opened + 1
			OR sum(c.kind = 'dlsym') NOT BETWEEN g.looked_up AND g.looked_up + 1);"
		echo "SELECT 'reached the loop', count(*) >= $1 * 6 / 10 FROM progress WHERE opened > 0;"
	} >check.sql
	expect_eq "progress" "$(sqlite3 -batch "$PLUGAUDIT_DB" <check.sql)" "reached the loop|1"
	expect_db "what is recorded of calls is what was called" "SELECT count(*) FROM call
		WHERE NOT (kind = 'dlclose' OR name GLOB './lib[0-9].so' OR name GLOB 'f[0-9]')" 0
}

env LD_AUDIT="$MODULE" PLUGAUDIT_FLUSH=off ./killer $kills "$seed" 0 "$after" >progress
check $kills
expect_db "a killed process did not end by exit" "SELECT DISTINCT end_kind FROM process
	WHERE argv LIKE '[\"./prog\"%'" unknown
echo "$kills recorders killed"

# Each of these is a run of its own, which ends with an ingest.
rm -f "$PLUGAUDIT_DB"
takes() { # COMMAND...: how long does it take here and now, in ns?
	local begun
	begun=$(date +%s%N)
	"$@" >whole.out
	echo $(($(date +%s%N) - begun))
}
alone=$(takes env PLUGAUDIT_FLUSH=off LD_AUDIT="$MODULE" ./prog whole 12)
whole=$(takes env LD_AUDIT="$MODULE" ./prog whole 12)
rm -f "$PLUGAUDIT_DB"*
AUDIT_CHILD=$MODULE ./killer $shorts "$seed" 12 "$after" $((2 * whole)) "$alone" >progress
check $shorts
# Of a few on a busy machine it may be all or none.
[ $shorts -lt 1000 ] || expect_db "some ended, some did not" "SELECT count(DISTINCT end_kind) FROM process" 2
echo "$shorts short runs killed, with their plugreport"
