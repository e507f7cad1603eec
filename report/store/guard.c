/*
 * guard.c - see guard.h.
 *
 * A VFS of our own around SQLite's would not get to see the descriptor of what was opened. SQLite's
 * "unix" lets its system calls be replaced, and open() is one of them.
 */
#include "report/store/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/util.h"

/* The length of the database's name when `path` is called like a journal of it; otherwise 0. */
static size_t database_length(const char *path)
{
	static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
	size_t length = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && strcmp(path + length - suffix, suffixes[i]) == 0)
			return length - suffix;
	}
	return 0;
}

/* Does the file's owner own the database, too?  SQLite is asking: nothing may be allocated. */
static bool is_of_owner(const struct stat *st, const char *path, size_t length)
{
	char database[PATH_MAX];
	struct stat main;

	if (length >= sizeof(database))
		return false;
	memcpy(database, path, length);
	database[length] = '\0';
	return lstat(database, &main) == 0 && main.st_uid == st->st_uid;
}

static bool is_allowed(int fd, int flags, const char *path, size_t length)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	struct stat st;

	if (!writes && length == 0)
		return true;
	if (fstat(fd, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode)) /* opened to be synced, whatever its name */
		return true;
	/* Without any name left: the writer is just done with it. */
	if (!S_ISREG(st.st_mode) || (length && st.st_nlink > 1))
		return false;
	return st.st_uid == geteuid() || (!writes && is_of_owner(&st, path, length));
}

static int open_guarded(const char *path, int flags, int mode)
{
	size_t length = database_length(path);
	/* A pipe in a journal's place would keep us waiting. */
	int fd = open(path, flags | O_CLOEXEC | (length ? O_NONBLOCK | O_NOFOLLOW : 0), mode);

	if (fd < 0 || is_allowed(fd, flags, path, length))
		return fd;
	close(fd);
	errno = EACCES;
	return -1;
}

int guard_open(const char *path, sqlite3 **ret_db, int flags)
{
	/* The default; without it (no memory) nothing can be opened. */
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	if (vfs && vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)open_guarded) != SQLITE_OK)
		BUG("SQLite has no open()");
	return sqlite3_open_v2(path, ret_db, flags, NULL);
}
