/*
 * symbol_blob.h - private to store/: a symbol table as bytes, and a filter over its names.
 *
 * THE BLOB is zlib's format (RFC 1950) around, little endian and without padding:
 *
 *     uint32  format: 2
 *     uint32  flags: bit 0 versioned, 1 DT_GNU_HASH, 2 DT_HASH
 *     uint32  first_hashed, N symbols, V versions, S bytes of strings
 *     uint64  value[N], size[N]
 *     uint32  name[N]: offset into the strings; number[N]: in .dynsym
 *     uint16  versym[N]
 *     uint8   info[N]: type, binding << 4; other[N]: visibility, 4 defined, 8 absolute,
 *             16 looked up at load
 *     uint32  name[V]; file[V]: offset, or UINT32_MAX
 *     uint16  index[V]
 *     uint8   flags[V]: 1 weak, 2 base
 *     uint8   strings[S]: the last byte is 0
 *
 * THE FILTER is a Bloom filter as in DT_GNU_HASH: M uint64, M a power of two; a name with the hash
 * h (symbol_hash()) may be in it when word (h / 64) % M has the bits h % 64 and (h >> 26) % 64.
 */
#ifndef PLUGREPORT_SYMBOL_BLOB_H
#define PLUGREPORT_SYMBOL_BLOB_H

#include "report/model/symbols.h"

/* The blob of a table that elf_symbol_table() read; its length and that of its contents go to the
 * other two.  The caller frees it. */
unsigned char *symbol_blob_encode(const struct symbol_table *table, size_t *ret_length,
				  size_t *ret_inflated);

/* The reverse: a SYMBOLS_CACHE table, not indexed yet.  False, with nothing to release, when the
 * bytes are not what symbol_blob_encode() gives. */
bool symbol_blob_decode(const void *blob, size_t length, uint64_t inflated,
			struct symbol_table *ret);

/* All zero is an empty filter, which no name is in. */
struct name_filter {
	uint64_t *words;
	size_t count;
};

/* Over the table's definitions, or its references. */
void name_filter_fill(struct name_filter *filter, const struct symbol_table *table,
		      bool definitions);
/* A copy of stored bytes; false, with everything in the filter, when they are none. */
bool name_filter_load(struct name_filter *filter, const void *bytes, size_t length);
void name_filter_release(struct name_filter *filter);

static inline bool name_filter_has(const struct name_filter *filter, uint32_t hash)
{
	uint64_t word;

	if (!filter->count)
		return false;
	word = filter->words[hash / 64 & (filter->count - 1)];
	return word >> (hash % 64) & word >> (hash >> 26) & 1;
}

#endif
