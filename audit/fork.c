/*
 * fork.c - how a forked child becomes a process of its own.
 *
 * It has its parent's memory but not the spool (MADV_DONTFORK), and must neither write to it nor
 * record itself before it has one.  A page that is wiped in children tells it what it is, at its
 * first event; a handler in libc has it look when there is none.
 */
#include "audit/module.h"

/* Where threads are that fork at this moment: several may fork at once. */
static struct {
	_Atomic uintptr_t thread;
	struct fork_place place;
} forks[16];

static struct fork_place forked_at; /* in the child */

static void forks_put(const struct fork_place *place)
{
	for (size_t i = 0; i < sizeof(forks) / sizeof(forks[0]); i++) {
		uintptr_t nobody = 0;

		if (atomic_compare_exchange_strong(&forks[i].thread, &nobody,
						   arch_thread_pointer())) {
			forks[i].place = *place;
			return;
		}
	}
}

/* Of this thread, which is the same in the child; all 0: unknown. */
static struct fork_place forks_take(void)
{
	struct fork_place place = {0, 0, 0};

	for (size_t i = 0; i < sizeof(forks) / sizeof(forks[0]); i++)
		if (atomic_load(&forks[i].thread) == arch_thread_pointer()) {
			place = forks[i].place;
			atomic_store(&forks[i].thread, 0);
		}
	return place;
}

/* The first event of a forked child, or its atfork handler: make it a process of its own. */
static bool become_child(void)
{
	uint32_t recording = STATE_RECORDING;

	/* Threads that the child started meanwhile may come here too: one does it, the others drop
	 * their event. */
	if (!atomic_compare_exchange_strong(&module.state, &recording, STATE_FORKING))
		return false;
	forked_at = forks_take();
	if (process_fork(forked_at.offset) != 0) {
		atomic_store(&module.state, STATE_OFF);
		atomic_store(module.alive, 1);
		return false;
	}
	writer_close_file(&module.writer);
	for (size_t i = 0; i < sizeof(forks) / sizeof(forks[0]); i++)
		atomic_store(&forks[i].thread, 0); /* of threads that are not in this child */
	stack_after_fork();
	relocations_after_fork(&forked_at);
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
	struct fork_place place = {0, 0, 0};
	struct spool_event *event;

	if (!process_ready())
		return;
	place.tid = thread_id();
	place.walks = relocations_walks();
	event = writer_reserve(&module.writer, SPOOL_FORK, 0, place.tid, sizeof(*event));
	if (!event) {
		place.offset = __atomic_load_n(&module.writer.header->tail, __ATOMIC_RELAXED);
		forks_put(&place);
		return;
	}
	event->when.time = monotonic_now() - module.epoch;
	event->when.sp = (uintptr_t)__builtin_frame_address(0);
	writer_commit(&module.writer, event);
	place.offset = writer_offset(&module.writer, event);
	forks_put(&place);
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
	/* It may be about to exec, which none of its later events would precede. */
	if (process_ready())
		relocations_catch_up_child(&forked_at);
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
