/*
 * output.c - the results as tables, and as JSON.
 *
 * The JSON document is one object:
 *
 *     version      1
 *     glibc        version of the C library, "2.36"
 *     workloads    array of
 *         name, command (array of strings), runs
 *         objects, symbind, relocations, unbound      what the recording holds: link maps, bindings
 *                                                     that ld.so reported, bindings read from
 *                                                     relocated slots, lazy slots never called
 *         spool_bytes, lost_events                    size of the records; events without a record
 *         ms           object: variant -> {"median", "minimum", "all": one per round}
 *         cpu_ms       the same by processor time, of the process and those it waited for
 *         ratio        object: variant -> {"wall", "cpu"}: median of (variant / plain), taken round
 *                      by round
 *     bars         array of
 *         what, unit, value and cpu (absent when skipped, or when there is none), limit (absent:
 * none set), met (absent: no limit, or skipped), skipped (why; absent otherwise)
 *
 * Variants are plain, null, recorder, flush, ld-debug; those that were not run are absent.
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool bar_met(const struct bar *bar)
{
	return !bar->limit || bar->figure <= bar->limit;
}

/* Columns of numbers, but for the first and, when it is so called, a last one of words. */
static struct libscols_table *new_table(const char *title, const char *const *columns, size_t count)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		abort();
	printf("%s\n", title);
	for (size_t i = 0; i < count; i++)
		scols_table_new_column(table, columns[i], 0,
				       i && strcmp(columns[i], "VERDICT") != 0 ? SCOLS_FL_RIGHT
									       : 0);
	return table;
}

static void put(struct libscols_line *line, size_t column, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (!line || scols_line_set_data(line, column, text) != 0)
		abort();
}

static void print(struct libscols_table *table)
{
	scols_print_table(table);
	scols_unref_table(table);
	putchar('\n');
}

static void print_times(const struct workload *const *workloads, size_t count)
{
	static const char *const columns[] = {"PROGRAM", "OBJECTS",  "BINDINGS", "ROUNDS",  "PLAIN",
					      "NULL",    "RECORDER", "FLUSH",    "LD_DEBUG"};
	struct libscols_table *table =
		new_table("Median time, ms", columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < count; i++) {
		const struct workload *w = workloads[i];
		struct libscols_line *line = scols_table_new_line(table, NULL);

		put(line, 0, "%s", w->name);
		put(line, 1, "%llu", (unsigned long long)w->facts.objects);
		put(line, 2, "%llu", (unsigned long long)(w->facts.symbind + w->facts.relocations));
		put(line, 3, "%u", w->runs);
		for (int v = 0; v < VARIANTS; v++)
			if (w->times[WALL][v])
				put(line, (size_t)(4 + v), "%.2f",
				    median(w, WALL, (enum variant)v));
			else
				put(line, (size_t)(4 + v), "-");
	}
	print(table);
}

static void print_bars(const struct bar *bars, size_t count)
{
	static const char *const columns[] = {"FIGURE", "VALUE", "CPU", "UNIT", "BAR", "VERDICT"};
	struct libscols_table *table =
		new_table("Medians of what is compared round by round, and what is demanded",
			  columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < count; i++) {
		const struct bar *bar = &bars[i];
		struct libscols_line *line = scols_table_new_line(table, NULL);

		put(line, 0, "%s", bar->what);
		if (bar->skip)
			put(line, 1, "-");
		else
			put(line, 1, bar->figure >= 1000 ? "%.0f" : "%.3f", bar->figure);
		if (bar->cpu)
			put(line, 2, "%.3f", bar->cpu);
		put(line, 3, "%s", bar->unit);
		if (bar->limit)
			put(line, 4, "<= %g", bar->limit);
		else
			put(line, 4, "-");
		put(line, 5, "%s",
		    bar->skip      ? bar->skip
		    : !bar->limit  ? "-"
		    : bar_met(bar) ? "met"
				   : "NOT MET");
	}
	print(table);
}

void print_tables(const struct workload *const *workloads, size_t count, const struct bar *bars,
		  size_t bar_count)
{
	if (count)
		print_times(workloads, count);
	print_bars(bars, bar_count);
}

static json_t *times_json(const struct workload *w, enum metric metric, enum variant variant)
{
	json_t *all = json_array();

	for (unsigned int i = 0; i < w->runs; i++)
		json_array_append_new(all, json_real(w->times[metric][variant][i]));
	return json_pack("{s:f, s:f, s:o}", "median", median(w, metric, variant), "minimum",
			 minimum(w, metric, variant), "all", all);
}

static json_t *workload_json(const struct workload *w)
{
	json_t *command = json_array(), *ms = json_object(), *cpu_ms = json_object();
	json_t *ratio = json_object();

	for (const char *const *argument = w->command; *argument; argument++)
		json_array_append_new(command, json_string(*argument));
	for (int v = 0; v < VARIANTS; v++) {
		if (!w->times[WALL][v])
			continue;
		json_object_set_new(ms, variant_names[v], times_json(w, WALL, (enum variant)v));
		json_object_set_new(cpu_ms, variant_names[v], times_json(w, CPU, (enum variant)v));
		if (v != PLAIN)
			json_object_set_new(
				ratio, variant_names[v],
				json_pack("{s:f, s:f}", "wall",
					  median_ratio(w, WALL, (enum variant)v, PLAIN), "cpu",
					  median_ratio(w, CPU, (enum variant)v, PLAIN)));
	}
	return json_pack("{s:s, s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "name",
			 w->name, "command", command, "runs", (int)w->runs, "objects",
			 (json_int_t)w->facts.objects, "symbind", (json_int_t)w->facts.symbind,
			 "relocations", (json_int_t)w->facts.relocations, "unbound",
			 (json_int_t)w->facts.unbound, "spool_bytes", (json_int_t)w->facts.bytes,
			 "lost_events", (json_int_t)w->facts.lost, "ms", ms, "cpu_ms", cpu_ms,
			 "ratio", ratio);
}

static json_t *bar_json(const struct bar *bar)
{
	json_t *object = json_pack("{s:s, s:s}", "what", bar->what, "unit", bar->unit);

	if (bar->skip)
		json_object_set_new(object, "skipped", json_string(bar->skip));
	else
		json_object_set_new(object, "value", json_real(bar->figure));
	if (!bar->skip && bar->cpu)
		json_object_set_new(object, "cpu", json_real(bar->cpu));
	if (bar->limit)
		json_object_set_new(object, "limit", json_real(bar->limit));
	if (bar->limit && !bar->skip)
		json_object_set_new(object, "met", json_boolean(bar_met(bar)));
	return object;
}

bool write_json(const char *path, const struct workload *const *workloads, size_t count,
		const struct bar *bars, size_t bar_count)
{
	json_t *all = json_array(), *figures = json_array(), *root;
	bool ok;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, workload_json(workloads[i]));
	for (size_t i = 0; i < bar_count; i++)
		json_array_append_new(figures, bar_json(&bars[i]));
	root = json_pack("{s:i, s:s, s:o, s:o}", "version", 1, "glibc", gnu_get_libc_version(),
			 "workloads", all, "bars", figures);
	ok = root && json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
	if (!ok)
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
	json_decref(root);
	return ok;
}
