/*
 * spool_files.h - which spools there are, and who may take them in.
 */
#ifndef PLUGREPORT_SPOOL_FILES_H
#define PLUGREPORT_SPOOL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "audit/spool.h"

/* True when `name` is what a file of the database `db_name` (no directories) is called:
 * "<db_name>.<pid><suffix>" or "<db_name>.<pid>.<n><suffix>"; spools have SPOOL_SUFFIX. */
bool spool_name_belongs(const char *name, const char *db_name, const char *suffix);

/*
 * The paths of such files beside `db_path`, by name; the caller frees them with
 * spool_paths_free().  A directory that can't be read holds none.
 */
size_t spool_paths_find(const char *db_path, const char *suffix, char ***ret_paths);
void spool_paths_free(char **paths, size_t count);

enum claim {
	CLAIM_FINISHED, /* ours alone, and its process writes no more */
	CLAIM_LIVE,     /* ours alone among readers; its process still writes */
	CLAIM_BUSY,     /* another reader has it */
	CLAIM_GONE,     /* no such file (any more), or not a regular one: not worth a word */
	CLAIM_FOREIGN,  /* it belongs to somebody else */
	CLAIM_FAILED,   /* can't be opened: errno tells */
};

/* May root believe the spool of another user with this header? */
typedef bool spool_trust(void *data, const struct spool_header *header);

/*
 * Open a spool and find out whether it is finished, and claim it against other readers until the
 * descriptor is closed.  `wait`: for other readers to be done with it, and for a process that is in
 * its exit to be gone.  The effective user may own it; when that is root, anybody may, with a
 * warning, whom `trust` believes (NULL: believe all).  ret_fd is set, and the caller's to close,
 * for CLAIM_FINISHED and CLAIM_LIVE.
 */
enum claim spool_claim(const char *path, spool_trust *trust, void *data, bool wait, int *ret_fd);

/* The header of the spool at `path`, of user `owner`; false when there is no such spool. */
bool spool_header_of(const char *path, uid_t owner, struct spool_header *ret_header);

/* True when `path` still is the file that is open at `fd`. */
bool spool_is_at(int fd, const char *path);

/*
 * A spool that was taken in has to stay a little: its process lives, but does not write to it any
 * more, so it is in the middle of execve, and the next image looks for its former one.
 * `first`: it was taken in just now.
 */
bool spool_may_be_looked_for(int fd, const struct spool_header *header, bool first);

/* An empty file this old was left by a process that was killed before it wrote anything. */
bool spool_is_stillborn(int fd);

#endif
