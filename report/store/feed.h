/*
 * feed.h - rows that are in memory, as a table that SQL can read.
 *
 * To SQLite, inserting rows one by one is a statement run anew for each, with a call for each value
 * before it starts: that takes longer than storing them.  "INSERT INTO t SELECT ... FROM feed" is
 * one statement that fetches what it stores, which takes half the time.
 */
#ifndef PLUGREPORT_FEED_H
#define PLUGREPORT_FEED_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value of one column. */
struct cell {
	enum { CELL_NULL, CELL_INTEGER, CELL_TEXT } kind;
	int64_t integer;
	const char *text; /* NULL is stored as NULL */
};

/* The columns are named c1, c2, ...: those of the widest table that is fed. */
#define FEED_COLUMNS 12

struct feed {
	size_t count; /* of rows */
	/* Fill in the row's cells, those behind its last may be left as they are.  It is called
	 * once a row, in order; texts stay valid until the statement is over. */
	void (*row)(void *data, size_t index, struct cell *ret_cells);
	void *data;
};

/*
 * Make the table `plugreport_feed` known to a connection.  Each statement that reads it gets the
 * rows of what *source points to when it starts; `source` outlives the connection's statements.
 * False when SQLite says no; its error is the connection's.
 */
bool feed_register(sqlite3 *db, struct feed *const *source);

#endif
