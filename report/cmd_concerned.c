/* Commands about each process, as far as it concerns some libraries. */
#include "report/cmd_concerned.h"
#include "report/cmd_inheriting.h"
#include "report/render/words.h"

/* Mark what the operands mean; NULL when there are none. */
static bool *find_concerned(struct concern *concern, const struct recording *rec)
{
	const struct context *context = concern->context;
	bool *concerned;

	if (!context->operand_count)
		return NULL;
	concerned = xcalloc(rec->object_count + 1, sizeof(*concerned));
	for (size_t i = 0; i < rec->object_count; i++) {
		for (size_t j = 0; j < context->operand_count; j++)
			concerned[i] |= object_matches(&rec->objects[i], context->operands[j]);
		concern->matched |= concerned[i];
		nearest_offer_object(&concern->near, &rec->objects[i]);
	}
	return concerned;
}

bool concern_begin(struct concern *concern, const struct show *show, bool quiet)
{
	AUTO_STRBUF struct strbuf name = STRBUF_INIT;

	if (quiet && show->with_pid && show->render->is_text && !show->options->all &&
	    !show->options->symbol && !concern->context->operand_count) {
		concern->quiet++;
		return false;
	}
	if (concern->begun)
		render_blank(show->render);
	concern->begun = true;
	add_process_name(&name, show->row);
	if (show->with_pid)
		render_line(show->render, MARK_BOLD "process %s" MARK_END, name.s);
	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "pid", value_integer(show->rec->pid));
	render_value(show->render, "process", value_integer(show->rec->process_id));
	return true;
}

void concern_end(const struct show *show)
{
	render_close(show->render);
}

static bool show_process(const struct show *show, void *data)
{
	struct concern *concern = data;
	AUTO_FREE bool *concerned = find_concerned(concern, show->rec);

	return concern->each(concern, show, concerned);
}

static void show_quiet(const struct concern *concern)
{
	struct render *render = concern->context->render;
	AUTO_STRBUF struct strbuf quiet = STRBUF_INIT;

	if (!concern->quiet)
		return;
	if (concern->begun)
		render_blank(render);
	add_count(&quiet, concern->quiet, "process", "processes");
	render_line(render, MARK_DIM "%s with nothing to look at" MARK_END, quiet.s);
}

int show_concerned(struct context *context, show_concern each)
{
	AUTO_PROCESSES struct process_list list;
	struct concern concern = {.context = context, .each = each};
	AUTO_STRBUF struct strbuf hint = STRBUF_INIT;
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	nearest_init(&concern.near, context->operand_count ? context->operands[0] : "");
	render_open(context->render, "processes", GROUP_ARRAY);
	ok = for_each_recording(context, &list, show_process, &concern);
	render_close(context->render);
	show_quiet(&concern);
	if (ok)
		show_inheriting(context->render, &list, true);
	if (ok && context->operand_count && !concern.matched) {
		nearest_add_hint(&concern.near, &hint);
		context_remark(context, "no object matches '%s'%s", context->operands[0], hint.s);
		status = EXIT_FOUND;
	}
	nearest_release(&concern.near);
	return ok ? status : EXIT_DATABASE;
}
