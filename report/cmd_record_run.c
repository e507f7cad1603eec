/* Running a program as a wrapper should: its signals, its status. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/cmd_record.h"

/*
 * Signals that are passed on when somebody sends them to plugreport: all that can be waited for,
 * but those that tell of plugreport's own faults, children and output, and those of job control,
 * which stop plugreport with the program.
 */
static void passed_on(sigset_t *set)
{
	static const int kept[] = {SIGABRT, SIGBUS,  SIGFPE,  SIGILL,  SIGSEGV, SIGSYS, SIGTRAP,
				   SIGCHLD, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT};

	sigfillset(set);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		sigdelset(set, kept[i]);
}

static void pass_on(pid_t child, const siginfo_t *info)
{
	if (info->si_code == SI_QUEUE)
		sigqueue(child, info->si_signo, info->si_value);
	else
		kill(child, info->si_signo);
}

/* In the child: become the program.  A file without "#!" that is no ELF is the shell's. */
static void become(const char *path, char *const *argv, const struct setting *environment,
		   size_t count, int report)
{
	int error;
	ssize_t ignored;

	for (size_t i = 0; i < count; i++)
		setenv(environment[i].name, environment[i].value, 1);
	execv(path, argv);
	if (errno == ENOEXEC) {
		size_t argc = 0;
		char **words;

		while (argv[argc])
			argc++;
		words = xcalloc(argc + 2, sizeof(*words));
		words[0] = xstrdup("sh");
		words[1] = xstrdup(path);
		for (size_t i = 1; i < argc; i++)
			words[i + 1] = argv[i];
		execv("/bin/sh", words);
		errno = ENOEXEC;
	}
	error = errno;
	ignored = write(report, &error, sizeof(error));
	(void)ignored;
	_exit(127);
}

/* What the terminal's driver sends when keys are pressed or the window changes goes to the whole
 * foreground group: the program has it already.  (An alarm that was set before execve comes from
 * the kernel, too, and to us alone.) */
static bool is_for_all(const siginfo_t *info)
{
	return info->si_code == SI_KERNEL &&
	       (info->si_signo == SIGINT || info->si_signo == SIGQUIT ||
		info->si_signo == SIGWINCH);
}

/* Wait for the child; meanwhile pass on what was sent to us. */
static int wait_for(pid_t child, const sigset_t *set)
{
	while (true) {
		siginfo_t info;
		int status;
		pid_t ended = waitpid(child, &status, WNOHANG);

		if (ended == child)
			return status;
		if (ended < 0 && errno != EINTR)
			return 0;
		if (sigwaitinfo(set, &info) < 0)
			continue;
		if (info.si_signo != SIGCHLD && !is_for_all(&info))
			pass_on(child, &info);
	}
}

/* Forget signals that came too late for the child; then let new ones act on us. */
static void stop_waiting(const sigset_t *set, const sigset_t *old, const struct sigaction *child)
{
	struct timespec now = {0};

	while (sigtimedwait(set, NULL, &now) > 0)
		;
	sigaction(SIGCHLD, child, NULL);
	sigprocmask(SIG_SETMASK, old, NULL);
}

bool program_run(const char *path, char *const *argv, const struct setting *environment,
		 size_t count, int *ret_pid, int *ret_status)
{
	struct sigaction standard = {.sa_handler = SIG_DFL}, old_child;
	sigset_t set, old;
	int report[2], error = 0;
	ssize_t got;
	pid_t child;

	if (pipe2(report, O_CLOEXEC) != 0)
		return false;
	passed_on(&set);
	sigaddset(&set, SIGCHLD);
	sigaction(SIGCHLD, &standard, &old_child); /* ignored, it would reap the child */
	sigprocmask(SIG_BLOCK, &set, &old);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		sigaction(SIGCHLD, &old_child, NULL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		become(path, argv, environment, count, report[1]);
	}
	error = errno;
	close(report[1]);
	if (child > 0) {
		while ((got = read(report[0], &error, sizeof(error))) < 0 && errno == EINTR)
			;
		if (got != sizeof(error))
			error = 0;
		*ret_pid = child;
		*ret_status = wait_for(child, &set);
	}
	close(report[0]);
	stop_waiting(&set, &old, &old_child);
	errno = error;
	return child > 0 && error == 0;
}

int end_like(int wait_status)
{
	const struct rlimit no_core = {0, 0};
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t set;

	if (WIFEXITED(wait_status))
		return WEXITSTATUS(wait_status);
	if (!WIFSIGNALED(wait_status))
		return EXIT_DATABASE;
	fflush(NULL);
	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(WTERMSIG(wait_status), &standard, NULL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(wait_status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(wait_status));
	return 128 + WTERMSIG(wait_status);
}
