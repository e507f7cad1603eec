/*
 * spool_files.c - finding, locking and judging spool files.
 *
 * The writer's flock tells whether its process lives; it is only probed, for an instant, because
 * recorders probe it too and must not take a reader for a living process.  Readers keep each other
 * out by an open file description lock (fcntl(2), F_OFD_SETLK), which is another kind of lock and
 * also ends with its holder.
 */
#include "report/store/spool_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/util.h"

#define EXIT_WAIT_MS  1000                  /* for a process that ended its recording to be gone */
#define PROBE_TRIES   5                     /* for a recorder that looks at the lock to be done */
#define LOOKED_FOR_NS UINT64_C(10000000000) /* how long an execve takes at most */
#define STILLBORN_NS  UINT64_C(60000000000) /* how long a start takes at most */

/* Behind the digits that `s` begins with; NULL when it begins with none. */
static const char *skip_number(const char *s)
{
	const char *start = s;

	while (*s >= '0' && *s <= '9')
		s++;
	return s > start ? s : NULL;
}

bool spool_name_belongs(const char *name, const char *db_name, const char *suffix)
{
	size_t length = strlen(db_name);
	const char *rest;

	if (strncmp(name, db_name, length) != 0 || name[length] != '.')
		return false;
	rest = skip_number(name + length + 1);
	if (rest && *rest == '.' && strcmp(rest, suffix) != 0)
		rest = skip_number(rest + 1);
	return rest && strcmp(rest, suffix) == 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

size_t spool_paths_find(const char *db_path, const char *suffix, char ***ret_paths)
{
	const char *db_name = base_name(db_path);
	AUTO_FREE char *directory = xstrndup(db_path, (size_t)(db_name - db_path));
	DIR *dir = opendir(*directory ? directory : ".");
	char **paths = NULL;
	size_t count = 0, room = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (spool_name_belongs(entry->d_name, db_name, suffix) &&
		    (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN))
			*GROW(paths, count, room) = xasprintf("%s%s", directory, entry->d_name);
	if (dir)
		closedir(dir);
	if (count)
		qsort(paths, count, sizeof(*paths), compare_paths);
	*ret_paths = paths;
	return count;
}

void spool_paths_free(char **paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
}

static void pause_ms(long ms)
{
	struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

/* True for a file that holds nothing yet.  Its writer may be about to lock it, so nobody else may.
 */
static bool is_unborn(int fd)
{
	char magic[sizeof(SPOOL_MAGIC) - 1] = {0};
	static const char none[sizeof(magic)];

	return pread(fd, magic, sizeof(magic), 0) >= 0 && memcmp(magic, none, sizeof(magic)) == 0;
}

/* Does the process still write?  `keep_lock`: the probed lock is all that keeps others out. */
static bool is_live(int fd, bool wait, bool keep_lock)
{
	struct spool_header header;
	bool read = pread(fd, &header, sizeof(header), 0) == sizeof(header);

	for (int tries = 0;; tries++) {
		bool ending = read && (header.flags & SPOOL_FLAG_ENDED);
		bool dead = read && header.pid > 0 && kill(header.pid, 0) < 0 && errno == ESRCH;

		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (!keep_lock)
				flock(fd, LOCK_UN);
			return false;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false; /* a file system without locks: all we can go by */
		/* A recorder that looks for its parent holds the lock for an instant. */
		if (tries >= (wait && (ending || dead) ? EXIT_WAIT_MS
			      : dead || ending         ? PROBE_TRIES
						       : 0))
			return true;
		pause_ms(1);
		read = pread(fd, &header, sizeof(header), 0) == sizeof(header);
	}
}

/* False when another reader has it. */
static bool lock_out_readers(int fd, bool wait)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int result;

	do
		result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
	while (result < 0 && errno == EINTR);
	return result == 0 || (errno != EAGAIN && errno != EACCES);
}

bool spool_is_at(int fd, const char *path)
{
	struct stat opened, there;

	return fstat(fd, &opened) == 0 && lstat(path, &there) == 0 &&
	       opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

static bool read_header(int fd, struct spool_header *ret_header)
{
	return pread(fd, ret_header, sizeof(*ret_header), 0) == sizeof(*ret_header) &&
	       memcmp(ret_header->magic, SPOOL_MAGIC, sizeof(ret_header->magic)) == 0;
}

static bool may_read(int fd, const struct stat *st, const char *path, spool_trust *trust,
		     void *data)
{
	struct spool_header header;

	if (st->st_uid == geteuid())
		return true;
	if (geteuid() != 0 || (trust && !(read_header(fd, &header) && trust(data, &header))))
		return false;
	warn("%s: belongs to user %u, taken in because you are root", path, st->st_uid);
	return true;
}

bool spool_header_of(const char *path, uid_t owner, struct spool_header *ret_header)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == owner &&
	       read_header(fd, ret_header);
}

enum claim spool_claim(const char *path, spool_trust *trust, void *data, bool wait, int *ret_fd)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	AUTO_CLOSE int fd = open(path, O_RDWR | flags);
	bool writable = fd >= 0;
	enum claim claim;
	struct stat st;

	if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		fd = open(path, O_RDONLY | flags);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == EISDIR || errno == ENXIO
			       ? CLAIM_GONE
			       : CLAIM_FAILED;
	if (fstat(fd, &st) < 0)
		return CLAIM_FAILED;
	if (!S_ISREG(st.st_mode))
		return CLAIM_GONE;
	if (!may_read(fd, &st, path, trust, data))
		return CLAIM_FOREIGN;
	if (is_unborn(fd)) {
		if (!spool_is_stillborn(fd))
			return CLAIM_GONE;
		claim = CLAIM_FINISHED;
	} else {
		if (writable && !lock_out_readers(fd, wait))
			return CLAIM_BUSY;
		claim = is_live(fd, wait, !writable) ? CLAIM_LIVE : CLAIM_FINISHED;
	}
	if (!spool_is_at(fd, path)) /* who had it before removed it */
		return CLAIM_GONE;
	*ret_fd = fd;
	fd = -1;
	return claim;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t age_ns(int fd)
{
	uint64_t now = now_ns(CLOCK_REALTIME), changed;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	changed = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	return now > changed ? now - changed : 0;
}

bool spool_is_stillborn(int fd)
{
	return age_ns(fd) > STILLBORN_NS;
}

/* When the process now called `pid` was started, CLOCK_REALTIME ns; 0: there is none. */
static uint64_t process_began(int pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/stat", pid);
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	char line[1024];
	const char *p;
	unsigned long long ticks;

	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	/* Field 22, counted behind the command's closing parenthesis (field 2): proc(5). */
	p = strrchr(line, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (!p || sscanf(p, "%llu", &ticks) != 1)
		return 0;
	return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME) +
	       ticks * (1000000000u / (unsigned long)sysconf(_SC_CLK_TCK));
}

bool spool_may_be_looked_for(int fd, const struct spool_header *header, bool first)
{
	uint64_t began;

	if ((header->flags & SPOOL_FLAG_ENDED) || header->pid <= 0)
		return false;
	if (!first && age_ns(fd) > LOOKED_FOR_NS)
		return false;
	/* A process that took the number later is another one; clocks are good to a tick. */
	began = process_began(header->pid);
	if (began == 0 || began > header->realtime_ns + 20000000u)
		return false;
	if (first)
		futimens(fd, NULL);
	return true;
}
