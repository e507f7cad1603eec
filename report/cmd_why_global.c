/* plugreport why-global: how an object came into the global scope, or why it is not in it. */
#include "report/cmd_global_effects.h"
#include "report/model/why_global.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"

#define FRAMES_SHOWN 12 /* of a stack, without --all */

/* "it was opened again with RTLD_GLOBAL" */
static void add_way(struct strbuf *sb, const struct recording *rec, const struct why_global *why)
{
	switch (why->way) {
	case PROMOTION_NOLOAD:
		strbuf_addstr(sb, "a dlopen with RTLD_NOLOAD|RTLD_GLOBAL promoted it");
		break;
	case PROMOTION_AGAIN:
		strbuf_addstr(sb, "it was opened again, with RTLD_GLOBAL");
		break;
	case PROMOTION_DEPENDENCY:
		add_object(sb, rec, why->entry.root);
		strbuf_addstr(sb, " was opened with RTLD_GLOBAL and needs it");
		break;
	case PROMOTION_NONE:
		break;
	}
}

/* Why it was never global. */
static void add_not(struct strbuf *sb, const struct recording *rec, int index)
{
	const struct object *object = &rec->objects[index];

	strbuf_addstr(sb, " is not in the global scope: ");
	switch (object->reason) {
	case REASON_DLOPEN:
		strbuf_addstr(sb, "it was opened without RTLD_GLOBAL");
		break;
	case REASON_NEEDED:
		strbuf_addstr(sb, "it came with ");
		add_object(sb, rec, object->reason_object);
		strbuf_addstr(sb, ", which was opened without RTLD_GLOBAL");
		break;
	case REASON_LIBC:
		strbuf_addstr(sb, "libc itself opened it, for its own use");
		break;
	case REASON_VDSO:
		strbuf_addstr(sb, "the kernel mapped it, nothing needs it");
		break;
	case REASON_LDSO:
		strbuf_addstr(sb, "nothing needs the dynamic linker by name");
		break;
	default:
		strbuf_addstr(sb, "nothing is known to have opened it with RTLD_GLOBAL");
		break;
	}
}

/* "until it was unloaded 3 ms after the start" */
static void add_gone(struct strbuf *sb, const struct recording *rec, const struct why_global *why,
		     const char *before)
{
	if (!why->gone)
		return;
	strbuf_addf(sb, "%suntil it was unloaded ", before);
	add_time(sb, rec->objects[why->object].closed_ns);
	strbuf_addstr(sb, " after the start");
}

static void add_answer(struct strbuf *sb, const struct recording *rec, const struct why_global *why)
{
	const struct object *object = &rec->objects[why->object];

	add_object(sb, rec, why->object);
	switch (why->how) {
	case GLOBAL_NOT:
		add_not(sb, rec, why->object);
		break;
	case GLOBAL_PROGRAM:
		strbuf_addstr(sb, " is the program: it stands first in the global scope");
		break;
	case GLOBAL_PRELOADED:
		strbuf_addstr(sb, " has been in the global scope from the start: it is preloaded");
		break;
	case GLOBAL_NEEDED:
		strbuf_addstr(sb, " has been in the global scope from the start");
		if (has_object(rec, object->reason_object)) {
			strbuf_addstr(sb, ": ");
			add_object(sb, rec, object->reason_object);
			strbuf_addstr(sb, " needs it");
		}
		break;
	case GLOBAL_NAMESPACE:
		strbuf_addf(sb, " %s in its namespace's global scope", why->gone ? "was" : "is");
		add_gone(sb, rec, why, " ");
		strbuf_addstr(sb, ": ");
		if (why->entry.root == why->object) {
			strbuf_addstr(sb, "the namespace was made for it");
			break;
		}
		strbuf_addstr(sb, "the namespace was made for ");
		add_object(sb, rec, why->entry.root);
		strbuf_addstr(sb, ", which needs it");
		break;
	case GLOBAL_OPENED:
		strbuf_addf(sb, " %s in the global scope", why->gone ? "was" : "is");
		add_gone(sb, rec, why, " ");
		strbuf_addstr(sb, ": ");
		if (why->entry.root == why->object) {
			strbuf_addstr(sb, "it was opened with RTLD_GLOBAL");
			break;
		}
		add_object(sb, rec, why->entry.root);
		strbuf_addstr(sb, " was opened with RTLD_GLOBAL and needs it");
		break;
	case GLOBAL_PROMOTED:
		strbuf_addstr(sb, " joined the global scope ");
		add_time(sb, rec->calls[why->entry.call].time_ns);
		strbuf_addstr(sb, " after the start: ");
		add_way(sb, rec, why);
		add_gone(sb, rec, why, "; it was in it ");
		break;
	case GLOBAL_INHERITED:
		strbuf_addf(sb, " was in the global scope when the process was forked from %d",
			    rec->parent_pid);
		add_gone(sb, rec, why, ", ");
		break;
	}
}

static void show_call(const struct show *show, int index, const char *what, bool with_stack)
{
	const struct recording *rec = show->rec;
	const struct call *call = &rec->calls[index];
	AUTO_STRBUF struct strbuf time = STRBUF_INIT, line = STRBUF_INIT;

	add_time(&time, call->time_ns);
	add_call_from(&line, rec, index, show->options->no_demangle);
	render_line(show->render, "  %9s  %s " MARK_DIM "[%s]" MARK_END, time.s, line.s, what);
	if (with_stack)
		show_stack(show->render, rec, call->stack, "               ",
			   show->options->no_demangle, 0, show->options->all ? 0 : FRAMES_SHOWN);
}

/* Did it join later than the start, so that something can have changed? */
static bool has_effects(const struct why_global *why)
{
	return why->how == GLOBAL_PROMOTED || why->how == GLOBAL_OPENED;
}

static bool find_effects(const struct show *show, const struct why_global *why, struct effects *ret)
{
	AUTO_FREE uint64_t *joined = xcalloc(show->rec->object_count, sizeof(*joined));

	for (size_t i = 0; i < show->rec->object_count; i++)
		joined[i] = UINT64_MAX;
	if (has_effects(why))
		joined[why->object] = why->entry.seq;
	return effects_find(show, joined, ret);
}

static void show_text(const struct show *show, const struct why_global *why,
		      const struct effects *effects, const struct same_processes *same,
		      size_t repeats)
{
	const struct recording *rec = show->rec;
	AUTO_STRBUF struct strbuf answer = STRBUF_INIT;

	add_answer(&answer, rec, why);
	show_verdict(show, answer.s, same, repeats, why->why_unsure);
	for (size_t i = 0; i < why->local_count; i++)
		show_call(show, why->locals[i], "without RTLD_GLOBAL", why->how == GLOBAL_NOT);
	if (why->how != GLOBAL_NOT && why->entry.call != NONE)
		show_call(show, why->entry.call,
			  why->how == GLOBAL_NAMESPACE ? "made the namespace" : "with RTLD_GLOBAL",
			  true);
	if (why->local_count || (why->how != GLOBAL_NOT && why->entry.call != NONE))
		render_blank(show->render);
	if (!has_effects(why))
		return;
	show_effects(show, effects);
	render_blank(show->render);
}

static void why_global_to_json(const struct show *show, const struct why_global *why,
			       const struct effects *effects, const struct same_processes *same,
			       size_t repeats)
{
	const struct recording *rec = show->rec;
	struct render *render = show->render;
	bool global = why->how != GLOBAL_NOT;
	bool no_demangle = show->options->no_demangle;

	open_explanation(show, why->object, same, repeats);
	render_value(render, "how", value_string(global_how_name(why->how)));
	render_value(
		render, "way",
		value_string(why->way == PROMOTION_NONE ? NULL : promotion_way_name(why->way)));
	render_value(render, "joined_seq",
		     global ? value_integer((int64_t)why->entry.seq) : value_none());
	render_value(render, "unloaded_ns",
		     why->gone ? value_integer((int64_t)rec->objects[why->object].closed_ns)
			       : value_none());
	object_to_json(render, "root", rec, global ? why->entry.root : NONE);
	call_to_json(render, "call", rec, global ? why->entry.call : NONE, no_demangle);
	render_open(render, "local_calls", GROUP_ARRAY);
	for (size_t i = 0; i < why->local_count; i++)
		call_to_json(render, NULL, rec, why->locals[i], no_demangle);
	render_close(render);
	effects_to_json(show, effects);
	close_explanation(show, why->why_unsure);
}

void show_why_global(const struct show *show, int object, const struct same_processes *same,
		     size_t repeats)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	AUTO_WHY_GLOBAL struct why_global why = {0};
	struct scopes *scopes = scopes_at_end(show, SCOPES_ALONE, &loaded);
	AUTO_EFFECTS struct effects effects = {0};

	if (!scopes)
		return;
	why_global_build(show->rec, scopes, object, &why);
	if (!find_effects(show, &why, &effects))
		*show->ret_failed = true;
	else if (show->render->is_text)
		show_text(show, &why, &effects, same, repeats);
	else
		why_global_to_json(show, &why, &effects, same, repeats);
}

static char *sign(const struct recording *rec, struct scopes *scopes, int object)
{
	AUTO_WHY_GLOBAL struct why_global why = {0};

	why_global_build(rec, scopes, object, &why);
	return why_global_signature(rec, &why);
}

int cmd_why_global(struct context *context)
{
	static const struct lib_question question = {
		.with = SCOPES_ALONE,
		.sign = sign,
		.show = show_why_global,
		.note = "Scopes are inferred: rebuilt from the recorded loads, calls and closes.",
	};

	return answer_about_lib(context, &question);
}
