/* The report's processes and objects. */
#include <elf.h>

#include "report/html/collect.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"

/* process: a recorded process image. */
static const struct page_column process_columns[] = {
	{"id", PAGE_NUMBER, true},
	{"run", PAGE_NUMBER, true},
	{"pid", PAGE_NUMBER, true},
	{"ppid", PAGE_NUMBER, true},
	{"parent", PAGE_REF, true},     /* process */
	{"began", PAGE_TEXT, false},    /* start, exec, fork */
	{"started", PAGE_NUMBER, true}, /* us since 1970 */
	{"lasted", PAGE_REF, false},    /* us plus one; 0: not known */
	{"ended", PAGE_TEXT, false},    /* how, in words */
	{"exe", PAGE_TEXT, false},
	{"command", PAGE_TEXT, false}, /* argv as a shell reads it */
	{"cwd", PAGE_TEXT, false},
	{"glibc", PAGE_TEXT, false},
	{"date", PAGE_TEXT, false},     /* of the start, in the local time of who wrote the page */
	{"relocated", PAGE_REF, false}, /* us: start-up's relocation was over; none: not told */
	{"first_object", PAGE_NUMBER, true},
	{"objects", PAGE_NUMBER, false},
	{"searches", PAGE_NUMBER, false},
	{"calls", PAGE_NUMBER, false},
	{"bindings", PAGE_NUMBER, false},
	{"lost", PAGE_NUMBER, false}, /* events and stacks */
};

/* environment: what ld.so read there. */
static const struct page_column environment_columns[] = {
	{"process", PAGE_REF, true},
	{"name", PAGE_TEXT, false},
	{"value", PAGE_TEXT, false},
};

/* object: a link map. */
static const struct page_column object_columns[] = {
	{"id", PAGE_NUMBER, true},
	{"process", PAGE_REF, true},
	{"number", PAGE_NUMBER, true},
	{"namespace", PAGE_SIGNED, false},
	{"kind", PAGE_TEXT, false},
	{"name", PAGE_TEXT, false}, /* what text calls it, without the namespace */
	{"path", PAGE_TEXT, false},
	{"file", PAGE_TEXT, false}, /* real_path; empty: not known */
	{"soname", PAGE_TEXT, false},
	{"build_id", PAGE_TEXT, false},
	{"rpath", PAGE_TEXT, false},
	{"runpath", PAGE_TEXT, false},
	{"flags", PAGE_TEXT, false},     /* DT_FLAGS and DT_FLAGS_1 that matter, in words */
	{"size", PAGE_NUMBER, false},    /* of the file, bytes */
	{"opened", PAGE_NUMBER, true},   /* us */
	{"closed", PAGE_REF, false},     /* us; none: never */
	{"at_exit", PAGE_NUMBER, false}, /* 1: closed because the process ended */
	{"tid", PAGE_NUMBER, false},
	{"seq", PAGE_NUMBER, true},
	{"reason", PAGE_TEXT, false}, /* load_reason_name() */
	{"why", PAGE_TEXT, false},    /* in few words */
	{"by", PAGE_REF, false},      /* object that asked */
	{"call", PAGE_REF, false},    /* dlopen or dlmopen that brought it */
	{"search", PAGE_REF, false},  /* request that found it */
	{"cost", PAGE_REF, false},    /* us from the request to the mapped object; none: unknown */
};

/* needed: DT_NEEDED entries. */
static const struct page_column needed_columns[] = {
	{"object", PAGE_REF, true},
	{"name", PAGE_TEXT, false},
	{"resolved", PAGE_REF, false}, /* object */
};

void collect_processes_init(struct collect *collect)
{
	collect->processes =
		page_table(collect->page, "process", process_columns, ARRAY_SIZE(process_columns));
	collect->environment = page_table(collect->page, "environment", environment_columns,
					  ARRAY_SIZE(environment_columns));
}

void collect_objects_init(struct collect *collect)
{
	collect->objects =
		page_table(collect->page, "object", object_columns, ARRAY_SIZE(object_columns));
	collect->needed =
		page_table(collect->page, "needed", needed_columns, ARRAY_SIZE(needed_columns));
}

static int64_t parent_row(const struct process_list *list, int64_t parent)
{
	for (size_t i = 0; parent && i < list->count; i++)
		if (list->rows[i].id == parent)
			return (int64_t)i;
	return NONE;
}

static int64_t relocated(const struct recording *rec)
{
	for (size_t i = 0; i < rec->activity_count; i++)
		if (rec->activities[i].kind == ACTIVITY_PREINIT)
			return collect_time(rec->activities[i].time_ns);
	return NONE;
}

void collect_process_row(struct collect *collect, const struct process_row *row)
{
	const struct recording *rec = collect->show->rec;
	struct page_data *page = collect->page;
	bool ended = row->ended_ns > row->started_ns;
	const int64_t values[ARRAY_SIZE(process_columns)] = {
		row->id,
		row->run,
		row->pid,
		row->ppid,
		parent_row(&collect->list, row->parent),
		page_text(page, row->begin_kind),
		collect_time(row->started_ns),
		ended ? collect_time(row->ended_ns - row->started_ns) : NONE,
		COLLECT_TEXT(collect, add_process_end(&sb, row)),
		page_text(page, row->exe),
		COLLECT_TEXT(collect, add_argv(&sb, row->argv)),
		page_text(page, row->cwd),
		page_text(page, row->glibc),
		COLLECT_TEXT(collect, add_date(&sb, row->started_ns)),
		relocated(rec),
		collect->base.object,
		(int64_t)rec->object_count,
		(int64_t)rec->search_count,
		(int64_t)rec->call_count,
		(int64_t)row->bindings,
		(int64_t)(row->lost_events + row->lost_stacks),
	};

	page_row(collect->processes, values);
	for (size_t i = 0; i < rec->environment_count; i++) {
		const int64_t variable[ARRAY_SIZE(environment_columns)] = {
			collect->process,
			page_text(page, rec->environment[i].name),
			page_text(page, rec->environment[i].value),
		};

		page_row(collect->environment, variable);
	}
}

static void add_flags(struct strbuf *sb, const struct object *object)
{
	static const struct {
		uint64_t bit;
		const char *word;
		bool first; /* in DT_FLAGS, else in DT_FLAGS_1 */
	} words[] = {
		{DF_SYMBOLIC, "SYMBOLIC", true},
		{DF_TEXTREL, "TEXTREL", true},
		{DF_BIND_NOW, "BIND_NOW", true},
		{DF_STATIC_TLS, "STATIC_TLS", true},
		{DF_1_NOW, "NOW", false},
		{DF_1_GLOBAL, "GLOBAL", false},
		{DF_1_NODELETE, "NODELETE", false},
		{DF_1_INITFIRST, "INITFIRST", false},
		{DF_1_NOOPEN, "NOOPEN", false},
		{DF_1_ORIGIN, "ORIGIN", false},
		{DF_1_INTERPOSE, "INTERPOSE", false},
		{DF_1_NODEFLIB, "NODEFLIB", false},
		{DF_1_PIE, "PIE", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((words[i].first ? object->flags : object->flags_1) & words[i].bit)
			strbuf_addf(sb, "%s%s", sb->length ? " " : "", words[i].word);
}

/* The request that came to this object, as far as it is known. */
static int request_of(const struct recording *rec, const struct object *object)
{
	int search = object->reason_search;

	if (search < 0 || (size_t)search >= rec->search_count)
		return NONE;
	search = rec->searches[search].request;
	return search >= 0 && (size_t)search < rec->search_count ? search : NONE;
}

static int64_t cost_of(const struct recording *rec, const struct object *object)
{
	int request = request_of(rec, object);

	if (request == NONE || rec->searches[request].time_ns > object->opened_ns)
		return NONE;
	return collect_time(object->opened_ns - rec->searches[request].time_ns);
}

static void collect_object(struct collect *collect, int index)
{
	const struct recording *rec = collect->show->rec;
	const struct object *object = &rec->objects[index];
	struct page_data *page = collect->page;
	bool no_demangle = collect->show->options->no_demangle;
	const int64_t values[ARRAY_SIZE(object_columns)] = {
		object->id,
		collect->process,
		object->number,
		object->name_space,
		page_text(page, object_kind_name(object->kind)),
		page_text(page, object_name(rec, index)),
		page_text(page, object->path),
		page_text(page, object->real_path),
		page_text(page, object->soname),
		page_text(page, object->build_id),
		page_text(page, object->rpath),
		page_text(page, object->runpath),
		COLLECT_TEXT(collect, add_flags(&sb, object)),
		(int64_t)object->file_size,
		collect_time(object->opened_ns),
		object->closed_seq ? collect_time(object->closed_ns) : NONE,
		object->closed_seq && object_closed_at_exit(rec, index),
		object->opened_tid,
		(int64_t)object->opened_seq,
		page_text(page, load_reason_name(object->reason)),
		COLLECT_TEXT(collect, add_load_reason(&sb, rec, index, no_demangle)),
		collect_row(collect->base.object, object->reason_object),
		collect_row(collect->base.call, object->reason_call),
		collect_row(collect->base.search, request_of(rec, object)),
		cost_of(rec, object),
	};

	page_row(collect->objects, values);
	for (size_t i = 0; i < object->needed_count; i++) {
		const int64_t needed[ARRAY_SIZE(needed_columns)] = {
			collect->base.object + index,
			page_text(page, object->needed[i].name),
			collect_row(collect->base.object, object->needed[i].resolved),
		};

		page_row(collect->needed, needed);
	}
}

void collect_objects(struct collect *collect)
{
	for (size_t i = 0; i < collect->show->rec->object_count; i++)
		collect_object(collect, (int)i);
}
