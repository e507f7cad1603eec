/*
 * scopes.c - the events that change ld.so's state, in their order.
 */
#include "report/model/scopes.h"

#include <dlfcn.h>
#include <elf.h>

#include "report/model/scopes_state.h"
#include "report/util.h"

struct name_space *scopes_space(struct scopes *s, int32_t id)
{
	struct name_space *space;

	for (size_t i = 0; i < s->space_count; i++)
		if (s->spaces[i].id == id)
			return &s->spaces[i];
	space = GROW(s->spaces, s->space_count, s->space_room);
	space->id = id;
	space->head = NONE;
	return space;
}

static bool opens(const struct call *call)
{
	return call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN;
}

/* The call that brought `object` in by its name, or NONE. */
static int naming_call(const struct scopes *s, int object)
{
	const struct object *o = &s->rec->objects[object];

	return o->reason == REASON_DLOPEN && is_call(s, o->reason_call) ? o->reason_call : NONE;
}

static void add_open(struct scopes *s, int object, int call, uint64_t seq, bool libc)
{
	struct scope_object *state = &s->objects[object];

	*GROW(state->opens, state->open_count, state->open_room) =
		(struct open_ref){.call = call, .seq = seq, .libc = libc};
}

static void apply_nodelete_flag(struct scopes *s, int object, int call)
{
	if (is_call(s, call) && (s->rec->calls[call].flags & RTLD_NODELETE))
		scopes_keep(s, object,
			    &(struct pin){.kind = PIN_NODELETE_FLAG,
					  .object = NONE,
					  .call = call,
					  .seq = s->rec->calls[call].seq,
					  .sure = true});
}

/* ld.so's own link map stands behind what comes before it in the program's searchlist (elf/rtld.c,
 * dl_main), the program's at the head. */
static void link_in(struct scopes *s, int object)
{
	struct name_space *space = scopes_space(s, s->rec->objects[object].name_space);
	size_t at = space->map_count;

	*GROW(space->maps, space->map_count, space->map_room) = object;
	if (s->rec->objects[object].kind != OBJECT_MAIN || !at)
		return;
	memmove(space->maps + 1, space->maps, at * sizeof(*space->maps));
	space->maps[0] = object;
}

static void place_ldso(struct scopes *s)
{
	const struct scope_object *program = &s->objects[s->program];
	struct name_space *space = scopes_space(s, 0);
	int previous = NONE, ldso = NONE;
	size_t from, to;

	for (size_t i = 0; i < program->list_count; i++) {
		if (s->rec->objects[program->list[i]].kind == OBJECT_LDSO) {
			ldso = program->list[i];
			break;
		}
		previous = program->list[i];
	}
	for (from = 0; from < space->map_count && space->maps[from] != ldso; from++)
		;
	for (to = 0; to < space->map_count && space->maps[to] != previous; to++)
		;
	if (ldso == NONE || from == space->map_count || to == space->map_count)
		return;
	for (; from < to; from++)
		space->maps[from] = space->maps[from + 1];
	for (; from > to + 1; from--)
		space->maps[from] = space->maps[from - 1];
	space->maps[from] = ldso;
}

static bool is_startup(const struct scopes *s, int index)
{
	const struct object *object = &s->rec->objects[index];
	int loader = s->objects[index].loader;

	if (object->kind == OBJECT_MAIN || object->kind == OBJECT_LDSO ||
	    object->kind == OBJECT_VDSO)
		return true;
	if (object->name_space != 0 || object->reason == REASON_DLOPEN ||
	    object->reason == REASON_LIBC || object->reason == REASON_AUDIT)
		return false;
	if (loader != NONE)
		return s->objects[loader].startup;
	if (object->inherited && s->program != NONE) {
		const struct scope_object *program = &s->objects[s->program];

		for (size_t i = 0; i < program->list_count; i++)
			if (program->list[i] == index)
				return true;
		return false;
	}
	return object->opened_seq < s->started;
}

static const char *doubt_about(const struct scopes *s, int index)
{
	const struct object *object = &s->rec->objects[index];

	if (object->inherited && !s->inherited)
		return "it was loaded before the fork, by what is not known here";
	if (object->reason == REASON_UNKNOWN && object->kind == OBJECT_LIBRARY)
		return "it is not known what loaded it";
	if (object->reason == REASON_DLOPEN && !is_call(s, object->reason_call))
		return "the dlopen that loaded it was not seen, so its flags are not known";
	return NULL;
}

/* An object that a dlopen named, or the first of the program. */
static void open_root(struct scopes *s, int index)
{
	struct scope_object *state = &s->objects[index];
	const struct object *object = &s->rec->objects[index];
	int call = naming_call(s, index);
	bool failed = call != NONE && s->rec->calls[call].outcome == OUTCOME_FAILED;

	scopes_build_list(s, index);
	if (object->kind != OBJECT_LIBRARY)
		return;
	add_open(s, index, call, call == NONE ? object->opened_seq : s->rec->calls[call].seq,
		 object->reason == REASON_LIBC);
	apply_nodelete_flag(s, index, call);
	if (!failed && !state->startup)
		scopes_extend(s, index, call);
}

static void take_open(struct scopes *s, int index)
{
	const struct object *object = &s->rec->objects[index];
	struct scope_object *state = &s->objects[index];
	bool by_name = object->reason == REASON_NEEDED || object->reason == REASON_PRELOAD;
	int asker = by_name ? object->reason_object : NONE;
	uint32_t flags = 0;

	if (object->inherited && s->inherited)
		return;
	state->mapped = true;
	state->loader = is_object(s, asker) && s->objects[asker].mapped ? asker : NONE;
	if (object->kind == OBJECT_MAIN)
		s->program = index;
	state->startup = is_startup(s, index);
	if (object->inherited && state->startup && object->kind == OBJECT_LIBRARY)
		state->loader = s->program;
	state->why_unsure = doubt_about(s, index);
	link_in(s, index);
	if (object->kind == OBJECT_LDSO)
		return;
	if (!state->startup && is_call(s, object->reason_call))
		flags = s->rec->calls[object->reason_call].flags;
	scopes_give(s, index, flags);
	if (!state->startup && (object->flags_1 & DF_1_NODELETE))
		scopes_keep(s, index,
			    &(struct pin){.kind = PIN_NODELETE_DF1,
					  .object = NONE,
					  .call = NONE,
					  .seq = object->opened_seq,
					  .sure = true});
	if (state->loader == NONE && (!state->startup || object->kind != OBJECT_LIBRARY))
		open_root(s, index);
}

/*
 * A dlopen that came to an object that was there.  What was loaded as a dependency, or at the
 * start, gets its searchlist now; what has one is only counted, and joins the global scope when it
 * is not in it itself, whatever its dependencies are (dl_open_worker_begin).
 */
static void open_again(struct scopes *s, int index)
{
	const struct call *call = &s->rec->calls[index];
	int object = call->result;
	struct scope_object *state;
	bool sure = call->known_by != KNOWN_HANDLE;
	bool fresh;

	if (!is_object(s, object) || !s->objects[object].mapped)
		return;
	state = &s->objects[object];
	fresh = !state->has_list;
	add_open(s, object, index, call->seq, false);
	if (fresh)
		scopes_build_list(s, object);
	apply_nodelete_flag(s, object, index);
	if (fresh)
		scopes_extend(s, object, index);
	if ((call->flags & RTLD_GLOBAL) && (fresh || !state->global))
		scopes_add_global(s, object, index, call->seq, sure);
}

/* A dlopen of which nothing is known may have done what its flags say. */
static void open_unknown(struct scopes *s, const struct call *call)
{
	int32_t id = is_object(s, call->caller) ? s->rec->objects[call->caller].name_space : 0;

	if (call->flags & RTLD_GLOBAL)
		scopes_space(s, id)->why_unsure =
			"it is not known what a dlopen with RTLD_GLOBAL came to";
}

/* dlsym(RTLD_DEFAULT) makes its caller depend on what it found (elf/dl-sym.c, do_sym). */
static void look_up(struct scopes *s, const struct call *call)
{
	if (call->handle == (uintptr_t)RTLD_DEFAULT && call->known_by == KNOWN_BINDING)
		scopes_bind(s, &(struct scopes_binding){.seq = call->seq,
							.from = call->caller,
							.to = call->result,
							.symbol = call->name});
}

static void take_call(struct scopes *s, int index)
{
	const struct call *call = &s->rec->calls[index];

	if (call->kind == CALL_DLCLOSE)
		scopes_dlclose(s, index);
	else if (call->kind == CALL_DLSYM || call->kind == CALL_DLVSYM)
		look_up(s, call);
	else if (call->kind == CALL_THREAD_ATEXIT)
		scopes_keep_for_thread(s, index);
	else if (!opens(call))
		return;
	else if (call->outcome == OUTCOME_ALREADY_LOADED)
		open_again(s, index);
	else if (call->outcome == OUTCOME_UNKNOWN)
		open_unknown(s, call);
}

/* Constructors have run: now others may bind to what was loaded. */
static void take_return(struct scopes *s, int index)
{
	const struct call *call = &s->rec->calls[index];

	s->returned[index] = true;
	if (call->kind == CALL_DLCLOSE)
		scopes_survived(s, call->result);
	if (opens(call) && call->outcome == OUTCOME_LOADED && (call->flags & RTLD_GLOBAL) &&
	    is_object(s, call->result) && s->objects[call->result].mapped)
		scopes_add_global(s, call->result, index, call->inside_seq, true);
}

static int compare_events(const void *a, const void *b)
{
	const struct scope_event *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	/* Of calls that end with the same event, the inner one returns first. */
	return x->kind == EVENT_RETURN ? y->index - x->index : x->index - y->index;
}

static void add_event(struct scopes *s, uint64_t seq, int kind, size_t index)
{
	struct scope_event *event = &s->events[s->event_count++];

	event->seq = seq;
	event->kind = kind;
	event->index = (int)index;
}

static void collect_events(struct scopes *s)
{
	const struct recording *rec = s->rec;
	uint64_t exit_begin = find_exit_begin(rec);

	s->events = xcalloc(2 * (rec->object_count + rec->call_count) + rec->activity_count,
			    sizeof(*s->events));
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (object->kind == OBJECT_UNOPENED)
			continue;
		add_event(s, object->opened_seq, EVENT_OPEN, i);
		if (object->closed_seq && object->closed_seq < exit_begin)
			add_event(s, object->closed_seq, EVENT_CLOSE, i);
	}
	for (size_t i = 0; i < rec->call_count; i++) {
		add_event(s, rec->calls[i].seq, EVENT_CALL, i);
		if (opens(&rec->calls[i]) || rec->calls[i].kind == CALL_DLCLOSE)
			add_event(s, rec->calls[i].inside_seq, EVENT_RETURN, i);
	}
	for (size_t i = 0; i < rec->activity_count; i++)
		if (rec->activities[i].kind == ACTIVITY_DELETE &&
		    rec->activities[i].seq < exit_begin)
			add_event(s, rec->activities[i].seq, EVENT_SWEEP, i);
	qsort(s->events, s->event_count, sizeof(*s->events), compare_events);
}

struct scopes *scopes_new(const struct recording *rec, const struct scopes_binding *bindings,
			  size_t binding_count)
{
	struct scopes *s = xcalloc(1, sizeof(*s));

	*s = (struct scopes){.rec = rec,
			     .bindings = bindings,
			     .binding_count = bindings ? binding_count : 0,
			     .program = NONE,
			     .started = UINT64_MAX};
	s->objects = xcalloc(rec->object_count, sizeof(*s->objects));
	for (size_t i = 0; i < rec->object_count; i++)
		s->objects[i].loader = NONE;
	s->returned = xcalloc(rec->call_count, sizeof(*s->returned));
	s->marks = xcalloc(rec->object_count, sizeof(*s->marks));
	s->used = xcalloc(rec->object_count, sizeof(*s->used));
	for (size_t i = 0; i < rec->activity_count && s->started == UINT64_MAX; i++)
		if (rec->activities[i].kind == ACTIVITY_PREINIT)
			s->started = rec->activities[i].seq;
	scopes_find_filtees(s);
	collect_events(s);
	return s;
}

void scopes_free(struct scopes *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->rec->object_count; i++) {
		struct scope_object *object = &s->objects[i];

		free(object->refs);
		free(object->list);
		free(object->opens);
		free(object->keeps);
		free(object->dependencies);
		free(object->filtees);
	}
	for (size_t i = 0; i < s->space_count; i++) {
		free(s->spaces[i].maps);
		free(s->spaces[i].global);
	}
	number_map_release(&s->pairs);
	free(s->objects);
	free(s->spaces);
	free(s->events);
	free(s->going);
	free(s->history);
	free(s->returned);
	free(s->marks);
	free(s->used);
	free(s->answer);
	free(s->pins);
	free(s);
}

/* By a destructor, while its dlclose goes on? */
static bool opened_in_dlclose(const struct scopes *s, int index)
{
	int call = s->rec->objects[index].reason_call;

	for (size_t steps = 0; is_call(s, call) && steps <= s->rec->call_count; steps++) {
		if (s->rec->calls[call].kind == CALL_DLCLOSE)
			return true;
		call = s->rec->calls[call].parent;
	}
	return false;
}

static void take_event(struct scopes *s, const struct scope_event *event)
{
	s->now = event->seq;
	switch (event->kind) {
	case EVENT_OPEN:
		/* glibc 2.41 may close what a failed dlopen opened without LA_ACT_DELETE. */
		if (s->going_count && !opened_in_dlclose(s, event->index))
			scopes_sweep(s);
		take_open(s, event->index);
		break;
	case EVENT_CALL:
		take_call(s, event->index);
		break;
	case EVENT_CLOSE:
		scopes_unmap(s, event->index);
		break;
	case EVENT_RETURN:
		take_return(s, event->index);
		break;
	case EVENT_SWEEP:
		scopes_sweep(s);
		break;
	}
}

void scopes_advance(struct scopes *s, uint64_t seq)
{
	if (seq < s->now) /* in the database of somebody whose events are out of order */
		return;
	for (;;) {
		uint64_t event = UINT64_MAX, binding = UINT64_MAX;

		if (s->event_at < s->event_count)
			event = s->events[s->event_at].seq;
		if (s->binding_at < s->binding_count)
			binding = s->bindings[s->binding_at].seq;
		if (s->event_at < s->event_count && event <= binding && event <= seq)
			take_event(s, &s->events[s->event_at++]);
		else if (s->binding_at < s->binding_count && binding <= seq)
			scopes_bind(s, &s->bindings[s->binding_at++]);
		else
			break;
		s->used_valid = false;
	}
	s->now = seq;
	if (seq == UINT64_MAX) /* what is asked of the end is asked of no moment in a dlclose */
		scopes_sweep(s);
	if (s->program != NONE)
		place_ldso(s);
}

uint64_t scopes_now(const struct scopes *s)
{
	return s->now;
}
