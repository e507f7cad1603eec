/*
 * symbol_cache.h - private to store/: the symbol tables that an open store has loaded, by file, and
 * the table symbol_table of its database.
 */
#ifndef PLUGREPORT_SYMBOL_CACHE_H
#define PLUGREPORT_SYMBOL_CACHE_H

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
};

struct symbol_cache {
	struct kept **list;
	size_t count, room;
	struct index_table by_file;
	sqlite3_stmt *select_filters, *select_data;
};

/* The store's; made when it is first asked for. */
struct symbol_cache *symbol_cache_of(struct store *store);

/* What is kept of this file: an entry of its own, to be loaded, when that is nothing yet. */
struct kept *symbol_cache_find(struct symbol_cache *cache, const char *file);

/* Load from the database: then its state is KEPT_FILTERS (or KEPT_TABLE), else KEPT_NOWHERE. */
void kept_load_filters(struct symbol_cache *cache, struct kept *kept);
void kept_load_table(struct symbol_cache *cache, struct kept *kept);

/* Write what is fresh to a database with our schema, in one transaction, and count it.  False when
 * that failed: sqlite3_errmsg() tells why. */
bool symbol_cache_write(const struct symbol_cache *cache, sqlite3 *db, size_t *ret_count);

#endif
