/*
 * replay.c - main() of a fuzz target that is built without libFuzzer.
 *
 *     TARGET [-q] FILE|DIRECTORY...    each file, and each file in a directory
 *     TARGET --cuts FILE...            each file, cut at each length
 *     TARGET --bits=N FILE...          each file with one bit flipped: each Nth, in turn
 *     TARGET --pages=SIZE FILE...      each file with one page of this size zero, all ones, in the
 *                                      next one's place, or with a bit of its first bytes flipped;
 *                                      and with every other bit of the first 100 bytes
 *
 * At the end it says how many inputs those were.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "report/util.h"
#include "tests/fuzz/fuzz.h"

static bool quiet;
static size_t given;

static void read_file(const char *path, struct strbuf *contents)
{
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	char buffer[4096];
	size_t n;

	if (!file)
		die(EXIT_FOUND, "%s: can't be read", path);
	while ((n = fread(buffer, 1, sizeof(buffer), file)))
		strbuf_add(contents, buffer, n);
}

/* In a buffer of its size, so that a sanitizer sees what is read beyond. */
static void give_bytes(const char *bytes, size_t length)
{
	AUTO_FREE uint8_t *exact = xmalloc(length);

	memcpy(exact, bytes, length);
	LLVMFuzzerTestOneInput(exact, length);
	given++;
}

static void give_file(const char *path)
{
	AUTO_STRBUF struct strbuf contents = STRBUF_INIT;

	read_file(path, &contents);
	if (!quiet)
		fprintf(stderr, "%s (%zu bytes)\n", path, contents.length);
	give_bytes(contents.s, contents.length);
}

static void give_cuts(const struct strbuf *file)
{
	for (size_t length = 0; length <= file->length; length++)
		give_bytes(file->s, length);
}

static void give_bits(const struct strbuf *file, size_t from, size_t to, size_t step)
{
	for (size_t bit = from * 8; bit < to * 8 && bit < file->length * 8; bit += step) {
		file->s[bit / 8] ^= (char)(1u << bit % 8);
		give_bytes(file->s, file->length);
		file->s[bit / 8] ^= (char)(1u << bit % 8);
	}
}

static void give_pages(const struct strbuf *file, size_t size)
{
	AUTO_FREE char *kept = xmalloc(size);

	give_bits(file, 0, 100, 2);
	for (size_t at = 0; at + size <= file->length; at += size) {
		memcpy(kept, file->s + at, size);
		memset(file->s + at, 0, size);
		give_bytes(file->s, file->length);
		memset(file->s + at, 0xff, size);
		give_bytes(file->s, file->length);
		if (at + 2 * size <= file->length)
			memcpy(file->s + at, file->s + at + size, size);
		give_bytes(file->s, file->length);
		memcpy(file->s + at, kept, size);
		give_bits(file, at, at + 12, 12);
	}
}

static void give(const char *path)
{
	struct dirent **entries;
	struct stat st;
	int count;

	if (stat(path, &st) != 0)
		die(EXIT_FOUND, "%s: no such file", path);
	if (!S_ISDIR(st.st_mode)) {
		give_file(path);
		return;
	}
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *inside = xasprintf("%s/%s", path, entries[i]->d_name);

		if (entries[i]->d_name[0] != '.')
			give(inside);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* What is done with files; returns how many arguments told. */
static int take_mode(int argc, char **argv, const char **ret_mode, size_t *ret_number)
{
	static const char *const modes[] = {"-q", "--cuts", "--bits=", "--pages="};

	*ret_mode = "";
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(modes); i++) {
		size_t length = strlen(modes[i]);

		if (strncmp(argv[1], modes[i], length) != 0)
			continue;
		*ret_mode = modes[i];
		*ret_number = strtoul(argv[1] + length, NULL, 10);
		return 1;
	}
	return 0;
}

static void give_changed(const char *path, const char *mode, size_t number)
{
	AUTO_STRBUF struct strbuf file = STRBUF_INIT;

	read_file(path, &file);
	if (strcmp(mode, "--cuts") == 0)
		give_cuts(&file);
	else if (number && strcmp(mode, "--bits=") == 0)
		give_bits(&file, 0, file.length, number);
	else if (number)
		give_pages(&file, number);
}

int main(int argc, char **argv)
{
	char **paths = xcalloc((size_t)argc, sizeof(*paths));
	const char *mode;
	size_t number = 0;
	int first = 1 + take_mode(argc, argv, &mode, &number);

	quiet = strcmp(mode, "-q") == 0;
	fuzz_thorough = !*mode || quiet;
	/* The targets work in a directory of their own. */
	for (int i = first; i < argc; i++) {
		paths[i] = realpath(argv[i], NULL);
		if (!paths[i])
			die(EXIT_FOUND, "%s: no such file", argv[i]);
	}
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = first; i < argc; i++) {
		if (fuzz_thorough)
			give(paths[i]);
		else
			give_changed(paths[i], mode, number);
		free(paths[i]);
	}
	free(paths);
	printf("%zu inputs\n", given);
	return given ? EXIT_OK : EXIT_FOUND;
}
