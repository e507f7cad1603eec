/* plugreport interpositions --json. */
#include "report/cmd_interpositions.h"
#include "report/elf/elf.h"
#include "report/render/words.h"

static const char *path_of(const struct interpose_view *view, int object)
{
	const struct recording *rec = view->show->rec;

	return has_object(rec, object) ? rec->objects[object].path : NULL;
}

static struct value value_seq(uint64_t seq)
{
	return seq ? value_integer((int64_t)seq) : value_none();
}

static void pair_to_json(const struct interpose_view *view, const struct interposition_pair *pair)
{
	struct render *render = view->show->render;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "winner", value_string(path_of(view, pair->winner)));
	render_value(render, "loser", value_string(path_of(view, pair->loser)));
	render_value(render, "interest", value_string(interest_name(pair->interest)));
	render_value(render, "symbols", value_integer((int64_t)pair->symbols));
	render_value(render, "interposed", value_integer((int64_t)pair->interposed));
	render_value(render, "diverted", value_integer((int64_t)pair->diverted));
	render_value(render, "split", value_integer((int64_t)pair->split));
	render_value(render, "vague", value_integer((int64_t)pair->vague));
	render_value(render, "since_seq", value_seq(pair->since));
	render_close(render);
}

static void definers_to_json(const struct interpose_view *view, const struct interposition *i)
{
	struct render *render = view->show->render;

	render_open(render, "definers", GROUP_ARRAY);
	for (size_t j = 0; j < i->definer_count; j++) {
		const struct interposition_definer *definer = &i->definers[j];

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "path", value_string(path_of(view, definer->object)));
		render_value(render, "version",
			     value_string(name_string(&view->set->names, definer->version)));
		render_value(render, "type", value_integer(definer->type));
		render_value(render, "bind", value_integer(definer->bind));
		render_value(render, "users", value_integer((int64_t)definer->users));
		render_value(render, "own_calls", value_bool(definer->own_calls));
		render_value(render, "own_calls_lost", value_bool(definer->own_lost));
		render_value(render, "copied", value_bool(definer->copied));
		render_close(render);
	}
	render_close(render);
}

static void users_to_json(const struct interpose_view *view, const struct interposition *i)
{
	struct render *render = view->show->render;

	render_open(render, "bindings", GROUP_ARRAY);
	for (size_t j = 0; j < i->user_count; j++) {
		const struct interposition_user *user = &i->users[j];

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "from", value_string(path_of(view, user->from)));
		render_value(render, "to", value_string(path_of(view, user->to)));
		render_value(render, "version",
			     value_string(name_string(&view->set->names, user->version)));
		render_value(render, "kind",
			     value_string(bound_kind_name((enum bound_kind)user->kind)));
		render_value(render, "seq", value_integer((int64_t)user->seq));
		render_value(render, "count", value_integer((int64_t)user->count));
		render_value(render, "binding", value_integer(user->binding));
		render_value(render, "meant_for", value_string(path_of(view, user->missed)));
		render_close(render);
	}
	render_close(render);
}

static void symbol_to_json(const struct interpose_view *view, const struct interposition *i)
{
	struct render *render = view->show->render;
	const char *symbol = name_string(&view->set->names, i->symbol);
	AUTO_FREE char *readable = view->show->options->no_demangle ? NULL : demangle(symbol);

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "symbol", value_string(readable ? readable : symbol));
	render_value(render, "linker_symbol", value_string(symbol));
	render_value(render, "namespace", value_integer(i->name_space));
	render_open(render, "what", GROUP_ARRAY);
	for (unsigned int bit = 1; bit <= WHAT_VAGUE_SPLIT; bit <<= 1)
		if (i->what & bit)
			render_value(render, NULL,
				     value_string(interposition_what_name(
					     (enum interposition_what)bit)));
	render_close(render);
	render_value(render, "interest", value_string(interest_name(i->interest)));
	render_value(render, "reason",
		     i->dull == DULL_NOT ? value_none() : value_string(dull_name(i->dull)));
	render_value(render, "vague",
		     i->vague == VAGUE_NOT ? value_none()
					   : value_string(vague_kind_name(i->vague)));
	render_value(render, "winner", value_string(path_of(view, i->winner)));
	render_value(render, "since_seq", value_seq(i->since));
	definers_to_json(view, i);
	users_to_json(view, i);
	render_close(render);
}

void interpositions_to_json(const struct interpose_view *view)
{
	struct render *render = view->show->render;
	const struct interpositions *all = view->all;

	render_open(render, "counts", GROUP_OBJECT);
	for (int interest = INTEREST_ERROR; interest >= INTEREST_NONE; interest--)
		render_value(render, interest_name((enum interest)interest),
			     value_integer((int64_t)view->by_interest[interest]));
	render_close(render);
	render_value(render, "inexact", value_integer((int64_t)all->inexact));
	render_open(render, "pairs", GROUP_ARRAY);
	for (size_t j = 0; j < all->pair_count; j++)
		if (interposition_pair_wanted(view, &all->pairs[j]))
			pair_to_json(view, &all->pairs[j]);
	render_close(render);
	render_open(render, "symbols", GROUP_ARRAY);
	for (size_t j = 0; j < all->count; j++)
		if (interposition_wanted(view, &all->list[j]))
			symbol_to_json(view, &all->list[j]);
	render_close(render);
}
