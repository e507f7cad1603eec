/* plugreport diff: the differences of two processes, for people and as JSON. */
#include "report/cmd_diff.h"
#include "report/render/words.h"

#define SYMBOLS_SHOWN 4

size_t diff_pair_count(const struct diff_pair *pair)
{
	return pair->variable_count + pair->comparison.object_count +
	       pair->comparison.binding_count + pair->comparison.end;
}

static const char *path_of(const struct object *object)
{
	return object->real_path ? object->real_path : object->path;
}

/* --- text */

static void add_arrow(struct strbuf *sb, const char *a, const char *b)
{
	add_name(sb, a && *a ? a : "nothing");
	strbuf_addstr(sb, " -> ");
	add_name(sb, b && *b ? b : "nothing");
}

static void add_variables(struct strbuf *sb, const struct diff_pair *pair)
{
	if (pair->variable_count)
		strbuf_addstr(sb, "  environment\n");
	for (size_t i = 0; i < pair->variable_count; i++) {
		const struct variable_change *change = &pair->variables[i];

		strbuf_addstr(sb, "    ");
		add_name(sb, change->name);
		strbuf_addstr(sb, ": ");
		add_name(sb, change->a ? change->a : "(not set)");
		strbuf_addstr(sb, " -> ");
		add_name(sb, change->b ? change->b : "(not set)");
		strbuf_addch(sb, '\n');
	}
}

static void add_how(struct strbuf *sb, const struct recording *rec, int object)
{
	const struct object *o = &rec->objects[object];

	if (o->reason_search >= 0 && (size_t)o->reason_search < rec->search_count &&
	    rec->searches[o->reason_search].rule != RULE_PATH) {
		strbuf_addstr(sb, "found by ");
		add_rule(sb, rec, rec->searches[o->reason_search].rule,
			 rec->searches[o->reason_search].owner, NULL);
	} else {
		add_load_reason(sb, rec, object, false);
	}
}

static void add_neighbour(struct strbuf *sb, const struct recording *rec, int before)
{
	if (before == NONE) {
		strbuf_addstr(sb, "first");
	} else {
		strbuf_addstr(sb, "behind ");
		add_name(sb, object_name(rec, before));
	}
}

static const char *lifetime_of(const struct object *object)
{
	return object->closed_seq ? "unloaded" : "stays";
}

/* "; WHAT ", or the first one's beginning. */
static void begin_part(struct strbuf *sb, size_t *parts, const char *what)
{
	strbuf_addf(sb, "%s%s", (*parts)++ ? "; " : ": ", what);
}

static void add_changes(struct strbuf *sb, const struct diff_pair *pair,
			const struct object_change *change)
{
	const struct object *a = &pair->a->objects[change->a], *b = &pair->b->objects[change->b];
	size_t parts = 0;

	if (change->what & DIFFERS_PATH) {
		begin_part(sb, &parts, "");
		add_arrow(sb, path_of(a), path_of(b));
	}
	if (change->what & DIFFERS_BUILD) {
		begin_part(sb, &parts, "another build");
		if (a->build_id && b->build_id)
			strbuf_addf(sb, " (%.8s -> %.8s)", a->build_id, b->build_id);
	}
	if (change->what & DIFFERS_RULE) {
		begin_part(sb, &parts, "");
		add_how(sb, pair->a, change->a);
		strbuf_addstr(sb, " -> ");
		add_how(sb, pair->b, change->b);
	}
	if (change->what & DIFFERS_SEARCH_PATH) {
		begin_part(sb, &parts, "its search path: ");
		add_arrow(sb, a->runpath ? a->runpath : a->rpath,
			  b->runpath ? b->runpath : b->rpath);
	}
	if (change->what & DIFFERS_SCOPE)
		begin_part(sb, &parts,
			   "its scope changed between RTLD_LOCAL and global (plugreport "
			   "why-global)");
	if (change->what & DIFFERS_LIFETIME) {
		begin_part(sb, &parts, "");
		strbuf_addf(sb, "%s -> %s", lifetime_of(a), lifetime_of(b));
	}
	if (change->what & DIFFERS_ORDER) {
		begin_part(sb, &parts, "loaded ");
		add_neighbour(sb, pair->a, change->before_a);
		strbuf_addstr(sb, " -> ");
		add_neighbour(sb, pair->b, change->before_b);
	}
}

static void add_object_change(struct strbuf *sb, const struct diff_pair *pair,
			      const struct object_change *change)
{
	const struct recording *rec = change->b == NONE ? pair->a : pair->b;
	int object = change->b == NONE ? change->a : change->b;

	strbuf_addf(sb, "    %s ",
		    change->a == NONE   ? MARK_GOOD "+" MARK_END
		    : change->b == NONE ? MARK_BAD "-" MARK_END
					: MARK_WARN "~" MARK_END);
	add_object(sb, rec, object);
	if (change->a != NONE && change->b != NONE) {
		add_changes(sb, pair, change);
	} else {
		strbuf_addstr(sb, ": ");
		add_name(sb, path_of(&rec->objects[object]));
		strbuf_addstr(sb, ", ");
		add_load_reason(sb, rec, object, false);
	}
	strbuf_addch(sb, '\n');
}

static void add_binding_change(struct strbuf *sb, const struct diff_pair *pair,
			       const struct binding_change *change, bool no_demangle)
{
	strbuf_addstr(sb, "    ");
	add_object(sb, pair->b, change->from_b);
	strbuf_addstr(sb, ": ");
	for (size_t i = 0; i < change->count && i < SYMBOLS_SHOWN; i++) {
		if (i)
			strbuf_addstr(sb, ", ");
		add_symbol(sb, change->symbols[i], no_demangle);
	}
	if (change->count > SYMBOLS_SHOWN)
		strbuf_addf(sb, " and %zu more", change->count - SYMBOLS_SHOWN);
	strbuf_addstr(sb, ": ");
	add_object(sb, pair->a, change->to_a);
	strbuf_addstr(sb, " -> ");
	add_object(sb, pair->b, change->to_b);
	strbuf_addch(sb, '\n');
}

static void add_end(struct strbuf *sb, const struct recording *rec)
{
	const char *kind = rec->end_kind;

	add_name(sb, strcmp(kind, "exit") == 0      ? "exit()"
		     : strcmp(kind, "exec") == 0    ? "execve"
		     : strcmp(kind, "running") == 0 ? "still runs"
		     : strcmp(kind, "unknown") == 0 ? "not by exit()"
						    : kind);
	if (rec->has_wait_status) {
		strbuf_addstr(sb, ", ");
		add_wait_status(sb, rec->wait_status);
	}
}

char *diff_pair_text(const struct diff_pair *pair, bool no_demangle)
{
	const struct comparison *comparison = &pair->comparison;
	struct strbuf sb = STRBUF_INIT;

	add_variables(&sb, pair);
	if (comparison->object_count)
		strbuf_addstr(&sb, "  objects\n");
	for (size_t i = 0; i < comparison->object_count; i++)
		add_object_change(&sb, pair, &comparison->objects[i]);
	if (comparison->binding_count)
		strbuf_addstr(&sb, "  references that go elsewhere\n");
	for (size_t i = 0; i < comparison->binding_count; i++)
		add_binding_change(&sb, pair, &comparison->bindings[i], no_demangle);
	if (comparison->end) {
		strbuf_addstr(&sb, "  how it ended\n    ");
		add_end(&sb, pair->a);
		strbuf_addstr(&sb, " -> ");
		add_end(&sb, pair->b);
		strbuf_addch(&sb, '\n');
	}
	return strbuf_detach(&sb);
}

/* --- JSON */

static void side_to_json(struct render *render, const char *key, const struct recording *rec,
			 int object)
{
	const struct object *o = has_object(rec, object) ? &rec->objects[object] : NULL;

	if (!o) {
		render_value(render, key, value_none());
		return;
	}
	render_open(render, key, GROUP_OBJECT);
	render_value(render, "path", value_string(path_of(o)));
	render_value(render, "soname", value_string(o->soname));
	render_value(render, "namespace", value_integer(o->name_space));
	render_value(render, "build_id", value_string(o->build_id));
	render_value(render, "reason", value_string(load_reason_name(o->reason)));
	render_value(render, "rule",
		     o->reason_search >= 0 && (size_t)o->reason_search < rec->search_count
			     ? value_string(search_rule_name(rec->searches[o->reason_search].rule))
			     : value_none());
	render_value(render, "search_path", value_string(o->runpath ? o->runpath : o->rpath));
	render_value(render, "opened_seq", value_integer((int64_t)o->opened_seq));
	render_value(render, "closed_seq",
		     o->closed_seq ? value_integer((int64_t)o->closed_seq) : value_none());
	render_close(render);
}

static void change_to_json(struct render *render, const struct diff_pair *pair,
			   const struct object_change *change)
{
	render_open(render, NULL, GROUP_OBJECT);
	render_open(render, "what", GROUP_ARRAY);
	for (unsigned int bit = DIFFERS_GAINED; bit <= DIFFERS_NAME; bit <<= 1)
		if (change->what & bit)
			render_value(
				render, NULL,
				value_string(object_difference_name((enum object_difference)bit)));
	render_close(render);
	side_to_json(render, "a", pair->a, change->a);
	side_to_json(render, "b", pair->b, change->b);
	render_value(render, "behind_a",
		     has_object(pair->a, change->before_a)
			     ? value_string(pair->a->objects[change->before_a].path)
			     : value_none());
	render_value(render, "behind_b",
		     has_object(pair->b, change->before_b)
			     ? value_string(pair->b->objects[change->before_b].path)
			     : value_none());
	render_close(render);
}

static void binding_to_json(struct render *render, const struct diff_pair *pair,
			    const struct binding_change *change)
{
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "from", value_string(pair->b->objects[change->from_b].path));
	render_value(render, "to_a", value_string(pair->a->objects[change->to_a].path));
	render_value(render, "to_b", value_string(pair->b->objects[change->to_b].path));
	render_open(render, "symbols", GROUP_ARRAY);
	for (size_t i = 0; i < change->count; i++)
		render_value(render, NULL, value_string(change->symbols[i]));
	render_close(render);
	render_close(render);
}

static void end_to_json(struct render *render, const char *key, const struct recording *rec)
{
	render_open(render, key, GROUP_OBJECT);
	render_value(render, "end_kind", value_string(rec->end_kind));
	render_value(render, "wait_status",
		     rec->has_wait_status ? value_integer(rec->wait_status) : value_none());
	render_close(render);
}

void diff_pair_to_json(struct render *render, const struct diff_pair *pair)
{
	const struct comparison *comparison = &pair->comparison;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "pid_a", value_integer(pair->row_a->pid));
	render_value(render, "process_a", value_integer(pair->row_a->id));
	render_value(render, "pid_b", value_integer(pair->row_b->pid));
	render_value(render, "process_b", value_integer(pair->row_b->id));
	render_value(render, "exe", value_string(pair->row_b->exe));
	render_open(render, "environment", GROUP_ARRAY);
	for (size_t i = 0; i < pair->variable_count; i++) {
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "name", value_string(pair->variables[i].name));
		render_value(render, "a", value_string(pair->variables[i].a));
		render_value(render, "b", value_string(pair->variables[i].b));
		render_close(render);
	}
	render_close(render);
	render_open(render, "objects", GROUP_ARRAY);
	for (size_t i = 0; i < comparison->object_count; i++)
		change_to_json(render, pair, &comparison->objects[i]);
	render_close(render);
	render_open(render, "bindings", GROUP_ARRAY);
	for (size_t i = 0; i < comparison->binding_count; i++)
		binding_to_json(render, pair, &comparison->bindings[i]);
	render_close(render);
	if (comparison->end) {
		render_open(render, "end", GROUP_OBJECT);
		end_to_json(render, "a", pair->a);
		end_to_json(render, "b", pair->b);
		render_close(render);
	} else {
		render_value(render, "end", value_none());
	}
	render_close(render);
}
