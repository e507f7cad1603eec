/* The report's searches, calls, activities and call stacks. */
#include "report/html/collect.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

/* search: a name that was asked for, or a path that was tried for it. */
static const struct page_column search_columns[] = {
	{"id", PAGE_NUMBER, true},
	{"process", PAGE_REF, true},
	{"seq", PAGE_NUMBER, true},
	{"time", PAGE_NUMBER, true},
	{"tid", PAGE_NUMBER, false},
	{"requester", PAGE_REF, false}, /* object */
	{"request", PAGE_REF, true},    /* search: itself for a name */
	{"origin", PAGE_TEXT, false},
	{"rule", PAGE_TEXT, false}, /* in words */
	{"owner", PAGE_REF, false}, /* object whose DT_RPATH or DT_RUNPATH it is */
	{"tried", PAGE_TEXT, false},
	{"directory", PAGE_TEXT, false}, /* of a path that was tried for a bare name */
	{"outcome", PAGE_TEXT, false},
	{"result", PAGE_REF, false}, /* object */
	{"stack", PAGE_REF, false},
	[COLLECT_SEARCH_EXPLAINED] = {"explained", PAGE_REF, true},
	/* search with the same explanation that has a document; set by sections.c */
};

/* call: dlopen and its family. */
static const struct page_column call_columns[] = {
	{"id", PAGE_NUMBER, true},     {"process", PAGE_REF, true},
	{"seq", PAGE_NUMBER, true},    {"time", PAGE_NUMBER, true},
	{"last", PAGE_NUMBER, true}, /* us: the last thing that is known to have happened in it */
	{"back", PAGE_REF, true},    /* us: it had returned by then; none: not told */
	{"tid", PAGE_NUMBER, false},   {"kind", PAGE_TEXT, false},
	{"text", PAGE_TEXT, false},    /* dlopen("x.so", RTLD_NOW) */
	{"flags", PAGE_TEXT, false},   /* dlopen, dlmopen */
	{"caller", PAGE_REF, false},   /* object */
	{"from", PAGE_TEXT, false},    /* function and place that it was called from */
	{"parent", PAGE_REF, false},   /* call that it was made in */
	{"outcome", PAGE_TEXT, false}, /* dlopen, dlmopen; not-loaded: RTLD_NOLOAD only asked */
	{"result", PAGE_REF, false},   /* object */
	{"said", PAGE_TEXT, false},    /* outcome and result in words; why it failed */
	{"known", PAGE_TEXT, false},   /* what made the result known */
	{"stack", PAGE_REF, false},
};

/* activity: la_activity, and the start of the program's own code. */
static const struct page_column activity_columns[] = {
	{"process", PAGE_REF, true}, {"time", PAGE_NUMBER, true}, {"tid", PAGE_NUMBER, false},
	{"kind", PAGE_TEXT, false},  {"object", PAGE_REF, false}, /* head of the namespace */
};

/* stack, frame: call stacks, innermost frame first. */
static const struct page_column stack_columns[] = {
	{"first", PAGE_NUMBER, true},
	{"count", PAGE_NUMBER, false},
};
static const struct page_column frame_columns[] = {
	{"text", PAGE_TEXT, false},
	{"object", PAGE_REF, false},
	{"inlined", PAGE_NUMBER, false},
};

void collect_events_init(struct collect *collect)
{
	collect->searches =
		page_table(collect->page, "search", search_columns, ARRAY_SIZE(search_columns));
	collect->calls = page_table(collect->page, "call", call_columns, ARRAY_SIZE(call_columns));
	collect->activities = page_table(collect->page, "activity", activity_columns,
					 ARRAY_SIZE(activity_columns));
	collect->stacks =
		page_table(collect->page, "stack", stack_columns, ARRAY_SIZE(stack_columns));
	collect->frames =
		page_table(collect->page, "frame", frame_columns, ARRAY_SIZE(frame_columns));
}

/* The directory that a path was tried in: only paths for names without a slash have one. */
static char *directory_of(const struct recording *rec, const struct search *search)
{
	int request = search->request;

	if (search->origin == ORIGIN_NAME || request < 0 || (size_t)request >= rec->search_count)
		return NULL;
	return search_path_directory(search->tried, rec->searches[request].tried);
}

static void collect_search(struct collect *collect, const struct search *search)
{
	const struct recording *rec = collect->show->rec;
	struct page_data *page = collect->page;
	AUTO_FREE char *directory = directory_of(rec, search);
	const int64_t values[ARRAY_SIZE(search_columns)] = {
		search->id,
		collect->process,
		(int64_t)search->seq,
		collect_time(search->time_ns),
		search->tid,
		collect_row(collect->base.object, search->requester),
		collect_row(collect->base.search, search->request),
		page_text(page, search_origin_name(search->origin)),
		search->origin == ORIGIN_NAME && search->rule == RULE_UNKNOWN
			? 0
			: COLLECT_TEXT(collect, add_rule(&sb, rec, search->rule, NONE, NULL)),
		collect_row(collect->base.object, search->owner),
		page_text(page, search->tried),
		page_text(page, directory),
		page_text(page, outcome_name(search->outcome)),
		collect_row(collect->base.object, search->result),
		collect_row(collect->base.stack, search->stack),
		NONE,
	};

	page_row(collect->searches, values);
}

/* Who asks with RTLD_NOLOAD whether something is there has an answer, and no failure. */
static const char *call_outcome(const struct call *call)
{
	return call->outcome == OUTCOME_FAILED && call->known_by == KNOWN_NOT_LOADED
		       ? known_by_name(call->known_by)
		       : outcome_name(call->outcome);
}

static void add_outcome(struct strbuf *sb, const struct show *show, struct failures *failures,
			int index)
{
	if (strcmp(call_outcome(&show->rec->calls[index]), known_by_name(KNOWN_NOT_LOADED)) == 0)
		strbuf_addstr(sb, "not loaded");
	else
		add_call_result(sb, show, failures, index);
}

static void collect_call(struct collect *collect, struct failures *failures, int index)
{
	const struct recording *rec = collect->show->rec;
	const struct call *call = &rec->calls[index];
	struct page_data *page = collect->page;
	bool no_demangle = collect->show->options->no_demangle;
	bool opens = call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN;
	const int64_t values[ARRAY_SIZE(call_columns)] = {
		call->id,
		collect->process,
		(int64_t)call->seq,
		collect_time(call->time_ns),
		collect_time(call->inside_ns > call->time_ns ? call->inside_ns : call->time_ns),
		call->returned_seq ? collect_time(call->returned_ns) : NONE,
		call->tid,
		page_text(page, call_kind_name(call->kind)),
		COLLECT_TEXT(collect, add_call(&sb, rec, index, no_demangle)),
		opens ? COLLECT_TEXT(collect, add_dlopen_flags(&sb, call->flags)) : 0,
		collect_row(collect->base.object, call->caller),
		COLLECT_TEXT(collect, add_caller(&sb, rec, index, no_demangle)),
		collect_row(collect->base.call, call->parent),
		opens ? page_text(page, call_outcome(call)) : 0,
		collect_row(collect->base.object, call->result),
		opens ? COLLECT_TEXT(collect, add_outcome(&sb, collect->show, failures, index)) : 0,
		page_text(page, call_known_by_words(call)),
		collect_row(collect->base.stack, call->stack),
	};

	page_row(collect->calls, values);
}

static void collect_stack(struct collect *collect, int index)
{
	const struct recording *rec = collect->show->rec;
	size_t count;
	const struct frame *frames = stack_frames(rec, index, &count);
	const int64_t values[ARRAY_SIZE(stack_columns)] = {
		(int64_t)page_rows(collect->frames),
		(int64_t)count,
	};

	page_row(collect->stacks, values);
	for (size_t i = 0; i < count; i++) {
		const int64_t frame[ARRAY_SIZE(frame_columns)] = {
			COLLECT_TEXT(collect, add_frame(&sb, rec, &frames[i],
							collect->show->options->no_demangle)),
			collect_row(collect->base.object, frames[i].object),
			frames[i].inlined,
		};

		page_row(collect->frames, frame);
	}
}

void collect_events(struct collect *collect)
{
	const struct recording *rec = collect->show->rec;
	struct failures *failures = failures_new(collect->show);

	for (size_t i = 0; i < rec->search_count; i++)
		collect_search(collect, &rec->searches[i]);
	for (size_t i = 0; i < rec->call_count; i++)
		collect_call(collect, failures, (int)i);
	failures_free(failures);
	for (size_t i = 0; i < rec->stack_count; i++)
		collect_stack(collect, (int)i);
	for (size_t i = 0; i < rec->activity_count; i++) {
		const struct activity *activity = &rec->activities[i];
		const int64_t values[ARRAY_SIZE(activity_columns)] = {
			collect->process,
			collect_time(activity->time_ns),
			activity->tid,
			page_text(collect->page, activity_kind_name(activity->kind)),
			collect_row(collect->base.object, activity->object),
		};

		page_row(collect->activities, values);
	}
}
