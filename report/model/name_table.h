/*
 * name_table.h - strings as small numbers: each different string once.  Comparing, sorting and
 * indexing by name is then as cheap as by number.
 */
#ifndef PLUGREPORT_NAME_TABLE_H
#define PLUGREPORT_NAME_TABLE_H

#include "report/store/index_table.h"

#define NAME_NONE UINT32_MAX /* no string */

/* All zero is empty. */
struct name_table {
	const char **strings; /* by number: 0, 1, ...; owned */
	size_t count, room;
	struct index_table table;
	struct arena arena;
};

/* The number of `s`, which is added (copied) where it is not there.  NULL gives NAME_NONE. */
uint32_t name_add(struct name_table *names, const char *s);
/* The same; NAME_NONE where it is not there. */
uint32_t name_find(const struct name_table *names, const char *s);
void name_table_release(struct name_table *names);

/* NULL for NAME_NONE.  Valid as long as `names`. */
static inline const char *name_string(const struct name_table *names, uint32_t name)
{
	return name == NAME_NONE ? NULL : names->strings[name];
}

#endif
