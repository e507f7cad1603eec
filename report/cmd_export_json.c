/* plugreport export --format=json: all of a recording, in one document. */
#include "report/cmd_export.h"

#include <inttypes.h>

#include "report/cmd_findings.h"
#include "report/render/words.h"

static struct value number_or_none(bool known, uint64_t n)
{
	return known ? value_integer((int64_t)n) : value_none();
}

static struct value number_of(const struct recording *rec, int object)
{
	return has_object(rec, object) ? value_integer(rec->objects[object].number) : value_none();
}

static void put_facts(struct render *render, const struct recording *rec,
		      const struct process_row *row)
{
	render_value(render, "process", value_integer(rec->process_id));
	render_value(render, "run", value_integer(rec->run_id));
	render_value(render, "pid", value_integer(rec->pid));
	render_value(render, "ppid", value_integer(rec->ppid));
	render_value(render, "parent", row->parent ? value_integer(row->parent) : value_none());
	render_value(render, "began", value_string(rec->begin_kind));
	render_value(render, "end_kind", value_string(rec->end_kind));
	render_value(render, "wait_status",
		     rec->has_wait_status ? value_integer(rec->wait_status) : value_none());
	render_value(render, "started_ns", value_integer((int64_t)rec->started_ns));
	render_value(render, "ended_ns", number_or_none(rec->ended_ns != 0, rec->ended_ns));
	render_value(render, "exe", value_string(rec->exe));
	render_value(render, "argv", value_json(row->argv));
	render_value(render, "cwd", value_string(rec->cwd));
	render_value(render, "glibc", value_string(rec->glibc));
	render_open(render, "environment", GROUP_OBJECT);
	for (size_t i = 0; i < rec->environment_count; i++)
		render_value(render, rec->environment[i].name,
			     value_string(rec->environment[i].value));
	render_close(render);
}

static void put_needed(struct render *render, const struct recording *rec,
		       const struct object *object)
{
	render_open(render, "needed", GROUP_ARRAY);
	for (size_t i = 0; i < object->needed_count; i++) {
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "name", value_string(object->needed[i].name));
		render_value(render, "resolved", number_of(rec, object->needed[i].resolved));
		render_close(render);
	}
	render_close(render);
}

static void put_object(struct render *render, const struct recording *rec,
		       const struct object *object)
{
	bool called = object->reason_call >= 0 && (size_t)object->reason_call < rec->call_count;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "object", value_integer(object->number));
	render_value(render, "namespace", value_integer(object->name_space));
	render_value(render, "kind", value_string(object_kind_name(object->kind)));
	render_value(render, "path", value_string(object->path));
	render_value(render, "real_path", value_string(object->real_path));
	render_value(render, "soname", value_string(object->soname));
	render_value(render, "build_id", value_string(object->build_id));
	render_value(render, "rpath", value_string(object->rpath));
	render_value(render, "runpath", value_string(object->runpath));
	render_value(render, "file_size", number_or_none(object->has_file, object->file_size));
	render_value(render, "mtime_ns", number_or_none(object->has_file, object->mtime_ns));
	render_value(render, "load_address", value_address(object->load_address));
	render_value(render, "flags", value_integer((int64_t)object->flags));
	render_value(render, "flags_1", value_integer((int64_t)object->flags_1));
	render_value(render, "inherited", value_bool(object->inherited));
	render_value(render, "opened_seq", value_integer((int64_t)object->opened_seq));
	render_value(render, "opened_ns", value_integer((int64_t)object->opened_ns));
	render_value(render, "closed_seq",
		     number_or_none(object->closed_seq != 0, object->closed_seq));
	render_value(render, "closed_ns",
		     number_or_none(object->closed_seq != 0, object->closed_ns));
	render_value(render, "reason", value_string(load_reason_name(object->reason)));
	render_value(render, "reason_object", number_of(rec, object->reason_object));
	render_value(render, "reason_call_seq",
		     number_or_none(called, called ? rec->calls[object->reason_call].seq : 0));
	put_needed(render, rec, object);
	render_close(render);
}

static void put_search(struct render *render, const struct recording *rec,
		       const struct search *search)
{
	bool asked = search->request >= 0 && (size_t)search->request < rec->search_count;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "seq", value_integer((int64_t)search->seq));
	render_value(render, "time_ns", value_integer((int64_t)search->time_ns));
	render_value(render, "tid", value_integer(search->tid));
	render_value(render, "requester", number_of(rec, search->requester));
	render_value(render, "name",
		     value_string(asked ? rec->searches[search->request].tried : NULL));
	render_value(render, "tried", value_string(search->tried));
	render_value(render, "origin", value_string(search_origin_name(search->origin)));
	render_value(render, "rule", value_string(search_rule_name(search->rule)));
	render_value(render, "owner", number_of(rec, search->owner));
	render_value(render, "outcome", value_string(outcome_name(search->outcome)));
	render_value(render, "result", number_of(rec, search->result));
	render_close(render);
}

static void put_activity(struct render *render, const struct recording *rec,
			 const struct activity *activity)
{
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "seq", value_integer((int64_t)activity->seq));
	render_value(render, "time_ns", value_integer((int64_t)activity->time_ns));
	render_value(render, "tid", value_integer(activity->tid));
	render_value(render, "kind", value_string(activity_kind_name(activity->kind)));
	render_value(render, "object", number_of(rec, activity->object));
	render_close(render);
}

struct binding_writer {
	struct render *render;
	const struct recording *rec;
};

static const struct column binding_columns[] = {
	{"seq", NULL, 0},     {"from", NULL, 0},     {"to", NULL, 0},     {"symbol", NULL, 0},
	{"version", NULL, 0}, {"kind", NULL, 0},     {"source", NULL, 0}, {"count", NULL, 0},
	{"bound", NULL, 0},   {"internal", NULL, 0},
};

/* There are so many of them that each has one line. */
static bool put_binding(const struct binding_row *row, void *data)
{
	const struct binding_writer *writer = data;
	const struct value values[ARRAY_SIZE(binding_columns)] = {
		value_integer((int64_t)row->seq), number_of(writer->rec, row->from),
		number_of(writer->rec, row->to),  value_string(row->symbol),
		value_string(row->version),       value_string(row->kind),
		value_string(row->source),        value_integer((int64_t)row->count),
		value_bool(row->bound),           value_bool(row->internal),
	};

	render_row(writer->render, values);
	return true;
}

static bool put_process(struct context *context, struct render *render,
			const struct process_row *row)
{
	AUTO_RECORDING struct recording rec;
	struct binding_filter filter = {.from = NONE, .to = NONE, .bound = BOUND_OR_NOT};
	struct binding_writer writer = {render, &rec};
	bool ok;

	recording_init(&rec);
	if (!store_load(context->store, row->id, &rec))
		return false;
	render_open(render, NULL, GROUP_OBJECT);
	put_facts(render, &rec, row);
	render_open(render, "objects", GROUP_ARRAY);
	for (size_t i = 0; i < rec.object_count; i++)
		put_object(render, &rec, &rec.objects[i]);
	render_close(render);
	render_open(render, "searches", GROUP_ARRAY);
	for (size_t i = 0; i < rec.search_count; i++)
		put_search(render, &rec, &rec.searches[i]);
	render_close(render);
	render_open(render, "calls", GROUP_ARRAY);
	for (size_t i = 0; i < rec.call_count; i++)
		call_to_json(render, NULL, &rec, (int)i, context->options->no_demangle);
	render_close(render);
	render_open(render, "activities", GROUP_ARRAY);
	for (size_t i = 0; i < rec.activity_count; i++)
		put_activity(render, &rec, &rec.activities[i]);
	render_close(render);
	render_table(render, "bindings", binding_columns, ARRAY_SIZE(binding_columns));
	ok = store_bindings(context->store, &rec, &filter, put_binding, &writer);
	render_table_close(render);
	render_close(render);
	return ok;
}

static bool put_findings(struct context *context, struct render *render, struct process_list *list)
{
	AUTO_EXAMINATION struct examination examination = {0};
	bool ok = examine(context->store, context->options, list, NULL, &examination);

	render_open(render, "findings", GROUP_ARRAY);
	for (size_t i = 0; i < examination.count; i++) {
		const struct reported *reported = &examination.reported[i];
		struct show show = {.render = render,
				    .options = context->options,
				    .rec = &reported->in->rec,
				    .row = &list->rows[reported->in->row]};
		struct same_processes same = {list->rows, reported->rows, reported->row_count};

		finding_to_json(&show, reported->finding, &same, NULL);
	}
	render_close(render);
	return ok;
}

bool export_json(struct context *context, struct render *render, struct process_list *list)
{
	bool ok = true;

	render_open(render, "processes", GROUP_ARRAY);
	for (size_t i = 0; i < list->count && ok; i++)
		ok = put_process(context, render, &list->rows[i]);
	render_close(render);
	return put_findings(context, render, list) && ok;
}
