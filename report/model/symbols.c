/*
 * symbols.c - a dynamic symbol table, and its index of definitions.
 */
#include "report/model/symbols.h"

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

		table->next[i] = -1;
		if (!symbol_can_be_found(table, &table->symbols[i]))
			continue;
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

int symbol_table_find(const struct symbol_table *table, const char *name, uint32_t hash)
{
	if (!table->slots)
		return -1;
	return find_in_chain(table, table->slots[hash & (table->slot_count - 1)], name);
}

int symbol_table_first(const struct symbol_table *table, const char *name)
{
	return symbol_table_find(table, name, symbol_hash(name));
}

int symbol_table_next(const struct symbol_table *table, int index)
{
	return find_in_chain(table, table->next[index], table->symbols[index].name);
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
