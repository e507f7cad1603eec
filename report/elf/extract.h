/*
 * extract.h - what plugreport's answers need of an ELF file, without its code: small enough to be
 * kept in a database, and read again in the file's place (elf_identity.extract).
 *
 * An extract has all of the file but the contents of executable sections, of read-only data, unwind
 * tables and debug information (their section headers say SHT_NOBITS).  As bytes it is zlib's
 * format (RFC 1950) around, little endian:
 *
 *     uint32  format: 1
 *     uint32  N ranges
 *     uint64  size of the file
 *     uint64  offset[N], length[N]: ascending, without overlap
 *     the bytes of the ranges
 */
#ifndef PLUGREPORT_EXTRACT_H
#define PLUGREPORT_EXTRACT_H

#include "report/elf/elf.h"

/* Of the file that the identity names; the caller frees it.  NULL when that is not the recorded one
 * any more, or is too large to be kept (its kept parts: 64 MiB). */
unsigned char *elf_extract_make(const struct elf_identity *identity, size_t *ret_length,
				size_t *ret_inflated);

/* The file again, with zeroes for what is left out; the caller frees it.  NULL when the bytes are
 * no extract. */
char *elf_extract_open(const struct elf_extract *extract, size_t *ret_size);

#endif
