/*
 * taps.c - dlopen and its family, and what keeps objects mapped, seen at entry.
 *
 * la_symbind answers a binding to one of these functions with a thunk (arch/<machine>.S), which
 * records and then jumps: the function finds its caller's return address where it would be without
 * us.
 */
#include "audit/module.h"

#include <dlfcn.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define SANDBOX_ROOM ((size_t)256 << 10)

/* What a slot stands for: enum spool_call_kind, or one of these, which are not recorded: through
 * them a program puts itself under seccomp. */
enum { TAP_PRCTL = 100, TAP_SYSCALL };

static const struct {
	const char *name;
	int kind;
} tapped[] = {
	{"dlopen", SPOOL_CALL_DLOPEN},   {"dlmopen", SPOOL_CALL_DLMOPEN},
	{"dlclose", SPOOL_CALL_DLCLOSE}, {"dlsym", SPOOL_CALL_DLSYM},
	{"dlvsym", SPOOL_CALL_DLVSYM},   {"prctl", TAP_PRCTL},
	{"syscall", TAP_SYSCALL},        {"__cxa_thread_atexit_impl", SPOOL_CALL_THREAD_ATEXIT},
};
static const char tapped_initials[] = "dps_";

/* Each namespace's libc has functions of its own; each pair (kind, function) gets a slot. */
static uintptr_t tap_targets[TAP_SLOTS];
static int slot_kinds[TAP_SLOTS];
static _Atomic uint32_t slot_ready[TAP_SLOTS];
static _Atomic uint32_t slot_count;

static uintptr_t thunk(uint32_t slot)
{
	return (uintptr_t)arch_tap_thunks + (uintptr_t)slot * TAP_THUNK_SIZE;
}

static uintptr_t slot_for(int kind, uintptr_t target)
{
	uint32_t count = atomic_load_explicit(&slot_count, memory_order_acquire), slot;

	for (slot = 0; slot < count && slot < TAP_SLOTS; slot++)
		if (atomic_load_explicit(&slot_ready[slot], memory_order_acquire) &&
		    slot_kinds[slot] == kind && tap_targets[slot] == target)
			return thunk(slot);
	/* Two threads may make two slots for one function: both work. */
	slot = atomic_load(&slot_count) < TAP_SLOTS ? atomic_fetch_add(&slot_count, 1) : TAP_SLOTS;
	if (slot >= TAP_SLOTS) {
		writer_lost(&module.writer, SPOOL_LOST_TAPS);
		return target;
	}
	slot_kinds[slot] = kind;
	tap_targets[slot] = target;
	atomic_store_explicit(&slot_ready[slot], 1, memory_order_release);
	return thunk(slot);
}

bool taps_know(const char *name)
{
	if (strchr(tapped_initials, name[0]))
		for (size_t i = 0; i < sizeof(tapped) / sizeof(tapped[0]); i++)
			if (strcmp(name, tapped[i].name) == 0)
				return true;
	return false;
}

uintptr_t taps_redirect(const struct object *definer, const char *name, uintptr_t value)
{
	if (!definer->is_libc || !strchr(tapped_initials, name[0]) || value == 0 ||
	    (value >= module.base && value < module.end))
		return value;
	for (size_t i = 0; i < sizeof(tapped) / sizeof(tapped[0]); i++)
		if (strcmp(name, tapped[i].name) == 0)
			return slot_for(tapped[i].kind, value);
	return value;
}

/*
 * From the moment a program asks for a sandbox, system calls that its filter does not expect may
 * kill it: make the last ones now.  clone and seccomp(2) have no wrapper in libc, hence syscall().
 */
static void watch_sandbox(int kind, const struct tap_frame *frame)
{
	const uintptr_t first = arch_argument(frame, 0);
	const uintptr_t number = kind == TAP_SYSCALL ? first : SYS_prctl;
	const uintptr_t option = kind == TAP_SYSCALL ? arch_argument(frame, 1) : first;

	if (number == SYS_seccomp ? option > SECCOMP_SET_MODE_FILTER
				  : number != SYS_prctl || option != PR_SET_SECCOMP)
		return;
	writer_prepare(&module.writer, SANDBOX_ROOM);
	arch_silent = true;
}

/* A dlopen below this event's stack frame has returned, and so has one whose handle is used: what
 * it opened is relocated. */
static bool has_returned(int kind, const struct tap_frame *frame)
{
	const struct object *object;

	if (ARCH_CONTEXT_SP(&frame->caller) >= atomic_load(&module.opener_sp))
		return true;
	if (kind != SPOOL_CALL_DLSYM && kind != SPOOL_CALL_DLVSYM && kind != SPOOL_CALL_DLCLOSE)
		return false;
	object = objects_by_map((const struct link_map *)arch_argument(frame, 0));
	return object && object->group == module.group;
}

/* RTLD_NEXT is -1 whatever the width of a word. */
static uint64_t handle_of(uintptr_t argument)
{
	return argument == (uintptr_t)RTLD_NEXT ? UINT64_MAX : argument;
}

static void write_call(int kind, uint32_t slot, const struct tap_frame *frame,
		       struct stack_taker *taker, uint32_t count, uint32_t flags)
{
	const char *name = NULL, *version = NULL;
	size_t name_length, version_length;
	const struct object *from = objects_at(ARCH_CONTEXT_PC(&frame->caller));
	struct spool_call *call;
	unsigned char *p;

	if (kind == SPOOL_CALL_DLOPEN)
		name = (const char *)arch_argument(frame, 0);
	else if (kind != SPOOL_CALL_DLCLOSE && kind != SPOOL_CALL_THREAD_ATEXIT)
		name = (const char *)arch_argument(frame, 1);
	if (kind == SPOOL_CALL_DLVSYM)
		version = (const char *)arch_argument(frame, 2);
	/* Measured once: another thread may be writing to them. */
	name_length = name ? strlen(name) : 0;
	version_length = version ? strlen(version) : 0;
	call = writer_reserve(&module.writer, SPOOL_CALL, flags, thread_id(),
			      sizeof(*call) + count * sizeof(uint64_t) + bytes_room(name_length) +
				      bytes_room(version_length));
	if (!call)
		return;
	call->when.time = monotonic_now() - module.epoch;
	call->when.sp = ARCH_CONTEXT_SP(&frame->caller);
	call->kind = (uint32_t)kind;
	call->frame_count = count;
	call->caller = ARCH_CONTEXT_PC(&frame->caller);
	call->target = tap_targets[slot];
	call->from = from ? from->number : 0;
	if (kind == SPOOL_CALL_DLOPEN) {
		call->flags = (uint32_t)arch_argument(frame, 1);
	} else if (kind == SPOOL_CALL_DLMOPEN) {
		call->name_space = (intptr_t)arch_argument(frame, 0);
		call->flags = (uint32_t)arch_argument(frame, 2);
	} else {
		call->handle =
			handle_of(arch_argument(frame, kind == SPOOL_CALL_THREAD_ATEXIT ? 2 : 0));
	}
	p = (unsigned char *)(call + 1);
	if (count)
		memcpy(p, stack_frames(taker), count * sizeof(uint64_t));
	p += count * sizeof(uint64_t);
	p = name ? put_bytes(p, name, name_length) : put_string(p, NULL);
	if (version)
		put_bytes(p, version, version_length);
	else
		put_string(p, NULL);
	writer_commit(&module.writer, call);
}

/* What was seen lately: a hash table in which the newer takes the older's place.  Any thread. */
static bool seen_lately(_Atomic uint64_t *table, size_t size, uint64_t key)
{
	_Atomic uint64_t *place;

	key = (key ^ key >> 31) * 0x9e3779b97f4a7c15u | 1; /* 0: empty */
	place = &table[(key >> 32) % size];
	if (atomic_load_explicit(place, memory_order_relaxed) == key)
		return true;
	atomic_store_explicit(place, key, memory_order_relaxed);
	return false;
}

/*
 * A C++ program does this for each thread_local object in each thread.  While the thread lives the
 * object stays, so that once is enough; and all come from __cxa_thread_atexit of libstdc++, so that
 * one stack an object tells enough too.
 */
static void note_thread_atexit(uint32_t slot, const struct tap_frame *frame)
{
	static _Atomic uint64_t known[1024], stacks[256];
	const uintptr_t object = arch_argument(frame, 2);
	uint32_t count = 0, flags = 0;
	struct stack_taker *taker = NULL;

	if (seen_lately(known, sizeof(known) / sizeof(known[0]),
			object ^ (uint64_t)thread_id() << 40))
		return;
	writer_prepare(&module.writer, HEADROOM);
	if (!seen_lately(stacks, sizeof(stacks) / sizeof(stacks[0]), object)) {
		taker = stack_borrow();
		if (taker)
			count = stack_unwind(taker, &frame->caller, &flags);
		else
			writer_lost(&module.writer, SPOOL_LOST_STACKS);
	}
	write_call(SPOOL_CALL_THREAD_ATEXIT, slot, frame, taker, count, flags);
	if (taker)
		stack_give_back(taker);
}

static void record_call(int kind, uint32_t slot, const struct tap_frame *frame)
{
	uint32_t count = 0, flags = SPOOL_STACK_SKIPPED;
	struct stack_taker *taker;

	writer_prepare(&module.writer, HEADROOM);
	if (has_returned(kind, frame))
		relocations_catch_up(CATCH_UP_OPENER);
	if (kind == SPOOL_CALL_DLOPEN || kind == SPOOL_CALL_DLMOPEN) {
		atomic_store(&module.caller, thread_id());
		atomic_store(&module.caller_sp, ARCH_CONTEXT_SP(&frame->caller));
	}
	taker = stack_borrow();
	if (taker)
		count = stack_unwind(taker, &frame->caller, &flags);
	else
		writer_lost(&module.writer, SPOOL_LOST_STACKS);
	write_call(kind, slot, frame, taker, count, flags);
	if (taker)
		stack_give_back(taker);
}

/* Called by the thunks, on the caller's stack: keep it small. */
uintptr_t tap_enter(struct tap_frame *frame, uint32_t slot)
{
	const int kind = slot_kinds[slot];

	if (!process_ready())
		return tap_targets[slot];
	if (kind >= TAP_PRCTL)
		watch_sandbox(kind, frame);
	else if (kind == SPOOL_CALL_THREAD_ATEXIT)
		note_thread_atexit(slot, frame);
	else
		record_call(kind, slot, frame);
	return tap_targets[slot];
}
