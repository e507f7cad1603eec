#include "report/store/bound_rows.h"

#include <string.h>

static bool take(const struct binding_row *row, void *data)
{
	const struct bound facts = {
		.id = row->id,
		.seq = row->seq,
		.count = row->count,
		.from = row->from,
		.to = row->to,
		.type = (uint8_t)row->type,
		.bind = (uint8_t)row->bind,
		.visibility = (uint8_t)row->visibility,
	};

	/* An IFUNC of the object's own: no name was looked up. */
	if (strcmp(row->kind, "irelative") == 0)
		return true;
	/* A name that a kill kept from being recorded is no name to compare by. */
	if (row->internal || row->to == NONE || !*row->symbol)
		return true;
	bound_add(data, &facts, row->symbol, row->version, row->kind);
	return true;
}

bool store_load_bound(struct store *store, const struct recording *rec, struct bound_set *ret)
{
	const struct binding_filter filter = {.from = NONE, .to = NONE, .bound = BOUND_ONLY};

	*ret = (struct bound_set){0};
	return store_bindings(store, rec, &filter, take, ret);
}
