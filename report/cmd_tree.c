/* plugreport tree: each object below the one that brought it, by namespace. */
#include "report/cmd.h"
#include "report/render/forest.h"
#include "report/render/words.h"

static const struct column tree_columns[] = {
	{"object", NULL, 0},
	{"path", NULL, 0},
	{NULL, "OBJECT", COLUMN_TREE},
	{"opened_ns", "OPENED", COLUMN_RIGHT | COLUMN_WRAP | COLUMN_SPARE},
	{"closed_ns", NULL, 0},
	{"reason", "HOW IT CAME", COLUMN_WRAP},
	{NULL, "PATH", COLUMN_WRAP | COLUMN_SPARE},
	{"caller", "CALLED FROM", COLUMN_WRAP},
};

struct tree {
	const struct show *show;
	int32_t name_space; /* that is being shown */
};

/* The object of the same namespace that brought this one, or NONE. */
static int bringer(const struct recording *rec, int index)
{
	const struct object *object = &rec->objects[index];
	int by = object->reason_object;

	if (object->reason == REASON_DLOPEN && object->reason_call >= 0 &&
	    (size_t)object->reason_call < rec->call_count &&
	    rec->calls[object->reason_call].caller != NONE)
		by = rec->calls[object->reason_call].caller;
	if (!has_object(rec, by) || by == index ||
	    rec->objects[by].name_space != object->name_space)
		return NONE;
	return by;
}

static void open_row(int index, void *data)
{
	const struct show *show = ((struct tree *)data)->show;
	const struct recording *rec = show->rec;
	const struct object *object = &rec->objects[index];
	AUTO_STRBUF struct strbuf how = STRBUF_INIT, opened = STRBUF_INIT, caller = STRBUF_INIT;
	bool called = object->reason == REASON_DLOPEN && object->reason_call >= 0 &&
		      (size_t)object->reason_call < rec->call_count;

	if (object->reason == REASON_NEEDED)
		strbuf_addstr(&how, "needed");
	else if (called)
		strbuf_addstr(&how, call_kind_name(rec->calls[object->reason_call].kind));
	else
		add_load_reason(&how, rec, index, show->options->no_demangle);
	if (called)
		add_caller(&caller, rec, object->reason_call, show->options->no_demangle);
	add_time(&opened, object->opened_ns);
	const struct value values[ARRAY_SIZE(tree_columns)] = {
		value_integer(object->number),
		value_string(object->path),
		value_string(object_name(rec, index)),
		value_shown(value_integer((int64_t)object->opened_ns), opened.s),
		object->closed_seq ? value_integer((int64_t)object->closed_ns) : value_none(),
		value_styled(value_shown(value_string(load_reason_name(object->reason)), how.s),
			     called ? STYLE_BOLD : STYLE_PLAIN),
		value_string(object->path),
		value_shown(called ? value_string(caller.s) : value_none(), caller.s),
	};
	render_row_open(show->render, values);
}

static bool is_in_namespace(int index, void *data)
{
	const struct tree *tree = data;

	return tree->show->rec->objects[index].name_space == tree->name_space;
}

static void show_namespace(const struct show *show, struct forest *forest, int32_t name_space,
			   bool titled)
{
	struct tree tree = {.show = show, .name_space = name_space};

	if (titled)
		render_line(show->render, MARK_BOLD "namespace %d" MARK_END, (int)name_space);
	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "namespace", value_integer(name_space));
	render_table(show->render, "objects", tree_columns, ARRAY_SIZE(tree_columns));
	forest_show(forest, show->render, is_in_namespace, open_row, &tree);
	render_table_close(show->render);
	render_close(show->render);
}

static int compare_numbers(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

void show_tree(const struct show *show)
{
	const struct recording *rec = show->rec;
	AUTO_FREE int *spaces = xcalloc(rec->object_count, sizeof(*spaces));
	AUTO_FOREST struct forest forest;
	size_t count = 0;

	forest_init(&forest, rec->object_count);
	for (size_t i = 0; i < rec->object_count; i++) {
		forest_link(&forest, (int)i, bringer(rec, (int)i));
		spaces[i] = rec->objects[i].name_space;
	}
	qsort(spaces, rec->object_count, sizeof(*spaces), compare_numbers);
	for (size_t i = 0; i < rec->object_count; i++)
		if (i == 0 || spaces[i] != spaces[count - 1])
			spaces[count++] = spaces[i];
	render_open(show->render, "namespaces", GROUP_ARRAY);
	for (size_t i = 0; i < count; i++) {
		if (i)
			render_blank(show->render);
		show_namespace(show, &forest, spaces[i], count > 1);
	}
	render_close(show->render);
}

int cmd_tree(struct context *context)
{
	return show_processes(context, show_tree, false,
			      "Who brought whom is inferred from the order of events.");
}
