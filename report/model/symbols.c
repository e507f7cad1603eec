/*
 * symbols.c - a dynamic symbol table, and its index by name.
 */
#include "report/model/symbols.h"

#include <elf.h>

#include "report/util.h"

void symbol_table_release(struct symbol_table *table)
{
	free(table->symbols);
	free(table->versions);
	free(table->strings);
	free(table->slots);
	free(table->next);
	*table = (struct symbol_table){0};
}

uint32_t symbol_hash(const char *name)
{
	uint32_t hash = 5381;

	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		hash = hash * 33 + *p;
	return hash;
}

/*
 * A look-up goes through the hash table alone, so what is not in it does not exist: all undefined
 * symbols (but PLT entries) and local ones stand before DT_GNU_HASH's first symbol.  Without a hash
 * table nothing is found: glibc elf/dl-lookup.c (do_lookup_x, l_nbuckets).  What only a recording
 * shows was found by somebody.
 */
bool symbol_can_be_found(const struct symbol_table *table, const struct dynamic_symbol *symbol)
{
	if (!symbol->defined && symbol->value == 0)
		return false;
	if (table->source == SYMBOLS_RECORDING)
		return true;
	return (table->gnu_hash || table->sysv_hash) &&
	       (!table->gnu_hash || symbol->number >= table->first_hashed);
}

void symbol_table_index(struct symbol_table *table)
{
	size_t room = 16;

	while (room < table->count && room < (size_t)1 << 30)
		room *= 2;
	free(table->slots);
	free(table->next);
	table->slot_count = room;
	table->slots = xmalloc(room * sizeof(*table->slots));
	table->next = xmalloc((table->count + 1) * sizeof(*table->next));
	for (size_t i = 0; i < room; i++)
		table->slots[i] = -1;
	/* Backwards, so that each chain is in the order of .dynsym. */
	for (size_t i = table->count; i-- > 0;) {
		int32_t *slot;

		slot = &table->slots[symbol_hash(table->symbols[i].name) & (room - 1)];
		table->next[i] = *slot;
		*slot = (int32_t)i;
	}
}

static int find_in_chain(const struct symbol_table *table, int index, const char *name)
{
	while (index >= 0 && strcmp(table->symbols[index].name, name) != 0)
		index = table->next[index];
	return index;
}

static int find_definition(const struct symbol_table *table, int index, const char *name)
{
	do {
		index = find_in_chain(table, index, name);
		if (index < 0 || symbol_can_be_found(table, &table->symbols[index]))
			return index;
		index = table->next[index];
	} while (true);
}

static int chain_of(const struct symbol_table *table, uint32_t hash)
{
	return table->slots ? table->slots[hash & (table->slot_count - 1)] : -1;
}

int symbol_table_find(const struct symbol_table *table, const char *name, uint32_t hash)
{
	return find_definition(table, chain_of(table, hash), name);
}

int symbol_table_first(const struct symbol_table *table, const char *name)
{
	return symbol_table_find(table, name, symbol_hash(name));
}

int symbol_table_next(const struct symbol_table *table, int index)
{
	return find_definition(table, table->next[index], table->symbols[index].name);
}

int symbol_table_reference(const struct symbol_table *table, const char *name, const char *version)
{
	int any = -1;

	for (int at = find_in_chain(table, chain_of(table, symbol_hash(name)), name); at >= 0;
	     at = find_in_chain(table, table->next[at], name)) {
		const char *own = table->symbols[at].version;

		if (own && version ? strcmp(own, version) == 0 : own == version)
			return at;
		any = any < 0 ? at : any;
	}
	return any;
}

const char *symbols_source_name(enum symbols_source source)
{
	switch (source) {
	case SYMBOLS_RECORDING:
		return "recording";
	case SYMBOLS_FILE:
		return "file";
	case SYMBOLS_CACHE:
		return "cache";
	case SYMBOLS_NONE:
		break;
	}
	return "none";
}

const char *symbol_type_name(uint8_t type)
{
	switch (type) {
	case STT_NOTYPE:
		return "notype";
	case STT_OBJECT:
		return "object";
	case STT_FUNC:
		return "func";
	case STT_COMMON:
		return "common";
	case STT_TLS:
		return "tls";
	case STT_GNU_IFUNC:
		return "ifunc";
	default:
		return "unknown";
	}
}

const char *symbol_bind_name(uint8_t bind)
{
	switch (bind) {
	case STB_LOCAL:
		return "local";
	case STB_GLOBAL:
		return "global";
	case STB_WEAK:
		return "weak";
	case STB_GNU_UNIQUE:
		return "unique";
	default:
		return "unknown";
	}
}

const char *symbol_visibility_name(uint8_t visibility)
{
	switch (visibility) {
	case STV_DEFAULT:
		return "default";
	case STV_INTERNAL:
		return "internal";
	case STV_HIDDEN:
		return "hidden";
	case STV_PROTECTED:
		return "protected";
	default:
		return "unknown";
	}
}
