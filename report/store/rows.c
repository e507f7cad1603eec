/*
 * rows.c - the SQL that ingest consists of.
 */
#include "report/store/rows.h"

/* Look at the clock, to show progress, after so many rows. */
#define PROGRESS_ROWS 4096

/* The rows of process ?1 in a table where they have consecutive ids. */
#define IDS_OF(table)                                                         \
	"id BETWEEN (SELECT first_" table " FROM process WHERE id = ?1) AND " \
	"(SELECT last_" table " FROM process WHERE id = ?1)"

static const char *const texts[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_BEGIN_SPOOL] = "SAVEPOINT spool",
	[SQL_COMMIT_SPOOL] = "RELEASE spool",
	[SQL_ROLLBACK_SPOOL] = "ROLLBACK TO spool",
	[SQL_FIND_PROCESS] =
		"SELECT id, pid, complete, spool_bytes, lost_events, lost_stacks, wait_status "
		"FROM process WHERE spool_uuid = ?",
	[SQL_FIND_RUN] = "SELECT id FROM run WHERE uuid = ?",
	[SQL_PUT_RUN] = "INSERT INTO run (uuid, started_ns) VALUES (?, ?) ON CONFLICT (uuid) "
			"DO UPDATE SET started_ns = min(started_ns, excluded.started_ns)",
	[SQL_FIND_EXECUTED] = "SELECT min(started_ns) FROM process "
			      "WHERE parent_uuid = ? AND pid = ? AND begin_kind = 'exec'",
	[SQL_ADOPT_CHILDREN] = "UPDATE process SET parent = ? WHERE parent_uuid = ?",
	[SQL_END_BY_EXEC] = "UPDATE process SET end_kind = 'exec', ended_ns = ? "
			    "WHERE id = ? AND end_kind <> 'exec'",
	/* The program that `record` started is the newest image with its pid.  Older ones had the
	 * number before; those got their status when they ended. */
	[SQL_SET_WAIT_STATUS] =
		"UPDATE process SET wait_status = ?2 WHERE wait_status IS NULL AND id = "
		"(SELECT id FROM process WHERE pid = ?1 AND end_kind <> 'running' "
		"ORDER BY started_ns DESC, id DESC LIMIT 1)",
	[SQL_LAST_PROCESS] = "SELECT max(id) FROM process",
	[SQL_LAST_OBJECT] = "SELECT max(id) FROM object",
	[SQL_LAST_SEARCH] = "SELECT max(id) FROM search",
	[SQL_LAST_CALL] = "SELECT max(id) FROM call",
	[SQL_LAST_STACK] = "SELECT max(id) FROM stack",
	[SQL_LAST_SYMBOL] = "SELECT max(id) FROM symbol",
	[SQL_LAST_BINDING] = "SELECT max(id) FROM binding_row",
	[SQL_DELETE_FRAMES] =
		"DELETE FROM stack_frame WHERE stack IN (SELECT id FROM stack WHERE process = ?)",
	[SQL_DELETE_SEGMENTS] =
		"DELETE FROM segment WHERE object IN (SELECT id FROM object WHERE process = ?)",
	[SQL_DELETE_NEEDED] =
		"DELETE FROM needed WHERE object IN (SELECT id FROM object WHERE process = ?)",
	[SQL_DELETE_ENVIRONMENT] = "DELETE FROM environment WHERE process = ?",
	[SQL_DELETE_SEARCHES] = "DELETE FROM search WHERE process = ?",
	[SQL_DELETE_CALLS] = "DELETE FROM call WHERE process = ?",
	[SQL_DELETE_STACKS] = "DELETE FROM stack WHERE process = ?",
	[SQL_DELETE_BINDINGS] = "DELETE FROM binding_row WHERE process = ?1 AND " IDS_OF("binding"),
	[SQL_DELETE_SYMBOLS] = "DELETE FROM symbol WHERE process = ?1 AND " IDS_OF("symbol"),
	[SQL_DELETE_ACTIVITIES] = "DELETE FROM activity WHERE process = ?",
	[SQL_DELETE_FORKS] = "DELETE FROM fork WHERE process = ?",
	[SQL_DELETE_OBJECTS] = "DELETE FROM object WHERE process = ?",
	[SQL_DELETE_PROCESS] = "DELETE FROM process WHERE id = ?",
	[SQL_PUT_PROCESS] =
		"INSERT INTO process (id, run, spool_uuid, pid, ppid, parent, parent_uuid, "
		"parent_seq, begin_kind, exe, argv, cwd, uid, gid, glibc, platform, machine, "
		"audit_version, module, started_ns, ended_ns, end_kind, wait_status, lost_events, "
		"lost_stacks, lost_reason, torn_records, damaged_at, spool_bytes, complete, "
		"first_symbol, last_symbol, first_binding, last_binding, bindings) VALUES "
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_ENVIRONMENT] = "INSERT INTO environment (process, name, value) VALUES (?, ?, ?)",
	[SQL_PUT_OBJECT] =
		"INSERT INTO object (id, process, number, namespace, kind, path, real_path, "
		"soname, "
		"build_id, dev, ino, file_size, mtime_ns, link_map, load_address, map_start, "
		"map_end, dynamic, rpath, runpath, flags, flags_1, elf_flags, inherited, "
		"opened_seq, opened_ns, opened_tid, closed_seq, closed_ns, reason, reason_object, "
		"reason_call, reason_search) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_SEGMENT] = "INSERT INTO segment (object, position, type, flags, vaddr, memsz, "
			    "offset) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_NEEDED] =
		"INSERT INTO needed (object, position, name, resolved) VALUES (?, ?, ?, ?)",
	[SQL_PUT_STACK] = "INSERT INTO stack (id, process, flags) VALUES (?, ?, ?)",
	[SQL_PUT_FRAME] = "INSERT INTO stack_frame (stack, depth, address, object, offset, "
			  "function, function_offset, file, line, inlined) "
			  "SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM plugreport_feed",
	[SQL_PUT_SEARCH] = "INSERT INTO search (id, process, seq, time_ns, tid, requester, "
			   "request, name, origin, rule, owner, tried, root, outcome, result, "
			   "stack) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_CALL] = "INSERT INTO call (id, process, seq, time_ns, tid, kind, caller_object, "
			 "caller_offset, name, version, flags, handle, namespace, parent_call, "
			 "result, result_known_by, outcome, inside_seq, inside_ns, returned_seq, "
			 "returned_ns, stack) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
			 "?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_ACTIVITY] = "INSERT INTO activity (process, seq, time_ns, tid, kind, object, "
			     "namespace) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_FORK] = "INSERT INTO fork (process, seq, time_ns, tid) VALUES (?, ?, ?, ?)",
	[SQL_PUT_SYMBOL] =
		"INSERT INTO symbol (process, object, number, name, version, defined, "
		"value, size, type, bind, visibility, hidden_version) "
		"SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 FROM plugreport_feed",
	[SQL_PUT_BINDING] =
		"INSERT INTO binding_row (process, seq, from_object, to_object, "
		"symbol, version, kind, source, address, count, flags, internal) "
		"SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 FROM plugreport_feed",
};

void rows_release(struct rows *rows)
{
	for (size_t i = 0; i < SQL_STATEMENTS; i++) {
		sqlite3_finalize(rows->statements[i]);
		rows->statements[i] = NULL;
	}
}

static bool fail(struct rows *rows, int code)
{
	if (!rows->error)
		rows->error = code;
	return false;
}

/* Prepare `sql` into *place unless that was done before. */
static sqlite3_stmt *prepare(struct rows *rows, sqlite3_stmt **place, const char *sql, size_t count)
{
	int code;

	if (*place)
		return *place;
	code = sqlite3_prepare_v3(rows->store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, place, NULL);
	if (code != SQLITE_OK)
		fail(rows, code);
	else if ((size_t)sqlite3_bind_parameter_count(*place) != count)
		BUG("%zu cells for: %s", count, sql);
	return *place;
}

static bool bind(struct rows *rows, sqlite3_stmt *stmt, const struct cell *cells, size_t count)
{
	int code = SQLITE_OK;

	for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
		int at = (int)i + 1;

		switch (cells[i].kind) {
		case CELL_INTEGER:
			code = sqlite3_bind_int64(stmt, at, cells[i].integer);
			break;
		case CELL_TEXT: /* NULL binds NULL */
			code = sqlite3_bind_text(stmt, at, cells[i].text, -1, SQLITE_STATIC);
			break;
		case CELL_NULL:
			code = sqlite3_bind_null(stmt, at);
			break;
		}
	}
	return code == SQLITE_OK || fail(rows, code);
}

static bool run(struct rows *rows, sqlite3_stmt *stmt, const struct cell *cells, size_t count)
{
	int code;

	if (!stmt || !bind(rows, stmt, cells, count))
		return false;
	code = sqlite3_step(stmt);
	if (code != SQLITE_DONE)
		fail(rows, code);
	sqlite3_reset(stmt);
	return code == SQLITE_DONE;
}

bool rows_run(struct rows *rows, enum statement which, const struct cell *cells, size_t count)
{
	return run(rows, prepare(rows, &rows->statements[which], texts[which], count), cells,
		   count);
}

static void count_row(struct rows *rows)
{
	rows->written++;
	if (rows->written % PROGRESS_ROWS == 0)
		progress_show(rows->progress, rows->written - rows->begun, rows->expected);
}

bool rows_put(struct rows *rows, enum statement which, const struct cell *cells, size_t count)
{
	if (!rows_run(rows, which, cells, count))
		return false;
	count_row(rows);
	return true;
}

/* A row of what is being put; told so that progress shows within one statement. */
static void put_next(void *data, size_t index, struct cell *ret_cells)
{
	struct rows *rows = data;

	rows->putting->row(rows->putting->data, index, ret_cells);
	count_row(rows);
}

bool rows_put_all(struct rows *rows, enum statement which, const struct feed *feed)
{
	struct feed counted = {feed->count, put_next, rows};
	bool done;

	if (!rows->knows_feed && !feed_register(rows->store->db, &rows->feed))
		return fail(rows, sqlite3_errcode(rows->store->db));
	rows->knows_feed = true;
	rows->putting = feed;
	rows->feed = &counted;
	done = rows_run(rows, which, NULL, 0);
	rows->feed = NULL;
	rows->putting = NULL;
	return done;
}

sqlite3_stmt *rows_query(struct rows *rows, enum statement which, const struct cell *cells,
			 size_t count)
{
	sqlite3_stmt *stmt = prepare(rows, &rows->statements[which], texts[which], count);
	int code;

	if (!stmt || !bind(rows, stmt, cells, count))
		return NULL;
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		return stmt;
	if (code != SQLITE_DONE)
		fail(rows, code);
	sqlite3_reset(stmt);
	return NULL;
}
