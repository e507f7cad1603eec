/*
 * Databases that somebody changed, or damaged.
 *
 * An input that begins as SQLite's files do is one.  Any other is a script of changes to a small
 * database, in which no column has a constraint any more: rows that contradict each other, values
 * of the wrong type, compressed parts with other contents, bytes of the file.
 */
#include "tests/fuzz/fuzz.h"

#include <sqlite3.h>
#include <unistd.h>
#include <zlib.h>

#include "report/store/store.h"
#include "report/store/symbol_blob.h"
#include "tests/fuzz/spools.h"

#define CHANGES_MAX 64

struct column {
	char *name;
	bool is_key; /* INTEGER PRIMARY KEY */
};

struct table {
	char *name;
	struct column *columns;
	size_t count, room;
	int64_t rows;
};

static struct table *tables;
static size_t table_count, table_room;

static unsigned char *base; /* the file's bytes */
static size_t base_size;

/* --- the database that scripts change --- */

static void execute(sqlite3 *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		BUG("%s: %s", sql, message);
}

static sqlite3 *open_file(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		BUG("%s: %s", path, sqlite3_errmsg(db));
	/* What is lost when this machine stops is nothing. */
	execute(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; "
		    "PRAGMA ignore_check_constraints = ON");
	return db;
}

static void read_base(void)
{
	AUTO_STRBUF struct strbuf bytes = STRBUF_INIT;
	AUTO_FCLOSE FILE *file = fopen("base", "re");
	char buffer[4096];
	size_t n;

	while (file && (n = fread(buffer, 1, sizeof(buffer), file)))
		strbuf_add(&bytes, buffer, n);
	base_size = bytes.length;
	base = (unsigned char *)strbuf_detach(&bytes);
}

static void find_columns(sqlite3 *db, struct table *table)
{
	AUTO_FREE char *sql = xasprintf("PRAGMA table_info(%s)", table->name);
	AUTO_FREE char *counting = xasprintf("SELECT count(*) FROM %s", table->name);
	sqlite3_stmt *stmt;

	sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		*GROW(table->columns, table->count, table->room) =
			(struct column){xstrdup((const char *)sqlite3_column_text(stmt, 1)),
					sqlite3_column_int(stmt, 5) != 0};
	sqlite3_finalize(stmt);
	sqlite3_prepare_v2(db, counting, -1, &stmt, NULL);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		table->rows = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
}

static void find_tables(sqlite3 *db)
{
	sqlite3_stmt *stmt;

	sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
			   -1, &stmt, NULL);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		GROW(tables, table_count, table_room)->name =
			xstrdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	for (size_t i = 0; i < table_count; i++)
		find_columns(db, &tables[i]);
}

/* A symbol table of the file with the build-id that the builder gives all objects. */
static void add_symbol_table(sqlite3 *db)
{
	static char strings[] = "\0x_run\0plugin_init\0X_1.0\0";
	static struct dynamic_symbol symbols[] = {
		{.name = strings + 1,
		 .number = 7,
		 .versym = 2,
		 .type = 2,
		 .bind = 1,
		 .version = strings + 19,
		 .defined = true,
		 .value = 0x107,
		 .size = 16},
		{.name = strings + 7, .number = 3, .type = 2, .bind = 1},
	};
	static struct symbol_version versions[] = {{.name = strings + 19, .index = 2}};
	struct symbol_table table = {.source = SYMBOLS_FILE,
				     .versioned = true,
				     .gnu_hash = true,
				     .symbols = symbols,
				     .count = ARRAY_SIZE(symbols),
				     .versions = versions,
				     .version_count = ARRAY_SIZE(versions),
				     .strings = strings,
				     .string_bytes = sizeof(strings)};
	struct name_filter definitions = {0}, references = {0};
	size_t length, inflated;
	AUTO_FREE unsigned char *blob = symbol_blob_encode(&table, &length, &inflated);
	sqlite3_stmt *stmt;

	name_filter_fill(&definitions, &table, true);
	name_filter_fill(&references, &table, false);
	sqlite3_prepare_v2(db, "INSERT INTO symbol_table VALUES ('dead00be', 2, ?, ?, ?, ?)", -1,
			   &stmt, NULL);
	sqlite3_bind_blob(stmt, 1, definitions.words, (int)definitions.count * 8, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 2, references.words, (int)references.count * 8, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, (sqlite3_int64)inflated);
	sqlite3_bind_blob(stmt, 4, blob, (int)length, SQLITE_STATIC);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		BUG("%s", sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
	name_filter_release(&definitions);
	name_filter_release(&references);
}

/* And an extract: an ELF header with nothing behind it. */
static void add_extract(sqlite3 *db)
{
	static const struct {
		uint32_t format, ranges;
		uint64_t size, offset, length;
		unsigned char bytes[64];
	} contents = {1, 1, 64, 0, 64, "\177ELF\2\1\1"};
	uLongf length = compressBound(sizeof(contents));
	AUTO_FREE unsigned char *bytes = xmalloc(length);
	sqlite3_stmt *stmt;

	compress2(bytes, &length, (const unsigned char *)&contents, sizeof(contents), 9);
	sqlite3_prepare_v2(db, "INSERT INTO file_extract VALUES ('dead00be', ?, ?)", -1, &stmt,
			   NULL);
	sqlite3_bind_int64(stmt, 1, sizeof(contents));
	sqlite3_bind_blob(stmt, 2, bytes, (int)length, SQLITE_STATIC);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		BUG("%s", sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
}

static void loosen(void)
{
	sqlite3 *db = open_file("base");

	execute(db, "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = "
		    "replace(replace(sql, ' NOT NULL', ''), ' UNIQUE', '') "
		    "WHERE type = 'table' AND sql NOT LIKE '%UNIQUE (%' AND name NOT IN "
		    "('run', 'process', 'symbol_table', 'file_extract')");
	execute(db, "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') "
		    "WHERE type = 'table'");
	sqlite3_close(db);
	db = open_file("base");
	add_symbol_table(db);
	add_extract(db);
	find_tables(db);
	sqlite3_close(db);
}

static void save_spool(size_t which, const char *path)
{
	struct spool_builder b;

	fuzz_spool(&b, which);
	sb_save(&b, path);
	sb_release(&b);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const size_t spools[] = {0, 2, 3, 4};

	(void)argc;
	(void)argv;
	fuzz_enter_directory();
	save_spool(1, "spool");
	if (!fuzz_ingest("other", "spool"))
		BUG("no database to compare with");
	for (size_t i = 0; i < ARRAY_SIZE(spools); i++) {
		save_spool(spools[i], "spool");
		if (!fuzz_ingest("base", "spool"))
			BUG("no database to begin with");
	}
	loosen();
	read_base();
	return 0;
}

/* --- scripts --- */

struct script {
	const uint8_t *at;
	size_t left;
};

/* 0 behind its end. */
static uint64_t take(struct script *script, size_t bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < bytes && script->left; i++, script->at++, script->left--)
		number |= (uint64_t)*script->at << 8 * i;
	return number;
}

/* A cell: an existing column of a table, and one of its rows. */
struct cell {
	const struct table *table;
	const struct column *column;
	int64_t row; /* the how manieth */
};

static struct cell take_cell(struct script *script)
{
	const struct table *table = &tables[take(script, 1) % table_count];
	const struct column *column = &table->columns[take(script, 1) % table->count];
	int64_t row = (int64_t)take(script, 1);

	return (struct cell){table, column, table->rows ? row % table->rows : 0};
}

static int64_t take_number(struct script *script)
{
	static const int64_t numbers[] = {0,
					  -1,
					  1,
					  2,
					  3,
					  7,
					  255,
					  4096,
					  65536,
					  131073,
					  INT32_MAX,
					  INT32_MIN,
					  UINT32_MAX,
					  INT64_MAX,
					  INT64_MIN,
					  INT64_C(1) << 32,
					  INT64_C(1) << 48};
	uint64_t kind = take(script, 1);

	return kind < 128 ? numbers[kind % ARRAY_SIZE(numbers)] : (int64_t)take(script, 8);
}

/* SQL about a cell: T stands for its table, C for its column, ROW for the rowid of its row. */
static char *about(const char *pattern, const struct cell *cell)
{
	struct strbuf sql = STRBUF_INIT;

	while (*pattern) {
		if (strncmp(pattern, "ROW", 3) == 0) {
			strbuf_addf(&sql, "(SELECT rowid FROM %s LIMIT 1 OFFSET %lld)",
				    cell->table->name, (long long)cell->row);
			pattern += 3;
			continue;
		}
		if (strncmp(pattern, "T ", 2) == 0)
			strbuf_addstr(&sql, cell->table->name);
		else if (strncmp(pattern, "C ", 2) == 0)
			strbuf_addstr(&sql, cell->column->name);
		else {
			size_t length = strcspn(pattern, " ");

			strbuf_add(&sql, pattern, length);
			pattern += length;
			strbuf_add(&sql, pattern, strspn(pattern, " "));
			pattern += strspn(pattern, " ");
			continue;
		}
		pattern++;
	}
	return strbuf_detach(&sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *pattern, const struct cell *cell)
{
	AUTO_FREE char *sql = about(pattern, cell);
	sqlite3_stmt *stmt = NULL;

	sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	return stmt;
}

#define UPDATE    "UPDATE T SET C = ?1 WHERE rowid = ROW"
#define SELECT_IT "SELECT C FROM T WHERE rowid = ROW"

static void set_text(sqlite3 *db, struct script *script, bool blob)
{
	struct cell cell = take_cell(script);
	size_t times = 1, length = take(script, 1);
	AUTO_STRBUF struct strbuf value = STRBUF_INIT;
	sqlite3_stmt *stmt = prepare(db, UPDATE, &cell);

	if (length > 250) {
		times = 10000;
		length = take(script, 1) % 16;
	}
	if (length > script->left)
		length = script->left;
	for (size_t i = 0; i < times; i++)
		strbuf_add(&value, script->at, length);
	script->at += length;
	script->left -= length;
	if (blob)
		sqlite3_bind_blob(stmt, 1, value.s, (int)value.length, SQLITE_TRANSIENT);
	else
		sqlite3_bind_text(stmt, 1, value.s, (int)value.length, SQLITE_TRANSIENT);
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

static void set_number(sqlite3 *db, struct script *script)
{
	struct cell cell = take_cell(script);
	sqlite3_stmt *stmt = prepare(db, UPDATE, &cell);

	sqlite3_bind_int64(stmt, 1, take_number(script));
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

static void set_nothing(sqlite3 *db, struct script *script)
{
	struct cell cell = take_cell(script);
	sqlite3_stmt *stmt = prepare(db, UPDATE, &cell);

	if (take(script, 1) % 2)
		sqlite3_bind_double(stmt, 1, 1e300);
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

static void copy_cell(sqlite3 *db, struct script *script)
{
	struct cell from = take_cell(script), to = take_cell(script);
	sqlite3_stmt *get = prepare(db, SELECT_IT, &from), *put = prepare(db, UPDATE, &to);

	if (sqlite3_step(get) == SQLITE_ROW) {
		sqlite3_bind_value(put, 1, sqlite3_column_value(get, 0));
		sqlite3_step(put);
	}
	sqlite3_finalize(get);
	sqlite3_finalize(put);
}

static void delete_row(sqlite3 *db, struct script *script)
{
	struct cell cell = take_cell(script);
	sqlite3_stmt *stmt = prepare(db, "DELETE FROM T WHERE rowid = ROW", &cell);

	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

/* The row once more, with another key. */
static void double_row(sqlite3 *db, struct script *script)
{
	struct cell cell = take_cell(script);
	AUTO_STRBUF struct strbuf pattern = STRBUF_INIT;
	sqlite3_stmt *stmt;

	strbuf_addstr(&pattern, "INSERT INTO T SELECT ");
	for (size_t i = 0; i < cell.table->count; i++) {
		const struct column *column = &cell.table->columns[i];

		strbuf_addf(&pattern, "%s%s", i ? ", " : "",
			    column->is_key && strcmp(column->name, "id") == 0 ? "NULL"
									      : column->name);
	}
	strbuf_addstr(&pattern, " FROM T WHERE rowid = ROW");
	stmt = prepare(db, pattern.s, &cell);
	sqlite3_step(stmt);
	sqlite3_finalize(stmt);
}

/* Other bytes in what is compressed. */
static void change_inside(sqlite3 *db, struct script *script)
{
	struct cell cell = take_cell(script);
	size_t offset = take(script, 2), length = take(script, 1) % 32;
	sqlite3_stmt *get = prepare(db, SELECT_IT, &cell), *put = prepare(db, UPDATE, &cell);
	unsigned char contents[8192], packed[8192 + 256];
	uLongf size = sizeof(contents), packed_size = sizeof(packed);

	if (sqlite3_step(get) == SQLITE_ROW && sqlite3_column_blob(get, 0) &&
	    uncompress(contents, &size, sqlite3_column_blob(get, 0),
		       (uLong)sqlite3_column_bytes(get, 0)) == Z_OK) {
		for (size_t i = 0; i < length; i++)
			if (offset + i < size)
				contents[offset + i] = (unsigned char)take(script, 1);
		if (offset > size && offset <= sizeof(contents)) {
			memset(contents + size, 0, offset - size);
			size = offset;
		}
		compress(packed, &packed_size, contents, size);
		sqlite3_bind_blob(put, 1, packed, (int)packed_size, SQLITE_TRANSIENT);
		sqlite3_step(put);
	}
	sqlite3_finalize(get);
	sqlite3_finalize(put);
}

static void change_file(struct script *script)
{
	AUTO_FCLOSE FILE *file = fopen("db", "r+e");

	/* The rest of the script: places and bytes. */
	while (file && script->left) {
		long offset = (long)(take(script, 3) % base_size);
		int byte = (int)take(script, 1);

		if (fseek(file, offset, SEEK_SET) != 0 || fputc(byte, file) == EOF)
			break;
	}
}

/* The schema itself: a table that is another, or none. */
static void change_schema(sqlite3 *db, struct script *script)
{
	static const char *const patterns[] = {
		"DROP TABLE T ",
		"ALTER TABLE T DROP COLUMN C ",
		"ALTER TABLE T RENAME COLUMN C TO other",
		"CREATE TABLE kept AS SELECT * FROM T ; DROP TABLE T ; "
		"CREATE VIEW T AS SELECT * FROM kept UNION ALL SELECT * FROM kept",
	};
	struct cell cell = take_cell(script);
	AUTO_FREE char *sql = about(patterns[take(script, 1) % ARRAY_SIZE(patterns)], &cell);

	sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static void run_script(const uint8_t *data, size_t size)
{
	struct script script = {data, size};
	bool in_file = false;
	sqlite3 *db;

	fuzz_write_file("db", base, base_size);
	db = open_file("db");
	execute(db, "BEGIN");
	for (size_t i = 0; i < CHANGES_MAX && script.left && !in_file; i++) {
		switch (take(&script, 1) % 16) {
		case 0:
		case 1:
		case 2:
			set_number(db, &script);
			break;
		case 3:
		case 4:
			set_text(db, &script, false);
			break;
		case 5:
			set_text(db, &script, true);
			break;
		case 6:
		case 7:
			set_nothing(db, &script);
			break;
		case 8:
		case 9:
			copy_cell(db, &script);
			break;
		case 10:
			delete_row(db, &script);
			break;
		case 11:
			double_row(db, &script);
			break;
		case 12:
		case 13:
			change_inside(db, &script);
			break;
		case 14:
			change_schema(db, &script);
			break;
		default:
			in_file = true;
			break;
		}
	}
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	if (in_file)
		change_file(&script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char magic[] = "SQLite format 3";

	unlink("db-journal");
	if (size >= sizeof(magic) && memcmp(data, magic, sizeof(magic)) == 0)
		fuzz_write_file("db", data, size);
	else
		run_script(data, size);
	fuzz_questions("db", "other", fuzz_hash(data, size));
	return 0;
}
