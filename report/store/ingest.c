/*
 * ingest.c - takes spools into the database.
 *
 * A spool's whole life: its process writes it; an ingest claims it, reads it into memory, writes it
 * in one transaction, and removes it when that is on disk.  Killed anywhere before the commit, the
 * next ingest starts over; killed between commit and removal, the next one sees by the spool's uuid
 * that nothing is left to do but to remove it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/store/spool_files.h"
#include "report/store/symbolize.h"
#include "report/store/write.h"

struct ingest {
	const char *db_path;
	const struct ingest_options *options;
	struct ingest_result *result;
	uid_t db_owner;
	struct rows rows; /* .store is NULL until the first spool needs the database */
	struct place_finder *finder;
};

/* Open the database when it is needed first: it is only made when there is something to put in. */
static bool need_store(struct ingest *in)
{
	if (!in->rows.store)
		in->rows.store = store_open_write(in->db_path);
	return in->rows.store != NULL;
}

static void complain(struct ingest *in, const char *path, const char *why)
{
	in->result->failed++;
	if (!in->options->quiet)
		warn("%s: %s", path, why);
}

static void remove_spool(struct ingest *in, int fd, const char *path)
{
	if (spool_is_at(fd, path) && unlink(path) < 0 && errno != ENOENT && !in->options->quiet)
		warn("%s: is in the database but can't be removed: %s; remove it", path,
		     strerror(errno));
}

/* From the reader to the database.  False after a message when the database can't be written. */
static bool take_in(struct ingest *in, const char *path, struct spool_reader *reader, bool live,
		    struct contents *contents, bool *ret_stored)
{
	if (!contents_read(contents, reader, live)) {
		AUTO_FREE char *why =
			xasprintf("can't be read at offset %llu: %s; left as it is",
				  (unsigned long long)reader->offset, strerror(reader->error));

		complain(in, path, why);
		return true;
	}
	contents_infer(contents);
	if (!in->finder)
		in->finder = place_finder_new();
	place_finder_apply(in->finder, &contents->rec);
	switch (write_process(&in->rows, contents)) {
	case WRITE_DONE:
		*ret_stored = true;
		if (live)
			in->result->live++;
		else
			in->result->taken++;
		if (contents->rec.damaged_at && !in->options->quiet)
			warn("%s: damaged at offset %llu; what is whole was taken in", path,
			     (unsigned long long)contents->rec.damaged_at);
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

static void spool_uuid(const struct spool_header *header, char ret_hex[33])
{
	for (int i = 0; i < 16; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", header->uuid[i]);
}

static bool take_good(struct ingest *in, const char *path, struct spool_reader *reader, bool live)
{
	struct contents contents;
	bool stored = false, first = false, done;
	char uuid[33];

	if (!need_store(in))
		return false;
	spool_uuid(&reader->header, uuid);
	in->rows.error = 0;
	if (write_has_finished(&in->rows, uuid)) {
		in->result->already++;
		stored = true;
		done = true;
	} else {
		contents_init(&contents);
		done = take_in(in, path, reader, live, &contents, &stored);
		contents_release(&contents);
		first = true;
	}
	if (stored && !live && !spool_may_be_looked_for(reader->fd, &reader->header, first))
		remove_spool(in, reader->fd, path);
	return done;
}

/* False after a message when the database can't be written: the other spools would fare alike. */
static bool take_spool(struct ingest *in, const char *path, bool named)
{
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;
	AUTO_CLOSE int fd = -1;
	struct spool_reader reader;
	enum claim claim = spool_claim(path, in->db_owner, named, &fd);
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
			 "that user or root can take it in with 'plugreport ingest'");
		return true;
	case CLAIM_FAILED:
		strbuf_addf(&why, "can't be opened: %s; left as it is", strerror(errno));
		complain(in, path, why.s);
		return true;
	case CLAIM_LIVE:
		if (!in->options->live && !named)
			return true;
		break;
	case CLAIM_FINISHED:
		break;
	}
	switch (spool_reader_open(&reader, fd, &why)) {
	case SPOOL_GOOD:
		done = take_good(in, path, &reader, claim == CLAIM_LIVE);
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

static bool take_all(struct ingest *in)
{
	const struct ingest_options *options = in->options;
	char **paths = NULL;
	size_t count = 0;
	bool done = true;

	for (size_t i = 0; i < options->spool_count && done; i++)
		done = take_spool(in, options->spools[i], true);
	if (!options->only_these)
		count = spool_paths_find(in->db_path, &paths);
	for (size_t i = 0; i < count && done; i++)
		done = was_named(in, paths[i]) || take_spool(in, paths[i], false);
	spool_paths_free(paths, count);
	return done;
}

static bool note_wait_status(struct ingest *in)
{
	/* Another ingest may have made the database, or the program recorded nothing. */
	if (!in->rows.store && access(in->db_path, F_OK) < 0)
		return true;
	return need_store(in) &&
	       write_wait_status(&in->rows, in->options->wait_pid, in->options->wait_status);
}

bool store_ingest(const char *db_path, const struct ingest_options *options,
		  struct ingest_result *ret_result)
{
	struct ingest in = {.db_path = db_path, .options = options, .result = ret_result};
	struct stat st;
	bool done;

	*ret_result = (struct ingest_result){0};
	in.db_owner = stat(db_path, &st) == 0 ? st.st_uid : geteuid();
	done = take_all(&in);
	if (done && options->wait_pid)
		done = note_wait_status(&in);
	ret_result->rows = in.rows.written;
	rows_release(&in.rows);
	store_close(in.rows.store);
	place_finder_free(in.finder);
	return done;
}

bool store_has_spools(const char *db_path)
{
	char **paths;
	size_t count = spool_paths_find(db_path, &paths);

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
	spool_uuid(&header, uuid);
	sqlite3_reset(find);
	sqlite3_bind_text(find, 1, uuid, -1, SQLITE_TRANSIENT);
	return store_step(store, find, failed);
}

bool store_lacks_spools(struct store *store)
{
	AUTO_FINALIZE sqlite3_stmt *find =
		store_prepare(store, "SELECT 1 FROM process WHERE spool_uuid = ?");
	char **paths;
	size_t count = spool_paths_find(store->path, &paths);
	bool lacks = false, failed = false;

	for (size_t i = 0; find && i < count && !lacks && !failed; i++)
		lacks = !is_known(store, find, paths[i], &failed);
	spool_paths_free(paths, count);
	return lacks;
}
