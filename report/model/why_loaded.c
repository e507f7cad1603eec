#include "report/model/why_loaded.h"

#include "report/model/infer.h"
#include "report/model/why_found.h"
#include "report/util.h"

static bool is_call(const struct recording *rec, int call)
{
	return call >= 0 && (size_t)call < rec->call_count;
}

static void fill_step(const struct recording *rec, int index, struct load_step *step)
{
	const struct object *object = &rec->objects[index];

	*step = (struct load_step){.object = index,
				   .reason = object->reason,
				   .by = NONE,
				   .call = NONE,
				   .request = NONE,
				   .hit = NONE};
	if (has_object(rec, object->reason_object))
		step->by = object->reason_object;
	if (object->reason == REASON_DLOPEN && is_call(rec, object->reason_call)) {
		step->call = object->reason_call;
		if (has_object(rec, rec->calls[step->call].caller))
			step->by = rec->calls[step->call].caller;
	}
	step->request = search_request(rec, object->reason_search);
	if (step->request == NONE)
		return;
	step->hit = search_hit(rec, step->request);
	for (int i = step->request; (i = search_next_probe(rec, step->request, i)) != NONE;)
		step->misses += i != step->hit;
}

static void build_chain(const struct recording *rec, struct why_loaded *why)
{
	AUTO_FREE bool *seen = xcalloc(rec->object_count, sizeof(*seen));
	int object = why->object;

	while (object != NONE) {
		struct load_step *step = GROW(why->steps, why->step_count, why->step_room);

		fill_step(rec, object, step);
		seen[object] = true;
		/* libc is there anyway: whom it worked for is in the stack, not in the chain. */
		if (step->reason != REASON_NEEDED && step->reason != REASON_DLOPEN)
			break;
		object = step->by;
		if (object != NONE && seen[object]) {
			why->circular = true;
			break;
		}
	}
	for (size_t i = 0, j = why->step_count; i + 1 < j; i++) {
		struct load_step swap = why->steps[i];

		why->steps[i] = why->steps[--j];
		why->steps[j] = swap;
	}
}

static struct load_asked *add_asked(struct why_loaded *why, enum asked_kind kind, uint64_t seq,
				    uint64_t time_ns, int by)
{
	struct load_asked *asked = GROW(why->asked, why->asked_count, why->asked_room);

	*asked = (struct load_asked){.kind = kind,
				     .seq = seq,
				     .time_ns = time_ns,
				     .by = by,
				     .call = NONE,
				     .search = NONE};
	return asked;
}

/* Every other object whose DT_NEEDED came to this one. */
static void add_needed_by(const struct recording *rec, struct why_loaded *why)
{
	const struct object *object = &rec->objects[why->object];
	const struct load_step *last = &why->steps[why->step_count - 1];

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *other = &rec->objects[i];

		if (object->inherited && other->inherited)
			continue;
		if ((last->reason == REASON_NEEDED && last->by == (int)i) || (int)i == why->object)
			continue;
		for (size_t j = 0; j < other->needed_count; j++) {
			if (other->needed[j].resolved != why->object)
				continue;
			/* ld.so goes breadth first: who needs it may be older than it. */
			add_asked(why, ASKED_NEEDED,
				  other->opened_seq > object->opened_seq ? other->opened_seq
									 : object->opened_seq,
				  other->opened_ns > object->opened_ns ? other->opened_ns
								       : object->opened_ns,
				  (int)i);
			break;
		}
	}
}

static void add_calls(const struct recording *rec, struct why_loaded *why)
{
	const struct load_step *last = &why->steps[why->step_count - 1];

	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];
		enum asked_kind kind;

		if (call->result != why->object || last->call == (int)i)
			continue;
		if (call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN)
			kind = ASKED_OPEN;
		else if (call->kind == CALL_DLCLOSE)
			kind = ASKED_CLOSE;
		else
			continue;
		add_asked(why, kind, call->seq, call->time_ns, call->caller)->call = (int)i;
	}
}

/* Searches that came to it, though it was there, and that no tapped call asked for. */
static void add_searches(const struct recording *rec, struct why_loaded *why)
{
	const struct load_step *last = &why->steps[why->step_count - 1];

	for (size_t i = 0; i < rec->search_count; i++) {
		const struct search *search = &rec->searches[i];

		if (search->result != why->object || search->origin != ORIGIN_NAME ||
		    !search->root || search->stack == NONE ||
		    search->outcome != OUTCOME_ALREADY_LOADED || last->request == (int)i ||
		    search_call(rec, (int)i) != NONE)
			continue;
		add_asked(why, ASKED_LIBC, search->seq, search->time_ns, search->requester)
			->search = (int)i;
	}
}

static int compare_asked(const void *a, const void *b)
{
	const struct load_asked *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (x->by > y->by) - (x->by < y->by);
}

void why_loaded_build(const struct recording *rec, int object, struct why_loaded *ret)
{
	*ret = (struct why_loaded){.object = object};
	build_chain(rec, ret);
	add_needed_by(rec, ret);
	add_calls(rec, ret);
	add_searches(rec, ret);
	if (ret->asked_count)
		qsort(ret->asked, ret->asked_count, sizeof(*ret->asked), compare_asked);
}

void why_loaded_release(struct why_loaded *why)
{
	free(why->steps);
	free(why->asked);
	*why = (struct why_loaded){.object = NONE};
}

bool object_closed_at_exit(const struct recording *rec, int index)
{
	uint64_t closed = rec->objects[index].closed_seq;

	return closed && closed >= find_exit_begin(rec);
}

void sign_call(const struct recording *rec, int index, struct strbuf *sb)
{
	const struct call *call = &rec->calls[index];

	strbuf_addf(sb, "\1%d\1%s\1%x\1%d", (int)call->kind, call->name ? call->name : "",
		    call->flags, (int)call->outcome);
	if (call->stack >= 0 && (size_t)call->stack < rec->stack_count &&
	    rec->stacks[call->stack].frame_count) {
		const struct frame *frame = &rec->stacks[call->stack].frames[0];

		strbuf_addf(sb, "\1%s\1%d", frame->function ? frame->function : "", frame->line);
	}
}

char *why_loaded_chain_signature(const struct recording *rec, const struct why_loaded *why)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < why->step_count; i++) {
		const struct load_step *step = &why->steps[i];

		strbuf_addf(&sb, "%s\1%d\1%zu\1%d", rec->objects[step->object].path,
			    (int)step->reason, step->misses, rec->objects[step->object].name_space);
		if (step->hit != NONE)
			strbuf_addf(&sb, "\1%s\1%d", rec->searches[step->hit].tried,
				    (int)rec->searches[step->hit].rule);
		if (step->call != NONE)
			sign_call(rec, step->call, &sb);
		strbuf_addch(&sb, '\n');
	}
	return strbuf_detach(&sb);
}

char *why_loaded_signature(const struct recording *rec, const struct why_loaded *why)
{
	AUTO_FREE char *chain = why_loaded_chain_signature(rec, why);
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, chain);
	for (size_t i = 0; i < why->asked_count; i++) {
		const struct load_asked *asked = &why->asked[i];

		strbuf_addf(&sb, "%d\1%s", (int)asked->kind,
			    asked->by == NONE ? "" : rec->objects[asked->by].path);
		if (asked->call != NONE)
			sign_call(rec, asked->call, &sb);
		strbuf_addch(&sb, '\n');
	}
	strbuf_addf(&sb, "%d%d", object_failed_call(rec, why->object) != NONE,
		    rec->objects[why->object].closed_seq != 0 &&
			    !object_closed_at_exit(rec, why->object));
	return strbuf_detach(&sb);
}
