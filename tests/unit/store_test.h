/*
 * store_test.h - what the tests of the store share: a directory of their own, questions in SQL,
 * and what a function says on stderr.
 */
#ifndef STORE_TEST_H
#define STORE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/store/store.h"
#include "report/util.h"

/* A fresh directory, entered; removed again by leave_directory(). */
static inline int enter_directory(void **state)
{
	char *path = xstrdup("/tmp/plugreport-test-XXXXXX");

	if (!mkdtemp(path) || chdir(path) < 0)
		return -1;
	*state = path;
	return 0;
}

static inline int leave_directory(void **state)
{
	AUTO_FREE char *path = *state;
	AUTO_FREE char *command = xasprintf("rm -rf '%s'", path);

	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

#define directory_test(function) \
	cmocka_unit_test_setup_teardown(function, enter_directory, leave_directory)

/* The first column of the first row that the query gives in ./db, as text; "" for NULL or none.
 * The caller frees it. */
static inline char *ask(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *answer = xstrdup("");

	assert_int_equal(sqlite3_open_v2("db", &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 60000);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0)) {
		free(answer);
		answer = xstrdup((const char *)sqlite3_column_text(stmt, 0));
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

#define assert_answer(sql, expected)                    \
	do {                                            \
		AUTO_FREE char *answer_ = ask(sql);     \
		assert_string_equal(answer_, expected); \
	} while (0)

/* Change ./db by hand. */
static inline void change(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2("db", &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* Collect stderr in a file from here on; said() ends it. */
struct saying {
	int kept, file;
};

static inline struct saying begin_listening(void)
{
	struct saying saying = {dup(STDERR_FILENO), open(".", O_TMPFILE | O_RDWR, 0600)};

	assert_true(saying.kept >= 0 && saying.file >= 0);
	fflush(stderr);
	dup2(saying.file, STDERR_FILENO);
	return saying;
}

/* What was said, at most 4 KiB; the caller frees it. */
static inline char *said(struct saying saying)
{
	char text[4096];
	ssize_t length;

	fflush(stderr);
	dup2(saying.kept, STDERR_FILENO);
	length = pread(saying.file, text, sizeof(text) - 1, 0);
	close(saying.kept);
	close(saying.file);
	text[length > 0 ? length : 0] = '\0';
	return xstrdup(text);
}

/* One line, that contains `part`. */
static inline void assert_one_line(const char *text, const char *part)
{
	const char *newline = strchr(text, '\n');

	if (!strstr(text, part) || !newline || newline[1] != '\0')
		fail_msg("expected one line with \"%s\", got: %s", part, text);
}

static inline bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Ingest all that is beside ./db. */
static inline struct ingest_result ingest(bool live)
{
	struct ingest_options options = {.live = live};
	struct ingest_result result;

	assert_true(store_ingest("db", &options, &result));
	return result;
}

#endif
