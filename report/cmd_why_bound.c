/* plugreport why-bound: why a reference got the definition that it got. */
#include "report/cmd_why_bound.h"
#include "report/render/words.h"

#define ANSWERS_SHOWN 20 /* in text, without --all */

/* A forked process whose parent is not asked, too. */
struct inheriting {
	const struct process_row *row;
	int parent_pid;
};

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
	struct inheriting *inheriting;
	size_t inheriting_count, inheriting_room;
	bool failed;
};

/*
 * Bindings are recorded in the process that made them: those that a forked one inherited are its
 * parent's.  True when that one is not among those that are asked.
 */
static bool inherits(const struct answer_walk *walk, const struct recording *rec)
{
	if (strcmp(rec->begin_kind, "fork") != 0)
		return false;
	for (size_t i = 0; i < walk->list->count; i++)
		if (walk->list->rows[i].id == rec->parent_id)
			return false;
	return true;
}

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
	bool inheriting = inherits(walk, rec);

	if (inheriting)
		*GROW(collected->inheriting, collected->inheriting_count,
		      collected->inheriting_room) =
			(struct inheriting){&walk->list->rows[row], rec->parent_pid};
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

/* Of which parents the bindings are that were not told, and in JSON of which processes. */
static void show_inheriting(const struct answer_walk *walk, const struct collected *collected)
{
	struct render *render = walk->context->render;

	render_open(render, "inheriting", GROUP_ARRAY);
	for (size_t i = 0; i < collected->inheriting_count; i++) {
		const struct process_row *row = collected->inheriting[i].row;
		int parent_pid = collected->inheriting[i].parent_pid;

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "process", value_integer(row->id));
		render_value(render, "pid", value_integer(row->pid));
		render_value(render, "parent",
			     row->parent ? value_integer(row->parent) : value_none());
		render_value(render, "parent_pid", value_integer(parent_pid));
		render_close(render);
		/* Where nobody refers to it, its answer says that. */
		if (collected->referenced)
			render_line(render,
				    MARK_DIM "Bindings that process %d inherited are those of its "
					     "parent: --pid %d tells of them." MARK_END,
				    row->pid, parent_pid);
	}
	render_close(render);
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
			       collected->inheriting_count
				       ? ", by what was bound since the process was forked"
				       : "",
			       hint.s);
	else
		context_remark(context, "no object defines or refers to a symbol '%s'%s",
			       context->operands[0], hint.s);
	for (size_t i = 0; from && i < collected->inheriting_count; i++) {
		const struct process_row *row = collected->inheriting[i].row;
		int parent_pid = collected->inheriting[i].parent_pid;

		context_remark(context,
			       "bindings that process %d inherited are those of its parent: ask "
			       "there with --pid %d",
			       row->pid, parent_pid);
	}
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
	free(collected->inheriting);
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
	show_inheriting(walk, collected);
	if (walk->answers.count == 0) {
		not_found(walk, collected);
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
	if (request.from)
		nearest_init(&collected.near_from, request.from);
	collected.list = xcalloc(list.count, sizeof(*collected.list));
	status = answer(&walk, &collected);
	collected_release(&collected, list.count);
	nearest_release(&walk.near);
	answers_release(&walk.answers);
	return status;
}
