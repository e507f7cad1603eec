/* walk_records.c - what a walk found, written to the spool. */
#include "audit/walk.h"

#define UNBOUND_BATCH 16384
#define VERSIONS_MAX  4096 /* more than any object has */

void walk_write_versions(const struct object *object)
{
	struct spool_versions *record;
	uint32_t count = 0, limit = versions_count(object);
	size_t size = sizeof(*record);
	unsigned char *p;

	if (limit > VERSIONS_MAX)
		limit = VERSIONS_MAX;
	for (uint32_t i = 2; i < limit; i++) {
		const char *name = versions_name(object, i);

		if (name)
			size += 4 + string_room(name), count++;
	}
	record = count ? writer_reserve(&module.writer, SPOOL_VERSIONS, 0, 0, size) : NULL;
	if (!record)
		return;
	record->object = object->number;
	record->count = count;
	p = (unsigned char *)(record + 1);
	for (uint32_t i = 2; i < limit; i++) {
		const char *name = versions_name(object, i);

		if (name) {
			memcpy(p, &i, 4);
			p = put_string(p + 4, name);
		}
	}
	writer_commit(&module.writer, record);
}

/* Of entry `r`, when the record says it: where a reference leads to nothing. */
static const char *name_of(const struct walk *walk, const struct spool_reference *r)
{
	const ElfW(Sym) *symbol = (const ElfW(Sym) *)walk->object->symbols + r->own;

	return r->kind == SPOOL_REFERENCE_IRELATIVE
		       ? NULL
		       : (const char *)walk->object->strings + symbol->st_name;
}

void walk_write_references(const struct walk *walk, const void *first, size_t stride,
			   uint32_t count)
{
	const unsigned char *entries = first;
	struct spool_references *record;
	struct spool_reference *r;
	size_t size = sizeof(*record) + count * sizeof(*r);
	unsigned char *p;

	for (uint32_t i = 0; i < count; i++) {
		const struct spool_reference *entry = (const void *)(entries + i * stride);

		if (!entry->to)
			size += string_room(name_of(walk, entry));
	}
	record = writer_reserve(&module.writer, SPOOL_REFERENCES, 0, thread_id(), size);
	if (!record)
		return;
	record->when.time = monotonic_now() - module.epoch;
	record->when.sp = (uintptr_t)__builtin_frame_address(0);
	record->from = walk->object->number;
	record->count = count;
	r = (struct spool_reference *)(record + 1);
	p = (unsigned char *)(r + count);
	for (uint32_t i = 0; i < count; i++, r++) {
		*r = *(const struct spool_reference *)(const void *)(entries + i * stride);
		if (!r->to)
			p = put_string(p, name_of(walk, r));
	}
	writer_commit(&module.writer, record);
}

void walk_write_unbound(const struct walk *walk)
{
	for (uint32_t i = 0; i < walk->unbound_count;) {
		uint32_t count = walk->unbound_count - i;
		struct spool_unbound *record;

		if (count > UNBOUND_BATCH)
			count = UNBOUND_BATCH;
		record = writer_reserve(&module.writer, SPOOL_UNBOUND, 0, 0,
					sizeof(*record) + count * sizeof(uint32_t));
		if (!record)
			return;
		record->from = walk->object->number;
		record->count = count;
		memcpy(record + 1, walk->unbound + i, count * sizeof(uint32_t));
		writer_commit(&module.writer, record);
		i += count;
	}
}
