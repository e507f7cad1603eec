/* What scopes tell of interpositions: the order of look-up, and which definitions see each other.
 */
#include "report/model/interpositions_build.h"
#include "report/util.h"

/* A reference of a symbol that went different ways: what could it have been bound to? */
struct question {
	uint64_t seq;
	int from;
	size_t index; /* of the symbol */
};

static int compare_questions(const void *a, const void *b)
{
	const struct question *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static size_t list_questions(const struct interposition_builder *b, struct question **ret)
{
	const unsigned int what = WHAT_ANY_SPLIT | WHAT_VAGUE_SPLIT;
	size_t count = 0, room = 0;

	*ret = NULL;
	for (size_t j = 0; j < b->out->count; j++) {
		const struct interposition *i = &b->out->list[j];

		for (size_t k = 0; (i->what & what) && k < i->user_count; k++)
			if (i->users[k].from != NONE && interposition_counts(&i->users[k]))
				*GROW(*ret, count, room) =
					(struct question){i->users[k].seq, i->users[k].from, j};
	}
	if (count)
		qsort(*ret, count, sizeof(**ret), compare_questions);
	return count;
}

/* Which objects the scopes of `from` hold now, as marks[object] == mark. */
static void mark_scopes(struct interposition_builder *b, int from, uint32_t *marks, uint32_t mark)
{
	size_t count;
	const struct scope *scope = scopes_of(b->scopes, from, &count);

	for (size_t j = 0; j < count; j++)
		for (size_t k = 0; k < scope[j].count; k++)
			marks[scope[j].objects[k]] = mark;
}

static bool holds_several(const struct interposition *i, const uint32_t *marks, uint32_t mark)
{
	size_t used = 0;

	for (size_t j = 0; j < i->definer_count; j++)
		used += i->definers[j].users && marks[i->definers[j].object] == mark;
	return used > 1;
}

/* In the order of the history: scopes go forward only. */
static void answer(struct interposition_builder *b)
{
	AUTO_FREE struct question *questions = NULL;
	AUTO_FREE uint32_t *marks = xcalloc(b->rec->object_count + 1, sizeof(*marks));
	size_t count = list_questions(b, &questions);
	uint32_t mark = 0;

	for (size_t j = 0; j < count; j++) {
		const struct question *question = &questions[j];

		if (b->shared[question->index])
			continue;
		if (mark == 0 || question->seq != questions[j - 1].seq ||
		    question->from != questions[j - 1].from) {
			scopes_advance(b->scopes, question->seq);
			mark_scopes(b, question->from, marks, ++mark);
		}
		b->shared[question->index] =
			holds_several(&b->out->list[question->index], marks, mark);
	}
}

/* The global scopes at the end, each in its order; what is in none comes behind, as it was loaded.
 */
static void find_ranks(struct interposition_builder *b)
{
	size_t objects = b->rec->object_count, count;
	const struct global_entry *entry;

	scopes_advance(b->scopes, UINT64_MAX);
	entry = scopes_history(b->scopes, &count);
	for (size_t j = 0; j < objects; j++)
		b->rank[j] = (int)(count + j);
	for (size_t j = count; j-- > 0;)
		b->rank[entry[j].object] = (int)j;
}

struct ranked {
	int rank;
	struct interposition_definer definer;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

void interpositions_order_definers(struct interposition_builder *b)
{
	struct ranked *ranked = NULL;
	size_t room = 0;

	for (size_t j = 0; j < b->out->count; j++) {
		struct interposition *i = &b->out->list[j];
		size_t count = 0;

		for (size_t k = 0; k < i->definer_count; k++)
			*GROW(ranked, count, room) =
				(struct ranked){b->rank[i->definers[k].object], i->definers[k]};
		if (count)
			qsort(ranked, count, sizeof(*ranked), compare_ranked);
		for (size_t k = 0; k < count; k++)
			i->definers[k] = ranked[k].definer;
	}
	free(ranked);
}

void interpositions_look_at_scopes(struct interposition_builder *b)
{
	b->shared = xcalloc(b->out->count + 1, sizeof(*b->shared));
	if (b->scopes) {
		answer(b);
		find_ranks(b);
	} else {
		memset(b->shared, true, b->out->count);
	}
}
