#include "report/findings/failures.h"

#include "report/model/why_found.h"

/* The process is over, and its program never ran: ld.so itself ended it. */
static bool start_failed(const struct recording *rec)
{
	return strcmp(rec->begin_kind, "fork") != 0 && strcmp(rec->end_kind, "running") != 0 &&
	       !rec->lost_events && !rec->damaged_at && rec->object_count > 0 &&
	       recording_preinit(rec) == UINT64_MAX;
}

static void build(struct rule_input *input, struct scopes *scopes, struct failed_load *load)
{
	uint64_t seq = 0;

	if (!scopes)
		return;
	for (size_t i = 0; i < load->count; i++)
		if (input->rec->objects[load->objects[i]].opened_seq > seq)
			seq = input->rec->objects[load->objects[i]].opened_seq;
	scopes_advance(scopes, seq);
	load_failure_build(input->rec, scopes, input_symbols(input), load->objects, load->count,
			   &load->cause);
}

static void add_start(struct rule_input *input, struct scopes *scopes, struct failed_loads *ret)
{
	const struct recording *rec = input->rec;
	struct failed_load *load = GROW(ret->list, ret->count, ret->room);

	load->call = NONE;
	load->objects = xcalloc(rec->object_count, sizeof(*load->objects));
	for (size_t i = 0; i < rec->object_count; i++)
		if (object_is_file(&rec->objects[i]))
			load->objects[load->count++] = (int)i;
	build(input, scopes, load);
}

static bool any_failed(const struct recording *rec)
{
	for (size_t i = 0; i < rec->call_count; i++)
		if (call_opens(&rec->calls[i]) && rec->calls[i].outcome == OUTCOME_FAILED)
			return true;
	return start_failed(rec);
}

void failed_loads_find(struct rule_input *input, struct failed_loads *ret)
{
	const struct recording *rec = input->rec;
	struct scopes *scopes;

	*ret = (struct failed_loads){0};
	if (!any_failed(rec))
		return;
	scopes = input_symbols(input) ? input_scopes(input, false) : NULL;
	for (size_t i = 0; i < rec->call_count; i++) {
		struct failed_load load = {.call = (int)i};

		if (!call_opens(&rec->calls[i]) || rec->calls[i].outcome != OUTCOME_FAILED)
			continue;
		load.count = load_failure_objects(rec, (int)i, &load.objects);
		/* A library that was not found is the reason, and needs no other. */
		if (!load.count || call_missing_request(rec, (int)i) != NONE) {
			free(load.objects);
			continue;
		}
		build(input, scopes, &load);
		*GROW(ret->list, ret->count, ret->room) = load;
	}
	if (start_failed(rec))
		add_start(input, scopes, ret);
}

void failed_loads_release(struct failed_loads *loads)
{
	for (size_t i = 0; i < loads->count; i++) {
		free(loads->list[i].objects);
		load_failure_release(&loads->list[i].cause);
	}
	free(loads->list);
	*loads = (struct failed_loads){0};
}

void finding_add_failure(struct finding *finding, const struct recording *rec,
			 const struct failed_load *load)
{
	if (load->call != NONE)
		finding_add_call(finding, rec, "failed", load->call);
	else
		finding_add_evidence(finding, xstrdup("the program did not start: ld.so ended it"));
}
