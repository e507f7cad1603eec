/*
 * bindings.h - private to store/: from the spool's symbols, bindings and references to one list of
 * bindings.
 */
#ifndef PLUGREPORT_BINDINGS_H
#define PLUGREPORT_BINDINGS_H

#include "report/store/contents.h"

/* One function a record type. */
void bindings_take_symbol(struct contents *contents, const struct spool_item *item);
void bindings_take(struct contents *contents, const struct spool_item *item);
void bindings_take_versions(struct contents *contents, struct spool_item *item);
void bindings_take_references(struct contents *contents, struct spool_item *item);
void bindings_take_unbound(struct contents *contents, const struct spool_item *item);

/*
 * When all records are read: name the lazy slots from the files (while they are the recorded ones),
 * give each binding the version that its reference asks for, drop lazy slots that were bound after
 * all, and tell ld.so's own look-ups from the program's.
 */
void bindings_conclude(struct contents *contents);

/* The symbol at this place, or NULL. */
struct symbol *bindings_symbol(struct contents *contents, uint32_t object, uint32_t number);

/* NULL is no version, and equal to itself. */
bool bindings_same_version(const char *a, const char *b);

/*
 * la_symbind tells no versions: take `count` of the look-ups of `told` as those of `part`, a
 * reference that asks for another version of the same definition.  False when `told` has no more
 * than that.
 */
bool bindings_split(struct binding *told, struct binding *part, uint64_t count);

const char *binding_kind_name(enum binding_kind kind);

#endif
