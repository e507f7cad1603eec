/* stale-reload: closed and opened again, and still the old code. */
#include <dlfcn.h>
#include <inttypes.h>

#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static bool is_open_of(const struct call *call, int object)
{
	return call_opens(call) && call->result == object &&
	       (call->outcome == OUTCOME_LOADED || call->outcome == OUTCOME_ALREADY_LOADED);
}

/* The last dlclose before `reopen` that gave the last known handle back, or NONE. */
static int last_close(const struct recording *rec, int object, int reopen)
{
	int opens = 0, close = NONE;

	for (int i = 0; i < reopen; i++) {
		const struct call *call = &rec->calls[i];

		if (is_open_of(call, object)) {
			opens++;
		} else if (call->kind == CALL_DLCLOSE && call->result == object && opens > 0) {
			opens--;
			close = i;
		}
	}
	return opens == 0 ? close : NONE;
}

/* Is there another file in its place now, which was there when `call` opened it again?  Its time of
 * modification may be that of its build, long before it was installed. */
static bool was_replaced(struct rule_input *input, int object, const struct call *call)
{
	const struct recording *rec = input->rec;
	const struct object *o = &rec->objects[object];
	struct file_facts now;

	if (!o->has_file)
		return false;
	input_file(input, o->path, false, &now);
	if (!now.exists || (now.dev == o->dev && now.ino == o->ino && now.mtime_ns == o->mtime_ns))
		return false;
	return now.ctime_ns <= rec->started_ns + call->time_ns;
}

/* The first call that opened it, of those whose handles may be still there, or NONE. */
static int first_open(const struct recording *rec, int object)
{
	for (int i = 0; i < (int)rec->call_count; i++)
		if (is_open_of(&rec->calls[i], object))
			return i;
	return NONE;
}

/* `close`: the call that gave the last handle back; NONE: some are still open, as a handle that was
 * forgotten is. */
static void report_reopen(struct rule_input *input, int close, int reopen, bool replaced,
			  struct findings *ret)
{
	const struct recording *rec = input->rec;
	int object = rec->calls[reopen].result;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_object(&message, rec, object);
	strbuf_addstr(&message, close == NONE
					? " was opened again while a handle of it was open: "
					: " was closed and opened again, but never unloaded: ");
	strbuf_addstr(&message, replaced ? "its file had been replaced, and the old code runs on"
					 : "the second time is the same code with its old data");
	finding =
		findings_add(ret, &rule_stale_reload, replaced ? SEVERITY_ERROR : SEVERITY_WARNING,
			     strbuf_detach(&message),
			     xasprintf("remove what keeps it mapped (see kept-after-dlclose), or "
				       "load the new version under another file name"));
	finding->seq = rec->calls[reopen].seq;
	finding_add_object(finding, object);
	finding_add_origin(finding, rec, object);
	if (close == NONE)
		finding_add_call(finding, rec, "opened first", first_open(rec, object));
	finding_add_call(finding, rec, "closed", close);
	finding_add_call(finding, rec, "opened again", reopen);
}

/* The same path twice, at the same time, with two files behind it. */
static void report_replaced(const struct recording *rec, int old, int new, struct findings *ret)
{
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_name(&message, rec->objects[new].path);
	strbuf_addstr(&message, " is loaded twice: the file was replaced while the old one was "
				"mapped");
	finding = findings_add(ret, &rule_stale_reload, SEVERITY_WARNING, strbuf_detach(&message),
			       xstrdup("close all handles of the old one before the new one is "
				       "opened, and see that it is unloaded"));
	finding->seq = rec->objects[new].opened_seq;
	finding_add_object(finding, old);
	finding_add_object(finding, new);
	finding_add_origin(finding, rec, old);
	finding_add_origin(finding, rec, new);
}

static void find_replaced(const struct recording *rec, struct findings *ret)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *new = &rec->objects[i];

		for (size_t j = 0; j < i && new->has_file; j++) {
			const struct object *old = &rec->objects[j];

			if (old->has_file &&
			    old->name_space ==
				    new->name_space &&objects_coexist(rec, (int)j, (int)i) &&
			    strcmp(old->path, new->path) == 0 && !objects_same_file(old, new))
				report_replaced(rec, (int)j, (int)i, ret);
		}
	}
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;

	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];
		bool replaced;
		int close;

		/* With RTLD_NOLOAD it only asks whether the library is there. */
		if (!call_opens(call) || call->flags & RTLD_NOLOAD ||
		    call->outcome != OUTCOME_ALREADY_LOADED || !has_object(rec, call->result) ||
		    findings_about(ret, &rule_stale_reload, call->result) ||
		    rec->objects[call->result].inherited || object_is_startup(rec, call->result) ||
		    rec->objects[call->result].reason != REASON_DLOPEN)
			continue;
		close = last_close(rec, call->result, (int)i);
		replaced = was_replaced(input, call->result, call);
		if (close != NONE || replaced)
			report_reopen(input, close, (int)i, replaced, ret);
	}
	find_replaced(rec, ret);
}

const struct rule rule_stale_reload = {
	.slug = "stale-reload",
	.group = "unloading",
	.summary = "a library was opened again and is still the old one",
	.meaning =
		"The program gave back every handle of a library and opened it anew, as hosts do "
		"that reload plugins; but dlclose had not unloaded it, so that dlopen gave the old "
		"copy back: old code, variables with their old values, constructors not run again. "
		"ld.so compares names first, and does not look at the disk when an object of that "
		"name is there.\n\n"
		"Or a path was opened while the file that it named before was still mapped, under "
		"another name or because of another handle: now both copies are in the process.",
	.reported =
		"An error when the file on disk is another one and was there at the second "
		"dlopen (its status has not changed since), also when a handle of the old one was "
		"still open (one "
		"that was forgotten, or never given back); a warning when all handles had been "
		"given "
		"back and the file is the same, and for two files of one path at the same time. "
		"Left "
		"out: libraries that the program itself needs, which dlclose never unloads; what a "
		"dependency of something else brought in; a second dlopen of an open library whose "
		"file is the same; and dlopen with RTLD_NOLOAD, which only asks for what is "
		"there.\n\n"
		"Which dlopen gave which library is inferred where it found it loaded. What kept "
		"it "
		"(kept-after-dlclose) is among the evidence.",
	.harmless = "When the program opens it for each use and does not expect a fresh copy.",
	.fix = "kept-after-dlclose tells what keeps it. Build plugins with -fno-gnu-unique and "
	       "-fvisibility=hidden, end their threads, don't pass RTLD_NODELETE. Hosts that must "
	       "reload whatever happens copy each version to a fresh file name.",
	.find = find,
};
