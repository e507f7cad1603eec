/*
 * record_reader.h - private to record.c and record_*.c: a file that is being read.
 */
#ifndef PLUGREPORT_RECORD_READER_H
#define PLUGREPORT_RECORD_READER_H

#include <gelf.h>

#include "report/elf/record.h"

struct record_reader {
	Elf *elf;
	struct elf_record *record;
	const char *strings; /* DT_STRTAB */
	size_t string_limit; /* offsets below this begin a terminated string */
	Elf_Data *symbols;   /* DT_SYMTAB */
	size_t symbol_count;
	Elf_Data *versyms;        /* DT_VERSYM */
	size_t *version_of_index; /* index of a version in the file -> 1 + that in versions */
	uint64_t highest_symbol;  /* that a relocation refers to */
	uint64_t first_function, last_function; /* slots of arrays of functions lie between these */
};

#define VERSION_INDEXES 0x8000 /* they have 15 bits */

/* The bytes at `address` as `type`; NULL when the file does not have all of them. They live as long
 * as the Elf. */
Elf_Data *record_bytes(const struct record_reader *reader, uint64_t address, uint64_t size,
		       Elf_Type type);
/* The number of bytes from `address` to the end of its segment in the file; 0: in none. */
uint64_t record_bytes_left(const struct record_reader *reader, uint64_t address);

/* A string of DT_STRTAB, or NULL. */
const char *record_string(const struct record_reader *reader, uint64_t offset);

/* Version name of a symbol, or NULL. */
struct elf_version *record_version_of(const struct record_reader *reader, size_t symbol);

/* record_relocations.c: note the highest symbol that any refers to, so that the symbol table can be
 * read; then read slots and functions. */
void record_scan_relocations(struct record_reader *reader);
void record_read_relocations(struct record_reader *reader);

/* record_symbols.c: versions and symbols. */
void record_read_symbols(struct record_reader *reader);

#endif
