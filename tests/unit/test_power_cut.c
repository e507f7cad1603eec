/*
 * The power goes at any moment of an ingest: nothing that was recorded is lost, and the database is
 * sound.
 *
 * The calls that make things durable, and those that change the directory, are intercepted, also
 * SQLite's.  At each of them the power may go.  The model: what was written to a file since it was
 * last synced is there or it is not (each is tried, for all files at once, for the database alone,
 * and for every other page of it and of its journal); changes of the directory survive in their
 * order, up to any of them that is not older than the last sync of the directory.  Changes of two
 * directories have no order: before a spool goes from another one, that of the database is synced.
 * Spools are on disk, since nothing can be said about a recording that is not.
 */
#include "tests/unit/store_test.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>

#include "tests/unit/spool_builder.h"

enum { FILES = 16, MOMENTS = 200 };

struct content {
	char *bytes;
	size_t size;
};

/* A file as it is, and as the disk has it. */
struct file {
	char name[256];
	struct content now, synced;
};

struct directory {
	struct file files[FILES];
	size_t count;
	size_t oldest_names; /* the moment as of which names are on disk at least */
};

/* What the disk had of each inode when it was last synced. */
static struct {
	ino_t inode;
	struct content synced;
} disk[FILES];
static size_t disk_count;

static char *copies[(MOMENTS + 1) * FILES]; /* the bytes of all contents */
static size_t copy_count;

static struct directory moments[MOMENTS];
static size_t moment_count;
static bool watching;
static size_t oldest_names;   /* moment of the last sync of the directory */
static size_t not_synced;     /* changes of the database's directory since then */
static size_t gone_elsewhere; /* spools removed from another directory */

static struct content copy_of(int fd)
{
	struct stat st;
	struct content content;

	assert_int_equal(fstat(fd, &st), 0);
	content.size = (size_t)st.st_size;
	content.bytes = xmalloc(content.size + 1);
	assert_true(copy_count < ARRAY_SIZE(copies));
	copies[copy_count++] = content.bytes;
	assert_int_equal(pread(fd, content.bytes, content.size, 0), content.size);
	return content;
}

static struct content on_disk(ino_t inode)
{
	for (size_t i = 0; i < disk_count; i++)
		if (disk[i].inode == inode)
			return disk[i].synced;
	return (struct content){NULL, 0};
}

static void sync_inode(int fd)
{
	struct stat st;
	size_t i = 0;

	assert_int_equal(fstat(fd, &st), 0);
	if (!S_ISREG(st.st_mode)) {
		oldest_names = moment_count - 1;
		not_synced = 0;
		return;
	}
	while (i < disk_count && disk[i].inode != st.st_ino)
		i++;
	assert_true(i < FILES);
	disk[i].inode = st.st_ino;
	disk[i].synced = copy_of(fd);
	disk_count = i == disk_count ? i + 1 : disk_count;
}

/* Remember the directory as it is now. */
static void note_moment(void)
{
	struct directory *moment = &moments[moment_count++];
	DIR *dir = opendir(".");
	struct dirent *entry;

	assert_true(dir && moment_count < MOMENTS);
	moment->oldest_names = oldest_names;
	while ((entry = readdir(dir))) {
		AUTO_CLOSE int fd = openat(dirfd(dir), entry->d_name, O_RDONLY);
		struct file *file = &moment->files[moment->count];
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		assert_true(++moment->count <= FILES);
		snprintf(file->name, sizeof(file->name), "%s", entry->d_name);
		file->now = copy_of(fd);
		file->synced = strstr(file->name, ".spool") ? file->now : on_disk(st.st_ino);
	}
	closedir(dir);
}

/* --- the calls --- */

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	if (watching) {
		note_moment();
		sync_inode(fd);
		note_moment();
	}
	return real(fd);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	if (watching) {
		note_moment();
		sync_inode(fd);
		note_moment();
	}
	return real(fd);
}

int unlink(const char *path)
{
	int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
	int result;

	if (watching)
		note_moment();
	result = real(path);
	if (watching)
		note_moment();
	if (strncmp(path, "elsewhere/", 10) != 0) {
		not_synced++;
	} else if (watching) {
		assert_int_equal(not_synced, 0);
		gone_elsewhere++;
	}
	return result;
}

int renameat2(int from, const char *old, int to, const char *new, unsigned int flags)
{
	int (*real)(int, const char *, int, const char *, unsigned int) =
		(int (*)(int, const char *, int, const char *, unsigned int))dlsym(RTLD_NEXT,
										   "renameat2");
	int result;

	if (watching)
		note_moment();
	result = real(from, old, to, new, flags);
	if (watching)
		note_moment();
	not_synced++;
	return result;
}

/* --- what is found when the power is back --- */

enum survives { SYNCED, ALL, ALL_BUT_DATABASE, DATABASE_TOO, EVEN_PAGES, ODD_PAGES, SURVIVES };

static bool is_database(const char *name)
{
	return strcmp(name, "db") == 0 || strstr(name, ".new");
}

static void empty(const char *path)
{
	DIR *dir;
	struct dirent *entry;

	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	closedir(dir);
}

/* Every other page is as it was when the file was synced. */
static void write_mixture(int fd, const struct file *file, enum survives survives)
{
	static char pages[1 << 20];
	size_t size = file->now.size;

	assert_true(size <= sizeof(pages));
	memset(pages, 0, size);
	for (size_t at = 0; at < size; at += 4096) {
		bool now = (at / 4096 % 2 == 0) == (survives == EVEN_PAGES);
		const struct content *content = now ? &file->now : &file->synced;

		if (at < content->size)
			memcpy(pages + at, content->bytes + at,
			       content->size - at < 4096 ? content->size - at : 4096);
	}
	if (size)
		assert_int_equal(write(fd, pages, size), size);
}

/* The directory is that of `names`; its files hold what they held, or had on disk, at `at`. */
static void restore(const struct directory *names, const struct directory *at,
		    enum survives survives)
{
	empty("after");
	for (size_t i = 0; i < names->count; i++) {
		const struct file *file = &names->files[i];
		AUTO_FREE char *path = xasprintf("after/%s", file->name);
		AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT, 0600);
		const struct content *content;
		bool whole;

		for (size_t j = 0; j < at->count; j++)
			if (strcmp(at->files[j].name, file->name) == 0)
				file = &at->files[j];
		if (survives >= EVEN_PAGES && !strstr(file->name, ".spool")) {
			write_mixture(fd, file, survives);
			continue;
		}
		whole = survives == ALL || (survives != SYNCED &&
					    is_database(file->name) == (survives == DATABASE_TOO));
		content = whole ? &file->now : &file->synced;
		if (content->size)
			assert_int_equal(write(fd, content->bytes, content->size), content->size);
	}
}

/* Everything is there, by way of what is left. */
static void check_after(int processes)
{
	AUTO_FREE char *all = xasprintf("%d %d", processes, processes * 4);

	assert_int_equal(chdir("after"), 0);
	ingest(false);
	assert_answer("PRAGMA integrity_check", "ok");
	assert_answer("SELECT count(*) || ' ' || (SELECT count(*) FROM object) FROM process", all);
	assert_int_equal(chdir(".."), 0);
}

static void forget(void)
{
	while (copy_count)
		free(copies[--copy_count]);
	moment_count = disk_count = oldest_names = 0;
	memset(moments, 0, sizeof(moments));
}

/* Ingest what is there, `processes` with what the database holds, and cut the power everywhere. */
static void cut(int processes)
{
	if (exists("db")) {
		AUTO_CLOSE int fd = open("db", O_RDONLY);

		sync_inode(fd);
	}
	watching = true;
	note_moment();
	ingest(false);
	note_moment();
	watching = false;
	assert_true(moment_count > 6);
	for (size_t at = 0; at < moment_count; at++)
		for (size_t names = moments[at].oldest_names; names <= at; names++)
			for (int survives = 0; survives < SURVIVES; survives++) {
				if (survives >= EVEN_PAGES && names != at)
					continue;
				restore(&moments[names], &moments[at], (enum survives)survives);
				check_after(processes);
			}
	forget();
}

static void save(int pid)
{
	AUTO_FREE char *path = xasprintf("db.%d.spool", pid);
	struct spool_builder b;

	sb_init(&b, pid);
	sb_sample(&b);
	sb_save(&b, path);
	sb_release(&b);
}

static void test_power_cuts(void **state)
{
	(void)state;
	save(1);
	cut(1); /* there was no database */
	save(2);
	cut(2); /* there was one */
	save(3);
	save(4);
	cut(4);
}

static void take_from_elsewhere(const char *path)
{
	struct ingest_options options = {.spools = &path, .spool_count = 1};
	struct ingest_result result;

	watching = true;
	note_moment();
	assert_true(store_ingest("db", &options, &result));
	watching = false;
	assert_int_equal(result.taken, 1);
	assert_false(exists(path));
	forget();
}

static void test_two_directories(void **state)
{
	(void)state;
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	for (int pid = 1; pid <= 3; pid++) {
		AUTO_FREE char *path = xasprintf("elsewhere/db.%d.spool", pid);

		save(pid);
		AUTO_FREE char *beside = xasprintf("db.%d.spool", pid);
		assert_int_equal(rename(beside, path), 0);
		take_from_elsewhere(path); /* a new database; then one that is there */
	}
	assert_int_equal(gone_elsewhere, 3);
	assert_answer("SELECT count(*) FROM process", "3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_power_cuts),
		directory_test(test_two_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
