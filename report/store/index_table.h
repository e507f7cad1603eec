/*
 * index_table.h - a hash table of indexes into an array that somebody else owns, and an arena for
 * strings that live as long as such a table.
 */
#ifndef PLUGREPORT_INDEX_TABLE_H
#define PLUGREPORT_INDEX_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index_slot {
	uint32_t tag;   /* upper half of the hash */
	uint32_t index; /* INDEX_NONE: the slot is free */
};

/* All zero is an empty table. */
struct index_table {
	struct index_slot *slots;
	size_t room; /* a power of two, or 0 */
	size_t count;
};

/* True when element `index` of the caller's array is the one that is looked for. */
typedef bool (*index_equal)(const void *context, uint32_t index);

/* The element for which `equal` holds among those added with this hash, or INDEX_NONE. */
uint32_t index_table_find(const struct index_table *table, uint64_t hash, index_equal equal,
			  const void *context);
/* Make room for `count` elements, so that adding them moves nothing. */
void index_table_reserve(struct index_table *table, size_t count);
/* Add an element that is not in the table. */
void index_table_add(struct index_table *table, uint64_t hash, uint32_t index);
void index_table_release(struct index_table *table);

/* Mix `value` into `hash`; start with 0. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0xff51afd7ed558ccdu;
	hash ^= hash >> 32;
	hash *= 0xc4ceb9fe1a85ec53u;
	return hash ^ hash >> 29;
}

/* The same with a string's bytes; NULL differs from "". */
uint64_t hash_string(uint64_t hash, const char *s);

/* Strings that are freed all at once.  All zero is an empty arena. */
struct arena {
	struct arena_chunk *chunks;
	size_t used, room; /* of the newest chunk */
};

/* A copy of `length` bytes, terminated; the arena owns it. */
const char *arena_string(struct arena *arena, const char *bytes, size_t length);
void arena_release(struct arena *arena);

#endif
