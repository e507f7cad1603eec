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
	const char *version_file; /* of a version that is wanted (also by the definition that a copy
				     relocation makes): the SONAME it is wanted from; or NULL */
	uint64_t value,
		size;    /* value: offset from the load address (an STT_TLS one's: in the block) */
	uint32_t number; /* index in .dynsym */
	uint16_t versym; /* index of the version with bit 15 (hidden); 0 where there are none */
	uint8_t type, bind, visibility; /* STT_*, STB_*, STV_* */
	bool defined;                   /* st_shndx is not SHN_UNDEF */
	bool absolute;                  /* SHN_ABS */
	bool copied;  /* a program's: a copy relocation fills it, from a library's variable */
	bool at_load; /* ld.so looks it up when it relocates the object, lazy or not: something
			 else than a PLT slot refers to it */
};

/* A version that a file defines (DT_VERDEF), or wants from another one (DT_VERNEED). */
struct symbol_version {
	const char *name;
	const char *file; /* wanted: SONAME; defined: NULL */
	uint16_t index;   /* what versym refers to, bit 15 cleared */
	bool weak;        /* VER_FLG_WEAK */
	bool base;        /* defined: VER_FLG_BASE, the file's own name */
};

struct symbol_table {
	enum symbols_source source;
	bool versioned;           /* it has DT_VERSYM that counts: some version has an index */
	bool gnu_hash, sysv_hash; /* which hash tables it has: what is in none can't be found */
	uint32_t first_hashed;    /* DT_GNU_HASH has no symbol with a number below this */
	struct dynamic_symbol *symbols; /* in the order of .dynsym, without its entry 0 */
	size_t count;
	struct symbol_version *versions;
	size_t version_count;
	/* private: what holds the strings, and an index of the symbols by name */
	char *strings;
	size_t string_bytes;
	int32_t *slots, *next;
	size_t slot_count;
};

/* Free what the table owns; it is empty and usable afterwards. */
void symbol_table_release(struct symbol_table *table);

/*
 * Build the index behind symbol_table_first() and the like: to be called once `symbols` is
 * complete. symbols[] and all its strings must stay as they are afterwards.
 */
void symbol_table_index(struct symbol_table *table);

/*
 * The first definition of `name` that a hash table leads to, in the order of .dynsym, and the one
 * after it: index into symbols[], or -1.  There is more than one where versions differ.  An
 * undefined symbol with a value counts: that is the PLT entry which a program that is not position
 * independent takes for the function.
 */
int symbol_table_first(const struct symbol_table *table, const char *name);
/* The same for who has the name's hash at hand. */
int symbol_table_find(const struct symbol_table *table, const char *name, uint32_t hash);
int symbol_table_next(const struct symbol_table *table, int index);

/*
 * The symbol of this name, defined or not, that a reference of the object itself goes by: with the
 * version that it wants (NULL: none) when there are several; -1 none.
 */
int symbol_table_reference(const struct symbol_table *table, const char *name, const char *version);

/* True for what symbol_table_first() can come to: the rest is references, or local. */
bool symbol_can_be_found(const struct symbol_table *table, const struct dynamic_symbol *symbol);

/* The hash of DT_GNU_HASH: glibc sysdeps/generic/dl-new-hash.h. */
uint32_t symbol_hash(const char *name);

/* "file", "cache", "recording", "none". */
const char *symbols_source_name(enum symbols_source source);

/* "func", "object", "tls", "ifunc" ...; "global", "weak", "unique", "local"; "default",
 * "protected", "hidden", "internal".  Numbers that stand for nothing are "unknown". */
const char *symbol_type_name(uint8_t type);
const char *symbol_bind_name(uint8_t bind);
const char *symbol_visibility_name(uint8_t visibility);

/*
 * The tables of one recording's objects.  What implements it (store/symbol_tables.h, or a test's
 * literal tables) answers from the cache, the file or the recording; NULL when nothing is known.
 * The result lives as long as the provider.
 */
struct symbol_provider {
	const struct symbol_table *(*table_of)(struct symbol_provider *provider, int object);
	/*
	 * False: the object's table is exact, and has no definition (or reference) with a name of
	 * this symbol_hash().  Quicker than to load the table and look.  May be NULL.
	 */
	bool (*may_name)(struct symbol_provider *provider, int object, uint32_t hash, bool defined);
};

static inline const struct symbol_table *symbols_of(struct symbol_provider *provider, int object)
{
	return provider->table_of(provider, object);
}

/* The object's table when that is all that its file has; else NULL. */
static inline const struct symbol_table *symbols_exact(struct symbol_provider *provider, int object)
{
	const struct symbol_table *table = symbols_of(provider, object);

	return table && table->source >= SYMBOLS_FILE ? table : NULL;
}

/* Can it be that the object's table, if that is known, has such a definition? */
static inline bool symbols_may_define(struct symbol_provider *provider, int object, uint32_t hash)
{
	return !provider->may_name || provider->may_name(provider, object, hash, true);
}

/* The same of an undefined symbol. */
static inline bool symbols_may_refer(struct symbol_provider *provider, int object, uint32_t hash)
{
	return !provider->may_name || provider->may_name(provider, object, hash, false);
}

#endif
