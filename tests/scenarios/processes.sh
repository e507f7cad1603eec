# fork, exec, vfork and posix_spawn: a process row for each image, with parent, argv, cwd and how it
# ended; and events go to the image in which they happened.
. "$TOP/tests/lib.sh"

for name in before child parent spawned; do
	so lib$name.so <<<"int $name(void) { return 1; }"
done
program leaf <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	printf("%s %d %d\n", argv[1], argc, dlopen("./libspawned.so", RTLD_NOW) != NULL);
	return 3;
}
END
program prog <<'END'
#include <dlfcn.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static int status_of(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) != pid)
		abort();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
int main(int argc, char **argv)
{
	char *leaf[] = {"./leaf", "spawn", NULL}, *by_vfork[] = {"./leaf", "vfork", NULL},
	     *by_fork[] = {"./leaf", "fork", NULL};
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "again") == 0) {
		puts("again");
		fflush(stdout);
		return dlopen("./libparent.so", RTLD_NOW) ? 0 : 1;
	}
	if (!dlopen("./libbefore.so", RTLD_NOW))
		return 9;
	pid = fork(); /* without exec */
	if (pid == 0) {
		void *handle = dlopen("./libchild.so", RTLD_NOW);
		exit(handle && dlsym(handle, "child") ? 4 : 5);
	}
	printf("fork %d\n", status_of(pid));
	fflush(stdout);
	pid = fork(); /* which opens nothing, and ends by _exit */
	if (pid == 0)
		_exit(6);
	printf("_exit %d\n", status_of(pid));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execv(by_fork[0], by_fork);
		_exit(127);
	}
	printf("fork and exec %d\n", status_of(pid));
	pid = vfork();
	if (pid == 0) {
		execv(by_vfork[0], by_vfork);
		_exit(127);
	}
	printf("vfork and exec %d\n", status_of(pid));
	posix_spawn(&pid, leaf[0], NULL, NULL, leaf, environ);
	printf("posix_spawn %d\n", status_of(pid));
	printf("system %d\n", system("./leaf system >/dev/null"));
	fflush(stdout);
	execl("./prog", "./prog", "again", NULL);
	return 8;
}
END
same_run ./prog
ingest
expect_sound
expect_no_spools
root=$(db "SELECT pid FROM v_process WHERE begin_kind = 'start'")
expect_db "one run" "SELECT count(*) FROM run" 1
expect_db "one first process" "SELECT count(*) FROM process WHERE begin_kind = 'start'" 1
expect_db "it ended by exec" "SELECT end_kind, argv FROM process WHERE begin_kind = 'start'" \
	'exec|["./prog"]'
expect_db "the image after exec: same pid, its parent is the former image" \
	"SELECT pid = $root, parent_pid = $root, end_kind FROM v_process WHERE argv = '[\"./prog\",\"again\"]'" \
	"1|1|exit"
expect_db "leaves by argv" "SELECT argv, begin_kind, end_kind FROM v_process
	WHERE exe = '$PWD/leaf' ORDER BY argv" \
	'["./leaf","fork"]|exec|exit
["./leaf","spawn"]|exec|exit
["./leaf","system"]|exec|exit
["./leaf","vfork"]|exec|exit'
expect_db "whose parents are the program" "SELECT DISTINCT parent_pid FROM v_process
	WHERE exe = '$PWD/leaf' AND argv NOT LIKE '%system%' AND parent_pid != pid" "$root"
expect_db "the forked child that loads: a process of its own" "SELECT p.begin_kind, p.end_kind, p.exe
	FROM v_process p JOIN v_object o ON o.process = p.process WHERE o.path = './libchild.so'" \
	"fork|exit|$PWD/prog"
expect_db "which inherited what was there, and knows it" "SELECT o.inherited, o.reason FROM object o
	JOIN process p ON p.id = o.process WHERE o.path = './libbefore.so' ORDER BY o.inherited, o.process
	LIMIT 2" "0|dlopen
1|inherited"
child=$(db "SELECT process FROM v_object WHERE path = './libchild.so'")
expect_db "its calls are in its own row" "SELECT kind, name FROM call WHERE process = $child ORDER BY seq" \
	"dlopen|./libchild.so
dlsym|child"
expect_db "with callers found among the inherited objects" "SELECT DISTINCT o.kind, o.inherited
	FROM call c JOIN object o ON o.id = c.caller_object WHERE c.process = $child" "main|1"
expect_db "the parent has none of it" "SELECT count(*) FROM v_object
	WHERE path = './libchild.so' AND pid = $root" 0
expect_db "parent_pid is a process of the run, or there is none" "SELECT count(*) FROM v_process v
	WHERE begin_kind != 'start' AND parent_pid IS NULL" 0
expect_db "cwd and exe everywhere" "SELECT count(*) FROM process WHERE cwd != '$PWD' OR exe IS NULL" 0
