/* Bindings kept in memory, by the object that refers: reading them anew for each object of a
 * process takes the square of its size. */
#include "report/cmd.h"
#include "report/store/index_table.h"

struct kept_row {
	struct binding_row row;
	size_t next; /* of the same object; SIZE_MAX: none */
};

struct kept_bindings {
	struct kept_row *rows;
	size_t count, room;
	size_t *first, *last; /* by object */
	size_t object_count;
	struct arena strings;
};

struct kept_bindings *kept_bindings_new(const struct recording *rec)
{
	struct kept_bindings *kept = xcalloc(1, sizeof(*kept));

	kept->object_count = rec->object_count;
	kept->first = xcalloc(rec->object_count + 1, sizeof(*kept->first));
	kept->last = xcalloc(rec->object_count + 1, sizeof(*kept->last));
	for (size_t i = 0; i < rec->object_count; i++)
		kept->first[i] = kept->last[i] = SIZE_MAX;
	return kept;
}

void kept_bindings_free(struct kept_bindings *kept)
{
	if (!kept)
		return;
	free(kept->rows);
	free(kept->first);
	free(kept->last);
	arena_release(&kept->strings);
	free(kept);
}

static const char *keep(struct kept_bindings *kept, const char *s)
{
	return s ? arena_string(&kept->strings, s, strlen(s)) : NULL;
}

void kept_bindings_add(struct kept_bindings *kept, const struct binding_row *row)
{
	size_t index = kept->count;
	struct kept_row *added;

	if (row->from < 0 || (size_t)row->from >= kept->object_count)
		return;
	added = GROW(kept->rows, kept->count, kept->room);
	added->row = *row;
	added->row.symbol = keep(kept, row->symbol);
	added->row.version = keep(kept, row->version);
	added->row.kind = keep(kept, row->kind);
	added->row.source = keep(kept, row->source);
	added->next = SIZE_MAX;
	if (kept->first[row->from] == SIZE_MAX)
		kept->first[row->from] = index;
	else
		kept->rows[kept->last[row->from]].next = index;
	kept->last[row->from] = index;
}

bool each_binding_of(const struct show *show, int object,
		     bool (*each)(const struct binding_row *row, void *data), void *data)
{
	const struct kept_bindings *kept = show->bindings;
	const struct binding_filter filter = {.from = object, .to = NONE, .bound = BOUND_OR_NOT};

	if (!kept)
		return store_bindings(show->store, show->rec, &filter, each, data);
	for (size_t i = kept->first[object]; i != SIZE_MAX; i = kept->rows[i].next)
		if (!each(&kept->rows[i].row, data))
			break;
	return true;
}
