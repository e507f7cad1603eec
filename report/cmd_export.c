/* plugreport export: recordings for other programs. */
#include "report/cmd_export.h"

#include <inttypes.h>

#include "report/render/csv.h"
#include "report/render/dot.h"
#include "report/render/trace.h"
#include "report/store/bound_rows.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

enum export_format { EXPORT_JSON, EXPORT_DOT, EXPORT_TRACE, EXPORT_CSV };

/* --- csv: a table of the database, whose schema is documented */

/* Words of --table, and the views behind them. */
static const char *const views[] = {"v_object", "v_binding", "v_search", "v_call", "v_process"};

struct csv {
	FILE *out;
	struct strbuf line;
};

static void csv_columns(const char *const *names, size_t count, void *data)
{
	struct csv *csv = data;

	for (size_t i = 0; i < count; i++)
		csv_add_text(&csv->line, i == 0, names[i], strlen(names[i]));
	csv_end_line(&csv->line);
}

static bool csv_row(const struct sql_value *values, size_t count, void *data)
{
	struct csv *csv = data;

	for (size_t i = 0; i < count; i++) {
		const struct sql_value *value = &values[i];

		if (value->type == SQL_NULL)
			csv_add_null(&csv->line, i == 0);
		else if (value->type == SQL_INTEGER)
			csv_add_integer(&csv->line, i == 0, value->integer);
		else
			csv_add_text(&csv->line, i == 0, value->bytes, value->length);
	}
	csv_end_line(&csv->line);
	fwrite(csv->line.s, 1, csv->line.length, csv->out);
	strbuf_reset(&csv->line);
	return true;
}

static bool export_csv(struct context *context, const struct process_list *list)
{
	struct csv csv = {context->out, STRBUF_INIT};
	AUTO_STRBUF struct strbuf sql = STRBUF_INIT;
	bool ok;

	strbuf_addf(&sql, "SELECT * FROM %s WHERE process IN (", views[context->options->table]);
	for (size_t i = 0; i < list->count; i++)
		strbuf_addf(&sql, "%s%" PRId64, i ? ", " : "", list->rows[i].id);
	strbuf_addch(&sql, ')');
	ok = store_sql(context->store, sql.s, csv_columns, csv_row, &csv);
	fwrite(csv.line.s, 1, csv.line.length, csv.out); /* the heading, when there was no row */
	strbuf_release(&csv.line);
	return ok;
}

/* --- dot */

static bool add_to_graph(struct store *store, const struct process_row *row, struct strbuf *graph)
{
	AUTO_RECORDING struct recording rec;
	AUTO_BOUND struct bound_set bound = {0};
	AUTO_DUPLICATES struct duplicates duplicates = {0};
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	struct dot_process process = {.rec = &rec, .duplicates = &duplicates};
	struct symbol_provider *symbols;

	recording_init(&rec);
	if (!store_load(store, row->id, &rec) || !store_load_bound(store, &rec, &bound) ||
	    !store_scopes(store, &rec, SCOPES_ALONE, &loaded))
		return false;
	symbols = symbol_tables_open(store, &rec);
	duplicates_build(&rec, &bound, symbols, &duplicates);
	scopes_advance(loaded.scopes, UINT64_MAX);
	process.history = scopes_history(loaded.scopes, &process.history_count);
	dot_add_process(graph, &process);
	symbol_tables_close(symbols);
	return true;
}

static bool export_dot(struct context *context, const struct process_list *list)
{
	AUTO_STRBUF struct strbuf graph = STRBUF_INIT;
	bool ok = true;

	dot_begin(&graph);
	for (size_t i = 0; i < list->count && ok; i++) {
		ok = add_to_graph(context->store, &list->rows[i], &graph);
		fwrite(graph.s, 1, graph.length, context->out);
		strbuf_reset(&graph);
	}
	dot_end(&graph);
	fwrite(graph.s, 1, graph.length, context->out);
	return ok;
}

/* --- chrome-trace */

/* Above all pids of Linux: PID_MAX_LIMIT is 2^22. */
#define PID_SHIFT ((int64_t)1 << 22)

static int compare_pids(const void *a, const void *b, void *data)
{
	const struct process_list *list = data;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (list->rows[i].pid != list->rows[j].pid)
		return list->rows[i].pid < list->rows[j].pid ? -1 : 1;
	return (i > j) - (i < j);
}

/* Is it a further image of the process that had the image `before`, which exec replaced?  What it
 * executed in between may not be recorded. */
static bool is_next_image(const struct process_row *row, const struct process_row *before)
{
	return before->pid == row->pid && strcmp(row->begin_kind, "exec") == 0 &&
	       (!row->parent || row->parent_pid == row->pid);
}

static void add_image(struct strbuf *names, const char *exe)
{
	strbuf_addf(names, "%s%s", names->length ? ", " : "",
		    exe ? base_name(exe) : "unknown program");
}

/*
 * Viewers have one name for a process id, "sh, make" when it had several images (exec).  Another
 * process that had the pid later gets one that no process has.  The caller frees what is in it.
 */
static struct trace_lane *make_lanes(const struct process_list *list)
{
	size_t count = list->count;
	struct trace_lane *lanes = xcalloc(count + 1, sizeof(*lanes));
	AUTO_FREE size_t *first = xcalloc(count + 1, sizeof(*first)); /* image of its process */
	AUTO_FREE size_t *order = xcalloc(count + 1, sizeof(*order)); /* by pid, then in time */
	AUTO_FREE struct strbuf *names = xcalloc(count + 1, sizeof(*names));

	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), compare_pids, (void *)list);
	for (size_t i = 0; i < count; i++) {
		const struct process_row *row = &list->rows[order[i]];
		const struct process_row *before = i ? &list->rows[order[i - 1]] : NULL;
		struct trace_lane *lane = &lanes[order[i]];
		bool next = before && is_next_image(row, before);

		first[order[i]] = next ? first[order[i - 1]] : order[i];
		if (before && before->pid == row->pid)
			lane->pid_shift = lanes[order[i - 1]].pid_shift + (next ? 0 : PID_SHIFT);
		lane->base_ns = list->rows[0].started_ns;
		strbuf_init(&names[order[i]]);
	}
	for (size_t i = 0; i < count; i++)
		add_image(&names[first[i]], list->rows[i].exe);
	for (size_t i = 0; i < count; i++)
		lanes[i].name = first[i] == i ? strbuf_detach(&names[i]) : NULL;
	return lanes;
}

static bool trace_row(struct context *context, struct render *render, const struct process_row *row,
		      const struct trace_lane *lane)
{
	AUTO_RECORDING struct recording rec;
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	AUTO_TIMELINE struct timeline timeline = {0};

	recording_init(&rec);
	if (!store_load(context->store, row->id, &rec) ||
	    !store_scopes(context->store, &rec, SCOPES_ALONE, &loaded))
		return false;
	scopes_advance(loaded.scopes, UINT64_MAX);
	timeline_build(&rec, loaded.scopes, &timeline);
	trace_process(render, &rec, &timeline, lane, context->options->no_demangle);
	return true;
}

static bool export_trace(struct context *context, struct render *render,
			 const struct process_list *list)
{
	AUTO_FREE struct trace_lane *lanes = make_lanes(list);
	bool ok = true;

	trace_begin(render);
	for (size_t i = 0; i < list->count && ok; i++)
		ok = trace_row(context, render, &list->rows[i], &lanes[i]);
	trace_end(render);
	for (size_t i = 0; i < list->count; i++)
		free((char *)lanes[i].name);
	return ok;
}

/* --- the command */

static bool export_with(struct context *context, struct process_list *list,
			enum export_format format)
{
	struct render *render;
	bool ok;

	if (format == EXPORT_DOT)
		return export_dot(context, list);
	if (format == EXPORT_CSV)
		return export_csv(context, list);
	render = format == EXPORT_JSON ? render_json_new(context->out, context->command->name)
				       : render_json_bare_new(context->out);
	if (format == EXPORT_JSON) {
		show_losses(render, list->rows, list->count);
		ok = export_json(context, render, list);
	} else {
		ok = export_trace(context, render, list);
	}
	return render_finish(render) && ok;
}

int cmd_export(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	enum export_format format = (enum export_format)context->options->format;
	int status;

	context->foreign = true;
	status = context_processes(context, &list);
	if (status != EXIT_OK)
		return status;
	for (size_t i = 0; format != EXPORT_JSON && i < list.count; i++) {
		AUTO_STRBUF struct strbuf loss = STRBUF_INIT;

		if (add_loss(&loss, &list.rows[i]))
			context_remark(context, "%s", loss.s);
	}
	return export_with(context, &list, format) ? EXIT_OK : EXIT_DATABASE;
}
