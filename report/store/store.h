/*
 * store.h - the database: taking spools in, reading recordings back.
 *
 * The schema is schema.sql.  Functions that can fail for reasons outside this program (I/O, a
 * database that is none) print one line and return false or NULL; the caller exits EXIT_DATABASE.
 */
#ifndef PLUGREPORT_STORE_H
#define PLUGREPORT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model/recording.h"

struct store;

/*
 * Open the database at `path`.  For reading it must exist and be ours (application_id and
 * user_version are checked); for writing it is created with mode 0600 where it does not exist.
 * Messages name the path and what to do.  NULL after a message.
 */
struct store *store_open_read(const char *path);
struct store *store_open_write(const char *path);
void store_close(struct store *store);

/* What store_ingest() did. */
struct ingest_result {
	size_t taken;   /* finished spools taken in and removed */
	size_t live;    /* spools of running processes, taken in as far as they go */
	size_t already; /* spools that were in the database before: removed */
	size_t busy;    /* spools that another plugreport was taking in */
	size_t failed; /* spools that could not be read: left where they are, each with a message */
	uint64_t rows; /* rows written */
};

struct ingest_options {
	const char *const *spools; /* these files first, waiting for another ingest that has them */
	size_t spool_count;
	bool only_these; /* do not look for other spools beside the database */
	bool live;       /* read spools of running processes too */
	/* Without `live`: called for each spool of a running process, perhaps twice, with the uuids
	 * (hex) of the process and its run. */
	void (*left_running)(const char *uuid, const char *run_uuid, void *data);
	void *left_running_data;
	bool quiet; /* no message for spools that could not be read */
	/* Wait status of the process with this pid (the newest image of the newest run), from
	 * `record`; pid 0: none. */
	int wait_pid;
	int wait_status;
};

/*
 * Take in the spools beside `db_path` (<db_path>.*.spool).  Each is one transaction, and is removed
 * only after the commit is on disk; a spool that was taken in before adds nothing.  Any number of
 * processes may do this at once.  The database is created when there is at least one spool.
 * False after a message when the database can't be written.
 */
bool store_ingest(const char *db_path, const struct ingest_options *options,
		  struct ingest_result *ret_result);

/* True when there is at least one spool beside `db_path`. */
bool store_has_spools(const char *db_path);

/*
 * True when one of the spools beside the open database has something that is not in it.  The spool
 * of a process that still runs, or is in execve, stays where it is after it was taken in.
 */
bool store_lacks_spools(struct store *store);

/* Which processes a command is about. */
struct process_filter {
	int64_t run; /* row id; 0: the newest; -1: all */
	int pid;     /* 0: all */
};

struct process_row {
	int64_t id, run, parent; /* parent 0: none */
	int pid, ppid, parent_pid;
	char *exe, *argv, *cwd, *glibc; /* argv: JSON array */
	char begin_kind[8], end_kind[8];
	uint64_t started_ns, ended_ns;
	bool has_wait_status;
	int wait_status;
	uint64_t lost_events, lost_stacks, torn_records, damaged_at;
	uint32_t lost_reason;
	bool complete;
	uint64_t objects, searches, calls, bindings; /* numbers of rows */
	uint64_t missing_children;                   /* forks whose child is not in the database */
};

/* The matching processes, oldest first; free with process_rows_free().  False after a message. */
bool store_processes(struct store *store, const struct process_filter *filter,
		     struct process_row **ret_rows, size_t *ret_count);
void process_rows_free(struct process_row *rows, size_t count);
/* Free what one row owns. */
void process_row_release(struct process_row *row);

/* Load one process image; `rec` is initialised by this call.  False after a message. */
bool store_load(struct store *store, int64_t process_id, struct recording *rec);

struct binding_row {
	int64_t id;
	uint64_t seq;
	int from, to;                                 /* objects of the recording, or NONE */
	const char *symbol, *version, *kind, *source; /* valid during the callback */
	uint64_t address, count;
	uint32_t flags;
	int type, bind, visibility; /* STT_*, STB_*, STV_* of the definition */
	bool bound; /* false: a lazy slot that was never called, or an undefined weak reference */
	bool internal; /* ld.so's own look-up */
};

struct binding_filter {
	const char *symbol; /* name or glob, mangled; NULL: any */
	const char *kind;   /* NULL: any */
	int from, to;       /* objects of the recording; NONE: any */
	enum { BOUND_ONLY, UNBOUND_ONLY, BOUND_OR_NOT } bound;
};

/* Call `each` for the process's bindings in order of seq until it returns false.  False after a
 * message. */
bool store_bindings(struct store *store, const struct recording *rec,
		    const struct binding_filter *filter,
		    bool (*each)(const struct binding_row *row, void *data), void *data);

/* The seq of the process's last event, bindings included, goes to ret_seq.  False after a message.
 */
bool store_last_seq(struct store *store, const struct recording *rec, uint64_t *ret_seq);

/* Call `each` for the names of all definitions that the process's references were bound to, and of
 * what was not bound; a name may come more than once.  False after a message. */
bool store_symbol_names(struct store *store, const struct recording *rec,
			void (*each)(const char *name, void *data), void *data);

/* One cell of an SQL result. */
struct sql_value {
	enum { SQL_NULL, SQL_INTEGER, SQL_REAL, SQL_TEXT, SQL_BLOB } type;
	int64_t integer;
	double real;
	const char *bytes; /* text or blob, valid during the callback */
	size_t length;
};

/*
 * Run one statement that only reads (others are refused).  `columns` (may be NULL) is called once,
 * then `row` for each row until it returns false.  False after a message.
 */
bool store_sql(struct store *store, const char *sql,
	       void (*columns)(const char *const *names, size_t count, void *data),
	       bool (*row)(const struct sql_value *values, size_t count, void *data), void *data);

/* Did the last store_sql() fail because of what the statement says, and not of the database? */
bool store_sql_is_wrong(const struct store *store);

/* Path the store was opened with, and facts about the file for `info`. */
const char *store_path(const struct store *store);

#endif
