/* Symbol tables of a recording's objects: from files, kept in the database, from bindings. */
#include "tests/unit/store_test.h"

#include "report/store/symbol_tables.h"

/* A database with one process; its object 1 is ./libx.so, which is compiled now; 2 has no file. */
static void make_recording(const char *flags)
{
	AUTO_FREE char *command = xasprintf(
		"echo 'int f(void) { return 1; } int g(void); int h(void) { return g(); }' | "
		"${CC:-gcc} -shared -fPIC -nostdlib %s -x c - -o libx.so",
		flags);
	AUTO_FREE char *sql = NULL;
	struct stat st;

	assert_int_equal(system(command), 0);
	assert_int_equal(stat("libx.so", &st), 0);
	if (!exists("db"))
		store_close(store_open_write("db"));
	sql = xasprintf(
		"INSERT INTO run VALUES (1, 'u', 1);"
		"INSERT INTO process (id, run, spool_uuid, pid, ppid, begin_kind, argv, uid, gid, "
		"machine, audit_version, started_ns, end_kind, lost_events, lost_stacks, "
		"lost_reason, torn_records, spool_bytes, complete, first_symbol, "
		"last_symbol, bindings) VALUES (1, 1, 'u', 42, 1, "
		"'start', '[]', 0, 0, 62, 2, 1, 'exit', 0, 0, 0, 0, 0, 1, 1, 3, 0);"
		"INSERT INTO object (id, process, number, namespace, kind, path, dev, ino, "
		"file_size, mtime_ns, link_map, load_address, dynamic, flags, flags_1, elf_flags, "
		"inherited, opened_seq, opened_ns, opened_tid) VALUES (1, 1, 1, 0, 'library', "
		"'./libx.so', %llu, %llu, %llu, %llu, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1), "
		"(2, 1, 2, 0, 'vdso', 'linux-vdso.so.1', NULL, NULL, NULL, NULL, 2, 0, 0, 0, 0, "
		"32, 0, 2, 1, 1);"
		"INSERT INTO symbol (process, object, number, name, version, defined, value, size, "
		"type, bind, visibility, hidden_version) VALUES "
		"(1, 1, 7, 'f', NULL, 1, 4096, 6, 2, 1, 0, 0), "
		"(1, 2, 3, 'clock', 'LINUX_2.6', 1, 99, 6, 2, 2, 0, 0), "
		"(1, 2, 4, 'hidden', 'LINUX_2.6', 1, 98, 6, 2, 2, 0, 1), "
		"(1, 1, 2, 'g', NULL, 0, 0, 0, 0, 1, 0, 0)",
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		(unsigned long long)st.st_size,
		(unsigned long long)st.st_mtim.tv_sec * 1000000000u +
			(unsigned long long)st.st_mtim.tv_nsec);
	change(sql);
}

struct opened {
	struct store *store;
	struct recording rec;
};

static struct opened open_recording(void)
{
	struct opened o = {.store = store_open_read("db")};

	assert_non_null(o.store);
	assert_true(store_load(o.store, 1, &o.rec));
	return o;
}

/* What table the object has, where from, and whether it defines f and h. */
static void expect_table(int object, const char *source, bool f, bool h, const char *note)
{
	struct opened o = open_recording();
	const struct symbol_table *table;
	struct symbol_provider *symbols = symbol_tables_open(o.store, &o.rec);
	const char *got;

	assert_true(!f || symbols_may_define(symbols, object, symbol_hash("f")));
	assert_true(!h || symbols_may_define(symbols, object, symbol_hash("h")));
	table = symbols_of(symbols, object);
	got = symbol_tables_note(symbols, object);
	assert_string_equal(got ? got : "", note);
	assert_string_equal(symbols_source_name(table ? table->source : SYMBOLS_NONE), source);
	assert_true(table == symbols_of(symbols, object));
	assert_int_equal(table && symbol_table_first(table, "f") >= 0, f);
	assert_int_equal(table && symbol_table_first(table, "h") >= 0, h);
	if (!note[0]) {
		assert_false(symbols_may_define(symbols, object, symbol_hash("nobody has this")));
		assert_true(symbols_may_refer(symbols, object, symbol_hash("g")));
		assert_false(symbols_may_refer(symbols, object, symbol_hash("f")));
	}
	symbol_tables_close(symbols);
	recording_release(&o.rec);
	store_close(o.store);
}

static void test_file_then_cache(void **state)
{
	(void)state;
	make_recording("-Wl,--build-id=none");
	assert_answer("SELECT count(*) FROM symbol_table", "0");
	expect_table(0, "file", true, true, "");
	assert_answer("SELECT count(*) || ' ' || min(symbols) FROM symbol_table", "1 3");
	expect_table(0, "cache", true, true, "");
	/* It is not needed any more. */
	assert_int_equal(unlink("libx.so"), 0);
	expect_table(0, "cache", true, true, "");
	assert_answer("SELECT count(*) FROM symbol_table", "1");
	/* What is damaged does not count, and is written again when the file is there. */
	change("UPDATE symbol_table SET data = x'00'");
	expect_table(0, "recording", true, false, "is gone from the disk");
	change("UPDATE symbol_table SET bytes = -1");
	expect_table(0, "recording", true, false, "is gone from the disk");
	change("DELETE FROM symbol_table");
	expect_table(0, "recording", true, false, "is gone from the disk");
}

static void test_build_id(void **state)
{
	(void)state;
	make_recording("-Wl,--build-id=0xabcdef12");
	change("UPDATE object SET build_id = 'abcdef12' WHERE id = 1");
	/* Another inode and time, but the same file. */
	assert_int_equal(system("cp libx.so copy && mv copy libx.so"), 0);
	expect_table(0, "file", true, true, "");
	assert_answer("SELECT file FROM symbol_table", "abcdef12");
	change("DELETE FROM symbol_table; UPDATE object SET build_id = '00' WHERE id = 1");
	expect_table(0, "recording", true, false, "is another file on the disk by now");
	assert_answer("SELECT count(*) FROM symbol_table", "0");
}

static void test_damaged_row_is_replaced(void **state)
{
	(void)state;
	make_recording("");
	expect_table(0, "file", true, true, "");
	change("UPDATE symbol_table SET data = x'789c030000000001'");
	expect_table(0, "file", true, true, "");
	expect_table(0, "cache", true, true, "");
	/* A filter that is none lets all through. */
	change("UPDATE symbol_table SET definitions = x'01'");
	{
		struct opened o = open_recording();
		struct symbol_provider *symbols = symbol_tables_open(o.store, &o.rec);

		assert_true(symbols_may_define(symbols, 0, symbol_hash("nobody has this")));
		symbol_tables_close(symbols);
		recording_release(&o.rec);
		store_close(o.store);
	}
	change("DROP TABLE symbol_table");
	expect_table(0, "file", true, true, "");
}

static void test_recording(void **state)
{
	struct opened o;
	const struct symbol_table *table;
	struct symbol_provider *symbols;

	(void)state;
	make_recording("");
	o = open_recording();
	symbols = symbol_tables_open(o.store, &o.rec);
	table = symbols_of(symbols, 1);
	assert_non_null(table);
	assert_int_equal(table->source, SYMBOLS_RECORDING);
	assert_true(table->versioned);
	assert_int_equal(symbol_table_first(table, "clock"), 0);
	assert_string_equal(table->symbols[0].version, "LINUX_2.6");
	assert_false(table->symbols[0].versym & 0x8000);
	assert_true(table->symbols[symbol_table_first(table, "hidden")].versym & 0x8000);
	assert_string_equal(symbol_tables_note(symbols, 1), "has no file");
	assert_true(symbols_may_define(symbols, 1, symbol_hash("whatever")));
	assert_null(symbols_of(symbols, 2));
	assert_null(symbols_of(symbols, -1));
	symbol_tables_close(symbols);
	recording_release(&o.rec);
	store_close(o.store);
	change("DELETE FROM symbol");
	expect_table(1, "none", false, false, "has no file");
}

/* A database that can't be written is not, and nobody hears of it. */
static void test_read_only(void **state)
{
	struct saying saying;
	AUTO_FREE char *text = NULL;
	sqlite3 *db;

	(void)state;
	make_recording("");
	assert_int_equal(sqlite3_open("db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	saying = begin_listening();
	expect_table(0, "file", true, true, "");
	text = said(saying);
	assert_string_equal(text, "");
	sqlite3_close(db);
	assert_answer("SELECT count(*) FROM symbol_table", "0");
	/* Nor through a link, which writing does not follow. */
	assert_true(rename("db", "real") == 0 && symlink("real", "db") == 0);
	expect_table(0, "file", true, true, "");
	assert_answer("SELECT count(*) FROM symbol_table", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_file_then_cache),
		directory_test(test_build_id),
		directory_test(test_damaged_row_is_replaced),
		directory_test(test_recording),
		directory_test(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
