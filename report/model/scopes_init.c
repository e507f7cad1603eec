/*
 * scopes_init.c - which constructors had run when a constructor called dlopen.
 *
 * update_scopes() extends the scopes only of objects whose constructors have begun to run
 * (l_init_called): all others are being loaded by the same call, or by one around it.
 */
#include "report/model/init_order.h"
#include "report/model/scopes_state.h"

/* Do the constructors of `first` run before those of `second`, which the same load brought? */
static bool comes_before(const struct scopes *s, int first, int second)
{
	struct init_order order;
	bool before;

	if (!init_order_build(s->rec, second, &order))
		return false;
	before = false;
	for (size_t i = 0; i < order.position && !before; i++)
		before = order.objects[i] == first;
	init_order_release(&order);
	return before;
}

/* The object brought by the call `outer` whose constructor made the call `inner`, or NONE: the
 * outermost of these in the stack between the two. */
static int running_constructor(const struct scopes *s, int inner, int outer)
{
	const struct recording *rec = s->rec;
	const struct call *call = &rec->calls[inner];
	int found = NONE;

	if (is_object(s, call->caller) && rec->objects[call->caller].reason_call == outer)
		found = call->caller;
	if (call->stack < 0 || (size_t)call->stack >= rec->stack_count)
		return found;
	for (size_t i = 0; i < rec->stacks[call->stack].frame_count; i++) {
		const struct frame *frame = &rec->stacks[call->stack].frames[i];

		if (frame->address == rec->calls[outer].caller_address)
			break;
		if (is_object(s, frame->object) && rec->objects[frame->object].reason_call == outer)
			found = frame->object;
	}
	return found;
}

bool scopes_initialized(struct scopes *s, int object, int call)
{
	int loading = s->rec->objects[object].reason_call;
	int running;

	/* Opened by the call itself, or by one that has returned. */
	if (!is_call(s, loading) || loading == call)
		return loading != call || call == NONE;
	if (call == NONE || s->returned[loading])
		return true;
	running = running_constructor(s, call, loading);
	if (running == NONE)
		return false;
	return running == object || comes_before(s, object, running);
}
