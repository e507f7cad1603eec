/*
 * seeds.c - writes what fuzzing begins with, besides the corpus.
 *
 *     fuzz-seeds DIRECTORY       (which is there) spools; ELF files are compiled by tests/fuzz/run
 */
#include <stdio.h>

#include "tests/fuzz/spools.h"

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: fuzz-seeds DIRECTORY\n", stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < FUZZ_SPOOLS; i++) {
		AUTO_FREE char *path = xasprintf("%s/spool-%zu", argv[1], i);
		struct spool_builder b;

		fuzz_spool(&b, i);
		sb_save(&b, path);
		sb_release(&b);
	}
	return EXIT_OK;
}
