/* Who uses which copy, which state that splits, and what to think of it. */
#include <elf.h>

#include "report/model/duplicates_build.h"
#include "report/util.h"

/* One binding to a copy, as the users of it are counted. */
struct use {
	int from;
	uint32_t symbol;
	uint64_t seq;
	bool lookup; /* by dlsym */
};

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->symbol != y->symbol)
		return x->symbol < y->symbol ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static struct duplicate_copy *copy_of(const struct duplicate *duplicate, int object)
{
	for (size_t i = 0; i < duplicate->copy_count; i++)
		if (duplicate->copies[i].object == object)
			return &duplicate->copies[i];
	return NULL;
}

/* --- names --- */

/* Count for each name the copies that define it; their list, each once, goes to ret_names. */
static size_t count_copies(struct duplicate_builder *b, const struct duplicate *duplicate,
			   uint32_t **ret_names)
{
	size_t count = 0, room = 0;

	*ret_names = NULL;
	for (size_t i = 0; i < duplicate->copy_count; i++) {
		int object = duplicate->copies[i].object;
		size_t first = b->own_first[object], end = b->own_first[object + 1];

		for (size_t j = first; j < end; j++) {
			const struct definition *definition = &b->definitions.list[b->own[j]];
			uint32_t symbol = definition->symbol;

			/* Several versions of a name stand next to each other; what a host looks up
			 * in its plugins makes no copies of them. */
			if (!duplicates_relevant(b, definition) ||
			    (duplicate->kind == DUPLICATE_SYMBOLS && b->looked_up[symbol]) ||
			    (j > first && b->definitions.list[b->own[j - 1]].symbol == symbol))
				continue;
			if (b->copies[symbol]++ == 0)
				*GROW(*ret_names, count, room) = symbol;
		}
	}
	return count;
}

static bool is_common(const struct duplicate_builder *b, uint32_t symbol)
{
	return b->copies[symbol] > 1;
}

/* With a strong definition: data of vague linkage that is found elsewhere is as it should be. */
static bool defines(const struct duplicate_builder *b, int object, uint32_t symbol)
{
	size_t count;
	const struct definition *definition = definitions_of(&b->definitions, symbol, &count);

	for (size_t i = 0; i < count; i++)
		if (definition[i].object == object && definition[i].bind == STB_GLOBAL)
			return true;
	return false;
}

/* Is the name a variable in one of the copies? */
static bool is_state(const struct duplicate_builder *b, const struct duplicate *duplicate,
		     uint32_t symbol)
{
	size_t count;
	const struct definition *definition = definitions_of(&b->definitions, symbol, &count);

	for (size_t i = 0; i < count; i++)
		if (copy_of(duplicate, definition[i].object) &&
		    definition_is_state(b->rec, &definition[i]))
			return true;
	return false;
}

static int rank_of(const struct duplicate_symbol *symbol)
{
	return (symbol->bound > 1 ? 0 : 2) + (symbol->data ? 0 : 1);
}

static int compare_symbols(const void *a, const void *b, void *data)
{
	const struct duplicate_symbol *x = a, *y = b;
	const struct bound_set *set = data;

	if (rank_of(x) != rank_of(y))
		return rank_of(x) - rank_of(y);
	return strcmp(name_string(&set->names, x->symbol), name_string(&set->names, y->symbol));
}

static void list_symbols(struct duplicate_builder *b, struct duplicate *duplicate,
			 const uint32_t *names, size_t count)
{
	size_t room = 0;

	for (size_t i = 0; i < count; i++) {
		struct duplicate_symbol symbol = {.symbol = names[i],
						  .copies = b->copies[names[i]],
						  .bound = b->bound[names[i]]};

		if (!is_common(b, names[i]))
			continue;
		symbol.data = is_state(b, duplicate, names[i]);
		duplicate->common_state += symbol.data;
		duplicate->split_state += symbol.data && symbol.bound > 1;
		duplicate->split_functions += !symbol.data && symbol.bound > 1;
		*GROW(duplicate->symbols, duplicate->symbol_count, room) = symbol;
	}
	if (duplicate->symbol_count)
		qsort_r(duplicate->symbols, duplicate->symbol_count, sizeof(*duplicate->symbols),
			compare_symbols, (void *)b->set);
}

/* --- users --- */

/*
 * The bindings to a copy.  Where only symbols make it one, a program with a static copy of a
 * library in it, only those count; else all do.
 */
static size_t list_uses(const struct duplicate_builder *b, const struct duplicate *duplicate,
			int object, struct use **ret)
{
	size_t count = 0, first = b->to_first[object], end = b->to_first[object + 1];

	*ret = xcalloc(end - first + 1, sizeof(**ret));
	for (size_t i = first; i < end; i++) {
		const struct bound *bound = &b->set->list[b->to[i]];

		if (bound->from != NONE &&
		    (duplicate->kind != DUPLICATE_SYMBOLS || is_common(b, bound->symbol)))
			(*ret)[count++] = (struct use){bound->from, bound->symbol, bound->seq,
						       bound->kind == BOUND_DLSYM};
	}
	qsort(*ret, count, sizeof(**ret), compare_uses);
	return count;
}

static int compare_users(const void *a, const void *b)
{
	const struct duplicate_user *x = a, *y = b;

	if (x->symbols != y->symbols)
		return x->symbols > y->symbols ? -1 : 1;
	return x->from - y->from;
}

/* The copy's users, and what it and other copies lost or kept of their own. */
static void count_users(struct duplicate_builder *b, struct duplicate *duplicate,
			struct duplicate_copy *copy, const struct use *uses, size_t count)
{
	struct duplicate_user *user = NULL;
	size_t room = 0;

	for (size_t i = 0; i < count; i++) {
		struct duplicate_copy *other = copy_of(duplicate, uses[i].from);

		if (i && uses[i].from == uses[i - 1].from && uses[i].symbol == uses[i - 1].symbol)
			continue;
		if (other == copy) {
			copy->own++;
			continue;
		}
		if (other && !uses[i].lookup && is_common(b, uses[i].symbol) &&
		    defines(b, other->object, uses[i].symbol) &&
		    b->rec->objects[other->object].name_space ==
			    b->rec->objects[copy->object].name_space)
			other->lost++;
		if (!user || user->from != uses[i].from) {
			user = GROW(copy->users, copy->user_count, room);
			user->from = uses[i].from;
			user->symbol = uses[i].symbol;
			user->seq = uses[i].seq;
		}
		user->symbols++;
		if (uses[i].seq < user->seq)
			user->seq = uses[i].seq;
	}
	if (copy->user_count)
		qsort(copy->users, copy->user_count, sizeof(*copy->users), compare_users);
}

/* Count the names bound in this copy. */
static void count_bound(struct duplicate_builder *b, int object)
{
	for (size_t i = b->to_first[object]; i < b->to_first[object + 1]; i++)
		b->bound[b->set->list[b->to[i]].symbol] |= 0x80000000u;
	for (size_t i = b->to_first[object]; i < b->to_first[object + 1]; i++) {
		uint32_t *bound = &b->bound[b->set->list[b->to[i]].symbol];

		*bound += *bound >> 31; /* each name once */
		*bound &= 0x7fffffffu;
	}
}

static void forget_bound(struct duplicate_builder *b, int object)
{
	for (size_t i = b->to_first[object]; i < b->to_first[object + 1]; i++)
		b->bound[b->set->list[b->to[i]].symbol] = 0;
}

/* --- verdict --- */

/* Does an object from outside refer to symbols that several copies define, and get them from more
 * than one?  A look-up by handle gets what it asked for. */
static bool has_mixed_user(const struct duplicate_builder *b, const struct duplicate *duplicate)
{
	AUTO_FREE int *copy_used = xcalloc(b->rec->object_count + 1, sizeof(*copy_used));

	for (size_t i = 0; i < duplicate->copy_count; i++) {
		int object = duplicate->copies[i].object;

		for (size_t j = b->to_first[object]; j < b->to_first[object + 1]; j++) {
			const struct bound *bound = &b->set->list[b->to[j]];
			int *used = bound->from == NONE ? NULL : &copy_used[bound->from];

			if (!used || bound->kind == BOUND_DLSYM || bound->kind == BOUND_COPY ||
			    !is_common(b, bound->symbol) || copy_of(duplicate, bound->from))
				continue;
			if (*used && *used != object + 1)
				return true;
			*used = object + 1;
		}
	}
	return false;
}

/*
 * Are so many names enough to say that a copy is used, or loses calls?  Where nothing but symbols
 * makes objects copies, a single one out of hundreds is a coincidence, or an entry that is meant to
 * be shared.
 */
static bool is_enough(const struct duplicate *duplicate, size_t names)
{
	return duplicate->kind == DUPLICATE_SYMBOLS
		       ? names >= 3 || (names && names * 2 >= duplicate->symbol_count)
		       : names > 0;
}

static size_t most_symbols(const struct duplicate_copy *copy)
{
	return copy->user_count ? copy->users[0].symbols : 0;
}

static enum duplicate_verdict verdict_of(const struct duplicate_builder *b,
					 const struct duplicate *duplicate)
{
	size_t in_use = 0, by_others = 0;
	bool mixed = false;

	for (size_t i = 0; i < duplicate->copy_count; i++) {
		const struct duplicate_copy *copy = &duplicate->copies[i];

		in_use += copy->own || copy->user_count;
		by_others += is_enough(duplicate, most_symbols(copy));
		/* Some of its calls go elsewhere, and it is used all the same. */
		mixed |= is_enough(duplicate, copy->lost) &&
			 b->to_first[copy->object + 1] > b->to_first[copy->object];
	}
	if (!duplicate->several_namespaces && (mixed || has_mixed_user(b, duplicate)))
		return COPIES_MIXED;
	if (!duplicate->several_namespaces && by_others > 1)
		return COPIES_SPLIT;
	return in_use > 1 ? COPIES_PRIVATE : COPIES_HARMLESS;
}

void duplicates_weigh(struct duplicate_builder *b, struct duplicate *duplicate)
{
	AUTO_FREE uint32_t *names = NULL;
	size_t count = count_copies(b, duplicate, &names);

	for (size_t i = 0; i < duplicate->copy_count; i++) {
		AUTO_FREE struct use *uses = NULL;
		int object = duplicate->copies[i].object;
		size_t use_count = list_uses(b, duplicate, object, &uses);

		count_users(b, duplicate, &duplicate->copies[i], uses, use_count);
		count_bound(b, object);
	}
	list_symbols(b, duplicate, names, count);
	duplicate->verdict = verdict_of(b, duplicate);
	for (size_t i = 0; i < duplicate->copy_count; i++)
		forget_bound(b, duplicate->copies[i].object);
	for (size_t i = 0; i < count; i++)
		b->copies[names[i]] = 0;
}
