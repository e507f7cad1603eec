/*
 * write.h - puts what one spool holds into the database, as one transaction.
 */
#ifndef PLUGREPORT_WRITE_H
#define PLUGREPORT_WRITE_H

#include "report/store/contents.h"
#include "report/store/rows.h"
#include "report/store/write_parts.h"

enum write_result {
	WRITE_DONE,      /* written: on disk after write_commit() */
	WRITE_ALREADY,   /* the whole spool had been taken in before: nothing was written */
	WRITE_UNCHANGED, /* a running process without news since it was read: nothing was written */
	WRITE_REFUSED,   /* the database does not accept these contents: nothing was written */
	WRITE_FAILED,    /* the database can't be written; a message was printed, and what was
			  * written since the last write_commit() is undone */
};

/* True when the finished spool with this uuid (hex) has been taken in. */
bool write_has_finished(struct rows *rows, const char *spool_uuid);

/*
 * Write the process with all its parts and links to its run, its parent and its children.  What was
 * written of it before, while it ran, is replaced; its row keeps its id.  Fills in the ids.
 * Begins a transaction, where none is open, in which others can't write until write_commit().
 */
enum write_result write_process(struct rows *rows, struct contents *contents);

/* Commit what was written.  False after a message: nothing of it was. */
bool write_commit(struct rows *rows);

/*
 * The part of write_process() that is left for an image: the row of the process rec->process_id,
 * whose parts are written, and its links.  False with rows->error set.
 */
bool write_process_row(struct rows *rows, struct recording *rec, const struct extent *extent);

/* Note how the newest recorded image of process `pid` ended.  False after a message. */
bool write_wait_status(struct rows *rows, int pid, int wait_status);

#endif
