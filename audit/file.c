/* file.c - the file behind an object: which it is, and what the kernel calls it. */
#include "audit/module.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define LINKS_MAX       8
#define DIRECTORIES_MAX 16

/* What the kernel calls the open file. */
static bool name_of(long fd, char *place, size_t room)
{
	char link[64], *p = format_number(link + sizeof(link), (uint64_t)fd);
	long n;

	p -= strlen("/proc/self/fd/");
	memcpy(p, "/proc/self/fd/", strlen("/proc/self/fd/"));
	n = sys(SYS_readlinkat, AT_FDCWD, p, place, room - 1);
	place[n > 0 ? n : 0] = '\0';
	return n > 0 && (size_t)n < room - 1;
}

/* Under ld.so's load lock, and before the program itself runs. */
static struct {
	const char *path; /* up to the last slash */
	size_t length;
	const char *real;
} directories[DIRECTORIES_MAX];
static uint32_t directory_count;

static const char *keep(const char *s, size_t length)
{
	char *copy = arena_alloc(length + 1);

	return copy ? memcpy(copy, s, length) : NULL; /* the place is zeroed */
}

/* What the kernel calls the directory; NULL unknown. */
static const char *real_directory(const char *path, size_t length)
{
	static char name[PATH_ROOM], real[PATH_ROOM];
	const char *kept, *kept_real;
	bool known;
	long fd;

	for (uint32_t i = 0; i < directory_count; i++)
		if (directories[i].length == length &&
		    memcmp(directories[i].path, path, length) == 0)
			return directories[i].real;
	memcpy(name, path, length);
	name[length] = '\0';
	fd = sys(SYS_openat, AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	known = name_of(fd, real, sizeof(real)) && real[0] == '/';
	sys(SYS_close, fd);
	if (!known || directory_count == DIRECTORIES_MAX)
		return known ? real : NULL;
	kept = keep(name, length);
	kept_real = keep(real, strlen(real));
	if (!kept || !kept_real)
		return real;
	directories[directory_count].path = kept;
	directories[directory_count].length = length;
	directories[directory_count++].real = kept_real;
	return kept_real;
}

/* Put `path` with the real name of its directory at `place`; the length of that, or 0. */
static size_t join_real(const char *path, char *place)
{
	const char *slash = strrchr(path, '/');
	const char *real = path[0] == '/' ? real_directory(path, (size_t)(slash - path) + 1) : NULL;
	size_t length = real ? strlen(real) : 0;

	if (!real || !join(place, PATH_ROOM, real, length > 1 ? "/" : "", slash + 1))
		return 0;
	return length + (length > 1);
}

/*
 * The real path without opening the file, which takes the kernel a multiple of the time: most files
 * are in a few directories, and are links to others beside them, or in another such directory.
 * False: not such a case.
 */
static bool follow_links(const char *path, char *place)
{
	static char target[PATH_ROOM];
	size_t length = join_real(path, place);

	for (int i = 0; length && i < LINKS_MAX; i++) {
		long n = sys(SYS_readlinkat, AT_FDCWD, place, target, sizeof(target) - 1);

		if (n < 0)
			return n == -EINVAL; /* not a link */
		target[n] = '\0';
		if (target[0] == '/') {
			length = join_real(target, place);
			continue;
		}
		if (n == 0 || strchr(target, '/') || length + (size_t)n >= PATH_ROOM)
			return false;
		memcpy(place + length, target, (size_t)n + 1);
	}
	return false;
}

static bool set_facts(long result, const struct stat *st, struct file_facts *file)
{
	file->known = result == 0;
	if (!file->known)
		return false;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->size = (uint64_t)st->st_size;
	file->mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
	return true;
}

void file_look(const char *path, struct file_facts *file)
{
	struct stat st;
	long fd;

	file->known = false;
	file->real_path[0] = '\0';
	if (!*path)
		return;
	if (path == module.exe) { /* is the kernel's word */
		join(file->real_path, sizeof(file->real_path), path, NULL, NULL);
		if (set_facts(sys(ARCH_SYS_fstatat, AT_FDCWD, path, &st, 0), &st, file))
			return;
	}
	/* Later the program may have changed its root, and what was known of directories is void.
	 */
	if (!module.started && strchr(path, '/') && follow_links(path, file->real_path) &&
	    set_facts(sys(ARCH_SYS_fstatat, AT_FDCWD, path, &st, 0), &st, file))
		return;
	fd = sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	file->real_path[0] = '\0';
	if (fd < 0)
		return;
	set_facts(sys(ARCH_SYS_fstat, fd, &st), &st, file);
	name_of(fd, file->real_path, sizeof(file->real_path));
	sys(SYS_close, fd);
}
