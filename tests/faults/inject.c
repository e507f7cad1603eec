/*
 * inject - run a command and let one of its system calls fail.
 *
 *   inject [-m] [-n N [-k K]] [-o FILE] COMMAND [ARGUMENT...]
 *
 * Counts the system calls of the command and of all it starts; with -m only those that the recorder
 * makes, which are those of libplugaudit.so and of what was loaded for it; and none that are always
 * successful, such as getpid(2).  The N-th is not made:
 * it returns the K-th (from 0, modulo their number) of the errors that such a call may have.  FILE
 * gets one line: "failed NAME ERROR PID ERRORS" (how many errors there are), or "calls COUNT" when
 * there was no N-th; without -n, a line "NAME" for each call before that.
 *
 * Exits with the command's exit status, or 128 and the number of the signal that ended it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define ERRORS_MAX 4
#define SPANS_MAX  64
#define TASKS_MAX  1024
#define LOOKS_MAX  200 /* an auditor is loaded first of all */

#define E(error)              \
	{                     \
		error, #error \
	}

/* What each call may fail with. */
static const struct call {
	int number;
	const char *name;
	struct {
		int number;
		const char *name;
	} errors[ERRORS_MAX];
} calls[] = {
	{SYS_access, "access", {E(EACCES), E(ENOMEM), E(EIO)}},
	{SYS_chdir, "chdir", {E(EACCES)}},
	{SYS_clone, "clone", {E(EAGAIN), E(ENOMEM)}},
	{SYS_close, "close", {E(EIO), E(EINTR)}},
	{SYS_close_range, "close_range", {E(ENOSYS)}},
	{SYS_dup3, "dup3", {E(EMFILE), E(EBUSY), E(EINTR)}},
	{SYS_execve, "execve", {E(ENOMEM), E(EACCES), E(EMFILE)}},
	{SYS_faccessat, "faccessat", {E(EACCES), E(ENOMEM)}},
	{SYS_fallocate, "fallocate", {E(ENOSPC), E(EIO), E(EOPNOTSUPP)}},
	{SYS_fcntl, "fcntl", {E(ENOLCK), E(EINTR)}},
	{SYS_fdatasync, "fdatasync", {E(EIO), E(ENOSPC)}},
	{SYS_flock, "flock", {E(ENOLCK), E(EINTR), E(EWOULDBLOCK)}},
	{SYS_fstat, "fstat", {E(EIO), E(ENOMEM)}},
	{SYS_fsync, "fsync", {E(EIO), E(ENOSPC)}},
	{SYS_ftruncate, "ftruncate", {E(EIO), E(ENOSPC), E(EFBIG)}},
	{SYS_getcwd, "getcwd", {E(ENOENT), E(ENOMEM)}},
	{SYS_getdents64, "getdents64", {E(EIO), E(ENOMEM)}},
	{SYS_getrandom, "getrandom", {E(EAGAIN), E(EINTR), E(ENOSYS)}},
	{SYS_ioctl, "ioctl", {E(ENOTTY), E(EIO)}},
	{SYS_link, "link", {E(EPERM), E(EIO), E(ENOSPC)}},
	{SYS_lseek, "lseek", {E(EIO), E(ESPIPE)}},
	{SYS_madvise, "madvise", {E(ENOMEM), E(EFAULT), E(EINVAL)}},
	{SYS_mincore, "mincore", {E(ENOMEM), E(EAGAIN)}},
	{SYS_mmap, "mmap", {E(ENOMEM), E(EPERM), E(EACCES)}},
	{SYS_mprotect, "mprotect", {E(ENOMEM), E(EACCES)}},
	{SYS_mremap, "mremap", {E(ENOMEM)}},
	{SYS_munmap, "munmap", {E(ENOMEM)}},
	{SYS_newfstatat, "newfstatat", {E(EACCES), E(ENOMEM), E(EIO)}},
	{SYS_openat, "openat", {E(EMFILE), E(EACCES), E(ENOMEM), E(EINTR)}},
	{SYS_pipe2, "pipe2", {E(EMFILE), E(ENFILE)}},
	{SYS_prctl, "prctl", {E(EPERM)}},
	{SYS_pread64, "pread64", {E(EIO), E(EINTR)}},
	{SYS_prlimit64, "prlimit64", {E(EPERM)}},
	{SYS_pwrite64, "pwrite64", {E(ENOSPC), E(EIO), E(EINTR)}},
	{SYS_read, "read", {E(EIO), E(EINTR)}},
	{SYS_readlink, "readlink", {E(EACCES), E(EIO)}},
	{SYS_readlinkat, "readlinkat", {E(EACCES), E(EIO), E(ENOMEM)}},
	{SYS_rename, "rename", {E(EIO), E(ENOSPC)}},
	{SYS_renameat2, "renameat2", {E(EIO), E(ENOSPC), E(EINVAL)}},
	{SYS_rt_sigprocmask, "rt_sigprocmask", {E(EPERM)}},
	{SYS_unlink, "unlink", {E(EACCES), E(EIO)}},
	{SYS_unlinkat, "unlinkat", {E(EACCES), E(EIO)}},
	{SYS_wait4, "wait4", {E(EINTR), E(ECHILD)}},
	{SYS_write, "write", {E(ENOSPC), E(EIO), E(EINTR)}},
};

/* Addresses that are executed for the recorder in one process image; forks share it. */
struct image {
	bool known;
	unsigned int looked; /* in vain */
	struct span {
		uint64_t start, end;
	} spans[SPANS_MAX];
	size_t span_count;
};

struct task {
	pid_t id;
	bool held; /* stopped until its creator's event tells where it is from */
	bool fail; /* the call that it is in shall return `error` */
	int error;
	struct image *image;
};

static struct task tasks[TASKS_MAX];
static bool only_module;
static unsigned long wanted, count, which;
static FILE *out;

static void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(125);
}

static struct task *find(pid_t id)
{
	for (size_t i = 0; i < TASKS_MAX; i++)
		if (tasks[i].id == id)
			return &tasks[i];
	return NULL;
}

static struct task *add(pid_t id, struct image *image)
{
	struct task *task = find(0);

	if (!task) {
		errno = EAGAIN;
		die("too many threads");
	}
	*task = (struct task){.id = id, .image = image, .held = !image};
	return task;
}

static struct image *new_image(void)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		die("calloc");
	return image;
}

/*
 * At the recorder's first call, in la_version, ld.so has loaded itself, the program and what the
 * auditor needs; the program's own libraries come later.
 */
static bool is_for_recorder(const char *path, const char *program)
{
	const char *name = strrchr(path, '/');

	return name && strcmp(path, program) != 0 && strncmp(name + 1, "ld-linux", 8) != 0 &&
	       strncmp(name + 1, "ld-2.", 5) != 0;
}

static bool read_image(struct image *image, pid_t id, uint64_t at)
{
	char name[64], line[4352], program[4096];
	bool by_module = false;
	FILE *maps;
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/%d/exe", id);
	n = readlink(name, program, sizeof(program) - 1);
	program[n > 0 ? n : 0] = '\0';
	snprintf(name, sizeof(name), "/proc/%d/maps", id);
	maps = fopen(name, "r");
	image->span_count = 0;
	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char rights[8];
		int path = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %n", &start, &end, rights, &path) < 3 ||
		    rights[2] != 'x' || !path || !is_for_recorder(line + path, program) ||
		    image->span_count == SPANS_MAX)
			continue;
		image->spans[image->span_count++] = (struct span){start, end};
		by_module |= at >= start && at < end && strstr(line + path, "/libplugaudit.so");
	}
	if (maps)
		fclose(maps);
	return by_module;
}

/* "Always successful", or they don't return, or fail when libc is wrong only (futex), or
 * have no errors (brk). */
static bool never_fails(int number)
{
	static const int numbers[] = {SYS_exit,   SYS_exit_group, SYS_rt_sigreturn, SYS_sched_yield,
				      SYS_getpid, SYS_getppid,    SYS_gettid,       SYS_getuid,
				      SYS_getgid, SYS_geteuid,    SYS_getegid,      SYS_futex,
				      SYS_brk};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static bool is_wanted(struct task *task, const struct __ptrace_syscall_info *info)
{
	struct image *image = task->image;
	int number = (int)info->entry.nr;

	if (never_fails(number))
		return false;
	if (!only_module)
		return image->known; /* what is before execve is not the command's */
	if (!image->known && image->looked++ < LOOKS_MAX)
		image->known = read_image(image, task->id, info->instruction_pointer);
	for (size_t i = 0; image->known && i < image->span_count; i++)
		if (info->instruction_pointer >= image->spans[i].start &&
		    info->instruction_pointer < image->spans[i].end)
			return true;
	return false;
}

static const struct call *describe(int number)
{
	static char name[32];
	static struct call other = {.name = name, .errors = {E(EPERM), E(ENOMEM)}};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return &calls[i];
	snprintf(name, sizeof(name), "syscall-%d", number);
	return &other;
}

static void at_entry(struct task *task, const struct __ptrace_syscall_info *info)
{
	const struct call *call;
	unsigned long errors = 0;

	if (!is_wanted(task, info))
		return;
	count++;
	call = describe((int)info->entry.nr);
	if (!wanted)
		fprintf(out, "%s\n", call->name);
	if (count != wanted)
		return;
	while (errors < ERRORS_MAX && call->errors[errors].number)
		errors++;
	task->fail = true;
	task->error = call->errors[which % errors].number;
	fprintf(out, "failed %s %s %d %lu\n", call->name, call->errors[which % errors].name,
		task->id, errors);
	/* close(2) does its work even so. */
	if (call->number != SYS_close &&
	    ptrace(PTRACE_POKEUSER, task->id, (void *)offsetof(struct user_regs_struct, orig_rax),
		   (void *)-1L) < 0)
		die("PTRACE_POKEUSER");
}

static void at_exit_of_call(struct task *task)
{
	if (task->fail)
		ptrace(PTRACE_POKEUSER, task->id, (void *)offsetof(struct user_regs_struct, rax),
		       (void *)(long)-task->error);
	task->fail = false;
}

static void on_call(struct task *task)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->id, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		at_entry(task, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		at_exit_of_call(task);
}

static void resume(pid_t id, int signal)
{
	if (ptrace(PTRACE_SYSCALL, id, NULL, (void *)(long)signal) < 0 && errno != ESRCH)
		die("PTRACE_SYSCALL");
}

static void on_birth(struct task *creator)
{
	unsigned long id = 0;
	struct task *child;

	ptrace(PTRACE_GETEVENTMSG, creator->id, NULL, &id);
	child = find((pid_t)id);
	if (!child) {
		add((pid_t)id, creator->image);
		return;
	}
	child->image = creator->image;
	child->held = false;
	resume(child->id, 0);
}

static void on_exec(struct task *task)
{
	task->fail = false;
	task->image = new_image(); /* the old one may still be another's */
	task->image->known = !only_module;
}

static void on_stop(struct task *task, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (signal == (SIGTRAP | 0x80)) {
		on_call(task);
		signal = 0;
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		   event == PTRACE_EVENT_CLONE) {
		on_birth(task);
		signal = 0;
	} else if (event == PTRACE_EVENT_EXEC) {
		on_exec(task);
		signal = 0;
	} else if (event) {
		signal = 0;
	}
	resume(task->id, signal);
}

static pid_t start(char **command)
{
	int gate[2];
	char byte;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &byte, 1) != 0)
			_exit(125);
		execvp(command[0], command);
		_exit(127);
	}
	close(gate[0]);
	if (ptrace(PTRACE_SEIZE, pid, NULL,
		   (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				  PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)) <
	    0)
		die("PTRACE_SEIZE");
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		die("PTRACE_INTERRUPT");
	add(pid, new_image());
	close(gate[1]);
	return pid;
}

int main(int argc, char **argv)
{
	int option, status, result = 125;
	pid_t first, id;

	while ((option = getopt(argc, argv, "+mn:k:o:")) != -1)
		switch (option) {
		case 'm':
			only_module = true;
			break;
		case 'n':
			wanted = strtoul(optarg, NULL, 10);
			break;
		case 'k':
			which = strtoul(optarg, NULL, 10);
			break;
		case 'o':
			out = fopen(optarg, "we");
			if (!out)
				die(optarg);
			break;
		default:
			return 125;
		}
	if (optind == argc)
		return 125;
	if (!out)
		out = fdopen(fcntl(2, F_DUPFD_CLOEXEC, 3), "w");
	first = start(argv + optind);
	while ((id = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct task *task = id > 0 ? find(id) : NULL;

		if (id <= 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (task)
				task->id = 0;
			if (id == first)
				result = WIFEXITED(status) ? WEXITSTATUS(status)
							   : 128 + WTERMSIG(status);
		} else if (!task) {
			add(id, NULL);
		} else if (!task->held) {
			on_stop(task, status);
		}
	}
	if (!wanted || count < wanted)
		fprintf(out, "calls %lu\n", count);
	return fclose(out) == 0 ? result : 125;
}
