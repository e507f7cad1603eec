/* plugreport why-resident: why a library is still mapped, or who unloaded it. */
#include "report/cmd.h"
#include "report/model/why_resident.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"

#define FRAMES_SHOWN 12 /* of a stack, without --all */
#define CALLS_SHOWN  20 /* dlopens and dlcloses, without --all */

static void add_answer(struct strbuf *sb, const struct show *show, const struct why_resident *why)
{
	const struct recording *rec = show->rec;
	const struct object *object = &rec->objects[why->object];

	add_object(sb, rec, why->object);
	switch (why->state) {
	case RESIDENT_STARTUP:
		strbuf_addstr(sb,
			      " belongs to what the program started with: it is never unloaded");
		break;
	case RESIDENT_KEPT:
		strbuf_addstr(sb, why->closed_at_exit ? " stayed mapped until the process ended"
						      : " was mapped to the end");
		break;
	case RESIDENT_UNKNOWN:
		strbuf_addstr(sb, why->closed_at_exit ? " stayed mapped until the process ended"
						      : " was mapped to the end");
		strbuf_addstr(sb, ", and the recording does not tell what kept it");
		break;
	case RESIDENT_UNLOADED:
		strbuf_addstr(sb, " was unloaded ");
		add_time(sb, object->closed_ns);
		strbuf_addstr(sb, " after the start");
		break;
	case RESIDENT_FAILED:
		strbuf_addstr(sb, " was taken away again: the dlopen that brought it failed");
		break;
	}
}

static void add_counts(struct strbuf *sb, const struct recording *rec,
		       const struct why_resident *why)
{
	size_t opens = 0, closes = 0, ignored = 0;

	for (size_t i = 0; i < why->call_count; i++) {
		opens += !why->calls[i].closes;
		closes += why->calls[i].closes;
		ignored += why->calls[i].ignored;
	}
	add_count(sb, opens, "dlopen", "dlopens");
	strbuf_addstr(sb, ", ");
	add_count(sb, closes, "dlclose", "dlcloses");
	if (ignored)
		strbuf_addf(sb, " (%zu without effect)", ignored);
	if (rec->objects[why->object].inherited)
		strbuf_addf(sb, " since it was forked from %d", rec->parent_pid);
}

/* Some call did it, which is the parent's when it was made before a fork. */
static bool is_by_call(enum pin_kind kind)
{
	return kind == PIN_OPEN || kind == PIN_NODELETE_FLAG || kind == PIN_TLS_DESTRUCTOR;
}

/* What a pin says about the object that it keeps. */
static void add_pin(struct strbuf *sb, const struct show *show, const struct resident_pin *entry)
{
	const struct recording *rec = show->rec;
	const struct pin *pin = &entry->pin;
	bool no_demangle = show->options->no_demangle;

	switch (pin->kind) {
	case PIN_STARTUP:
		strbuf_addstr(sb, "it is part of what the program started with");
		break;
	case PIN_OPEN:
		strbuf_addstr(sb, "opened and not closed: ");
		if (pin->call == NONE && !pin->inherited)
			strbuf_addstr(sb, "by a dlopen that was not recorded");
		break;
	case PIN_NODELETE_FLAG:
		strbuf_addstr(sb, "opened with RTLD_NODELETE: ");
		break;
	case PIN_NODELETE_DF1:
		strbuf_addstr(sb, "its file says DF_1_NODELETE (linked with -z nodelete)");
		break;
	case PIN_UNIQUE:
		strbuf_addstr(sb, "its STB_GNU_UNIQUE symbol ");
		add_symbol(sb, pin->symbol, no_demangle);
		strbuf_addstr(sb, " was bound");
		if (has_object(rec, pin->object)) {
			strbuf_addstr(sb, " by ");
			add_object(sb, rec, pin->object);
		}
		break;
	case PIN_NEEDED:
		add_object(sb, rec, pin->object);
		strbuf_addstr(sb, " needs it");
		break;
	case PIN_RELOCATION:
		add_object(sb, rec, pin->object);
		strbuf_addstr(sb, " is bound to its ");
		add_symbol(sb, pin->symbol, no_demangle);
		if (pin->for_good)
			strbuf_addstr(sb, ", and is itself never unloaded");
		break;
	case PIN_TLS_DESTRUCTOR:
		strbuf_addstr(sb, "a thread had a destructor of it to run when it ends: ");
		break;
	case PIN_LIBC:
		strbuf_addstr(sb, "libc itself opened it");
		break;
	}
	if (pin->call != NONE)
		add_call_from(sb, rec, pin->call, no_demangle);
	else if (pin->inherited && is_by_call(pin->kind))
		strbuf_addf(sb, "before it was forked from %d (--pid %d tells more)",
			    rec->parent_pid, rec->parent_pid);
	if (!pin->sure)
		strbuf_addstr(sb, " (perhaps)");
	if (entry->seen)
		strbuf_addstr(sb, " (see above)");
}

static void show_pin(const struct show *show, const struct resident_pin *entry)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT, indent = STRBUF_INIT;
	const struct recording *rec = show->rec;

	strbuf_addf(&indent, "  %*s", (int)entry->depth * 3, "");
	if (entry->depth)
		strbuf_addstr(&line, MARK_BRANCH);
	add_pin(&line, show, entry);
	render_line(show->render, "  %*s%s", entry->depth ? (int)(entry->depth - 1) * 3 : 0, "",
		    line.s);
	if (entry->pin.call != NONE && entry->depth == 0)
		show_stack(show->render, rec, rec->calls[entry->pin.call].stack, "      ",
			   show->options->no_demangle, 0, show->options->all ? 0 : FRAMES_SHOWN);
}

static void show_calls(const struct show *show, const struct why_resident *why)
{
	size_t most = show->options->all ? SIZE_MAX : CALLS_SHOWN;
	AUTO_STRBUF struct strbuf counts = STRBUF_INIT;

	if (!why->call_count)
		return;
	add_counts(&counts, show->rec, why);
	render_blank(show->render);
	render_line(show->render, "  %s:", counts.s);
	for (size_t i = 0; i < why->call_count && i < most; i++) {
		const struct resident_call *entry = &why->calls[i];
		AUTO_STRBUF struct strbuf time = STRBUF_INIT, line = STRBUF_INIT;

		add_time(&time, show->rec->calls[entry->call].time_ns);
		add_call_from(&line, show->rec, entry->call, show->options->no_demangle);
		render_line(show->render, "    %9s  %s%s", time.s, line.s,
			    entry->open      ? MARK_WARN "  not undone" MARK_END
			    : entry->ignored ? MARK_DIM "  without effect" MARK_END
					     : "");
	}
	if (why->call_count > most)
		render_rest(show->render, REST_ALL, MARK_DIM "    and %zu more" MARK_END,
			    why->call_count - most);
}

static void show_closer(const struct show *show, const struct why_resident *why)
{
	const struct recording *rec = show->rec;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (why->closer == NONE) {
		render_line(show->render, "  no recorded call was running then");
		return;
	}
	strbuf_addstr(&line, "by ");
	add_call_from(&line, rec, why->closer, show->options->no_demangle);
	render_line(show->render, "  %s", line.s);
	show_stack(show->render, rec, rec->calls[why->closer].stack, "      ",
		   show->options->no_demangle, 0, show->options->all ? 0 : FRAMES_SHOWN);
}

static void show_text(const struct show *show, const struct why_resident *why,
		      const struct same_processes *same, size_t repeats)
{
	AUTO_STRBUF struct strbuf answer = STRBUF_INIT;
	bool gone = why->state == RESIDENT_UNLOADED || why->state == RESIDENT_FAILED;

	add_answer(&answer, show, why);
	show_verdict(show, answer.s, same, repeats, why->why_unsure);
	if (why->state == RESIDENT_STARTUP)
		return;
	if (gone)
		show_closer(show, why);
	for (size_t i = 0; i < why->pin_count; i++)
		show_pin(show, &why->pins[i]);
	show_calls(show, why);
	render_blank(show->render);
}

static void pin_to_json(const struct show *show, const struct resident_pin *entry)
{
	struct render *render = show->render;
	const struct recording *rec = show->rec;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "kind", value_string(pin_kind_name(entry->pin.kind)));
	render_value(render, "depth", value_integer((int64_t)entry->depth));
	object_to_json(render, "kept", rec, entry->kept);
	object_to_json(render, "by", rec, entry->pin.object);
	call_to_json(render, "call", rec, entry->pin.call, show->options->no_demangle);
	render_value(render, "symbol", value_string(entry->pin.symbol));
	render_value(render, "seq", value_integer((int64_t)entry->pin.seq));
	render_value(render, "for_good", value_bool(entry->pin.for_good));
	render_value(render, "sure", value_bool(entry->pin.sure));
	render_value(render, "inherited", value_bool(entry->pin.inherited));
	render_close(render);
}

static void why_resident_to_json(const struct show *show, const struct why_resident *why,
				 const struct same_processes *same, size_t repeats)
{
	struct render *render = show->render;
	const struct recording *rec = show->rec;
	bool no_demangle = show->options->no_demangle;

	open_explanation(show, why->object, same, repeats);
	render_value(render, "state", value_string(resident_state_name(why->state)));
	render_value(render, "closed_at_exit", value_bool(why->closed_at_exit));
	call_to_json(render, "closed_by", rec, why->closer, no_demangle);
	render_open(render, "kept_by", GROUP_ARRAY);
	for (size_t i = 0; i < why->pin_count; i++)
		pin_to_json(show, &why->pins[i]);
	render_close(render);
	render_open(render, "calls", GROUP_ARRAY);
	for (size_t i = 0; i < why->call_count; i++) {
		render_open(render, NULL, GROUP_OBJECT);
		call_to_json(render, "call", rec, why->calls[i].call, no_demangle);
		render_value(render, "open", value_bool(why->calls[i].open));
		render_value(render, "without_effect", value_bool(why->calls[i].ignored));
		render_close(render);
	}
	render_close(render);
	close_explanation(show, why->why_unsure);
}

void show_why_resident(const struct show *show, int object, const struct same_processes *same,
		       size_t repeats)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	AUTO_WHY_RESIDENT struct why_resident why = {0};
	struct scopes *scopes = scopes_at_end(show, SCOPES_WITH_BINDINGS, &loaded);

	if (!scopes)
		return;
	why_resident_build(show->rec, scopes, object, &why);
	if (show->render->is_text)
		show_text(show, &why, same, repeats);
	else
		why_resident_to_json(show, &why, same, repeats);
}

static char *sign(const struct recording *rec, struct scopes *scopes, int object)
{
	AUTO_WHY_RESIDENT struct why_resident why = {0};

	why_resident_build(rec, scopes, object, &why);
	return why_resident_signature(rec, &why);
}

int cmd_why_resident(struct context *context)
{
	static const struct lib_question question = {
		.with = SCOPES_WITH_BINDINGS,
		.sign = sign,
		.show = show_why_resident,
		.note = "Reference counts and what is bound to what are inferred: rebuilt from the "
			"recorded calls and bindings.",
	};

	return answer_about_lib(context, &question);
}
