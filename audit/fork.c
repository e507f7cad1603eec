/*
 * fork.c - how a forked child becomes a process of its own.
 *
 * It has its parent's memory but not the spool (MADV_DONTFORK), and must neither write to it nor
 * record itself before it has one.  A page that is wiped in children tells it what it is, at its
 * first event; a handler in libc has it look when there is none.
 */
#include "audit/module.h"

/* Where in its spool each thread is that forks at this moment: threads may fork at once. */
static struct {
	_Atomic uintptr_t thread;
	uint64_t offset;
} forks[16];

static void forks_put(uint64_t offset)
{
	for (size_t i = 0; i < sizeof(forks) / sizeof(forks[0]); i++) {
		uintptr_t nobody = 0;

		if (atomic_compare_exchange_strong(&forks[i].thread, &nobody,
						   arch_thread_pointer())) {
			forks[i].offset = offset;
			return;
		}
	}
}

/* Of this thread, which is the same in the child; 0 unknown. */
static uint64_t forks_take(void)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < sizeof(forks) / sizeof(forks[0]); i++)
		if (atomic_load(&forks[i].thread) == arch_thread_pointer()) {
			offset = forks[i].offset;
			atomic_store(&forks[i].thread, 0);
		}
	return offset;
}

/* The first event of a forked child, or its atfork handler: make it a process of its own. */
static bool become_child(void)
{
	uint32_t recording = STATE_RECORDING;

	/* Threads that the child started meanwhile may come here too: one does it, the others drop
	 * their event. */
	if (!atomic_compare_exchange_strong(&module.state, &recording, STATE_FORKING))
		return false;
	if (process_fork(forks_take()) != 0) {
		atomic_store(&module.state, STATE_OFF);
		atomic_store(module.alive, 1);
		return false;
	}
	writer_close_file(&module.writer);
	for (size_t i = 0; i < sizeof(forks) / sizeof(forks[0]); i++)
		atomic_store(&forks[i].thread, 0); /* of threads that are not in this child */
	stack_after_fork();
	relocations_after_fork();
	process_write();
	objects_inherit();
	atomic_store(module.alive, 1);
	atomic_store(&module.state, STATE_RECORDING);
	return true;
}

bool fork_ready(void)
{
	if (atomic_load(&module.state) != STATE_RECORDING)
		return false;
	return atomic_load(module.alive) || become_child();
}

static void before_fork(void)
{
	struct spool_event *event;

	if (!process_ready())
		return;
	event = writer_reserve(&module.writer, SPOOL_FORK, 0, thread_id(), sizeof(*event));
	if (!event) {
		forks_put(__atomic_load_n(&module.writer.header->tail, __ATOMIC_RELAXED));
		return;
	}
	event->when.time = monotonic_now() - module.epoch;
	event->when.sp = (uintptr_t)__builtin_frame_address(0);
	writer_commit(&module.writer, event);
	forks_put(writer_offset(&module.writer, event));
}

static void after_fork(void)
{
	forks_take(); /* that was the child's */
}

static void in_child(void)
{
	/* Where the page is not wiped after all: an emulator that takes the advice and forgets it.
	 * A child that had an event before this (a signal handler, an earlier atfork handler) is a
	 * process of its own already. */
	if (!process_is_own())
		atomic_store(module.alive, 0);
	process_ready();
}

/*
 * A forked child that binds and loads nothing would leave no trace: the wiped page is only seen at
 * its next event.  So the program's own libc is asked to tell of forks.  It is all but invisible
 * there: glibc keeps the first 48 handlers without allocating (posix/register-atfork.c).
 */
void fork_watch(void)
{
	typedef int register_function(void (*)(void), void (*)(void), void (*)(void), void *);
	register_function *watch = NULL;

	if (module.libc)
		watch = (register_function *)symbols_find_function(module.libc,
								   "__register_atfork");
	if (watch)
		watch(before_fork, after_fork, in_child, NULL);
}
