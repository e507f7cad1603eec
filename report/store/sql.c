/*
 * sql.c - one statement of the user's own, which must only read.
 */
#include "report/store/store_internal.h"

/* Pragmas that tell about the database and change nothing. */
static bool is_reading_pragma(const char *name)
{
	static const char *const names[] = {
		"application_id",  "collation_list",   "compile_options",   "database_list",
		"encoding",        "foreign_key_list", "foreign_key_check", "freelist_count",
		"function_list",   "index_info",       "index_list",        "index_xinfo",
		"integrity_check", "page_count",       "page_size",         "quick_check",
		"schema_version",  "table_info",       "table_list",        "table_xinfo",
		"user_version",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Of those, the ones that set something when they have an argument. */
static bool is_setting_pragma(const char *name)
{
	return strcmp(name, "application_id") == 0 || strcmp(name, "user_version") == 0 ||
	       strcmp(name, "schema_version") == 0 || strcmp(name, "page_size") == 0 ||
	       strcmp(name, "encoding") == 0;
}

static bool is_allowed(int action, const char *first, const char *second)
{
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return true;
	case SQLITE_FUNCTION:
		return strcmp(second, "load_extension") != 0;
	case SQLITE_PRAGMA:
		return is_reading_pragma(first) && !(second && is_setting_pragma(first));
	default:
		return false;
	}
}

static int authorize(void *data, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	bool *denied = data;

	(void)database;
	(void)trigger;
	if (is_allowed(action, first, second))
		return SQLITE_OK;
	*denied = true;
	return SQLITE_DENY;
}

/* Errors that another statement would not have had. */
static bool is_of_statement(int code)
{
	return (code & 0xff) == SQLITE_ERROR || (code & 0xff) == SQLITE_AUTH ||
	       (code & 0xff) == SQLITE_TOOBIG;
}

/* Prepare the only statement in `sql`; NULL after a message. */
static sqlite3_stmt *prepare_reading(struct store *store, const char *sql, const bool *denied)
{
	sqlite3_stmt *stmt = NULL, *next = NULL;
	const char *rest = sql;
	int code = SQLITE_OK;

	while (code == SQLITE_OK && !stmt && *rest) /* comments alone give no statement */
		code = sqlite3_prepare_v2(store->db, rest, -1, &stmt, &rest);
	if (*denied || (stmt && !sqlite3_stmt_readonly(stmt))) {
		warn("sql: only statements that read are run, such as SELECT; "
		     "only 'plugreport ingest' writes the database");
	} else if (code != SQLITE_OK) {
		warn("sql: %s; 'plugreport sql' shows the tables with "
		     "\"SELECT name FROM sqlite_master\"",
		     sqlite3_errmsg(store->db));
	} else if (!stmt) {
		warn("sql: there is no statement in it; pass one, such as 'SELECT * FROM "
		     "v_object'");
	} else {
		while (code == SQLITE_OK && !next && *rest)
			code = sqlite3_prepare_v2(store->db, rest, -1, &next, &rest);
		if (code == SQLITE_OK && !next)
			return stmt;
		warn("sql: more than one statement; run them one by one");
	}
	store->sql_is_wrong = *denied || code == SQLITE_OK || is_of_statement(code);
	sqlite3_finalize(next);
	sqlite3_finalize(stmt);
	return NULL;
}

static struct sql_value value_of(sqlite3_stmt *stmt, int column)
{
	struct sql_value value = {.type = SQL_NULL};

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		value.type = SQL_INTEGER;
		value.integer = sqlite3_column_int64(stmt, column);
		break;
	case SQLITE_FLOAT:
		value.type = SQL_REAL;
		value.real = sqlite3_column_double(stmt, column);
		break;
	case SQLITE_TEXT:
		value.type = SQL_TEXT;
		value.bytes = (const char *)sqlite3_column_text(stmt, column);
		value.length = (size_t)sqlite3_column_bytes(stmt, column);
		break;
	case SQLITE_BLOB:
		value.type = SQL_BLOB;
		value.bytes = sqlite3_column_blob(stmt, column);
		value.length = (size_t)sqlite3_column_bytes(stmt, column);
		break;
	default:
		break;
	}
	if (!value.bytes)
		value.bytes = "";
	return value;
}

static bool run_reading(struct store *store, sqlite3_stmt *stmt,
			void (*columns)(const char *const *names, size_t count, void *data),
			bool (*row)(const struct sql_value *values, size_t count, void *data),
			void *data)
{
	size_t count = (size_t)sqlite3_column_count(stmt);
	AUTO_FREE const char **names = xcalloc(count, sizeof(*names));
	AUTO_FREE struct sql_value *values = xcalloc(count, sizeof(*values));
	int code;

	for (size_t i = 0; i < count; i++) {
		names[i] = sqlite3_column_name(stmt, (int)i);
		if (!names[i])
			names[i] = "";
	}
	if (columns)
		columns(names, count, data);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		for (size_t i = 0; i < count; i++)
			values[i] = value_of(stmt, (int)i);
		if (!row(values, count, data))
			return true;
	}
	if (code != SQLITE_DONE) {
		store->sql_is_wrong = is_of_statement(code);
		warn("sql: %s", sqlite3_errmsg(store->db));
	}
	return code == SQLITE_DONE;
}

bool store_sql_is_wrong(const struct store *store)
{
	return store->sql_is_wrong;
}

bool store_sql(struct store *store, const char *sql,
	       void (*columns)(const char *const *names, size_t count, void *data),
	       bool (*row)(const struct sql_value *values, size_t count, void *data), void *data)
{
	sqlite3_stmt *stmt;
	bool denied = false, done = false;

	store->sql_is_wrong = false;
	sqlite3_set_authorizer(store->db, authorize, &denied);
	stmt = prepare_reading(store, sql, &denied);
	if (stmt)
		done = run_reading(store, stmt, columns, row, data);
	sqlite3_finalize(stmt);
	sqlite3_set_authorizer(store->db, NULL, NULL);
	return done;
}
