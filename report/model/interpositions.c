/* Which symbols have several definitions, and who is bound to which of them. */
#include "report/model/interpositions_build.h"
#include "report/util.h"

/* --- one symbol in one namespace --- */

struct interposition_definer *interposition_definer_of(const struct interposition *i, int object)
{
	size_t low = 0, high = i->definer_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (i->definers[middle].object < object)
			low = middle + 1;
		else
			high = middle;
	}
	return low < i->definer_count && i->definers[low].object == object ? &i->definers[low]
									   : NULL;
}

const struct definition *interposition_definition(const struct interposition_builder *b,
						  uint32_t symbol, int object,
						  const struct definition **ret_end)
{
	size_t count, low = 0, high;
	const struct definition *list = definitions_of(&b->definitions, symbol, &count);

	high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].object < object)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_end = list + count;
	return low < count && list[low].object == object ? &list[low] : NULL;
}

bool interposition_serves(const struct interposition_builder *b, uint32_t symbol, int object,
			  uint32_t version)
{
	const struct definition *end,
		*definition = interposition_definition(b, symbol, object, &end);

	for (; definition && definition < end && definition->object == object; definition++)
		if (definition_serves(definition, version))
			return true;
	return false;
}

/* Is the object bound to itself, or does something ask for what it defines while it is mapped? */
static bool is_candidate(const struct interposition_builder *b, const struct definition *definition,
			 const struct interposition_user *users, size_t count)
{
	for (size_t j = 0; j < count; j++)
		if (users[j].to == definition->object ||
		    (definition_serves(definition, users[j].version) &&
		     object_live_at(b->rec, definition->object, users[j].seq)))
			return true;
	return false;
}

static void add_definer(struct interposition_builder *b, const struct definition *definition)
{
	*GROW(b->out->definer_store, b->definer_count, b->definer_room) =
		(struct interposition_definer){.object = definition->object,
					       .version = definition->version,
					       .type = definition->type,
					       .bind = definition->bind};
}

/*
 * The definers of the symbol in the namespace, from `first` of the store on; returns their number.
 * An object with several versions of it counts once.
 */
static size_t add_definers(struct interposition_builder *b, uint32_t symbol, int32_t name_space,
			   const struct interposition_user *users, size_t user_count)
{
	size_t first = b->definer_count, count;
	const struct definition *definition = definitions_of(&b->definitions, symbol, &count);

	for (size_t j = 0; j < count; j++) {
		int last = b->definer_count > first
				   ? b->out->definer_store[b->definer_count - 1].object
				   : NONE;

		if (b->rec->objects[definition[j].object].name_space == name_space &&
		    definition[j].object != last &&
		    is_candidate(b, &definition[j], users, user_count))
			add_definer(b, &definition[j]);
	}
	return b->definer_count - first;
}

static int name_space_of(const struct recording *rec, const struct bound *bound)
{
	return rec->objects[bound->to].name_space;
}

/* The users of one symbol (`at`: indexes of bindings) in a namespace, appended to the store. */
static size_t add_users(struct interposition_builder *b, const size_t *at, size_t count,
			int32_t name_space)
{
	size_t first = b->user_count;

	for (size_t j = 0; j < count; j++) {
		const struct bound *bound = &b->set->list[at[j]];

		if (name_space_of(b->rec, bound) != name_space)
			continue;
		*GROW(b->out->user_store, b->user_count, b->user_room) =
			(struct interposition_user){.from = bound->from,
						    .to = bound->to,
						    .version = bound->version,
						    .seq = bound->seq,
						    .count = bound->count,
						    .binding = bound->id,
						    .kind = bound->kind,
						    .missed = NONE};
	}
	return b->user_count - first;
}

/* The pointers come later: the stores may still move. */
static void add_symbol(struct interposition_builder *b, uint32_t symbol, const size_t *at,
		       size_t count, int32_t name_space)
{
	size_t users = add_users(b, at, count, name_space);
	size_t definers = add_definers(b, symbol, name_space,
				       &b->out->user_store[b->user_count - users], users);

	if (definers < 2) {
		b->user_count -= users;
		b->definer_count -= definers;
		return;
	}
	*GROW(b->out->list, b->out->count, b->out->room) =
		(struct interposition){.symbol = symbol,
				       .name_space = name_space,
				       .winner = NONE,
				       .definer_count = definers,
				       .user_count = users};
}

/* The namespaces that the bindings at `at` are in, one after the other. */
static void add_name_spaces(struct interposition_builder *b, uint32_t symbol, const size_t *at,
			    size_t count)
{
	for (size_t j = 0; j < count; j++) {
		int32_t name_space = name_space_of(b->rec, &b->set->list[at[j]]);
		bool first = true;

		for (size_t k = 0; k < j && first; k++)
			first = name_space_of(b->rec, &b->set->list[at[k]]) != name_space;
		if (first)
			add_symbol(b, symbol, at, count, name_space);
	}
}

/* Two objects at least define it?  One object can have several versions of a symbol. */
static bool has_rivals(const struct interposition_builder *b, uint32_t symbol)
{
	size_t count;
	const struct definition *definition = definitions_of(&b->definitions, symbol, &count);

	for (size_t j = 1; j < count; j++)
		if (definition[j].object != definition[0].object)
			return true;
	return false;
}

static void set_pointers(struct interposition_builder *b)
{
	struct interposition_definer *definer = b->out->definer_store;
	struct interposition_user *user = b->out->user_store;

	for (size_t j = 0; j < b->out->count; j++) {
		struct interposition *i = &b->out->list[j];

		i->definers = definer;
		i->users = user;
		definer += i->definer_count;
		user += i->user_count;
	}
}

/* All symbols: bindings by name, by a counting sort. */
static void find_symbols(struct interposition_builder *b)
{
	size_t names = b->definitions.name_count;
	AUTO_FREE size_t *first = xcalloc(names + 2, sizeof(*first));
	AUTO_FREE size_t *order = xcalloc(b->set->count + 1, sizeof(*order));

	for (size_t j = 0; j < b->set->count; j++)
		first[b->set->list[j].symbol + 2]++;
	for (size_t j = 2; j < names + 2; j++)
		first[j] += first[j - 1];
	for (size_t j = 0; j < b->set->count; j++)
		order[first[b->set->list[j].symbol + 1]++] = j;
	for (uint32_t name = 0; name < names; name++)
		if (first[name + 1] > first[name] && has_rivals(b, name))
			add_name_spaces(b, name, &order[first[name]],
					first[name + 1] - first[name]);
	set_pointers(b);
}

/* --- facts about objects --- */

/* Preloaded, or brought by what was preloaded. */
static bool is_preload(const struct recording *rec, int object)
{
	for (size_t steps = 0; steps < rec->object_count; steps++) {
		const struct object *o = &rec->objects[object];

		if (o->reason == REASON_PRELOAD)
			return true;
		if (o->reason != REASON_NEEDED || o->reason_object < 0 ||
		    (size_t)o->reason_object >= rec->object_count)
			return false;
		object = o->reason_object;
	}
	return false;
}

static void look_at_objects(struct interposition_builder *b)
{
	const struct recording *rec = b->rec;

	b->program = NONE;
	b->rank = xcalloc(rec->object_count + 1, sizeof(*b->rank));
	b->preload = xcalloc(rec->object_count + 1, sizeof(*b->preload));
	b->glibc = xcalloc(rec->object_count + 1, sizeof(*b->glibc));
	for (size_t j = 0; j < rec->object_count; j++) {
		b->rank[j] = (int)j;
		b->preload[j] = is_preload(rec, (int)j);
		b->glibc[j] = object_is_glibc(&rec->objects[j]);
		if (b->program == NONE && rec->objects[j].kind == OBJECT_MAIN)
			b->program = (int)j;
	}
}

/* --- all of it --- */

void interpositions_build(const struct recording *rec, struct bound_set *set,
			  struct symbol_provider *symbols, struct scopes *scopes,
			  struct interpositions *ret)
{
	struct interposition_builder b = {.rec = rec, .set = set, .scopes = scopes, .out = ret};

	*ret = (struct interpositions){0};
	definitions_build(rec, set, symbols, true, &b.definitions);
	ret->inexact = definitions_inexact(&b.definitions, rec);
	look_at_objects(&b);
	find_symbols(&b);
	for (size_t j = 0; j < ret->count; j++)
		interposition_weigh(&b, &ret->list[j]);
	interpositions_look_at_scopes(&b);
	interpositions_pair(&b);
	interpositions_judge(&b);
	interpositions_order_definers(&b);
	interpositions_sort(&b);
	for (size_t j = 0; j < ret->count; j++)
		ret->by_interest[ret->list[j].interest]++;
	definitions_release(&b.definitions);
	free(b.rank);
	free(b.preload);
	free(b.glibc);
	free(b.shared);
}

void interpositions_release(struct interpositions *interpositions)
{
	free(interpositions->list);
	free(interpositions->pairs);
	free(interpositions->definer_store);
	free(interpositions->user_store);
	free(interpositions->index_store);
	*interpositions = (struct interpositions){0};
}
