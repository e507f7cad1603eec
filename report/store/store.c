/*
 * store.c - opening and closing the database, and what goes wrong with it.
 *
 * The database uses a rollback journal: a file that is read and never written needs no other file
 * beside it, so it can lie on a read-only file system, and be copied as one file.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/store/guard.h"
#include "report/store/owner.h"
#include "report/store/schema.h"
#include "report/store/store_internal.h"

/* What to do about an SQLite error, by its primary code. */
static const char *hint_for(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return "; make room, then run 'plugreport ingest'";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "; another program keeps it locked, try again when it is done";
	case SQLITE_CORRUPT:
		return "; save what can be read with 'sqlite3 FILE .recover'";
	case SQLITE_NOTADB:
		return "; name a database of plugaudit with -d";
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return "; check the permissions of the file and of its directory";
	case SQLITE_ERROR:
		return "; it is damaged or was changed by another program";
	default:
		return "";
	}
}

void store_complain(const struct store *store, const char *doing)
{
	int code = sqlite3_extended_errcode(store->db);
	struct stat st;

	if (store->quiet)
		return;
	/* One that came after it was opened: guard.h. */
	if ((code & 0xff) == SQLITE_CANTOPEN && stat(store->path, &st) == 0 &&
	    !owner_has_journals(store->path, st.st_uid))
		return;
	if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY) {
		warn("%s: can't be read: a write to it was interrupted and has to be undone first; "
		     "run 'plugreport ingest' where it is writable",
		     store->path);
		return;
	}
	if (code == SQLITE_OK) /* SQLite found nothing wrong, we did */
		code = SQLITE_CORRUPT;
	warn("%s: can't be %s: %s%s", store->path, doing,
	     code == sqlite3_extended_errcode(store->db) ? sqlite3_errmsg(store->db)
							 : sqlite3_errstr(code),
	     hint_for(code));
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) == SQLITE_OK)
		return stmt;
	store_complain(store, "read");
	return NULL;
}

bool store_step(struct store *store, sqlite3_stmt *stmt, bool *failed)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE) {
		store_complain(store, "read");
		*failed = true;
	}
	return false;
}

void cleanup_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}

/*
 * Wait for whoever has the database.  With hundreds of writers SQLite's own growing pauses let some
 * starve, so they are short here, and differ from process to process.
 */
static int wait_while_busy(void *data, int count)
{
	struct timespec pause = {0, 0};

	(void)data;
	if (count >= STORE_BUSY_MS / 10)
		return 0;
	pause.tv_nsec = 5000000 + (long)((unsigned)(getpid() * 7919 + count * 104729) % 10000000u);
	nanosleep(&pause, NULL);
	return 1;
}

/*
 * The absolute path without symbolic links in its directories, so that SQLITE_OPEN_NOFOLLOW is
 * about the file alone, and no name means something else to SQLite (":memory:", "file:...").  NULL
 * after a message.  (Of what is only read, check_file() resolves the file's own name too.)
 */
static char *resolve(const char *path)
{
	const char *name = base_name(path);
	AUTO_FREE char *directory = xstrndup(path, (size_t)(name - path));
	AUTO_FREE char *real = realpath(*directory ? directory : ".", NULL);

	if (!real) {
		warn("%s: %s; name another file with -d or $PLUGAUDIT_DB", path, strerror(errno));
		return NULL;
	}
	return xasprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
}

/* The file that is meant, by lstat(); for reading a symbolic link's target. */
static bool find_file(const char *path, bool for_writing, char **ret_real, struct stat *ret_st)
{
	/* The journals are beside the target too, so from here on only its name is used. */
	*ret_real = for_writing ? xstrdup(path) : realpath(path, NULL);
	return *ret_real && lstat(*ret_real, ret_st) == 0;
}

/* Refuse what can't be a database, with messages better than SQLite's.  The path that SQLite is to
 * open, which the caller frees; NULL after a message. */
static char *check_file(const char *path, bool for_writing)
{
	AUTO_FREE char *real = NULL;
	struct stat st;

	if (!find_file(path, for_writing, &real, &st)) {
		if (errno == ENOENT && for_writing)
			return resolve(path);
		if (errno == ENOENT)
			warn("%s: no such database; make one with 'plugreport record -- COMMAND' "
			     "or "
			     "LD_AUDIT=libplugaudit.so COMMAND, or name another with -d",
			     path);
		else
			warn("%s: %s; name another database with -d", path, strerror(errno));
		return NULL;
	}
	if (S_ISLNK(st.st_mode)) {
		warn("%s: is a symbolic link, and those are not followed for writing; "
		     "name the file itself",
		     path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		warn("%s: is %s; name a database file with -d", path,
		     S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
		return NULL;
	}
	if (st.st_size == 0 && !for_writing) {
		warn("%s: is empty, nothing was recorded in it; run 'plugreport record -- COMMAND' "
		     "or name another with -d",
		     path);
		return NULL;
	}
	if ((for_writing && !owner_may_write(path, &st)) || !owner_has_journals(real, st.st_uid))
		return NULL;
	return resolve(real);
}

/* One integer that a statement gives; false when it failed (without a message). */
static bool read_integer(sqlite3 *db, const char *sql, int64_t *ret_value)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		return false;
	*ret_value = sqlite3_column_int64(stmt, 0);
	return true;
}

enum identity { IDENTITY_OURS, IDENTITY_EMPTY, IDENTITY_REFUSED };

/* Whose database is it?  Prints why it is refused. */
static enum identity identify(const struct store *store)
{
	int64_t application, version, tables;
	/* One snapshot of all three: another process may be laying down the schema. */
	bool began = sqlite3_get_autocommit(store->db) &&
		     sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
	bool read = read_integer(store->db, "PRAGMA application_id", &application) &&
		    read_integer(store->db, "PRAGMA user_version", &version) &&
		    read_integer(store->db, "SELECT count(*) FROM sqlite_master", &tables);

	if (!read)
		store_complain(store, "read");
	if (began)
		sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	if (!read)
		return IDENTITY_REFUSED;
	if (application == 0 && version == 0 && tables == 0)
		return IDENTITY_EMPTY;
	if (application != STORE_APPLICATION_ID) {
		warn("%s: is a database of another program; name one of plugaudit with -d",
		     store->path);
		return IDENTITY_REFUSED;
	}
	if (version != STORE_USER_VERSION) {
		warn("%s: has schema version %lld, this plugreport reads version %d; use %s",
		     store->path, (long long)version, STORE_USER_VERSION,
		     version > STORE_USER_VERSION ? "the newer plugreport that wrote it"
						  : "the older plugreport that wrote it");
		return IDENTITY_REFUSED;
	}
	return IDENTITY_OURS;
}

/* Open the file; its contents may come from anybody, so nothing in it is trusted to run. */
static bool connect(struct store *store, const char *real, int flags)
{
	int code = guard_open(real, &store->db,
			      flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE |
				      SQLITE_OPEN_NOMUTEX);

	if (!store->db)
		die(EXIT_DATABASE, "out of memory");
	if (code != SQLITE_OK) {
		store_complain(store, "opened");
		return false;
	}
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_handler(store->db, wait_while_busy, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_exec(store->db, "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON", NULL, NULL,
		     NULL);
	return true;
}

static struct store *store_new(const char *path)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->path = xstrdup(path);
	return store;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	symbol_cache_close(store);
	sqlite3_close_v2(store->db);
	free(store->path);
	free(store);
}

static void cleanup_store(struct store **store)
{
	store_close(*store);
}
#define AUTO_STORE __attribute__((cleanup(cleanup_store)))

/*
 * A writer that was killed leaves a journal, and until it is rolled back the file's contents are
 * neither the old nor the new ones.  Only a connection that may write can do that; it restores what
 * was there before and changes nothing else.
 */
static bool undo_interrupted_write(const char *path, const char *real)
{
	sqlite3 *db = NULL;
	int64_t ignored;
	struct stat st;

	if (lstat(real, &st) == 0 && st.st_uid != geteuid()) {
		warn("%s: user %u was interrupted while writing it; have that user run a command "
		     "of "
		     "plugreport on it first",
		     path, st.st_uid);
		return false;
	}
	if (guard_open(real, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW) == SQLITE_OK) {
		sqlite3_busy_handler(db, wait_while_busy, NULL);
		read_integer(db, "SELECT count(*) FROM sqlite_master", &ignored);
	}
	sqlite3_close(db);
	return true;
}

static bool has_interrupted_write(const struct store *store)
{
	int64_t ignored;

	if (read_integer(store->db, "SELECT count(*) FROM sqlite_master", &ignored))
		return false;
	return (sqlite3_errcode(store->db) & 0xff) == SQLITE_READONLY ||
	       (sqlite3_errcode(store->db) & 0xff) == SQLITE_CANTOPEN;
}

struct store *store_open_read(const char *path)
{
	AUTO_STORE struct store *store = store_new(path);
	AUTO_FREE char *real = NULL;
	struct store *opened;

	if (!(real = check_file(path, false)) || !connect(store, real, SQLITE_OPEN_READONLY))
		return NULL;
	if (has_interrupted_write(store) && !undo_interrupted_write(path, real))
		return NULL;
	switch (identify(store)) {
	case IDENTITY_EMPTY:
		warn("%s: is empty, nothing was recorded in it; run 'plugreport record -- COMMAND' "
		     "or "
		     "name another with -d",
		     path);
		return NULL;
	case IDENTITY_REFUSED:
		return NULL;
	case IDENTITY_OURS:
		break;
	}
	sqlite3_exec(store->db, "PRAGMA query_only = ON", NULL, NULL, NULL);
	opened = store;
	store = NULL;
	return opened;
}

/* Make the file exist with a mode that keeps others out, whatever the umask says. */
static bool create_file(const char *path, const char *real)
{
	int fd = open(real, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST) {
		warn("%s: can't be created: %s; name another file with -d or $PLUGAUDIT_DB", path,
		     strerror(errno));
		return false;
	}
	return true;
}

/* Lay down the schema unless another process was faster. */
static bool make_ours(struct store *store)
{
	enum identity identity;
	bool done = true;

	if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
		store_complain(store, "written");
		return false;
	}
	identity = identify(store);
	if (identity == IDENTITY_EMPTY)
		done = sqlite3_exec(store->db, store_schema, NULL, NULL, NULL) == SQLITE_OK;
	if (identity != IDENTITY_REFUSED && done)
		done = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	if (!done)
		store_complain(store, "written");
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return done && identity != IDENTITY_REFUSED;
}

struct store *store_open_write(const char *path)
{
	AUTO_STORE struct store *store = store_new(path);
	AUTO_FREE char *real = NULL;
	struct store *opened;

	if (!(real = check_file(path, true)) || !create_file(path, real) ||
	    !connect(store, real, SQLITE_OPEN_READWRITE))
		return NULL;
	/* All words that ingest writes are constants of its own; checking them row by row takes as
	 * long as writing the rows.  (PRAGMA integrity_check does it afterwards.) */
	sqlite3_exec(store->db,
		     "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; "
		     "PRAGMA ignore_check_constraints = ON",
		     NULL, NULL, NULL);
	switch (identify(store)) {
	case IDENTITY_EMPTY:
		if (!make_ours(store))
			return NULL;
		break;
	case IDENTITY_REFUSED:
		return NULL;
	case IDENTITY_OURS:
		break;
	}
	opened = store;
	store = NULL;
	return opened;
}

/* A new file, which nobody else has. */
static bool create_new_file(const char *path, const char *real)
{
	int fd = open(real, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0) {
		warn("%s: can't be created: %s; name another file", path, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static bool copy_pages(struct store *to, const struct store *from)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");

	if (backup) {
		sqlite3_backup_step(backup, -1);
		if (sqlite3_backup_finish(backup) == SQLITE_OK)
			return true;
	}
	store_complain(to, "written");
	return false;
}

struct store *store_copy(const struct store *store, const char *path)
{
	AUTO_STORE struct store *copy = store_new(path);
	AUTO_FREE char *real = resolve(path);
	struct store *opened;

	if (!real || !create_new_file(path, real))
		return NULL;
	if (!connect(copy, real, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW) ||
	    !copy_pages(copy, store)) {
		unlink(real);
		return NULL;
	}
	opened = copy;
	copy = NULL;
	return opened;
}

sqlite3 *store_connect_for_cache(const struct store *store)
{
	AUTO_FREE char *real = resolve(store->path);
	sqlite3 *db = NULL;
	struct stat st;

	if (!real || lstat(store->path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || access(real, W_OK) != 0)
		return NULL;
	if (guard_open(real, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW) == SQLITE_OK) {
		/* Who writes now has something better to write. */
		sqlite3_busy_timeout(db, 100);
		sqlite3_exec(db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
		return db;
	}
	sqlite3_close_v2(db);
	return NULL;
}

struct store *store_open_private(const char *path)
{
	AUTO_STORE struct store *store = store_new(path);
	AUTO_FREE char *real = resolve(path);
	struct store *opened;

	store->quiet = true;
	if (!real || !connect(store, real, SQLITE_OPEN_READWRITE))
		return NULL;
	/* Ours from its first byte on.  A defensive connection would keep its journal. */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	if (sqlite3_exec(store->db,
			 "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; "
			 "PRAGMA synchronous = OFF; PRAGMA cache_size = -2048; "
			 "PRAGMA ignore_check_constraints = ON",
			 NULL, NULL, NULL) != SQLITE_OK)
		return NULL;
	opened = store;
	store = NULL;
	return opened;
}

const char *store_path(const struct store *store)
{
	return store->path;
}
