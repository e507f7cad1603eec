#include "report/findings/reliance.h"

#include "report/model/global_effect.h"
#include "report/render/words.h"

#define SHOWN 4

struct globals_list {
	struct globals *list;
	size_t count, room;
};

static struct globals *globals_of(struct globals_list *list, const struct global_entry *entry)
{
	struct globals *globals;

	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].call == entry->call)
			return &list->list[i];
	globals = GROW(list->list, list->count, list->room);
	globals->call = entry->call;
	globals->seq = entry->seq;
	return globals;
}

static void collect(const struct recording *rec, struct scopes *scopes, bool promoted,
		    struct globals_list *ret)
{
	size_t count;
	const struct global_entry *history = scopes_history(scopes, &count);

	for (size_t i = 0; i < count; i++) {
		const struct global_entry *entry = &history[i];
		struct globals *globals;

		if (entry->promoted != promoted || !has_call(rec, entry->call) ||
		    rec->calls[entry->call].kind != CALL_DLOPEN)
			continue;
		globals = globals_of(ret, entry);
		*GROW(globals->objects, globals->count, globals->room) = entry->object;
	}
}

bool globals_have(const struct globals *globals, int object)
{
	for (size_t i = 0; i < globals->count; i++)
		if (globals->objects[i] == object)
			return true;
	return false;
}

static void rely(struct globals *globals, const struct bound *bound, int instead)
{
	globals->reliance_count++;
	for (size_t i = 0; i < globals->first_count; i++)
		if (globals->first[i].bound->from == bound->from)
			return;
	*GROW(globals->first, globals->first_count, globals->first_room) =
		(struct reliance){bound, instead};
}

/* One walk over all bindings, for all calls. */
static void find_reliance(struct rule_input *input, struct globals_list *list)
{
	const struct bound_set *set = input_bound(input);
	struct symbol_provider *symbols = input_symbols(input);
	struct scopes *scopes = symbols ? input_scopes(input, false) : NULL;
	struct verifier *verifier = scopes ? verifier_new(input->rec, scopes, symbols) : NULL;

	for (size_t i = 0; verifier && i < set->count; i++) {
		const struct bound *bound = &set->list[i];
		struct observed_binding observed = {
			.seq = bound->seq,
			.from = bound->from,
			.to = bound->to,
			.symbol = name_string(&set->names, bound->symbol),
			.version = bound->version == NAME_NONE
					   ? NULL
					   : name_string(&set->names, bound->version),
			.kind = bound_kind_name(bound->kind),
		};
		struct global_effect effect;

		for (size_t j = 0; j < list->count && bound->from != NONE; j++)
			if (bound->seq >= list->list[j].seq &&
			    globals_have(&list->list[j], bound->to) &&
			    !globals_have(&list->list[j], bound->from) &&
			    global_effect_find(verifier, input->rec, scopes, symbols, &observed,
					       &effect))
				rely(&list->list[j], bound, effect.instead);
	}
	verifier_free(verifier);
}

static bool are_same_files(const struct recording *rec, const struct globals *a,
			   const struct globals *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++) {
		const struct object *x = &rec->objects[a->objects[i]];
		const struct object *y = &rec->objects[b->objects[i]];

		same = x->name_space == y->name_space && objects_same_file(x, y);
	}
	return same;
}

static void globals_release(struct globals *globals)
{
	free(globals->objects);
	free(globals->first);
}

/* What was unloaded, loaded and promoted again is one matter: that promotion stands for all of them
 * which most relied on. */
static void put_together(const struct recording *rec, struct globals_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct globals *one = NULL, *other = &list->list[i];
		size_t reliance = other->reliance_count;

		for (size_t j = 0; j < kept && !one; j++)
			if (are_same_files(rec, &list->list[j], other))
				one = &list->list[j];
		if (!one) {
			list->list[kept++] = *other;
			continue;
		}
		reliance += one->reliance_count;
		if (other->reliance_count > one->reliance_count) {
			struct globals more = *other;

			*other = *one;
			*one = more;
		}
		one->reliance_count = reliance;
		globals_release(other);
	}
	list->count = kept;
}

void globals_each(struct rule_input *input, bool promoted,
		  void (*each)(struct rule_input *input, struct scopes *scopes,
			       const struct globals *globals, struct findings *ret),
		  struct findings *ret)
{
	struct scopes *scopes = input->rec->call_count ? input_scopes(input, false) : NULL;
	struct globals_list list = {0};

	if (!scopes)
		return;
	scopes_advance(scopes, UINT64_MAX);
	collect(input->rec, scopes, promoted, &list);
	if (list.count)
		find_reliance(input, &list);
	if (promoted)
		put_together(input->rec, &list);
	for (size_t i = 0; i < list.count; i++) {
		each(input, scopes, &list.list[i], ret);
		globals_release(&list.list[i]);
	}
	free(list.list);
}

void finding_add_reliance(struct finding *finding, struct rule_input *input,
			  const struct globals *globals)
{
	const struct recording *rec = input->rec;

	for (size_t i = 0; i < globals->first_count && i < SHOWN; i++) {
		const struct reliance *reliance = &globals->first[i];
		const struct bound *bound = reliance->bound;
		const char *symbol = name_string(&input_bound(input)->names, bound->symbol);
		AUTO_STRBUF struct strbuf text = STRBUF_INIT;
		struct evidence *evidence;

		add_object(&text, rec, bound->from);
		strbuf_addstr(&text, " is bound to ");
		add_object(&text, rec, bound->to);
		strbuf_addstr(&text, " for ");
		add_symbol(&text, symbol, false);
		strbuf_addstr(&text, ", which it finds in the global scope only; else ");
		if (reliance->instead == NONE) {
			strbuf_addstr(&text, "nothing would define it");
		} else {
			strbuf_addstr(&text, "it would have that of ");
			add_object(&text, rec, reliance->instead);
		}
		evidence = finding_add_evidence(finding, strbuf_detach(&text));
		evidence->object = bound->from;
		evidence->binding = bound->id;
		finding_add_symbol(finding, symbol);
		finding_add_object(finding, bound->from);
	}
}
