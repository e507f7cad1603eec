/*
 * write_parts.h - the rows of everything that belongs to one process.
 */
#ifndef PLUGREPORT_WRITE_PARTS_H
#define PLUGREPORT_WRITE_PARTS_H

#include "report/store/contents.h"
#include "report/store/rows.h"

/* Row ids of the first element of each array; the others follow it. */
struct first_ids {
	int64_t object, search, call, stack, symbol, binding;
};

/* Which rows a process has in the tables without an index by process. */
struct extent {
	int64_t first_symbol, first_binding;
	size_t symbols, bindings;
	size_t bound; /* bindings that lead to a definition */
};
struct extent extent_of(const struct contents *contents, const struct first_ids *ids);

/* The ids that follow those of these contents. */
void first_ids_advance(struct first_ids *ids, const struct contents *contents);

/* Write all parts of the process rec.process_id; false with rows->error set. */
bool write_parts(struct rows *rows, struct contents *contents, const struct first_ids *ids);

#endif
