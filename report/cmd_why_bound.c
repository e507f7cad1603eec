/* plugreport why-bound: why a reference got the definition that it got. */
#include "report/cmd_why_bound.h"
#include "report/render/words.h"

#define ANSWERS_SHOWN 20 /* in text, without --all */

/* All answers of all processes; answer_walk's indexes lead here. */
struct collected {
	const struct why_bound_request *request;
	struct why_bound_answers *list; /* by process */
	const struct why_bound **answers;
	size_t count, room;
	size_t shown;
	bool referenced; /* somebody refers to it: then who does not is not of interest */
	bool failed;
};

static void collect(struct answer_walk *walk, const struct recording *rec, size_t row)
{
	struct collected *collected = walk->data;
	struct why_bound_answers *answers = &collected->list[row];

	if (collected->failed ||
	    !why_bound_find(walk->context->store, rec, collected->request, answers)) {
		collected->failed = true;
		return;
	}
	for (size_t i = 0; i < answers->answers.count; i++) {
		const struct why_bound *why = &answers->answers.list[i];

		collected->referenced |= why->reference_count > 0;
		*GROW(collected->answers, collected->count, collected->room) = why;
		answers_add(&walk->answers, why_bound_signature(rec, why), row,
			    (int)collected->count - 1);
	}
}

static void not_found(struct context *context, struct nearest *near)
{
	AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

	nearest_add_hint(near, &hint);
	if (context->options->from)
		context_remark(context, "'%s' refers to no symbol '%s'%s", context->options->from,
			       context->operands[0], hint.s);
	else
		context_remark(context, "no object defines or refers to a symbol '%s'%s",
			       context->operands[0], hint.s);
}

static void show_collected(const struct show *show, int index, const struct same_processes *same,
			   size_t repeats)
{
	struct collected *collected = show->data;
	const struct why_bound *why = collected->answers[index];

	if (collected->referenced && !why->reference_count)
		return;
	if (show->render->is_text && !show->options->all && collected->shown++ >= ANSWERS_SHOWN)
		return;
	show_why_bound(show, why, same, repeats);
}

static void collected_release(struct collected *collected, size_t process_count)
{
	for (size_t i = 0; i < process_count; i++)
		why_bound_answers_release(&collected->list[i]);
	free(collected->list);
	free(collected->answers);
}

static int answer(struct answer_walk *walk, struct collected *collected)
{
	struct render *render = walk->context->render;
	bool ok = answers_collect(walk) && !collected->failed;

	render_value(render, "symbol", value_string(walk->wanted));
	render_open(render, "answers", GROUP_ARRAY);
	ok = ok && answers_show(walk);
	render_close(render);
	if (!ok)
		return EXIT_DATABASE;
	if (walk->answers.count == 0) {
		not_found(walk->context, &walk->near);
		return EXIT_FOUND;
	}
	if (collected->shown > ANSWERS_SHOWN)
		render_line(render, MARK_DIM "and %zu more answers; --all shows them" MARK_END,
			    collected->shown - ANSWERS_SHOWN);
	render_line(render, MARK_DIM "Who is bound to what was observed; scopes and reasons are "
				     "rebuilt from the recording." MARK_END);
	return EXIT_OK;
}

int cmd_why_bound(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct collected collected = {0};
	struct answer_walk walk = {.context = context,
				   .list = &list,
				   .wanted = context->operands[0],
				   .collect = collect,
				   .show = show_collected,
				   .data = &collected};
	const struct why_bound_request request = {.symbol = walk.wanted,
						  .from = context->options->from,
						  .internal = context->options->all,
						  .near = &walk.near};
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	collected.request = &request;
	collected.list = xcalloc(list.count, sizeof(*collected.list));
	status = answer(&walk, &collected);
	collected_release(&collected, list.count);
	nearest_release(&walk.near);
	answers_release(&walk.answers);
	return status;
}
