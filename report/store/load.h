/*
 * load.h - what the loading of a recording and of its bindings share.
 */
#ifndef PLUGREPORT_LOAD_H
#define PLUGREPORT_LOAD_H

#include "report/store/store_internal.h"

/* Row ids and the indexes of the elements that were loaded from them.  All zero is empty. */
struct id_map {
	struct id_entry {
		int64_t id;
		int index;
	} * entries; /* sorted by id once id_map_sort() was called */
	size_t count, room;
};

void id_map_add(struct id_map *map, int64_t id, int index);
void id_map_sort(struct id_map *map);
void id_map_release(struct id_map *map);
#define AUTO_ID_MAP __attribute__((cleanup(id_map_release)))

/* The index of the row that column `at` refers to; NONE when it is NULL or refers to nothing. */
int id_map_column(const struct id_map *map, sqlite3_stmt *stmt, int at);

/* A statement with one parameter, bound to `value`; NULL after a message. */
sqlite3_stmt *store_prepare_for(struct store *store, const char *sql, int64_t value);

/* A column's text as a fresh string; NULL for NULL. */
char *column_string(sqlite3_stmt *stmt, int at);

#endif
