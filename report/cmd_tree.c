/* plugreport tree: each object below the one that brought it, by namespace. */
#include "report/cmd.h"
#include "report/model/why_loaded.h"
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
	const bool *again;  /* by object: a load of its file stands above */
};

static int compare_files(const void *a, const void *b, void *data)
{
	const struct recording *rec = data;
	int i = *(const int *)a, j = *(const int *)b;
	const struct object *x = &rec->objects[i], *y = &rec->objects[j];

	if (x->name_space != y->name_space)
		return x->name_space < y->name_space ? -1 : 1;
	if (x->has_file && y->has_file && x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->has_file && y->has_file && x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	if (x->has_file != y->has_file)
		return x->has_file < y->has_file ? -1 : 1;
	if (!x->has_file && strcmp(x->path, y->path) != 0)
		return strcmp(x->path, y->path);
	return (i > j) - (i < j);
}

/* Mark what is a further load of a file that its namespace had before; the caller frees. */
static bool *find_reloads(const struct recording *rec)
{
	bool *again = xcalloc(rec->object_count + 1, sizeof(*again));
	AUTO_FREE int *order = xcalloc(rec->object_count + 1, sizeof(*order));

	for (size_t i = 0; i < rec->object_count; i++)
		order[i] = (int)i;
	qsort_r(order, rec->object_count, sizeof(*order), compare_files, (void *)rec);
	for (size_t i = 1; i < rec->object_count; i++) {
		const struct object *before = &rec->objects[order[i - 1]];
		const struct object *object = &rec->objects[order[i]];

		again[order[i]] = before->name_space == object->name_space &&
				  objects_same_file(before, object);
	}
	return again;
}

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
	if (((struct tree *)data)->again[index])
		strbuf_addstr(&how, ", again");
	if (object->closed_seq && !object_closed_at_exit(rec, index)) {
		strbuf_addstr(&how, ", unloaded ");
		add_time(&how, object->closed_ns);
	}
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
			   const bool *again, bool titled)
{
	struct tree tree = {.show = show, .name_space = name_space, .again = again};

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
	AUTO_FREE bool *again = find_reloads(rec);
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
		show_namespace(show, &forest, spaces[i], again, count > 1);
	}
	render_close(show->render);
}

int cmd_tree(struct context *context)
{
	return show_processes(context, show_tree, false,
			      "Who brought whom is inferred from the order of events.");
}
