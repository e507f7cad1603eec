/*
 * symbol_cache.h - private to store/: the symbol tables and extracts of files that an open store
 * has loaded, and the tables symbol_table and file_extract of its database.
 */
#ifndef PLUGREPORT_SYMBOL_CACHE_H
#define PLUGREPORT_SYMBOL_CACHE_H

#include "report/elf/elf.h"
#include "report/store/index_table.h"
#include "report/store/store_internal.h"
#include "report/store/symbol_blob.h"

/* How much of a table is in memory. */
enum kept_state {
	KEPT_NEW,     /* nobody looked yet */
	KEPT_FILTERS, /* the database has it; its filters are loaded */
	KEPT_TABLE,   /* all of it */
	KEPT_NOWHERE, /* not in the database */
};

/* The table of one file, for all objects that came from it. */
struct kept {
	char *file; /* key of the row */
	enum kept_state state;
	bool fresh; /* read from the file: the database lacks it */
	struct symbol_table table;
	struct name_filter definitions, references;
	struct elf_extract extract; /* bytes NULL: none */
	bool extract_asked;         /* the database was */
	bool extract_fresh;         /* as above, of the extract */
};

struct symbol_cache {
	struct kept **list;
	size_t count, room;
	struct index_table by_file;
	sqlite3_stmt *select_filters, *select_data, *select_extract;
};

/* The store's; made when it is first asked for. */
struct symbol_cache *symbol_cache_of(struct store *store);

/* What is kept of this file: an entry of its own, to be loaded, when that is nothing yet. */
struct kept *symbol_cache_find(struct symbol_cache *cache, const char *file);

/* Load from the database: then its state is KEPT_FILTERS (or KEPT_TABLE), else KEPT_NOWHERE. */
void kept_load_filters(struct symbol_cache *cache, struct kept *kept);
void kept_load_table(struct symbol_cache *cache, struct kept *kept);

/* What tells the object's file from others: the key of rows; NULL when nothing does.  The caller
 * frees it. */
char *symbol_cache_key(const struct object *object);

/* What the database has of the file beside its symbols; NULL: nothing. */
const struct elf_extract *kept_extract(struct symbol_cache *cache, struct kept *kept);

/* Write what is fresh to a database with our schema, in one transaction, and count the
 * symbol tables.  False when
 * that failed: sqlite3_errmsg() tells why. */
bool symbol_cache_write(const struct symbol_cache *cache, sqlite3 *db, size_t *ret_count);

#endif
