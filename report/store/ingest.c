/*
 * ingest.c - takes spools into the database.
 *
 * A spool's whole life: its process writes it; an ingest claims it, reads it into memory, writes
 * it, commits, and removes it when that is on disk.  Many spools share one commit, since most of a
 * small one's time is spent waiting for the disk.  Killed anywhere before the commit, the next
 * ingest starts over; killed between commit and removal, the next one sees by the spool's uuid that
 * nothing is left to do but to remove it.
 *
 * A database that is not there yet is made by fresh.h; should that fail, everything is read again
 * and goes the usual way, through SQLite, which also knows how to say what is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/store/fresh.h"
#include "report/store/owner.h"
#include "report/store/spool_files.h"
#include "report/store/symbolize.h"
#include "report/store/write.h"

/* One commit has no more spools (each keeps a descriptor), nor many more rows. */
#define SPOOLS_A_COMMIT 64
#define ROWS_A_COMMIT   1000000

/* A finished spool that was read, and is to go when that is on disk. */
struct read_spool {
	char *path;
	int fd; /* keeps other readers out */
	struct spool_header header;
	bool first; /* it was not in the database before */
};

/* A run of which this user's processes have spools. */
struct own_run {
	unsigned char uuid[16];
};

struct ingest {
	const char *db_path;
	const struct ingest_options *options;
	struct ingest_result *result;
	struct fresh *fresh; /* NULL: go the usual way */
	struct rows rows;    /* .store is NULL until the first spool needs the database */
	struct read_spool *read;
	size_t read_count, read_room;
	uint64_t committed;    /* rows */
	bool begun;            /* there was a spool to take in */
	bool again;            /* the fresh database came to nothing */
	bool directory_synced; /* that of the database, since the last commit */
	char **beside;         /* the spools beside the database */
	size_t beside_count;
	struct own_run *own_runs; /* root's: what own_runs_read() found */
	size_t own_run_count, own_run_room;
	bool own_runs_known;
	struct place_finder *finder;
	struct progress progress;
};

/* Open the database, in the usual way.  False after a message. */
static bool need_store(struct ingest *in)
{
	if (!in->rows.store)
		in->rows.store = store_open_write(in->db_path);
	return in->rows.store != NULL;
}

/* Have a place for what is about to be read: it is only made when there is something to put in. */
static bool need_place(struct ingest *in)
{
	if (!in->begun) {
		fresh_clean(in->db_path);
		in->fresh = fresh_new(in->db_path, &in->progress);
	}
	in->begun = true;
	return in->fresh || need_store(in);
}

static void complain(struct ingest *in, const char *path, const char *why)
{
	in->result->failed++;
	progress_clear(&in->progress);
	if (!in->options->quiet)
		warn("%s: %s", path, why);
}

static void remove_spool(struct ingest *in, int fd, const char *path)
{
	if (!spool_is_at(fd, path) || unlink(path) == 0 || errno == ENOENT || in->options->quiet)
		return;
	progress_clear(&in->progress);
	warn("%s: is in the database but can't be removed: %s; remove it", path, strerror(errno));
}

/* The directory that `path` is in. */
static char *directory_of(const char *path)
{
	size_t length = (size_t)(base_name(path) - path);

	return length ? xstrndup(path, length) : xstrdup(".");
}

/*
 * That the database has its name, or has no journal any more, is a change of its directory, like
 * the removal of a spool beside it; the disk has them in their order.  Of another directory nothing
 * such is known: before a spool is removed there, that of the database has to be on disk.
 */
static bool may_remove(struct ingest *in, const char *path)
{
	AUTO_FREE char *here = directory_of(in->db_path), *there = directory_of(path);
	AUTO_CLOSE int fd = -1;
	struct stat a, b;

	if (in->directory_synced || strcmp(here, there) == 0 ||
	    (stat(here, &a) == 0 && stat(there, &b) == 0 && a.st_dev == b.st_dev &&
	     a.st_ino == b.st_ino))
		return true;
	fd = open(here, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	in->directory_synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
	return in->directory_synced;
}

/* Let go of the spools that were read; `stored`: what they held is on disk, remove them. */
static void let_go(struct ingest *in, bool stored)
{
	in->directory_synced = false;
	for (size_t i = 0; i < in->read_count; i++) {
		struct read_spool *spool = &in->read[i];

		if (stored && !spool_may_be_looked_for(spool->fd, &spool->header, spool->first) &&
		    may_remove(in, spool->path))
			remove_spool(in, spool->fd, spool->path);
		close(spool->fd);
		free(spool->path);
	}
	in->read_count = 0;
}

static bool publish(struct ingest *in, int wait_pid)
{
	uint64_t rows = 0;

	in->again = !fresh_publish(in->fresh, wait_pid, in->options->wait_status, &rows);
	fresh_free(in->fresh);
	in->fresh = NULL;
	in->result->rows += rows;
	return !in->again;
}

/* Put on disk what was written, and remove the spools that it came from. */
static bool settle(struct ingest *in, int wait_pid)
{
	bool done = in->fresh ? publish(in, wait_pid) : write_commit(&in->rows);

	if (done)
		in->committed = in->rows.written;
	let_go(in, done);
	return done;
}

static void spool_uuid(const unsigned char uuid[16], char ret_hex[33])
{
	for (int i = 0; i < 16; i++)
		snprintf(ret_hex + 2 * (size_t)i, 3, "%02x", uuid[i]);
}

/* From the reader to memory.  False after a message. */
static bool read_contents(struct ingest *in, const char *path, struct spool_reader *reader,
			  bool live, struct contents *contents)
{
	progress_at(&in->progress, "reading", path);
	reader->progress = &in->progress;
	if (!contents_read(contents, reader, live)) {
		AUTO_FREE char *why =
			xasprintf("can't be read at offset %llu: %s; left as it is",
				  (unsigned long long)reader->offset, strerror(reader->error));

		complain(in, path, why);
		return false;
	}
	contents_infer(contents);
	if (!in->finder)
		in->finder = place_finder_new();
	place_finder_apply(in->finder, &contents->rec);
	return true;
}

static enum write_result write_contents(struct ingest *in, struct contents *contents)
{
	if (!in->fresh)
		return write_process(&in->rows, contents);
	in->again = !fresh_add(in->fresh, contents);
	return in->again ? WRITE_FAILED : WRITE_DONE;
}

/* From the reader to the database.  False when that can't be written, or all is to be done again.
 * ret_stored: the database has, or will have with the next commit, all that is in the spool. */
static bool take_in(struct ingest *in, const char *path, struct spool_reader *reader, bool live,
		    struct contents *contents, bool *ret_stored)
{
	uint64_t damaged_at;

	if (!read_contents(in, path, reader, live, contents))
		return true;
	damaged_at = contents->rec.damaged_at;
	progress_at(&in->progress, "writing", path);
	switch (write_contents(in, contents)) {
	case WRITE_DONE:
		*ret_stored = true;
		if (live)
			in->result->live++;
		else
			in->result->taken++;
		if (damaged_at && !in->options->quiet) {
			progress_clear(&in->progress);
			warn("%s: damaged at offset %llu; what is whole was taken in", path,
			     (unsigned long long)damaged_at);
		}
		return true;
	case WRITE_ALREADY:
		*ret_stored = true;
		in->result->already++;
		return true;
	case WRITE_UNCHANGED:
		in->result->live++;
		return true;
	case WRITE_REFUSED:
		complain(in, path, "what it says contradicts itself; left as it is");
		return true;
	case WRITE_FAILED:
		break;
	}
	return false;
}

/* The spool open at *fd is to go with the next commit; *fd is taken over. */
static bool keep_read(struct ingest *in, const char *path, int *fd,
		      const struct spool_header *header, bool first)
{
	*GROW(in->read, in->read_count, in->read_room) =
		(struct read_spool){xstrdup(path), *fd, *header, first};
	*fd = -1;
	return in->read_count < SPOOLS_A_COMMIT || settle(in, 0);
}

static bool take_good(struct ingest *in, const char *path, int *fd, struct spool_reader *reader,
		      bool live)
{
	struct contents contents;
	bool stored = false, first = false, done = true;
	char uuid[33];

	if (!need_place(in))
		return false;
	spool_uuid(reader->header.uuid, uuid);
	in->rows.error = 0;
	if (in->fresh ? fresh_has(in->fresh, uuid) : write_has_finished(&in->rows, uuid)) {
		in->result->already++;
		stored = true;
	} else {
		contents_init(&contents);
		done = take_in(in, path, reader, live, &contents, &stored);
		contents_release(&contents);
		first = true;
	}
	if (done && stored && !live)
		done = keep_read(in, path, fd, &reader->header, first);
	if (done && !in->fresh && in->rows.written - in->committed > ROWS_A_COMMIT)
		done = settle(in, 0);
	return done;
}

static void own_runs_read(struct ingest *in)
{
	struct spool_header header;

	in->own_runs_known = true;
	for (size_t i = 0; i < in->beside_count; i++)
		if (spool_header_of(in->beside[i], geteuid(), &header))
			memcpy(GROW(in->own_runs, in->own_run_count, in->own_run_room)->uuid,
			       header.run_uuid, sizeof(header.run_uuid));
}

/*
 * May root believe another user's spool that lies where others can put files?  When it is of a run
 * of root's own: the run's uuid is random, and only its processes and those who may read its spools
 * and the database know it.
 */
static bool is_of_own_run(void *data, const struct spool_header *header)
{
	struct ingest *in = data;
	sqlite3_stmt *stmt;
	char uuid[33];
	bool known;

	if (!in->own_runs_known)
		own_runs_read(in);
	for (size_t i = 0; i < in->own_run_count; i++)
		if (memcmp(in->own_runs[i].uuid, header->run_uuid, sizeof(header->run_uuid)) == 0)
			return true;
	if (in->fresh || access(in->db_path, F_OK) < 0 || !need_store(in))
		return false;
	spool_uuid(header->run_uuid, uuid);
	stmt = rows_query(&in->rows, SQL_FIND_RUN, CELLS(text(uuid)));
	known = stmt && sqlite3_column_int64(stmt, 0) > 0;
	if (stmt)
		sqlite3_reset(stmt);
	return known;
}

static void tell_running(struct ingest *in, int fd)
{
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;
	struct spool_reader reader;
	char uuid[33], run_uuid[33];

	if (!in->options->left_running)
		return;
	if (spool_reader_open(&reader, fd, &why) == SPOOL_GOOD) {
		spool_uuid(reader.header.uuid, uuid);
		spool_uuid(reader.header.run_uuid, run_uuid);
		in->options->left_running(uuid, run_uuid, in->options->left_running_data);
	}
	spool_reader_release(&reader);
}

/* False when the database can't be written: the other spools would fare alike. */
static bool take_spool(struct ingest *in, const char *path, bool named, spool_trust *trust)
{
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;
	AUTO_CLOSE int fd = -1;
	struct spool_reader reader;
	enum claim claim = spool_claim(path, trust, in, named, &fd);
	bool done = true;

	switch (claim) {
	case CLAIM_BUSY:
		in->result->busy++;
		return true;
	case CLAIM_GONE:
		return true;
	case CLAIM_FOREIGN:
		complain(in, path,
			 "belongs to another user; left as it is, "
			 "that user or root can take it in with 'plugreport ingest FILE'");
		return true;
	case CLAIM_FAILED:
		strbuf_addf(&why, "can't be opened: %s; left as it is", strerror(errno));
		complain(in, path, why.s);
		return true;
	case CLAIM_LIVE:
		if (!in->options->live && !named) {
			tell_running(in, fd);
			return true;
		}
		break;
	case CLAIM_FINISHED:
		break;
	}
	switch (spool_reader_open(&reader, fd, &why)) {
	case SPOOL_GOOD:
		done = take_good(in, path, &fd, &reader, claim == CLAIM_LIVE);
		break;
	case SPOOL_UNBORN:
		if (claim == CLAIM_FINISHED)
			remove_spool(in, fd, path);
		break;
	case SPOOL_BAD:
		complain(in, path, why.s);
		break;
	}
	spool_reader_release(&reader);
	return done;
}

/* Was this file, by whatever path, dealt with as one of options->spools? */
static bool was_named(const struct ingest *in, const char *path)
{
	struct stat here, named;

	if (in->options->spool_count == 0 || lstat(path, &here) < 0)
		return false;
	for (size_t i = 0; i < in->options->spool_count; i++)
		if (lstat(in->options->spools[i], &named) == 0 && here.st_dev == named.st_dev &&
		    here.st_ino == named.st_ino)
			return true;
	return false;
}

static bool take_beside(struct ingest *in)
{
	/* What others can't put there nobody has made up. */
	spool_trust *trust = owner_place_is_open(in->db_path) ? is_of_own_run : NULL;
	bool done = true;

	in->beside_count = spool_paths_find(in->db_path, SPOOL_SUFFIX, &in->beside);
	for (size_t i = 0; i < in->beside_count && done; i++) {
		in->progress.number = i + 1;
		in->progress.count = in->beside_count;
		done = was_named(in, in->beside[i]) || take_spool(in, in->beside[i], false, trust);
	}
	spool_paths_free(in->beside, in->beside_count);
	in->own_run_count = 0;
	in->own_runs_known = false;
	return done;
}

static bool take_all(struct ingest *in)
{
	const struct ingest_options *options = in->options;
	bool done = true;

	for (size_t i = 0; i < options->spool_count && done; i++)
		done = take_spool(in, options->spools[i], true, NULL);
	return done && (options->only_these || take_beside(in));
}

static bool note_wait_status(struct ingest *in)
{
	/* Another ingest may have made the database, or the program recorded nothing. */
	if (!in->rows.store && access(in->db_path, F_OK) < 0)
		return true;
	return need_store(in) &&
	       write_wait_status(&in->rows, in->options->wait_pid, in->options->wait_status);
}

static bool ingest(struct ingest *in)
{
	int wait_pid = in->options->wait_pid;

	if (!take_all(in))
		return false;
	if (in->fresh && fresh_is_empty(in->fresh)) {
		fresh_free(in->fresh);
		in->fresh = NULL;
	}
	if (!in->fresh && wait_pid && !note_wait_status(in))
		return false;
	return settle(in, wait_pid);
}

bool store_ingest(const char *db_path, const struct ingest_options *options,
		  struct ingest_result *ret_result)
{
	struct ingest in = {.db_path = db_path, .options = options, .result = ret_result};
	bool done;

	*ret_result = (struct ingest_result){0};
	in.rows.progress = &in.progress;
	progress_begin(&in.progress, !options->quiet);
	done = ingest(&in);
	fresh_free(in.fresh);
	in.fresh = NULL;
	if (in.again) {
		let_go(&in, false);
		*ret_result = (struct ingest_result){0};
		done = ingest(&in);
	}
	let_go(&in, false);
	progress_clear(&in.progress);
	ret_result->rows += in.rows.written;
	rows_release(&in.rows);
	store_close(in.rows.store);
	place_finder_free(in.finder);
	free(in.own_runs);
	free(in.read);
	return done;
}

bool store_has_spools(const char *db_path)
{
	char **paths;
	size_t count = spool_paths_find(db_path, SPOOL_SUFFIX, &paths);

	spool_paths_free(paths, count);
	return count > 0;
}

/* Is what the spool at `path` has in the database?  A spool with nothing in it lacks nowhere. */
static bool is_known(struct store *store, sqlite3_stmt *find, const char *path, bool *failed)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct spool_header header = {0};
	char uuid[33];

	if (fd < 0)
		return errno == ENOENT;
	if (pread(fd, &header, sizeof(header), 0) <= 0 || header.magic[0] == '\0')
		return true;
	spool_uuid(header.uuid, uuid);
	sqlite3_reset(find);
	sqlite3_bind_text(find, 1, uuid, -1, SQLITE_TRANSIENT);
	return store_step(store, find, failed);
}

bool store_lacks_spools(struct store *store)
{
	AUTO_FINALIZE sqlite3_stmt *find =
		store_prepare(store, "SELECT 1 FROM process WHERE spool_uuid = ?");
	char **paths;
	size_t count = spool_paths_find(store->path, SPOOL_SUFFIX, &paths);
	bool lacks = false, failed = false;

	for (size_t i = 0; find && i < count && !lacks && !failed; i++)
		lacks = !is_known(store, find, paths[i], &failed);
	spool_paths_free(paths, count);
	return lacks;
}
