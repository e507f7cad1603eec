/* process.c - what a process has, read through /proc while it is stopped at its end. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/util.h"
#include "tests/same/same.h"

/* What the auditor needs, which ld.so loads into a namespace of its own.  Which of two copies is
 * its, their distance from the module tells. */
struct needs {
	char *module;
	char **rows;
	size_t count, room;
};
static struct needs brought[2]; /* by the recorder, and by what it is compared with */

struct image {
	char *path;
	unsigned long start, end;
	struct strbuf layout; /* a word for each mapping */
};

struct images {
	struct image *rows;
	size_t count, room;
};

static FILE *open_proc(pid_t pid, const char *name)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/%s", pid, name);

	return fopen(path, "re");
}

static bool ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && strcmp(s + a - b, end) == 0;
}

static void add(struct facts *facts, const char *key, const char *what, const char *value)
{
	facts_add(facts, xasprintf("%s: %s", key, what), xstrdup(value));
}

/* A target without what differs between any two processes. */
static void link_target(const char *path, char *target, size_t room)
{
	ssize_t n = readlink(path, target, room - 1);
	char *bracket;

	target[n > 0 ? n : 0] = '\0';
	bracket = strstr(target, ":[");
	if (target[0] != '/' && bracket)
		*bracket = '\0';
}

static void read_link(pid_t pid, const char *key, const char *name, struct facts *facts)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/%s", pid, name);
	char target[PATH_MAX];

	link_target(path, target, sizeof(target));
	add(facts, key, name, target);
}

static void read_descriptor(pid_t pid, const char *key, const char *number, struct facts *facts)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/fd/%s", pid, number);
	AUTO_FREE char *info = xasprintf("fdinfo/%s", number);
	AUTO_FREE char *what = xasprintf("descriptor %s", number);
	AUTO_FCLOSE FILE *file = open_proc(pid, info);
	AUTO_STRBUF struct strbuf value = STRBUF_INIT;
	char target[PATH_MAX], line[256];

	link_target(path, target, sizeof(target));
	strbuf_addstr(&value, target);
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		/* How far the output has come depends on who else writes just then; what came out
		 * is compared as a whole. */
		if (strncmp(line, "flags:", 6) == 0 ||
		    (strncmp(line, "pos:", 4) == 0 && target[0] == '/' &&
		     !strstr(target, "/output/std")))
			strbuf_addf(&value, " %s", line);
	}
	add(facts, key, what, value.s);
}

static void read_descriptors(pid_t pid, const char *key, struct facts *facts)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			read_descriptor(pid, key, entry->d_name, facts);
	if (dir)
		closedir(dir);
}

static void read_status(pid_t pid, const char *key, struct facts *facts)
{
	static const char *const wanted[] = {
		"Name",    "Umask",  "Uid",    "Gid",    "Groups", "NoNewPrivs",
		"Seccomp", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt",
		"CapInh",  "CapPrm", "CapEff", "CapBnd", "CapAmb", "Cpus_allowed",
	};
	AUTO_FCLOSE FILE *file = open_proc(pid, "status");
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		line[strcspn(line, "\n")] = '\0';
		if (!colon)
			continue;
		*colon = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (strcmp(line, wanted[i]) == 0)
				add(facts, key, wanted[i], colon + 1 + strspn(colon + 1, "\t "));
	}
}

/* One line each: limits, personality and the like. */
static void read_lines(pid_t pid, const char *key, const char *name, struct facts *facts)
{
	AUTO_FCLOSE FILE *file = open_proc(pid, name);
	AUTO_STRBUF struct strbuf value = STRBUF_INIT;
	char line[4096];

	while (file && fgets(line, sizeof(line), file))
		strbuf_addstr(&value, line);
	add(facts, key, name, value.s);
}

static void read_scheduling(pid_t pid, const char *key, struct facts *facts)
{
	AUTO_FCLOSE FILE *file = open_proc(pid, "stat");
	AUTO_STRBUF struct strbuf value = STRBUF_INIT;
	char line[4096], *p, *rest, *word;
	int field = 3;

	if (!file || !fgets(line, sizeof(line), file) || !(p = strrchr(line, ')')))
		return;
	for (word = strtok_r(p + 1, " ", &rest); word; word = strtok_r(NULL, " ", &rest), field++)
		if (field == 18 || field == 19 || field == 40 || field == 41)
			strbuf_addf(&value, "%s ", word);
	add(facts, key, "priority, nice, policy", value.s);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What execve gave, without what starts the recorder.  `sorted`: their order says nothing; programs
 * that keep them in a hash table pass them on in the order of that. */
static void read_strings(pid_t pid, const char *key, const char *name, bool sorted,
			 struct facts *facts)
{
	AUTO_FCLOSE FILE *file = open_proc(pid, name);
	AUTO_STRBUF struct strbuf value = STRBUF_INIT;
	AUTO_FREE char *entry = NULL;
	char **entries = NULL;
	size_t room = 0, count = 0, entries_room = 0;

	while (file && getdelim(&entry, &room, 0, file) > 0)
		if (*entry && strncmp(entry, "LD_AUDIT=", 9) != 0 &&
		    strncmp(entry, "PLUGAUDIT_", 10) != 0)
			*GROW(entries, count, entries_room) = xstrdup(entry);
	if (sorted && count)
		qsort(entries, count, sizeof(*entries), compare_strings);
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(&value, "%s\n", entries[i]);
		free(entries[i]);
	}
	free(entries);
	add(facts, key, name, value.s);
}

/* One line of proc(5), maps; false when it has no more. */
static bool parse_mapping(char *line, unsigned long *start, unsigned long *end, char *mode,
			  unsigned long *offset, char **ret_path)
{
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %n", start, end, mode, offset, &at) < 4)
		return false;
	*ret_path = line + at;
	return true;
}

/* Below a chroot, the kernel tells of processes in another mount namespace by paths of the world
 * outside: what comes before their own ones. */
static char outside[PATH_MAX];
static size_t outside_length;

void learn_root(pid_t init)
{
	AUTO_FREE char *link = xasprintf("/proc/%d/root", init);
	ssize_t length = readlink(link, outside, sizeof(outside));

	outside_length = length > 1 ? (size_t)length : 0;
}

static char *inner_path(char *path)
{
	if (outside_length && strncmp(path, outside, outside_length) == 0 &&
	    path[outside_length] == '/')
		return path + outside_length;
	return path;
}

bool is_code_of(pid_t pid, unsigned long address, const char *path)
{
	AUTO_FCLOSE FILE *file = open_proc(pid, "maps");
	unsigned long start, end, offset, low = 0, high = 0;
	char line[PATH_MAX + 128], mode[5], *name;

	/* From its first page to its last: between them may be copies that the program made. */
	while (file && fgets(line, sizeof(line), file))
		if (parse_mapping(line, &start, &end, mode, &offset, &name) &&
		    strcmp(inner_path(name), path) == 0) {
			low = low ? low : start;
			high = end;
		}
	return address >= low && address < high;
}

static void drop(struct images *images, size_t which)
{
	free(images->rows[which].path);
	strbuf_release(&images->rows[which].layout);
	images->rows[which] = images->rows[--images->count];
}

void learn_needs(const char *module)
{
	AUTO_FREE char *command = xasprintf("ldd '%s'", module);
	FILE *ldd = popen(command, "re");
	char line[PATH_MAX + 128], path[PATH_MAX];
	struct needs *needs = &brought[brought[0].module != NULL];

	needs->module = xstrdup(module);
	while (ldd && fgets(line, sizeof(line), ldd)) {
		char *slash = strstr(line, "=> /");
		char real[PATH_MAX];

		if (slash && sscanf(slash, "=> %4095s", path) == 1 && realpath(path, real))
			*GROW(needs->rows, needs->count, needs->room) = xstrdup(real);
	}
	if (ldd)
		pclose(ldd);
}

static void drop_nearest(struct images *images, const char *path, unsigned long place)
{
	size_t nearest = SIZE_MAX;
	unsigned long least = ULONG_MAX;

	for (size_t i = 0; i < images->count; i++) {
		unsigned long at = images->rows[i].start;
		unsigned long distance = at > place ? at - place : place - at;

		if (strcmp(images->rows[i].path, path) == 0 && distance < least) {
			least = distance;
			nearest = i;
		}
	}
	if (nearest != SIZE_MAX)
		drop(images, nearest);
}

/* Leave out what came with the auditor. */
static void drop_auditor(struct images *images, const char *module)
{
	unsigned long place = 0;

	for (size_t i = images->count; i-- > 0;) {
		const char *path = images->rows[i].path;

		if (ends_with(path, ".spool") || ends_with(path, ".spool (deleted)"))
			drop(images, i);
		else if (strcmp(path, module) == 0)
			place = images->rows[i].start;
	}
	if (!place)
		return; /* not loaded: nothing to leave out */
	for (size_t i = images->count; i-- > 0;)
		if (strcmp(images->rows[i].path, module) == 0)
			drop(images, i);
	for (size_t n = 0; n < ARRAY_SIZE(brought); n++)
		for (size_t i = 0; i < brought[n].count && strcmp(brought[n].module, module) == 0;
		     i++)
			drop_nearest(images, brought[n].rows[i], place);
}

/*
 * Mapped files, each image with the layout of its parts; memory that can be written and executed at
 * once, or executed without a file; the stack's rights.  Other anonymous memory is not compared:
 * the heap's size is nobody's promise.
 */
static void read_maps(pid_t pid, const char *key, const char *module, struct facts *facts)
{
	AUTO_FCLOSE FILE *file = open_proc(pid, "maps");
	unsigned long start, end, offset;
	char line[PATH_MAX + 128], mode[5], *path;
	struct images images = {0};

	while (file && fgets(line, sizeof(line), file)) {
		struct image *image;

		if (!parse_mapping(line, &start, &end, mode, &offset, &path))
			continue;
		if (strcmp(path, "[stack]") == 0)
			add(facts, key, "stack", mode);
		if ((path[0] == '\0' || strcmp(path, "[heap]") == 0) && mode[2] == 'x')
			facts_add(facts, xasprintf("%s: executable memory", key),
				  xasprintf("%s %lx", mode, end - start));
		if (path[0] != '/')
			continue;
		path = inner_path(path);
		image = images.count ? &images.rows[images.count - 1] : NULL;
		if (!image || image->end != start || strcmp(image->path, path) != 0) {
			image = GROW(images.rows, images.count, images.room);
			*image = (struct image){.path = xstrdup(path), .start = start};
			strbuf_init(&image->layout);
		}
		image->end = end;
		strbuf_addf(&image->layout, " %lx+%lx:%s", offset, end - start, mode);
	}
	if (module)
		drop_auditor(&images, module);
	for (size_t i = images.count; i-- > 0;) {
		facts_add(facts, xasprintf("%s: mapped %s", key, images.rows[i].path),
			  xstrdup(images.rows[i].layout.s));
		drop(&images, i);
	}
	free(images.rows);
}

void read_process(pid_t pid, const char *key, const char *module, struct facts *facts)
{
	read_link(pid, key, "exe", facts);
	read_link(pid, key, "cwd", facts);
	read_link(pid, key, "root", facts);
	read_descriptors(pid, key, facts);
	read_status(pid, key, facts);
	read_scheduling(pid, key, facts);
	read_lines(pid, key, "limits", facts);
	read_lines(pid, key, "personality", facts);
	read_lines(pid, key, "timerslack_ns", facts);
	read_lines(pid, key, "oom_score_adj", facts);
	read_lines(pid, key, "coredump_filter", facts);
	read_strings(pid, key, "environ", true, facts);
	read_strings(pid, key, "cmdline", false, facts);
	read_maps(pid, key, module, facts);
}
