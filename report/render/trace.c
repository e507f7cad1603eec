#include "report/render/trace.h"

#include "report/render/words.h"

void trace_begin(struct render *render)
{
	render_value(render, "displayTimeUnit", value_string("ms"));
	render_open(render, "traceEvents", GROUP_ARRAY);
}

void trace_end(struct render *render)
{
	render_close(render);
}

static double microseconds(uint64_t ns)
{
	return (double)ns / 1000;
}

/* Where an event is: process and thread. */
static void put_place(struct render *render, const struct recording *rec,
		      const struct trace_lane *lane, uint32_t tid)
{
	render_value(render, "pid", value_integer(rec->pid + lane->pid_shift));
	render_value(render, "tid", value_integer(tid + lane->pid_shift));
}

static void put_name(struct render *render, const struct recording *rec,
		     const struct trace_lane *lane, const char *what, uint32_t tid,
		     const char *name)
{
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "ph", value_string("M"));
	render_value(render, "name", value_string(what));
	put_place(render, rec, lane, tid);
	render_open(render, "args", GROUP_OBJECT);
	render_value(render, "name", value_string(name));
	render_close(render);
	render_close(render);
}

static uint32_t thread_of(const struct recording *rec, const struct timeline_entry *entry)
{
	return entry->tid ? entry->tid : (uint32_t)rec->pid;
}

static int compare_tids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Threads have no names in a recording: the first one's is the program's, others have a number. */
static void put_names(struct render *render, const struct recording *rec,
		      const struct timeline *timeline, const struct trace_lane *lane)
{
	AUTO_FREE uint32_t *tids = xcalloc(timeline->count + 1, sizeof(*tids));

	if (lane->name)
		put_name(render, rec, lane, "process_name", (uint32_t)rec->pid, lane->name);
	for (size_t i = 0; i < timeline->count; i++)
		tids[i] = thread_of(rec, &timeline->entries[i]);
	qsort(tids, timeline->count, sizeof(*tids), compare_tids);
	for (size_t i = 0; i < timeline->count; i++) {
		AUTO_FREE char *name = NULL;

		if (i && tids[i] == tids[i - 1])
			continue;
		name = xasprintf("thread %u", tids[i]);
		put_name(render, rec, lane, "thread_name", tids[i],
			 tids[i] == (uint32_t)rec->pid ? "main thread" : name);
	}
}

static void add_title(struct strbuf *sb, const struct recording *rec,
		      const struct timeline_entry *entry, bool no_demangle)
{
	switch (entry->kind) {
	case TIMELINE_START:
		strbuf_addstr(sb, "start ");
		add_name(sb, rec->exe ? base_name(rec->exe) : "of an unknown program");
		break;
	case TIMELINE_CALL:
		add_call(sb, rec, entry->call, no_demangle);
		break;
	case TIMELINE_LOAD:
		strbuf_addstr(sb, "load ");
		add_object(sb, rec, entry->object);
		break;
	case TIMELINE_GLOBAL:
		add_object(sb, rec, entry->object);
		strbuf_addstr(sb, entry->promoted ? " is promoted" : " becomes global");
		break;
	case TIMELINE_UNLOAD:
		strbuf_addstr(sb, "unload ");
		add_object(sb, rec, entry->object);
		break;
	case TIMELINE_EXIT:
		strbuf_addstr(sb, "exit");
		break;
	}
}

static void put_arguments(struct render *render, const struct recording *rec,
			  const struct timeline_entry *entry, bool no_demangle)
{
	AUTO_STRBUF struct strbuf caller = STRBUF_INIT, reason = STRBUF_INIT;

	render_open(render, "args", GROUP_OBJECT);
	render_value(render, "seq", value_integer((int64_t)entry->seq));
	if (has_object(rec, entry->object)) {
		render_value(render, "path", value_string(rec->objects[entry->object].path));
		add_load_reason(&reason, rec, entry->object, no_demangle);
		render_value(render, "why", value_string(reason.s));
	}
	if (entry->kind == TIMELINE_CALL) {
		add_caller(&caller, rec, entry->call, no_demangle);
		render_value(render, "caller", value_string(caller.s));
		render_value(render, "outcome",
			     value_string(outcome_name(rec->calls[entry->call].outcome)));
	}
	render_close(render);
}

void trace_process(struct render *render, const struct recording *rec,
		   const struct timeline *timeline, const struct trace_lane *lane, bool no_demangle)
{
	AUTO_FREE uint64_t *ends = xcalloc(timeline->count + 1, sizeof(*ends));
	uint64_t started = rec->started_ns > lane->base_ns ? rec->started_ns - lane->base_ns : 0;

	put_names(render, rec, timeline, lane);
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];
		bool instant = entry->kind == TIMELINE_GLOBAL || entry->kind == TIMELINE_UNLOAD;
		AUTO_STRBUF struct strbuf title = STRBUF_INIT;

		ends[i] = entry->time_ns + entry->least_ns;
		/* Parents stand before what is in them. */
		if (entry->parent >= 0 && (size_t)entry->parent < i &&
		    ends[i] > ends[entry->parent])
			ends[i] = ends[entry->parent] > entry->time_ns ? ends[entry->parent]
								       : entry->time_ns;
		add_title(&title, rec, entry, no_demangle);
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "ph", value_string(instant ? "i" : "X"));
		render_value(render, "name", value_string(title.s));
		render_value(render, "cat", value_string(timeline_kind_name(entry->kind)));
		render_value(render, "ts", value_real(microseconds(started + entry->time_ns)));
		if (instant)
			render_value(render, "s", value_string("t"));
		else
			render_value(render, "dur",
				     value_real(microseconds(ends[i] - entry->time_ns)));
		put_place(render, rec, lane, thread_of(rec, entry));
		put_arguments(render, rec, entry, no_demangle);
		render_close(render);
	}
}
