# A program that looks closely notices nothing: no child of ours reaches its SIGCHLD handler or its
# waitpid(-1), no descriptor, signal setting, directory, mask or limit differs, a function can be bound
# lazily on a stack of a few KiB, in a signal handler, and where every system call is forbidden.
. "$TOP/tests/lib.sh"

# At the end, when plugreport is started, a thread sits in waitpid(-1) and SIGCHLD has a handler.
program children <<'END'
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void on_child(int sig)
{
	(void)sig;
	write(1, "SIGCHLD\n", 8);
}
static void *waiting(void *arg)
{
	pid_t pid = waitpid(-1, NULL, 0);
	if (pid != (pid_t)-1)
		write(1, "waited\n", 7);
	return arg;
}
int main(void)
{
	pthread_t thread;
	int gate[2];
	char byte;
	if (pipe(gate) != 0)
		return 1;
	if (fork() == 0) { /* a child that ends with its parent only, so that there is one to wait for */
		close(gate[1]);
		read(gate[0], &byte, 1);
		_exit(0);
	}
	signal(SIGCHLD, on_child);
	pthread_create(&thread, NULL, waiting, NULL);
	usleep(50000);
	return 0;
}
END
same_run ./children
expect_eq "nothing was waited for" "$(cat plain.out)" ""

program settings <<'END'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
extern char **environ;
int main(void)
{
	char path[4096];
	sigset_t set;
	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int i = 1; i < 65; i++) {
		struct sigaction action = {0};
		if (sigaction(i, NULL, &action) == 0)
			printf("%d:%d:%d ", i, action.sa_handler != SIG_DFL, sigismember(&set, i));
	}
	puts("");
	for (int i = 0; i < 256; i++)
		if (fcntl(i, F_GETFD) >= 0)
			printf("fd %d %x\n", i, fcntl(i, F_GETFL));
	for (int i = 0; i < 16; i++) {
		struct rlimit limit = {0, 0};
		if (getrlimit(i, &limit) == 0)
			printf("limit %d %lu %lu\n", i, (long)limit.rlim_cur, (long)limit.rlim_max);
	}
	printf("umask %o cwd %s\n", umask(0), getcwd(path, sizeof(path)));
	printf("dumpable %d subreaper %d keepcaps %d\n", prctl(PR_GET_DUMPABLE), 0, prctl(PR_GET_KEEPCAPS));
	prctl(PR_GET_NAME, path);
	printf("name %s\n", path);
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "LD_AUDIT=", 9) != 0 && strncmp(*e, "_=", 2) != 0)
			printf("%s\n", *e);
	return 0;
}
END
same_run ./settings

program lazy -Wl,-z,lazy <<'END'
#include <ctype.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
static ucontext_t home, fibre;
static volatile long result;
static void in_fibre(void)
{
	result = labs(-5) + atol("7"); /* both bound here */
}
static void in_handler(int sig)
{
	(void)sig;
	result = strtol("11", NULL, 10);
}
int main(void)
{
	/* 8 KiB, and a page behind it that must not be touched */
	char *stack = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t alternate = {.ss_sp = malloc(MINSIGSTKSZ + 8192), .ss_size = MINSIGSTKSZ + 8192};
	struct sigaction action = {.sa_handler = in_handler, .sa_flags = SA_ONSTACK};

	mprotect(stack, 4096, PROT_NONE);
	getcontext(&fibre);
	fibre.uc_stack.ss_sp = stack + 4096;
	fibre.uc_stack.ss_size = 2 * 4096;
	fibre.uc_link = &home;
	makecontext(&fibre, in_fibre, 0);
	swapcontext(&home, &fibre);
	printf("fibre %ld\n", result);
	sigaltstack(&alternate, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	printf("handler %ld\n", result);
	fflush(stdout);
	/* From here on only read, write and exit are allowed. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
		return 2;
	result = strcoll("a", "b") < 0 ? toupper('x') : 0;
	write(1, result == 'X' ? "strict X\n" : "strict -\n", 9);
	syscall(SYS_exit, 6);
	return 0;
}
END
same_run ./lazy
expect_match "it came to its end" "$(cat plain.out)" '^strict X$'

# A call that is tapped needs room for its stack walk: on a fibre of 16 KiB, which plain dlsym and
# dlopen of something loaded are content with.
so libsmall.so <<<'int small(void) { return 1; }'
program fibre <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>
static ucontext_t home, fibre;
static void *handle, *symbol;
static void in_fibre(void)
{
	handle = dlopen("./libsmall.so", RTLD_LAZY | RTLD_NOLOAD);
	symbol = dlsym(handle, "small");
}
int main(void)
{
	char *stack = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(stack, 4096, PROT_NONE);
	dlopen("./libsmall.so", RTLD_LAZY);
	getcontext(&fibre);
	fibre.uc_stack.ss_sp = stack + 4096;
	fibre.uc_stack.ss_size = 4 * 4096;
	fibre.uc_link = &home;
	makecontext(&fibre, in_fibre, 0);
	swapcontext(&home, &fibre);
	printf("%d %d\n", handle != NULL, symbol != NULL);
	return 0;
}
END
same_run ./fibre
