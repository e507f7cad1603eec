/* symbols.c - an object's symbol table: how long it is, what is in it, which of it was recorded. */
#include "audit/module.h"

#include <elf.h>

/* .dynsym has no length: DT_HASH tells it, else DT_GNU_HASH (its last chain ends at the last
 * symbol), else the string table, which follows in every linker's layout. */
static uint32_t count_symbols(const struct object *object)
{
	const uint32_t *hash = (const uint32_t *)object->sysv_hash;
	uint32_t last = 0;

	if (hash)
		return hash[1];
	hash = (const uint32_t *)object->gnu_hash;
	if (hash) {
		const uint32_t *buckets = hash + 4 + hash[2] * (sizeof(ElfW(Addr)) / 4);
		const uint32_t *chains = buckets + hash[0];

		for (uint32_t i = 0; i < hash[0]; i++)
			if (buckets[i] > last)
				last = buckets[i];
		if (last < hash[1])
			return hash[1];
		while (!(chains[last - hash[1]] & 1))
			last++;
		return last + 1;
	}
	if (object->strings > object->symbols && object->symbols)
		return (uint32_t)((object->strings - object->symbols) / sizeof(ElfW(Sym)));
	return 0;
}

static size_t written_size(uint32_t limit)
{
	return (limit + 31) / 32 * sizeof(uint32_t);
}

void symbols_prepare(struct object *object)
{
	uint32_t limit = 0;

	/* An upper bound that costs nothing will do; the tables are walked only without one. */
	if (object->strings > object->symbols && object->symbols &&
	    (object->strings - object->symbols) / sizeof(ElfW(Sym)) < (1u << 22))
		limit = (uint32_t)((object->strings - object->symbols) / sizeof(ElfW(Sym)));
	else if (object->symbols)
		limit = count_symbols(object);
	if (limit && limit < (1u << 24))
		object->written = arena_alloc(written_size(limit));
	object->symbol_limit = object->written ? limit : 0;
}

void symbols_release(struct object *object)
{
	arena_free(object->written, written_size(object->symbol_limit));
}

void symbols_write(struct object *object, uint32_t index, const ElfW(Sym) * symbol, uintptr_t value,
		   const char *name)
{
	const char *version = NULL;
	struct spool_symbol *record;
	uint32_t bit = 1u << (index % 32);
	unsigned char *p;
	uint16_t versym = 0;
	size_t length, version_length;

	if (index < object->symbol_limit) {
		if (atomic_load_explicit(&object->written[index / 32], memory_order_acquire) & bit)
			return;
		version = versions_of_definition(object, index, &versym);
		if (object->versions && !version)
			object->mixed = true;
	}
	length = strlen(name);
	version_length = version ? strlen(version) : 0;
	record = writer_reserve(&module.writer, SPOOL_SYMBOL, 0, 0,
				sizeof(*record) + bytes_room(length) +
					(version ? bytes_room(version_length) : 4));
	if (!record)
		return;
	record->object = object->number;
	record->index = index;
	record->value = value;
	record->size = symbol->st_size;
	record->info = symbol->st_info;
	record->other = symbol->st_other;
	record->versym = versym;
	p = put_bytes((unsigned char *)(record + 1), name, length);
	if (version)
		put_bytes(p, version, version_length);
	else
		put_string(p, NULL);
	writer_commit(&module.writer, record);
	/* Two threads may both have written it; readers take the first. */
	if (index < object->symbol_limit)
		atomic_fetch_or_explicit(&object->written[index / 32], bit, memory_order_release);
}

/* DT_GNU_HASH's function, h * 33 + c for each character c: four at a time, since each step of it
 * waits for the one before. */
static uint32_t gnu_hash(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;
	uint32_t hash = 5381;

	for (; p[0] && p[1] && p[2] && p[3]; p += 4)
		hash = hash * (33u * 33 * 33 * 33) +
		       (p[0] * (33u * 33 * 33) + p[1] * (33u * 33) + p[2] * 33u + p[3]);
	for (; *p; p++)
		hash = hash * 33 + *p;
	return hash;
}

void symbol_cursor_init(struct symbol_cursor *cursor, const char *name)
{
	*cursor = (struct symbol_cursor){.name = name, .gnu_hash = gnu_hash(name)};
}

/* gABI, "Hash Table Section": only for objects without DT_GNU_HASH. */
static uint32_t sysv_hash(const char *name)
{
	uint32_t hash = 0;

	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		hash = (hash << 4) + *p;
		hash ^= (hash >> 24) & 0xf0;
	}
	return hash & 0x0fffffff;
}

static bool defines(const struct object *object, const struct symbol_cursor *cursor, uint32_t index)
{
	const ElfW(Sym) *symbol = (const ElfW(Sym) *)object->symbols + index;
	const char *name = (const char *)object->strings + symbol->st_name;

	/* glibc elf/dl-lookup.c (check_match): what has no value defines nothing. */
	if (symbol->st_value == 0 && symbol->st_shndx != SHN_ABS &&
	    ELF64_ST_TYPE(symbol->st_info) != STT_TLS)
		return false;
	if (symbol->st_shndx == SHN_UNDEF && !cursor->plt)
		return false;
	return symbol->st_name < object->string_size && strcmp(name, cursor->name) == 0;
}

/* DT_GNU_HASH and DT_HASH chains, as in glibc elf/dl-lookup.c (do_lookup_x). */
const ElfW(Sym) * symbols_next_definition(const struct object *object, struct symbol_cursor *cursor,
					  uint32_t *ret_index)
{
	const uint32_t *hash = (const uint32_t *)object->gnu_hash;
	const ElfW(Sym) *symbols = (const ElfW(Sym) *)object->symbols;
	uint32_t index = cursor->next;

	if (!symbols || !object->strings)
		return NULL;
	if (hash && hash[0]) {
		const ElfW(Addr) *bloom = (const ElfW(Addr) *)(hash + 4);
		const uint32_t *buckets = hash + 4 + hash[2] * (sizeof(ElfW(Addr)) / 4);
		const uint32_t *chains = buckets + hash[0];
		const uint32_t bits = sizeof(ElfW(Addr)) * 8;

		if (!index) {
			ElfW(Addr) word =
				cursor->sure ? ~(ElfW(Addr))0
					     : bloom[(cursor->gnu_hash / bits) & (hash[2] - 1)];

			if (!(word >> (cursor->gnu_hash % bits) &
			      word >> ((cursor->gnu_hash >> hash[3]) % bits) & 1))
				return NULL;
			index = buckets[cursor->gnu_hash % hash[0]];
		} else if (chains[index - hash[1]] & 1) {
			return NULL;
		} else {
			index++;
		}
		if (index < hash[1])
			return NULL;
		for (;; index++) {
			uint32_t chain = chains[index - hash[1]];

			if ((chain | 1) == (cursor->gnu_hash | 1) &&
			    defines(object, cursor, index)) {
				cursor->next = *ret_index = index;
				return symbols + index;
			}
			if (chain & 1)
				return NULL;
		}
	}
	hash = (const uint32_t *)object->sysv_hash;
	if (!hash || !hash[0])
		return NULL;
	index = index ? hash[2 + hash[0] + index] : hash[2 + sysv_hash(cursor->name) % hash[0]];
	for (; index && index < hash[1]; index = hash[2 + hash[0] + index])
		if (defines(object, cursor, index)) {
			cursor->next = *ret_index = index;
			return symbols + index;
		}
	return NULL;
}

uintptr_t symbols_find_function(const struct object *object, const char *name)
{
	struct symbol_cursor cursor;
	const ElfW(Sym) * symbol;
	uint32_t index;

	symbol_cursor_init(&cursor, name);
	symbol = symbols_next_definition(object, &cursor, &index);
	return symbol && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC
		       ? object->bias + symbol->st_value
		       : 0;
}
