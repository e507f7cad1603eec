/* The JSON of why-loaded: an interface, see plugreport(1). */
#include "report/cmd.h"
#include "report/model/why_found.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"

static void step_to_json(const struct show *show, const struct load_step *step)
{
	struct render *render = show->render;
	const struct recording *rec = show->rec;
	const struct object *object = &rec->objects[step->object];
	struct why_found found;

	render_open(render, NULL, GROUP_OBJECT);
	object_to_json(render, "object", rec, step->object);
	render_value(render, "opened_ns", value_integer((int64_t)object->opened_ns));
	render_value(render, "opened_seq", value_integer((int64_t)object->opened_seq));
	render_value(render, "real_path", value_string(object->real_path));
	render_value(render, "build_id", value_string(object->build_id));
	render_value(render, "reason", value_string(load_reason_name(step->reason)));
	object_to_json(render, "by", rec, step->by);
	render_value(render, "failed", value_bool(object_failed_call(rec, step->object) != NONE));
	call_to_json(render, "call", rec, step->call, show->options->no_demangle);
	if (step->request != NONE) {
		why_found_build(rec, step->request, &found);
		found_to_json(render, "found", rec, &found);
		why_found_release(&found);
	} else {
		render_value(render, "found", value_none());
	}
	stack_to_json(render, "stack", rec,
		      step->reason == REASON_LIBC && step->request != NONE
			      ? rec->searches[step->request].stack
			      : NONE,
		      show->options->no_demangle, 0);
	render_close(render);
}

static void asked_to_json(const struct show *show, const struct load_asked *asked)
{
	static const char *const kinds[] = {
		[ASKED_NEEDED] = "needed",
		[ASKED_OPEN] = "dlopen",
		[ASKED_LIBC] = "libc",
		[ASKED_CLOSE] = "dlclose",
	};
	struct render *render = show->render;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "kind", value_string(kinds[asked->kind]));
	render_value(render, "seq", value_integer((int64_t)asked->seq));
	render_value(render, "time_ns", value_integer((int64_t)asked->time_ns));
	object_to_json(render, "by", show->rec, asked->by);
	call_to_json(render, "call", show->rec, asked->call, show->options->no_demangle);
	render_close(render);
}

void why_loaded_to_json(const struct show *show, const struct why_loaded *why,
			const struct same_processes *same, size_t repeats)
{
	struct render *render = show->render;
	const struct object *object = &show->rec->objects[why->object];

	render_open(render, NULL, GROUP_OBJECT);
	object_to_json(render, "object", show->rec, why->object);
	render_open(render, "processes", GROUP_ARRAY);
	same_processes_to_json(render, same);
	render_close(render);
	render_value(render, "repeats", value_integer((int64_t)repeats));
	render_value(render, "reason", value_string(load_reason_name(object->reason)));
	render_value(render, "opened_ns", value_integer((int64_t)object->opened_ns));
	render_value(render, "closed_ns",
		     object->closed_seq ? value_integer((int64_t)object->closed_ns) : value_none());
	render_value(render, "closed_at_exit",
		     value_bool(object_closed_at_exit(show->rec, why->object)));
	render_value(render, "circular", value_bool(why->circular));
	render_open(render, "chain", GROUP_ARRAY);
	for (size_t i = 0; i < why->step_count; i++)
		step_to_json(show, &why->steps[i]);
	render_close(render);
	render_open(render, "requests", GROUP_ARRAY);
	for (size_t i = 0; i < why->asked_count; i++)
		asked_to_json(show, &why->asked[i]);
	render_close(render);
	render_close(render);
}
