/*
 * run.c - one run of a program, in a process of its own (the tracer), with an init for its
 * descendants: in new namespaces where that is allowed, so that process ids are the same in each
 * run, no run meets another one's servers, and nothing is left behind.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/util.h"
#include "tests/same/same.h"

#define GRACE_SECONDS 3 /* for descendants that are left when the program has ended */
#define OUTPUT_MAX    ((size_t)16 << 20)

/* ---- files ---- */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind;
	if (ftw->level > 0)
		remove(path);
	return 0;
}

static void make_empty(const char *path)
{
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		err(1, "%s", path);
	chmod(path, 0755);
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static char *read_file(const char *path)
{
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	char block[65536];
	size_t n;

	while (file && text.length < OUTPUT_MAX && (n = fread(block, 1, sizeof(block), file)) > 0)
		for (size_t i = 0; i < n; i++)
			if (block[i])
				strbuf_addch(&text, block[i]);
			else
				strbuf_addstr(&text, "\\0");
	return strbuf_detach(&text);
}

static struct facts *files_facts; /* nftw() passes nothing on */
static size_t files_root;

static int add_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	AUTO_FREE char *text = NULL;
	uint64_t hash = UINT64_C(14695981039346656037);

	if (ftw->level == 0)
		return 0;
	if (kind == FTW_F && S_ISREG(st->st_mode)) {
		text = read_file(path);
		for (const char *p = text; *p; p++)
			hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	}
	facts_add(files_facts, xasprintf("file %s", path + files_root),
		  xasprintf("mode %o owner %u:%u size %lld hash %016llx", st->st_mode, st->st_uid,
			    st->st_gid, S_ISDIR(st->st_mode) ? 0 : (long long)st->st_size,
			    (unsigned long long)hash));
	return 0;
}

static void read_files(const char *root, struct facts *facts)
{
	files_facts = facts;
	files_root = strlen(root) + 1;
	nftw(root, add_file, 16, FTW_PHYS);
}

/* ---- the processes ---- */

static void start_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		warn("no loopback device");
	close(fd);
}

static void redirect(const char *directory, const char *name, int to)
{
	AUTO_FREE char *path = name ? xasprintf("%s/%s", directory, name) : xstrdup("/dev/null");
	int fd = open(path, name ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0644);

	if (fd < 0 || (fd != to && dup2(fd, to) < 0))
		err(1, "%s", path);
	if (fd != to)
		close(fd);
}

static void set_directory(const char *name, const char *root, const char *directory)
{
	AUTO_FREE char *path = xasprintf("%s/%s", root, directory);

	setenv(name, path, 1);
}

/* closefrom() and close_range() came with glibc 2.34, the latter's system call with Linux 5.9. */
static void close_all(int first)
{
	int limit = (int)sysconf(_SC_OPEN_MAX);

#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
#endif
	for (int fd = first; fd < limit; fd++)
		close(fd);
}

/* The program's process: wait until it is traced, then become it. */
static void become(const struct plan *plan, const char *module, int gate)
{
	AUTO_FREE char *work = xasprintf("%s/work", plan->root);
	AUTO_FREE char *out = xasprintf("%s/output", plan->root);
	char byte;

	if (read(gate, &byte, 1) != 1)
		_exit(125);
	close_all(3); /* what make, a shell or a terminal left open */
	redirect(NULL, NULL, 0);
	redirect(out, "stdout", 1);
	redirect(out, "stderr", 2);
	if (chdir(work) != 0)
		err(125, "%s", work);
	set_directory("HOME", plan->root, "home");
	set_directory("TMPDIR", plan->root, "tmp");
	set_directory("XDG_RUNTIME_DIR", plan->root, "tmp");
	if (module) {
		AUTO_FREE char *database = xasprintf("%s/database/plugaudit.db", plan->root);

		setenv("LD_AUDIT", module, 1);
		setenv("PLUGAUDIT_DB", database, 1);
		if (plan->quiet)
			setenv("PLUGAUDIT_QUIET", "1", 1);
	}
	execvp(plan->argv[0], plan->argv);
	err(127, "%s", plan->argv[0]);
}

static bool own_namespace;

static void end_the_rest(int signal)
{
	AUTO_FCLOSE FILE *file = NULL;
	int pid;

	(void)signal;
	if (own_namespace) {
		kill(-1, SIGKILL);
		return;
	}
	file = fopen("/proc/thread-self/children", "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	alarm(1); /* their children become ours */
}

/* Start the program, wait for it and whatever it leaves; its wait status goes to `report`. */
static void be_init(const struct plan *plan, const char *module, const int gate[2], int report)
{
	struct sigaction ending = {.sa_handler = end_the_rest};
	int status = 0, got;
	pid_t program;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (own_namespace &&
	    (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	     mount("proc", "/proc", "proc", 0, NULL) != 0))
		err(125, "no /proc for the new namespace");
	program = fork();
	if (program < 0)
		err(125, "fork");
	if (program == 0) {
		close(gate[1]);
		setsid();
		become(plan, module, gate[0]);
	}
	close(gate[0]);
	close(gate[1]);
	if (write(report, "", 1) != 1)
		_exit(125);
	sigaction(SIGALRM, &ending, NULL);
	while ((got = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
		if (got == program) {
			if (write(report, &status, sizeof(status)) != sizeof(status))
				_exit(125);
			alarm(GRACE_SECONDS);
		}
	_exit(0);
}

static pid_t child_of(pid_t pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/task/%d/children", pid, pid);
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	int child = 0;

	if (!file || fscanf(file, "%d", &child) != 1)
		errx(125, "%s: can't be read", path);
	return child;
}

static pid_t current_init;
static volatile sig_atomic_t seconds_left;

static void on_second(int signal)
{
	(void)signal;
	if (seconds_left-- == 0)
		kill(current_init, SIGKILL);
}

static void write_facts(const struct facts *facts, const char *path)
{
	FILE *file = fopen(path, "we");

	for (size_t i = 0; file && i < facts->count; i++)
		if (facts->rows[i].key)
			fprintf(file, "%s%c%s%c", facts->rows[i].key, 0, facts->rows[i].value, 0);
	if (!file || fclose(file) != 0)
		err(125, "%s", path);
}

/* The tracer's process. */
static void supervise(const struct plan *plan, const char *module, const char *result)
{
	const struct itimerval every_second = {{1, 0}, {1, 0}};
	struct sigaction ending = {.sa_handler = on_second};
	int gate[2], report[2], status;
	struct facts facts = {0};
	char byte;

	if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
		err(125, "pipe");
	own_namespace = unshare(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC) == 0;
	if (own_namespace)
		start_loopback();
	current_init = fork();
	if (current_init < 0)
		err(125, "fork");
	if (current_init == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		close(report[0]);
		be_init(plan, module, gate, report[1]);
	}
	close(gate[0]);
	close(report[1]);
	if (read(report[0], &byte, 1) != 1)
		errx(125, "the run could not be prepared");
	sigaction(SIGALRM, &ending, NULL);
	seconds_left = plan->seconds;
	setitimer(ITIMER_REAL, &every_second, NULL);
	if (plan->traced) {
		trace_program(child_of(current_init), gate[1], current_init, module, &facts);
	} else {
		if (write(gate[1], "", 1) != 1)
			err(125, "can't start the program");
		while (waitpid(current_init, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (read(report[0], &status, sizeof(status)) != sizeof(status))
		facts_add(&facts, xstrdup("end"), xasprintf("not within %d s", plan->seconds));
	else
		facts_add(&facts, xstrdup("end"),
			  WIFEXITED(status) ? xasprintf("status %d", WEXITSTATUS(status))
					    : xasprintf("signal %d", WTERMSIG(status)));
	write_facts(&facts, result);
	_exit(0);
}

static void read_facts(const char *path, struct facts *facts)
{
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	size_t room = 0, value_room = 0;
	AUTO_FREE char *key = NULL;
	AUTO_FREE char *value = NULL;

	while (file && getdelim(&key, &room, 0, file) > 0 &&
	       getdelim(&value, &value_room, 0, file) > 0)
		facts_add(facts, xstrdup(key), xstrdup(value));
}

static void add_output(const struct plan *plan, const char *name, struct facts *facts)
{
	AUTO_FREE char *path = xasprintf("%s/output/%s", plan->root, name);

	facts_add(facts, xstrdup(name), read_file(path));
}

bool run_program(const struct plan *plan, const char *module, struct facts *facts)
{
	static const char *const directories[] = {"work", "home", "tmp", "output", "database"};
	AUTO_FREE char *work = xasprintf("%s/work", plan->root);
	AUTO_FREE char *result = xasprintf("%s/facts", plan->root);
	AUTO_FREE char *setup =
		plan->setup ? xasprintf("cd '%s' && { %s\n}", work, plan->setup) : NULL;
	int status;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		AUTO_FREE char *path = xasprintf("%s/%s", plan->root, directories[i]);

		make_empty(path);
	}
	unlink(result);
	if (setup && system(setup) != 0) {
		warn("the preparation failed: %s", plan->setup);
		return false;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		supervise(plan, module, result);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return false;
	read_facts(result, facts);
	add_output(plan, "stdout", facts);
	add_output(plan, "stderr", facts);
	read_files(work, facts);
	facts_sort(facts);
	return true;
}
