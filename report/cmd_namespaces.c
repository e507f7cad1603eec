/* plugreport namespaces: who lives in which dlmopen namespace. */
#include "report/cmd.h"
#include "report/render/words.h"

/* One file, in one namespace or several. */
struct resident {
	int first; /* an object of it */
	bool *in;  /* by position in spaces */
	size_t in_count;
	size_t loads; /* more than in_count: it was unloaded, and loaded again */
};

struct spaces {
	int32_t *ids; /* ascending */
	size_t count;
	struct resident *residents;
	size_t resident_count;
};

static void spaces_release(struct spaces *spaces)
{
	for (size_t i = 0; i < spaces->resident_count; i++)
		free(spaces->residents[i].in);
	free(spaces->residents);
	free(spaces->ids);
}

static int compare_ids(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static size_t position_of(const struct spaces *spaces, int32_t id)
{
	const int32_t *at = bsearch(&id, spaces->ids, spaces->count, sizeof(id), compare_ids);

	return at ? (size_t)(at - spaces->ids) : 0;
}

/* Same file: by device and inode where known, else by path. */
static int compare_files(const void *a, const void *b, void *data)
{
	const struct recording *rec = data;
	const struct object *x = &rec->objects[*(const int *)a];
	const struct object *y = &rec->objects[*(const int *)b];

	if (x->has_file != y->has_file)
		return x->has_file ? -1 : 1;
	if (!x->has_file)
		return strcmp(x->path, y->path);
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

static int compare_first(const void *a, const void *b)
{
	return ((const struct resident *)a)->first - ((const struct resident *)b)->first;
}

static void find_ids(const struct recording *rec, struct spaces *spaces)
{
	size_t count = rec->object_count;

	spaces->ids = xcalloc(count, sizeof(*spaces->ids));
	for (size_t i = 0; i < count; i++)
		spaces->ids[i] = rec->objects[i].name_space;
	qsort(spaces->ids, count, sizeof(*spaces->ids), compare_ids);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || spaces->ids[i] != spaces->ids[spaces->count - 1])
			spaces->ids[spaces->count++] = spaces->ids[i];
}

static void find_residents(const struct recording *rec, struct spaces *spaces)
{
	AUTO_FREE int *order = xcalloc(rec->object_count, sizeof(*order));
	struct resident *resident = NULL;

	spaces->residents = xcalloc(rec->object_count, sizeof(*spaces->residents));
	for (size_t i = 0; i < rec->object_count; i++)
		order[i] = (int)i;
	qsort_r(order, rec->object_count, sizeof(*order), compare_files, (void *)rec);
	for (size_t i = 0; i < rec->object_count; i++) {
		size_t position = position_of(spaces, rec->objects[order[i]].name_space);

		if (i == 0 || compare_files(&order[i - 1], &order[i], (void *)rec) != 0) {
			resident = &spaces->residents[spaces->resident_count++];
			resident->first = order[i];
			resident->in = xcalloc(spaces->count, sizeof(bool));
		}
		if (order[i] < resident->first)
			resident->first = order[i];
		resident->loads++;
		if (!resident->in[position])
			resident->in_count++;
		resident->in[position] = true;
	}
	qsort(spaces->residents, spaces->resident_count, sizeof(*spaces->residents), compare_first);
}

/* The dlmopen call that made a namespace, or NONE. */
static int creator(const struct recording *rec, int32_t id)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (object->name_space == id && object->reason_call >= 0 &&
		    (size_t)object->reason_call < rec->call_count &&
		    rec->calls[object->reason_call].kind == CALL_DLMOPEN)
			return object->reason_call;
	}
	return NONE;
}

/* How many files are in it, as the table lists them: also what was loaded twice there is one. */
static size_t residents_of(const struct spaces *spaces, size_t position)
{
	size_t count = 0;

	for (size_t i = 0; i < spaces->resident_count; i++)
		count += spaces->residents[i].in[position];
	return count;
}

static void show_space(const struct show *show, const struct spaces *spaces, size_t position)
{
	const struct recording *rec = show->rec;
	int32_t id = spaces->ids[position];
	int call = id == 0 ? NONE : creator(rec, id);
	size_t count = residents_of(spaces, position);
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "namespace %d: ", (int)id);
	add_count(&line, count, "object", "objects");
	if (call != NONE) {
		strbuf_addstr(&line, ", made ");
		add_time(&line, rec->calls[call].time_ns);
		strbuf_addstr(&line, " after the start by ");
		add_call_from(&line, rec, call, show->options->no_demangle);
	} else if (id == 0) {
		strbuf_addstr(&line, ", the program's own");
	}
	render_line(show->render, "  %s", line.s);
	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "namespace", value_integer(id));
	render_value(show->render, "objects", value_integer((int64_t)count));
	call_to_json(show->render, "made_by", rec, call, show->options->no_demangle);
	render_close(show->render);
}

static void resident_to_json(const struct show *show, const struct spaces *spaces,
			     const struct resident *resident)
{
	const struct object *object = &show->rec->objects[resident->first];

	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "path", value_string(object->path));
	render_value(show->render, "soname", value_string(object->soname));
	render_open(show->render, "namespaces", GROUP_ARRAY);
	for (size_t i = 0; i < spaces->count; i++)
		if (resident->in[i])
			render_value(show->render, NULL, value_integer(spaces->ids[i]));
	render_close(show->render);
	render_value(show->render, "loads", value_integer((int64_t)resident->loads));
	render_close(show->render);
}

static void show_table(const struct show *show, const struct spaces *spaces)
{
	AUTO_FREE struct column *columns = xcalloc(spaces->count + 2, sizeof(*columns));
	AUTO_FREE struct value *values = xcalloc(spaces->count + 2, sizeof(*values));
	AUTO_FREE char(*titles)[16] = xcalloc(spaces->count, sizeof(*titles));

	for (size_t i = 0; i < spaces->count; i++) {
		snprintf(titles[i], sizeof(titles[i]), "%d", (int)spaces->ids[i]);
		columns[i].title = titles[i];
	}
	columns[spaces->count].title = "OBJECT";
	columns[spaces->count].flags = COLUMN_WRAP;
	columns[spaces->count + 1].title = "";
	render_table(show->render, "objects", columns, spaces->count + 2);
	for (size_t i = 0; i < spaces->resident_count; i++) {
		const struct resident *resident = &spaces->residents[i];
		AUTO_STRBUF struct strbuf note = STRBUF_INIT;

		for (size_t j = 0; j < spaces->count; j++)
			values[j] = value_string(resident->in[j] ? "x" : "");
		values[spaces->count] = value_string(show->rec->objects[resident->first].path);
		if (resident->in_count > 1)
			strbuf_addf(&note, "in %zu namespaces", resident->in_count);
		if (resident->loads > resident->in_count)
			strbuf_addf(&note, "%sloaded %zu times", resident->in_count > 1 ? ", " : "",
				    resident->loads);
		values[spaces->count + 1] = value_styled(value_string(note.s), STYLE_WARN);
		render_row(show->render, values);
	}
	render_table_close(show->render);
}

void show_namespaces(const struct show *show)
{
	const struct recording *rec = show->rec;
	__attribute__((cleanup(spaces_release))) struct spaces spaces = {0};

	find_ids(rec, &spaces);
	find_residents(rec, &spaces);
	render_open(show->render, "namespaces", GROUP_ARRAY);
	for (size_t i = 0; i < spaces.count; i++)
		show_space(show, &spaces, i);
	render_close(show->render);
	render_blank(show->render);
	if (show->render->is_text) {
		show_table(show, &spaces);
		return;
	}
	render_open(show->render, "objects", GROUP_ARRAY);
	for (size_t i = 0; i < spaces.resident_count; i++)
		resident_to_json(show, &spaces, &spaces.residents[i]);
	render_close(show->render);
}

int cmd_namespaces(struct context *context)
{
	return show_processes(context, show_namespaces, true,
			      "Which call made a namespace is inferred from the order of events.");
}
