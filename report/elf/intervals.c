#include "report/elf/intervals.h"

#include "report/util.h"

void intervals_add(struct intervals *set, uint64_t start, uint64_t end, size_t item)
{
	if (start < end)
		*GROW(set->list, set->count, set->room) =
			(struct interval){.start = start, .end = end, .item = item};
}

static int compare(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

void intervals_sort(struct intervals *set)
{
	uint64_t reach = 0;

	if (set->count == 0)
		return;
	qsort(set->list, set->count, sizeof(*set->list), compare);
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
