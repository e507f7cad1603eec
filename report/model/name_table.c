#include "report/model/name_table.h"

#include "report/util.h"

struct wanted {
	const struct name_table *names;
	const char *s;
};

static bool is_wanted(const void *context, uint32_t index)
{
	const struct wanted *wanted = context;

	return strcmp(wanted->names->strings[index], wanted->s) == 0;
}

static uint32_t find(const struct name_table *names, uint64_t hash, const char *s)
{
	struct wanted wanted = {names, s};

	return index_table_find(&names->table, hash, is_wanted, &wanted);
}

uint32_t name_find(const struct name_table *names, const char *s)
{
	return s ? find(names, hash_string(0, s), s) : NAME_NONE;
}

uint32_t name_add(struct name_table *names, const char *s)
{
	uint64_t hash;
	uint32_t index;

	if (!s)
		return NAME_NONE;
	hash = hash_string(0, s);
	index = find(names, hash, s);
	if (index != INDEX_NONE)
		return index;
	*GROW(names->strings, names->count, names->room) =
		arena_string(&names->arena, s, strlen(s));
	index = (uint32_t)(names->count - 1);
	index_table_add(&names->table, hash, index);
	return index;
}

void name_table_release(struct name_table *names)
{
	free(names->strings);
	index_table_release(&names->table);
	arena_release(&names->arena);
	*names = (struct name_table){0};
}
