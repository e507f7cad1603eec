/* plugreport objects: a table of what was loaded. */
#include "report/cmd.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"

static const struct column object_columns[] = {
	{"pid", "PROCESS", COLUMN_WRAP},
	{"process", NULL, 0},
	{"object", NULL, 0},
	{"namespace", "NS", COLUMN_RIGHT},
	{"path", "OBJECT", COLUMN_WRAP},
	{"real_path", NULL, 0},
	{"soname", "SONAME", COLUMN_WRAP | COLUMN_SPARE},
	{"build_id", "BUILD-ID", COLUMN_SPARE},
	{"kind", NULL, 0},
	{"opened_ns", "OPENED", COLUMN_RIGHT},
	{"opened_seq", NULL, 0},
	{"closed_ns", "CLOSED", COLUMN_RIGHT},
	{"closed_seq", NULL, 0},
	{"closed_at_exit", NULL, 0},
	{"reason", "WHY IT IS THERE", COLUMN_WRAP},
	{"reason_path", NULL, 0},
	{"load_address", NULL, 0},
	{"inherited", NULL, 0},
};

static struct value shown_time(struct strbuf *sb, bool known, uint64_t ns)
{
	if (!known)
		return value_none();
	add_time(sb, ns);
	return value_shown(value_integer((int64_t)ns), sb->s);
}

static void show_object(const struct show *show, int index)
{
	const struct recording *rec = show->rec;
	const struct object *object = &rec->objects[index];
	AUTO_STRBUF struct strbuf why = STRBUF_INIT, opened = STRBUF_INIT, closed = STRBUF_INIT;
	AUTO_STRBUF struct strbuf process = STRBUF_INIT;
	bool at_exit = object_closed_at_exit(rec, index);
	AUTO_FREE char *short_id = object->build_id ? xstrndup(object->build_id, 12) : NULL;

	add_process(&process, rec);
	add_load_reason(&why, rec, index, show->options->no_demangle);
	const struct value values[ARRAY_SIZE(object_columns)] = {
		value_shown(value_integer(rec->pid), process.s),
		value_integer(rec->process_id),
		value_integer(object->number),
		value_integer(object->name_space),
		value_string(object->path),
		value_string(object->real_path),
		value_string(object->soname),
		value_shown(value_string(object->build_id), short_id),
		value_string(object_kind_name(object->kind)),
		shown_time(&opened, true, object->opened_ns),
		value_integer((int64_t)object->opened_seq),
		at_exit ? value_shown(value_integer((int64_t)object->closed_ns), "at exit")
			: shown_time(&closed, object->closed_seq != 0, object->closed_ns),
		object->closed_seq ? value_integer((int64_t)object->closed_seq) : value_none(),
		value_bool(at_exit),
		value_shown(value_string(load_reason_name(object->reason)), why.s),
		value_string(has_object(rec, object->reason_object)
				     ? rec->objects[object->reason_object].path
				     : NULL),
		value_address(object->load_address),
		value_bool(object->inherited),
	};
	render_row(show->render, values);
}

struct sorter {
	const struct recording *rec;
	int key; /* enum object_sort */
};

static int compare_names(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_objects(const void *a, const void *b, void *data)
{
	const struct sorter *sorter = data;
	int i = *(const int *)a, j = *(const int *)b;
	const struct object *x = &sorter->rec->objects[i], *y = &sorter->rec->objects[j];
	int order = 0;

	switch ((enum object_sort)sorter->key) {
	case SORT_PATH:
		order = strcmp(x->path, y->path);
		break;
	case SORT_SONAME:
		order = compare_names(x->soname, y->soname);
		break;
	case SORT_NAMESPACE:
		order = (x->name_space > y->name_space) - (x->name_space < y->name_space);
		break;
	case SORT_REASON:
		order = strcmp(load_reason_name(x->reason), load_reason_name(y->reason));
		break;
	case SORT_OPENED:
		break;
	}
	return order ? order : (i > j) - (i < j);
}

static bool is_wanted(const struct context *context, const struct object *object)
{
	for (size_t i = 0; i < context->operand_count; i++)
		if (object_matches(object, context->operands[i]))
			return true;
	return context->operand_count == 0;
}

struct objects {
	const struct context *context;
	struct nearest near; /* to the first operand, if there is any */
	size_t shown;
};

static bool show_objects(const struct show *show, void *data)
{
	struct objects *objects = data;
	const struct recording *rec = show->rec;
	AUTO_FREE int *order = xcalloc(rec->object_count, sizeof(*order));
	struct sorter sorter = {.rec = rec, .key = show->options->sort};
	size_t count = 0;

	for (size_t i = 0; i < rec->object_count; i++)
		if (is_wanted(objects->context, &rec->objects[i]))
			order[count++] = (int)i;
	qsort_r(order, count, sizeof(*order), compare_objects, &sorter);
	for (size_t i = 0; i < count; i++)
		show_object(show, order[i]);
	objects->shown += count;
	for (size_t i = 0; objects->near.wanted && i < rec->object_count; i++)
		nearest_offer_object(&objects->near, &rec->objects[i]);
	return true;
}

int cmd_objects(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct column columns[ARRAY_SIZE(object_columns)];
	struct objects objects = {.context = context};
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	memcpy(columns, object_columns, sizeof(columns));
	if (list.count == 1)
		columns[0].title = NULL;
	if (context->operand_count)
		nearest_init(&objects.near, context->operands[0]);
	render_table(context->render, "objects", columns, ARRAY_SIZE(columns));
	ok = for_each_recording(context, &list, show_objects, &objects);
	render_table_close(context->render);
	if (ok && objects.shown == 0 && context->operand_count) {
		AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

		nearest_add_hint(&objects.near, &hint);
		context_remark(context, "nothing called '%s' was loaded%s", context->operands[0],
			       hint.s);
		status = EXIT_FOUND;
	}
	if (ok && objects.shown)
		render_line(
			context->render, MARK_DIM
			"Why an object is there is inferred from the order of events." MARK_END);
	nearest_release(&objects.near);
	return ok ? status : EXIT_DATABASE;
}
