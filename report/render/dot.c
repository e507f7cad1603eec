#include "report/render/dot.h"

#include "report/elf/elf.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"

/* Of graphviz's scheme set312, which has light colours to write upon. */
#define COLORS 12

/* A quoted string: escaped for terminals first, so that what is left to escape is visible.  In
 * strings of dot a backslash begins an escape, in labels "\N" is the node's name. */
static void add_quoted(struct strbuf *sb, const char *text)
{
	AUTO_FREE char *escaped = escape(text);

	strbuf_addch(sb, '"');
	for (const char *p = escaped; *p; p++) {
		if (*p == '"' || *p == '\\')
			strbuf_addch(sb, '\\');
		strbuf_addch(sb, *p);
	}
	strbuf_addch(sb, '"');
}

static void add_node(struct strbuf *sb, const struct recording *rec, int object)
{
	strbuf_addf(sb, "p%lld_%u", (long long)rec->process_id, rec->objects[object].number);
}

/* Which duplicates an object is of: 1, 2, ...; 0 none. */
static size_t *find_groups(const struct dot_process *process)
{
	size_t *groups = xcalloc(process->rec->object_count + 1, sizeof(*groups));
	size_t next = 0;

	for (size_t i = 0; process->duplicates && i < process->duplicates->count; i++) {
		const struct duplicate *duplicate = &process->duplicates->list[i];

		if (!duplicate_interesting(duplicate))
			continue;
		next++;
		for (size_t j = 0; j < duplicate->copy_count; j++)
			if (!groups[duplicate->copies[j].object])
				groups[duplicate->copies[j].object] = next;
	}
	return groups;
}

/* How it became global. */
enum global_kind { NOT_GLOBAL, GLOBAL_AT_ONCE, GLOBAL_LATER };

static enum global_kind *find_globals(const struct dot_process *process)
{
	enum global_kind *kinds = xcalloc(process->rec->object_count + 1, sizeof(*kinds));

	for (size_t i = 0; i < process->history_count; i++) {
		const struct global_entry *entry = &process->history[i];

		kinds[entry->object] = entry->promoted ? GLOBAL_LATER : GLOBAL_AT_ONCE;
	}
	return kinds;
}

static void add_object_node(struct strbuf *sb, const struct recording *rec, int object,
			    size_t group, enum global_kind global)
{
	const struct object *o = &rec->objects[object];
	AUTO_STRBUF struct strbuf label = STRBUF_INIT, style = STRBUF_INIT;

	add_object(&label, rec, object);
	strbuf_addstr(&style, "filled");
	if (o->closed_seq && !object_closed_at_exit(rec, object))
		strbuf_addstr(&style, ",dotted");
	else if (global != NOT_GLOBAL)
		strbuf_addstr(&style, ",bold");
	strbuf_addstr(sb, "    ");
	add_node(sb, rec, object);
	strbuf_addstr(sb, " [label=");
	add_quoted(sb, label.s);
	strbuf_addstr(sb, ", tooltip=");
	add_quoted(sb, o->path);
	strbuf_addf(sb, ", style=\"%s\"", style.s);
	if (global == GLOBAL_LATER)
		strbuf_addstr(sb, ", peripheries=2");
	if (group)
		strbuf_addf(sb, ", fillcolor=\"/set312/%zu\"", (group - 1) % COLORS + 1);
	else
		strbuf_addstr(sb, ", fillcolor=white");
	strbuf_addstr(sb, "];\n");
}

static void add_needed_edges(struct strbuf *sb, const struct recording *rec, int object,
			     const bool *shown)
{
	const struct object *o = &rec->objects[object];

	for (size_t i = 0; i < o->needed_count; i++) {
		if (!has_object(rec, o->needed[i].resolved) || !shown[o->needed[i].resolved])
			continue;
		strbuf_addstr(sb, "    ");
		add_node(sb, rec, object);
		strbuf_addstr(sb, " -> ");
		add_node(sb, rec, o->needed[i].resolved);
		strbuf_addstr(sb, ";\n");
	}
}

static void add_call_label(struct strbuf *sb, const struct recording *rec, int call)
{
	size_t count;
	const struct frame *frames = stack_frames(rec, rec->calls[call].stack, &count);
	AUTO_FREE char *function =
		count && frames[0].function ? demangle(frames[0].function) : NULL;

	strbuf_addstr(sb, ", label=");
	add_quoted(sb, function ? function : call_kind_name(rec->calls[call].kind));
}

/* Who opened it; each pair of objects once. */
static void add_open_edges(struct strbuf *sb, const struct recording *rec, const bool *shown)
{
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];
		bool again = false;

		if ((call->kind != CALL_DLOPEN && call->kind != CALL_DLMOPEN) ||
		    call->outcome == OUTCOME_FAILED || !has_object(rec, call->caller) ||
		    !has_object(rec, call->result) || !shown[call->caller] || !shown[call->result])
			continue;
		for (size_t j = 0; j < i && !again; j++)
			again = rec->calls[j].caller == call->caller &&
				rec->calls[j].result == call->result &&
				rec->calls[j].kind == call->kind;
		if (again)
			continue;
		strbuf_addstr(sb, "    ");
		add_node(sb, rec, call->caller);
		strbuf_addstr(sb, " -> ");
		add_node(sb, rec, call->result);
		strbuf_addstr(sb, " [style=dashed");
		add_call_label(sb, rec, (int)i);
		strbuf_addstr(sb, "];\n");
	}
}

void dot_begin(struct strbuf *sb)
{
	strbuf_addstr(sb, "digraph plugaudit {\n"
			  "  rankdir=LR;\n"
			  "  node [shape=box, fontname=\"sans-serif\"];\n"
			  "  edge [fontname=\"sans-serif\", fontsize=10];\n");
}

void dot_add_process(struct strbuf *sb, const struct dot_process *process)
{
	const struct recording *rec = process->rec;
	AUTO_FREE size_t *groups = find_groups(process);
	AUTO_FREE enum global_kind *globals = find_globals(process);
	AUTO_FREE bool *shown = xcalloc(rec->object_count + 1, sizeof(*shown));
	AUTO_STRBUF struct strbuf label = STRBUF_INIT;

	add_process(&label, rec);
	strbuf_addf(sb, "  subgraph cluster_%lld {\n    label=", (long long)rec->process_id);
	add_quoted(sb, label.s);
	strbuf_addstr(sb, ";\n");
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		shown[i] = object->kind == OBJECT_MAIN || object->kind == OBJECT_LIBRARY;
		if (shown[i])
			add_object_node(sb, rec, (int)i, groups[i], globals[i]);
	}
	for (size_t i = 0; i < rec->object_count; i++)
		if (shown[i])
			add_needed_edges(sb, rec, (int)i, shown);
	add_open_edges(sb, rec, shown);
	strbuf_addstr(sb, "  }\n");
}

void dot_end(struct strbuf *sb)
{
	strbuf_addstr(sb, "}\n");
}
