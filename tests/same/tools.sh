# shellcheck shell=bash
# Programs under debuggers, tracers, valgrind and sanitizers.  Where these trace what they run, the
# harness can't: then output and exit status are compared.
. "$TOP/tests/same/lib.sh"

so libplugin.so <<<'int plugin(int x) { return x + 1; }'
program loads <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void *work(void *arg)
{
	void *handle = dlopen(arg, RTLD_NOW);
	int (*plugin)(int) = (int (*)(int))dlsym(handle, "plugin");
	int *result = malloc(sizeof(*result));
	*result = plugin(1);
	dlclose(handle);
	return result;
}
int main(int argc, char **argv)
{
	pthread_t threads[4];
	int sum = 0, status = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, argv[1]);
	for (int i = 0; i < 4; i++) {
		void *result;
		pthread_join(threads[i], &result);
		sum += *(int *)result;
		free(result);
	}
	if (argc > 2 && strcmp(argv[2], "overflow") == 0) {
		volatile char *p = malloc(4);
		p[argc + 2] = 1;
	}
	if (argc > 2 && strcmp(argv[2], "leak") == 0) {
		volatile char *p = malloc(100);
		p[0] = 1;
		p = NULL;
	}
	fflush(stdout);
	if (fork() == 0)
		_exit(3);
	wait(&status);
	printf("%d %d\n", sum, WEXITSTATUS(status));
	return 4;
}
END_OF_SOURCE
program races <<'END_OF_SOURCE'
#include <pthread.h>
static int shared;
static void *work(void *arg) { for (int i = 0; i < 1000; i++) shared++; return arg; }
int main(void)
{
	pthread_t a, b;
	pthread_create(&a, NULL, work, NULL);
	pthread_create(&b, NULL, work, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	return 0;
}
END_OF_SOURCE
plugin=$PWD/libplugin.so
# The addresses, process ids and times that these tools print.
quiet='s/==[0-9]*==//; s/0x[0-9a-f]*/ADDRESS/g; s/\[pid *[0-9]*\]//; s/([0-9]*)/N/g'

has() {
	command -v "$1" >/dev/null && return 0
	skip_one "$1" "$1 is not installed"
	return 1
}

if has strace; then
	same strace --untraced --ignore stderr strace -f -o /dev/null "$PWD/loads" "$plugin"
	same strace-counts --untraced bash -c "strace -f -c -o /dev/null $PWD/loads $plugin; echo \$?"
	same strace-from-inside --untraced bash -c "$PWD/loads $plugin & strace -p \$! -o /dev/null 2>/dev/null; wait \$!; echo \$?"
fi
if has gdb; then
	same gdb --untraced bash -c "gdb -q -batch -nx -ex 'set confirm off' -ex 'break work' -ex run -ex 'info sharedlibrary plugin' -ex 'delete' -ex continue --args $PWD/loads $plugin 2>/dev/null | grep -vE 'Thread|New|process|debuginfod|auxv|using lib' | grep -v '^\$'; echo \$?"
	same gdb-catch-load --untraced bash -c "gdb -q -batch -nx -ex 'set breakpoint pending on' -ex 'break plugin' -ex run -ex 'print x' -ex 'kill' --args $PWD/loads $plugin 2>/dev/null | grep -E '^.1 = |^Breakpoint|plugin'; echo \$?"
fi
if has valgrind; then
	# Of two libcs it takes one only: in a program with any auditor it doesn't see malloc and free, and what
	# it has libc free at the end is "free(): invalid pointer".
	for how in none overflow leak; do
		same "valgrind-$how" --against "$NULL_MODULE" --untraced --ignore stderr bash -c "valgrind -q --run-libc-freeres=no --error-exitcode=9 --leak-check=full $PWD/loads $plugin $how 2>log; echo \$?; sed '$quiet' log | grep -cE 'Invalid write|definitely lost'; wc -l <log"
	done
	same helgrind --against "$NULL_MODULE" --untraced bash -c "valgrind -q --run-libc-freeres=no --tool=helgrind --error-exitcode=9 $PWD/races 2>log; echo \$?; grep -c 'Possible data race' log; rm log"
	same callgrind --untraced --ignore stderr --ignore 'file callgrind*' bash -c "valgrind -q --tool=callgrind $PWD/loads $plugin; echo \$?"
fi

# The runtimes of two of these want more static TLS than any auditor leaves.
export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=1000000
for sanitizer in address undefined thread leak; do
	if ! $CC -D_GNU_SOURCE -g -fsanitize=$sanitizer -o loads-$sanitizer loads.c -ldl -lpthread 2>/dev/null; then
		skip_one "$sanitizer" "the compiler has no -fsanitize=$sanitizer"
		continue
	fi
	$CC -D_GNU_SOURCE -g -fsanitize=$sanitizer -o races-$sanitizer races.c -lpthread
	same "sanitizer-$sanitizer" --untraced "$PWD/loads-$sanitizer" "$plugin"
	for how in overflow leak; do
		same "sanitizer-$sanitizer-$how" --untraced bash -c "$PWD/loads-$sanitizer $plugin $how 2>log; echo \$?; sed '$quiet' log | grep -E 'ERROR|SUMMARY'; rm log"
	done
	same "sanitizer-$sanitizer-race" --untraced bash -c "$PWD/races-$sanitizer 2>log; echo \$?; sed '$quiet' log | grep -cE 'WARNING'; rm log"
done
