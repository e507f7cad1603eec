# A binding is recorded without a system call: the program forbids itself all but read, write, _exit and
# sigreturn (seccomp's strict mode), and then calls 400 functions for the first time, through symbols
# that the recorder never saw before.  One call of another sort kills it.  The room for them must be
# there although ld.so bound so much at the start.
. "$TOP/tests/lib.sh"

functions=400
{
	for i in $(seq $functions); do echo "int lazily_bound_function_$i(int x) { return x + 1; }"; done
	for i in $(seq 1900); do echo "int pointed_to_function_$i(int x) { return x + 1; }"; done
} | so libmany.so
{
	for i in $(seq $functions); do echo "int lazily_bound_function_$i(int);"; done
	echo "int call_all(int x) {"
	for i in $(seq $functions); do echo "x = lazily_bound_function_$i(x);"; done
	echo "return x; }"
	for i in $(seq 1900); do echo "int pointed_to_function_$i(int);"; done
	echo "int (*table[])(int) = {"
	for i in $(seq 1900); do echo "pointed_to_function_$i,"; done
	echo "};"
} | so libcaller.so -Wl,-z,lazy -L. -lmany -Wl,-rpath,'$ORIGIN'
program prog -Wl,-z,lazy -Wl,--no-as-needed -L. -lcaller -Wl,-rpath,'$ORIGIN' <<END
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int call_all(int);
static long call3(long number, long a, long b, long c)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}
int main(int argc, char **argv)
{
	(void)argv;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
		return 77;
	if (argc > 1)
		getppid(); /* the trap works: this kills */
	if (call_all(0) == $functions)
		call3(SYS_write, 1, (long)"all\n", 4);
	call3(SYS_exit, 0, 0, 0);
	return 1;
}
END
[ "$(uname -m)" = x86_64 ] || skip "the program is written for x86-64"

status=0
./prog trap >/dev/null 2>&1 || status=$?
[ $status != 77 ] || skip "this kernel has no seccomp"
expect_eq "the trap kills" $status 137
expect_eq "plain" "$(./prog)" all
status=0
output=$(audit ./prog) || status=$?
expect_eq "recorded: exit status" $status 0
expect_eq "recorded: output" "$output" all
ingest
expect_sound
expect_db "every binding is there" "SELECT count(*), count(DISTINCT symbol) FROM v_binding
	WHERE kind = 'plt' AND source = 'la_symbind' AND symbol LIKE 'lazily\_bound%' ESCAPE '\\'
	AND from_path LIKE '%/libcaller.so' AND to_path LIKE '%/libmany.so'" "$functions|$functions"
