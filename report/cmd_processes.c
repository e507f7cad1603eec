/* plugreport processes: the recorded processes, each below the one that started it. */
#include "report/cmd.h"
#include "report/render/forest.h"
#include "report/render/words.h"

static const struct column process_columns[] = {
	{"process", NULL, 0},
	{"run", "RUN", COLUMN_RIGHT},
	{"pid", "PID", COLUMN_TREE},
	{"ppid", NULL, 0},
	{"parent", NULL, 0},
	{"began", "BEGAN", COLUMN_WRAP | COLUMN_SPARE | COLUMN_SAME},
	{"started_ns", NULL, 0},
	{"ended_ns", "LASTED", COLUMN_RIGHT},
	{"end_kind", "ENDED", COLUMN_WRAP},
	{"wait_status", NULL, 0},
	{"objects", "OBJECTS", COLUMN_RIGHT | COLUMN_WRAP | COLUMN_SPARE},
	{"searches", "SEARCHES", COLUMN_RIGHT | COLUMN_SPARE},
	{"calls", "CALLS", COLUMN_RIGHT | COLUMN_SPARE},
	{"bindings", "BINDINGS", COLUMN_RIGHT | COLUMN_SPARE},
	{"lost_events", "LOST", COLUMN_RIGHT | COLUMN_SAME},
	{"exe", NULL, 0},
	{"argv", "COMMAND", COLUMN_WRAP},
	{"cwd", NULL, 0},
	{"glibc", NULL, 0},
};

void add_process_end(struct strbuf *sb, const struct process_row *row)
{
	if (row->has_wait_status)
		add_wait_status(sb, row->wait_status);
	else if (strcmp(row->end_kind, "unknown") == 0)
		strbuf_addstr(sb, "not by exit()");
	else if (strcmp(row->end_kind, "exec") == 0)
		strbuf_addstr(sb, "execve");
	else if (strcmp(row->end_kind, "running") == 0)
		strbuf_addstr(sb, "still runs");
	else
		add_name(sb, row->end_kind);
}

struct processes {
	struct render *render;
	const struct process_list *list;
};

static void open_row(int index, void *data)
{
	const struct processes *processes = data;
	const struct process_row *row = &processes->list->rows[index];
	AUTO_STRBUF struct strbuf end = STRBUF_INIT, argv = STRBUF_INIT, lasted = STRBUF_INIT;
	bool ended = row->ended_ns > row->started_ns;

	add_process_end(&end, row);
	add_argv(&argv, row->argv);
	if (!argv.length)
		add_name(&argv, row->exe);
	if (ended)
		add_time(&lasted, row->ended_ns - row->started_ns);
	const struct value values[ARRAY_SIZE(process_columns)] = {
		value_integer(row->id),
		value_integer(row->run),
		value_integer(row->pid),
		value_integer(row->ppid),
		row->parent ? value_integer(row->parent) : value_none(),
		value_string(row->begin_kind),
		value_integer((int64_t)row->started_ns),
		row->ended_ns
			? value_shown(value_integer((int64_t)row->ended_ns), ended ? lasted.s : "-")
			: value_none(),
		value_shown(value_string(row->end_kind), end.s),
		row->has_wait_status ? value_integer(row->wait_status) : value_none(),
		value_count(row->objects),
		value_count(row->searches),
		value_count(row->calls),
		value_count(row->bindings),
		value_styled(value_count(row->lost_events),
			     row->lost_events ? STYLE_BAD : STYLE_PLAIN),
		value_string(row->exe),
		value_shown(value_json(row->argv), argv.s),
		value_string(row->cwd),
		value_string(row->glibc),
	};
	render_row_open(processes->render, values);
}

static int compare_ids(const void *key, const void *member, void *data)
{
	const struct process_row *rows = data;
	int64_t wanted = *(const int64_t *)key, id = rows[*(const int *)member].id;

	return (wanted > id) - (wanted < id);
}

static int compare_indexes(const void *a, const void *b, void *data)
{
	const struct process_row *rows = data;

	return compare_ids(&rows[*(const int *)a].id, b, data);
}

/* Index of the row with this id by a sorted index, or -1. */
static int find_row(const struct process_row *rows, const int *sorted, size_t count, int64_t id)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_ids(&id, &sorted[middle], (void *)rows);

		if (order == 0)
			return sorted[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

static void link_rows(const struct process_list *list, struct forest *forest)
{
	AUTO_FREE int *sorted = xcalloc(list->count, sizeof(int));

	for (size_t i = 0; i < list->count; i++)
		sorted[i] = (int)i;
	qsort_r(sorted, list->count, sizeof(int), compare_indexes, list->rows);
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].parent)
			forest_link(
				forest, (int)i,
				find_row(list->rows, sorted, list->count, list->rows[i].parent));
}

int cmd_processes(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	AUTO_FOREST struct forest forest = {0};
	struct processes processes = {.render = context->render, .list = &list};
	struct column columns[ARRAY_SIZE(process_columns)];
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	memcpy(columns, process_columns, sizeof(columns));
	if (!context->options->all)
		columns[1].title = NULL;
	forest_init(&forest, list.count);
	link_rows(&list, &forest);
	render_table(context->render, "processes", columns, ARRAY_SIZE(columns));
	if (context->render->is_text) {
		forest_show(&forest, context->render, NULL, open_row, &processes);
	} else { /* scripts want rows, not branches */
		for (size_t i = 0; i < list.count; i++) {
			open_row((int)i, &processes);
			render_row_close(context->render);
		}
	}
	render_table_close(context->render);
	return EXIT_OK;
}
