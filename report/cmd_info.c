/* plugreport info: what was recorded, by which glibc, and what was lost. */
#include <inttypes.h>
#include <sys/stat.h>

#include "report/cmd.h"
#include "report/render/words.h"

/* Sums over processes. */
struct sums {
	uint64_t processes, objects, searches, calls, bindings;
	uint64_t lost_events, lost_stacks, torn, damaged, running, incomplete, missing_children;
	uint64_t first_ns, last_ns;
	/* The end of the image that the first process is in; 0 not known. */
	int first_pid;
	uint64_t ended_ns;
};

/* Of a run: in order of start. */
static void add_row(struct sums *sums, const struct process_row *row)
{
	uint64_t last = row->ended_ns > row->started_ns ? row->ended_ns : row->started_ns;

	if (!sums->processes || row->started_ns < sums->first_ns)
		sums->first_ns = row->started_ns;
	if (!sums->processes)
		sums->first_pid = row->pid;
	if (row->pid == sums->first_pid)
		sums->ended_ns = row->ended_ns;
	if (last > sums->last_ns)
		sums->last_ns = last;
	sums->processes++;
	sums->objects += row->objects;
	sums->searches += row->searches;
	sums->calls += row->calls;
	sums->bindings += row->bindings;
	sums->lost_events += row->lost_events;
	sums->lost_stacks += row->lost_stacks;
	sums->torn += row->torn_records;
	sums->damaged += row->damaged_at != 0;
	sums->missing_children += row->missing_children;
	if (strcmp(row->end_kind, "running") == 0)
		sums->running++;
	else
		sums->incomplete += !row->complete;
}

static const struct column run_columns[] = {
	{"run", "RUN", COLUMN_RIGHT},
	{"started_ns", "STARTED", 0},
	{"ended_ns", "LASTED", COLUMN_RIGHT},
	{"processes", "PROCESSES", COLUMN_RIGHT},
	{"objects", "OBJECTS", COLUMN_RIGHT},
	{"searches", "SEARCHES", COLUMN_RIGHT | COLUMN_SPARE},
	{"calls", "CALLS", COLUMN_RIGHT | COLUMN_SPARE},
	{"bindings", "BINDINGS", COLUMN_RIGHT | COLUMN_SPARE},
	{"lost_events", "LOST", COLUMN_RIGHT | COLUMN_SAME},
	{"argv", "COMMAND", COLUMN_WRAP},
};

static void show_run(struct render *render, const struct process_row *first,
		     const struct sums *sums)
{
	AUTO_STRBUF struct strbuf started = STRBUF_INIT, lasted = STRBUF_INIT, argv = STRBUF_INIT;

	add_date(&started, sums->first_ns);
	if (sums->ended_ns)
		add_time(&lasted, sums->last_ns - sums->first_ns);
	add_argv(&argv, first->argv);
	if (!argv.length)
		add_name(&argv, first->exe);
	const struct value values[ARRAY_SIZE(run_columns)] = {
		value_integer(first->run),
		value_shown(value_integer((int64_t)sums->first_ns), started.s),
		sums->ended_ns ? value_shown(value_integer((int64_t)sums->last_ns), lasted.s)
			       : value_none(),
		value_count(sums->processes),
		value_count(sums->objects),
		value_count(sums->searches),
		value_count(sums->calls),
		value_count(sums->bindings),
		value_styled(value_count(sums->lost_events),
			     sums->lost_events ? STYLE_BAD : STYLE_PLAIN),
		value_shown(value_json(first->argv), argv.s),
	};
	render_row(render, values);
}

static int compare_runs(const void *a, const void *b)
{
	const struct process_row *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	if (x->started_ns != y->started_ns)
		return x->started_ns < y->started_ns ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Sorts the rows. */
static void show_runs(struct render *render, struct process_list *list)
{
	qsort(list->rows, list->count, sizeof(*list->rows), compare_runs);
	render_table(render, "runs", run_columns, ARRAY_SIZE(run_columns));
	for (size_t i = 0, end; i < list->count; i = end) {
		struct sums sums = {0};

		for (end = i; end < list->count && list->rows[end].run == list->rows[i].run; end++)
			add_row(&sums, &list->rows[end]);
		show_run(render, &list->rows[i], &sums);
	}
	render_table_close(render);
}

static void show_count(struct render *render, const char *key, const char *label, uint64_t count)
{
	render_fact(render, key, label, value_count(count));
}

/* Shown only when it is not zero; JSON has it always. */
static void show_trouble(struct render *render, const char *key, const char *label, uint64_t count)
{
	render_fact(render, key, count ? label : NULL,
		    value_styled(value_count(count), STYLE_WARN));
}

/* A list of distinct values of a column of process, from SQL. */
struct distinct {
	struct render *render;
	struct strbuf text;
};

static bool add_distinct(const struct sql_value *values, size_t count, void *data)
{
	struct distinct *distinct = data;

	if (count < 1 || values[0].type != SQL_TEXT)
		return true;
	render_value(distinct->render, NULL, value_bytes(values[0].bytes, values[0].length));
	if (distinct->text.length)
		strbuf_addstr(&distinct->text, ", ");
	strbuf_add_escaped(&distinct->text, values[0].bytes, values[0].length);
	return true;
}

static bool show_distinct(const struct context *context, const char *column, const char *key,
			  const char *label)
{
	struct distinct distinct = {.render = context->render, .text = STRBUF_INIT};
	const struct options *options = context->options;
	AUTO_FREE char *sql = xasprintf("SELECT DISTINCT %s FROM process WHERE %s IS NOT NULL AND "
					"%" PRId64 " IN (0, run) AND %" PRId64 " IN (0, pid) "
					"ORDER BY 1",
					column, column, options->run, options->pid);
	bool ok;

	if (!context->render->is_text)
		render_open(context->render, key, GROUP_ARRAY);
	ok = store_sql(context->store, sql, NULL, add_distinct, &distinct);
	if (context->render->is_text)
		render_fact(context->render, NULL, label, value_string(distinct.text.s));
	else
		render_close(context->render);
	strbuf_release(&distinct.text);
	return ok;
}

static bool show_facts(const struct context *context, const struct process_list *list)
{
	struct render *render = context->render;
	const char *path = store_path(context->store);
	AUTO_STRBUF struct strbuf size = STRBUF_INIT, span = STRBUF_INIT;
	struct sums sums = {0};
	struct stat st;
	bool left = store_lacks_spools(context->store);

	for (size_t i = 0; i < list->count; i++)
		add_row(&sums, &list->rows[i]);
	render_fact(render, "database", "database", value_string(path));
	if (stat(path, &st) == 0) {
		add_size(&size, (uint64_t)st.st_size);
		render_fact(render, "file_size", "size",
			    value_shown(value_integer(st.st_size), size.s));
	}
	if (!show_distinct(context, "glibc", "glibc", "glibc") ||
	    !show_distinct(context, "module", "modules", "recorder"))
		return false;
	add_date(&span, sums.first_ns);
	strbuf_addstr(&span, " to ");
	add_date(&span, sums.last_ns);
	render_fact(render, NULL, "time", value_string(span.s));
	render_fact(render, "first_ns", NULL, value_integer((int64_t)sums.first_ns));
	render_fact(render, "last_ns", NULL, value_integer((int64_t)sums.last_ns));
	show_count(render, "processes", "processes", sums.processes);
	show_count(render, "objects", "objects", sums.objects);
	show_count(render, "searches", "searches", sums.searches);
	show_count(render, "calls", "calls", sums.calls);
	show_count(render, "bindings", "bindings", sums.bindings);
	show_count(render, "lost_events", "lost events", sums.lost_events);
	show_trouble(render, "lost_stacks", "lost call stacks", sums.lost_stacks);
	show_trouble(render, "torn_records", "records cut short by a kill", sums.torn);
	show_trouble(render, "damaged_spools", "damaged spools", sums.damaged);
	show_trouble(render, "missing_children", "forked children that are not here",
		     sums.missing_children);
	show_trouble(render, "running", "processes that still run", sums.running);
	show_trouble(render, "incomplete", "processes recorded in part", sums.incomplete);
	render_fact(render, "spools_left", left ? "spools not taken in" : NULL, value_bool(left));
	return true;
}

int cmd_info(struct context *context)
{
	AUTO_PROCESSES struct process_list list = {0};
	struct process_filter filter = {
		.run = context->options->run ? context->options->run : -1,
		.pid = (int)context->options->pid,
	};

	if (!store_processes(context->store, &filter, &list.rows, &list.count))
		return EXIT_DATABASE;
	if (list.count == 0) {
		context_remark(context, "the database has no such run or process");
		return EXIT_FOUND;
	}
	show_losses(context->render, list.rows, list.count);
	if (!show_facts(context, &list))
		return EXIT_DATABASE;
	render_blank(context->render);
	show_runs(context->render, &list);
	return EXIT_OK;
}
