/*
 * stacks.c - which object is mapped where while a spool is read, and each call stack once.
 */
#include "report/store/contents.h"

/* No process has as many; a forged spool that pretends to only loses the objects of frames. */
#define MAPPINGS_MAX 65536u

/* Index of the first mapping that ends behind `address`. */
static size_t first_behind(const struct contents *contents, uint64_t address)
{
	size_t low = 0, high = contents->mapping_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (contents->mappings[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void remove_mappings(struct contents *contents, size_t from, size_t to)
{
	memmove(contents->mappings + from, contents->mappings + to,
		(contents->mapping_count - to) * sizeof(*contents->mappings));
	contents->mapping_count -= to - from;
}

void contents_map(struct contents *contents, int object)
{
	const struct object *o = &contents->rec.objects[object];
	size_t at, to;

	/* An unopened object is another entry for memory that an opened one describes. */
	if (o->kind == OBJECT_UNOPENED || o->map_start >= o->map_end ||
	    contents->mapping_count >= MAPPINGS_MAX)
		return;
	/* What was there before is gone, though nothing said so. */
	at = to = first_behind(contents, o->map_start);
	while (to < contents->mapping_count && contents->mappings[to].start < o->map_end)
		to++;
	if (to > at)
		remove_mappings(contents, at, to);
	(void)GROW(contents->mappings, contents->mapping_count, contents->mapping_room);
	memmove(contents->mappings + at + 1, contents->mappings + at,
		(contents->mapping_count - 1 - at) * sizeof(*contents->mappings));
	contents->mappings[at] = (struct mapping){o->map_start, o->map_end, object};
}

void contents_unmap(struct contents *contents, int object)
{
	size_t at = first_behind(contents, contents->rec.objects[object].map_start);

	if (at < contents->mapping_count && contents->mappings[at].object == object)
		remove_mappings(contents, at, at + 1);
}

int contents_object_at(const struct contents *contents, uint64_t address)
{
	size_t at = first_behind(contents, address);

	return at < contents->mapping_count && contents->mappings[at].start <= address
		       ? contents->mappings[at].object
		       : NONE;
}

struct stack_key {
	const struct contents *contents;
	const struct frame *frames;
	size_t count;
	uint32_t flags;
};

static bool is_stack(const void *context, uint32_t index)
{
	const struct stack_key *key = context;
	const struct stack *stack = &key->contents->rec.stacks[index];

	if (stack->flags != key->flags || stack->frame_count != key->count)
		return false;
	for (size_t i = 0; i < key->count; i++)
		if (stack->frames[i].address != key->frames[i].address ||
		    stack->frames[i].object != key->frames[i].object)
			return false;
	return true;
}

int contents_add_stack(struct contents *contents, const unsigned char *addresses, uint32_t count,
		       uint32_t flags)
{
	struct frame frames[SPOOL_FRAMES_MAX];
	struct stack_key key = {contents, frames, count, 0};
	uint64_t hash;
	uint32_t index;
	struct stack *stack;

	key.flags = flags & (SPOOL_STACK_CUT | SPOOL_STACK_SKIPPED | SPOOL_STACK_BROKEN);
	if (count == 0 && key.flags == 0)
		return NONE;
	hash = hash_mix(key.flags, count);
	memset(frames, 0, count * sizeof(*frames));
	for (uint32_t i = 0; i < count; i++) {
		memcpy(&frames[i].address, addresses + i * sizeof(uint64_t), sizeof(uint64_t));
		frames[i].object = contents_object_at(contents, frames[i].address - 1);
		hash = hash_mix(hash_mix(hash, frames[i].address), (uint64_t)frames[i].object);
	}
	index = index_table_find(&contents->stacks_by_frames, hash, is_stack, &key);
	if (index != INDEX_NONE)
		return (int)index;
	stack = recording_add_stack(&contents->rec);
	stack->flags = key.flags;
	stack->frame_count = count;
	stack->frames = xcalloc(count, sizeof(*frames));
	memcpy(stack->frames, frames, count * sizeof(*frames));
	index = (uint32_t)(contents->rec.stack_count - 1);
	index_table_add(&contents->stacks_by_frames, hash, index);
	return (int)index;
}
