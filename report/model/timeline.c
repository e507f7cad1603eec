#include "report/model/timeline.h"

#include "report/model/infer.h"
#include "report/model/why_found.h"
#include "report/model/why_resident.h"
#include "report/util.h"

static struct timeline_entry *add(struct timeline *timeline, enum timeline_kind kind, uint64_t seq,
				  uint64_t time_ns)
{
	struct timeline_entry *entry = GROW(timeline->entries, timeline->count, timeline->room);

	*entry = (struct timeline_entry){.kind = kind,
					 .object = NONE,
					 .call = NONE,
					 .seq = seq,
					 .time_ns = time_ns,
					 .has_most = true,
					 .parent = NONE};
	return entry;
}

static uint64_t since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static void add_start(const struct recording *rec, struct timeline *timeline)
{
	for (size_t i = 0; i < rec->activity_count; i++) {
		const struct activity *activity = &rec->activities[i];
		struct timeline_entry *entry;

		if (activity->kind != ACTIVITY_PREINIT)
			continue;
		entry = add(timeline, TIMELINE_START, 0, 0);
		entry->tid = activity->tid;
		entry->least_ns = entry->most_ns = activity->time_ns;
		return;
	}
}

static void add_calls(const struct recording *rec, struct timeline *timeline)
{
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];
		struct timeline_entry *entry;

		if (call->kind != CALL_DLOPEN && call->kind != CALL_DLMOPEN &&
		    call->kind != CALL_DLCLOSE)
			continue;
		entry = add(timeline, TIMELINE_CALL, call->seq, call->time_ns);
		entry->call = (int)i;
		entry->tid = call->tid;
		entry->object = call->result;
		entry->least_ns = since(call->time_ns, call->inside_ns);
		entry->most_ns = since(call->time_ns, call->returned_ns);
		entry->has_most = call->returned_seq != 0;
	}
}

static void add_loads(const struct recording *rec, struct timeline *timeline)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];
		int request = search_request(rec, object->reason_search);
		struct timeline_entry *entry;

		if (object->inherited || object->kind == OBJECT_UNOPENED)
			continue;
		entry = add(timeline, TIMELINE_LOAD, object->opened_seq, object->opened_ns);
		entry->object = (int)i;
		entry->tid = object->opened_tid;
		if (request == NONE)
			continue;
		entry->seq = rec->searches[request].seq;
		entry->time_ns = rec->searches[request].time_ns;
		entry->least_ns = entry->most_ns = since(entry->time_ns, object->opened_ns);
	}
}

static void add_unloads(const struct recording *rec, struct timeline *timeline)
{
	uint64_t exit_begin = find_exit_begin(rec), first = 0, last = 0;
	struct timeline_entry *entry;
	uint64_t begin_seq = UINT64_MAX;
	size_t count = 0;

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (!object->closed_seq)
			continue;
		if (object->closed_seq < exit_begin) {
			entry = add(timeline, TIMELINE_UNLOAD, object->closed_seq,
				    object->closed_ns);
			entry->object = (int)i;
			entry->call = closing_call(rec, (int)i);
			if (entry->call != NONE)
				entry->tid = rec->calls[entry->call].tid;
			continue;
		}
		count++;
		if (object->closed_seq < begin_seq) {
			begin_seq = object->closed_seq;
			first = object->closed_ns;
		}
		if (object->closed_ns > last)
			last = object->closed_ns;
	}
	if (!count)
		return;
	entry = add(timeline, TIMELINE_EXIT, begin_seq, first);
	entry->tid = (uint32_t)rec->pid;
	entry->count = count;
	entry->least_ns = since(first, last);
	entry->has_most = false;
}

static void add_global(const struct recording *rec, struct scopes *scopes,
		       struct timeline *timeline)
{
	size_t count;
	const struct global_entry *joined = scopes_history(scopes, &count);

	for (size_t i = 0; i < count; i++) {
		const struct call *call;
		struct timeline_entry *entry;

		if (joined[i].call == NONE || rec->objects[joined[i].object].name_space != 0)
			continue;
		call = &rec->calls[joined[i].call];
		entry = add(timeline, TIMELINE_GLOBAL, joined[i].seq,
			    joined[i].seq == call->seq ? call->time_ns : call->inside_ns);
		entry->object = joined[i].object;
		entry->call = joined[i].call;
		entry->tid = call->tid;
		entry->promoted = joined[i].promoted;
	}
}

/* Equal seqs keep the order in which they were added: a call before what it did. */
static int compare_entries(const void *a, const void *b, void *data)
{
	const struct timeline_entry *entries = data;
	int i = *(const int *)a, j = *(const int *)b;

	if (entries[i].seq != entries[j].seq)
		return entries[i].seq < entries[j].seq ? -1 : 1;
	return (i > j) - (i < j);
}

static void sort(struct timeline *timeline)
{
	AUTO_FREE int *order = xcalloc(timeline->count, sizeof(*order));
	struct timeline_entry *sorted = xcalloc(timeline->count, sizeof(*sorted));

	for (size_t i = 0; i < timeline->count; i++)
		order[i] = (int)i;
	qsort_r(order, timeline->count, sizeof(*order), compare_entries, timeline->entries);
	for (size_t i = 0; i < timeline->count; i++)
		sorted[i] = timeline->entries[order[i]];
	free(timeline->entries);
	timeline->entries = sorted;
	timeline->room = timeline->count;
}

/* Where things happened: each call's entry, the start's, and that of what libc itself loads. */
struct places {
	int *of_call, *of_load;
	int start;
};

static int parent_of_load(const struct recording *rec, const struct places *places, int index)
{
	/* What came with something that no call named stands below that: up the chain of needs,
	 * which only leads to what was opened before. */
	for (;;) {
		const struct object *object = &rec->objects[index];
		int asker = object->reason_object;
		bool is_root = object->reason == REASON_LIBC || object->reason == REASON_DLOPEN;

		if (object->reason_call >= 0 && (size_t)object->reason_call < rec->call_count)
			return places->of_call[object->reason_call];
		if (is_root)
			return places->of_load[index];
		if (object->reason != REASON_NEEDED || asker < 0 || asker >= index)
			return places->start;
		index = asker;
	}
}

static void find_parents(const struct recording *rec, struct timeline *timeline)
{
	AUTO_FREE int *of_call = xcalloc(rec->call_count, sizeof(*of_call));
	AUTO_FREE int *of_load = xcalloc(rec->object_count, sizeof(*of_load));
	struct places places = {of_call, of_load, NONE};

	for (size_t i = 0; i < rec->call_count; i++)
		of_call[i] = NONE;
	for (size_t i = 0; i < rec->object_count; i++)
		of_load[i] = NONE;
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		if (entry->kind == TIMELINE_START)
			places.start = (int)i;
		else if (entry->kind == TIMELINE_CALL)
			of_call[entry->call] = (int)i;
		else if (entry->kind == TIMELINE_LOAD)
			of_load[entry->object] = (int)i;
	}
	for (size_t i = 0; i < timeline->count; i++) {
		struct timeline_entry *entry = &timeline->entries[i];
		int parent = NONE;

		if (entry->kind == TIMELINE_CALL) {
			int outer = rec->calls[entry->call].parent;

			if (outer >= 0 && (size_t)outer < rec->call_count)
				parent = of_call[outer];
		} else if (entry->kind == TIMELINE_LOAD) {
			parent = parent_of_load(rec, &places, entry->object);
			if (parent == (int)i)
				parent = NONE;
		} else if (entry->call != NONE) {
			parent = of_call[entry->call];
		}
		/* Nothing begins before what it is in: a recording may lie. */
		entry->parent = parent != NONE && parent < (int)i ? parent : NONE;
	}
}

void timeline_build(const struct recording *rec, struct scopes *scopes, struct timeline *ret)
{
	*ret = (struct timeline){0};
	add_start(rec, ret);
	add_calls(rec, ret);
	add_loads(rec, ret);
	if (scopes)
		add_global(rec, scopes, ret);
	add_unloads(rec, ret);
	sort(ret);
	find_parents(rec, ret);
}

void timeline_release(struct timeline *timeline)
{
	free(timeline->entries);
	*timeline = (struct timeline){0};
}

const char *timeline_kind_name(enum timeline_kind kind)
{
	static const char *const names[] = {
		[TIMELINE_START] = "start",   [TIMELINE_CALL] = "call",
		[TIMELINE_LOAD] = "load",     [TIMELINE_GLOBAL] = "global",
		[TIMELINE_UNLOAD] = "unload", [TIMELINE_EXIT] = "exit",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}
