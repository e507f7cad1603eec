/*
 * symbols.h - an object's dynamic symbol table, as ld.so's look-up sees it.  Pure data: elf/ reads
 * it from files, store/ keeps it by build-id, model/lookup.h searches it.
 *
 * gABI chapter 4, "Symbol Table"; LSB, "Symbol Versioning"; glibc elf/dl-lookup.c.
 */
#ifndef PLUGREPORT_SYMBOLS_H
#define PLUGREPORT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a table's entries come from: how far "it does not define X" can be trusted. */
enum symbols_source {
	SYMBOLS_NONE,      /* nothing is known */
	SYMBOLS_RECORDING, /* only what bindings of the recording showed: absence proves nothing */
	SYMBOLS_FILE,      /* the file on disk, which still is the recorded one: exact */
	SYMBOLS_CACHE,     /* kept in the database from such a file: exact */
};

struct dynamic_symbol {
	const char *name;    /* never NULL; untrusted bytes */
	const char *version; /* of a definition: its version; of a reference: the one wanted; NULL
				none */
	const char
		*version_file; /* reference: the SONAME that the version is wanted from; or NULL */
	uint64_t value,
		size;    /* value: offset from the load address (an STT_TLS one's: in the block) */
	uint32_t number; /* index in .dynsym */
	uint16_t versym; /* index of the version with bit 15 (hidden); 0 where there are none */
	uint8_t type, bind, visibility; /* STT_*, STB_*, STV_* */
	bool defined;                   /* st_shndx is not SHN_UNDEF */
	bool absolute;                  /* SHN_ABS */
};

/* A version that a file defines (DT_VERDEF), or wants from another one (DT_VERNEED). */
struct symbol_version {
	const char *name;
	const char *file; /* wanted: SONAME; defined: NULL */
	bool weak;        /* VER_FLG_WEAK */
	bool base;        /* defined: VER_FLG_BASE, the file's own name */
};

struct symbol_table {
	enum symbols_source source;
	bool versioned;           /* it has DT_VERSYM */
	bool gnu_hash, sysv_hash; /* which hash tables it has: what is in none can't be found */
	struct dynamic_symbol *symbols; /* in the order of .dynsym, without its entry 0 */
	size_t count;
	struct symbol_version *versions;
	size_t version_count;
	/* private: strings, and an index of definitions by name */
	char *strings;
	size_t string_bytes;
	int32_t *slots, *next;
	size_t slot_count;
};

/* Free what the table owns; it is empty and usable afterwards. */
void symbol_table_release(struct symbol_table *table);

/*
 * Build the index behind symbol_table_first(): to be called once `symbols` is complete.
 * symbols[] and all its strings must stay as they are afterwards.
 */
void symbol_table_index(struct symbol_table *table);

/*
 * The first definition of `name`, in the order of .dynsym, and the one after it: index into
 * symbols[], or -1.  There is more than one where versions differ.
 */
int symbol_table_first(const struct symbol_table *table, const char *name);
int symbol_table_next(const struct symbol_table *table, int index);

/* "file", "cache", "recording", "none". */
const char *symbols_source_name(enum symbols_source source);

/*
 * The tables of one recording's objects.  What implements it (store/symbol_tables.h, or a test's
 * literal tables) answers from the cache, the file or the recording; NULL when nothing is known.
 * The result lives as long as the provider.
 */
struct symbol_provider {
	const struct symbol_table *(*table_of)(struct symbol_provider *provider, int object);
};

static inline const struct symbol_table *symbols_of(struct symbol_provider *provider, int object)
{
	return provider->table_of(provider, object);
}

#endif
