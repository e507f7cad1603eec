/*
 * Opening databases that are none, reading recordings back, SQL of the user's own, and databases
 * that were damaged.
 */
#include "tests/unit/store_test.h"

#include <sys/mount.h>

#include "report/cmd_why_bound.h"
#include "tests/unit/spool_builder.h"

static void make_file(const char *path, const char *bytes, size_t length)
{
	AUTO_FCLOSE FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
}

static void make_database(void)
{
	struct spool_builder b;

	sb_init(&b, 100);
	sb_sample(&b);
	sb_symbol(&b, 1, 1, "other", NULL);
	sb_binding(&b, 3, 1, 1, 0);
	sb_binding(&b, 4, 1, 1, 0);
	sb_header(&b)->lost_events = 5;
	sb_save(&b, "db.100.spool");
	assert_int_equal(ingest(false).taken, 1);
	sb_release(&b);
}

/* Opening `path` fails with one line that has `part` in it. */
static void assert_refused(struct store *(*open_it)(const char *path), const char *path,
			   const char *part)
{
	struct saying saying = begin_listening();
	struct store *store = open_it(path);
	AUTO_FREE char *text = said(saying);

	assert_null(store);
	assert_one_line(text, part);
	assert_one_line(text, path);
	assert_non_null(strchr(text, ';')); /* a hint */
}

static void test_not_a_database(void **state)
{
	char noise[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * 31 + 7);
	make_file("noise", noise, sizeof(noise));
	make_file("empty", "", 0);
	make_file("file:db?mode=memory", "", 0);
	assert_int_equal(
		mkdir("directory", 0700) | mkfifo("fifo", 0600) | symlink("target", "link"), 0);
	assert_refused(store_open_read, "missing", "no such database");
	assert_refused(store_open_read, "no/such/directory", "no such database");
	assert_refused(store_open_read, "noise", "not a database");
	assert_refused(store_open_read, "empty", "is empty");
	assert_refused(store_open_read, "directory", "is a directory");
	assert_refused(store_open_read, "fifo", "not a regular file");
	assert_refused(store_open_read, "/dev/null", "not a regular file");
	assert_refused(store_open_read, "link", "no such database");
	assert_refused(store_open_read, ":memory:", "no such database");
	assert_refused(store_open_read, "file:db?mode=memory", "is empty");
	assert_refused(store_open_read, "noise/db", "Not a directory");
	assert_refused(store_open_write, "noise", "not a database");
	assert_refused(store_open_write, "directory", "is a directory");
	assert_refused(store_open_write, "fifo", "not a regular file");
	assert_refused(store_open_write, "link", "symbolic link");
	assert_refused(store_open_write, "no/such/directory", "No such file");
	assert_false(exists("target") || exists("missing") || exists(":memory:"));
}

static void test_other_versions(void **state)
{
	(void)state;
	make_database();
	change("PRAGMA user_version = 99");
	assert_refused(store_open_read, "db", "newer plugreport");
	assert_refused(store_open_write, "db", "schema version 99");
	change("PRAGMA user_version = 2; PRAGMA application_id = 7");
	assert_refused(store_open_read, "db", "another program");
	assert_refused(store_open_write, "db", "another program");
}

static void test_writing_to_an_empty_file(void **state)
{
	struct store *store;

	(void)state;
	make_file("db", "", 0);
	store = store_open_write("db");
	assert_non_null(store);
	assert_string_equal(store_path(store), "db");
	store_close(store);
	store = store_open_read("db");
	assert_non_null(store);
	store_close(store);
	assert_answer("PRAGMA integrity_check", "ok");
}

/* Nothing about the file changes by being read. */
static void test_reading_changes_nothing(void **state)
{
	struct stat before, after;
	struct store *store;
	struct recording rec;

	(void)state;
	make_database();
	assert_int_equal(stat("db", &before), 0);
	store = store_open_read("db");
	assert_true(store_load(store, 1, &rec));
	recording_release(&rec);
	store_close(store);
	assert_int_equal(stat("db", &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	assert_int_equal(before.st_size, after.st_size);
	assert_false(exists("db-journal") || exists("db-wal"));
}

static void test_read_only_file_system(void **state)
{
	struct store *store;
	struct recording rec;

	(void)state;
	make_database();
	assert_int_equal(mkdir("ro", 0700), 0);
	if (mount(".", "ro", NULL, MS_BIND, NULL) < 0)
		skip(); /* needs root and a mount namespace that allows it */
	if (mount(NULL, "ro", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0) {
		umount("ro");
		skip();
	}
	store = store_open_read("ro/db");
	if (store && store_load(store, 1, &rec)) {
		assert_int_equal(rec.object_count, 4);
		recording_release(&rec);
	}
	store_close(store);
	umount2("ro", MNT_DETACH);
	assert_non_null(store);
}

static void test_processes(void **state)
{
	struct process_filter filters[] = {{0, 0},  {-1, 0},  {1, 0}, {2, 0},
					   {-1, 7}, {0, 100}, {99, 0}};
	const size_t expected[] = {1, 2, 1, 1, 1, 0, 0};
	struct spool_builder b;
	struct store *store;
	struct process_row *rows;
	size_t count;

	(void)state;
	make_database();
	sb_init(&b, 7);
	sb_process(&b, "/bin/later", "", NULL);
	sb_save(&b, "db.7.spool");
	sb_release(&b);
	ingest(true);
	store = store_open_read("db");
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		assert_true(store_processes(store, &filters[i], &rows, &count));
		assert_int_equal(count, expected[i]);
		process_rows_free(rows, count);
	}
	assert_true(store_processes(store, &filters[1], &rows, &count));
	assert_int_equal(rows[0].pid, 100);
	assert_int_equal(rows[0].objects, 4);
	assert_int_equal(rows[0].searches, 3);
	assert_int_equal(rows[0].calls, 2);
	assert_int_equal(rows[0].bindings, 4);
	assert_int_equal(rows[0].lost_events, 5);
	assert_string_equal(rows[0].end_kind, "unknown");
	assert_string_equal(rows[0].cwd, "/home/user");
	assert_string_equal(rows[1].exe, "/bin/later");
	assert_int_equal(rows[1].parent, 0);
	process_rows_free(rows, count);
	store_close(store);
}

static void test_load_gives_back_what_was_recorded(void **state)
{
	struct store *store;
	struct recording rec;

	(void)state;
	make_database();
	store = store_open_read("db");
	assert_true(store_load(store, 1, &rec));
	assert_int_equal(rec.process_id, 1);
	assert_int_equal(rec.pid, 100);
	assert_string_equal(rec.exe, "/usr/bin/app");
	assert_int_equal(rec.argc, 2);
	assert_string_equal(rec.argv[1], "--\"quoted\"\n\xef\xbf\xbd");
	assert_string_equal(recording_getenv(&rec, "LD_LIBRARY_PATH"), "/opt/lib=x");
	assert_int_equal(strlen(rec.spool_uuid), 32);
	assert_string_equal(rec.spool_uuid, rec.run_uuid);
	assert_string_equal(rec.parent_uuid, "");
	assert_string_equal(rec.begin_kind, "start");
	assert_string_equal(rec.end_kind, "unknown");
	assert_int_equal(rec.lost_events, 5);
	assert_true(rec.complete);

	assert_int_equal(rec.object_count, 4);
	assert_int_equal(rec.objects[0].kind, OBJECT_MAIN);
	assert_string_equal(rec.objects[0].path, "/usr/bin/app");
	assert_null(rec.objects[0].soname);
	assert_int_equal(rec.objects[0].needed_count, 1);
	assert_string_equal(rec.objects[0].needed[0].name, "libx.so.1");
	assert_int_equal(rec.objects[2].segment_count, 1);
	assert_int_equal(rec.objects[2].segments[0].memsz, 0x1000);
	assert_string_equal(rec.objects[2].build_id, "dead00be");
	assert_true(rec.objects[2].flags_1 == UINT64_C(1) << 63);
	assert_int_equal(rec.objects[2].map_end, 0x310000);
	assert_true(rec.objects[2].has_file);
	assert_int_equal(rec.objects[2].mtime_ns, 77);
	assert_int_equal(rec.objects[2].closed_seq, 0);
	assert_true(rec.objects[3].closed_seq > rec.objects[3].opened_seq);

	assert_int_equal(rec.search_count, 3);
	assert_int_equal(rec.searches[0].requester, 0);
	assert_int_equal(rec.searches[1].origin, ORIGIN_LIBPATH);
	assert_string_equal(rec.searches[1].tried, "/opt/lib/libx.so.1");
	assert_int_equal(rec.searches[0].stack, NONE);
	assert_true(rec.searches[2].root);

	assert_int_equal(rec.call_count, 2);
	assert_int_equal(rec.calls[0].kind, CALL_DLOPEN);
	assert_int_equal(rec.calls[0].caller, 0);
	assert_int_equal(rec.calls[0].caller_address, 0x100456);
	assert_string_equal(rec.calls[0].name, "libplugin.so");
	assert_int_equal(rec.calls[0].stack, rec.searches[2].stack);
	assert_null(rec.calls[1].name);
	assert_int_equal(rec.calls[1].handle, 0x7f0000004000);

	assert_int_equal(rec.stack_count, 1);
	assert_int_equal(rec.stacks[0].frame_count, 3);
	assert_int_equal(rec.stacks[0].frames[1].object, 2);
	assert_int_equal(rec.stacks[0].frames[2].object, NONE);
	assert_int_equal(rec.activity_count, 3);
	assert_int_equal(rec.activities[2].kind, ACTIVITY_PREINIT);
	assert_int_equal(rec.activities[2].object, 0);
	recording_release(&rec);
	{
		struct saying saying = begin_listening();
		bool loaded = store_load(store, 2, &rec);
		AUTO_FREE char *text = said(saying);

		assert_false(loaded);
		assert_one_line(text, "no process 2");
		recording_release(&rec);
	}
	store_close(store);
}

struct seen {
	size_t count, limit;
	struct strbuf text;
};

static bool see_binding(const struct binding_row *row, void *data)
{
	struct seen *seen = data;

	strbuf_addf(&seen->text, "%d>%d %s %s %s %llu;", row->from, row->to, row->symbol,
		    row->version ? row->version : "-", row->kind, (unsigned long long)row->count);
	return ++seen->count < seen->limit;
}

static void assert_bindings(struct store *store, const struct recording *rec,
			    struct binding_filter filter, size_t limit, const char *expected)
{
	struct seen seen = {0, limit, STRBUF_INIT};

	assert_true(store_bindings(store, rec, &filter, see_binding, &seen));
	assert_string_equal(seen.text.s, expected);
	strbuf_release(&seen.text);
}

static void test_bindings(void **state)
{
	struct store *store;
	struct recording rec;

	(void)state;
	make_database();
	store = store_open_read("db");
	assert_true(store_load(store, 1, &rec));
	assert_bindings(store, &rec, (struct binding_filter){.from = NONE, .to = NONE}, 9,
			"0>2 x_run X_1.0 plt 2;0>2 x_run - dlsym 1;2>0 other - plt 1;"
			"3>0 other - plt 1;");
	assert_bindings(store, &rec, (struct binding_filter){.from = NONE, .to = NONE}, 1,
			"0>2 x_run X_1.0 plt 2;");
	assert_bindings(store, &rec, (struct binding_filter){"other", NULL, NONE, NONE, BOUND_ONLY},
			9, "2>0 other - plt 1;3>0 other - plt 1;");
	assert_bindings(store, &rec, (struct binding_filter){"o?h*", NULL, 3, NONE, BOUND_ONLY}, 9,
			"3>0 other - plt 1;");
	assert_bindings(store, &rec, (struct binding_filter){NULL, "dlsym", NONE, 2, BOUND_ONLY}, 9,
			"0>2 x_run - dlsym 1;");
	assert_bindings(store, &rec,
			(struct binding_filter){"' OR 1 --", NULL, NONE, NONE, BOUND_ONLY}, 9, "");
	recording_release(&rec);
	store_close(store);
}

static void see_columns(const char *const *names, size_t count, void *data)
{
	struct seen *seen = data;

	for (size_t i = 0; i < count; i++)
		strbuf_addf(&seen->text, "%s,", names[i]);
}

static bool see_row(const struct sql_value *values, size_t count, void *data)
{
	struct seen *seen = data;

	for (size_t i = 0; i < count; i++) {
		strbuf_addf(&seen->text, "%d:", (int)values[i].type);
		strbuf_add(&seen->text, values[i].bytes, values[i].length);
		if (values[i].type == SQL_INTEGER)
			strbuf_addf(&seen->text, "%lld", (long long)values[i].integer);
		if (values[i].type == SQL_REAL)
			strbuf_addf(&seen->text, "%g", values[i].real);
		strbuf_addch(&seen->text, ' ');
	}
	return ++seen->count < seen->limit;
}

static void test_sql_reads(void **state)
{
	static const char *const good[] = {
		"SELECT * FROM v_object",
		"  -- a comment\n SELECT 1 ; -- another\n ; ",
		"/* one */ WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) "
		"SELECT * FROM n",
		"VALUES (1)",
		"EXPLAIN SELECT 1",
		"PRAGMA table_info(object)",
		"PRAGMA user_version",
		"SELECT json_extract(argv, '$[0]') FROM process",
	};
	struct store *store;
	struct seen seen = {0, 9, STRBUF_INIT};

	(void)state;
	make_database();
	store = store_open_read("db");
	assert_true(store_sql(store, "SELECT 1 AS a, 2.5, NULL, 'x', x'6162' AS blob", see_columns,
			      see_row, &seen));
	assert_string_equal(seen.text.s, "a,2.5,NULL,'x',blob,1:1 2:2.5 0: 3:x 4:ab ");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		seen.count = 0;
		if (!store_sql(store, good[i], see_columns, see_row, &seen))
			fail_msg("%s", good[i]);
	}
	strbuf_reset(&seen.text);
	seen = (struct seen){0, 1, seen.text};
	assert_true(store_sql(store, "SELECT path FROM object ORDER BY number", see_columns,
			      see_row, &seen));
	assert_string_equal(seen.text.s, "path,3:/usr/bin/app ");
	strbuf_release(&seen.text);
	store_close(store);
}

static void assert_sql_refused(struct store *store, const char *sql, const char *part)
{
	struct seen seen = {0, 9, STRBUF_INIT};
	struct saying saying = begin_listening();
	bool done = store_sql(store, sql, see_columns, see_row, &seen);
	AUTO_FREE char *text = said(saying);

	if (done || seen.text.length)
		fail_msg("ran: %s", sql);
	assert_one_line(text, part);
	strbuf_release(&seen.text);
}

static void test_sql_writes_nothing(void **state)
{
	static const char *const bad[] = {
		"DELETE FROM process",
		"UPDATE process SET pid = 1",
		"INSERT INTO run VALUES (5, 'x', 1)",
		"DROP TABLE process",
		"CREATE TABLE t (a)",
		"CREATE TEMP TABLE t (a)",
		"ATTACH 'other' AS other",
		"DETACH main",
		"VACUUM",
		"VACUUM INTO 'copy'",
		"REINDEX",
		"ANALYZE",
		"BEGIN",
		"SAVEPOINT s",
		"PRAGMA user_version = 5",
		"PRAGMA query_only = OFF",
		"PRAGMA journal_mode = WAL",
		"PRAGMA writable_schema = ON",
		"PRAGMA wal_checkpoint",
		"PRAGMA optimize",
		"SELECT load_extension('x')",
		"WITH a AS (SELECT 1) DELETE FROM process",
		"EXPLAIN DELETE FROM process",
	};
	struct store *stores[2];

	(void)state;
	make_database();
	stores[0] = store_open_read("db");
	stores[1] = store_open_write("db");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (size_t j = 0; j < 2; j++)
			assert_sql_refused(stores[j], bad[i], "only statements that read");
	assert_sql_refused(stores[0], "SELECT 1; SELECT 2", "one by one");
	assert_sql_refused(stores[0], "SELECT 1; DELETE FROM process", "one by one");
	assert_sql_refused(stores[0], "", "no statement");
	assert_sql_refused(stores[0], " -- nothing\n", "no statement");
	assert_sql_refused(stores[0], "SELEKT", "syntax error");
	assert_sql_refused(stores[0], "SELECT nosuch FROM process", "no such column");
	store_close(stores[0]);
	store_close(stores[1]);
	assert_false(exists("other") || exists("copy"));
	assert_answer("SELECT count(*) FROM process", "1");
	assert_answer("PRAGMA user_version", "2");
}

/* Use everything that reads; whether it succeeds does not matter here. */
static void read_everything(const char *path)
{
	struct process_filter filter = {.run = -1};
	struct process_row *rows;
	struct store *store = store_open_read(path);
	size_t count;

	if (!store)
		return;
	if (store_processes(store, &filter, &rows, &count)) {
		for (size_t i = 0; i < count; i++) {
			struct seen seen = {0, 1000, STRBUF_INIT};
			struct binding_filter all = {
				.from = NONE, .to = NONE, .bound = BOUND_OR_NOT};
			struct why_bound_request anything = {.symbol = "*", .internal = true};
			struct why_bound_answers answers = {0};
			struct recording rec;

			if (store_load(store, rows[i].id, &rec)) {
				store_bindings(store, &rec, &all, see_binding, &seen);
				why_bound_find(store, &rec, &anything, &answers);
			}
			why_bound_answers_release(&answers);
			recording_release(&rec);
			strbuf_release(&seen.text);
		}
		process_rows_free(rows, count);
	}
	store_close(store);
}

/* Values that no ingest writes. */
static void test_strange_values(void **state)
{
	static const char *const changes[] = {
		"UPDATE object SET kind = 'alien', reason = 'whim', reason_object = 999, "
		"reason_call = -5, reason_search = 1e300, number = -number, opened_seq = 'x'",
		"UPDATE search SET origin = 'moon', outcome = '', requester = 12345, request = 77, "
		"stack = 4444, rule = x'00ff', result = 'text', tried = x''",
		"UPDATE call SET kind = 'open', caller_object = 77, parent_call = 88, result = 99, "
		"seq = -9223372036854775808, result_known_by = 'guess', stack = 0",
		"UPDATE stack_frame SET object = 31337, line = -1, file = 5, stack = stack",
		"UPDATE process SET argv = '{\"a\": [', end_kind = 'much too long for that field', "
		"pid = 1e18, run = 55, parent = 66, complete = 'yes'",
		"UPDATE process SET argv = '[1, null, \"a\", [\"b\"]]'",
		"UPDATE process SET argv = '[\"\\u0000\"]', spool_uuid = 'short'",
		"UPDATE binding_row SET from_object = -1, to_object = 1e9, kind = 'x', count = -1",
		"UPDATE binding_row SET symbol = 12345",
		"UPDATE segment SET position = 0, object = 1; UPDATE needed SET object = 3",
		"UPDATE object SET process = 2; UPDATE stack SET process = 2",
		"DELETE FROM object",
		"DELETE FROM run",
		"DROP TABLE segment",
		"DROP TABLE binding_row",
		"ALTER TABLE search RENAME COLUMN tried TO tired",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct saying saying;
		AUTO_FREE char *sql =
			xasprintf("PRAGMA ignore_check_constraints = ON; %s", changes[i]);

		unlink("db");
		make_database();
		change(sql);
		saying = begin_listening();
		read_everything("db");
		free(said(saying));
	}
}

/* Bytes of the file overwritten at random, and the file cut: an error, or what can be read. */
static void test_damaged_files(void **state)
{
	unsigned char *bytes;
	struct stat st;
	uint64_t random = 88172645463325252u;
	int fd;

	(void)state;
	make_database();
	assert_int_equal(stat("db", &st), 0);
	bytes = xmalloc((size_t)st.st_size);
	fd = open("db", O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	for (int i = 0; i < 400; i++) {
		struct saying saying;
		size_t length = (size_t)st.st_size;

		fd = open("damaged", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (i % 8 == 0)
			length = length * (size_t)i / 400;
		assert_int_equal(write(fd, bytes, length), length);
		for (int j = 0; j < 1 + i % 20; j++) {
			unsigned char byte;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			byte = (unsigned char)(random >> 32);
			if (length)
				assert_int_equal(
					pwrite(fd, &byte, 1, (off_t)((random & 0xffffff) % length)),
					1);
		}
		close(fd);
		saying = begin_listening();
		read_everything("damaged");
		free(said(saying));
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_not_a_database),
		directory_test(test_other_versions),
		directory_test(test_writing_to_an_empty_file),
		directory_test(test_reading_changes_nothing),
		directory_test(test_read_only_file_system),
		directory_test(test_processes),
		directory_test(test_load_gives_back_what_was_recorded),
		directory_test(test_bindings),
		directory_test(test_sql_reads),
		directory_test(test_sql_writes_nothing),
		directory_test(test_strange_values),
		directory_test(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
