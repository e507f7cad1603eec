/* Commands that explain a library from the model of scopes. */
#include "report/cmd.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"

void show_verdict(const struct show *show, const char *answer, const struct same_processes *same,
		  size_t repeats, const char *why_unsure)
{
	AUTO_STRBUF struct strbuf where = STRBUF_INIT;

	strbuf_addstr(&where, "in ");
	add_same_processes(&where, same, show->options->all);
	if (repeats >= same->count)
		strbuf_addf(&where, "; %zu times in this way", repeats + 1);
	render_line(show->render, MARK_BOLD "%s." MARK_END, answer);
	render_line(show->render, MARK_DIM "%s" MARK_END, where.s);
	if (why_unsure)
		render_line(show->render, MARK_WARN "not certain: %s" MARK_END, why_unsure);
	render_blank(show->render);
}

void open_explanation(const struct show *show, int object, const struct same_processes *same,
		      size_t repeats)
{
	struct render *render = show->render;

	render_open(render, NULL, GROUP_OBJECT);
	object_to_json(render, "object", show->rec, object);
	render_open(render, "processes", GROUP_ARRAY);
	same_processes_to_json(render, same);
	render_close(render);
	render_value(render, "repeats", value_integer((int64_t)repeats));
}

void close_explanation(const struct show *show, const char *why_unsure)
{
	render_value(show->render, "sure", value_bool(!why_unsure));
	render_value(show->render, "why_unsure", value_string(why_unsure));
	render_close(show->render);
}

struct scopes *scopes_at_end(const struct show *show, int with, struct loaded_scopes *ret_loaded)
{
	if (show->ended)
		return show->ended;
	if (!store_scopes(show->store, show->rec, (enum scopes_with)with, ret_loaded)) {
		*show->ret_failed = true;
		return NULL;
	}
	scopes_advance(ret_loaded->scopes, UINT64_MAX);
	return ret_loaded->scopes;
}

struct asking {
	const struct lib_question *question;
	bool failed;
};

static void collect(struct answer_walk *walk, const struct recording *rec, size_t row)
{
	struct asking *asking = walk->data;
	AUTO_SCOPES struct loaded_scopes loaded = {0};

	for (size_t i = 0; i < rec->object_count && !asking->failed; i++) {
		char *signature;

		if (rec->objects[i].kind == OBJECT_UNOPENED ||
		    !object_matches(&rec->objects[i], walk->wanted)) {
			nearest_offer_object(&walk->near, &rec->objects[i]);
			continue;
		}
		if (!loaded.scopes) {
			asking->failed =
				!store_scopes(walk->context->store, rec,
					      (enum scopes_with)asking->question->with, &loaded);
			if (asking->failed)
				return;
			scopes_advance(loaded.scopes, UINT64_MAX);
		}
		signature = asking->question->sign(rec, loaded.scopes, (int)i);
		if (signature)
			answers_add(&walk->answers, signature, row, (int)i);
	}
}

int answer_about_lib(struct context *context, const struct lib_question *question)
{
	AUTO_PROCESSES struct process_list list;
	struct asking asking = {.question = question};
	struct answer_walk walk = {.context = context,
				   .list = &list,
				   .wanted = context->operands[0],
				   .collect = collect,
				   .show = question->show,
				   .data = &asking};
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	render_value(context->render, "lib", value_string(walk.wanted));
	render_open(context->render, "explanations", GROUP_ARRAY);
	if (!answers_collect(&walk) || asking.failed || !answers_show(&walk))
		status = EXIT_DATABASE;
	render_close(context->render);
	if (status == EXIT_OK && walk.answers.count == 0) {
		AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

		nearest_add_hint(&walk.near, &hint);
		context_remark(context, "nothing called '%s' was loaded%s", walk.wanted, hint.s);
		status = EXIT_FOUND;
	} else if (status == EXIT_OK) {
		render_line(context->render, MARK_DIM "%s" MARK_END, question->note);
	}
	nearest_release(&walk.near);
	answers_release(&walk.answers);
	return status;
}
