/*
 * The schema's text is its documentation: every table, column and view of it has a comment, and the
 * names that the design promises are there.
 */
#include "tests/unit/store_test.h"

#include <ctype.h>

#include "report/store/schema.h"

static sqlite3 *make(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	if (sqlite3_exec(db, store_schema, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	return db;
}

/* The text is there whole: an assembler that did not find the file would have failed, one that
 * took another file would not. */
static void test_text_is_schema_sql(void **state)
{
	AUTO_FCLOSE FILE *file = fopen("report/store/schema.sql", "r");
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	char line[512];

	(void)state;
	if (!file)
		skip(); /* not run from the project's root */
	while (fgets(line, sizeof(line), file))
		strbuf_addstr(&text, line);
	assert_string_equal(text.s, store_schema);
}

static void test_identity(void **state)
{
	sqlite3 *db = make();
	sqlite3_stmt *stmt;

	(void)state;
	sqlite3_prepare_v2(db,
			   "SELECT application_id, user_version FROM pragma_application_id, "
			   "pragma_user_version",
			   -1, &stmt, NULL);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(stmt, 0), STORE_APPLICATION_ID);
	assert_int_equal(sqlite3_column_int(stmt, 1), STORE_USER_VERSION);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* Where the word `name` stands in [from, to), or NULL. */
static const char *find_word(const char *from, const char *to, const char *name)
{
	size_t length = strlen(name);

	for (const char *p = from; p + length <= to; p++)
		if (strncmp(p, name, length) == 0 &&
		    (p == from || !(isalnum(p[-1]) || p[-1] == '_')) &&
		    !(isalnum(p[length]) || p[length] == '_'))
			return p;
	return NULL;
}

/* The table's or view's own text; there is a comment "-- name: " right before it. */
static const char *find_definition(const char *kind, const char *name, const char **ret_end)
{
	AUTO_FREE char *create = xasprintf("\nCREATE %s %s%s", kind, name,
					   strcmp(kind, "TABLE") == 0 ? " (" : " AS");
	AUTO_FREE char *heading = xasprintf("\n-- %s: ", name);
	const char *at = strstr(store_schema, create);
	const char *comment = strstr(store_schema, heading);

	if (!at || !comment || comment > at)
		fail_msg("%s %s has no paragraph that begins with \"-- %s: \"", kind, name, name);
	for (const char *p = comment + 1; p <= at; p = strchr(p, '\n') + 1)
		if (strncmp(p, "-- ", 3) != 0)
			fail_msg("the paragraph about %s is not right before it", name);
	*ret_end = strstr(at, strcmp(kind, "TABLE") == 0 ? "\n)" : ";");
	assert_non_null(*ret_end);
	return at + strlen(create);
}

/* A column's line has a comment, or the lines up to the next column do. */
static void check_column(const char *table, const char *column, const char *text, const char *end)
{
	const char *p = text;

	while ((p = find_word(p, end, column))) {
		const char *line = p;

		/* The name at the start of a definition, not in another column's comment. */
		while (line > text && line[-1] != '\n')
			line--;
		if (!memmem(line, (size_t)(p - line), "--", 2))
			break;
		p++;
	}
	if (!p)
		fail_msg("%s.%s is not in the text", table, column);
	for (const char *line = p;;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *stop = newline ? newline : end;

		if (memmem(line, (size_t)(stop - line), "--", 2))
			return;
		if (!newline)
			break;
		line = newline + 1;
		line += strspn(line, " ");
		if (islower(*line)) /* the next column */
			break;
	}
	fail_msg("%s.%s has no comment", table, column);
}

static void test_everything_is_documented(void **state)
{
	sqlite3 *db = make();
	sqlite3_stmt *stmt;
	int tables = 0, columns = 0;

	(void)state;
	sqlite3_prepare_v2(db,
			   "SELECT m.type, m.name, c.name FROM sqlite_master m "
			   "JOIN pragma_table_xinfo(m.name) c WHERE m.type IN ('table', 'view') "
			   "AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid",
			   -1, &stmt, NULL);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		bool is_table = strcmp((const char *)sqlite3_column_text(stmt, 0), "table") == 0;
		const char *name = (const char *)sqlite3_column_text(stmt, 1);
		const char *end, *text = find_definition(is_table ? "TABLE" : "VIEW", name, &end);

		tables++;
		if (!is_table)
			continue;
		columns++;
		check_column(name, (const char *)sqlite3_column_text(stmt, 2), text, end);
	}
	assert_true(tables > 12 && columns > 150);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* The names that people and other programs rely on. */
static void test_promised_names(void **state)
{
	static const char *const queries[] = {
		"SELECT id, uuid, started_ns FROM run",
		"SELECT pid, parent, exe, argv, cwd, glibc, started_ns, ended_ns, end_kind, "
		"lost_events FROM process",
		"SELECT process, name, value FROM environment",
		"SELECT process, namespace, path, soname, build_id, dev, ino, load_address, "
		"opened_seq, closed_seq FROM object",
		"SELECT object, position, name, resolved FROM needed",
		"SELECT seq, tid, requester, name, origin, tried, outcome FROM search",
		"SELECT seq, tid, kind, caller_object, caller_offset, name, flags, handle, result, "
		"result_known_by, stack FROM call",
		"SELECT seq, from_object, to_object, symbol, kind, source, address, count "
		"FROM binding",
		"SELECT seq, kind, object FROM activity",
		"SELECT id FROM stack",
		"SELECT object, offset, function, file, line FROM stack_frame",
		"SELECT name, version FROM symbol",
		"SELECT run, pid, parent_pid, exe, argv, started, ended, end_kind FROM v_process",
		"SELECT pid, namespace, path, soname, build_id, opened_seq, closed_seq FROM "
		"v_object",
		"SELECT pid, namespace, from_path, to_path, symbol, version, kind, source, "
		"first_seq, count FROM v_binding",
		"SELECT pid, namespace, requester_path, name, origin, owner_path, tried, outcome "
		"FROM v_search",
		"SELECT pid, tid, seq, kind, caller_path, caller_function, name, flags, "
		"result_path, result_known_by FROM v_call",
	};
	sqlite3 *db = make();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		if (sqlite3_exec(db, queries[i], NULL, NULL, NULL) != SQLITE_OK)
			fail_msg("%s: %s", queries[i], sqlite3_errmsg(db));
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_schema_sql),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_everything_is_documented),
		cmocka_unit_test(test_promised_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
