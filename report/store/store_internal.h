/*
 * store_internal.h - what the files of store/ share about an open database.
 */
#ifndef PLUGREPORT_STORE_INTERNAL_H
#define PLUGREPORT_STORE_INTERNAL_H

#include <sqlite3.h>

#include "report/store/store.h"
#include "report/util.h"

struct symbol_cache; /* symbol_tables.c */

struct store {
	sqlite3 *db;
	char *path; /* as the user named it, for messages */
	bool sql_is_wrong;
	bool quiet;                   /* what goes wrong is not told: there is another way */
	struct symbol_cache *symbols; /* what symbol_tables_open() loaded; NULL nothing */
};

/* Write what of it the database lacks, and free it. */
void symbol_cache_close(struct store *store);

/*
 * A second connection to the same file, which may write, for what can as well not be written: NULL
 * without a message.  The caller closes it.
 */
sqlite3 *store_connect_for_cache(const struct store *store);

/* How long to wait for another process that writes the database, in milliseconds. */
#define STORE_BUSY_MS 120000

/*
 * Open a database that nobody else knows of, for writing: nothing is locked, synced or can be
 * rolled back.  NULL, and later failures too, without a message.
 */
struct store *store_open_private(const char *path);

/*
 * Say in one line why SQLite failed (by the connection's last error) at `doing`: "read" or
 * "written".
 */
void store_complain(const struct store *store, const char *doing);

/*
 * Copy the database, as it is now, into a new file with mode 0600, and open that for writing.  The
 * file must not exist.  NULL after a message, without the file.
 */
struct store *store_copy(const struct store *store, const char *path);

/* Prepare a statement of our own; NULL after a message (a damaged database may lack its tables). */
sqlite3_stmt *store_prepare(struct store *store, const char *sql);

/*
 * Step a statement that reads.  True: there is a row.  False at the end, or after a message, with
 * *failed set.
 */
bool store_step(struct store *store, sqlite3_stmt *stmt, bool *failed);

void cleanup_finalize(sqlite3_stmt **stmt);
#define AUTO_FINALIZE __attribute__((cleanup(cleanup_finalize)))

#endif
