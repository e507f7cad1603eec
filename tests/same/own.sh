# shellcheck shell=bash
# Small programs of our own, each of which looks for the recorder in one place, or makes life hard for
# whoever is in its process.  They need no packages but the compiler.
. "$TOP/tests/same/lib.sh"

# --- what constructors of libraries find, before the program itself runs

so libearly.so <<'END_OF_SOURCE'
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
__attribute__((constructor)) static void early(void)
{
	sigset_t set;
	int fd = open("/dev/null", O_RDONLY);

	printf("the first descriptor is %d\n", fd);
	for (int i = 0; i < 64; i++)
		if (fcntl(i, F_GETFD) >= 0)
			printf("%d is open\n", i);
	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int i = 1; i < 65; i++)
		if (sigismember(&set, i))
			printf("%d is blocked\n", i);
	for (int i = 3; i < 1024; i++)
		close(i);
	if (getenv("FORK_EARLY") && fork() == 0)
		_exit(3);
}
int early_value(void) { return 5; }
END_OF_SOURCE
program early -L. -Wl,-rpath,"$PWD" -learly <<'END_OF_SOURCE'
#include <stdio.h>
#include <sys/wait.h>
int early_value(void);
int main(void)
{
	int status = -1;
	wait(&status);
	printf("%d\n", status);
	return early_value();
}
END_OF_SOURCE
same constructor-descriptors ./early
same constructor-fork env FORK_EARLY=1 ./early

program preinit <<'END_OF_SOURCE'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
static int seen;
static void look(int argc, char **argv, char **environment)
{
	(void)argc, (void)argv, (void)environment;
	for (int i = 3; i < 64; i++)
		seen += fcntl(i, F_GETFD) >= 0;
}
__attribute__((section(".preinit_array"), used)) static void (*const early)(int, char **, char **) = look;
int main(void)
{
	printf("%d\n", seen);
	return 0;
}
END_OF_SOURCE
same preinit-descriptors ./preinit

# --- exceptions

cxx libthrows.so -fPIC -shared <<'END_OF_SOURCE'
#include <stdexcept>
#include <cstdio>
struct noisy { ~noisy() { std::puts("unwound in the library"); } };
static thread_local noisy at_thread_end;
extern "C" int throws(int what)
{
	noisy local;
	(void)&at_thread_end;
	if (what == 1) throw std::runtime_error("from a library");
	if (what == 2) throw 42;
	return 7;
}
END_OF_SOURCE
cxx libbadctor.so -fPIC -shared <<'END_OF_SOURCE'
#include <stdexcept>
static struct thrower { thrower() { throw std::runtime_error("from a constructor"); } } one;
END_OF_SOURCE
cxx exceptions <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <cstdio>
#include <exception>
#include <thread>
#include <ucontext.h>
#include <vector>
static int (*throws)(int);
static void attempt(int what)
{
	try {
		std::printf("%d\n", throws(what));
	} catch (const std::exception &e) {
		std::printf("caught %s\n", e.what());
	} catch (int i) {
		std::printf("caught %d\n", i);
	}
}
static ucontext_t home, fibre;
static void in_fibre() { for (int i = 0; i < 3; i++) attempt(i); }
int main()
{
	void *handle = dlopen("DIR/libthrows.so", RTLD_LAZY);
	if (!handle) { std::puts(dlerror()); return 1; }
	throws = (int (*)(int))dlsym(handle, "throws");
	for (int i = 0; i < 3; i++) attempt(i);
	std::thread([] { for (int i = 0; i < 3; i++) attempt(i); }).join();
	std::vector<char> stack(256 << 10);
	getcontext(&fibre);
	fibre.uc_stack.ss_sp = stack.data();
	fibre.uc_stack.ss_size = stack.size();
	fibre.uc_link = &home;
	makecontext(&fibre, in_fibre, 0);
	swapcontext(&home, &fibre);
	dlclose(handle);
	return 0;
}
END_OF_SOURCE
sed -i "s,DIR,$PWD,g" exceptions.cc && g++ -g -o exceptions exceptions.cc -ldl -lpthread
same exceptions-of-plugins ./exceptions
cxx through-dlopen <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <cstdio>
#include <cstdlib>
#include <exception>
int main(int argc, char **)
{
	std::set_terminate([] { std::puts("terminate"); std::fflush(stdout); std::_Exit(9); });
	try {
		void *handle = dlopen("DIR/libbadctor.so", argc > 1 ? RTLD_NOW | RTLD_GLOBAL : RTLD_LAZY);
		std::printf("loaded %d\n", handle != nullptr);
	} catch (const std::exception &e) {
		std::printf("caught %s\n", e.what());
		void *again = dlopen("DIR/libthrows.so", RTLD_NOW);
		std::printf("goes on %d\n", again != nullptr);
	}
	return 3;
}
END_OF_SOURCE
sed -i "s,DIR,$PWD,g" through-dlopen.cc && g++ -g -o through-dlopen through-dlopen.cc -ldl
same exception-through-dlopen ./through-dlopen
same exception-through-dlopen-now ./through-dlopen now

# --- jumps

so libjumps.so <<'END_OF_SOURCE'
#include <setjmp.h>
extern jmp_buf *jump_to;
jmp_buf *jump_to;
__attribute__((constructor)) static void jump(void)
{
	extern jmp_buf *where_to(void);
	longjmp(*where_to(), 4);
}
END_OF_SOURCE
program jump -rdynamic <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <setjmp.h>
#include <stdio.h>
static jmp_buf place;
jmp_buf *where_to(void) { return &place; }
int main(int argc, char **argv)
{
	int value = setjmp(place);
	void *handle;
	if (value == 0) {
		handle = dlopen(argv[1], RTLD_LAZY);
		printf("came back from dlopen %d\n", handle != NULL);
	}
	printf("%d %d\n", argc, value);
	printf("%d\n", dlsym(RTLD_DEFAULT, "puts") != NULL);
	return value;
}
END_OF_SOURCE
same longjmp-through-dlopen ./jump "$PWD/libjumps.so"

# Signals that jump out of lazy binding, dlsym and whatever the recorder does there.
for i in $(seq 1500); do echo "int f$i(int x) { return x + $i; }"; done >many.c
$CC -O0 -fPIC -shared -o libmany.so many.c
{
	cat <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
static sigjmp_buf place;
static volatile sig_atomic_t jumps, handled;
static volatile long sum;
static int jumping;
END_OF_SOURCE
	for i in $(seq 1500); do echo "int f$i(int);"; done
	echo 'static void call_all(int n) { switch (n) {'
	for i in $(seq 1500); do echo "case $i: sum += f$i(1); break;"; done
	cat <<'END_OF_SOURCE'
	} }
static void on_alarm(int sig)
{
	(void)sig;
	handled++;
	if (jumping) {
		jumps++;
		siglongjmp(place, 1);
	}
}
int main(int argc, char **argv)
{
	struct itimerval timer = {{0, 100}, {0, 100}};
	struct sigaction action = {.sa_handler = on_alarm};
	volatile int i = 1, total = 0;
	sigaction(SIGALRM, &action, NULL);
	jumping = argc > 1 && strcmp(argv[1], "jump") == 0;
	setitimer(ITIMER_REAL, &timer, NULL);
	sigsetjmp(place, 1);
	for (; i <= 1500; i++) {
		call_all(i);
		total += dlsym(RTLD_DEFAULT, "malloc") != NULL;
	}
	memset(&timer, 0, sizeof(timer));
	setitimer(ITIMER_REAL, &timer, NULL);
	jumping = 0;
	printf("%d\n", i);
	return 2;
}
END_OF_SOURCE
} >storm.c
$CC -D_GNU_SOURCE -O0 -o storm storm.c -L. -lmany -Wl,-rpath,"$PWD",-z,lazy -ldl
same lazy-binding-in-a-storm-of-signals ./storm
same jumps-out-of-lazy-binding ./storm jump

# --- little stacks

program stacks -Wl,-z,lazy <<'END_OF_SOURCE'
#include <ctype.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
static void *in_thread(void *arg)
{
	long sum = labs(-5) + atol("7") + toupper('x') + (long)strcspn("abc", "c");
	sum += dlsym(RTLD_DEFAULT, "strtol") != NULL;
	*(long *)arg = sum;
	return NULL;
}
static ucontext_t home, fibres[16];
static volatile long results[16];
static void in_fibre(int n)
{
	results[n] = strtol("11", NULL, 10) + n;
	swapcontext(&fibres[n], &fibres[(n + 1) % 16]);
	results[n] += strtoul("5", NULL, 10);
	swapcontext(&fibres[n], n == 15 ? &home : &fibres[n + 1]);
}
static void on_fault(int sig, siginfo_t *info, void *context)
{
	static char text[64];
	(void)context;
	snprintf(text, sizeof(text), "signal %d code %d\n", sig, info->si_code);
	write(1, text, strlen(text));
	_exit(atoi("8"));
}
int main(void)
{
	pthread_attr_t attributes;
	long sums[8], total = 0;
	pthread_t threads[8];
	stack_t alternate = {.ss_sp = malloc(16384), .ss_size = 16384};
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_ONSTACK | SA_SIGINFO};

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], &attributes, in_thread, &sums[i]);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		total += sums[i];
	}
	printf("threads %ld\n", total);
	for (int i = 0; i < 16; i++) {
		getcontext(&fibres[i]);
		fibres[i].uc_stack.ss_sp = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		fibres[i].uc_stack.ss_size = 8192;
		fibres[i].uc_link = &home;
		makecontext(&fibres[i], (void (*)(void))in_fibre, 1, i);
	}
	swapcontext(&home, &fibres[0]);
	for (int i = 0; i < 16; i++)
		printf("%ld ", results[i]);
	puts("");
	fflush(stdout);
	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	*(volatile int *)16 = 1;
	return 1;
}
END_OF_SOURCE
same little-stacks ./stacks

# --- sandboxes

program sandbox -Wl,-z,lazy <<'END_OF_SOURCE'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#define ALLOW(n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
static volatile sig_atomic_t trapped;
static void on_trap(int sig) { (void)sig; trapped++; }
int main(int argc, char **argv)
{
	int trap = argc > 1 && strcmp(argv[1], "trap") == 0;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_exit_group), ALLOW(SYS_exit), ALLOW(SYS_brk),
		ALLOW(SYS_rt_sigreturn),
		BPF_STMT(BPF_RET | BPF_K, trap ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO | 38)};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	long value;
	signal(SIGSYS, on_trap);
	if (argc > 1 && strcmp(argv[1], "strict") == 0) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
			return 2;
		value = strtol("12", NULL, 10) + labs(-3);
		write(1, value == 15 ? "strict\n" : "wrong\n", 7);
		syscall(SYS_exit, 6);
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 3;
	value = strtol("12", NULL, 10) + labs(-3) + (long)strlen(strstr("abcdef", "cd"));
	for (int i = 0; i < 50; i++)
		value += dlsym(RTLD_DEFAULT, "strtoul") != NULL;
	syscall(SYS_getppid);
	/* Not by stdio: where the filter skips its fstat(), it goes by what happens to be on the stack. */
	dprintf(1, "%ld, %d calls trapped\n", value, (int)trapped);
	_exit(trapped);
}
END_OF_SOURCE
same seccomp-strict ./sandbox strict
# ld.so under an auditor has the program's malloc initialised before main(), which is a getrandom() less.
same seccomp-trap --against "$NULL_MODULE" ./sandbox trap
same seccomp-errno ./sandbox errno

# --- roots and rights

mkdir -p jail/lib
so jail/lib/libinner.so <<<'int inner(void) { return 11; }'
cp jail/lib/libinner.so jail/lib/libinner2.so
chmod -R a+rX jail . 2>/dev/null
program jailed <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	void *handle;
	int status;
	if (chroot(argv[1]) != 0 || chdir("/") != 0)
		return 1;
	handle = dlopen("/lib/libinner.so", RTLD_NOW);
	printf("in the jail %d\n", handle != NULL);
	if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
		return 2;
	handle = dlopen("/lib/libinner2.so", RTLD_NOW);
	printf("as nobody %d %d\n", handle != NULL, dlsym(handle, "inner") != NULL);
	printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
	fflush(stdout);
	if (fork() == 0) {
		handle = dlopen("/lib/libinner.so", RTLD_LAZY | RTLD_NOLOAD);
		exit(handle != NULL ? 12 : 13);
	}
	wait(&status);
	printf("child %d\n", status);
	return argc;
}
END_OF_SOURCE
if [ "$(id -u)" = 0 ]; then
	same chroot-and-drop-of-rights ./jailed "$PWD/jail"
else
	skip_one chroot-and-drop-of-rights "needs root"
fi

# --- daemons

program daemon <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char line[128];
	int fd, pipes[2];
	if (argc > 1 && strcmp(argv[1], "libc") == 0) {
		if (daemon(1, 0) != 0)
			return 1;
	} else {
		if (pipe(pipes) != 0)
			return 1;
		if (fork() != 0) {
			close(pipes[1]);
			read(pipes[0], line, 1);
			_exit(0);
		}
		setsid();
		signal(SIGHUP, SIG_IGN);
		if (fork() != 0)
			_exit(0);
		umask(027);
		for (int i = 0; i < 1024; i++)
			close(i);
		open("/dev/null", O_RDWR);
		dup(0);
		dup(0);
	}
	fd = open("daemon.log", O_WRONLY | O_CREAT | O_APPEND, 0666);
	snprintf(line, sizeof(line), "descriptor %d, plugin %d, parent %d\n", fd,
		 dlopen(argv[argc - 1], RTLD_NOW) != NULL, getppid() == 1);
	write(fd, line, strlen(line));
	return 4;
}
END_OF_SOURCE
same daemon-by-hand ./daemon "$PWD/libearly.so"
same daemon-of-libc ./daemon libc "$PWD/libearly.so"

# --- children

program children <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static volatile sig_atomic_t told;
static void on_child(int sig) { (void)sig; told++; }
static void prepare(void) { write(1, "prepare\n", 8); }
static void parent(void) { write(1, "parent\n", 7); }
static void child(void) { write(1, "child\n", 6); }
static int cloned(void *arg) { return *(int *)arg; }
static void *forks(void *arg)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(dlsym(RTLD_DEFAULT, "atoi") ? 21 : 22);
	waitpid(pid, &status, 0);
	*(int *)arg = WEXITSTATUS(status);
	return NULL;
}
int main(int argc, char **argv)
{
	char *const arguments[] = {"sh", "-c", "exit 5", NULL};
	static char stack[65536];
	int status, value = 9;
	pthread_t threads[4];
	int results[4];
	FILE *pipe;
	pid_t pid;
	if (argc > 1) { /* run by itself: what did it inherit? */
		printf("%s %s\n", getenv("ADDED"), getenv("HOME") ? "home" : "no home");
		return 0;
	}
	pthread_atfork(prepare, parent, child);
	signal(SIGCHLD, on_child);
	if (vfork() == 0)
		execl("/bin/sh", "sh", "-c", "exit 4", NULL);
	wait(&status);
	printf("vfork %d\n", WEXITSTATUS(status));
	posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ);
	waitpid(pid, &status, 0);
	printf("posix_spawn %d\n", WEXITSTATUS(status));
	pid = clone(cloned, stack + sizeof(stack), SIGCHLD, &value);
	waitpid(pid, &status, 0);
	printf("clone %d\n", WEXITSTATUS(status));
	pid = clone(cloned, stack + sizeof(stack), 0, &value);
	printf("clone without a signal %d", waitpid(pid, &status, __WCLONE) == pid);
	printf(" %d\n", WEXITSTATUS(status));
	pid = (pid_t)syscall(SYS_fork);
	if (pid == 0)
		_exit(dlsym(RTLD_DEFAULT, "atoi") != NULL);
	waitpid(pid, &status, 0);
	printf("fork by hand %d\n", WEXITSTATUS(status));
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		exit(2);
	waitpid(pid, &status, 0);
	pipe = popen("echo piped; exit 3", "r");
	while ((status = fgetc(pipe)) != EOF)
		putchar(status);
	printf("popen %d, system %d\n", WEXITSTATUS(pclose(pipe)), WEXITSTATUS(system("exit 6")));
	fflush(stdout);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, forks, &results[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		printf("%d ", results[i]);
	}
	printf("%d\n", told > 0);
	signal(SIGCHLD, SIG_IGN);
	if (fork() == 0)
		_exit(1);
	printf("ignored %d\n", wait(NULL));
	fflush(stdout);
	clearenv();
	setenv("ADDED", "yes", 1);
	execl("/proc/self/exe", argv[0], "inner", NULL);
	return 1;
}
END_OF_SOURCE
same children-of-all-kinds ./children

# --- ends

program ends <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static void first(void) { puts("first handler"); }
static void second(void) { puts("second handler"); fflush(stdout); }
static void waits(void) { printf("children at the end: %d\n", wait(NULL)); fflush(stdout); }
static void on_exit_handler(int status, void *arg) { printf("on_exit %d %s\n", status, (char *)arg); }
__attribute__((destructor(101))) static void last(void) { puts("last destructor"); fflush(stdout); waits(); }
__attribute__((destructor)) static void destructor(void) { puts("destructor"); }
/* Not while main() is still in pthread_create(), with signals blocked. */
static void *leave(void *arg) { usleep(100000); exit((int)(long)arg); }
static void *sleeper(void *arg) { for (;;) pause(); return arg; }
static void *late(void *arg) { usleep(30000); puts("late thread"); return arg; }
int main(int argc, char **argv)
{
	const struct rlimit none = {0, 0};
	const char *how = argc > 1 ? argv[1] : "return";
	pthread_t thread;
	setrlimit(RLIMIT_CORE, &none);
	atexit(first);
	on_exit(on_exit_handler, "argument");
	atexit(waits);
	at_quick_exit(second);
	puts(how);
	fflush(stdout);
	if (strcmp(how, "thread") == 0)
		pthread_create(&thread, NULL, leave, (void *)13L), pause();
	if (strcmp(how, "sleeping") == 0)
		pthread_create(&thread, NULL, sleeper, NULL);
	if (strcmp(how, "pthread_exit") == 0)
		pthread_create(&thread, NULL, late, NULL), pthread_exit(NULL);
	if (strcmp(how, "quick") == 0)
		quick_exit(14);
	if (strcmp(how, "_exit") == 0)
		_exit(15);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "kill") == 0)
		raise(SIGKILL);
	if (strcmp(how, "term") == 0)
		raise(SIGTERM);
	if (strcmp(how, "segv") == 0)
		*(volatile int *)8 = 1;
	if (strcmp(how, "pipe") == 0) {
		int fds[2];
		if (pipe(fds) == 0) {
			close(fds[0]);
			write(fds[1], "x", 1);
		}
	}
	return 12;
}
END_OF_SOURCE
for how in return thread sleeping pthread_exit quick _exit abort kill term segv pipe; do
	same "end-by-$how" ./ends $how
done

# --- looking around

program looks <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
extern char *program_invocation_name;
static int show(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size, (void)data;
	printf("object %s %d headers, tls %d\n", info->dlpi_name, info->dlpi_phnum, info->dlpi_tls_modid != 0);
	return 0;
}
static void where(const char *name, void *address)
{
	Dl_info info;
	struct link_map *map;
	if (dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP))
		printf("%s is %s in %s, %d\n", name, info.dli_sname, info.dli_fname, map != NULL);
}
int main(int argc, char **argv)
{
	void *self = dlopen(NULL, RTLD_NOW), *frames[64];
	struct itimerval timer;
	struct link_map *map;
	Dl_serinfo size;
	stack_t stack;
	Lmid_t id = -7;
	cpu_set_t set;
	int depth;
	dl_iterate_phdr(show, NULL);
	for (struct r_debug *debug = &_r_debug; debug; debug = NULL)
		for (map = debug->r_map; map; map = map->l_next)
			printf("map %s\n", map->l_name);
	printf("r_debug %d\n", _r_debug.r_state);
	where("dladdr", dlsym(RTLD_DEFAULT, "dladdr"));
	where("malloc", (void *)malloc);
	where("main", (void *)main);
	printf("%d %d\n", dlinfo(self, RTLD_DI_LMID, &id), (int)id);
	printf("%d\n", dlinfo(self, RTLD_DI_LINKMAP, &map));
	printf("%d\n", dlinfo(self, RTLD_DI_SERINFOSIZE, &size));
	printf("%u\n", size.dls_cnt);
	printf("%d\n", dlopen("/nowhere/lib.so", RTLD_NOW) == NULL);
	puts(dlerror());
	printf("%d\n", dlsym(self, "no_such_symbol") == NULL);
	puts(dlerror());
	printf("%d\n", dlvsym(self, "malloc", "NO_SUCH_VERSION") == NULL);
	puts(dlerror());
	errno = 77;
	dlsym(RTLD_DEFAULT, "malloc");
	printf("errno %d\n", errno);
	depth = backtrace(frames, 64);
	printf("frames %d\n", depth);
	printf("%s %s %s\n", program_invocation_name, (char *)getauxval(AT_EXECFN), getenv("LD_LIBRARY_PATH"));
	printf("%d %s\n", argc, argv[0]);
	sigaltstack(NULL, &stack);
	printf("altstack %d\n", stack.ss_flags);
	for (int which = 0; which < 3; which++) {
		getitimer(which, &timer);
		printf("timer %ld %ld\n", (long)timer.it_value.tv_sec, (long)timer.it_interval.tv_sec);
	}
	sched_getaffinity(0, sizeof(set), &set);
	printf("%s %d %d\n", setlocale(LC_ALL, NULL), CPU_COUNT(&set), mallopt(M_MMAP_THRESHOLD, 1 << 20));
	printf("%d %d %d\n", prctl(PR_GET_DUMPABLE), prctl(PR_GET_TIMERSLACK), prctl(PR_GET_THP_DISABLE));
	memset(argv[0], 'x', strlen(argv[0])); /* a title */
	prctl(PR_SET_NAME, "renamed");
	return 0;
}
END_OF_SOURCE
same looking-around ./looks
same looking-around-by-ld.so "$(readelf -l looks | sed -n 's/.*interpreter: \(.*\)]/\1/p')" "$PWD/looks"
same looking-around-bind-now env LD_BIND_NOW=1 "$PWD/looks"

# --- a malloc of the program's own, and other preloads

so libowncalls.so -fno-builtin <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static char room[64 << 20] __attribute__((aligned(16)));
static size_t used, calls;
void *malloc(size_t size)
{
	void *place = room + used;
	calls++;
	used += (size + 31) & ~(size_t)15;
	*(size_t *)place = size;
	return (char *)place + 16;
}
void free(void *place) { (void)place; }
void *calloc(size_t n, size_t size) { return memset(malloc(n * size), 0, n * size); }
void *realloc(void *old, size_t size)
{
	void *place = malloc(size);
	if (old)
		memcpy(place, old, ((size_t *)old)[-2] < size ? ((size_t *)old)[-2] : size);
	return place;
}
void *memalign(size_t alignment, size_t size)
{
	used = (used + alignment - 1) & ~(alignment - 1);
	return malloc(size + alignment);
}
void *dlopen(const char *name, int flags)
{
	void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
	dprintf(1, "preloaded dlopen\n");
	return real(name, flags);
}
int close(int fd)
{
	static int (*real)(int);
	if (!real)
		real = (int (*)(int))dlsym(RTLD_NEXT, "close");
	if (fd > 2)
		write(1, "preloaded close\n", 16);
	return real(fd);
}
END_OF_SOURCE
same own-malloc-and-preloads env LD_PRELOAD="$PWD/libowncalls.so" "$PWD/exceptions"
same preloads-of-everything env LD_PRELOAD="$PWD/libowncalls.so" "$PWD/ends" thread

# --- address space

program maps <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
struct range { unsigned long start, end; char mode[5]; char path[256]; };
static struct range ranges[4096];
static int read_ranges(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];
	int count = 0;
	while (fgets(line, sizeof(line), file)) {
		struct range *r = &ranges[count++];
		r->path[0] = 0;
		sscanf(line, "%lx-%lx %4s %*s %*s %*s %255s", &r->start, &r->end, r->mode, r->path);
	}
	fclose(file);
	return count;
}
int main(int argc, char **argv)
{
	const char *how = argv[1];
	int count = read_ranges(), done = 0, failed = 0;
	setvbuf(stdout, NULL, _IONBF, 0);
	if (strcmp(how, "lock") == 0) {
		printf("%d\n", mlockall(MCL_CURRENT | MCL_FUTURE));
	} else if (strcmp(how, "fill") == 0) { /* take all the gaps below the stack, as runtimes do */
		for (int i = 1; i < count; i++)
			if (ranges[i].start > ranges[i - 1].end && ranges[i].start < 0x7fffffff0000 &&
			    ranges[i - 1].end > 0x10000)
				failed += mmap((void *)ranges[i - 1].end, ranges[i].start - ranges[i - 1].end, PROT_NONE,
					       MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED;
		printf("filled %d\n", failed);
	} else for (int i = 0; i < count; i++) {
		struct range *r = &ranges[i];
		void *start = (void *)r->start;
		size_t size = r->end - r->start;
		if (r->path[0] == '[')
			continue;
		if (strcmp(how, "writable") == 0 && r->mode[2] == 'x') { /* patches code */
			failed += mprotect(start, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0;
			failed += mprotect(start, size, PROT_READ | PROT_EXEC) != 0;
			done++;
		} else if (strcmp(how, "remap") == 0 && r->mode[2] == 'x' && !strstr(r->path, "libc.so") &&
			   !strstr(r->path, "libc-2")) { /* onto pages of its own */
			void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			memcpy(copy, start, size);
			mprotect(copy, size, PROT_READ | PROT_EXEC);
			failed += mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED;
		} else if (strcmp(how, "advise") == 0) {
			failed += madvise(start, size, MADV_COLD) != 0;
			madvise(start, size, MADV_DODUMP);
			madvise(start, size, MADV_DOFORK);
			madvise(start, size, MADV_MERGEABLE);
			madvise(start, size, MADV_NOHUGEPAGE);
			if (r->mode[2] == 'x' && r->path[0] == '/') /* comes back from the file */
				madvise(start, size, MADV_DONTNEED);
		}
	}
	for (int i = 0; i < 100; i++) {
		void *handle = dlopen(argv[2], RTLD_NOW);
		done += handle != NULL;
		if (handle)
			dlclose(handle);
	}
	if (fork() == 0)
		exit(dlopen(argv[2], RTLD_NOW) != NULL);
	wait(&failed);
	printf("loaded %d %d\n", strcmp(how, "writable") ? done : 100, failed);
	return argc;
}
END_OF_SOURCE
for how in nothing lock writable advise fill; do
	if [ $how = lock ] && [ "$(id -u)" != 0 ] && [ "$(ulimit -l)" != unlimited ]; then
		skip_one address-space-lock "RLIMIT_MEMLOCK is too small for what any auditor maps"
		continue
	fi
	same "address-space-$how" ./maps $how "$PWD/libthrows.so"
done
# Which parts of whose copies are no files' any more can't be compared.
same address-space-remap --ignore '*: mapped *' --ignore '*: executable memory' ./maps remap "$PWD/libthrows.so"

# --- threads

program threads <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static const char *library;
static pthread_barrier_t barrier;
static pthread_key_t key;
static _Atomic int destroyed, loaded;
static void destroy(void *value) { (void)value; destroyed++; }
static void *work(void *arg)
{
	pthread_setspecific(key, arg);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 50; i++) {
		void *handle = dlopen(library, RTLD_LAZY);
		loaded += dlsym(handle, "throws") != NULL;
		dlclose(handle);
	}
	return arg;
}
static void *cancelled(void *arg)
{
	for (;;) {
		void *handle = dlopen(library, RTLD_LAZY);
		dlclose(handle);
		pthread_testcancel();
	}
	return arg;
}
int main(int argc, char **argv)
{
	pthread_t threads[8], victim;
	void *result;
	int keys = 0;
	pthread_key_t more;
	library = argv[1];
	pthread_key_create(&key, destroy);
	pthread_barrier_init(&barrier, NULL, 8);
	for (long i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, work, (void *)(i + 1));
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	pthread_create(&victim, NULL, cancelled, NULL);
	usleep(20000);
	pthread_cancel(victim);
	pthread_join(victim, &result);
	while (pthread_key_create(&more, NULL) == 0)
		keys++;
	printf("%d loaded, %d destroyed, cancelled %d, %d keys\n", loaded, destroyed, result == PTHREAD_CANCELED, keys);
	return argc;
}
END_OF_SOURCE
same threads-that-load ./threads "$PWD/libthrows.so"
