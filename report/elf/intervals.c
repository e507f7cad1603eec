#include "report/elf/intervals.h"

#include "report/util.h"

void intervals_add(struct intervals *set, uint64_t start, uint64_t end, size_t item)
{
	if (start < end)
		*GROW(set->list, set->count, set->room) =
			(struct interval){.start = start, .end = end, .item = item};
}

#define DIGIT_BITS 11
#define DIGITS     ((size_t)1 << DIGIT_BITS)
#define FEW        64

/* The part of a key that orders it in one pass. */
static size_t digit(uint64_t key, unsigned int shift)
{
	return (size_t)(key >> shift) & (DIGITS - 1);
}

/* One pass of a radix sort: to `to`, in the order of one digit; equal ones keep theirs. */
static void sort_by_digit(const struct interval *from, struct interval *to, size_t count,
			  unsigned int shift)
{
	size_t place[DIGITS] = {0}, next = 0;

	for (size_t i = 0; i < count; i++)
		place[digit(from[i].start, shift)]++;
	for (size_t i = 0; i < DIGITS; i++) {
		size_t here = place[i];

		place[i] = next;
		next += here;
	}
	for (size_t i = 0; i < count; i++)
		to[place[digit(from[i].start, shift)]++] = from[i];
}

/* By start.  Symbol tables have tens of thousands of entries of which few are asked for: most of
 * the time of an answer is this. */
static void sort(struct intervals *set)
{
	struct interval *other = xmalloc(set->count * sizeof(*other));
	uint64_t all = 0;

	for (size_t i = 0; i < set->count; i++)
		all |= set->list[i].start;
	for (unsigned int shift = 0; shift < 64 && all >> shift; shift += DIGIT_BITS) {
		struct interval *sorted = other;

		sort_by_digit(set->list, sorted, set->count, shift);
		other = set->list;
		set->list = sorted;
	}
	set->room = set->count;
	free(other);
}

/* Few of them; equal ones keep their order, as above. */
static void sort_few(struct intervals *set)
{
	for (size_t i = 1; i < set->count; i++) {
		struct interval moving = set->list[i];
		size_t at = i;

		for (; at > 0 && set->list[at - 1].start > moving.start; at--)
			set->list[at] = set->list[at - 1];
		set->list[at] = moving;
	}
}

static bool is_sorted(const struct intervals *set)
{
	for (size_t i = 1; i < set->count; i++)
		if (set->list[i].start < set->list[i - 1].start)
			return false;
	return true;
}

void intervals_sort(struct intervals *set)
{
	uint64_t reach = 0;

	if (set->count == 0)
		return;
	if (set->count <= FEW)
		sort_few(set);
	else if (!is_sorted(set))
		sort(set);
	set->reach = xmalloc(set->count * sizeof(*set->reach));
	for (size_t i = 0; i < set->count; i++) {
		if (set->list[i].end > reach)
			reach = set->list[i].end;
		set->reach[i] = reach;
	}
}

void intervals_release(struct intervals *set)
{
	free(set->list);
	free(set->reach);
	*set = (struct intervals){0};
}

/* Number of intervals that start at or below `address`. */
static size_t count_below(const struct intervals *set, uint64_t address)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->list[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct interval *intervals_next(const struct intervals *set, uint64_t address,
				      size_t *position)
{
	size_t i = *position == SIZE_MAX ? count_below(set, address) : *position;

	while (i > 0 && set->reach[i - 1] > address) {
		i--;
		if (set->list[i].end > address) {
			*position = i;
			return &set->list[i];
		}
	}
	*position = 0;
	return NULL;
}
