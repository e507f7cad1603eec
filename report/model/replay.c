#include "report/model/replay.h"

#include "audit/spool.h"
#include "report/model/infer.h"
#include "report/util.h"

/* Forget former conclusions, and repair references that lead nowhere: recordings are untrusted. */
static int checked(int index, size_t count)
{
	return index >= 0 && (size_t)index < count ? index : NONE;
}

static void reset_objects(struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		struct object *object = &rec->objects[i];

		object->reason = REASON_UNKNOWN;
		object->reason_object = NONE;
		object->reason_call = NONE;
		object->reason_search = NONE;
		for (size_t j = 0; j < object->needed_count; j++)
			object->needed[j].resolved = NONE;
		if (!object->path)
			object->path = xstrdup("");
	}
}

static void reset_events(struct recording *rec)
{
	for (size_t i = 0; i < rec->search_count; i++) {
		struct search *search = &rec->searches[i];

		search->requester = checked(search->requester, rec->object_count);
		search->request = NONE;
		search->rule = RULE_UNKNOWN;
		search->owner = NONE;
		search->outcome = OUTCOME_UNKNOWN;
		search->result = NONE;
		if (!search->tried)
			search->tried = xstrdup("");
	}
	for (size_t i = 0; i < rec->call_count; i++) {
		struct call *call = &rec->calls[i];

		call->caller = checked(call->caller, rec->object_count);
		call->parent = NONE;
		call->result = NONE;
		call->known_by = KNOWN_NOT;
		call->outcome = OUTCOME_UNKNOWN;
		call->inside_seq = call->seq;
		call->inside_ns = call->time_ns;
		call->returned_seq = call->returned_ns = 0;
	}
}

/* LD_PRELOAD's names, separated by colons or white space. */
static void split_preloads(struct replay *rp)
{
	const char *s = recording_getenv(rp->rec, "LD_PRELOAD");

	while (s && *s) {
		size_t n = strcspn(s, " \t\n:");

		if (n)
			*GROW(rp->preloads, rp->preload_count, rp->preload_room) = xstrndup(s, n);
		s += n + (s[n] != '\0');
	}
}

static bool has_merged_usr(const struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (strncmp(object->path, "/lib", 4) == 0 && object->real_path &&
		    strncmp(object->real_path, "/usr/lib", 8) == 0)
			return true;
	}
	return false;
}

/* A full disk cuts a recording's end off; whatever else was lost may be missing anywhere. */
static bool has_gaps(const struct recording *rec)
{
	bool only_tail = (rec->lost_reason & (SPOOL_LOST_NO_SPACE | SPOOL_LOST_NO_MEMORY)) ==
			 SPOOL_LOST_NO_SPACE;

	return rec->damaged_at != 0 || (rec->lost_events && !only_tail);
}

static void init(struct replay *rp, struct recording *rec)
{
	*rp = (struct replay){.rec = rec, .program = NONE, .ldso = NONE};
	rp->requests = xcalloc(rec->search_count, sizeof(*rp->requests));
	rp->calls = xcalloc(rec->call_count, sizeof(*rp->calls));
	rp->objects = xcalloc(rec->object_count, sizeof(*rp->objects));
	for (size_t i = 0; i < rec->search_count; i++)
		rp->requests[i].call = rp->requests[i].last_try = NONE;
	for (size_t i = 0; i < rec->call_count; i++)
		rp->calls[i] = (struct call_state){NONE, NONE, NONE, false, false};
	for (size_t i = 0; i < rec->object_count; i++)
		rp->objects[i].candidate_of = NONE;
	rp->started = strcmp(rec->begin_kind, "fork") == 0;
	rp->gaps = has_gaps(rec);
	rp->ended = strcmp(rec->end_kind, "exit") == 0 && rec->lost_events == 0;
	rp->merged_usr = has_merged_usr(rec);
	rp->exit_begin = find_exit_begin(rec);
	split_preloads(rp);
}

static void release(struct replay *rp)
{
	for (size_t i = 0; i < rp->rec->object_count; i++) {
		free(rp->objects[i].keys);
		search_places_free(rp->objects[i].places, rp->objects[i].place_count);
	}
	for (size_t i = 0; i < rp->thread_count; i++)
		free(rp->threads[i].running);
	for (size_t i = 0; i < rp->preload_count; i++)
		free(rp->preloads[i]);
	free(rp->preloads);
	free(rp->threads);
	free(rp->objects);
	free(rp->calls);
	free(rp->requests);
	number_map_release(&rp->thread_of_tid);
	number_map_release(&rp->object_of_link_map);
	number_map_release(&rp->handed_to);
	key_index_release(&rp->index);
}

static struct thread *thread_of(struct replay *rp, uint32_t tid)
{
	int index = number_map_get(&rp->thread_of_tid, tid);
	struct thread *thread;

	if (index != NONE)
		return &rp->threads[index];
	number_map_set(&rp->thread_of_tid, tid, (int)rp->thread_count);
	thread = GROW(rp->threads, rp->thread_count, rp->thread_room);
	thread->pending = NONE;
	thread->waiting = NONE;
	thread->undecided = NONE;
	return thread;
}

static void activity_event(struct replay *rp, const struct activity *activity)
{
	struct thread *thread = thread_of(rp, activity->tid);

	thread->waiting = NONE;
	if (activity->kind == ACTIVITY_ADD) /* between a request and the object it opens */
		return;
	search_loading_ended(rp, thread, activity->kind);
	if (activity->kind == ACTIVITY_CONSISTENT)
		rp->epoch++;
	if (activity->kind == ACTIVITY_PREINIT)
		rp->started = true;
}

/* The recording's events in the order of their seq; one cursor for each array. */
enum source { FROM_OPENS, FROM_CLOSES, FROM_SEARCHES, FROM_CALLS, FROM_ACTIVITIES, FROM_BINDINGS };
#define SOURCES 6

struct events {
	const struct recording *rec;
	const struct dlsym_binding *bindings;
	int *closes; /* closed objects, by closed_seq */
	size_t counts[SOURCES], at[SOURCES];
};

static uint64_t seq_at(const struct events *events, enum source source, size_t i)
{
	switch (source) {
	case FROM_OPENS:
		return events->rec->objects[i].opened_seq;
	case FROM_CLOSES:
		return events->rec->objects[events->closes[i]].closed_seq;
	case FROM_SEARCHES:
		return events->rec->searches[i].seq;
	case FROM_CALLS:
		return events->rec->calls[i].seq;
	case FROM_ACTIVITIES:
		return events->rec->activities[i].seq;
	case FROM_BINDINGS:
		return events->bindings[i].seq;
	}
	return UINT64_MAX;
}

static int compare_closed(const void *a, const void *b, void *data)
{
	const struct recording *rec = data;
	const struct object *x = &rec->objects[*(const int *)a];
	const struct object *y = &rec->objects[*(const int *)b];

	return x->closed_seq < y->closed_seq ? -1 : x->closed_seq > y->closed_seq;
}

static void events_init(struct events *events, struct recording *rec,
			const struct dlsym_binding *bindings, size_t binding_count)
{
	size_t closed = 0;

	*events = (struct events){.rec = rec, .bindings = bindings};
	events->closes = xcalloc(rec->object_count, sizeof(*events->closes));
	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].closed_seq)
			events->closes[closed++] = (int)i;
	qsort_r(events->closes, closed, sizeof(*events->closes), compare_closed, rec);
	events->counts[FROM_OPENS] = rec->object_count;
	events->counts[FROM_CLOSES] = closed;
	events->counts[FROM_SEARCHES] = rec->search_count;
	events->counts[FROM_CALLS] = rec->call_count;
	events->counts[FROM_ACTIVITIES] = rec->activity_count;
	events->counts[FROM_BINDINGS] = binding_count;
}

static bool events_next(struct events *events, enum source *ret_source, size_t *ret_index)
{
	uint64_t first = UINT64_MAX;
	int found = NONE;

	for (int i = 0; i < SOURCES; i++) {
		uint64_t seq;

		if (events->at[i] == events->counts[i])
			continue;
		seq = seq_at(events, (enum source)i, events->at[i]);
		if (found == NONE || seq < first) {
			found = i;
			first = seq;
		}
	}
	if (found == NONE)
		return false;
	*ret_source = (enum source)found;
	*ret_index = events->at[found]++;
	return true;
}

static void feed(struct replay *rp, const struct events *events, enum source source, size_t i)
{
	const struct recording *rec = rp->rec;

	switch (source) {
	case FROM_OPENS:
		load_open(rp, (int)i);
		break;
	case FROM_CLOSES:
		load_close(rp, events->closes[i]);
		break;
	case FROM_SEARCHES:
		search_event(rp, thread_of(rp, rec->searches[i].tid), (int)i);
		break;
	case FROM_CALLS:
		call_event(rp, thread_of(rp, rec->calls[i].tid), (int)i);
		break;
	case FROM_ACTIVITIES:
		activity_event(rp, &rec->activities[i]);
		break;
	case FROM_BINDINGS:
		call_binding(rp, &events->bindings[i]);
		break;
	}
}

void replay_infer(struct recording *rec, const struct dlsym_binding *bindings, size_t binding_count)
{
	struct replay rp;
	struct events events;
	enum source source;
	size_t i;

	reset_objects(rec);
	reset_events(rec);
	init(&rp, rec);
	events_init(&events, rec, bindings, binding_count);
	while (events_next(&events, &source, &i))
		feed(&rp, &events, source, i);
	/* execve by the only thread there was: it is not in a dlopen any more. */
	if (strcmp(rec->end_kind, "exec") == 0 && rec->lost_events == 0 && rp.thread_count == 1)
		rp.ended = true;
	for (i = 0; i < rp.thread_count; i++) {
		search_settle(&rp, &rp.threads[i], false);
		calls_return_all(&rp, &rp.threads[i]);
	}
	free(events.closes);
	release(&rp);
	spans_infer(rec);
}
