/*
 * lookup_unique.c - what the namespaces' tables of STB_GNU_UNIQUE symbols hold: glibc
 * elf/dl-lookup.c (do_lookup_unique).
 */
#include "report/model/lookup.h"

#include "report/util.h"

struct unique_entry {
	char *symbol; /* NULL: free */
	int32_t name_space;
	int object;
};

struct unique_symbols {
	struct unique_entry *entries;
	size_t count, room; /* room: a power of two, more than half of it free */
};

struct unique_symbols *unique_symbols_new(void)
{
	struct unique_symbols *unique = xcalloc(1, sizeof(*unique));

	unique->room = 64;
	unique->entries = xcalloc(unique->room, sizeof(*unique->entries));
	return unique;
}

void unique_symbols_free(struct unique_symbols *unique)
{
	if (!unique)
		return;
	for (size_t i = 0; i < unique->room; i++)
		free(unique->entries[i].symbol);
	free(unique->entries);
	free(unique);
}

/* The symbol's entry, or the free one where it belongs. */
static struct unique_entry *find_entry(const struct unique_symbols *unique, int32_t name_space,
				       const char *symbol)
{
	size_t at = (symbol_hash(symbol) + (uint32_t)name_space) & (unique->room - 1);

	while (unique->entries[at].symbol && (unique->entries[at].name_space != name_space ||
					      strcmp(unique->entries[at].symbol, symbol) != 0))
		at = (at + 1) & (unique->room - 1);
	return &unique->entries[at];
}

static void make_room(struct unique_symbols *unique)
{
	struct unique_symbols larger = {.room = unique->room * 2, .count = unique->count};

	larger.entries = xcalloc(larger.room, sizeof(*larger.entries));
	for (size_t i = 0; i < unique->room; i++) {
		const struct unique_entry *entry = &unique->entries[i];

		if (entry->symbol)
			*find_entry(&larger, entry->name_space, entry->symbol) = *entry;
	}
	free(unique->entries);
	*unique = larger;
}

void unique_symbols_enter(struct unique_symbols *unique, int32_t name_space, const char *symbol,
			  int object)
{
	struct unique_entry *entry = find_entry(unique, name_space, symbol);

	if (entry->symbol)
		return;
	*entry = (struct unique_entry){xstrdup(symbol), name_space, object};
	if (++unique->count * 2 > unique->room)
		make_room(unique);
}

int unique_symbols_find(const struct unique_symbols *unique, int32_t name_space, const char *symbol)
{
	const struct unique_entry *entry = find_entry(unique, name_space, symbol);

	return entry->symbol ? entry->object : NONE;
}
