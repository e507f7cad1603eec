/*
 * scopes_init.c - which constructors had run when a constructor called dlopen.
 *
 * update_scopes() extends the scopes only of objects whose constructors have begun to run
 * (l_init_called): all others are being loaded by the same call, or by one around it.
 */
#include "report/model/scopes_state.h"
#include "report/util.h"

/*
 * elf/dl-sort-maps.c, _dl_sort_maps_dfs (since 2.35; before, _dl_sort_maps_original, which agrees
 * with it where there is no cycle): reverse postorder over what each object needs.  The order is
 * that of l_initfini; constructors run from its end.
 */
struct sort {
	struct scopes *s;
	int *order; /* filled from the end */
	size_t head;
	struct sort_step {
		int object;
		size_t next; /* index of the next thing it needs */
	} * steps;
	size_t depth, room;
};

static void enter(struct sort *sort, int object)
{
	struct sort_step *step;

	if (sort->s->marks[object] != sort->s->mark)
		return; /* not in the list, or visited */
	sort->s->marks[object] = 0;
	step = GROW(sort->steps, sort->depth, sort->room);
	step->object = object;
}

static void visit(struct sort *sort, int root, int top)
{
	enter(sort, top);
	while (sort->depth) {
		struct sort_step *step = &sort->steps[sort->depth - 1];
		const struct object *object = &sort->s->rec->objects[step->object];

		/* What the root itself needs is not known to the sort yet. */
		if (step->object != root && step->next < object->needed_count) {
			int needed = object->needed[step->next++].resolved;

			if (is_object(sort->s, needed))
				enter(sort, needed);
			continue;
		}
		sort->order[--sort->head] = step->object;
		sort->depth--;
	}
}

/* Does `first` get initialised before `second`, both in root's searchlist? */
static bool comes_before(struct scopes *s, int root, int first, int second)
{
	const struct scope_object *state = &s->objects[root];
	struct sort sort = {.s = s, .head = state->list_count};
	bool before = false;

	sort.order = xcalloc(state->list_count, sizeof(*sort.order));
	s->mark++;
	for (size_t i = 0; i < state->list_count; i++)
		s->marks[state->list[i]] = s->mark;
	for (size_t i = state->list_count; i-- > 0;)
		visit(&sort, root, state->list[i]);
	for (size_t i = state->list_count; i-- > sort.head;) {
		if (sort.order[i] == first)
			before = true;
		if (sort.order[i] == second)
			break;
	}
	free(sort.order);
	free(sort.steps);
	return before && first != root;
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
	int running, root;

	/* Opened by the call itself, or by one that has returned. */
	if (!is_call(s, loading) || loading == call)
		return loading != call || call == NONE;
	if (call == NONE || s->returned[loading])
		return true;
	running = running_constructor(s, call, loading);
	root = s->rec->calls[loading].result;
	if (running == NONE || !is_object(s, root))
		return false;
	return running == object || comes_before(s, root, object, running);
}
