/*
 * taps.c - dlopen and its family, seen at entry.
 *
 * la_symbind64 answers a binding to one of these functions with a thunk (arch/<machine>.S), which
 * records and then jumps: the function finds its caller's return address where it would be without
 * us.
 */
#include "audit/module.h"

static const struct {
	const char *name;
	enum spool_call_kind kind;
} tapped[] = {
	{"dlopen", SPOOL_CALL_DLOPEN},   {"dlmopen", SPOOL_CALL_DLMOPEN},
	{"dlclose", SPOOL_CALL_DLCLOSE}, {"dlsym", SPOOL_CALL_DLSYM},
	{"dlvsym", SPOOL_CALL_DLVSYM},
};

/* Each namespace's libc has functions of its own; each pair (kind, function) gets a slot. */
uintptr_t tap_targets[TAP_SLOTS];
static enum spool_call_kind slot_kinds[TAP_SLOTS];
static _Atomic uint32_t slot_ready[TAP_SLOTS];
static _Atomic uint32_t slot_count;

static uintptr_t thunk(uint32_t slot)
{
	return (uintptr_t)arch_tap_thunks + slot * TAP_THUNK_SIZE;
}

static uintptr_t slot_for(enum spool_call_kind kind, uintptr_t target)
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

uintptr_t taps_redirect(const struct object *definer, const char *name, uintptr_t value)
{
	if (!definer->is_libc || name[0] != 'd' || name[1] != 'l' || value == 0 ||
	    (value >= module.base && value < module.end))
		return value;
	for (size_t i = 0; i < sizeof(tapped) / sizeof(tapped[0]); i++)
		if (strcmp(name, tapped[i].name) == 0)
			return slot_for(tapped[i].kind, value);
	return value;
}

/* Called by the thunks, on the caller's stack: keep it small. */
void tap_enter(struct tap_frame *frame, uint32_t slot)
{
	enum spool_call_kind kind = slot_kinds[slot];
	const char *name = NULL, *version = NULL;
	const uint64_t *a = frame->arguments;
	struct stack_taker *taker;
	struct spool_call *call;
	uint32_t count = 0, flags = SPOOL_STACK_SKIPPED;
	const struct object *from;
	unsigned char *p;

	if (!process_ready())
		return;
	switch (kind) {
	case SPOOL_CALL_DLOPEN:
		name = (const char *)a[0];
		break;
	case SPOOL_CALL_DLMOPEN:
		name = (const char *)a[1];
		break;
	case SPOOL_CALL_DLVSYM:
		version = (const char *)a[2]; /* fall through */
	case SPOOL_CALL_DLSYM:
		name = (const char *)a[1];
		break;
	case SPOOL_CALL_DLCLOSE:
		break;
	}
	writer_prepare(&module.writer, HEADROOM);
	relocations_catch_up(false);
	taker = stack_borrow();
	if (taker)
		count = stack_unwind(taker, &frame->caller, &flags);
	else
		writer_lost(&module.writer, SPOOL_LOST_STACKS);
	call = writer_reserve(&module.writer, SPOOL_CALL, flags, thread_id(),
			      sizeof(*call) + count * sizeof(uint64_t) + string_room(name) +
				      string_room(version));
	if (call) {
		call->when.time = monotonic_now() - module.epoch;
		call->when.sp = ARCH_CONTEXT_SP(&frame->caller);
		call->kind = kind;
		call->frame_count = count;
		call->caller = ARCH_CONTEXT_PC(&frame->caller);
		call->target = tap_targets[slot];
		if (kind == SPOOL_CALL_DLOPEN) {
			call->flags = (uint32_t)a[1];
		} else if (kind == SPOOL_CALL_DLMOPEN) {
			call->name_space = (int64_t)a[0];
			call->flags = (uint32_t)a[2];
		} else {
			call->handle = a[0];
		}
		from = objects_at(call->caller);
		call->from = from ? from->number : 0;
		p = (unsigned char *)(call + 1);
		if (count)
			memcpy(p, stack_frames(taker), count * sizeof(uint64_t));
		p = put_string(p + count * sizeof(uint64_t), name);
		put_string(p, version);
		writer_commit(&module.writer, call);
	}
	if (taker)
		stack_give_back(taker);
}
