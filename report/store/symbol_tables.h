/*
 * symbol_tables.h - the symbol tables of one recording's objects: from the database, from the files
 * on disk while they still are the recorded ones, or else what the recording's bindings showed.
 *
 * What was read from a file is kept with the open store, for all its recordings, and written to the
 * database (table symbol_table) by store_close(), so that the next question is quicker and does not
 * need the file.  A database that can't be written just isn't: no message.
 */
#ifndef PLUGREPORT_SYMBOL_TABLES_H
#define PLUGREPORT_SYMBOL_TABLES_H

#include "report/elf/elf.h"
#include "report/model/recording.h"
#include "report/model/symbols.h"
#include "report/store/store.h"

/*
 * Answers about `rec`, an image that was loaded from `store`; both must outlive it.  Tables are
 * loaded when they are first asked for.  The caller closes it with symbol_tables_close().
 */
struct symbol_provider *symbol_tables_open(struct store *store, const struct recording *rec);
void symbol_tables_close(struct symbol_provider *provider);

/* Why the object's table is not exact, as a constant end of a sentence about the object ("has no
 * file", "is gone from the disk"); NULL when it is exact. */
const char *symbol_tables_note(struct symbol_provider *provider, int object);

/*
 * Make an extract of the object's file (elf/extract.h), unless there is one, to be written by
 * symbol_tables_write().  False: the file is not there any more, or too large.
 */
bool symbol_tables_extract(struct store *store, const struct object *object);

/* object_identity(), with the database's extract in case that the file is not there; it lives as
 * long as the store. */
struct elf_identity store_object_identity(struct store *store, const struct object *object);

/*
 * Write what was read from files to the database now, or to a new copy of it, `copy` (NULL: none);
 * the number of tables written goes to ret_added.  False after a message; then there is no copy.
 */
bool symbol_tables_write(struct store *store, const char *copy, size_t *ret_added);

static inline void cleanup_symbol_tables(struct symbol_provider **provider)
{
	symbol_tables_close(*provider);
}
#define AUTO_SYMBOLS __attribute__((cleanup(cleanup_symbol_tables)))

#endif
