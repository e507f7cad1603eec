/* plugreport duplicates --json. */
#include "report/cmd_duplicates.h"
#include "report/elf/elf.h"
#include "report/model/why_found.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"

static const char *path_of(const struct duplicate_view *view, int object)
{
	const struct recording *rec = view->show->rec;

	return has_object(rec, object) ? rec->objects[object].path : NULL;
}

/* From the program down to the copy. */
static void chain_to_json(const struct duplicate_view *view, int object)
{
	const struct show *show = view->show;
	struct why_loaded why;

	why_loaded_build(show->rec, object, &why);
	render_open(show->render, "chain", GROUP_ARRAY);
	for (size_t i = 0; i < why.step_count; i++) {
		const struct load_step *step = &why.steps[i];

		render_open(show->render, NULL, GROUP_OBJECT);
		render_value(show->render, "path", value_string(path_of(view, step->object)));
		render_value(show->render, "reason", value_string(load_reason_name(step->reason)));
		call_to_json(show->render, "call", show->rec, step->call,
			     show->options->no_demangle);
		render_close(show->render);
	}
	render_close(show->render);
	why_loaded_release(&why);
}

static void found_of_copy_to_json(const struct duplicate_view *view, int object)
{
	const struct recording *rec = view->show->rec;
	int request = search_request(rec, rec->objects[object].reason_search);
	struct why_found found;

	if (request == NONE) {
		render_value(view->show->render, "found", value_none());
		return;
	}
	why_found_build(rec, request, &found);
	found_to_json(view->show->render, "found", rec, &found);
	why_found_release(&found);
}

static void copy_to_json(const struct duplicate_view *view, const struct duplicate_copy *copy)
{
	struct render *render = view->show->render;
	const struct object *object = &view->show->rec->objects[copy->object];

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "path", value_string(object->path));
	render_value(render, "soname", value_string(object->soname));
	render_value(render, "build_id", value_string(object->build_id));
	render_value(render, "namespace", value_integer(object->name_space));
	render_value(render, "version", value_string(copy->version));
	render_value(render, "opened_seq", value_integer((int64_t)object->opened_seq));
	render_value(render, "exported", value_integer((int64_t)copy->exported));
	render_value(render, "own_bound_to_itself", value_integer((int64_t)copy->own));
	render_value(render, "own_bound_elsewhere", value_integer((int64_t)copy->lost));
	chain_to_json(view, copy->object);
	found_of_copy_to_json(view, copy->object);
	render_open(render, "users", GROUP_ARRAY);
	for (size_t i = 0; i < copy->user_count; i++) {
		const struct duplicate_user *user = &copy->users[i];

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "path", value_string(path_of(view, user->from)));
		render_value(render, "symbols", value_integer((int64_t)user->symbols));
		render_value(render, "example",
			     value_string(name_string(&view->set->names, user->symbol)));
		render_value(render, "since_seq", value_integer((int64_t)user->seq));
		render_close(render);
	}
	render_close(render);
	render_close(render);
}

static void symbol_to_json(const struct duplicate_view *view, const struct duplicate_symbol *symbol)
{
	struct render *render = view->show->render;
	const char *name = name_string(&view->set->names, symbol->symbol);
	AUTO_FREE char *readable = view->show->options->no_demangle ? NULL : demangle(name);

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "symbol", value_string(readable ? readable : name));
	render_value(render, "linker_symbol", value_string(name));
	render_value(render, "state", value_bool(symbol->data));
	render_value(render, "copies", value_integer((int64_t)symbol->copies));
	render_value(render, "bound", value_integer((int64_t)symbol->bound));
	render_close(render);
}

/* What is bound in one copy at most is in the list with --all only. */
static bool is_listed(const struct duplicate_view *view, const struct duplicate_symbol *symbol)
{
	return view->show->options->all || symbol->bound > 1 || symbol->data;
}

static void duplicate_to_json(const struct duplicate_view *view, const struct duplicate *duplicate)
{
	struct render *render = view->show->render;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "kind", value_string(duplicate_kind_name(duplicate->kind)));
	render_value(render, "verdict", value_string(duplicate_verdict_name(duplicate->verdict)));
	render_value(render, "name", value_string(duplicate->name));
	render_value(render, "sure", value_bool(duplicate->sure));
	render_value(render, "several_namespaces", value_bool(duplicate->several_namespaces));
	render_value(render, "since_seq", value_integer((int64_t)duplicate->since));
	render_value(render, "common_symbols", value_integer((int64_t)duplicate->symbol_count));
	render_value(render, "common_state", value_integer((int64_t)duplicate->common_state));
	render_value(render, "split_state", value_integer((int64_t)duplicate->split_state));
	render_value(render, "split_functions", value_integer((int64_t)duplicate->split_functions));
	render_open(render, "copies", GROUP_ARRAY);
	for (size_t i = 0; i < duplicate->copy_count; i++)
		copy_to_json(view, &duplicate->copies[i]);
	render_close(render);
	render_open(render, "symbols", GROUP_ARRAY);
	for (size_t i = 0; i < duplicate->symbol_count; i++)
		if (is_listed(view, &duplicate->symbols[i]))
			symbol_to_json(view, &duplicate->symbols[i]);
	render_close(render);
	render_close(render);
}

static void aliases_to_json(const struct duplicate_view *view, const struct load_aliases *aliases)
{
	struct render *render = view->show->render;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "path", value_string(path_of(view, aliases->object)));
	render_value(render, "namespace",
		     value_integer(view->show->rec->objects[aliases->object].name_space));
	render_open(render, "names", GROUP_ARRAY);
	for (size_t i = 0; i < aliases->count; i++) {
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "name", value_string(aliases->list[i].name));
		render_value(render, "by", value_string(path_of(view, aliases->list[i].by)));
		render_value(render, "seq", value_integer((int64_t)aliases->list[i].seq));
		render_close(render);
	}
	render_close(render);
	render_close(render);
}

void duplicates_to_json(const struct duplicate_view *view)
{
	struct render *render = view->show->render;
	const struct duplicates *duplicates = view->duplicates;

	render_value(render, "inexact", value_integer((int64_t)duplicates->inexact));
	render_open(render, "duplicates", GROUP_ARRAY);
	for (size_t i = 0; i < duplicates->count; i++)
		if (duplicate_wanted(view, &duplicates->list[i]))
			duplicate_to_json(view, &duplicates->list[i]);
	render_close(render);
	units_to_json(view);
	render_open(render, "aliases", GROUP_ARRAY);
	for (size_t i = 0; i < view->alias_count; i++)
		if (aliases_wanted(view, &view->aliases[i]))
			aliases_to_json(view, &view->aliases[i]);
	render_close(render);
}
