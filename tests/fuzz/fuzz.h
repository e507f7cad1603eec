/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is libFuzzer's LLVMFuzzerTestOneInput(), built with clang (make fuzz), and with any
 * compiler together with replay.c, which gives it the files that it is told (make check).  It works
 * in a directory of its own, in memory where the system has such a place, and aborts when something
 * is wrong that no sanitizer sees.
 */
#ifndef PLUGREPORT_FUZZ_H
#define PLUGREPORT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
/* Only in libFuzzer: change data[0..size) in place by its own means, to at most max_size bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size,
				 unsigned int seed);

/* Set by replay.c: what takes turns in the fuzzer is done all at once. */
extern bool fuzz_thorough;

/* Enter a fresh directory, which is removed at the program's end. */
void fuzz_enter_directory(void);

/* Write a file; a failure ends the program. */
void fuzz_write_file(const char *path, const void *bytes, size_t size);

/* A number that depends on nothing but the bytes. */
uint64_t fuzz_hash(const void *bytes, size_t size);

/*
 * Ask the database at `path` in all formats, and look at the answers: no raw control characters in
 * them, and JSON is JSON.  In the fuzzer `choice` picks a few of the questions.  `other` is a
 * database to compare it with.
 */
void fuzz_questions(const char *path, const char *other, uint64_t choice);

/* Run one question, as on the command line: its words, ended by NULL. */
void fuzz_question(const char *const *words);

/* Take in the spool at `path`, into the database `db`.  True when there is a database then. */
bool fuzz_ingest(const char *db, const char *path);

#endif
