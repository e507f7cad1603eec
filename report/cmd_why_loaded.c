/* plugreport why-loaded: who brought a library into the process. */
#include "report/cmd_why_loaded.h"

#include "report/model/why_found.h"

void show_why_loaded(const struct show *show, int object, const struct same_processes *same,
		     size_t repeats)
{
	struct why_loaded why;

	why_loaded_build(show->rec, object, &why);
	if (show->render->is_text)
		why_loaded_to_text(show, &why, false, same, repeats);
	else
		why_loaded_to_json(show, &why, same, repeats);
	why_loaded_release(&why);
}

/* What is gathered besides the answers. */
struct aside {
	bool searched; /* it was asked for, in vain */
	bool inferred; /* something that is told was inferred */
	/* Forked processes that just have it from their parents: said in one line, when there is
	 * anything else to say. */
	struct answers inherited;
	char **told; /* chains, in text: their signatures */
	size_t told_count, told_room;
};

static bool is_told(struct aside *aside, const struct recording *rec, const struct why_loaded *why)
{
	AUTO_FREE char *chain = why_loaded_chain_signature(rec, why);

	for (size_t i = 0; i < aside->told_count; i++)
		if (strcmp(aside->told[i], chain) == 0)
			return true;
	*GROW(aside->told, aside->told_count, aside->told_room) = chain;
	chain = NULL;
	return false;
}

/* A chain with its stack is told once, however the loads that it brought ended. */
static void show_load(const struct show *show, int object, const struct same_processes *same,
		      size_t repeats)
{
	struct why_loaded why;

	if (!show->render->is_text) {
		show_why_loaded(show, object, same, repeats);
		return;
	}
	why_loaded_build(show->rec, object, &why);
	why_loaded_to_text(show, &why, is_told(show->data, show->rec, &why), same, repeats);
	why_loaded_release(&why);
}

static bool is_plainly_inherited(const struct why_loaded *why)
{
	return why->step_count == 1 && why->steps[0].reason == REASON_INHERITED &&
	       why->asked_count == 0;
}

static void collect(struct answer_walk *walk, const struct recording *rec, size_t row)
{
	struct aside *aside = walk->data;

	for (size_t i = 0; i < rec->object_count; i++) {
		struct why_loaded why;

		if (!object_matches(&rec->objects[i], walk->wanted)) {
			nearest_offer_object(&walk->near, &rec->objects[i]);
			continue;
		}
		why_loaded_build(rec, (int)i, &why);
		aside->inferred |= why.step_count > 1 || why.asked_count ||
				   !load_reason_is_plain(why.steps[0].reason);
		answers_add(is_plainly_inherited(&why) ? &aside->inherited : &walk->answers,
			    why_loaded_signature(rec, &why), row, (int)i);
		why_loaded_release(&why);
	}
	if (walk->answers.count)
		return;
	for (size_t i = 0; i < rec->search_count && !aside->searched; i++)
		aside->searched = rec->searches[i].origin == ORIGIN_NAME &&
				  search_matches(rec, (int)i, walk->wanted);
}

static void show_inherited(const struct answer_walk *walk, const struct answers *inherited)
{
	for (size_t i = 0; i < inherited->count; i++) {
		struct same_processes same = {.rows = walk->list->rows,
					      .indexes = inherited->list[i].rows,
					      .count = inherited->list[i].row_count};
		AUTO_STRBUF struct strbuf pids = STRBUF_INIT;

		add_pids(&pids, &same, 0, walk->context->options->all);
		render_line(walk->context->render, "%zu forked %s from the start: %s", same.count,
			    same.count == 1 ? "process had it" : "processes had it", pids.s);
		same_processes_to_json(walk->context->render, &same);
	}
	if (inherited->count)
		render_blank(walk->context->render);
}

static void not_loaded(const struct answer_walk *walk)
{
	const struct aside *aside = walk->data;
	struct context *context = walk->context;
	AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

	if (aside->searched) {
		context_remark(context,
			       "'%s' was not loaded, but it was searched for; see 'plugreport "
			       "why-found %s'",
			       walk->wanted, walk->wanted);
		return;
	}
	nearest_add_hint(&walk->near, &hint);
	context_remark(context, "nothing called '%s' was loaded%s", walk->wanted, hint.s);
}

int cmd_why_loaded(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct aside aside = {0};
	struct answer_walk walk = {.context = context,
				   .list = &list,
				   .wanted = context->operands[0],
				   .collect = collect,
				   .show = show_load,
				   .data = &aside};
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	render_value(context->render, "lib", value_string(walk.wanted));
	render_open(context->render, "explanations", GROUP_ARRAY);
	if (!answers_collect(&walk))
		status = EXIT_DATABASE;
	if (walk.answers.count == 0) { /* nothing else to say */
		struct answers none = walk.answers;

		walk.answers = aside.inherited;
		aside.inherited = none;
	}
	if (status == EXIT_OK && !answers_show(&walk))
		status = EXIT_DATABASE;
	render_close(context->render);
	render_open(context->render, "inherited_by", GROUP_ARRAY);
	show_inherited(&walk, &aside.inherited);
	render_close(context->render);
	if (status == EXIT_OK && walk.answers.count == 0) {
		not_loaded(&walk);
		status = EXIT_FOUND;
	} else if (status == EXIT_OK && aside.inferred) {
		render_line(context->render, MARK_DIM
			    "Which loads, searches and calls belong together is inferred from "
			    "their order." MARK_END);
	}
	nearest_release(&walk.near);
	answers_release(&walk.answers);
	answers_release(&aside.inherited);
	for (size_t i = 0; i < aside.told_count; i++)
		free(aside.told[i]);
	free(aside.told);
	return status;
}
