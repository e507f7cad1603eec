# A binding is recorded on the caller's stack, which may be a fibre's with little room: the recorder uses
# less than 512 bytes of it, beyond what ld.so uses when an auditor is loaded that does nothing.  And
# a tapped dlsym works on a stack of 4 KiB before a guard page: the unwinder has a stack of its own.
. "$TOP/tests/lib.sh"

functions=64
{
	for i in $(seq $functions); do echo "int lazily_bound_function_$i(int x) { return x + 1; }"; done
} | so libmany.so
# One function that calls each of the others: the same depth of stack for each first call.
{
	for i in $(seq $functions); do echo "int lazily_bound_function_$i(int);"; done
	echo "int call_one(int i) { switch (i) {"
	for i in $(seq $functions); do echo "case $i: return lazily_bound_function_$i(i);"; done
	echo "} return 0; }"
} | so libcaller.so -Wl,-z,lazy -L. -lmany -Wl,-rpath,'$ORIGIN'

# "prog calls KIB", "prog dlsym KIB" and "prog first KIB" (dlsym that was never called before): on a fibre with so much stack and a guard page below, do that
# 32 times, and print how deep the deepest went.  Exit status 3: the stack overflowed.
program prog -Wl,-z,lazy -Wl,--no-as-needed -L. -lcaller -lmany -Wl,-rpath,'$ORIGIN' <<'END'
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#define PAINT 0xa5
int call_one(int);
static ucontext_t outside, fibre;
static unsigned char *stack;
static size_t size, deepest;
static int result, next = 1;
static const char *what;
static void overflowed(int signal)
{
	(void)signal;
	_exit(3);
}
static void inside(void)
{
	if (what[0] == 'c')
		result = call_one(next) == next + 1;
	else
		result = dlsym(RTLD_DEFAULT, "lazily_bound_function_1") != NULL;
}
static void once(void)
{
	size_t i;
	memset(stack, PAINT, size);
	getcontext(&fibre);
	fibre.uc_stack.ss_sp = stack;
	fibre.uc_stack.ss_size = size;
	fibre.uc_link = &outside;
	makecontext(&fibre, inside, 0);
	swapcontext(&outside, &fibre);
	if (!result)
		abort();
	for (i = 0; i < size && stack[i] == PAINT; i++)
		;
	if (size - i > deepest)
		deepest = size - i;
	next++;
}
int main(int argc, char **argv)
{
	static char other_stack[65536];
	stack_t alternative = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
	struct sigaction action = {.sa_handler = overflowed, .sa_flags = SA_ONSTACK};
	if (argc != 3)
		return 2;
	what = argv[1];
	size = (size_t)atoi(argv[2]) * 1024;
	stack = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(stack, 4096, PROT_NONE);
	stack += 4096;
	sigaltstack(&alternative, NULL);
	sigaction(SIGSEGV, &action, NULL);
	/* Bind what the program itself needs, on its own stack. */
	if (what[0] != 'f') {
		if (!dlsym(RTLD_DEFAULT, "lazily_bound_function_2"))
			return 1;
		inside();
		next++;
	}
	for (int i = 0; i < 32; i++)
		once();
	printf("%zu\n", deepest);
	return 0;
}
END

# deep AUDITOR WHAT KIB: how deep, or "overflow"
deep() {
	local status=0 output
	output=$(env ${1:+LD_AUDIT="$1"} ./prog "$2" "$3") || status=$?
	case $status in
	0) echo "$output" ;;
	3) echo overflow ;;
	*) echo "exit status $status" ;;
	esac
}

plain=$(deep "" calls 16) null=$(deep "$NULL_MODULE" calls 16) recorder=$(deep "$MODULE" calls 16)
echo "a first call takes: plain $plain, null auditor $null, recorder $recorder bytes of stack"
expect_true "the recorder takes less than 512 bytes more" [ $((recorder - null)) -lt 512 ]
expect_true "it was measured" [ "$null" -gt 100 ]

# The first stack that is taken: libunwind is set up, on a stack of ours.
null=$(deep "$NULL_MODULE" first 64) recorder=$(deep "$MODULE" first 64)
echo "the first dlsym takes: null auditor $null, recorder $recorder bytes of stack"
expect_true "the first call takes little more" [ $((recorder - null)) -lt 256 ]

for what in calls dlsym; do
	null=$(deep "$NULL_MODULE" $what 4)
	if [ "$null" = overflow ]; then
		echo "ld.so itself has no room for $what on 4 KiB here"
		continue
	fi
	recorder=$(deep "$MODULE" $what 4)
	echo "$what on 4 KiB: null auditor $null, recorder $recorder"
	expect_true "$what on a stack of 4 KiB" [ "$recorder" -gt 0 ]
done

ingest
expect_sound
expect_db "all first calls" "SELECT count(*), count(DISTINCT symbol) FROM v_binding
	WHERE kind = 'plt' AND symbol LIKE 'lazily\_bound%' ESCAPE '\\'
	AND from_path LIKE '%/libcaller.so' AND to_path LIKE '%/libmany.so'
	AND pid = (SELECT min(pid) FROM process)" "33|33"
expect_true "dlsym's stacks, the fibre's too" [ "$(db "SELECT count(*) FROM v_call
	WHERE kind = 'dlsym' AND caller_function = 'inside'")" -ge 32 ]
