/* What changed because objects joined the global scope: for why-global and promotions. */
#include "report/cmd_global_effects.h"

#include "report/render/words.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

#define SYMBOLS_SHOWN 8 /* of a group, without --all */

struct effect_search {
	const struct recording *rec;
	const uint64_t *joined;
	struct scopes *scopes;
	struct symbol_provider *symbols;
	struct verifier *verifier;
	struct effects *effects;
};

static bool take_binding(const struct binding_row *row, void *data)
{
	struct effect_search *search = data;
	const struct observed_binding binding = observe_binding(row);
	struct global_effect found;
	struct effect *effect;

	if (row->to == NONE || row->seq <= search->joined[row->to] ||
	    !global_effect_find(search->verifier, search->rec, search->scopes, search->symbols,
				&binding, &found))
		return true;
	effect = GROW(search->effects->list, search->effects->count, search->effects->room);
	*effect = (struct effect){.from = row->from,
				  .to = row->to,
				  .symbol = xstrdup(row->symbol),
				  .kind = xstrdup(row->kind),
				  .seq = row->seq,
				  .what = found};
	return true;
}

bool effects_find(const struct show *show, const uint64_t *joined, struct effects *ret)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	AUTO_SYMBOLS struct symbol_provider *symbols = NULL;
	struct effect_search search = {.rec = show->rec, .joined = joined, .effects = ret};
	struct binding_filter filter = {.from = NONE, .to = NONE};
	size_t count = 0;
	bool ok;

	*ret = (struct effects){0};
	for (size_t i = 0; i < show->rec->object_count; i++)
		if (joined[i] != UINT64_MAX) {
			filter.to = (int)i;
			count++;
		}
	if (count == 0)
		return true;
	if (count > 1)
		filter.to = NONE;
	if (!store_scopes(show->store, show->rec, SCOPES_ALONE, &loaded))
		return false;
	symbols = symbol_tables_open(show->store, show->rec);
	search.scopes = loaded.scopes;
	search.symbols = symbols;
	search.verifier = verifier_new(show->rec, loaded.scopes, symbols);
	ok = store_bindings(show->store, show->rec, &filter, take_binding, &search);
	verifier_free(search.verifier);
	return ok;
}

void effects_release(struct effects *effects)
{
	for (size_t i = 0; i < effects->count; i++) {
		free(effects->list[i].symbol);
		free(effects->list[i].kind);
	}
	free(effects->list);
	*effects = (struct effects){0};
}

/* --- text: one line for each (who, what else), with the symbols */

static bool same_group(const struct effect *a, const struct effect *b)
{
	return a->from == b->from && a->what.instead == b->what.instead &&
	       a->what.weak == b->what.weak && a->what.sure == b->what.sure;
}

static void show_group(const struct show *show, const struct effects *effects, size_t first,
		       bool *shown)
{
	const struct effect *effect = &effects->list[first];
	size_t most = show->options->all ? SIZE_MAX : SYMBOLS_SHOWN, count = 0;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT, symbols = STRBUF_INIT;

	for (size_t i = first; i < effects->count; i++) {
		if (shown[i] || !same_group(effect, &effects->list[i]))
			continue;
		shown[i] = true;
		if (count++ >= most)
			continue;
		if (count > 1)
			strbuf_addstr(&symbols, ", ");
		add_symbol(&symbols, effects->list[i].symbol, show->options->no_demangle);
	}
	if (count > most)
		strbuf_addf(&symbols, " and %zu more", count - most);
	add_object(&line, show->rec, effect->from);
	strbuf_addf(&line, ": %s; ", symbols.s);
	if (effect->what.instead != NONE) {
		strbuf_addstr(&line, "else in ");
		add_object(&line, show->rec, effect->what.instead);
	} else {
		strbuf_addstr(&line,
			      effect->what.weak ? "else unbound, as weak" : "else found nowhere");
	}
	if (!effect->what.sure)
		strbuf_addstr(&line, MARK_DIM " (perhaps)" MARK_END);
	if (count > most)
		render_rest(show->render, REST_ALL, "    %s", line.s);
	else
		render_line(show->render, "    %s", line.s);
}

void show_effects(const struct show *show, const struct effects *effects)
{
	AUTO_FREE bool *shown = xcalloc(effects->count, sizeof(*shown));

	if (!effects->count) {
		render_line(show->render, "  No recorded binding went to it because of that.");
		return;
	}
	render_line(show->render, "  Bound to it because of that:");
	for (size_t i = 0; i < effects->count; i++)
		if (!shown[i])
			show_group(show, effects, i, shown);
}

void effects_to_json(const struct show *show, const struct effects *effects)
{
	struct render *render = show->render;

	render_open(render, "bound_because_of_it", GROUP_ARRAY);
	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *effect = &effects->list[i];

		render_open(render, NULL, GROUP_OBJECT);
		object_to_json(render, "from", show->rec, effect->from);
		render_value(render, "symbol", value_string(effect->symbol));
		render_value(render, "kind", value_string(effect->kind));
		render_value(render, "seq", value_integer((int64_t)effect->seq));
		object_to_json(render, "instead", show->rec, effect->what.instead);
		render_value(render, "weak", value_bool(effect->what.weak));
		render_value(render, "sure", value_bool(effect->what.sure));
		render_close(render);
	}
	render_close(render);
}
