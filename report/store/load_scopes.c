/* load_scopes.c - what the model of scopes needs, out of the database. */
#include "report/store/load_scopes.h"

#include <elf.h>

#include "report/store/load.h"

#define MOST_FORKS 64 /* parents of parents that are followed */

/*
 * The first binding of each pair of objects, and each that pins as unique.  What belongs to the
 * start-up set is never unloaded, so bindings to it tell nothing.
 */
static sqlite3_stmt *prepare_pairs(struct store *store, int64_t process)
{
	return store_prepare_for(
		store,
		"SELECT b.from_object, b.to_object, min(b.seq) AS seq, s.name, s.bind = 10, "
		"b.kind = 'dlsym' FROM binding b JOIN symbol s ON s.id = b.symbol "
		"WHERE b.process = ?1 AND b.internal = 0 AND b.kind <> 'irelative' "
		"AND b.to_object IN (SELECT id FROM object WHERE process = ?1 "
		"AND (reason_call IS NOT NULL "
		"OR reason IN ('dlopen', 'libc', 'unknown', 'inherited'))) "
		"AND (s.bind = 10 OR (b.kind <> 'dlsym' AND b.from_object <> b.to_object)) "
		"GROUP BY b.from_object, b.to_object, s.bind = 10 ORDER BY seq",
		process);
}

static bool load_bindings(struct store *store, const struct recording *rec,
			  struct loaded_scopes *ret)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = prepare_pairs(store, rec->process_id);
	AUTO_ID_MAP struct id_map objects = {NULL, 0, 0};
	bool failed = false;

	if (!stmt)
		return false;
	for (size_t i = 0; i < rec->object_count; i++)
		id_map_add(&objects, rec->objects[i].id, (int)i);
	id_map_sort(&objects);
	while (store_step(store, stmt, &failed)) {
		struct scopes_binding *binding =
			GROW(ret->bindings, ret->binding_count, ret->binding_room);
		char *symbol = column_string(stmt, 3);

		*GROW(ret->symbols, ret->symbol_count, ret->symbol_room) = symbol;
		binding->from = id_map_column(&objects, stmt, 0);
		binding->to = id_map_column(&objects, stmt, 1);
		binding->seq = (uint64_t)sqlite3_column_int64(stmt, 2);
		binding->symbol = symbol;
		binding->unique = sqlite3_column_int(stmt, 4) != 0;
		binding->lookup = sqlite3_column_int(stmt, 5) != 0;
	}
	return !failed;
}

static bool load(struct store *store, const struct recording *rec, enum scopes_with with, int forks,
		 struct loaded_scopes *ret)
{
	struct loaded_scopes *parent;

	*ret = (struct loaded_scopes){0};
	if (with == SCOPES_WITH_BINDINGS && !load_bindings(store, rec, ret))
		return false;
	ret->scopes = scopes_new(rec, ret->bindings, ret->binding_count);
	if (strcmp(rec->begin_kind, "fork") != 0 || rec->parent_id <= 0 || forks == 0)
		return true;
	ret->parent_rec = xcalloc(1, sizeof(*ret->parent_rec));
	ret->parent = parent = xcalloc(1, sizeof(*parent));
	recording_init(ret->parent_rec);
	if (!store_load(store, rec->parent_id, ret->parent_rec) ||
	    !load(store, ret->parent_rec, with, forks - 1, parent))
		return false;
	scopes_advance(parent->scopes, rec->parent_seq);
	scopes_inherit(ret->scopes, parent->scopes);
	return true;
}

bool store_scopes(struct store *store, const struct recording *rec, enum scopes_with with,
		  struct loaded_scopes *ret)
{
	return load(store, rec, with, MOST_FORKS, ret);
}

void loaded_scopes_release(struct loaded_scopes *loaded)
{
	scopes_free(loaded->scopes);
	free(loaded->bindings);
	for (size_t i = 0; i < loaded->symbol_count; i++)
		free(loaded->symbols[i]);
	free(loaded->symbols);
	if (loaded->parent)
		loaded_scopes_release(loaded->parent);
	if (loaded->parent_rec)
		recording_release(loaded->parent_rec);
	free(loaded->parent);
	free(loaded->parent_rec);
	*loaded = (struct loaded_scopes){0};
}
