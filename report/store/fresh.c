/*
 * fresh.c - a new database: a copy of the empty one, rows, a name.
 *
 * POWER CUT.  The file is synced before it gets its name, and spools are removed after that.  Both
 * are changes of one directory, which journaling file systems make durable in their order: so there
 * is the whole database, or there are the spools.
 *
 * KILL.  The file is locked (flock) while it is being made: one that is not was left behind.
 */
#include "report/store/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/store/owner.h"
#include "report/store/spool_files.h"
#include "report/store/template.h"
#include "report/store/write.h"

/* A process whose parts are written. */
struct member {
	struct recording rec; /* the process's own facts */
	struct extent extent;
};

struct fresh {
	char *db_path, *path;
	int fd;
	struct rows rows;
	struct first_ids next;
	struct member *members;
	size_t count, room;
};

/* Create, and lock before anybody can take it for one that was left behind. */
static int create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && spool_is_at(fd, path))
		return fd;
	if (spool_is_at(fd, path)) /* a file system without locks */
		unlink(path);
	close(fd);
	return -1;
}

/* The empty database. */
static bool fill(int fd)
{
	for (size_t done = 0; done < template_size;) {
		ssize_t count =
			pwrite(fd, template_bytes + done, template_size - done, (off_t)done);

		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	return true;
}

struct fresh *fresh_new(const char *db_path, struct progress *progress)
{
	AUTO_FREE char *path = xasprintf("%s.%ld" FRESH_SUFFIX, db_path, (long)getpid());
	struct fresh *fresh;
	struct stat st;
	int fd;

	if (lstat(db_path, &st) == 0 || errno != ENOENT || !owner_has_journals(path, geteuid()) ||
	    (fd = create(path)) < 0)
		return NULL;
	fresh = xcalloc(1, sizeof(*fresh));
	fresh->db_path = xstrdup(db_path);
	fresh->path = path;
	path = NULL;
	fresh->fd = fd;
	fresh->rows.progress = progress;
	fresh->next = (struct first_ids){1, 1, 1, 1, 1, 1};
	if (fill(fd) && (fresh->rows.store = store_open_private(fresh->path)) &&
	    rows_run(&fresh->rows, SQL_BEGIN, NULL, 0))
		return fresh;
	fresh_free(fresh);
	return NULL;
}

void fresh_free(struct fresh *fresh)
{
	if (!fresh)
		return;
	if (spool_is_at(fresh->fd, fresh->path)) {
		/* SQLite makes one after all, when its memory or the disk let it down. */
		AUTO_FREE char *journal = xasprintf("%s-journal", fresh->path);

		unlink(journal);
		unlink(fresh->path);
	}
	close(fresh->fd);
	for (size_t i = 0; i < fresh->count; i++)
		recording_release(&fresh->members[i].rec);
	free(fresh->members);
	rows_release(&fresh->rows);
	store_close(fresh->rows.store);
	free(fresh->path);
	free(fresh->db_path);
	free(fresh);
}

bool fresh_is_empty(const struct fresh *fresh)
{
	return fresh->count == 0;
}

bool fresh_has(const struct fresh *fresh, const char *spool_uuid)
{
	for (size_t i = 0; i < fresh->count; i++)
		if (strcmp(fresh->members[i].rec.spool_uuid, spool_uuid) == 0)
			return true;
	return false;
}

bool fresh_add(struct fresh *fresh, struct contents *contents)
{
	struct recording *rec = &contents->rec;
	struct member *member;

	rec->process_id = (int64_t)fresh->count + 1;
	if (!write_parts(&fresh->rows, contents, &fresh->next))
		return false;
	member = GROW(fresh->members, fresh->count, fresh->room);
	member->extent = extent_of(contents, &fresh->next);
	first_ids_advance(&fresh->next, contents);
	recording_forget_events(rec);
	member->rec = *rec;
	recording_init(rec);
	return true;
}

/* Runs and processes refer to each other, in any order: they come last. */
static bool add_processes(struct fresh *fresh, int wait_pid, int wait_status)
{
	struct rows *rows = &fresh->rows;
	bool done = true;

	for (size_t i = 0; i < fresh->count && done; i++)
		done = write_process_row(rows, &fresh->members[i].rec, &fresh->members[i].extent);
	if (done && wait_pid)
		done = rows_run(rows, SQL_SET_WAIT_STATUS,
				CELLS(integer(wait_pid), integer(wait_status)));
	done = done && rows_run(rows, SQL_COMMIT, NULL, 0);
	rows_release(rows);
	store_close(rows->store);
	rows->store = NULL;
	return done;
}

/* Without replacing what another process may have made meanwhile. */
static bool give_name(const struct fresh *fresh)
{
	return renameat2(AT_FDCWD, fresh->path, AT_FDCWD, fresh->db_path, RENAME_NOREPLACE) == 0 ||
	       link(fresh->path, fresh->db_path) == 0; /* for file systems that don't know that */
}

bool fresh_publish(struct fresh *fresh, int wait_pid, int wait_status, uint64_t *ret_rows)
{
	if (!add_processes(fresh, wait_pid, wait_status) || fdatasync(fresh->fd) < 0 ||
	    !spool_is_at(fresh->fd, fresh->path) || !give_name(fresh))
		return false;
	*ret_rows = fresh->rows.written;
	return true;
}

void fresh_clean(const char *db_path)
{
	char **paths;
	size_t count = spool_paths_find(db_path, FRESH_SUFFIX, &paths);

	for (size_t i = 0; i < count; i++) {
		AUTO_CLOSE int fd = open(paths[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && spool_is_at(fd, paths[i]))
			unlink(paths[i]);
	}
	spool_paths_free(paths, count);
}
