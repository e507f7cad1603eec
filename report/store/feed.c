/*
 * feed.c - an eponymous virtual table, https://www.sqlite.org/vtab.html: it is there without being
 * created, and nothing of it is in the database.
 */
#include "report/store/feed.h"

#include "report/util.h"

struct feed_table {
	sqlite3_vtab base;
	struct feed *const *source;
};

struct feed_cursor {
	sqlite3_vtab_cursor base;
	const struct feed *feed;
	size_t at;
	struct cell cells[FEED_COLUMNS];
};

static int feed_connect(sqlite3 *db, void *source, int argc, const char *const *argv,
			sqlite3_vtab **ret_table, char **ret_error)
{
	struct feed_table *table;
	int code = sqlite3_declare_vtab(
		db, "CREATE TABLE feed (c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12)");

	(void)argc, (void)argv, (void)ret_error;
	if (code != SQLITE_OK)
		return code;
	table = xcalloc(1, sizeof(*table));
	table->source = source;
	*ret_table = &table->base;
	return SQLITE_OK;
}

static int feed_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

/* There is one way to read it: from the first row to the last. */
static int feed_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table, (void)info;
	return SQLITE_OK;
}

static int feed_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
	struct feed_cursor *cursor = xcalloc(1, sizeof(*cursor));

	(void)table;
	*ret_cursor = &cursor->base;
	return SQLITE_OK;
}

static int feed_close(sqlite3_vtab_cursor *cursor)
{
	free(cursor);
	return SQLITE_OK;
}

static void fetch(struct feed_cursor *cursor)
{
	if (cursor->at < cursor->feed->count)
		cursor->feed->row(cursor->feed->data, cursor->at, cursor->cells);
}

static int feed_filter(sqlite3_vtab_cursor *base, int plan, const char *name, int argc,
		       sqlite3_value **argv)
{
	struct feed_cursor *cursor = (struct feed_cursor *)base;

	(void)plan, (void)name, (void)argc, (void)argv;
	cursor->feed = *((struct feed_table *)base->pVtab)->source;
	if (!cursor->feed)
		return SQLITE_MISUSE;
	cursor->at = 0;
	fetch(cursor);
	return SQLITE_OK;
}

static int feed_next(sqlite3_vtab_cursor *base)
{
	struct feed_cursor *cursor = (struct feed_cursor *)base;

	cursor->at++;
	fetch(cursor);
	return SQLITE_OK;
}

static int feed_eof(sqlite3_vtab_cursor *base)
{
	const struct feed_cursor *cursor = (const struct feed_cursor *)base;

	return cursor->at >= cursor->feed->count;
}

static int feed_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
	const struct cell *cell = &((struct feed_cursor *)base)->cells[column];

	switch (cell->kind) {
	case CELL_INTEGER:
		sqlite3_result_int64(context, cell->integer);
		break;
	case CELL_TEXT: /* NULL gives NULL */
		sqlite3_result_text(context, cell->text, -1, SQLITE_STATIC);
		break;
	case CELL_NULL:
		break;
	}
	return SQLITE_OK;
}

static int feed_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid)
{
	*ret_rowid = (sqlite3_int64)((const struct feed_cursor *)base)->at;
	return SQLITE_OK;
}

static const sqlite3_module feed_module = {
	.xConnect = feed_connect,
	.xBestIndex = feed_best_index,
	.xDisconnect = feed_disconnect,
	.xOpen = feed_open,
	.xClose = feed_close,
	.xFilter = feed_filter,
	.xNext = feed_next,
	.xEof = feed_eof,
	.xColumn = feed_column,
	.xRowid = feed_rowid,
};

bool feed_register(sqlite3 *db, struct feed *const *source)
{
	return sqlite3_create_module(db, "plugreport_feed", &feed_module, (void *)source) ==
	       SQLITE_OK;
}
