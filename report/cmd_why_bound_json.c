/* The JSON of why-bound: an interface, see plugreport(1). */
#include "report/cmd_why_bound.h"

#include "report/elf/elf.h"
#include "report/render/words.h"

static const char *how_name(int how)
{
	switch (how) {
	case LOOKUP_DEFAULT:
		return "default";
	case LOOKUP_NEXT:
		return "next";
	case LOOKUP_HANDLE:
		return "handle";
	default:
		return "relocation";
	}
}

static void reference_to_json(const struct show *show, const struct symbol_reference *reference)
{
	struct render *render = show->render;

	render_open(render, NULL, GROUP_OBJECT);
	object_to_json(render, "from", show->rec, reference->binding.from);
	render_value(render, "kind",
		     reference->state == REFERENCE_UNTOLD ? value_none()
							  : value_string(reference->binding.kind));
	render_value(render, "count", value_integer((int64_t)reference->count));
	render_value(render, "binding",
		     reference->id ? value_integer(reference->id) : value_none());
	render_value(render, "seq",
		     reference->binding.seq == UINT64_MAX
			     ? value_none()
			     : value_integer((int64_t)reference->binding.seq));
	call_to_json(render, "call", show->rec, reference->call, show->options->no_demangle);
	render_close(render);
}

static void scope_to_json(const struct show *show, const struct why_scope *scope)
{
	struct render *render = show->render;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "kind", value_string(scope_kind_name(scope->kind)));
	object_to_json(render, "root", show->rec, scope->root);
	render_value(render, "deepbind", value_bool(scope->deepbind));
	render_value(render, "objects", value_integer((int64_t)scope->count));
	render_close(render);
}

/* Members that definitions in scope and outside have in common. */
static void definition_to_json(const struct show *show, const struct why_definition *d)
{
	struct render *render = show->render;

	object_to_json(render, "object", show->rec, d->object);
	render_value(render, "verdict", value_string(lookup_verdict_name(d->verdict)));
	render_value(render, "version", value_string(d->version));
	render_value(render, "default_version",
		     d->known ? value_bool(d->default_version) : value_none());
	render_value(render, "type",
		     d->known ? value_string(symbol_type_name(d->type)) : value_none());
	render_value(render, "bind",
		     d->known ? value_string(symbol_bind_name(d->bind)) : value_none());
	render_value(render, "visibility",
		     d->known ? value_string(symbol_visibility_name(d->visibility)) : value_none());
}

static void definitions_to_json(const struct show *show, const struct why_bound *why)
{
	struct render *render = show->render;

	render_open(render, "definitions", GROUP_ARRAY);
	for (size_t i = 0; i < why->step_count; i++) {
		render_open(render, NULL, GROUP_OBJECT);
		definition_to_json(show, &why->steps[i]);
		render_value(render, "scope", value_integer((int64_t)why->steps[i].scope));
		render_value(render, "position", value_integer((int64_t)why->steps[i].position));
		render_close(render);
	}
	render_close(render);
	render_open(render, "outside", GROUP_ARRAY);
	for (size_t i = 0; i < why->outside_count; i++) {
		const struct why_definition *d = &why->outside[i];

		render_open(render, NULL, GROUP_OBJECT);
		definition_to_json(show, d);
		render_value(render, "reason", value_string(outside_reason_name(d->reason)));
		object_to_json(render, "root", show->rec, d->root);
		call_to_json(render, "call", show->rec, d->call, show->options->no_demangle);
		render_close(render);
	}
	render_close(render);
}

static void result_to_json(const struct show *show, const struct why_bound *why)
{
	struct render *render = show->render;

	object_to_json(render, "observed", show->rec, why->observed);
	object_to_json(render, "winner", show->rec, why->winner);
	render_value(render, "rule",
		     why->winner == NONE ? value_none()
					 : value_string(lookup_rule_name(why->rule)));
	object_to_json(render, "without_winner", show->rec, why->without);
	render_value(render, "ended_process",
		     why_bound_is_fatal(why) ? value_string(lazy_end_name(why->end))
					     : value_none());
	render_value(render, "confirmed", value_bool(why->asked && why->confirmed));
	render_value(render, "sure", value_bool(why->sure));
	render_value(render, "why_unsure", value_string(why->why_unsure));
}

void why_bound_to_json(const struct show *show, const struct why_bound *why,
		       const struct same_processes *same, size_t repeats)
{
	AUTO_FREE char *readable = show->options->no_demangle ? NULL : demangle(why->symbol);
	struct render *render = show->render;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "symbol", value_string(readable ? readable : why->symbol));
	render_value(render, "linker_symbol", value_string(why->symbol));
	render_value(render, "version", value_string(why->version));
	render_value(render, "state",
		     why->reference_count
			     ? value_string(reference_state_name(why->references[0].state))
			     : value_string("unreferenced"));
	render_open(render, "processes", GROUP_ARRAY);
	same_processes_to_json(render, same);
	render_close(render);
	render_value(render, "repeats", value_integer((int64_t)repeats));
	render_open(render, "references", GROUP_ARRAY);
	for (size_t i = 0; i < why->reference_count; i++)
		reference_to_json(show, &why->references[i]);
	render_close(render);
	render_value(render, "how", value_string(how_name(why->how)));
	object_to_json(render, "handle", show->rec, why->handle);
	render_open(render, "scopes", GROUP_ARRAY);
	for (size_t i = 0; i < why->scope_count; i++)
		scope_to_json(show, &why->scopes[i]);
	render_close(render);
	definitions_to_json(show, why);
	result_to_json(show, why);
	render_close(render);
}
