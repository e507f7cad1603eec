/* plugreport promotions: what joined the global scope later than it was loaded. */
#include "report/cmd_global_effects.h"
#include "report/model/why_global.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"

static const struct column promotion_columns[] = {
	{"pid", "PROCESS", COLUMN_WRAP},
	{"process", NULL, 0},
	{"time_ns", "AT", COLUMN_RIGHT},
	{"seq", NULL, 0},
	{"path", "OBJECT", COLUMN_WRAP},
	{"namespace", NULL, 0},
	{"way", "HOW", COLUMN_WRAP},
	{"root_path", NULL, 0},
	{"loaded_ns", "LOADED", COLUMN_RIGHT},
	{"call_seq", NULL, 0},
	{"call", "BY", COLUMN_WRAP},
	{"caller", "CALLED FROM", COLUMN_WRAP},
	{"bound_because_of_it", "BOUND SINCE", COLUMN_RIGHT},
	{"sure", NULL, 0},
};

static void add_way(struct strbuf *sb, const struct recording *rec,
		    const struct global_entry *entry)
{
	switch (promotion_way(rec, entry)) {
	case PROMOTION_NOLOAD:
		strbuf_addstr(sb, "RTLD_NOLOAD");
		break;
	case PROMOTION_AGAIN:
		strbuf_addstr(sb, "opened again");
		break;
	case PROMOTION_DEPENDENCY:
		strbuf_addstr(sb, "came with ");
		add_object(sb, rec, entry->root);
		break;
	case PROMOTION_NONE:
		break;
	}
}

static size_t count_bound(const struct effects *effects, int object)
{
	size_t count = 0;

	for (size_t i = 0; i < effects->count; i++)
		count += effects->list[i].to == object;
	return count;
}

static void show_promotion(const struct show *show, const struct global_entry *entry,
			   const struct effects *effects)
{
	const struct recording *rec = show->rec;
	const struct object *object = &rec->objects[entry->object];
	const struct call *by = &rec->calls[entry->call];
	bool no_demangle = show->options->no_demangle;
	AUTO_STRBUF struct strbuf process = STRBUF_INIT, at = STRBUF_INIT, way = STRBUF_INIT;
	AUTO_STRBUF struct strbuf loaded = STRBUF_INIT, call = STRBUF_INIT, caller = STRBUF_INIT;

	add_process(&process, rec);
	add_time(&at, by->time_ns);
	add_way(&way, rec, entry);
	add_time(&loaded, object->opened_ns);
	add_call(&call, rec, entry->call, no_demangle);
	add_caller(&caller, rec, entry->call, no_demangle);
	if (!entry->sure)
		strbuf_addstr(&way, " (perhaps)");
	const struct value values[ARRAY_SIZE(promotion_columns)] = {
		value_shown(value_integer(rec->pid), process.s),
		value_integer(rec->process_id),
		value_shown(value_integer((int64_t)by->time_ns), at.s),
		value_integer((int64_t)entry->seq),
		value_shown(value_string(object->path), object_name(rec, entry->object)),
		value_integer(object->name_space),
		value_shown(value_string(promotion_way_name(promotion_way(rec, entry))), way.s),
		value_string(rec->objects[entry->root].path),
		value_shown(value_integer((int64_t)object->opened_ns), loaded.s),
		value_integer((int64_t)by->seq),
		value_string(call.s),
		value_string(caller.s),
		value_count(count_bound(effects, entry->object)),
		value_bool(entry->sure),
	};
	render_row(show->render, values);
}

static bool find_effects(const struct show *show, const struct global_entry *entries, size_t count,
			 struct effects *ret)
{
	AUTO_FREE uint64_t *joined = xcalloc(show->rec->object_count, sizeof(*joined));

	for (size_t i = 0; i < show->rec->object_count; i++)
		joined[i] = UINT64_MAX;
	for (size_t i = 0; i < count; i++)
		if (promotion_way(show->rec, &entries[i]) != PROMOTION_NONE)
			joined[entries[i].object] = entries[i].seq;
	return effects_find(show, joined, ret);
}

size_t show_promotions(const struct show *show)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	struct scopes *scopes = scopes_at_end(show, SCOPES_ALONE, &loaded);
	AUTO_EFFECTS struct effects effects = {0};
	const struct global_entry *entries;
	size_t count, shown = 0;

	if (!scopes)
		return 0;
	entries = scopes_history(scopes, &count);
	if (!find_effects(show, entries, count, &effects)) {
		*show->ret_failed = true;
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (promotion_way(show->rec, &entries[i]) == PROMOTION_NONE)
			continue;
		show_promotion(show, &entries[i], &effects);
		shown++;
	}
	return shown;
}

static bool show_process(const struct show *show, void *data)
{
	size_t *shown = data;

	*shown += show_promotions(show);
	return true;
}

int cmd_promotions(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct column columns[ARRAY_SIZE(promotion_columns)];
	int status = context_processes(context, &list);
	size_t shown = 0;

	if (status != EXIT_OK)
		return status;
	memcpy(columns, promotion_columns, sizeof(columns));
	if (list.count == 1)
		columns[0].title = NULL;
	render_table(context->render, "promotions", columns, ARRAY_SIZE(columns));
	if (!for_each_recording(context, &list, show_process, &shown))
		status = EXIT_DATABASE;
	render_table_close(context->render);
	if (status == EXIT_OK && !shown)
		render_line(context->render,
			    "Nothing joined the global scope after it was loaded.");
	else if (status == EXIT_OK)
		render_line(context->render,
			    MARK_DIM "Scopes are inferred: rebuilt from the recorded loads, calls "
				     "and closes." MARK_END);
	return status;
}
