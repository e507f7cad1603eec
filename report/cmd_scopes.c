/* plugreport scopes: in which lists of objects each object's references are looked up. */
#include <inttypes.h>

#include "report/cmd.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"

/* What an answer is made of. */
struct view {
	const struct show *show;
	struct scopes *scopes;
	const char *lib; /* NULL: all objects, in short */
};

static bool is_wanted(const struct view *view, int index)
{
	return scopes_mapped(view->scopes, index) &&
	       (!view->lib || object_matches(&view->show->rec->objects[index], view->lib));
}

static void add_scope_name(struct strbuf *sb, const struct recording *rec,
			   const struct scope *scope)
{
	switch (scope->kind) {
	case SCOPE_GLOBAL:
		strbuf_addstr(sb, "global");
		break;
	case SCOPE_LOCAL:
		add_object(sb, rec, scope->root);
		if (scope->deepbind)
			strbuf_addstr(sb, " (RTLD_DEEPBIND)");
		break;
	case SCOPE_SYMBOLIC:
		strbuf_addstr(sb, "itself (DT_SYMBOLIC)");
		break;
	}
}

static void add_objects(struct strbuf *sb, const struct recording *rec, const struct scope *scope)
{
	for (size_t i = 0; i < scope->count; i++) {
		if (i)
			strbuf_addstr(sb, ", ");
		add_object(sb, rec, scope->objects[i]);
	}
}

static void objects_to_json(struct render *render, const struct recording *rec, const char *key,
			    const int *objects, size_t count)
{
	render_open(render, key, GROUP_ARRAY);
	for (size_t i = 0; i < count; i++)
		render_value(render, NULL, value_string(rec->objects[objects[i]].path));
	render_close(render);
}

/* One object's scopes: names, and with a LIB the members too. */
static void object_to_text(const struct view *view, int index, const struct scope *list,
			   size_t count)
{
	const struct recording *rec = view->show->rec;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, line = STRBUF_INIT;
	const char *why;

	add_object(&name, rec, index);
	for (size_t i = 0; i < count; i++) {
		if (i)
			strbuf_addstr(&line, ", then ");
		add_scope_name(&line, rec, &list[i]);
	}
	render_line(view->show->render, "  " MARK_BOLD "%s" MARK_END ": %s", name.s, line.s);
	for (size_t i = 0; view->lib && i < count; i++) {
		strbuf_reset(&line);
		add_scope_name(&line, rec, &list[i]);
		strbuf_addstr(&line, ": ");
		add_objects(&line, rec, &list[i]);
		render_line(view->show->render, "    %zu  %s", i + 1, line.s);
	}
	if (!scopes_sure(view->scopes, index, &why))
		render_line(view->show->render, MARK_WARN "    not certain: %s" MARK_END, why);
}

static void object_scopes_to_json(const struct view *view, int index, const struct scope *list,
				  size_t count)
{
	const struct recording *rec = view->show->rec;
	struct render *render = view->show->render;
	const char *why;
	bool sure = scopes_sure(view->scopes, index, &why);

	render_open(render, NULL, GROUP_OBJECT);
	object_to_json(render, "object", rec, index);
	render_open(render, "scopes", GROUP_ARRAY);
	for (size_t i = 0; i < count; i++) {
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "kind", value_string(scope_kind_name(list[i].kind)));
		render_value(render, "root", value_integer(rec->objects[list[i].root].number));
		render_value(render, "deepbind", value_bool(list[i].deepbind));
		render_close(render);
	}
	render_close(render);
	render_value(render, "sure", value_bool(sure));
	render_value(render, "why_unsure", value_string(why));
	render_close(render);
}

static void show_object(const struct view *view, int index)
{
	size_t count;
	const struct scope *list = scopes_of(view->scopes, index, &count);

	if (view->show->render->is_text)
		object_to_text(view, index, list, count);
	else
		object_scopes_to_json(view, index, list, count);
}

/* The lists that scopes are made of, each once: objects' scopes name them. */
static void show_searchlist(const struct view *view, int index)
{
	const struct recording *rec = view->show->rec;
	struct render *render = view->show->render;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, line = STRBUF_INIT;
	struct scope scope;

	if (!scopes_mapped(view->scopes, index) || !scopes_searchlist(view->scopes, index, &scope))
		return;
	if (scope.kind == SCOPE_GLOBAL)
		strbuf_addstr(&name, "global");
	else
		add_object(&name, rec, index);
	add_objects(&line, rec, &scope);
	if (!view->lib)
		render_line(render, "  " MARK_DIM "%s:" MARK_END " %s", name.s, line.s);
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "kind", value_string(scope_kind_name(scope.kind)));
	render_value(render, "root", value_integer(rec->objects[index].number));
	render_value(render, "namespace", value_integer(rec->objects[index].name_space));
	objects_to_json(render, rec, "objects", scope.objects, scope.count);
	render_close(render);
}

static void show_lists(const struct view *view)
{
	const struct recording *rec = view->show->rec;
	bool any = false;

	for (size_t i = 0; i < rec->object_count && !any; i++)
		any = is_wanted(view, (int)i);
	if (!any && view->lib)
		render_line(view->show->render, "'%s' was not mapped then", view->lib);
	else if (!any)
		render_line(view->show->render, "nothing was mapped then");
	else if (!view->lib)
		render_line(view->show->render, "lists of objects, in order of look-up:");
	render_open(view->show->render, "searchlists", GROUP_ARRAY);
	for (size_t i = 0; i < rec->object_count; i++)
		show_searchlist(view, (int)i);
	render_close(view->show->render);
	if (!view->lib && any) {
		render_blank(view->show->render);
		render_line(view->show->render, "lists that each object's references go through:");
	}
}

void show_scopes(const struct show *show, const char *lib, uint64_t at)
{
	AUTO_SCOPES struct loaded_scopes loaded;
	struct view view = {.show = show, .lib = lib};
	const struct recording *rec = show->rec;

	if (!store_scopes(show->store, rec, SCOPES_ALONE, &loaded)) {
		*show->ret_failed = true;
		return;
	}
	view.scopes = loaded.scopes;
	scopes_advance(loaded.scopes, at ? at : UINT64_MAX);
	show_lists(&view);
	render_open(show->render, "objects", GROUP_ARRAY);
	for (size_t i = 0; i < rec->object_count; i++)
		if (is_wanted(&view, (int)i))
			show_object(&view, (int)i);
	render_close(show->render);
}

void show_object_scopes(const struct show *show, int object, const struct same_processes *same,
			size_t repeats)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	struct view view = {.show = show, .scopes = scopes_at_end(show, SCOPES_ALONE, &loaded)};

	(void)same;
	(void)repeats;
	view.lib = show->rec->objects[object].path;
	if (view.scopes && scopes_mapped(view.scopes, object))
		show_object(&view, object);
}

/* --- the command */

struct scopes_request {
	const char *lib;
	struct nearest near; /* to it */
	bool found, several;
	uint64_t last; /* of all processes */
};

/* Is there an event `at` in the process's history? */
static bool reaches(const struct show *show, struct scopes_request *request)
{
	uint64_t at = (uint64_t)show->options->at, last;

	if (!store_last_seq(show->store, show->rec, &last)) {
		*show->ret_failed = true;
		return false;
	}
	if (last > request->last)
		request->last = last;
	return at <= last;
}

static void note_matches(struct scopes_request *request, const struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		if (object_matches(&rec->objects[i], request->lib))
			request->found = true;
		else
			nearest_offer_object(&request->near, &rec->objects[i]);
	}
}

static bool has_match(const struct recording *rec, const char *lib)
{
	for (size_t i = 0; i < rec->object_count; i++)
		if (object_matches(&rec->objects[i], lib))
			return true;
	return false;
}

static bool show_process(const struct show *show, void *data)
{
	struct scopes_request *request = data;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT;

	if (request->lib)
		note_matches(request, show->rec);
	if (!reaches(show, request) || (request->lib && !has_match(show->rec, request->lib)))
		return true;
	add_process_name(&name, show->row);
	if (request->several)
		render_blank(show->render);
	request->several = true;
	if (show->with_pid)
		render_line(show->render, MARK_BOLD "process %s" MARK_END, name.s);
	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "pid", value_integer(show->rec->pid));
	render_value(show->render, "process", value_integer(show->rec->process_id));
	show_scopes(show, request->lib, (uint64_t)show->options->at);
	render_close(show->render);
	return true;
}

int cmd_scopes(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct scopes_request request = {.lib = context->operand_count ? context->operands[0]
								       : NULL};
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	nearest_init(&request.near, request.lib ? request.lib : "");
	render_open(context->render, "processes", GROUP_ARRAY);
	if (!for_each_recording(context, &list, show_process, &request))
		status = EXIT_DATABASE;
	render_close(context->render);
	if (status == EXIT_OK && request.lib && !request.found) {
		AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

		nearest_add_hint(&request.near, &hint);
		context_remark(context, "nothing called '%s' was loaded%s", request.lib, hint.s);
		status = EXIT_FOUND;
	}
	if (status == EXIT_OK && !request.several &&
	    request.last < (uint64_t)context->options->at) {
		context_remark(context, "there is no event %" PRId64 ": the last one is %" PRIu64,
			       context->options->at, request.last);
		status = EXIT_FOUND;
	}
	if (status == EXIT_OK)
		render_line(context->render,
			    MARK_DIM "Scopes are inferred: rebuilt from the recorded loads, calls "
				     "and closes." MARK_END);
	nearest_release(&request.near);
	return status;
}
