/* Which pairs of objects the interpositions concern: the matrix. */
#include "report/model/interpositions_build.h"
#include "report/util.h"

struct cell {
	int winner, loser;
	size_t index; /* of the symbol */
};

static int compare_cells(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	if (x->winner != y->winner)
		return x->winner < y->winner ? -1 : 1;
	if (x->loser != y->loser)
		return x->loser < y->loser ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static size_t drop_repeated(struct cell *cells, size_t count)
{
	size_t kept = 0;

	for (size_t j = 0; j < count; j++)
		if (kept == 0 || compare_cells(&cells[kept - 1], &cells[j]) != 0)
			cells[kept++] = cells[j];
	return kept;
}

/* Each symbol: its winner against all others, and whoever got a reference against whom it was meant
 * for. */
static size_t find_cells(struct interposition_builder *b, struct cell **ret_cells)
{
	size_t count = 0, room = 0;

	*ret_cells = NULL;
	for (size_t j = 0; j < b->out->count; j++) {
		const struct interposition *i = &b->out->list[j];

		for (size_t k = 0; k < i->definer_count; k++) {
			int loser = i->definers[k].object;

			if (loser != i->winner && objects_coexist(b->rec, loser, i->winner))
				*GROW(*ret_cells, count, room) = (struct cell){i->winner, loser, j};
		}
		for (size_t k = 0; i->vague == VAGUE_NOT && k < i->user_count; k++) {
			const struct interposition_user *user = &i->users[k];

			if (user->missed != NONE && user->to != i->winner)
				*GROW(*ret_cells, count, room) =
					(struct cell){user->to, user->missed, j};
		}
	}
	if (count)
		qsort(*ret_cells, count, sizeof(**ret_cells), compare_cells);
	return drop_repeated(*ret_cells, count);
}

static bool is_used(const struct interposition *i, int object)
{
	for (size_t j = 0; j < i->definer_count; j++)
		if (i->definers[j].object == object)
			return i->definers[j].users != 0;
	return false;
}

/* What the symbol means for this pair: WHAT_* bits; when the loser's references went to the winner
 * goes to ret_since (unchanged when none did). */
static unsigned int what_between(const struct interposition_pair *pair,
				 const struct interposition *i, uint64_t *ret_since)
{
	unsigned int what = 0;

	/* What is of vague linkage is not missed: it is meant to be one. */
	for (size_t j = 0; i->vague == VAGUE_NOT && j < i->user_count; j++) {
		const struct interposition_user *user = &i->users[j];

		if (user->missed != pair->loser || user->to != pair->winner)
			continue;
		what |= user->from == pair->loser ? WHAT_INTERPOSED : WHAT_DIVERTED;
		if (!*ret_since || user->seq < *ret_since)
			*ret_since = user->seq;
	}
	if (is_used(i, pair->loser))
		what |= i->what & (WHAT_ANY_SPLIT | WHAT_VAGUE_SPLIT);
	return what;
}

/* Each symbol counts once in each of these. */
static void count_symbol(struct interposition_pair *pair, const struct interposition *i)
{
	unsigned int what = what_between(pair, i, &pair->since);

	pair->symbols++;
	pair->interposed += (what & WHAT_INTERPOSED) != 0;
	pair->diverted += (what & WHAT_DIVERTED) != 0;
	pair->split += (what & WHAT_ANY_SPLIT) != 0;
	pair->vague += (what & WHAT_VAGUE_SPLIT) != 0;
}

void interpositions_pair(struct interposition_builder *b)
{
	AUTO_FREE struct cell *cells = NULL;
	size_t count = find_cells(b, &cells), room = 0;
	struct interposition_pair *pair = NULL;

	b->out->index_store = xcalloc(count + 1, sizeof(*b->out->index_store));
	for (size_t j = 0; j < count; j++) {
		if (j == 0 || cells[j].winner != cells[j - 1].winner ||
		    cells[j].loser != cells[j - 1].loser) {
			pair = GROW(b->out->pairs, b->out->pair_count, room);
			pair->winner = cells[j].winner;
			pair->loser = cells[j].loser;
			pair->list = &b->out->index_store[j];
		}
		b->out->index_store[j] = cells[j].index;
		count_symbol(pair, &b->out->list[cells[j].index]);
	}
}

const struct interposition_pair *interpositions_find_pair(const struct interpositions *all,
							  int winner, int loser)
{
	size_t low = 0, high = all->pair_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct interposition_pair *pair = &all->pairs[middle];

		if (pair->winner == winner && pair->loser == loser)
			return pair;
		if (pair->winner < winner || (pair->winner == winner && pair->loser < loser))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* --- in order of interest --- */

static int compare_pairs(const void *a, const void *b)
{
	const struct interposition_pair *x = a, *y = b;
	size_t bad_x = x->interposed + x->diverted + x->split;
	size_t bad_y = y->interposed + y->diverted + y->split;

	if (x->interest != y->interest)
		return x->interest > y->interest ? -1 : 1;
	if (bad_x != bad_y)
		return bad_x > bad_y ? -1 : 1;
	if (x->symbols != y->symbols)
		return x->symbols > y->symbols ? -1 : 1;
	if (x->winner != y->winner)
		return x->winner < y->winner ? -1 : 1;
	return (x->loser > y->loser) - (x->loser < y->loser);
}

static int compare_indexes(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static int compare_judged(const void *a, const void *b, void *data)
{
	const struct interposition_builder *builder = data;
	const struct interposition *x = &builder->out->list[*(const size_t *)a];
	const struct interposition *y = &builder->out->list[*(const size_t *)b];

	if (x->interest != y->interest)
		return x->interest > y->interest ? -1 : 1;
	if (x->symbol != y->symbol) {
		return strcmp(name_string(&builder->set->names, x->symbol),
			      name_string(&builder->set->names, y->symbol));
	}
	return (x->name_space > y->name_space) - (x->name_space < y->name_space);
}

/* The worst of what concerns these two. */
static enum interest interest_of(const struct interposition_pair *pair,
				 const struct interposition *list)
{
	enum interest worst = INTEREST_NONE;
	uint64_t since = 0;

	for (size_t j = 0; j < pair->symbols; j++) {
		const struct interposition *i = &list[pair->list[j]];

		if (i->interest > worst && what_between(pair, i, &since))
			worst = i->interest;
	}
	return worst;
}

void interpositions_sort(struct interposition_builder *b)
{
	struct interpositions *out = b->out;
	AUTO_FREE size_t *order = xcalloc(out->count + 1, sizeof(*order));
	AUTO_FREE size_t *place = xcalloc(out->count + 1, sizeof(*place));
	struct interposition *sorted = xcalloc(out->count + 1, sizeof(*sorted));

	for (size_t j = 0; j < out->count; j++)
		order[j] = j;
	qsort_r(order, out->count, sizeof(*order), compare_judged, b);
	for (size_t j = 0; j < out->count; j++) {
		sorted[j] = out->list[order[j]];
		place[order[j]] = j;
	}
	free(out->list);
	out->list = sorted;
	for (size_t j = 0; j < out->pair_count; j++) {
		struct interposition_pair *pair = &out->pairs[j];

		for (size_t k = 0; k < pair->symbols; k++)
			pair->list[k] = place[pair->list[k]];
		qsort(pair->list, pair->symbols, sizeof(*pair->list), compare_indexes);
		pair->interest = interest_of(pair, out->list);
	}
	if (out->pair_count)
		qsort(out->pairs, out->pair_count, sizeof(*out->pairs), compare_pairs);
}
