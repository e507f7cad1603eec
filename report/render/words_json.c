/* The JSON members that describe objects, calls and stacks: an interface, see plugreport(1). */
#include "report/elf/elf.h"
#include "report/render/words.h"

void object_to_json(struct render *render, const char *key, const struct recording *rec, int index)
{
	const struct object *object;

	if (render->is_text)
		return;
	if (!has_object(rec, index)) {
		render_value(render, key, value_none());
		return;
	}
	object = &rec->objects[index];
	render_open(render, key, GROUP_OBJECT);
	render_value(render, "object", value_integer(object->number));
	render_value(render, "path", value_string(object->path));
	render_value(render, "soname", value_string(object->soname));
	render_value(render, "namespace", value_integer(object->name_space));
	render_close(render);
}

static void function_to_json(struct render *render, const char *function, bool no_demangle)
{
	AUTO_FREE char *readable = function && !no_demangle ? demangle(function) : NULL;

	render_value(render, "function", value_string(readable ? readable : function));
	render_value(render, "symbol", value_string(function));
}

void stack_to_json(struct render *render, const char *key, const struct recording *rec, int stack,
		   bool no_demangle, size_t most)
{
	size_t count;
	const struct frame *frames = stack_frames(rec, stack, &count);

	if (render->is_text)
		return;
	render_open(render, key, GROUP_ARRAY);
	for (size_t i = 0; i < count && (!most || i < most); i++) {
		const struct frame *frame = &frames[i];
		bool known = has_object(rec, frame->object);

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "address", value_address(frame->address));
		render_value(render, "path",
			     value_string(known ? rec->objects[frame->object].path : NULL));
		render_value(render, "offset",
			     known ? value_address(frame->address -
						   rec->objects[frame->object].load_address)
				   : value_none());
		function_to_json(render, frame->function, no_demangle);
		render_value(render, "file", value_string(frame->file));
		render_value(render, "line",
			     frame->line > 0 ? value_integer(frame->line) : value_none());
		render_value(render, "inlined", value_bool(frame->inlined));
		render_close(render);
	}
	render_close(render);
}

void call_to_json(struct render *render, const char *key, const struct recording *rec, int index,
		  bool no_demangle)
{
	const struct call *call;
	AUTO_STRBUF struct strbuf flags = STRBUF_INIT;
	bool opens;

	if (render->is_text)
		return;
	if (index < 0 || (size_t)index >= rec->call_count) {
		render_value(render, key, value_none());
		return;
	}
	call = &rec->calls[index];
	opens = call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN;
	render_open(render, key, GROUP_OBJECT);
	render_value(render, "seq", value_integer((int64_t)call->seq));
	render_value(render, "time_ns", value_integer((int64_t)call->time_ns));
	render_value(render, "tid", value_integer(call->tid));
	render_value(render, "kind", value_string(call_kind_name(call->kind)));
	render_value(render, "name", value_string(call->name));
	if (call->kind == CALL_DLVSYM)
		render_value(render, "version", value_string(call->version));
	if (opens) {
		add_dlopen_flags(&flags, call->flags);
		render_value(render, "flags", value_string(flags.s));
		render_value(render, "outcome", value_string(outcome_name(call->outcome)));
	} else {
		if (call->kind == CALL_DLSYM || call->kind == CALL_DLVSYM)
			render_value(render, "outcome",
				     value_string(call->known_by == KNOWN_BINDING ? "bound"
						  : call_found_nothing(rec, call) ? "not-found"
										  : "unknown"));
		render_value(render, "handle", value_address(call->handle));
	}
	if (call->kind == CALL_DLMOPEN)
		render_value(render, "namespace_argument", value_integer(call->name_space));
	object_to_json(render, "caller", rec, call->caller);
	object_to_json(render, "result", rec, call->result);
	render_value(
		render, "result_known_by",
		value_string(call->known_by == KNOWN_NOT ? NULL : known_by_name(call->known_by)));
	render_value(render, "parent_seq",
		     call->parent >= 0 && (size_t)call->parent < rec->call_count
			     ? value_integer((int64_t)rec->calls[call->parent].seq)
			     : value_none());
	stack_to_json(render, "stack", rec, call->stack, no_demangle, 0);
	render_close(render);
}
