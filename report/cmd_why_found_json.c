/* The JSON of why-found: an interface, see plugreport(1). */
#include "report/cmd.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

static const char *const fates[] = {
	[PLACE_FOUND] = "found",
	[PLACE_MISSED] = "missed",
	[PLACE_UNUSABLE] = "unusable",
	[PLACE_SILENT] = "no-probe",
	[PLACE_NOT_REACHED] = "not-reached",
	[PLACE_UNKNOWN] = "unknown",
	[PLACE_LEFT_OUT] = "not-applied",
};

void found_to_json(struct render *render, const char *key, const struct recording *rec,
		   const struct why_found *found)
{
	const struct found_place *place = why_found_place(found);

	if (render->is_text)
		return;
	if (!place) {
		render_value(render, key, value_none());
		return;
	}
	render_open(render, key, GROUP_OBJECT);
	render_value(render, "name", value_string(found->name));
	render_value(render, "rule", value_string(search_rule_name(place->rule)));
	object_to_json(render, "owner", rec, place->owner);
	render_value(render, "entry", value_string(place->entry));
	render_value(render, "path", value_string(rec->searches[found->hit].tried));
	render_value(render, "misses", value_integer((int64_t)found->misses));
	render_close(render);
}

static void place_to_json(const struct show *show, const struct why_found *found,
			  const struct found_place *place)
{
	struct render *render = show->render;
	const struct recording *rec = show->rec;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "rule", value_string(search_rule_name(place->rule)));
	object_to_json(render, "owner", rec, place->owner);
	render_value(render, "entry", value_string(place->entry));
	render_value(render, "directory", value_string(place->directory));
	render_value(render, "fate", value_string(fates[place->fate]));
	render_value(render, "why_not_applied", value_string(place->left_out));
	render_open(render, "probes", GROUP_ARRAY);
	for (size_t i = 0; i < place->probe_count; i++) {
		const struct search *probe = &rec->searches[place->probes[i]];

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "path", value_string(probe->tried));
		render_value(render, "seq", value_integer((int64_t)probe->seq));
		render_value(render, "found", value_bool(place->probes[i] == found->hit));
		render_value(render, "outcome", value_string(outcome_name(probe->outcome)));
		render_close(render);
	}
	render_close(render);
	render_close(render);
}

void why_found_to_json(const struct show *show, const struct why_found *found,
		       const struct same_processes *same, size_t repeats)
{
	struct render *render = show->render;
	const struct recording *rec = show->rec;
	const struct search *asked = &rec->searches[found->request];

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "name", value_string(found->name));
	render_open(render, "processes", GROUP_ARRAY);
	same_processes_to_json(render, same);
	render_close(render);
	render_value(render, "repeats", value_integer((int64_t)repeats));
	render_value(render, "seq", value_integer((int64_t)asked->seq));
	render_value(render, "time_ns", value_integer((int64_t)asked->time_ns));
	object_to_json(render, "requester", rec, found->requester);
	call_to_json(render, "call", rec, found->call, show->options->no_demangle);
	render_value(render, "reason", value_string(load_reason_name(found->reason)));
	render_value(render, "outcome", value_string(outcome_name(found->outcome)));
	object_to_json(render, "result", rec, found->result);
	found_to_json(render, "found", rec, found);
	render_open(render, "places", GROUP_ARRAY);
	for (size_t i = 0; i < found->place_count; i++)
		place_to_json(show, found, &found->places[i]);
	render_close(render);
	if (asked->stack != NONE)
		stack_to_json(render, "stack", rec, asked->stack, show->options->no_demangle, 0);
	render_close(render);
}
