# Two hundred processes end at the same moment, each with the database to write: all are in it, and
# it is sound.
. "$TOP/tests/lib.sh"

so libone.so <<<'int one(void) { return 1; }'
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char byte;
	void *handle = dlopen("./libone.so", RTLD_NOW);
	if (argc > 1 && read(atoi(argv[1]), &byte, 1) != 0) /* until the gate is closed */
		return 1;
	return dlsym(handle, "one") ? 0 : 2;
}
END
# Starts 100 first processes and one with 100 children, lets all go at once, counts who failed.
program starter <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int gate[2], failed = 0, status, count = atoi(argv[1]);
	char number[16];
	if (argc < 3 || pipe(gate) != 0)
		return 1;
	snprintf(number, sizeof(number), "%d", gate[0]);
	for (int i = 0; i < count; i++)
		if (fork() == 0) {
			close(gate[1]);
			if (argv[2][0] == 'r')
				setenv("LD_AUDIT", argv[3], 1);
			execl("./prog", "./prog", number, NULL);
			_exit(127);
		}
	close(gate[0]);
	usleep(300000);
	close(gate[1]);
	while (wait(&status) > 0)
		failed += status != 0;
	printf("%d failed\n", failed);
	return 0;
}
END
start=$(date +%s)
expect_eq "100 runs" "$(./starter 100 runs "$MODULE" 2>&1)" "0 failed"
expect_eq "100 children of one" "$(audit ./starter 100 children 2>&1)" "0 failed"
echo "$(($(date +%s) - start)) s"
ingest
expect_no_spools
expect_sound
expect_db "all are there" "SELECT count(*) FROM process WHERE argv LIKE '[\"./prog\"%'" 200
expect_db "each ended by exit" "SELECT DISTINCT end_kind FROM process WHERE argv LIKE '[\"./prog\"%'" exit
expect_db "each with its load" "SELECT count(*), count(DISTINCT pid) FROM v_object
	WHERE path = './libone.so'" "200|200"
expect_db "runs" "SELECT count(*) FROM run" 101
