/*
 * infer_load.c - objects: why each was loaded, what its DT_NEEDED came to, when it went.
 */
#include "report/model/infer.h"
#include "report/util.h"

static struct thread *thread_of(struct replay *rp, uint32_t tid)
{
	int index = number_map_get(&rp->thread_of_tid, tid);

	return index == NONE ? NULL : &rp->threads[index];
}

/* Does this object answer the request?  ld.so opens a link map under the very path that it tried;
 * another auditor may have changed that, so the file name or the SONAME will do too. */
static bool answers(const struct replay *rp, const struct object *object, int request)
{
	const struct search *search = &rp->rec->searches[request];
	int last_try = rp->requests[request].last_try;
	const char *tried = last_try == NONE ? search->tried : rp->rec->searches[last_try].tried;

	if (strcmp(object->path, tried) == 0 ||
	    (object->real_path && strcmp(object->real_path, tried) == 0))
		return true;
	if (strcmp(base_name(object->path), base_name(tried)) == 0)
		return true;
	return object->soname && strcmp(object->soname, base_name(search->tried)) == 0;
}

static void opened_by_request(struct replay *rp, struct thread *thread, int index)
{
	struct object *object = &rp->rec->objects[index];
	int search = thread->pending;
	const struct request_state *request = &rp->requests[search];

	thread->pending = NONE;
	request_loaded(rp, search, index);
	object->reason = request->reason;
	object->reason_call = request->call;
	object->reason_search = request->last_try != NONE ? request->last_try : search;
	object->reason_object = rp->rec->searches[search].requester;
	if (request->reason == REASON_DLOPEN && request->call != NONE) {
		rp->calls[request->call].object = index;
		if (rp->rec->calls[request->call].caller != NONE)
			object->reason_object = rp->rec->calls[request->call].caller;
	}
}

/* dlmopen of a path names no requester, so there is no la_objsearch: the running call tells. */
static void opened_by_call(struct replay *rp, struct thread *thread, int index)
{
	struct object *object = &rp->rec->objects[index];
	int call = call_for_name(rp, thread, object->path);

	if (call == NONE && object->real_path)
		call = call_for_name(rp, thread, object->real_path);
	if (call == NONE)
		return;
	rp->calls[call].object = index;
	object->reason = REASON_DLOPEN;
	object->reason_call = call;
	object->reason_object = rp->rec->calls[call].caller;
}

static void library_opened(struct replay *rp, int index)
{
	struct object *object = &rp->rec->objects[index];
	struct thread *thread = thread_of(rp, object->opened_tid);
	const char *asked = NULL;

	if (thread && thread->pending != NONE && thread->may_open &&
	    answers(rp, object, thread->pending)) {
		asked = rp->rec->searches[thread->pending].tried;
		opened_by_request(rp, thread, index);
	} else if (thread) {
		search_settle(rp, thread, true);
		opened_by_call(rp, thread, index);
		if (object->reason_call != NONE)
			asked = rp->rec->calls[object->reason_call].name;
	}
	/* Auditors come before the program, into namespaces of their own (elf/rtld.c,
	 * load_audit_modules); no call and no DT_NEEDED names them. */
	if (object->reason == REASON_UNKNOWN && object->name_space != 0 && rp->program == NONE)
		object->reason = REASON_AUDIT;
	names_add_object(rp, index, asked);
}

/* What is loaded under a DT_NEEDED name satisfies it at once; the others wait for the loads that
 * follow. */
static void resolve_needed(struct replay *rp, int index)
{
	struct object *object = &rp->rec->objects[index];

	for (size_t i = 0; i < object->needed_count; i++) {
		const char *name = object->needed[i].name;
		AUTO_FREE char *expanded = NULL;
		struct key *key;

		if (!name || !*name)
			continue;
		if (strchr(name, '$'))
			name = expanded = search_path_expand(rp->rec, index, name, strlen(name));
		key = key_make(&rp->index, KEY_NAME, object->name_space, name);
		if (key->count) {
			object->needed[i].resolved = key->members[0];
			continue;
		}
		if (key->waiter_count && key->waiters[0].epoch != rp->epoch)
			key->waiter_count = 0; /* of a load that is over */
		*GROW(key->waiters, key->waiter_count, key->waiter_room) =
			(struct waiter){index, i, rp->epoch};
	}
}

/* ld.so's own entry in another namespace is announced late or never; it is the one ld.so. */
static void unopened(struct replay *rp, int index)
{
	struct object *object = &rp->rec->objects[index];

	if (rp->ldso != NONE && object->dynamic &&
	    object->dynamic == rp->rec->objects[rp->ldso].dynamic)
		object->reason = REASON_LDSO;
}

void load_open(struct replay *rp, int index)
{
	struct object *object = &rp->rec->objects[index];

	rp->objects[index].live = true;
	if (object->kind != OBJECT_UNOPENED ||
	    number_map_get(&rp->object_of_link_map, object->link_map) == NONE)
		number_map_set(&rp->object_of_link_map, object->link_map, index);
	switch (object->kind) {
	case OBJECT_MAIN:
		object->reason = REASON_MAIN;
		if (rp->program == NONE)
			rp->program = index;
		names_add_object(rp, index, NULL);
		break;
	case OBJECT_LDSO:
		object->reason = REASON_LDSO;
		if (rp->ldso == NONE)
			rp->ldso = index;
		names_add_object(rp, index, NULL);
		break;
	case OBJECT_VDSO:
		object->reason = REASON_VDSO;
		names_add_object(rp, index, NULL);
		break;
	case OBJECT_UNOPENED:
		unopened(rp, index);
		return;
	case OBJECT_LIBRARY:
		if (!object->inherited) {
			library_opened(rp, index);
			break;
		}
		object->reason = REASON_INHERITED;
		names_add_object(rp, index, NULL);
		break;
	}
	if (object->inherited)
		rp->started = true;
	resolve_needed(rp, index);
}

/*
 * A dlopen that fails after it opened something (a DT_NEEDED is not found, a symbol is undefined)
 * closes all of it before anything else happens in its thread.  A dlclose, and exit, close too.
 */
static bool is_failed_load(struct replay *rp, const struct object *object)
{
	const struct thread *thread = thread_of(rp, object->opened_tid);

	return rp->started && !object->inherited && object->closed_seq < rp->exit_begin &&
	       rp->last_dlclose < object->opened_seq && thread &&
	       thread->outside_seq < object->opened_seq;
}

void load_close(struct replay *rp, int index)
{
	struct object *object = &rp->rec->objects[index];
	struct object_state *state = &rp->objects[index];

	state->failed_load = object->kind == OBJECT_LIBRARY && is_failed_load(rp, object);
	state->live = false;
	if (number_map_get(&rp->object_of_link_map, object->link_map) == index)
		number_map_set(&rp->object_of_link_map, object->link_map, NONE);
	names_remove_object(rp, index);
}

/* The last event other than la_objclose before `seq`. */
static uint64_t last_event_before(const struct recording *rec, uint64_t seq)
{
	uint64_t last = 0;

#define LAST(array, count, field)                                            \
	for (size_t i = 0; i < rec->count; i++)                              \
		if (rec->array[i].field < seq && rec->array[i].field > last) \
	last = rec->array[i].field
	LAST(objects, object_count, opened_seq);
	LAST(searches, search_count, seq);
	LAST(calls, call_count, seq);
	LAST(activities, activity_count, seq);
#undef LAST
	return last;
}

static int32_t activity_name_space(const struct recording *rec, const struct activity *activity)
{
	int object = activity->object;

	return object >= 0 && (size_t)object < rec->object_count ? rec->objects[object].name_space
								 : NAME_SPACE_UNKNOWN;
}

/*
 * exit closes the namespaces from the highest to the base one, and there the program first.  Since
 * glibc 2.35 each begins with LA_ACT_DELETE and ends with LA_ACT_CONSISTENT; before, nothing is
 * said but the closes themselves.
 */
uint64_t find_exit_begin(const struct recording *rec)
{
	uint64_t closed = 0, begin;
	int32_t name_space = 0;
	size_t i = rec->activity_count;

	for (size_t j = 0; j < rec->object_count && !closed; j++)
		if (rec->objects[j].kind == OBJECT_MAIN)
			closed = rec->objects[j].closed_seq;
	if (!closed)
		return UINT64_MAX;
	begin = last_event_before(rec, closed) + 1;
	while (i > 0 && rec->activities[i - 1].seq >= closed)
		i--;
	if (i == 0 || rec->activities[i - 1].kind != ACTIVITY_DELETE)
		return begin;
	begin = rec->activities[--i].seq;
	while (i >= 2 && rec->activities[i - 1].kind == ACTIVITY_CONSISTENT &&
	       rec->activities[i - 2].kind == ACTIVITY_DELETE &&
	       activity_name_space(rec, &rec->activities[i - 2]) > name_space) {
		i -= 2;
		name_space = activity_name_space(rec, &rec->activities[i]);
		begin = rec->activities[i].seq;
	}
	return begin;
}
