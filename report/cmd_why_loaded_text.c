/* plugreport why-loaded: one answer as people read it. */
#include "report/cmd_why_loaded.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

#define FRAMES_SHOWN   12 /* of a stack, without --all */
#define REQUESTS_SHOWN 20 /* further requests, without --all */

/* Where the chain's tree is: its lines' beginnings. */
struct chain {
	const struct show *show;
	const struct why_loaded *why;
	size_t depth;
	bool more; /* another step follows below */
};

/* One line of detail below a step. */
static void detail(const struct chain *chain, const char *text)
{
	render_line(chain->show->render, "  %*s%s%s", (int)chain->depth * 3, "",
		    chain->more ? MARK_RAIL : "   ", text);
}

/* Frames before `from` are ld.so's and libc's own. */
static void show_frames(const struct chain *chain, int stack, size_t from)
{
	AUTO_STRBUF struct strbuf indent = STRBUF_INIT;
	const struct options *options = chain->show->options;

	strbuf_addf(&indent, "  %*s%s  ", (int)chain->depth * 3, "",
		    chain->more ? MARK_RAIL : "   ");
	show_stack(chain->show->render, chain->show->rec, stack, indent.s, options->no_demangle,
		   options->all ? 0 : from, options->all ? 0 : FRAMES_SHOWN);
}

/* The last step that somebody called for: its stack is worth showing. */
static bool is_last_call(const struct why_loaded *why, size_t index)
{
	for (size_t i = index + 1; i < why->step_count; i++)
		if (why->steps[i].reason == REASON_DLOPEN)
			return false;
	return true;
}

static void detail_call(const struct chain *chain, size_t index)
{
	const struct show *show = chain->show;
	const struct load_step *step = &chain->why->steps[index];
	const struct call *call = &show->rec->calls[step->call];
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;
	size_t frames;

	add_call_from(&line, show->rec, step->call, show->options->no_demangle);
	detail(chain, line.s);
	stack_frames(show->rec, call->stack, &frames);
	if (is_last_call(chain->why, index) && (frames > 1 || call->stack != NONE))
		show_frames(chain, call->stack, 0);
}

static void detail_preload(const struct chain *chain)
{
	const char *value = recording_getenv(chain->show->rec, "LD_PRELOAD");
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (value) {
		strbuf_addstr(&line, "LD_PRELOAD=");
		add_name(&line, value);
	} else {
		strbuf_addstr(&line, "named in /etc/ld.so.preload");
	}
	detail(chain, line.s);
}

/* Who asked for the object of this step; what is said in a word stands behind its path. */
static void detail_reason(const struct chain *chain, size_t index)
{
	const struct recording *rec = chain->show->rec;
	const struct load_step *step = &chain->why->steps[index];
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	switch (step->reason) {
	case REASON_DLOPEN:
		if (step->call != NONE)
			detail_call(chain, index);
		else
			detail(chain, "a dlopen call that was not recorded");
		break;
	case REASON_LIBC:
		detail(chain, "libc itself asked for it, working for:");
		if (step->request != NONE)
			show_frames(chain, rec->searches[step->request].stack,
				    stack_entry(rec, rec->searches[step->request].stack));
		break;
	case REASON_PRELOAD:
		detail_preload(chain);
		break;
	case REASON_NEEDED:
		strbuf_addstr(&line, "DT_NEEDED of ");
		add_object(&line, rec, step->by);
		detail(chain, line.s);
		break;
	case REASON_MAIN:
	case REASON_LDSO:
	case REASON_VDSO:
	case REASON_AUDIT:
	case REASON_INHERITED:
	case REASON_UNKNOWN:
		break;
	}
}

/* A link that only leads through /usr, where / and /usr are merged, tells nothing. */
static bool is_other_file(const struct object *object)
{
	const char *real = object->real_path;

	if (!real || strcmp(real, object->path) == 0)
		return false;
	return strncmp(real, "/usr/", 5) != 0 || strcmp(real + 4, object->path) != 0;
}

/* ld.so asks auditors nothing when dlmopen is given a path. */
static bool is_opened_by_path(const struct recording *rec, const struct load_step *step)
{
	const char *name = step->call == NONE ? NULL : rec->calls[step->call].name;

	return name && strchr(name, '/');
}

static void detail_found(const struct chain *chain, const struct load_step *step)
{
	const struct recording *rec = chain->show->rec;
	const struct object *object = &rec->objects[step->object];
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;
	struct why_found found;

	if (step->request != NONE) {
		why_found_build(rec, step->request, &found);
		add_found_by(&line, rec, &found);
		why_found_release(&found);
	} else if (is_opened_by_path(rec, step)) {
		strbuf_addstr(&line, FOUND_BY_PATH);
	} else {
		return;
	}
	detail(chain, line.s);
	if (is_other_file(object)) {
		strbuf_reset(&line);
		strbuf_addstr(&line, "the file is ");
		add_name(&line, object->real_path);
		detail(chain, line.s);
	}
}

bool load_reason_is_plain(enum load_reason reason)
{
	return reason == REASON_MAIN || reason == REASON_LDSO || reason == REASON_VDSO ||
	       reason == REASON_AUDIT || reason == REASON_INHERITED || reason == REASON_UNKNOWN;
}

static void show_step(struct chain *chain, size_t index)
{
	const struct show *show = chain->show;
	const struct load_step *step = &chain->why->steps[index];
	const struct object *object = &show->rec->objects[step->object];
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	chain->more = index + 1 < chain->why->step_count;
	if (index > 0) {
		strbuf_addf(&line, "%*s" MARK_BRANCH, (int)chain->depth * 3, "");
		chain->depth++;
	}
	strbuf_addstr(&line, MARK_BOLD);
	add_name(&line, object->path);
	strbuf_addstr(&line, MARK_END);
	add_namespace(&line, show->rec, step->object);
	strbuf_addstr(&line, "  " MARK_DIM);
	if (load_reason_is_plain(step->reason))
		add_load_reason(&line, show->rec, step->object, show->options->no_demangle);
	else
		add_time(&line, object->opened_ns);
	strbuf_addstr(&line, MARK_END);
	render_line(show->render, "  %s", line.s);
	detail_reason(chain, index);
	detail_found(chain, step);
}

/* ", working for f() at x.c:1 in prog": the first frame outside of ld.so and libc. */
static void add_beneficiary(struct strbuf *sb, const struct show *show, int stack)
{
	size_t count, entry = stack_entry(show->rec, stack);
	const struct frame *frames = stack_frames(show->rec, stack, &count);

	if (count == 0 || entry + 1 >= count)
		return;
	strbuf_addstr(sb, ", working for ");
	add_frame(sb, show->rec, &frames[entry ? entry + 1 : 0], show->options->no_demangle);
}

/* ", but that dlopen failed: libx.so was not found, or not usable" */
static void add_load_failure(struct strbuf *sb, const struct show *show,
			     const struct load_step *last)
{
	const struct recording *rec = show->rec;
	int call = object_failed_call(rec, last->object);

	if (call == NONE)
		return;
	if (last->reason == REASON_DLOPEN)
		strbuf_addf(sb, ", but that %s failed", call_kind_name(rec->calls[call].kind));
	else
		strbuf_addf(sb, ", but the %s that wanted both failed",
			    call_kind_name(rec->calls[call].kind));
	add_call_failure(sb, show, call);
}

/* The sentence that answers the question. */
static void add_answer(struct strbuf *sb, const struct show *show, const struct why_loaded *why)
{
	const struct recording *rec = show->rec;
	const struct load_step *last = &why->steps[why->step_count - 1];

	add_object(sb, rec, last->object);
	switch (last->reason) {
	case REASON_MAIN:
		strbuf_addstr(sb, " is the program");
		break;
	case REASON_LDSO:
		strbuf_addstr(sb, " is the dynamic linker that the program names in PT_INTERP");
		break;
	case REASON_VDSO:
		strbuf_addstr(sb, " was mapped by the kernel");
		break;
	case REASON_PRELOAD:
		strbuf_addstr(sb, recording_getenv(rec, "LD_PRELOAD")
					  ? " was loaded because LD_PRELOAD names it"
					  : " was loaded because /etc/ld.so.preload names it");
		break;
	case REASON_NEEDED:
		strbuf_addstr(sb, " was loaded because ");
		add_object(sb, rec, last->by);
		strbuf_addstr(sb, " needs it");
		break;
	case REASON_DLOPEN:
		strbuf_addstr(sb, " was loaded because ");
		if (last->call != NONE)
			add_caller(sb, rec, last->call, show->options->no_demangle);
		else
			add_object(sb, rec, last->by);
		strbuf_addstr(sb, " opened it");
		break;
	case REASON_LIBC:
		strbuf_addstr(sb, " was loaded by libc itself");
		if (last->request != NONE)
			add_beneficiary(sb, show, rec->searches[last->request].stack);
		break;
	case REASON_AUDIT:
		strbuf_addstr(sb, " came with an auditor");
		break;
	case REASON_INHERITED:
		strbuf_addstr(sb, " was there when the process was forked");
		break;
	case REASON_UNKNOWN:
		strbuf_addstr(sb, " was loaded, and the recording does not tell why");
		break;
	}
	add_load_failure(sb, show, last);
}

static void add_asked(struct strbuf *sb, const struct show *show, const struct load_asked *asked)
{
	const struct recording *rec = show->rec;
	bool no_demangle = show->options->no_demangle;

	switch (asked->kind) {
	case ASKED_NEEDED:
		strbuf_addstr(sb, "DT_NEEDED of ");
		add_object(sb, rec, asked->by);
		break;
	case ASKED_OPEN:
	case ASKED_CLOSE:
		add_call_from(sb, rec, asked->call, no_demangle);
		strbuf_addf(sb, MARK_DIM "  [%s]" MARK_END,
			    call_known_by_words(&rec->calls[asked->call]));
		break;
	case ASKED_LIBC:
		strbuf_addstr(sb, "libc itself");
		add_beneficiary(sb, show, rec->searches[asked->search].stack);
		break;
	}
}

static void show_asked(const struct show *show, const struct why_loaded *why)
{
	size_t most = show->options->all ? SIZE_MAX : REQUESTS_SHOWN;

	if (why->asked_count == 0)
		return;
	render_blank(show->render);
	render_line(show->render, "  Afterwards:");
	for (size_t i = 0; i < why->asked_count && i < most; i++) {
		AUTO_STRBUF struct strbuf time = STRBUF_INIT, line = STRBUF_INIT;

		add_time(&time, why->asked[i].time_ns);
		add_asked(&line, show, &why->asked[i]);
		render_line(show->render, "    %9s  %s", time.s, line.s);
	}
	if (why->asked_count > most)
		render_rest(show->render, REST_ALL, MARK_DIM "    and %zu more" MARK_END,
			    why->asked_count - most);
}

static void show_chain(const struct show *show, const struct why_loaded *why)
{
	struct chain chain = {.show = show, .why = why};

	if (why->circular)
		render_line(show->render, MARK_WARN
			    "  the recorded reasons run in a circle; it is cut here:" MARK_END);
	for (size_t i = 0; i < why->step_count; i++)
		show_step(&chain, i);
}

static void add_where(struct strbuf *sb, const struct show *show, const struct object *object,
		      bool told, const struct same_processes *same, size_t repeats)
{
	strbuf_addstr(sb, "in ");
	add_same_processes(sb, same, show->options->all);
	if (told) {
		strbuf_addstr(sb, ", in the way that is told above, at ");
		add_time(sb, object->opened_ns);
	}
	/* Once in each process is no repetition. */
	if (repeats >= same->count)
		strbuf_addf(sb, "; loaded %zu times in this way, the first time:", repeats + 1);
}

void why_loaded_to_text(const struct show *show, const struct why_loaded *why, bool told,
			const struct same_processes *same, size_t repeats)
{
	const struct object *object = &show->rec->objects[why->object];
	AUTO_STRBUF struct strbuf answer = STRBUF_INIT, where = STRBUF_INIT;

	add_answer(&answer, show, why);
	add_where(&where, show, object, told, same, repeats);
	render_line(show->render, MARK_BOLD "%s." MARK_END, answer.s);
	render_line(show->render, MARK_DIM "%s" MARK_END, where.s);
	if (!told) {
		render_blank(show->render);
		show_chain(show, why);
	}
	show_asked(show, why);
	if (object->closed_seq && !object_closed_at_exit(show->rec, why->object)) {
		AUTO_STRBUF struct strbuf closed = STRBUF_INIT;

		add_time(&closed, object->closed_ns);
		if (!why->asked_count)
			render_blank(show->render);
		render_line(show->render, "    %9s  unloaded", closed.s);
	}
	render_blank(show->render);
}
