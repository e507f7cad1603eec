/* Commands about each process, as far as it concerns some libraries. */
#include "report/cmd_concerned.h"
#include "report/cmd_inheriting.h"
#include "report/render/words.h"

/* Mark what the operands mean; NULL when there are none, or (ret_any) none of it is there. */
static bool *find_concerned(struct concern *concern, const struct recording *rec, bool *ret_any)
{
	const struct context *context = concern->context;
	bool *concerned;

	*ret_any = !context->operand_count;
	if (*ret_any)
		return NULL;
	concerned = xcalloc(rec->object_count + 1, sizeof(*concerned));
	for (size_t i = 0; i < rec->object_count; i++)
		for (size_t j = 0; j < context->operand_count; j++) {
			bool matches = object_matches(&rec->objects[i], context->operands[j]);

			concerned[i] |= matches;
			concern->matched[j] |= matches;
			*ret_any |= matches;
			nearest_offer_object(&concern->near[j], &rec->objects[i]);
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
	bool any;
	AUTO_FREE bool *concerned = find_concerned(concern, show->rec, &any);

	return !any || concern->each(concern, show, concerned);
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

/* Say which LIBs mean nothing.  Returns the exit status. */
static int tell_unmatched(struct concern *concern)
{
	struct context *context = concern->context;
	int status = EXIT_OK;

	for (size_t i = 0; i < context->operand_count; i++) {
		AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

		if (concern->matched[i])
			continue;
		nearest_add_hint(&concern->near[i], &hint);
		context_remark(context, "nothing called '%s' was loaded%s", context->operands[i],
			       hint.s);
		status = EXIT_FOUND;
	}
	return status;
}

int show_concerned(struct context *context, show_concern each)
{
	AUTO_PROCESSES struct process_list list;
	AUTO_FREE struct nearest *near = NULL;
	AUTO_FREE bool *matched = NULL;
	struct concern concern = {.context = context, .each = each};
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	concern.near = near = xcalloc(context->operand_count + 1, sizeof(*near));
	concern.matched = matched = xcalloc(context->operand_count + 1, sizeof(*matched));
	for (size_t i = 0; i < context->operand_count; i++)
		nearest_init(&near[i], context->operands[i]);
	render_open(context->render, "processes", GROUP_ARRAY);
	ok = for_each_recording(context, &list, show_process, &concern);
	render_close(context->render);
	show_quiet(&concern);
	if (ok)
		status = tell_unmatched(&concern);
	if (ok)
		show_inheriting(context->render, &list, status == EXIT_OK);
	for (size_t i = 0; i < context->operand_count; i++)
		nearest_release(&near[i]);
	return ok ? status : EXIT_DATABASE;
}
