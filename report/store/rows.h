/*
 * rows.h - prepared statements that write, and the cells they are run with.
 */
#ifndef PLUGREPORT_ROWS_H
#define PLUGREPORT_ROWS_H

#include "report/store/feed.h"
#include "report/store/progress.h"
#include "report/store/store_internal.h"

/* Everything that ingest says to SQLite; the texts are in rows.c. */
enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_BEGIN_SPOOL,
	SQL_COMMIT_SPOOL,
	SQL_ROLLBACK_SPOOL,
	SQL_FIND_PROCESS,
	SQL_FIND_RUN,
	SQL_PUT_RUN,
	SQL_FIND_EXECUTED,
	SQL_ADOPT_CHILDREN,
	SQL_END_BY_EXEC,
	SQL_SET_WAIT_STATUS,
	SQL_LAST_PROCESS,
	SQL_LAST_OBJECT,
	SQL_LAST_SEARCH,
	SQL_LAST_CALL,
	SQL_LAST_STACK,
	SQL_LAST_SYMBOL,
	SQL_LAST_BINDING,
	SQL_DELETE_FIRST,
	SQL_DELETE_FRAMES = SQL_DELETE_FIRST,
	SQL_DELETE_SEGMENTS,
	SQL_DELETE_NEEDED,
	SQL_DELETE_ENVIRONMENT,
	SQL_DELETE_SEARCHES,
	SQL_DELETE_CALLS,
	SQL_DELETE_STACKS,
	SQL_DELETE_BINDINGS,
	SQL_DELETE_SYMBOLS,
	SQL_DELETE_ACTIVITIES,
	SQL_DELETE_FORKS,
	SQL_DELETE_OBJECTS,
	SQL_DELETE_PROCESS,
	SQL_DELETE_LAST = SQL_DELETE_PROCESS,
	SQL_PUT_PROCESS,
	SQL_PUT_ENVIRONMENT,
	SQL_PUT_OBJECT,
	SQL_PUT_SEGMENT,
	SQL_PUT_NEEDED,
	SQL_PUT_STACK,
	SQL_PUT_FRAME,
	SQL_PUT_SEARCH,
	SQL_PUT_CALL,
	SQL_PUT_ACTIVITY,
	SQL_PUT_FORK,
	SQL_PUT_SYMBOL,
	SQL_PUT_BINDING,
	SQL_STATEMENTS,
};

/* All zero but for `store` is fresh; statements are prepared when first used. */
struct rows {
	struct store *store;
	struct progress *progress; /* where writing is shown; NULL: nowhere */
	uint64_t begun, expected; /* for that: `written` at the start, how many are to come about */
	sqlite3_stmt *statements[SQL_STATEMENTS];
	/* private: */
	bool knows_feed;            /* the connection has the table plugreport_feed, see feed.h */
	struct feed *feed;          /* what that has */
	const struct feed *putting; /* the same, before it is counted */
	bool begun_writing;         /* a transaction with spools in it is there, or should be */
	/* public: */
	uint64_t written; /* rows put so far */
	int error;        /* SQLite's code of the first failure since it was set to 0 */
};

void rows_release(struct rows *rows);

static inline struct cell integer(int64_t value)
{
	return (struct cell){CELL_INTEGER, value, NULL};
}

/* 64 unsigned bits are stored as the signed number with the same bits. */
static inline struct cell bits(uint64_t value)
{
	return (struct cell){CELL_INTEGER, (int64_t)value, NULL};
}

static inline struct cell bits_unless_zero(uint64_t value)
{
	return (struct cell){value ? CELL_INTEGER : CELL_NULL, (int64_t)value, NULL};
}

static inline struct cell text(const char *s)
{
	return (struct cell){CELL_TEXT, 0, s};
}

/* The row id of element `index` of an array whose first element has the id `first`. */
static inline struct cell reference(int64_t first, int index)
{
	return (struct cell){index == NONE ? CELL_NULL : CELL_INTEGER, first + index, NULL};
}

#define CELLS(...)                          \
	(const struct cell[]){__VA_ARGS__}, \
		sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell)

/* The cells of a row that is fed. */
static inline void put_cells(struct cell *ret_cells, const struct cell *cells, size_t count)
{
	memcpy(ret_cells, cells, count * sizeof(*cells));
}

/*
 * Run a statement that gives no row: rows_run(rows, SQL_PUT_STACK, CELLS(integer(1), ...)).
 * False when it failed; then rows->error is set.
 */
bool rows_run(struct rows *rows, enum statement which, const struct cell *cells, size_t count);

/* Put a row: the same, but it is counted. */
bool rows_put(struct rows *rows, enum statement which, const struct cell *cells, size_t count);

/* Put many rows, with a statement that selects them from plugreport_feed. */
bool rows_put_all(struct rows *rows, enum statement which, const struct feed *feed);

/*
 * Run a statement that gives at most one row: NULL when there was none or it failed; otherwise the
 * caller reads the columns, then calls sqlite3_reset().
 */
sqlite3_stmt *rows_query(struct rows *rows, enum statement which, const struct cell *cells,
			 size_t count);

#endif
