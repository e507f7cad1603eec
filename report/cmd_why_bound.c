/* plugreport why-bound: why a reference got the definition that it got. */
#include "report/cmd_why_bound.h"

#include "report/cmd_inheriting.h"
#include "report/render/words.h"

#define ANSWERS_SHOWN 20 /* in text, without --all */

/* All answers of all processes; answer_walk's indexes lead here. */
struct collected {
	const struct why_bound_request *request;
	struct why_bound_answers *list; /* by process */
	const struct why_bound **answers;
	size_t count, room;
	size_t shown;
	bool referenced;          /* somebody refers to it: then who does not is not of interest */
	bool has_from;            /* the object of --from was there */
	struct nearest near_from; /* to its name */
	bool failed;
};

static char *sign(const struct recording *rec, const struct why_bound *why, bool inheriting)
{
	AUTO_FREE char *signature = why_bound_signature(rec, why);
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, signature);
	if (inheriting && !why->reference_count)
		strbuf_addf(&sb, "\1%d", rec->parent_pid);
	return strbuf_detach(&sb);
}

static void look_for_from(struct collected *collected, const struct recording *rec)
{
	const char *from = collected->request->from;

	for (size_t i = 0; from && i < rec->object_count; i++) {
		collected->has_from |= object_matches(&rec->objects[i], from);
		nearest_offer_object(&collected->near_from, &rec->objects[i]);
	}
}

static void collect(struct answer_walk *walk, const struct recording *rec, size_t row)
{
	struct collected *collected = walk->data;
	struct why_bound_answers *answers = &collected->list[row];
	bool inheriting = inherits_unasked(walk->list, row);

	look_for_from(collected, rec);
	if (collected->failed ||
	    !why_bound_find(walk->context->store, rec, collected->request, answers)) {
		collected->failed = true;
		return;
	}
	for (size_t i = 0; i < answers->answers.count; i++) {
		const struct why_bound *why = &answers->answers.list[i];

		collected->referenced |= why->reference_count > 0;
		*GROW(collected->answers, collected->count, collected->room) = why;
		answers_add(&walk->answers, sign(rec, why, inheriting), row,
			    (int)collected->count - 1);
	}
}

static void not_found(const struct answer_walk *walk, const struct collected *collected)
{
	struct context *context = walk->context;
	const char *from = context->options->from;
	AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

	if (from && !collected->has_from) {
		nearest_add_hint(&collected->near_from, &hint);
		context_remark(context, "nothing called '%s' was loaded%s", from, hint.s);
		return;
	}
	nearest_add_hint(&walk->near, &hint);
	if (from)
		context_remark(context, "'%s' refers to no symbol '%s'%s%s", from,
			       context->operands[0],
			       any_inherits_unasked(walk->list)
				       ? ", by what was bound since the process was forked"
				       : "",
			       hint.s);
	else
		context_remark(context, "no object defines or refers to a symbol '%s'%s",
			       context->operands[0], hint.s);
	for (size_t i = 0; from && i < walk->list->count; i++)
		if (inherits_unasked(walk->list, i))
			context_remark(context,
				       "bindings that process %d inherited are those of its "
				       "parent: ask there with --pid %d",
				       walk->list->rows[i].pid, walk->list->rows[i].parent_pid);
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
	nearest_release(&collected->near_from);
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
	/* Where nobody refers to it, its answer says that. */
	show_inheriting(render, walk->list, collected->referenced);
	if (walk->answers.count == 0) {
		not_found(walk, collected);
		return EXIT_FOUND;
	}
	if (collected->shown > ANSWERS_SHOWN)
		render_rest(render, REST_ALL, MARK_DIM "and %zu more answers" MARK_END,
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
	if (request.from)
		nearest_init(&collected.near_from, request.from);
	collected.list = xcalloc(list.count, sizeof(*collected.list));
	status = answer(&walk, &collected);
	collected_release(&collected, list.count);
	nearest_release(&walk.near);
	answers_release(&walk.answers);
	return status;
}
