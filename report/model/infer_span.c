/*
 * infer_span.c - how long each call lasted: at least until the last event known to be inside it, at
 * most until the first event of its thread behind it.
 */
#include "report/model/infer.h"
#include "report/util.h"

struct lane {         /* one thread */
	int *running; /* calls that have not returned, outermost first */
	size_t count, room;
};

struct sweep {
	struct recording *rec;
	struct lane *lanes;
	size_t lane_count, lane_room;
	struct number_map lane_of_tid;
	uint64_t exit_begin;
};

static struct lane *lane_of(struct sweep *sweep, uint32_t tid)
{
	int index = number_map_get(&sweep->lane_of_tid, tid);

	if (index != NONE)
		return &sweep->lanes[index];
	number_map_set(&sweep->lane_of_tid, tid, (int)sweep->lane_count);
	return GROW(sweep->lanes, sweep->lane_count, sweep->lane_room);
}

static void return_innermost(struct sweep *sweep, struct lane *lane, uint64_t seq, uint64_t ns)
{
	struct call *call = &sweep->rec->calls[lane->running[--lane->count]];

	call->returned_seq = seq;
	call->returned_ns = ns;
}

/* The others load nothing: the next event of their thread is behind them. */
static bool is_over(const struct call *call)
{
	return call->kind != CALL_DLOPEN && call->kind != CALL_DLMOPEN &&
	       call->kind != CALL_DLCLOSE;
}

static void extend(struct sweep *sweep, const struct lane *lane, uint64_t seq, uint64_t ns)
{
	for (size_t i = 0; i < lane->count; i++) {
		sweep->rec->calls[lane->running[i]].inside_seq = seq;
		sweep->rec->calls[lane->running[i]].inside_ns = ns;
	}
}

/* An event of ld.so. */
struct moment {
	uint32_t tid;
	uint64_t sp; /* 0: not known */
	uint64_t seq, ns;
	int stack; /* or NONE */
};

/*
 * Has the call returned?  What comes from deeper in the stack may come from another function that
 * the same one called later; a stack tells.  In exit, the program's own calls are over.
 */
static bool is_behind(const struct sweep *sweep, const struct moment *moment,
		      const struct call *call)
{
	if (is_over(call) || moment->seq >= sweep->exit_begin)
		return true;
	if (moment->sp == 0)
		return false;
	return moment->sp >= call->sp ||
	       stack_inside(sweep->rec, moment->stack, 0, call) == OUTSIDE;
}

static void inside_event(struct sweep *sweep, const struct moment *moment)
{
	struct lane *lane = lane_of(sweep, moment->tid);

	while (lane->count &&
	       is_behind(sweep, moment, &sweep->rec->calls[lane->running[lane->count - 1]]))
		return_innermost(sweep, lane, moment->seq, moment->ns);
	extend(sweep, lane, moment->seq, moment->ns);
}

static void enter_call(struct sweep *sweep, int index)
{
	const struct call *call = &sweep->rec->calls[index];
	struct lane *lane = lane_of(sweep, call->tid);

	while (lane->count && lane->running[lane->count - 1] != call->parent)
		return_innermost(sweep, lane, call->seq, call->time_ns);
	*GROW(lane->running, lane->count, lane->room) = index;
	extend(sweep, lane, call->seq, call->time_ns);
}

/* The next event of the four arrays; false behind the last. */
static bool step(struct sweep *sweep, size_t at[4])
{
	const struct recording *rec = sweep->rec;
	uint64_t seqs[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	int first = 0;

	while (at[3] < rec->object_count && rec->objects[at[3]].inherited)
		at[3]++;
	if (at[0] < rec->call_count)
		seqs[0] = rec->calls[at[0]].seq;
	if (at[1] < rec->search_count)
		seqs[1] = rec->searches[at[1]].seq;
	if (at[2] < rec->activity_count)
		seqs[2] = rec->activities[at[2]].seq;
	if (at[3] < rec->object_count)
		seqs[3] = rec->objects[at[3]].opened_seq;
	for (int i = 1; i < 4; i++)
		if (seqs[i] < seqs[first])
			first = i;
	if (seqs[first] == UINT64_MAX)
		return false;
	if (first == 0) {
		enter_call(sweep, (int)at[0]);
	} else if (first == 1) {
		const struct search *search = &rec->searches[at[1]];

		inside_event(sweep,
			     &(struct moment){search->tid, search->sp, search->seq, search->time_ns,
					      search->root ? search->stack : NONE});
	} else if (first == 2) {
		const struct activity *activity = &rec->activities[at[2]];

		inside_event(sweep, &(struct moment){activity->tid, activity->sp, activity->seq,
						     activity->time_ns, NONE});
	} else {
		const struct object *object = &rec->objects[at[3]];

		inside_event(sweep, &(struct moment){object->opened_tid, 0, object->opened_seq,
						     object->opened_ns, NONE});
	}
	at[first]++;
	return true;
}

void spans_infer(struct recording *rec)
{
	struct sweep sweep = {.rec = rec, .exit_begin = find_exit_begin(rec)};
	size_t at[4] = {0};

	while (step(&sweep, at))
		;
	for (size_t i = 0; i < sweep.lane_count; i++)
		free(sweep.lanes[i].running);
	free(sweep.lanes);
	number_map_release(&sweep.lane_of_tid);
}
