/*
 * write.c - one process: what it replaces, what it is linked to; and the transaction around many.
 */
#include "report/store/write.h"

/* Ids above this are not ours, and too near to the end of what fits. */
#define ID_MAX (INT64_MAX / 2)

/* What the database holds of this spool already. */
struct former {
	int64_t id; /* 0: nothing */
	bool complete, has_wait_status;
	int64_t wait_status;
	uint64_t spool_bytes, lost_events, lost_stacks;
};

static void find_former(struct rows *rows, const char *spool_uuid, struct former *ret_former)
{
	sqlite3_stmt *stmt = rows_query(rows, SQL_FIND_PROCESS, CELLS(text(spool_uuid)));

	*ret_former = (struct former){0};
	if (!stmt)
		return;
	ret_former->id = sqlite3_column_int64(stmt, 0);
	ret_former->complete = sqlite3_column_int(stmt, 2) != 0;
	ret_former->spool_bytes = (uint64_t)sqlite3_column_int64(stmt, 3);
	ret_former->lost_events = (uint64_t)sqlite3_column_int64(stmt, 4);
	ret_former->lost_stacks = (uint64_t)sqlite3_column_int64(stmt, 5);
	ret_former->has_wait_status = sqlite3_column_type(stmt, 6) != SQLITE_NULL;
	ret_former->wait_status = sqlite3_column_int64(stmt, 6);
	sqlite3_reset(stmt);
}

bool write_has_finished(struct rows *rows, const char *spool_uuid)
{
	struct former former;

	find_former(rows, spool_uuid, &former);
	return former.complete;
}

/* The id that a table's next row gets; the transaction keeps others from taking it. */
static bool next_id(struct rows *rows, enum statement last, int64_t *ret_id)
{
	sqlite3_stmt *stmt = rows_query(rows, last, NULL, 0);
	int64_t id;

	if (!stmt)
		return false;
	id = sqlite3_column_int64(stmt, 0); /* NULL, of an empty table, reads as 0 */
	sqlite3_reset(stmt);
	if (id < 0 || id > ID_MAX) {
		rows->error = SQLITE_CORRUPT;
		return false;
	}
	*ret_id = id + 1;
	return true;
}

static bool choose_ids(struct rows *rows, struct recording *rec, struct first_ids *ret_ids)
{
	if (!rec->process_id && !next_id(rows, SQL_LAST_PROCESS, &rec->process_id))
		return false;
	return next_id(rows, SQL_LAST_OBJECT, &ret_ids->object) &&
	       next_id(rows, SQL_LAST_SEARCH, &ret_ids->search) &&
	       next_id(rows, SQL_LAST_CALL, &ret_ids->call) &&
	       next_id(rows, SQL_LAST_STACK, &ret_ids->stack) &&
	       next_id(rows, SQL_LAST_SYMBOL, &ret_ids->symbol) &&
	       next_id(rows, SQL_LAST_BINDING, &ret_ids->binding);
}

static bool delete_former(struct rows *rows, int64_t id)
{
	for (int i = SQL_DELETE_FIRST; i <= SQL_DELETE_LAST; i++)
		if (!rows_run(rows, (enum statement)i, CELLS(integer(id))))
			return false;
	return true;
}

static bool link_run(struct rows *rows, struct recording *rec)
{
	sqlite3_stmt *stmt;

	if (!rows_run(rows, SQL_PUT_RUN, CELLS(text(rec->run_uuid), bits(rec->started_ns))))
		return false;
	stmt = rows_query(rows, SQL_FIND_RUN, CELLS(text(rec->run_uuid)));
	if (!stmt)
		return false;
	rec->run_id = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return true;
}

/* The parent, when it was taken in before; and if this image followed it in the same process by
 * execve, that is how the parent ended. */
static bool link_parent(struct rows *rows, struct recording *rec)
{
	sqlite3_stmt *stmt;
	int pid;

	if (!*rec->parent_uuid)
		return true;
	stmt = rows_query(rows, SQL_FIND_PROCESS, CELLS(text(rec->parent_uuid)));
	if (!stmt)
		return rows->error == 0;
	rec->parent_id = sqlite3_column_int64(stmt, 0);
	pid = sqlite3_column_int(stmt, 1);
	sqlite3_reset(stmt);
	if (pid != rec->pid || strcmp(rec->begin_kind, "exec") != 0)
		return true;
	return rows_run(rows, SQL_END_BY_EXEC,
			CELLS(bits(rec->started_ns), integer(rec->parent_id)));
}

/* The same seen from the parent: the images that name it may have been taken in before it. */
static bool link_children(struct rows *rows, struct recording *rec)
{
	sqlite3_stmt *stmt = rows_query(rows, SQL_FIND_EXECUTED,
					CELLS(text(rec->spool_uuid), integer(rec->pid)));

	if (!stmt)
		return false;
	if (sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
		memcpy(rec->end_kind, "exec", sizeof("exec"));
		rec->ended_ns = (uint64_t)sqlite3_column_int64(stmt, 0);
	}
	sqlite3_reset(stmt);
	return rows_run(rows, SQL_ADOPT_CHILDREN,
			CELLS(integer(rec->process_id), text(rec->spool_uuid)));
}

/* argv as a JSON array; bytes that are not UTF-8 become U+FFFD. */
static char *argv_json(const struct recording *rec)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	strbuf_addch(&sb, '[');
	for (size_t i = 0; i < rec->argc; i++) {
		const unsigned char *p = (const unsigned char *)rec->argv[i];
		size_t left = strlen(rec->argv[i]);

		strbuf_addstr(&sb, i ? ",\"" : "\"");
		while (left) {
			uint32_t code;
			size_t n = utf8_decode(p, left, &code);

			if (n == 0) {
				strbuf_addstr(&sb, "\xef\xbf\xbd");
				n = 1;
			} else if (code < 0x20 || code == 0x7f) {
				strbuf_addf(&sb, "\\u%04x", code);
			} else {
				if (code == '"' || code == '\\')
					strbuf_addch(&sb, '\\');
				strbuf_add(&sb, p, n);
			}
			p += n;
			left -= n;
		}
		strbuf_addch(&sb, '"');
	}
	strbuf_addch(&sb, ']');
	return strbuf_detach(&sb);
}

static struct cell first_id(size_t count, int64_t first)
{
	return count ? integer(first) : (struct cell){CELL_NULL, 0, NULL};
}

static struct cell last_id(size_t count, int64_t first)
{
	return first_id(count, first + (int64_t)count - 1);
}

static bool put_process(struct rows *rows, const struct recording *rec, const struct extent *extent)
{
	AUTO_FREE char *argv = argv_json(rec);
	struct cell wait_status = {CELL_NULL, 0, NULL};

	if (rec->has_wait_status)
		wait_status = integer(rec->wait_status);
	return rows_put(
		rows, SQL_PUT_PROCESS,
		CELLS(integer(rec->process_id), integer(rec->run_id), text(rec->spool_uuid),
		      integer(rec->pid), integer(rec->ppid),
		      bits_unless_zero((uint64_t)rec->parent_id),
		      text(*rec->parent_uuid ? rec->parent_uuid : NULL),
		      bits_unless_zero(rec->parent_seq), text(rec->begin_kind), text(rec->exe),
		      text(argv), text(rec->cwd), integer(rec->uid), integer(rec->gid),
		      text(rec->glibc), text(rec->platform), integer(rec->machine),
		      integer(rec->audit_version), text(rec->module), bits(rec->started_ns),
		      bits_unless_zero(rec->ended_ns), text(rec->end_kind), wait_status,
		      bits(rec->lost_events), bits(rec->lost_stacks), integer(rec->lost_reason),
		      bits(rec->torn_records), bits_unless_zero(rec->damaged_at),
		      bits(rec->spool_bytes), integer(rec->complete),
		      first_id(extent->symbols, extent->first_symbol),
		      last_id(extent->symbols, extent->first_symbol),
		      first_id(extent->bindings, extent->first_binding),
		      last_id(extent->bindings, extent->first_binding), bits(extent->bound)));
}

bool write_process_row(struct rows *rows, struct recording *rec, const struct extent *extent)
{
	return link_run(rows, rec) && link_parent(rows, rec) && link_children(rows, rec) &&
	       put_process(rows, rec, extent);
}

static bool write_all(struct rows *rows, struct contents *contents, const struct former *former)
{
	struct recording *rec = &contents->rec;
	struct extent extent;
	struct first_ids ids;

	rec->process_id = former->id;
	rec->has_wait_status = former->has_wait_status;
	rec->wait_status = (int)former->wait_status;
	if ((former->id && !delete_former(rows, former->id)) || !choose_ids(rows, rec, &ids))
		return false;
	extent = extent_of(contents, &ids);
	return write_process_row(rows, rec, &extent) && write_parts(rows, contents, &ids);
}

/* Nothing new came since this running process was read last, or somebody else read further. */
static bool is_old_news(const struct recording *rec, const struct former *former)
{
	return former->id && !rec->complete &&
	       (rec->spool_bytes < former->spool_bytes ||
		(rec->spool_bytes == former->spool_bytes &&
		 rec->lost_events == former->lost_events &&
		 rec->lost_stacks == former->lost_stacks));
}

/* Errors that are about the contents and not about the database. */
static bool is_refusal(int code)
{
	return (code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_TOOBIG ||
	       (code & 0xff) == SQLITE_MISMATCH;
}

static enum write_result write_spool(struct rows *rows, struct contents *contents)
{
	struct former former;

	find_former(rows, contents->rec.spool_uuid, &former);
	if (former.complete)
		return WRITE_ALREADY;
	if (is_old_news(&contents->rec, &former))
		return WRITE_UNCHANGED;
	if (!rows->error && write_all(rows, contents, &former))
		return WRITE_DONE;
	return is_refusal(rows->error) ? WRITE_REFUSED : WRITE_FAILED;
}

/* Whether this works goes unsaid: what led here was said. */
static void roll_back(struct rows *rows)
{
	rows->begun_writing = false;
	if (!sqlite3_get_autocommit(rows->store->db))
		rows_run(rows, SQL_ROLLBACK, NULL, 0);
}

/*
 * Without memory or with a full disk SQLite undoes a whole transaction, the spools that were
 * written before included, whichever statement it was that failed, a SELECT even.  Nobody may then
 * begin another one and take all for written.
 */
static bool is_undone(const struct rows *rows)
{
	return rows->begun_writing && sqlite3_get_autocommit(rows->store->db);
}

/* Have a transaction. */
static bool begin(struct rows *rows)
{
	if (rows->begun_writing)
		return !is_undone(rows);
	rows->begun_writing = rows_run(rows, SQL_BEGIN, NULL, 0);
	return rows->begun_writing;
}

enum write_result write_process(struct rows *rows, struct contents *contents)
{
	uint64_t before = rows->written;
	enum write_result result = WRITE_FAILED;

	rows->error = 0;
	if (begin(rows) && rows_run(rows, SQL_BEGIN_SPOOL, NULL, 0))
		result = write_spool(rows, contents);
	if (result == WRITE_DONE && rows_run(rows, SQL_COMMIT_SPOOL, NULL, 0))
		return WRITE_DONE;
	rows->written = before;
	if (result != WRITE_FAILED && result != WRITE_DONE &&
	    rows_run(rows, SQL_ROLLBACK_SPOOL, NULL, 0) &&
	    rows_run(rows, SQL_COMMIT_SPOOL, NULL, 0))
		return result;
	store_complain(rows->store, "written");
	roll_back(rows);
	return WRITE_FAILED;
}

bool write_commit(struct rows *rows)
{
	rows->error = 0;
	if (!rows->begun_writing)
		return true;
	if (!is_undone(rows) && rows_run(rows, SQL_COMMIT, NULL, 0)) {
		rows->begun_writing = false;
		return true;
	}
	store_complain(rows->store, "written");
	roll_back(rows);
	return false;
}

bool write_wait_status(struct rows *rows, int pid, int wait_status)
{
	rows->error = 0;
	if (rows_run(rows, SQL_SET_WAIT_STATUS, CELLS(integer(pid), integer(wait_status))))
		return true;
	store_complain(rows->store, "written");
	return false;
}
