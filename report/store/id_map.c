/*
 * id_map.c - from row ids to indexes, and other small things about reading rows.
 */
#include "report/store/load.h"

void id_map_add(struct id_map *map, int64_t id, int index)
{
	*GROW(map->entries, map->count, map->room) = (struct id_entry){id, index};
}

static int compare_ids(const void *a, const void *b)
{
	const struct id_entry *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void id_map_sort(struct id_map *map)
{
	if (map->count)
		qsort(map->entries, map->count, sizeof(*map->entries), compare_ids);
}

void id_map_release(struct id_map *map)
{
	free(map->entries);
	*map = (struct id_map){NULL, 0, 0};
}

int id_map_column(const struct id_map *map, sqlite3_stmt *stmt, int at)
{
	struct id_entry key = {0, NONE};
	const struct id_entry *found;
	uint64_t place;

	if (map->count == 0 || sqlite3_column_type(stmt, at) != SQLITE_INTEGER)
		return NONE;
	key.id = sqlite3_column_int64(stmt, at);
	/* Ingest gives one process ids without gaps. */
	place = (uint64_t)key.id - (uint64_t)map->entries[0].id;
	if (place < map->count && map->entries[place].id == key.id)
		return map->entries[place].index;
	found = bsearch(&key, map->entries, map->count, sizeof(key), compare_ids);
	return found ? found->index : NONE;
}

sqlite3_stmt *store_prepare_for(struct store *store, const char *sql, int64_t value)
{
	sqlite3_stmt *stmt = store_prepare(store, sql);

	if (stmt)
		sqlite3_bind_int64(stmt, 1, value);
	return stmt;
}

char *column_string(sqlite3_stmt *stmt, int at)
{
	return xstrdup((const char *)sqlite3_column_text(stmt, at));
}
