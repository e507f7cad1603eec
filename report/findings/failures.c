#include "report/findings/failures.h"

#include <dlfcn.h>
#include <elf.h>

#include "audit/spool.h"
#include "report/model/why_found.h"

/* To where all its objects were opened, and none was closed. */
static void advance(const struct recording *rec, struct scopes *scopes,
		    const struct failed_load *load)
{
	uint64_t seq = 0;

	for (size_t i = 0; i < load->count; i++)
		if (rec->objects[load->objects[i]].opened_seq > seq)
			seq = rec->objects[load->objects[i]].opened_seq;
	if (seq > scopes_now(scopes))
		scopes_advance(scopes, seq);
}

static void build(struct rule_input *input, struct scopes *scopes, struct failed_load *load)
{
	struct symbol_provider *symbols = input_symbols(input);

	if (!scopes || !symbols)
		return;
	if (load->call != NONE)
		dlopen_failure_find(input->rec, scopes, symbols, input->source->judge, load->call,
				    &load->why);
	/* A library that was not found is the reason, and needs no other. */
	if (load->call != NONE && load->why.kind != FAILURE_VERSION &&
	    load->why.kind != FAILURE_SYMBOL)
		return;
	advance(input->rec, scopes, load);
	load_failure_build(input->rec, scopes, symbols, load->objects, load->count, &load->cause);
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

static bool is_failed(const struct call *call)
{
	return call_opens(call) && call->outcome == OUTCOME_FAILED;
}

void failed_loads_find(struct rule_input *input, struct failed_loads *ret)
{
	const struct recording *rec = input->rec;
	struct scopes *scopes = NULL;

	*ret = (struct failed_loads){0};
	for (size_t i = 0; i < rec->call_count; i++) {
		struct failed_load *load;

		if (!is_failed(&rec->calls[i]))
			continue;
		if (!ret->count)
			scopes = input_scopes(input, false);
		load = GROW(ret->list, ret->count, ret->room);
		load->call = (int)i;
		load->count = load_failure_objects(rec, (int)i, &load->objects);
		build(input, scopes, load);
	}
	if (recording_start_failed(rec))
		add_start(input, scopes ? scopes : input_scopes(input, false), ret);
}

static bool is_lazy(const struct recording *rec, const struct object *object)
{
	const struct call *call;

	if (object->reason != REASON_DLOPEN || !has_call(rec, object->reason_call) ||
	    (object->flags & DF_BIND_NOW) || (object->flags_1 & DF_1_NOW) ||
	    (object->elf_flags & SPOOL_ELF_BIND_NOW))
		return false;
	call = &rec->calls[object->reason_call];
	return !(call->flags & RTLD_NOW) && call->outcome == OUTCOME_LOADED &&
	       !recording_getenv(rec, "LD_BIND_NOW");
}

void lazy_loads_find(struct rule_input *input, struct failed_loads *ret)
{
	const struct recording *rec = input->rec;
	struct symbol_provider *symbols = input_symbols(input);
	struct scopes *scopes = NULL;

	*ret = (struct failed_loads){0};
	for (size_t i = 0; symbols && i < rec->object_count; i++) {
		struct failed_load load = {.call = rec->objects[i].reason_call, .count = 1};

		if (!is_lazy(rec, &rec->objects[i]))
			continue;
		if (!scopes) {
			scopes = input_scopes(input, false);
			if (!scopes)
				return;
			scopes_advance(scopes, UINT64_MAX);
		}
		if (!scopes_mapped(scopes, (int)i))
			continue;
		load.objects = xcalloc(1, sizeof(*load.objects));
		load.objects[0] = (int)i;
		load_failure_build(rec, scopes, symbols, load.objects, 1, &load.cause);
		if (load.cause.symbol_count) {
			*GROW(ret->list, ret->count, ret->room) = load;
		} else {
			load_failure_release(&load.cause);
			free(load.objects);
		}
	}
}

enum lazy_end lazy_end_loads(struct rule_input *input, struct failed_load *ret)
{
	enum lazy_end end = lazy_end_of(input->rec);
	struct symbol_provider *symbols = end == LAZY_END_NO ? NULL : input_symbols(input);
	struct scopes *scopes = symbols ? input_scopes(input, false) : NULL;

	*ret = (struct failed_load){.call = NONE};
	if (!scopes)
		return LAZY_END_NO;
	lazy_end_find(input->rec, scopes, symbols, &ret->cause);
	return ret->cause.symbol_count ? end : LAZY_END_NO;
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
