/*
 * index_table.c - open addressing with linear probing; at most 5/8 of the slots are used.
 */
#include "report/store/index_table.h"

#include "report/util.h"

#define FIRST_ROOM 64u
#define CHUNK_SIZE (64u << 10)

/* The table stores only the upper half of a hash, so that half also places it when it grows; the
 * multiplication spreads it over the table's width. */
static size_t place_of(const struct index_table *table, uint32_t tag)
{
	return (size_t)((tag * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (table->room - 1);
}

uint32_t index_table_find(const struct index_table *table, uint64_t hash, index_equal equal,
			  const void *context)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	if (table->count == 0)
		return INDEX_NONE;
	for (size_t at = place_of(table, tag);; at = (at + 1) & (table->room - 1)) {
		const struct index_slot *slot = &table->slots[at];

		if (slot->index == INDEX_NONE)
			return INDEX_NONE;
		if (slot->tag == tag && equal(context, slot->index))
			return slot->index;
	}
}

static void put(struct index_table *table, struct index_slot slot)
{
	size_t at = place_of(table, slot.tag);

	while (table->slots[at].index != INDEX_NONE)
		at = (at + 1) & (table->room - 1);
	table->slots[at] = slot;
}

static void widen(struct index_table *table, size_t room)
{
	struct index_table wider = {NULL, room, table->count};

	if (wider.room > SIZE_MAX / sizeof(*wider.slots))
		BUG("table of %zu slots", wider.room);
	wider.slots = xmalloc(wider.room * sizeof(*wider.slots));
	memset(wider.slots, 0xff, wider.room * sizeof(*wider.slots));
	for (size_t i = 0; i < table->room; i++)
		if (table->slots[i].index != INDEX_NONE)
			put(&wider, table->slots[i]);
	free(table->slots);
	*table = wider;
}

void index_table_reserve(struct index_table *table, size_t count)
{
	size_t room = table->room ? table->room : FIRST_ROOM;

	while (room / 8 * 5 < count && room <= SIZE_MAX / 2)
		room *= 2;
	if (room > table->room)
		widen(table, room);
}

void index_table_add(struct index_table *table, uint64_t hash, uint32_t index)
{
	if (index == INDEX_NONE)
		BUG("table is full");
	if (table->count + 1 > table->room / 8 * 5)
		widen(table, table->room ? table->room * 2 : FIRST_ROOM);
	put(table, (struct index_slot){(uint32_t)(hash >> 32), index});
	table->count++;
}

void index_table_release(struct index_table *table)
{
	free(table->slots);
	*table = (struct index_table){NULL, 0, 0};
}

uint64_t hash_string(uint64_t hash, const char *s)
{
	if (!s)
		return hash_mix(hash, UINT64_MAX);
	for (size_t left = strlen(s) + 1; left;) {
		uint64_t word = 0;
		size_t n = left < sizeof(word) ? left : sizeof(word);

		memcpy(&word, s, n);
		hash = hash_mix(hash, word);
		s += n;
		left -= n;
	}
	return hash;
}

struct arena_chunk {
	struct arena_chunk *next;
	char bytes[];
};

const char *arena_string(struct arena *arena, const char *bytes, size_t length)
{
	char *s;

	if (!arena->chunks || arena->room - arena->used < length + 1) {
		size_t room = length + 1 > CHUNK_SIZE ? length + 1 : CHUNK_SIZE;
		struct arena_chunk *chunk = xmalloc(sizeof(*chunk) + room);

		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->room = room;
		arena->used = 0;
	}
	s = arena->chunks->bytes + arena->used;
	memcpy(s, bytes, length);
	s[length] = '\0';
	arena->used += length + 1;
	return s;
}

void arena_release(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
	*arena = (struct arena){NULL, 0, 0};
}
