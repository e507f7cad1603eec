# _exit, abort, a fatal signal, exec of something that is not recorded: no code of the recorder runs
# then, and all that was recorded is there all the same.
. "$TOP/tests/lib.sh"

so libone.so <<<'int one(void) { return 1; }'
program prog <<'END'
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct rlimit none = {0, 0};
	const char *how = argv[1];
	setrlimit(RLIMIT_CORE, &none);
	printf("%d %d\n", argc, dlopen("./libone.so", RTLD_NOW) != NULL);
	fflush(stdout);
	if (strcmp(how, "_exit") == 0)
		_exit(5);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "segv") == 0)
		raise(SIGSEGV);
	if (strcmp(how, "quick_exit") == 0)
		quick_exit(6);
	if (strcmp(how, "return") == 0)
		return 7;
	execv(argv[2], argv + 2);
	return 127;
}
END
same() { # like same_run, each into a database of its own
	rm -f plugaudit.db* ./*.spool
	same_run "$@"
	ingest
	expect_no_spools
	expect_sound
	expect_db "$2: the load" "SELECT count(*) FROM v_object WHERE path = './libone.so'
		AND reason = 'dlopen'" 1
}
same ./prog return
expect_db "return" "SELECT end_kind FROM process" exit
for how in _exit abort segv quick_exit; do
	same ./prog $how
	expect_db "$how" "SELECT end_kind, ended_ns FROM process" "unknown|"
done

if printf 'int main(void) { return 9; }' | $CC -static -x c - -o static 2>/dev/null; then
	same ./prog exec ./static
	expect_db "exec of a static program" "SELECT end_kind FROM process" unknown
else
	echo "no static libc: exec of a static program not tried"
fi
same ./prog exec ./no-such-program
expect_db "an exec that fails" "SELECT end_kind FROM process" exit

# A set-user-id program does not get the module: ld.so ignores LD_AUDIT with a path there.
su=$(command -v su || true)
if [ -n "$su" ] && [ -u "$su" ]; then
	same ./prog exec "$su" --version
	expect_db "exec of a set-user-id program" "SELECT count(*) FROM process WHERE argv LIKE '%\"./prog\"%'" 1
else
	echo "no set-user-id program here: exec of one not tried"
fi
