/*
 * fresh.h - makes a database that is not there yet, out of the first spools.
 *
 * It is written beside its place, as "<database>.<pid>.new", and gets its name when it is whole
 * and on disk.  So nobody ever meets half of it, and no journal is needed.
 */
#ifndef PLUGREPORT_FRESH_H
#define PLUGREPORT_FRESH_H

#include <stdbool.h>

#include "report/store/contents.h"
#include "report/store/progress.h"

#define FRESH_SUFFIX ".new"

struct fresh;

/*
 * Begin a database at `db_path`.  NULL, without a message, when there is something with that name,
 * or no file can be made there: write in the usual way, which tells what is wrong.  `progress` is
 * where adding is shown.
 */
struct fresh *fresh_new(const char *db_path, struct progress *progress);

/* Throw away what is not published; NULL is fine. */
void fresh_free(struct fresh *fresh);

bool fresh_is_empty(const struct fresh *fresh);

/* True when the spool with this uuid (hex) has been added. */
bool fresh_has(const struct fresh *fresh, const char *spool_uuid);

/*
 * Add a process.  `contents` loses what is not the process's own, ids are filled in.  False: it
 * could not be written (write in the usual way).
 */
bool fresh_add(struct fresh *fresh, struct contents *contents);

/*
 * Give the database its name; then all of it is on disk.  wait_pid as in struct ingest_options.
 * ret_rows: rows written.  False: it could not be written, or another process was faster (write in
 * the usual way).
 */
bool fresh_publish(struct fresh *fresh, int wait_pid, int wait_status, uint64_t *ret_rows);

/* Remove what ingests that were killed have left beside `db_path`. */
void fresh_clean(const char *db_path);

#endif
