/*
 * infer_call.c - calls of dlopen and its family: what each was made in, and what it came to.
 *
 * A tap sees the entry of a call and no return.  A call has returned when a later event of its
 * thread comes from a stack pointer at or above the call's, or when a later call's stack shows that
 * the call is not in it.
 */
#include "audit/spool.h"
#include "report/model/infer.h"
#include "report/util.h"

static bool opens(const struct call *call)
{
	return call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN;
}

static uint64_t handed_key(int caller, int object)
{
	return (uint64_t)(uint32_t)caller << 32 | (uint32_t)object;
}

/* Result, outcome and known_by of a dlopen or dlmopen call. */
static void conclude(struct replay *rp, int index, enum outcome outcome, enum known_by known_by,
		     int object)
{
	struct call *call = &rp->rec->calls[index];

	call->outcome = outcome;
	call->known_by = known_by;
	call->result = object;
	if (object == NONE)
		return;
	rp->objects[object].handed_out = true;
	number_map_set(&rp->handed_to, handed_key(call->caller, object), index);
}

static void conclude_opened(struct replay *rp, int index)
{
	const struct call_state *state = &rp->calls[index];

	if (!rp->objects[state->object].failed_load) {
		conclude(rp, index, OUTCOME_LOADED, KNOWN_NESTED_OPEN, state->object);
		return;
	}
	if (state->request != NONE)
		rp->rec->searches[state->request].outcome = OUTCOME_FAILED;
	conclude(rp, index, OUTCOME_FAILED,
		 state->failed_search ? KNOWN_FAILED_SEARCH : KNOWN_NESTED_OPEN, NONE);
}

static void conclude_search(struct replay *rp, int index)
{
	const struct search *search = &rp->rec->searches[rp->calls[index].request];

	if (search->outcome == OUTCOME_ALREADY_LOADED)
		conclude(rp, index, OUTCOME_ALREADY_LOADED, KNOWN_NESTED_SEARCH, search->result);
	else if (search->outcome == OUTCOME_FAILED || search->outcome == OUTCOME_UNUSABLE)
		conclude(rp, index, OUTCOME_FAILED,
			 request_is_no_load(rp, rp->calls[index].request) ? KNOWN_NOT_LOADED
									  : KNOWN_FAILED_SEARCH,
			 NONE);
}

/* A wrong mode is refused before anything is looked at (elf/dl-open.c); so are the program and
 * RTLD_GLOBAL in another namespace than the base's (dlfcn/dlmopen.c). */
static bool is_refused(const struct call *call)
{
	bool elsewhere = call->kind == CALL_DLMOPEN && call->name_space != 0;

	return (call->flags & RTLD_BINDING_FLAGS) == 0 ||
	       (elsewhere && (!call->name || (call->flags & RTLD_GLOBAL_FLAG)));
}

/* Nothing is there yet in a new namespace: what opens nothing there fails. */
static bool must_have_failed(const struct replay *rp, const struct call *call)
{
	bool new_name_space = call->kind == CALL_DLMOPEN && call->name && call->name_space == -1;

	return is_refused(call) || (new_name_space && !rp->gaps);
}

/* The call has returned, or the recording ends. */
static void finish(struct replay *rp, int index, bool returned)
{
	const struct call *call = &rp->rec->calls[index];
	struct call_state *state = &rp->calls[index];

	if (state->done || !opens(call))
		return;
	state->done = true;
	if (state->object != NONE)
		conclude_opened(rp, index);
	else if (state->request != NONE)
		conclude_search(rp, index);
	else if (state->match != NONE)
		conclude(rp, index, OUTCOME_ALREADY_LOADED, KNOWN_NAME_MATCH, state->match);
	if (call->outcome == OUTCOME_UNKNOWN && returned && must_have_failed(rp, call))
		conclude(rp, index, OUTCOME_FAILED, KNOWN_NOT, NONE);
}

/* The last of the running calls has returned. */
static void return_innermost(struct replay *rp, struct thread *thread)
{
	finish(rp, thread->running[--thread->running_count], true);
}

void calls_return(struct replay *rp, struct thread *thread, uint64_t sp)
{
	while (thread->running_count) {
		int innermost = thread->running[thread->running_count - 1];

		if (sp < rp->rec->calls[innermost].sp)
			return;
		return_innermost(rp, thread);
	}
}

void calls_return_all(struct replay *rp, struct thread *thread)
{
	while (thread->running_count)
		finish(rp, thread->running[--thread->running_count], rp->ended);
}

int32_t call_name_space(const struct replay *rp, int index)
{
	const struct call *call = &rp->rec->calls[index];

	if (call->kind == CALL_DLMOPEN)
		return call->name_space >= 0 && call->name_space < INT32_MAX
			       ? (int32_t)call->name_space
			       : NAME_SPACE_UNKNOWN;
	return call->caller == NONE ? 0 : rp->rec->objects[call->caller].name_space;
}

static bool asks_for(const struct replay *rp, int index, const char *name)
{
	const struct call *call = &rp->rec->calls[index];
	AUTO_FREE char *expanded = NULL;

	if (!opens(call) || !call->name || rp->calls[index].request != NONE ||
	    rp->calls[index].object != NONE)
		return false;
	if (strcmp(call->name, name) == 0)
		return true;
	if (!strchr(call->name, '$'))
		return false;
	expanded = search_path_expand(rp->rec, call->caller, call->name, strlen(call->name));
	return strcmp(expanded, name) == 0;
}

int call_for_name(struct replay *rp, struct thread *thread, const char *name)
{
	for (size_t i = thread->running_count; i-- > 0;) {
		int call = thread->running[i];

		if (!asks_for(rp, call, name))
			continue;
		while (thread->running_count > i + 1)
			return_innermost(rp, thread);
		return call;
	}
	return NONE;
}

static const struct stack *stack_of(const struct recording *rec, int index)
{
	return index >= 0 && (size_t)index < rec->stack_count ? &rec->stacks[index] : NULL;
}

enum inside stack_inside(const struct recording *rec, int index, size_t from,
			 const struct call *outer)
{
	const struct stack *stack = stack_of(rec, index);
	const uint32_t partial = SPOOL_STACK_CUT | SPOOL_STACK_SKIPPED | SPOOL_STACK_BROKEN;

	for (size_t i = from; stack && i < stack->frame_count; i++)
		if (stack->frames[i].address == outer->caller_address)
			return INSIDE;
	return stack && stack->frame_count && !(stack->flags & partial) ? OUTSIDE : INSIDE_UNKNOWN;
}

/*
 * Was `inner` made during `outer`, by a constructor or destructor?  A lower stack pointer alone may
 * come from a deeper function after `outer` returned.  A whole stack decides; without one, the
 * caller must be something that `outer` loads or closes.
 */
static bool is_inside(const struct replay *rp, const struct call *inner, int index)
{
	const struct call *outer = &rp->rec->calls[index];
	enum inside inside = stack_inside(rp->rec, inner->stack, 1, outer);

	if (inside != INSIDE_UNKNOWN)
		return inside == INSIDE;
	if (inner->caller == NONE)
		return false;
	if (!opens(outer))
		return inner->caller == outer->result;
	return rp->rec->objects[inner->caller].opened_seq > outer->seq;
}

/* ld.so takes a name for an object that has it already, before any la_objsearch. */
static int find_match(struct replay *rp, int index)
{
	const struct call *call = &rp->rec->calls[index];
	int32_t name_space = call_name_space(rp, index);

	if (is_refused(call))
		return NONE;
	if (!call->name)
		return rp->program;
	if (name_space == NAME_SPACE_UNKNOWN)
		return NONE;
	if (!*call->name)
		return name_space == 0 ? rp->program : NONE;
	return names_find(rp, name_space, call->name);
}

static int object_of_handle(const struct replay *rp, const struct call *call)
{
	bool special = call->kind != CALL_DLCLOSE && (call->handle == 0 || call->handle + 1 == 0);

	return special ? NONE : number_map_get(&rp->object_of_link_map, call->handle);
}

/* The object that a thread's destructor keeps; glibc takes the program for what it does not know
 * (stdlib/cxa_thread_atexit_impl.c). */
static int destructor_object(const struct replay *rp, const struct call *call)
{
	int object = recording_object_at(rp->rec, call->handle, call->seq);

	return object != NONE ? object : rp->program;
}

/* dlopen came to this object after all: its handle is used. */
static void confirm(struct replay *rp, int index, int object)
{
	request_already_loaded(rp, rp->calls[index].request, object);
	conclude(rp, index, OUTCOME_ALREADY_LOADED, KNOWN_HANDLE, object);
}

/* A handle that no known dlopen gave to this caller. */
static bool may_be_result(const struct replay *rp, int index, const struct call *use, int object)
{
	const struct call *call = &rp->rec->calls[index];
	const struct object *o = &rp->rec->objects[object];
	bool by_untapped = o->reason == REASON_DLOPEN && o->reason_call == NONE;

	return call->caller == use->caller && o->opened_seq < call->seq && !by_untapped &&
	       o->kind == OBJECT_LIBRARY && o->reason != REASON_INHERITED &&
	       o->name_space == rp->requests[rp->calls[index].request].name_space &&
	       number_map_get(&rp->handed_to, handed_key(use->caller, object)) == NONE;
}

/*
 * The caller of an undecided dlopen uses a handle that it got from no other.  Proof enough when the
 * file names are alike, or when it is the next thing that happens and nobody else has that handle
 * (who might have passed it on) or the same function does both.
 */
static void use_handle(struct replay *rp, int undecided, const struct call *use)
{
	int object = object_of_handle(rp, use);
	int alike;

	if (object == NONE)
		return;
	alike = rp->objects[object].candidate_of;
	if (alike != NONE && may_be_result(rp, alike, use, object))
		confirm(rp, alike, object);
	else if (undecided != NONE && may_be_result(rp, undecided, use, object) &&
		 (!rp->objects[object].handed_out || rp->rec->calls[undecided].sp == use->sp))
		confirm(rp, undecided, object);
}

static void wait_for_binding(struct replay *rp, struct thread *thread, int index)
{
	const struct call *call = &rp->rec->calls[index];
	struct key *key;

	if (!call->name || call->caller == NONE)
		return;
	key = key_make(&rp->index, KEY_CALL, call->caller, call->name);
	*GROW(key->members, key->count, key->room) = index;
	thread->waiting = index;
}

void call_event(struct replay *rp, struct thread *thread, int index)
{
	struct call *call = &rp->rec->calls[index];
	int undecided;

	thread->waiting = NONE;
	search_settle(rp, thread, true);
	calls_return(rp, thread, call->sp);
	while (thread->running_count &&
	       !is_inside(rp, call, thread->running[thread->running_count - 1]))
		return_innermost(rp, thread);
	if (thread->running_count)
		call->parent = thread->running[thread->running_count - 1];
	undecided = thread->undecided;
	thread->undecided = NONE;
	thread->outside_seq = call->seq;

	switch (call->kind) {
	case CALL_DLOPEN:
	case CALL_DLMOPEN:
		rp->calls[index].match = find_match(rp, index);
		*GROW(thread->running, thread->running_count, thread->running_room) = index;
		break;
	case CALL_DLCLOSE:
		use_handle(rp, undecided, call);
		rp->last_dlclose = call->seq;
		call->result = object_of_handle(rp, call);
		call->known_by = call->result == NONE ? KNOWN_NOT : KNOWN_HANDLE;
		*GROW(thread->running, thread->running_count, thread->running_room) = index;
		break;
	case CALL_DLSYM:
	case CALL_DLVSYM:
		use_handle(rp, undecided, call);
		wait_for_binding(rp, thread, index);
		break;
	case CALL_THREAD_ATEXIT:
		thread->undecided = undecided; /* tells nothing of it */
		call->result = destructor_object(rp, call);
		call->known_by = call->result == NONE ? KNOWN_NOT : KNOWN_HANDLE;
		break;
	}
}

/* Is the dlsym call still the last event of its thread? */
static bool still_waits(const struct replay *rp, int index)
{
	int thread = number_map_get(&rp->thread_of_tid, rp->rec->calls[index].tid);

	return thread != NONE && rp->threads[thread].waiting == index;
}

void call_binding(struct replay *rp, const struct dlsym_binding *binding)
{
	struct key *key = NULL;
	size_t first = 0;

	if (binding->name && binding->from != NONE)
		key = key_find(&rp->index, KEY_CALL, binding->from, binding->name);
	if (!key)
		return;
	while (first < key->count && !still_waits(rp, key->members[first]))
		first++;
	if (first < key->count) {
		struct call *call = &rp->rec->calls[key->members[first]];
		bool known = binding->to >= 0 && (size_t)binding->to < rp->rec->object_count;

		call->result = known ? binding->to : NONE;
		call->known_by = KNOWN_BINDING;
		rp->threads[number_map_get(&rp->thread_of_tid, call->tid)].waiting = NONE;
		first++;
	}
	key->count -= first;
	memmove(key->members, key->members + first, key->count * sizeof(*key->members));
}
