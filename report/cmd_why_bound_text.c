/* plugreport why-bound: one answer as people read it. */
#include "report/cmd_why_bound.h"

#include <elf.h>

#include "report/render/words.h"

#define REFERENCES_SHOWN 8 /* of equal ones, without --all */

/* --- what text calls things --- */

static void add_wanted_symbol(struct strbuf *sb, const struct show *show,
			      const struct why_bound *why)
{
	strbuf_addstr(sb, MARK_BOLD);
	add_symbol(sb, why->symbol, show->options->no_demangle);
	if (why->version) {
		strbuf_addch(sb, '@');
		add_name(sb, why->version);
	}
	strbuf_addstr(sb, MARK_END);
}

static void add_object_or(struct strbuf *sb, const struct recording *rec, int object,
			  const char *nothing)
{
	if (object == NONE)
		strbuf_addstr(sb, nothing);
	else
		add_object(sb, rec, object);
}

static void add_heading(struct strbuf *sb, const struct show *show, const struct why_bound *why)
{
	enum reference_state state =
		why->reference_count ? why->references[0].state : REFERENCE_UNTOLD;

	add_wanted_symbol(sb, show, why);
	if (!why->reference_count) {
		if (strcmp(show->rec->begin_kind, "fork") == 0)
			strbuf_addf(sb,
				    " is referred to by nothing that was bound since the process "
				    "was forked; the bindings that it inherited are those of its "
				    "parent: ask there with --pid %d.",
				    show->rec->parent_pid);
		else
			strbuf_addstr(sb, " is referred to by nobody.");
		return;
	}
	switch (state) {
	case REFERENCE_BOUND:
		strbuf_addstr(sb, " is bound to ");
		add_object_or(sb, show->rec, why->observed, "an unknown object");
		strbuf_addch(sb, '.');
		break;
	case REFERENCE_LAZY:
		if (why_bound_is_fatal(why)) {
			strbuf_addstr(sb, " can't be bound: nothing in scope defines it.");
			break;
		}
		strbuf_addstr(sb,
			      " was not called through these references; it would be bound to ");
		add_object_or(sb, show->rec, why->winner, "nothing");
		strbuf_addch(sb, '.');
		break;
	case REFERENCE_WEAK:
		strbuf_addstr(sb, " is bound to nothing: these references are weak.");
		break;
	case REFERENCE_NOT_FOUND:
		strbuf_addstr(sb, " was not found by dlsym.");
		break;
	case REFERENCE_UNTOLD:
		strbuf_addstr(sb, why->winner == NONE ? " could not be bound: nothing in scope "
							"defines it."
						      : " was not seen to be bound; it would be "
							"bound to ");
		if (why->winner != NONE) {
			add_object(sb, show->rec, why->winner);
			strbuf_addch(sb, '.');
		}
		break;
	}
}

/* "liba.so (plt)", "dlsym(RTLD_NEXT, "f") called from f() at x.c:3 in liba.so" */
static void add_reference(struct strbuf *sb, const struct show *show,
			  const struct symbol_reference *reference)
{
	if (reference->call != NONE) {
		add_call(sb, show->rec, reference->call, show->options->no_demangle);
		strbuf_addstr(sb, " called from ");
		add_caller(sb, show->rec, reference->call, show->options->no_demangle);
		return;
	}
	add_object_or(sb, show->rec, reference->binding.from, "an unknown object");
	if (reference->state != REFERENCE_UNTOLD)
		strbuf_addf(sb, " (%s)", reference->binding.kind);
}

/* What became of the process, or would become of it. */
static void show_end(const struct show *show, const struct why_bound *why)
{
	AUTO_STRBUF struct strbuf others = STRBUF_INIT;

	if (!why_bound_is_fatal(why))
		return;
	if (why->end_others)
		strbuf_addf(&others, ", or that of %zu other%s like it,", why->end_others,
			    why->end_others == 1 ? "" : "s");
	if (why->end == LAZY_END_LIKELY)
		render_line(show->render,
			    "  Its first call%s ended the process (inferred from exit status 127 "
			    "without exit()).",
			    others.s);
	else if (why->end == LAZY_END_MAYBE)
		render_line(show->render,
			    "  Its first call%s may have ended the process, which did not end by "
			    "exit().",
			    others.s);
	else
		render_line(show->render,
			    "  Nobody called it: the first call would end the process "
			    "(\"symbol lookup error\").");
	render_blank(show->render);
}

static void show_references(const struct show *show, const struct why_bound *why, bool alone)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;
	size_t most = show->options->all ? SIZE_MAX : REFERENCES_SHOWN;

	for (size_t i = 0; i < why->reference_count && i < most; i++) {
		strbuf_addstr(&line, i ? ", " : "");
		add_reference(&line, show, &why->references[i]);
	}
	if (why->reference_count > most)
		strbuf_addf(&line, " and %zu more", why->reference_count - most);
	if (!why->reference_count)
		return;
	render_line(show->render, "  Referred to %sby %s", alone ? "" : "(in the first of them) ",
		    line.s);
	render_blank(show->render);
}

/* "global scope", "scope of p.so", "itself (DT_SYMBOLIC)" */
static void add_scope_title(struct strbuf *sb, const struct show *show, const struct why_bound *why,
			    size_t index)
{
	const struct why_scope *scope = &why->scopes[index];

	if (scope->kind == SCOPE_GLOBAL) {
		strbuf_addstr(sb, "global scope");
		if (scope->root != NONE)
			add_namespace(sb, show->rec, scope->root);
	} else if (scope->kind == SCOPE_SYMBOLIC) {
		strbuf_addstr(sb, "itself (DT_SYMBOLIC)");
	} else {
		strbuf_addstr(sb, why->how == LOOKUP_HANDLE || why->how == LOOKUP_NEXT
					  ? "searchlist of "
					  : "scope of ");
		add_object(sb, show->rec, scope->root);
		strbuf_addstr(sb, scope->deepbind ? " (RTLD_DEEPBIND)" : "");
	}
	if (why->how == LOOKUP_NEXT)
		strbuf_addstr(sb, ", behind the caller");
}

/* "func, weak, protected, old version V1" */
static void add_definition(struct strbuf *sb, const struct why_definition *d)
{
	if (!d->known) {
		strbuf_addch(sb, '?');
		return;
	}
	strbuf_addf(sb, "%s, %s", symbol_type_name(d->type), symbol_bind_name(d->bind));
	if (d->visibility != STV_DEFAULT)
		strbuf_addf(sb, ", %s", symbol_visibility_name(d->visibility));
	if (!d->version)
		return;
	strbuf_addstr(sb, d->default_version ? ", @@" : ", @");
	add_name(sb, d->version);
}

static const char *verdict_words(const struct why_bound *why, const struct why_definition *d)
{
	switch (d->verdict) {
	case VERDICT_WINNER:
		return "taken";
	case VERDICT_LATER:
		return why->rule == LOOKUP_BY_ORDER ? "stands behind it" : "passed over";
	case VERDICT_UNDEFINED:
		return "no definition: a PLT entry that calls another one";
	case VERDICT_WRONG_VERSION:
		return "another version is asked for";
	case VERDICT_HIDDEN_VERSION:
		return "not its default version";
	case VERDICT_NOT_VISIBLE:
		return "not exported: hidden";
	case VERDICT_SKIPPED:
		return why->how == LOOKUP_NEXT ? "left out: the caller"
					       : "left out: the program makes a copy";
	case VERDICT_REMOVED:
		return "left out";
	case VERDICT_WEAK:
		return "weak, passed over: LD_DYNAMIC_WEAK";
	case VERDICT_UNKNOWN:
		return "its symbols are not known";
	case VERDICT_NOT_DEFINED:
		break;
	}
	return "does not define it";
}

/* --- text --- */

static void show_step(const struct show *show, const struct why_bound *why, const char *where,
		      const struct why_definition *d)
{
	AUTO_STRBUF struct strbuf object = STRBUF_INIT, definition = STRBUF_INIT;
	enum style style = d->verdict == VERDICT_WINNER    ? STYLE_GOOD
			   : d->verdict == VERDICT_UNKNOWN ? STYLE_WARN
							   : STYLE_PLAIN;

	add_object(&object, show->rec, d->object);
	add_definition(&definition, d);
	const struct value values[] = {
		value_shown(value_string(where), where),
		value_shown(value_string(object.s), object.s),
		value_shown(value_string(definition.s), definition.s),
		value_styled(value_string(verdict_words(why, d)), style),
	};
	render_row(show->render, values);
}

/* Each scope with what is found in it; one line when that is nothing. */
static void show_scope(const struct show *show, const struct why_bound *why, size_t index)
{
	AUTO_STRBUF struct strbuf where = STRBUF_INIT, count = STRBUF_INIT;
	size_t shown = 0;

	add_scope_title(&where, show, why, index);
	for (size_t i = 0; i < why->step_count; i++)
		if (why->steps[i].scope == index)
			show_step(show, why, shown++ ? "" : where.s, &why->steps[i]);
	if (shown)
		return;
	strbuf_addstr(&count, "none of ");
	add_count(&count, why->scopes[index].count, "object", "objects");
	const struct value values[] = {
		value_shown(value_string(where.s), where.s),
		value_styled(value_shown(value_string(count.s), count.s), STYLE_DIM),
		value_string(""),
		value_string(""),
	};
	render_row(show->render, values);
}

static void show_scopes_searched(const struct show *show, const struct why_bound *why)
{
	static const struct column columns[] = {
		{NULL, "SEARCHED IN ORDER", COLUMN_WRAP},
		{NULL, "OBJECT", COLUMN_WRAP},
		{NULL, "DEFINITION", COLUMN_WRAP},
		{NULL, "", COLUMN_WRAP},
	};

	if (!why->scope_count)
		return;
	render_table(show->render, "searched", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < why->scope_count; i++)
		show_scope(show, why, i);
	render_table_close(show->render);
}

static bool has_rival(const struct why_bound *why)
{
	for (size_t i = 0; i < why->step_count; i++)
		if (why->steps[i].verdict == VERDICT_LATER)
			return true;
	return false;
}

static const struct why_scope *winning_scope(const struct why_bound *why)
{
	for (size_t i = 0; i < why->step_count; i++)
		if (why->steps[i].verdict == VERDICT_WINNER &&
		    why->steps[i].scope < why->scope_count)
			return &why->scopes[why->steps[i].scope];
	return NULL;
}

static const char *rule_words(const struct why_bound *why)
{
	const struct why_scope *scope = winning_scope(why);

	switch (why->rule) {
	case LOOKUP_BY_VISIBILITY:
		return "the reference is protected or hidden, so it is bound to its own object's "
		       "definition";
	case LOOKUP_BY_UNIQUE:
		return "the symbol is STB_GNU_UNIQUE, and its namespace has this definition since "
		       "somebody was bound to it first";
	case LOOKUP_BY_STRENGTH:
		return "LD_DYNAMIC_WEAK is set, and there is no strong definition: the first weak "
		       "one";
	case LOOKUP_BY_ORDER:
		break;
	}
	if (scope && scope->kind == SCOPE_SYMBOLIC)
		return "DT_SYMBOLIC: the object is searched before all others";
	if (scope && scope->deepbind && has_rival(why))
		return "RTLD_DEEPBIND: this scope is searched before the global one";
	return has_rival(why) ? "the first in the order of the scopes"
			      : "the only definition in these scopes";
}

static void show_reason(const struct show *show, const struct why_bound *why)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (why->winner == NONE)
		return;
	render_line(show->render, "  Why: %s.", rule_words(why));
	strbuf_addstr(&line, "  Without ");
	add_object(&line, show->rec, why->winner);
	strbuf_addstr(&line, ": ");
	add_object_or(&line, show->rec, why->without, "nothing would define it");
	strbuf_addstr(&line, why->without == NONE ? "." : " would be taken.");
	render_line(show->render, "%s", line.s);
}

static void add_outside(struct strbuf *sb, const struct show *show, const struct why_bound *why,
			const struct why_definition *d)
{
	const struct object *object = &show->rec->objects[d->object];

	switch (d->reason) {
	case OUTSIDE_NAMESPACE:
		strbuf_addf(sb, "in namespace %d", object->name_space);
		return;
	case OUTSIDE_LATER:
		strbuf_addstr(sb, "loaded later, after ");
		add_time(sb, object->opened_ns);
		return;
	case OUTSIDE_GONE:
		strbuf_addstr(sb, "not loaded any more");
		return;
	case OUTSIDE_SEARCHLIST:
		strbuf_addstr(sb, "not among what was searched");
		return;
	case OUTSIDE_LOCAL:
		break;
	}
	if (d->root == NONE) {
		strbuf_addstr(sb,
			      why->reference_count ? "not in these scopes" : "in the global scope");
		return;
	}
	strbuf_addstr(sb, "RTLD_LOCAL: only in the scope of ");
	add_object(sb, show->rec, d->root);
	if (d->call == NONE)
		return;
	strbuf_addstr(sb, ", opened by ");
	add_call(sb, show->rec, d->call, show->options->no_demangle);
	strbuf_addstr(sb, " called from ");
	add_caller(sb, show->rec, d->call, show->options->no_demangle);
}

static void show_outside(const struct show *show, const struct why_bound *why)
{
	const struct column columns[] = {
		{NULL, why->reference_count ? "DEFINED ELSEWHERE" : "DEFINED IN", COLUMN_WRAP},
		{NULL, "DEFINITION", COLUMN_WRAP},
		{NULL, "", COLUMN_WRAP},
	};

	if (!why->outside_count)
		return;
	if (why->reference_count)
		render_blank(show->render);
	render_table(show->render, "outside", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < why->outside_count; i++) {
		const struct why_definition *d = &why->outside[i];
		AUTO_STRBUF struct strbuf object = STRBUF_INIT, definition = STRBUF_INIT;
		AUTO_STRBUF struct strbuf reason = STRBUF_INIT;

		add_object(&object, show->rec, d->object);
		add_definition(&definition, d);
		add_outside(&reason, show, why, d);
		if (d->verdict != VERDICT_WINNER)
			strbuf_addf(&reason, "; and: %s", verdict_words(why, d));
		const struct value values[] = {
			value_shown(value_string(object.s), object.s),
			value_shown(value_string(definition.s), definition.s),
			value_shown(value_string(reason.s), reason.s),
		};
		render_row(show->render, values);
	}
	render_table_close(show->render);
}

/* What the answer can't be relied on for. */
static void show_doubts(const struct show *show, const struct why_bound *why)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (!why->reference_count)
		return;
	if (!why->asked) {
		render_line(show->render, MARK_WARN "  Why is not known: %s." MARK_END,
			    why->why_unsure);
		return;
	}
	if (!why->confirmed) {
		strbuf_addstr(&line, "by the rebuilt state it would be ");
		add_object_or(&line, show->rec, why->winner, "nothing");
		render_line(show->render, MARK_WARN "  Not confirmed: %s." MARK_END, line.s);
	}
	if (!why->sure)
		render_line(show->render, MARK_WARN "  Not certain: %s." MARK_END, why->why_unsure);
}

void show_why_bound(const struct show *show, const struct why_bound *why,
		    const struct same_processes *same, size_t repeats)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (!show->render->is_text) {
		why_bound_to_json(show, why, same, repeats);
		return;
	}
	add_heading(&line, show, why);
	render_line(show->render, "%s", line.s);
	strbuf_reset(&line);
	add_same_processes(&line, same, show->options->all);
	render_line(show->render, "in %s", line.s);
	render_blank(show->render);
	show_references(show, why, same->count == 1);
	show_end(show, why);
	show_scopes_searched(show, why);
	show_reason(show, why);
	show_doubts(show, why);
	show_outside(show, why);
	render_blank(show->render);
}
