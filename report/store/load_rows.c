/*
 * load_rows.c - lists of processes and of bindings out of the database.
 */
#include "report/store/load.h"

static void take_word(sqlite3_stmt *stmt, int at, char *ret_word, size_t room)
{
	const char *s = (const char *)sqlite3_column_text(stmt, at);

	snprintf(ret_word, room, "%s", s ? s : "");
}

static void take_process_row(sqlite3_stmt *stmt, struct process_row *row)
{
	row->id = sqlite3_column_int64(stmt, 0);
	row->run = sqlite3_column_int64(stmt, 1);
	row->parent = sqlite3_column_int64(stmt, 2);
	row->pid = sqlite3_column_int(stmt, 3);
	row->ppid = sqlite3_column_int(stmt, 4);
	row->exe = column_string(stmt, 5);
	row->argv = column_string(stmt, 6);
	row->cwd = column_string(stmt, 7);
	row->glibc = column_string(stmt, 8);
	take_word(stmt, 9, row->begin_kind, sizeof(row->begin_kind));
	take_word(stmt, 10, row->end_kind, sizeof(row->end_kind));
	row->started_ns = (uint64_t)sqlite3_column_int64(stmt, 11);
	row->ended_ns = (uint64_t)sqlite3_column_int64(stmt, 12);
	row->has_wait_status = sqlite3_column_type(stmt, 13) == SQLITE_INTEGER;
	row->wait_status = sqlite3_column_int(stmt, 13);
	row->lost_events = (uint64_t)sqlite3_column_int64(stmt, 14);
	row->lost_stacks = (uint64_t)sqlite3_column_int64(stmt, 15);
	row->torn_records = (uint64_t)sqlite3_column_int64(stmt, 16);
	row->damaged_at = (uint64_t)sqlite3_column_int64(stmt, 17);
	row->lost_reason = (uint32_t)sqlite3_column_int64(stmt, 18);
	row->complete = sqlite3_column_int(stmt, 19) != 0;
	row->objects = (uint64_t)sqlite3_column_int64(stmt, 20);
	row->searches = (uint64_t)sqlite3_column_int64(stmt, 21);
	row->calls = (uint64_t)sqlite3_column_int64(stmt, 22);
	row->bindings = (uint64_t)sqlite3_column_int64(stmt, 23);
	row->missing_children = (uint64_t)sqlite3_column_int64(stmt, 24);
	row->parent_pid = sqlite3_column_int(stmt, 25);
}

bool store_processes(struct store *store, const struct process_filter *filter,
		     struct process_row **ret_rows, size_t *ret_count)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = store_prepare_for(
		store,
		"SELECT p.id, p.run, p.parent, p.pid, p.ppid, p.exe, p.argv, p.cwd, p.glibc, "
		"p.begin_kind, p.end_kind, p.started_ns, p.ended_ns, p.wait_status, "
		"p.lost_events, p.lost_stacks, p.torn_records, p.damaged_at, p.lost_reason, "
		"p.complete, (SELECT count(*) FROM object WHERE process = p.id), "
		"(SELECT count(*) FROM search WHERE process = p.id), "
		"(SELECT count(*) FROM call WHERE process = p.id), "
		"p.bindings, (SELECT count(*) FROM v_fork WHERE process = p.id AND child IS NULL), "
		"(SELECT pid FROM process WHERE id = p.parent) FROM process p "
		"WHERE (?1 < 0 OR p.run = CASE WHEN ?1 > 0 THEN ?1 ELSE "
		"(SELECT id FROM run ORDER BY started_ns DESC, id DESC LIMIT 1) END) "
		"AND (?2 = 0 OR p.pid = ?2) ORDER BY p.started_ns, p.id",
		filter->run);
	struct process_row *rows = NULL;
	size_t count = 0, room = 0;
	bool failed = false;

	if (!stmt)
		return false;
	sqlite3_bind_int(stmt, 2, filter->pid);
	while (store_step(store, stmt, &failed))
		take_process_row(stmt, GROW(rows, count, room));
	if (failed) {
		process_rows_free(rows, count);
		return false;
	}
	*ret_rows = rows;
	*ret_count = count;
	return true;
}

void process_row_release(struct process_row *row)
{
	free(row->exe);
	free(row->argv);
	free(row->cwd);
	free(row->glibc);
	*row = (struct process_row){0};
}

void process_rows_free(struct process_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		process_row_release(&rows[i]);
	free(rows);
}

/* A text column that is valid until the next step; "" for NULL unless that means something. */
static const char *borrow(sqlite3_stmt *stmt, int at, const char *for_null)
{
	const char *s = (const char *)sqlite3_column_text(stmt, at);

	return s ? s : for_null;
}

static void take_binding_row(sqlite3_stmt *stmt, const struct id_map *objects,
			     struct binding_row *row)
{
	row->id = sqlite3_column_int64(stmt, 0);
	row->seq = (uint64_t)sqlite3_column_int64(stmt, 1);
	row->from = id_map_column(objects, stmt, 2);
	row->to = id_map_column(objects, stmt, 3);
	row->kind = borrow(stmt, 4, "");
	row->source = borrow(stmt, 5, "");
	row->address = (uint64_t)sqlite3_column_int64(stmt, 6);
	row->count = (uint64_t)sqlite3_column_int64(stmt, 7);
	row->flags = (uint32_t)sqlite3_column_int64(stmt, 8);
	row->symbol = borrow(stmt, 9, "");
	row->version = borrow(stmt, 10, NULL);
	row->type = sqlite3_column_int(stmt, 11);
	row->bind = sqlite3_column_int(stmt, 12);
	row->visibility = sqlite3_column_int(stmt, 13);
	row->internal = sqlite3_column_int(stmt, 14) != 0;
	row->bound = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
}

/* The filter as SQL, so that rows that don't match cost little. */
static sqlite3_stmt *prepare_bindings(struct store *store, const struct recording *rec,
				      const struct binding_filter *filter)
{
	AUTO_STRBUF struct strbuf sql = STRBUF_INIT;
	sqlite3_stmt *stmt;

	strbuf_addstr(
		&sql,
		"SELECT b.id, b.seq, b.from_object, b.to_object, b.kind, b.source, "
		"b.address, b.count, b.flags, s.name, b.version, s.type, s.bind, "
		"s.visibility, b.internal FROM binding b CROSS JOIN symbol s ON s.id = b.symbol "
		"WHERE b.process = ?1");
	if (filter->symbol)
		strbuf_addf(&sql,
			    " AND b.symbol IN (SELECT id FROM symbol WHERE id BETWEEN "
			    "(SELECT first_symbol FROM process WHERE id = ?1) AND "
			    "(SELECT last_symbol FROM process WHERE id = ?1) AND name %s ?2)",
			    is_glob(filter->symbol) ? "GLOB" : "=");
	if (filter->kind)
		strbuf_addstr(&sql, " AND b.kind = ?3");
	if (filter->from != NONE)
		strbuf_addstr(&sql, " AND b.from_object = ?4");
	if (filter->to != NONE)
		strbuf_addstr(&sql, " AND b.to_object = ?5");
	if (filter->bound == BOUND_ONLY)
		strbuf_addstr(&sql, " AND b.to_object IS NOT NULL");
	else if (filter->bound == UNBOUND_ONLY)
		strbuf_addstr(&sql, " AND b.to_object IS NULL");
	strbuf_addstr(&sql, " ORDER BY b.id");
	stmt = store_prepare_for(store, sql.s, rec->process_id);
	if (!stmt)
		return NULL;
	if (filter->symbol)
		sqlite3_bind_text(stmt, 2, filter->symbol, -1, SQLITE_STATIC);
	if (filter->kind)
		sqlite3_bind_text(stmt, 3, filter->kind, -1, SQLITE_STATIC);
	if (filter->from != NONE)
		sqlite3_bind_int64(stmt, 4, rec->objects[filter->from].id);
	if (filter->to != NONE)
		sqlite3_bind_int64(stmt, 5, rec->objects[filter->to].id);
	return stmt;
}

bool store_bindings(struct store *store, const struct recording *rec,
		    const struct binding_filter *filter,
		    bool (*each)(const struct binding_row *row, void *data), void *data)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = prepare_bindings(store, rec, filter);
	AUTO_ID_MAP struct id_map objects = {NULL, 0, 0};
	struct binding_row row;
	bool failed = false;

	if (!stmt)
		return false;
	for (size_t i = 0; i < rec->object_count; i++)
		id_map_add(&objects, rec->objects[i].id, (int)i);
	id_map_sort(&objects);
	while (store_step(store, stmt, &failed)) {
		take_binding_row(stmt, &objects, &row);
		if (!each(&row, data))
			break;
	}
	return !failed;
}

static void raise_to(uint64_t *seq, uint64_t other)
{
	if (other > *seq)
		*seq = other;
}

bool store_last_seq(struct store *store, const struct recording *rec, uint64_t *ret_seq)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		store_prepare_for(store,
				  "SELECT max(seq) FROM binding_row WHERE id = "
				  "(SELECT last_binding FROM process WHERE id = ?)",
				  rec->process_id);
	bool failed = false;

	*ret_seq = 0;
	if (stmt && store_step(store, stmt, &failed))
		raise_to(ret_seq, (uint64_t)sqlite3_column_int64(stmt, 0));
	for (size_t i = 0; i < rec->object_count; i++) {
		raise_to(ret_seq, rec->objects[i].opened_seq);
		raise_to(ret_seq, rec->objects[i].closed_seq);
	}
	if (rec->search_count)
		raise_to(ret_seq, rec->searches[rec->search_count - 1].seq);
	if (rec->call_count)
		raise_to(ret_seq, rec->calls[rec->call_count - 1].seq);
	if (rec->activity_count)
		raise_to(ret_seq, rec->activities[rec->activity_count - 1].seq);
	return stmt && !failed;
}

bool store_symbol_names(struct store *store, const struct recording *rec,
			void (*each)(const char *name, void *data), void *data)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = store_prepare_for(
		store,
		"SELECT name FROM symbol WHERE id BETWEEN (SELECT first_symbol FROM process WHERE "
		"id = ?1) AND (SELECT last_symbol FROM process WHERE id = ?1)",
		rec->process_id);
	bool failed = false;

	while (stmt && store_step(store, stmt, &failed))
		each(borrow(stmt, 0, ""), data);
	return stmt && !failed;
}
