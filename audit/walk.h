/* walk.h - private to walk*.c: a walk through the relocations of one object. */
#ifndef PLUGAUDIT_WALK_H
#define PLUGAUDIT_WALK_H

#include "audit/module.h"

#define IRELATIVE_BATCH 16

struct entry {
	struct spool_reference r;
	uint32_t next; /* entry with the same own symbol and another kind; index + 1 */
	bool settled;  /* further slots are only counted */
};

struct walk {
	struct object *object;
	uint32_t *first; /* per own symbol: entry + 1 */
	struct entry *entries;
	uint32_t entry_count, entry_room;
	uint32_t *unbound; /* own symbols of lazy slots */
	uint32_t unbound_count;
	struct spool_reference own_ifuncs[IRELATIVE_BATCH]; /* to be written */
	uint32_t own_ifunc_count;
	uint32_t first_defined; /* own symbols below are undefined; 0: not known */
	struct object *recent;  /* definer of the last slot */
	bool dying;             /* maybe never relocated: believe only what leads somewhere */
};

/* walk_records.c */

/* What the object's version table refers to. */
void walk_write_versions(const struct object *object);

/* `count` entries that lie `stride` bytes apart. */
void walk_write_references(const struct walk *walk, const void *first, size_t stride,
			   uint32_t count);

/* The lazy slots that were found. */
void walk_write_unbound(const struct walk *walk);

#endif
