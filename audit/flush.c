/*
 * flush.c - at exit, plugreport takes the spool into the database.
 *
 * It must not be seen by the program: no SIGCHLD, nothing for its wait().  A go-between with exit
 * signal 0, which waitpid(-1) does not report, starts plugreport and waits for it: execve would
 * reset the exit signal to SIGCHLD, so plugreport can't be the go-between itself.  clone(2),
 * "CLONE_VFORK" and wait(2), "__WCLONE".
 */
#include "audit/module.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ENVIRONMENT_MAX 4096 /* variables that plugreport is given */

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* Find this module among the objects of its own namespace. */
static int visit_object(struct dl_phdr_info *info, size_t size, void *data)
{
	uintptr_t here = (uintptr_t)visit_object, low = UINTPTR_MAX, high = 0, unwind = 0;

	(void)size, (void)data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + h->p_vaddr;

		if (h->p_type == PT_LOAD) {
			low = at < low ? at : low;
			high = at + h->p_memsz > high ? at + h->p_memsz : high;
		} else if (h->p_type == PT_GNU_EH_FRAME) {
			unwind = at;
		}
	}
	if (here < low || here >= high)
		return 0;
	module.base = low;
	module.end = high;
	module.unwind_header = unwind;
	join(module.path, sizeof(module.path), info->dlpi_name, NULL, NULL);
	return 1;
}

static int visit_nodelete(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size, (void)data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Dyn) * d;

		if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		d = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		for (; d->d_tag != DT_NULL; d++)
			if (d->d_tag == DT_FLAGS_1 && d->d_un.d_val & DF_1_NODELETE)
				return 1;
	}
	return 0;
}

/* Before glibc 2.34, libunwind brings libpthread in, which is linked with -z nodelete. */
bool flush_can_unload(void)
{
	return dl_iterate_phdr(visit_nodelete, NULL) == 0;
}

/* Is it a program of root's, this user's or whoever owns the module?  Anybody may have put one
 * beside a module in /tmp. */
static bool is_plugreport(const char *path)
{
	struct stat st, own;

	if (sys(SYS_faccessat, AT_FDCWD, path, 1 /* X_OK */) != 0 ||
	    sys(ARCH_SYS_fstatat, AT_FDCWD, path, &st, 0) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & S_IWOTH))
		return false;
	if (st.st_uid != 0 && st.st_uid != (uid_t)sys(SYS_geteuid) &&
	    (sys(ARCH_SYS_fstatat, AT_FDCWD, module.path, &own, 0) != 0 || own.st_uid != st.st_uid))
		return false;
	module.plugreport_dev = st.st_dev;
	module.plugreport_ino = st.st_ino;
	return true;
}

void flush_find_plugreport(void)
{
	static const char *const places[] = {"plugreport", "../bin/plugreport",
					     "../../bin/plugreport"};
	static char directory[PATH_ROOM];
	char *slash;

	dl_iterate_phdr(visit_object, NULL);
	if (module.path[0] != '/') { /* LD_AUDIT=./libplugaudit.so */
		long n = sys(SYS_getcwd, directory, sizeof(directory));
		const char *relative = module.path;

		if (n <= 0)
			return;
		while (strncmp(relative, "./", 2) == 0)
			relative += 2;
		memmove(module.path, relative, strlen(relative) + 1);
		n = (long)strlen(directory);
		if (!join(directory + n, sizeof(directory) - (size_t)n, "/", module.path, NULL))
			return;
		join(module.path, sizeof(module.path), directory, NULL, NULL);
	}
	join(directory, sizeof(directory), module.path, NULL, NULL);
	slash = strrchr(directory, '/');
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (join(module.plugreport, sizeof(module.plugreport), directory, places[i],
			 NULL) &&
		    is_plugreport(module.plugreport))
			return;
	if (is_plugreport(PLUGAUDIT_BINDIR "/plugreport"))
		join(module.plugreport, sizeof(module.plugreport), PLUGAUDIT_BINDIR "/plugreport",
		     NULL, NULL);
	else
		module.plugreport[0] = '\0';
}

struct job {
	const char **arguments;
	const char **environment;
	unsigned char *stack; /* top of the second child's */
	bool keep_stderr;
};

/* In a child that shares our memory until execve: descriptors are its own. */
static int run_plugreport(void *argument)
{
	const struct job *job = argument;
	uint64_t no_signals = 0;
	long null = sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0), program;
	struct stat st;

	if (null < 0)
		return 127;
	sys(SYS_dup3, null, 0, 0);
	sys(SYS_dup3, null, 1, 0);
	if (!job->keep_stderr)
		sys(SYS_dup3, null, 2, 0);
	/* A pipe that the program has open must not stay open for plugreport's sake. */
	if (sys(SYS_close_range, 3, ~0u, 0) != 0)
		for (int fd = 3; fd < 1024; fd++)
			sys(SYS_close, fd);
	/* The program may have changed its root to a directory that is somebody else's. */
	program = sys(SYS_openat, AT_FDCWD, module.plugreport, O_PATH | O_CLOEXEC, 0);
	if (program < 0 || sys(ARCH_SYS_fstat, program, &st) != 0 ||
	    st.st_dev != module.plugreport_dev || st.st_ino != module.plugreport_ino)
		return 127;
	sys(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, 0, 8);
	sys(SYS_execveat, program, "", job->arguments, job->environment, AT_EMPTY_PATH);
	return 127;
}

static int go_between(void *argument)
{
	struct job *job = argument;
	long pid = arch_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, job->stack, run_plugreport, job);
	long result;

	if (pid < 0)
		return 1;
	do
		result = sys(SYS_wait4, pid, 0, 0, 0);
	while (result == -EINTR);
	return 0;
}

void flush_run(void)
{
	const char **environment;
	const char *arguments[] = {"plugreport",    "ingest",           "--quiet", "-d",
				   module.database, module.writer.path, NULL};
	uint64_t signals;
	struct job job = {arguments, NULL, NULL, false};
	const size_t size = (size_t)64 << 10; /* two stacks */
	const size_t all = size + ENVIRONMENT_MAX * sizeof(*environment);
	size_t used = 0;
	unsigned char *stacks;
	struct stat st;
	long pid, result;

	if (!module.plugreport[0])
		return;
	/* Where the taps did not see it, the kernel tells of a sandbox; the answer is compared with
	 * that at the start, since containers begin with a filter. */
	if (sys(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != module.seccomp)
		return;
	result = sys(ARCH_SYS_mmap, 0, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	if (result < 0 && result > -4096)
		return;
	stacks = (unsigned char *)result;
	environment = (const char **)(stacks + size);
	job.environment = environment;
	/* Nothing that steers ld.so, and nothing that makes plugreport record itself. */
	for (char **e = module.environment; e && *e && used < ENVIRONMENT_MAX - 1; e++)
		if (strncmp(*e, "LD_", 3) != 0 && strncmp(*e, "GLIBC_TUNABLES=", 15) != 0 &&
		    strncmp(*e, "PLUGAUDIT_", 10) != 0)
			environment[used++] = *e;
	environment[used] = NULL;
	/* Descriptor 2 may be the program's own file by now. */
	job.keep_stderr = !module.quiet && sys(ARCH_SYS_fstat, 2, &st) == 0 &&
			  st.st_dev == module.stderr_dev && st.st_ino == module.stderr_ino;
	job.stack = stacks + size / 2;
	/* The go-between has the program's handlers, and a child of its own: none must run there.
	 * The next plugreport takes the recording in then. */
	signals = signals_block();
	if (signals == SIGNALS_NOT_BLOCKED)
		return;
	pid = arch_clone(CLONE_VM | CLONE_VFORK, stacks + size, go_between, &job);
	if (pid > 0)
		do
			result = sys(SYS_wait4, pid, 0, __WCLONE, 0);
		while (result == -EINTR);
	signals_restore(signals);
}
