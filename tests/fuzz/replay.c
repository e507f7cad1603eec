/*
 * replay.c - main() of a fuzz target that is built without libFuzzer.
 *
 *     TARGET [-q] FILE|DIRECTORY...
 *
 * Gives it each file, and each file in a directory.  At the end it says how many.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "report/util.h"
#include "tests/fuzz/fuzz.h"

static bool quiet;
static size_t given;

static void give_file(const char *path)
{
	AUTO_STRBUF struct strbuf contents = STRBUF_INIT;
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	AUTO_FREE uint8_t *exact = NULL;
	char buffer[4096];
	size_t n;

	if (!file)
		die(EXIT_FOUND, "%s: can't be read", path);
	while ((n = fread(buffer, 1, sizeof(buffer), file)))
		strbuf_add(&contents, buffer, n);
	if (!quiet)
		fprintf(stderr, "%s (%zu bytes)\n", path, contents.length);
	/* In a buffer of its size, so that a sanitizer sees what is read beyond. */
	exact = xmalloc(contents.length);
	memcpy(exact, contents.s, contents.length);
	LLVMFuzzerTestOneInput(exact, contents.length);
	given++;
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

int main(int argc, char **argv)
{
	int first = argc > 1 && strcmp(argv[1], "-q") == 0 ? 2 : 1;
	char **paths = xcalloc((size_t)argc, sizeof(*paths));

	quiet = first == 2;
	fuzz_thorough = true;
	/* The targets work in a directory of their own. */
	for (int i = first; i < argc; i++) {
		paths[i] = realpath(argv[i], NULL);
		if (!paths[i])
			die(EXIT_FOUND, "%s: no such file", argv[i]);
	}
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = first; i < argc; i++) {
		give(paths[i]);
		free(paths[i]);
	}
	free(paths);
	printf("%zu inputs\n", given);
	return given ? EXIT_OK : EXIT_FOUND;
}
