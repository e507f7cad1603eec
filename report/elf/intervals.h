/*
 * intervals.h - private to report/elf: address ranges that may overlap, and who covers an address.
 */
#ifndef PLUGREPORT_INTERVALS_H
#define PLUGREPORT_INTERVALS_H

#include <stddef.h>
#include <stdint.h>

/* Addresses [start, end) belong to `item`, whatever the user numbers so. */
struct interval {
	uint64_t start, end;
	size_t item;
};

/* Fill with intervals_add(), then intervals_sort() once, then ask.  All zero is an empty set. */
struct intervals {
	struct interval *list;
	uint64_t *reach; /* reach[i]: the highest end among list[0..i] */
	size_t count, room;
};

/* Empty ranges are left out. */
void intervals_add(struct intervals *set, uint64_t start, uint64_t end, size_t item);
void intervals_sort(struct intervals *set);
void intervals_release(struct intervals *set);

/*
 * Walk over the intervals that cover `address`, from the one that starts last to the one that
 * starts first (of equal starts, the one added last comes first): begin with
 * *position = SIZE_MAX; NULL ends it.
 */
const struct interval *intervals_next(const struct intervals *set, uint64_t address,
				      size_t *position);

#endif
