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

/* "sh, make": viewers have one name for a process id, which several images (exec) can have, one
 * after the other.  Empty when an earlier one has named it. */
static void add_images(struct strbuf *sb, const struct process_list *list, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (list->rows[i].pid == list->rows[at].pid)
			return;
	for (size_t i = at; i < list->count; i++) {
		const char *exe = list->rows[i].exe;

		if (list->rows[i].pid == list->rows[at].pid)
			strbuf_addf(sb, "%s%s", sb->length ? ", " : "",
				    exe ? base_name(exe) : "unknown program");
	}
}

static bool export_trace(struct context *context, struct render *render,
			 const struct process_list *list)
{
	trace_begin(render);
	for (size_t i = 0; i < list->count; i++) {
		AUTO_RECORDING struct recording rec;
		AUTO_SCOPES struct loaded_scopes loaded = {0};
		AUTO_TIMELINE struct timeline timeline = {0};
		AUTO_STRBUF struct strbuf name = STRBUF_INIT;

		recording_init(&rec);
		if (!store_load(context->store, list->rows[i].id, &rec) ||
		    !store_scopes(context->store, &rec, SCOPES_ALONE, &loaded))
			return false;
		add_images(&name, list, i);
		scopes_advance(loaded.scopes, UINT64_MAX);
		timeline_build(&rec, loaded.scopes, &timeline);
		trace_process(render, &rec, &timeline, name.length ? name.s : NULL,
			      list->rows[0].started_ns, context->options->no_demangle);
	}
	trace_end(render);
	return true;
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
