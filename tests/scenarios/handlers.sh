# What a program's signal handlers, sandboxes, locked memory and comparisons meet is what they would meet
# without the recorder: nothing of the program runs on the recorder's stacks, no system call is made in a
# sandbox, little address space is taken.
. "$TOP/tests/lib.sh"

so libp.so <<<'int p(void) { return 1; }'
program handler <<'END'
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
static volatile char sink;
static volatile int count;
static void __attribute__((noinline)) deep(void)
{
	volatile char room[4 << 20];

	memset((char *)room, 7, sizeof(room));
	sink = room[count % sizeof(room)];
}
static void handle(int signal)
{
	(void)signal;
	count++;
	deep();
}
int main(void)
{
	struct sigaction action = {.sa_handler = handle};
	struct itimerval timer = {{0, 2000}, {0, 2000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (count < 40)
		dlsym(RTLD_DEFAULT, "malloc");
	puts("handled");
	return 0;
}
END
same_run ./handler

program sandbox <<'END'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#define ALLOW(n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_exit_group), ALLOW(SYS_brk),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (argc > 1 ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)
		     : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 3;
	(void)argv;
	for (int i = 0; i < 100; i++)
		if (!dlsym(RTLD_DEFAULT, "malloc"))
			return 4;
	return write(1, "worked\n", 7) != 7;
}
END
same_run ./sandbox
same_run ./sandbox syscall
ingest
# Before 2.34 dlsym itself makes system calls that this sandbox forbids; an emulator has no sandbox.
! glibc_at_least 2.34 || [ -n "${TEST_EMULATED:-}" ] || expect_db "calls in the sandbox are recorded" \
	"SELECT count(*) FROM v_call WHERE kind = 'dlsym' AND name = 'malloc' AND pid IN
	 (SELECT pid FROM v_process WHERE exe LIKE '%/sandbox')" 200

program equal <<'END'
#include <dlfcn.h>
#include <stdio.h>
void *table[] = {dlopen, dlsym};
int main(void)
{
	void *(*volatile open)(const char *, int) = dlopen;
	void *(*volatile sym)(void *, const char *) = dlsym;
	void *(*from_table)(const char *, int) = table[0];

	printf("%d %d %d\n", table[0] == (void *)open, table[1] == (void *)sym,
	       from_table("./libp.so", RTLD_NOW) != NULL);
	return 0;
}
END
same_run ./equal
ingest
expect_db "a call through a table is recorded" "SELECT count(*) FROM call WHERE kind = 'dlopen'
	AND name = './libp.so' AND process = (SELECT process FROM v_process WHERE exe LIKE '%/equal')" 1

# Little address space: limits and locked memory are the program's own business.
program limited <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
int main(void)
{
	struct rlimit limit = {64 << 20, 64 << 20};
	char *room;

	setrlimit(RLIMIT_AS, &limit);
	room = malloc(32 << 20);
	if (room)
		memset(room, 1, 32 << 20);
	printf("%d\n", room != NULL);
	return 0;
}
END
sanitized || same_run ./limited
