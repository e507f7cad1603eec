/*
 * symbol_blob.c - symbol tables to bytes and back.
 */
#include "report/store/symbol_blob.h"

#include <zlib.h>

#include "report/util.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "the blob's numbers are copied as they are");

#define BLOB_FORMAT   2
#define NO_STRING     UINT32_MAX
#define SYMBOL_BYTES  (8 + 8 + 4 + 4 + 2 + 1 + 1)
#define VERSION_BYTES (4 + 4 + 2 + 1)
/* Deflate makes at most so many bytes of one: zlib's documentation. */
#define DEFLATE_RATIO 1032
#define FILTER_BITS   16 /* a name: two bits of it set, one in 70 other names passes */

struct blob_header {
	uint32_t format, flags, first_hashed, symbols, versions, string_bytes;
};

enum { FLAG_VERSIONED = 1, FLAG_GNU_HASH = 2, FLAG_SYSV_HASH = 4 };
enum {
	OTHER_VISIBILITY = 3,
	OTHER_DEFINED = 4,
	OTHER_ABSOLUTE = 8,
	OTHER_AT_LOAD = 16,
	OTHER_COPIED = 32, /* the first blobs of this format have not got it */
};
enum { VERSION_WEAK = 1, VERSION_BASE = 2 };

/* The columns in a blob's contents. */
struct columns {
	unsigned char *values, *sizes, *names, *numbers, *versyms, *infos, *others;
	unsigned char *version_names, *version_files, *version_indexes, *version_flags, *strings;
};

static uint64_t contents_size(const struct blob_header *header)
{
	return sizeof(*header) + (uint64_t)header->symbols * SYMBOL_BYTES +
	       (uint64_t)header->versions * VERSION_BYTES + header->string_bytes;
}

static struct columns find_columns(unsigned char *contents, const struct blob_header *header)
{
	size_t n = header->symbols, v = header->versions;
	struct columns c;

	c.values = contents + sizeof(*header);
	c.sizes = c.values + 8 * n;
	c.names = c.sizes + 8 * n;
	c.numbers = c.names + 4 * n;
	c.versyms = c.numbers + 4 * n;
	c.infos = c.versyms + 2 * n;
	c.others = c.infos + n;
	c.version_names = c.others + n;
	c.version_files = c.version_names + 4 * v;
	c.version_indexes = c.version_files + 4 * v;
	c.version_flags = c.version_indexes + 2 * v;
	c.strings = c.version_flags + v;
	return c;
}

#define PUT(column, index, type, value)                                         \
	do {                                                                    \
		type put_ = (type)(value);                                      \
		memcpy((column) + (index) * sizeof(type), &put_, sizeof(type)); \
	} while (0)
#define TAKE(column, index, type)                                                 \
	({                                                                        \
		type taken_;                                                      \
		memcpy(&taken_, (column) + (index) * sizeof(type), sizeof(type)); \
		taken_;                                                           \
	})

/* Offset of one of the table's strings; "" is at the end of all others when it is nowhere else. */
static uint32_t offset_of(const struct symbol_table *table, const char *s)
{
	if (!s)
		return NO_STRING;
	if (s >= table->strings && s < table->strings + table->string_bytes)
		return (uint32_t)(s - table->strings);
	return (uint32_t)(table->string_bytes - 1);
}

static void put_symbols(const struct symbol_table *table, const struct columns *c)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct dynamic_symbol *s = &table->symbols[i];

		PUT(c->values, i, uint64_t, s->value);
		PUT(c->sizes, i, uint64_t, s->size);
		PUT(c->names, i, uint32_t, offset_of(table, s->name));
		PUT(c->numbers, i, uint32_t, s->number);
		PUT(c->versyms, i, uint16_t, s->versym);
		c->infos[i] = (unsigned char)(s->type | s->bind << 4);
		c->others[i] = (unsigned char)(s->visibility | (s->defined ? OTHER_DEFINED : 0) |
					       (s->absolute ? OTHER_ABSOLUTE : 0) |
					       (s->at_load ? OTHER_AT_LOAD : 0) |
					       (s->copied ? OTHER_COPIED : 0));
	}
	for (size_t i = 0; i < table->version_count; i++) {
		const struct symbol_version *v = &table->versions[i];

		PUT(c->version_names, i, uint32_t, offset_of(table, v->name));
		PUT(c->version_files, i, uint32_t, offset_of(table, v->file));
		PUT(c->version_indexes, i, uint16_t, v->index);
		c->version_flags[i] = (unsigned char)((v->weak ? VERSION_WEAK : 0) |
						      (v->base ? VERSION_BASE : 0));
	}
}

unsigned char *symbol_blob_encode(const struct symbol_table *table, size_t *ret_length,
				  size_t *ret_inflated)
{
	struct blob_header header = {
		.format = BLOB_FORMAT,
		.flags = (table->versioned ? FLAG_VERSIONED : 0u) |
			 (table->gnu_hash ? FLAG_GNU_HASH : 0u) |
			 (table->sysv_hash ? FLAG_SYSV_HASH : 0u),
		.first_hashed = table->first_hashed,
		.symbols = (uint32_t)table->count,
		.versions = (uint32_t)table->version_count,
		.string_bytes = (uint32_t)table->string_bytes,
	};
	size_t size = contents_size(&header);
	AUTO_FREE unsigned char *contents = xmalloc(size);
	struct columns columns = find_columns(contents, &header);
	uLongf length = compressBound(size);
	unsigned char *blob = xmalloc(length);

	memcpy(contents, &header, sizeof(header));
	put_symbols(table, &columns);
	if (table->string_bytes)
		memcpy(columns.strings, table->strings, table->string_bytes);
	if (compress2(blob, &length, contents, size, Z_BEST_SPEED) != Z_OK)
		BUG("zlib can't compress %zu bytes", size);
	*ret_length = length;
	*ret_inflated = size;
	return blob;
}

/* --- and back --- */

/* NULL for none; false when it is not in the strings. */
static bool take_string(const struct columns *c, const struct blob_header *header, uint32_t offset,
			const char **ret)
{
	if (offset != NO_STRING && offset >= header->string_bytes)
		return false;
	*ret = offset == NO_STRING ? NULL : (const char *)c->strings + offset;
	return true;
}

static bool take_versions(const struct columns *c, const struct blob_header *header,
			  struct symbol_table *table, const struct symbol_version **by_index)
{
	table->versions = xcalloc(header->versions + (size_t)1, sizeof(*table->versions));
	for (size_t i = 0; i < header->versions; i++) {
		struct symbol_version *v = &table->versions[table->version_count++];

		if (!take_string(c, header, TAKE(c->version_names, i, uint32_t), &v->name) ||
		    !take_string(c, header, TAKE(c->version_files, i, uint32_t), &v->file) ||
		    !v->name)
			return false;
		v->index = TAKE(c->version_indexes, i, uint16_t) & 0x7fff;
		v->weak = (c->version_flags[i] & VERSION_WEAK) != 0;
		v->base = (c->version_flags[i] & VERSION_BASE) != 0;
		if (!v->base)
			by_index[v->index] = v;
	}
	return true;
}

static bool take_symbols(const struct columns *c, const struct blob_header *header,
			 struct symbol_table *table, const struct symbol_version *const *by_index)
{
	table->symbols = xcalloc(header->symbols + (size_t)1, sizeof(*table->symbols));
	for (size_t i = 0; i < header->symbols; i++) {
		struct dynamic_symbol *s = &table->symbols[table->count++];
		const struct symbol_version *version;

		if (!take_string(c, header, TAKE(c->names, i, uint32_t), &s->name) || !s->name)
			return false;
		s->value = TAKE(c->values, i, uint64_t);
		s->size = TAKE(c->sizes, i, uint64_t);
		s->number = TAKE(c->numbers, i, uint32_t);
		s->versym = TAKE(c->versyms, i, uint16_t);
		s->type = c->infos[i] & 15;
		s->bind = c->infos[i] >> 4;
		s->visibility = c->others[i] & OTHER_VISIBILITY;
		s->defined = (c->others[i] & OTHER_DEFINED) != 0;
		s->absolute = (c->others[i] & OTHER_ABSOLUTE) != 0;
		s->at_load = (c->others[i] & OTHER_AT_LOAD) != 0;
		s->copied = (c->others[i] & OTHER_COPIED) != 0;
		version = table->versioned ? by_index[s->versym & 0x7fff] : NULL;
		s->version = version ? version->name : NULL;
		s->version_file = version ? version->file : NULL;
	}
	return true;
}

static bool take_table(unsigned char *contents, size_t size, struct symbol_table *table)
{
	AUTO_FREE const struct symbol_version **by_index = xcalloc(0x8000, sizeof(*by_index));
	struct blob_header header;
	struct columns columns;

	memcpy(&header, contents, sizeof(header));
	if (header.format != BLOB_FORMAT || contents_size(&header) != size ||
	    header.symbols > INT32_MAX)
		return false;
	columns = find_columns(contents, &header);
	if (header.string_bytes && columns.strings[header.string_bytes - 1] != '\0')
		return false;
	table->source = SYMBOLS_CACHE;
	table->versioned = (header.flags & FLAG_VERSIONED) != 0;
	table->gnu_hash = (header.flags & FLAG_GNU_HASH) != 0;
	table->sysv_hash = (header.flags & FLAG_SYSV_HASH) != 0;
	table->first_hashed = header.first_hashed;
	return take_versions(&columns, &header, table, by_index) &&
	       take_symbols(&columns, &header, table, by_index);
}

bool symbol_blob_decode(const void *blob, size_t length, uint64_t inflated,
			struct symbol_table *ret)
{
	uLongf size = inflated;

	*ret = (struct symbol_table){.source = SYMBOLS_NONE};
	if (inflated < sizeof(struct blob_header) || inflated / DEFLATE_RATIO > length)
		return false;
	ret->strings = xmalloc(size);
	ret->string_bytes = size;
	if (uncompress((unsigned char *)ret->strings, &size, blob, length) == Z_OK &&
	    size == inflated && take_table((unsigned char *)ret->strings, size, ret))
		return true;
	symbol_table_release(ret);
	return false;
}

/* --- the filter --- */

static void name_filter_add(struct name_filter *filter, uint32_t hash)
{
	filter->words[hash / 64 & (filter->count - 1)] |=
		(uint64_t)1 << (hash % 64) | (uint64_t)1 << (hash >> 26);
}

static bool belongs(const struct symbol_table *table, size_t i, bool definitions)
{
	return definitions ? symbol_can_be_found(table, &table->symbols[i])
			   : !table->symbols[i].defined;
}

void name_filter_fill(struct name_filter *filter, const struct symbol_table *table,
		      bool definitions)
{
	size_t names = 0;

	for (size_t i = 0; i < table->count; i++)
		names += belongs(table, i, definitions);
	filter->count = 1;
	while (filter->count * 64 < names * FILTER_BITS)
		filter->count *= 2;
	filter->words = xcalloc(filter->count, sizeof(*filter->words));
	for (size_t i = 0; i < table->count; i++)
		if (belongs(table, i, definitions))
			name_filter_add(filter, symbol_hash(table->symbols[i].name));
}

bool name_filter_load(struct name_filter *filter, const void *bytes, size_t length)
{
	size_t count = length / sizeof(*filter->words);
	bool good = bytes && count && length % sizeof(*filter->words) == 0 &&
		    (count & (count - 1)) == 0;

	filter->count = good ? count : 1;
	filter->words = xmalloc(filter->count * sizeof(*filter->words));
	if (good)
		memcpy(filter->words, bytes, length);
	else
		filter->words[0] = UINT64_MAX;
	return good;
}

void name_filter_release(struct name_filter *filter)
{
	free(filter->words);
	*filter = (struct name_filter){NULL, 0};
}
