# A forked child has a spool of its own; where it can't create one, its parent's recording tells that
# there was a child.  Pids name processes only within a pid namespace.
. "$TOP/tests/lib.sh"

program forks <<'END'
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static void *fork_twice(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			_exit(0);
	return NULL;
}
int main(int argc, char **argv)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, fork_twice, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	while (wait(NULL) > 0)
		;
	if (argc > 1)
		rename(argv[1], "moved");
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			_exit(0);
	while (wait(NULL) > 0)
		;
	if (argc > 1)
		rename("moved", argv[1]);
	return 0;
}
END
same_run ./forks
ingest
expect_sound
expect_db "each child is its fork's" "SELECT count(*), count(DISTINCT child), count(DISTINCT child_pid)
	FROM v_fork" "11|11|11"
expect_db "from where it forked" "SELECT count(DISTINCT tid) FROM v_fork" 5
expect_no_match "nobody is missing" "$(plugreport info)" 'not here'

# What threads have opened and nobody has looked at yet: a child that executes another program at
# once has no later event at which its bindings could be read.
so libdata.so <<<'#include <stdio.h>
FILE **data[] = {&stdin, &stdout, &stderr};'
program opens <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
static void *opener(void *unused)
{
	(void)unused;
	return dlopen("./libdata.so", RTLD_NOW);
}
int main(int argc, char **argv)
{
	pthread_t thread;
	void *handle = NULL;

	if (argc > 2)
		return 0;
	if (argc > 1)
		handle = opener(NULL);
	else if (pthread_create(&thread, NULL, opener, NULL) == 0)
		pthread_join(thread, &handle);
	if (fork() == 0)
		execl(argv[0], argv[0], "executed", "again", NULL);
	return wait(NULL) < 0 || !handle;
}
END
for who in "" self; do
	rm -f "$PLUGAUDIT_DB"
	same_run ./opens $who
	ingest
	expect_sound
	expect_db "the child's bindings (${who:-thread})" "SELECT begin_kind, count(*) FROM process p
		JOIN v_binding b ON b.process = p.id AND b.from_path = './libdata.so'
		AND b.symbol IN ('stdin', 'stdout', 'stderr') GROUP BY p.id ORDER BY 1" "fork|3
start|3"
done
rm -f "$PLUGAUDIT_DB"

# The directory is elsewhere when the last three are made.
mkdir kept
export PLUGAUDIT_DB=$PWD/kept/plugaudit.db
audit ./forks kept
ingest
expect_db "three children are missing" "SELECT count(*), count(child) FROM v_fork" "11|8"
expect_match "that is told" "$(plugreport info)" 'forked children that are not here +3'
plugreport info --json >info.json
expect_eq "in JSON" "$(sqlite3 -batch :memory: "SELECT
	json_extract(readfile('info.json'), '\$.missing_children')")" 3

# A process of one pid namespace is no parent in another, whose pids are the same.
unshare -pf --mount-proc true 2>/dev/null || exit 0
export PLUGAUDIT_DB=$PWD/spaces.db PLUGAUDIT_FLUSH=off
mkfifo go
program waits <<'END'
#include <fcntl.h>
int main(void) { return open("go", O_RDONLY) < 0; }
END
program nothing <<<'int main(void) { return 0; }'
timeout 60 env LD_AUDIT="$MODULE" unshare -pf --kill-child --mount-proc ./waits & # pid 1 there
for ((i = 0; i < 200; i++)); do
	[ -z "$(find . -name 'spaces.db.1.*spool')" ] || break
	sleep 0.05
done
expect_true "the first one is there" [ -n "$(find . -name 'spaces.db.1.*spool')" ]
unshare -pf --mount-proc sh -c 'LD_AUDIT=$1 ./nothing; :' sh "$MODULE"
: >go
wait
ingest
expect_db "no stranger's child" "SELECT begin_kind, parent IS NULL, ppid FROM process
	WHERE exe LIKE '%/nothing'" "start|1|1"
