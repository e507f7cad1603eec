/* plugreport timeline: what each thread loaded, promoted and closed, and how long it took. */
#include "report/cmd.h"
#include "report/model/timeline.h"
#include "report/render/forest.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"

static const struct column timeline_columns[] = {
	{"kind", NULL, 0},
	{"seq", NULL, 0},
	{"time_ns", "AT", COLUMN_RIGHT},
	{"least_ns", "TOOK", COLUMN_RIGHT},
	{"most_ns", NULL, 0},
	{NULL, "WHAT", COLUMN_TREE | COLUMN_WRAP},
	{"path", NULL, 0},
	{"namespace", NULL, 0},
	{"call", NULL, 0},
	{"caller", "CALLED FROM", COLUMN_WRAP},
	{"outcome", NULL, 0},
	{"promoted", NULL, 0},
	{"objects", NULL, 0},
};

struct view {
	const struct show *show;
	const struct timeline *timeline;
	uint32_t tid; /* that is being shown */
};

/* "0.12 ms", or "0.12 to 0.40 ms" where only bounds are known. */
static void add_took(struct strbuf *sb, const struct timeline_entry *entry)
{
	AUTO_STRBUF struct strbuf least = STRBUF_INIT, most = STRBUF_INIT;

	add_time(&least, entry->least_ns);
	add_time(&most, entry->most_ns);
	if (!entry->has_most) {
		if (entry->least_ns)
			strbuf_addf(sb, "at least %s", least.s);
	} else if (strcmp(least.s, most.s) == 0) {
		strbuf_addstr(sb, most.s);
	} else if (entry->least_ns == 0) {
		strbuf_addf(sb, "at most %s", most.s);
	} else {
		strbuf_addf(sb, "%s to %s", least.s, most.s);
	}
}

void add_timeline_entry(struct strbuf *sb, const struct show *show,
			const struct timeline_entry *entry)
{
	const struct recording *rec = show->rec;

	switch (entry->kind) {
	case TIMELINE_START:
		strbuf_addstr(sb, "start of the program");
		break;
	case TIMELINE_CALL:
		add_call(sb, rec, entry->call, show->options->no_demangle);
		if (rec->calls[entry->call].outcome == OUTCOME_FAILED)
			strbuf_addstr(sb, " failed");
		break;
	case TIMELINE_LOAD:
		add_object(sb, rec, entry->object);
		strbuf_addstr(sb, " loaded");
		break;
	case TIMELINE_GLOBAL:
		add_object(sb, rec, entry->object);
		strbuf_addstr(sb, entry->promoted ? " promoted to the global scope"
						  : " joined the global scope");
		break;
	case TIMELINE_UNLOAD:
		add_object(sb, rec, entry->object);
		strbuf_addstr(sb, " unloaded");
		break;
	case TIMELINE_EXIT:
		strbuf_addstr(sb, "exit: ");
		add_count(sb, entry->count, "object closed", "objects closed");
		break;
	}
}

/* Instants took no time that could be told. */
static bool is_timed(const struct timeline_entry *entry)
{
	return entry->kind != TIMELINE_GLOBAL && entry->kind != TIMELINE_UNLOAD &&
	       (entry->kind != TIMELINE_LOAD || entry->least_ns);
}

static void open_row(int index, void *data)
{
	const struct view *view = data;
	const struct show *show = view->show;
	const struct recording *rec = show->rec;
	const struct timeline_entry *entry = &view->timeline->entries[index];
	const struct call *call = entry->kind == TIMELINE_CALL ? &rec->calls[entry->call] : NULL;
	const struct object *object =
		has_object(rec, entry->object) ? &rec->objects[entry->object] : NULL;
	bool timed = is_timed(entry), opens = call && call->kind != CALL_DLCLOSE;
	bool bad = opens && call->outcome == OUTCOME_FAILED;
	AUTO_STRBUF struct strbuf at = STRBUF_INIT, took = STRBUF_INIT, what = STRBUF_INIT;
	AUTO_STRBUF struct strbuf text = STRBUF_INIT, caller = STRBUF_INIT;

	add_time(&at, entry->time_ns);
	if (timed)
		add_took(&took, entry);
	add_timeline_entry(&what, show, entry);
	if (call) {
		add_call(&text, rec, entry->call, show->options->no_demangle);
		add_caller(&caller, rec, entry->call, show->options->no_demangle);
	}
	const struct value values[ARRAY_SIZE(timeline_columns)] = {
		value_string(timeline_kind_name(entry->kind)),
		value_integer((int64_t)entry->seq),
		value_shown(value_integer((int64_t)entry->time_ns), at.s),
		value_shown(timed ? value_integer((int64_t)entry->least_ns) : value_none(), took.s),
		timed && entry->has_most ? value_integer((int64_t)entry->most_ns) : value_none(),
		value_styled(value_string(what.s), bad                            ? STYLE_BAD
						   : entry->kind == TIMELINE_CALL ? STYLE_BOLD
						   : entry->promoted              ? STYLE_WARN
										  : STYLE_PLAIN),
		value_string(object ? object->path : NULL),
		object ? value_integer(object->name_space) : value_none(),
		value_string(call ? text.s : NULL),
		value_shown(call ? value_string(caller.s) : value_none(), caller.s),
		value_string(opens ? outcome_name(call->outcome) : NULL),
		entry->kind == TIMELINE_GLOBAL ? value_bool(entry->promoted) : value_none(),
		entry->kind == TIMELINE_EXIT ? value_integer((int64_t)entry->count) : value_none(),
	};
	render_row_open(show->render, values);
}

static bool is_of_thread(int index, void *data)
{
	const struct view *view = data;

	return view->timeline->entries[index].tid == view->tid;
}

static void show_thread(struct view *view, struct forest *forest)
{
	struct render *render = view->show->render;

	render_line(render, MARK_BOLD "thread %u" MARK_END "%s", view->tid,
		    (int64_t)view->tid == view->show->rec->pid ? ", the first" : "");
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "tid", value_integer(view->tid));
	render_table(render, "entries", timeline_columns, ARRAY_SIZE(timeline_columns));
	forest_show(forest, render, is_of_thread, open_row, view);
	render_table_close(render);
	render_close(render);
}

void show_timeline(const struct show *show)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	struct scopes *scopes = scopes_at_end(show, SCOPES_ALONE, &loaded);
	AUTO_TIMELINE struct timeline timeline = {0};
	AUTO_FOREST struct forest forest = {0};
	struct view view = {.show = show, .timeline = &timeline};
	bool first = true;

	if (!scopes)
		return;
	timeline_build(show->rec, scopes, &timeline);
	forest_init(&forest, timeline.count);
	for (size_t i = 0; i < timeline.count; i++)
		forest_link(&forest, (int)i, timeline.entries[i].parent);
	render_open(show->render, "threads", GROUP_ARRAY);
	for (size_t i = 0; i < timeline.count; i++) {
		if (forest.shown[i])
			continue;
		if (!first)
			render_blank(show->render);
		first = false;
		view.tid = timeline.entries[i].tid;
		show_thread(&view, &forest);
	}
	render_close(show->render);
	if (!timeline.count)
		render_line(show->render, "nothing was loaded, opened or closed");
}

int cmd_timeline(struct context *context)
{
	return show_processes(context, show_timeline, false,
			      "When calls returned, and what happened inside them, is inferred "
			      "from the order of events.");
}
