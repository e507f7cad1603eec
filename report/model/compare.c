#include "report/model/compare.h"

#include <sys/wait.h>

#include "report/model/compare_match.h"
#include "report/model/why_loaded.h"
#include "report/util.h"

/* What is compared, and what was concluded so far. */
struct work {
	const struct compared *a, *b;
	unsigned int ignored;
	int *a_of; /* by B's object */
	struct comparison *ret;
};

void comparison_release(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->binding_count; i++)
		free(comparison->bindings[i].symbols);
	free(comparison->b_of);
	free(comparison->objects);
	free(comparison->bindings);
	*comparison = (struct comparison){0};
}

/* --- order: what is not in the longest sequence that both have in common has moved */

static bool *find_moved(const struct work *work)
{
	size_t count = work->a->rec->object_count, length = 0;
	bool *moved = xcalloc(count + 1, sizeof(*moved));
	AUTO_FREE int *tails = xcalloc(count + 1, sizeof(*tails)); /* last of each length */
	AUTO_FREE int *before = xcalloc(count + 1, sizeof(*before));

	for (size_t i = 0; i < count; i++) {
		int b = work->ret->b_of[i];
		size_t low = 0, high = length;

		if (b == NONE)
			continue;
		moved[i] = true;
		while (low < high) {
			size_t middle = (low + high) / 2;

			if (work->ret->b_of[tails[middle]] < b)
				low = middle + 1;
			else
				high = middle;
		}
		before[i] = low ? tails[low - 1] : NONE;
		tails[low] = (int)i;
		if (low == length)
			length++;
	}
	for (int i = length ? tails[length - 1] : NONE; i != NONE; i = before[i])
		moved[i] = false;
	return moved;
}

/* What stands before an object, among those that both have. */
static int matched_before(const struct recording *rec, const int *matches, int object)
{
	for (int i = object - 1; i >= 0; i--)
		if (matches[i] != NONE &&
		    rec->objects[i].name_space == rec->objects[object].name_space)
			return i;
	return NONE;
}

/* --- one object on both sides */

static bool same_string(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_build(const struct object *a, const struct object *b)
{
	if (a->build_id && b->build_id)
		return strcmp(a->build_id, b->build_id) == 0;
	return !a->has_file || !b->has_file || a->file_size == b->file_size;
}

static enum search_rule rule_of(const struct recording *rec, const struct object *object)
{
	return object->reason_search >= 0 && (size_t)object->reason_search < rec->search_count
		       ? rec->searches[object->reason_search].rule
		       : RULE_UNKNOWN;
}

static bool stays(const struct recording *rec, int object)
{
	return !rec->objects[object].closed_seq || object_closed_at_exit(rec, object);
}

static unsigned int compare_object(const struct work *work, int a, int b)
{
	const struct recording *rec_a = work->a->rec, *rec_b = work->b->rec;
	const struct object *x = &rec_a->objects[a], *y = &rec_b->objects[b];
	unsigned int what = 0;

	if (strcmp(compared_path(x), compared_path(y)) != 0)
		what |= DIFFERS_PATH;
	if (x->kind != OBJECT_MAIN && strcmp(compared_name(x), compared_name(y)) != 0)
		what |= DIFFERS_NAME;
	if (!same_build(x, y))
		what |= DIFFERS_BUILD;
	if (work->a->global && work->b->global && work->a->global[a] != work->b->global[b])
		what |= DIFFERS_SCOPE;
	if (x->reason != y->reason || rule_of(rec_a, x) != rule_of(rec_b, y))
		what |= DIFFERS_RULE;
	if (!same_string(x->rpath, y->rpath) || !same_string(x->runpath, y->runpath))
		what |= DIFFERS_SEARCH_PATH;
	if (stays(rec_a, a) != stays(rec_b, b))
		what |= DIFFERS_LIFETIME;
	return what;
}

static void change_object(struct work *work, int a, int b, unsigned int what)
{
	struct comparison *ret = work->ret;
	struct object_change made = {a, b, what & ~work->ignored, NONE, NONE};

	if (made.what & DIFFERS_ORDER) {
		made.before_a = matched_before(work->a->rec, ret->b_of, a);
		made.before_b = matched_before(work->b->rec, work->a_of, b);
		/* It moved along with what stands before it: that tells it. */
		if (made.before_a != NONE && ret->b_of[made.before_a] == made.before_b)
			made.what &= ~(unsigned int)DIFFERS_ORDER;
	}
	if (made.what)
		*GROW(ret->objects, ret->object_count, ret->object_room) = made;
}

static void compare_objects(struct work *work)
{
	const struct recording *a = work->a->rec, *b = work->b->rec;
	AUTO_FREE bool *moved = find_moved(work);

	for (size_t i = 0; i < a->object_count; i++) {
		int other = work->ret->b_of[i];

		if (other != NONE)
			change_object(work, (int)i, other,
				      compare_object(work, (int)i, other) |
					      (moved[i] ? DIFFERS_ORDER : 0));
		else if (object_is_compared(&a->objects[i]))
			change_object(work, (int)i, NONE, DIFFERS_LOST);
	}
	for (size_t i = 0; i < b->object_count; i++)
		if (work->a_of[i] == NONE && object_is_compared(&b->objects[i]))
			change_object(work, NONE, (int)i, DIFFERS_GAINED);
}

/* --- bindings */

/* Kinds of references whose targets differ. */
enum way { WAY_CALL, WAY_DLSYM, WAY_COPY };

/* A reference in the terms of B, so that both sides can be compared. */
struct reference {
	int from;                 /* B's object */
	uint32_t symbol, version; /* B's names */
	uint8_t way;              /* enum way */
	int to;                   /* B's object; A's that B has not: NONE - 1 - A's object */
};

static uint8_t way_of(const struct bound *bound)
{
	return bound->kind == BOUND_DLSYM  ? WAY_DLSYM
	       : bound->kind == BOUND_COPY ? WAY_COPY
					   : WAY_CALL;
}

static int compare_keys(const struct reference *x, const struct reference *y)
{
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->symbol != y->symbol)
		return x->symbol < y->symbol ? -1 : 1;
	if (x->version != y->version)
		return x->version < y->version ? -1 : 1;
	return (x->way > y->way) - (x->way < y->way);
}

static int compare_references(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;
	int order = compare_keys(x, y);

	return order ? order : (x->to > y->to) - (x->to < y->to);
}

/* Each once, in order.  Returns how many are left. */
static size_t arrange(struct reference *list, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(list, count, sizeof(*list), compare_references);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare_references(&list[kept - 1], &list[i]) != 0)
			list[kept++] = list[i];
	return kept;
}

static bool translate_name(const struct work *work, uint32_t name, uint32_t *ret)
{
	*ret = NAME_NONE;
	if (name == NAME_NONE)
		return true;
	*ret = name_find(&work->b->bound->names, name_string(&work->a->bound->names, name));
	return *ret != NAME_NONE;
}

static size_t references_of_a(const struct work *work, struct reference *list)
{
	const struct bound_set *set = work->a->bound;
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct bound *bound = &set->list[i];
		struct reference *reference = &list[count];

		if (bound->from == NONE || work->ret->b_of[bound->from] == NONE ||
		    !translate_name(work, bound->symbol, &reference->symbol) ||
		    !translate_name(work, bound->version, &reference->version))
			continue;
		reference->from = work->ret->b_of[bound->from];
		reference->way = way_of(bound);
		reference->to = work->ret->b_of[bound->to];
		if (reference->to == NONE)
			reference->to = NONE - 1 - bound->to;
		count++;
	}
	return arrange(list, count);
}

static size_t references_of_b(const struct work *work, struct reference *list)
{
	const struct bound_set *set = work->b->bound;
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct bound *bound = &set->list[i];

		if (bound->from == NONE || work->a_of[bound->from] == NONE)
			continue;
		list[count++] = (struct reference){bound->from, bound->symbol, bound->version,
						   way_of(bound), bound->to};
	}
	return arrange(list, count);
}

static int object_of_a(const struct work *work, int to)
{
	return to < NONE ? NONE - 1 - to : work->a_of[to];
}

static void change_binding(struct work *work, const struct reference *a, const struct reference *b)
{
	struct comparison *ret = work->ret;
	const char *symbol = name_string(&work->b->bound->names, b->symbol);
	int to_a = object_of_a(work, a->to);
	struct binding_change *change = NULL;

	/* References come in the order of who makes them. */
	for (size_t i = ret->binding_count;
	     i > 0 && !change && ret->bindings[i - 1].from_b == b->from; i--)
		if (ret->bindings[i - 1].to_a == to_a && ret->bindings[i - 1].to_b == b->to)
			change = &ret->bindings[i - 1];
	if (!change) {
		change = GROW(ret->bindings, ret->binding_count, ret->binding_room);
		change->from_a = work->a_of[b->from];
		change->from_b = b->from;
		change->to_a = to_a;
		change->to_b = b->to;
	}
	/* Other versions of it, and other kinds of reference, come right behind. */
	if (change->count && strcmp(change->symbols[change->count - 1], symbol) == 0)
		return;
	*GROW(change->symbols, change->count, change->room) = symbol;
}

/* A run of equal keys. */
static size_t run_length(const struct reference *list, size_t count)
{
	size_t n = 1;

	while (n < count && compare_keys(&list[0], &list[n]) == 0)
		n++;
	return n;
}

static const struct reference *not_in(const struct reference *run, size_t n,
				      const struct reference *other, size_t m)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t j = 0; j < m && !found; j++)
			found = run[i].to == other[j].to;
		if (!found)
			return &run[i];
	}
	return NULL;
}

/* Each target of A that B has not, and one of B in its place. */
static void replace_targets(struct work *work, const struct reference *a, const struct reference *b,
			    size_t n)
{
	const struct reference *end_a = a + n, *end_b = b + n, *gone, *new;

	while ((gone = not_in(a, (size_t)(end_a - a), end_b - n, n)) &&
	       (new = not_in(b, (size_t)(end_b - b), end_a - n, n))) {
		change_binding(work, gone, new);
		a = gone + 1;
		b = new + 1;
	}
}

/*
 * Only references that are bound on both sides are compared: what is called in one run need not be
 * in the other.  One that went to several targets changed when these are others.  Look-ups by
 * dlsym in several handles are several references under one key: one more of them, or one less,
 * is a call in one run only.
 */
static void compare_bindings(struct work *work)
{
	AUTO_FREE struct reference *a = xcalloc(work->a->bound->count + 1, sizeof(*a));
	AUTO_FREE struct reference *b = xcalloc(work->b->bound->count + 1, sizeof(*b));
	size_t a_count = references_of_a(work, a), b_count = references_of_b(work, b);

	for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
		int order = compare_keys(&a[i], &b[j]);
		size_t n, m;
		const struct reference *gone, *new;

		if (order) {
			i += order < 0;
			j += order > 0;
			continue;
		}
		n = run_length(&a[i], a_count - i);
		m = run_length(&b[j], b_count - j);
		gone = not_in(&a[i], n, &b[j], m);
		new = not_in(&b[j], m, &a[i], n);
		if (a[i].way == WAY_DLSYM) {
			if (n == m)
				replace_targets(work, &a[i], &b[j], n);
		} else if (gone || new) {
			change_binding(work, gone ? gone : &a[i], new ? new : &b[j]);
		}
		i += n;
		j += m;
	}
}

/* --- how they ended */

static bool end_differs(const struct recording *a, const struct recording *b)
{
	if (strcmp(a->end_kind, b->end_kind) != 0)
		return true;
	return a->has_wait_status && b->has_wait_status &&
	       (a->wait_status & ~WCOREFLAG) != (b->wait_status & ~WCOREFLAG);
}

void comparison_build(const struct compared *a, const struct compared *b, unsigned int ignored,
		      struct comparison *ret)
{
	struct work work = {.a = a, .b = b, .ignored = ignored, .ret = ret};

	*ret = (struct comparison){.end = end_differs(a->rec, b->rec)};
	match_objects(a->rec, b->rec, &ret->b_of, &work.a_of);
	compare_objects(&work);
	if (a->bound && b->bound)
		compare_bindings(&work);
	free(work.a_of);
}

const char *object_difference_name(enum object_difference difference)
{
	switch (difference) {
	case DIFFERS_GAINED:
		return "gained";
	case DIFFERS_LOST:
		return "lost";
	case DIFFERS_PATH:
		return "path";
	case DIFFERS_BUILD:
		return "build";
	case DIFFERS_SCOPE:
		return "scope";
	case DIFFERS_ORDER:
		return "order";
	case DIFFERS_RULE:
		return "rule";
	case DIFFERS_SEARCH_PATH:
		return "search-path";
	case DIFFERS_LIFETIME:
		return "lifetime";
	case DIFFERS_NAME:
		return "name";
	}
	return "unknown";
}
