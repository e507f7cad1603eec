/*
 * trace.c - following a program and its descendants with ptrace(2), which stops them when they are
 * created, when they execute another program, when a signal reaches them and at their end.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/util.h"
#include "tests/same/same.h"

struct task {
	pid_t pid, tgid;
	bool waiting; /* it stopped before its creator told of it */
	bool waited;  /* a second ago, too: the creator was killed before it could */
	bool foreign; /* of the recorder: let go as soon as it stops */
};

/* A process of the program's; they are called by their place in the tree: 1, 1.1, 1.2, 1.2.1 */
struct process {
	pid_t pid;
	char *key;
	unsigned int children, threads;
	struct strbuf programs; /* that it executed */
	uint64_t signals;       /* that reached it, a bit each */
};

static struct {
	struct task *tasks;
	size_t task_count, task_room;
	struct process *processes;
	size_t count, room;
	const char *module;
	struct facts *facts;
} tree;

static struct task *find_task(pid_t pid)
{
	for (size_t i = tree.task_count; i-- > 0;)
		if (tree.tasks[i].pid == pid)
			return &tree.tasks[i];
	return NULL;
}

static struct task *add_task(pid_t pid, pid_t tgid)
{
	struct task *task = GROW(tree.tasks, tree.task_count, tree.task_room);

	*task = (struct task){.pid = pid, .tgid = tgid};
	return task;
}

static void remove_task(struct task *task)
{
	*task = tree.tasks[--tree.task_count];
}

static struct process *find_process(pid_t pid)
{
	for (size_t i = tree.count; i-- > 0;)
		if (tree.processes[i].pid == pid)
			return &tree.processes[i];
	return NULL;
}

static void add_process(pid_t pid, char *key)
{
	struct process *process = GROW(tree.processes, tree.count, tree.room);

	*process = (struct process){.pid = pid, .key = key};
	strbuf_init(&process->programs);
}

static pid_t thread_group(pid_t pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/status", pid);
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	char line[256];
	int tgid = 0;

	while (file && fgets(line, sizeof(line), file) && sscanf(line, "Tgid: %d", &tgid) != 1)
		;
	return tgid;
}

/* Is the stopped task executing the recorder's code? */
static bool in_recorder(pid_t pid)
{
	struct __ptrace_syscall_info info;

	return tree.module && ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	       is_code_of(pid, info.instruction_pointer, tree.module);
}

static void go_on(pid_t pid, int signal)
{
	ptrace(PTRACE_CONT, pid, 0, signal);
}

static void on_created(struct task *creator, pid_t pid)
{
	struct process *parent = find_process(creator->tgid);
	struct task *task = find_task(pid);
	pid_t tgid = thread_group(pid), parent_pid = creator->pid;

	if (!task)
		task = add_task(pid, tgid);
	task->tgid = tgid ? tgid : pid;
	if (in_recorder(parent_pid)) {
		task->foreign = true;
	} else if (parent && task->tgid == parent->pid) {
		parent->threads++;
	} else if (parent) {
		char *key = xasprintf("%s.%u", parent->key, ++parent->children);

		add_process(pid, key);
	}
	if (!task->waiting)
		return;
	if (task->foreign) {
		ptrace(PTRACE_DETACH, pid, 0, 0);
		remove_task(task);
		return;
	}
	task->waiting = false;
	go_on(pid, 0);
}

static void on_exec(pid_t pid)
{
	struct process *process = find_process(pid);
	AUTO_FREE char *path = xasprintf("/proc/%d/exe", pid);
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (!process)
		return;
	strbuf_addf(&process->programs, "%.*s\n", (int)(n > 0 ? n : 0), target);
}

static void on_end(const struct process *process, int status)
{
	AUTO_STRBUF struct strbuf signals = STRBUF_INIT;
	const char *key = process->key;

	for (int i = 1; i <= 64; i++)
		if (process->signals >> (i - 1) & 1)
			strbuf_addf(&signals, "%d ", i);
	facts_add(tree.facts, xasprintf("process %s: end", key),
		  WIFEXITED(status) ? xasprintf("status %d", WEXITSTATUS(status))
				    : xasprintf("signal %d", WTERMSIG(status)));
	facts_add(tree.facts, xasprintf("process %s: children", key),
		  xasprintf("%u", process->children));
	facts_add(tree.facts, xasprintf("process %s: threads", key),
		  xasprintf("%u", process->threads));
	facts_add(tree.facts, xasprintf("process %s: executed", key), xstrdup(process->programs.s));
	facts_add(tree.facts, xasprintf("process %s: signals", key), strbuf_detach(&signals));
}

static void on_gone(pid_t pid, int status)
{
	struct process *process = find_process(pid);
	struct task *task = find_task(pid);

	if (process) {
		on_end(process, status);
		free(process->key);
		strbuf_release(&process->programs);
		*process = tree.processes[--tree.count];
	}
	if (task)
		remove_task(task);
}

static void on_stop(pid_t pid, int status)
{
	struct task *task = find_task(pid);
	struct process *process;
	int event = status >> 16, signal = WSTOPSIG(status);
	unsigned long message = 0;

	if (!task) {
		task = add_task(pid, pid);
		task->waiting = event == PTRACE_EVENT_STOP;
		if (task->waiting)
			return;
	}
	if (task->foreign) {
		ptrace(PTRACE_DETACH, pid, 0, 0);
		remove_task(task);
		return;
	}
	process = find_process(task->tgid);
	if (event)
		ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		on_created(task, (pid_t)message);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(pid);
		break;
	case PTRACE_EVENT_EXIT:
		if (process && pid == task->tgid) {
			AUTO_FREE char *key = xasprintf("process %s", process->key);

			read_process(pid, key, tree.module, tree.facts);
		}
		break;
	case PTRACE_EVENT_STOP:
		if (signal != SIGTRAP) { /* stopped by a signal, as its group is */
			ptrace(PTRACE_LISTEN, pid, 0, 0);
			return;
		}
		break;
	default:
		if (process && signal >= 1 && signal <= 64)
			process->signals |= UINT64_C(1) << (signal - 1);
		go_on(pid, signal);
		return;
	}
	go_on(pid, 0);
}

/* Every second. */
static void release_orphans(void)
{
	for (size_t i = 0; i < tree.task_count; i++) {
		struct task *task = &tree.tasks[i];

		if (task->waiting && task->waited) {
			task->waiting = false;
			go_on(task->pid, 0);
		}
		task->waited = task->waiting;
	}
}

void trace_program(pid_t pid, int go, pid_t init, const char *module, struct facts *facts)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;
	int status;
	pid_t got;

	learn_root(init);
	tree.module = module;
	tree.facts = facts;
	if (ptrace(PTRACE_SEIZE, pid, 0, options) != 0)
		err(1, "can't trace the program");
	add_task(pid, pid);
	add_process(pid, xstrdup("1"));
	if (write(go, "", 1) != 1)
		err(1, "can't start the program");
	while ((got = waitpid(-1, &status, __WALL)) > 0 || (got < 0 && errno == EINTR)) {
		if (got <= 0) {
			release_orphans();
			continue;
		}
		if (WIFSTOPPED(status)) {
			on_stop(got, status);
			continue;
		}
		on_gone(got, status);
		if (got == init)
			break;
	}
}
