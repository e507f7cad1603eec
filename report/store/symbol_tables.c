/*
 * symbol_tables.c - symbol tables out of the database, of files, or of bindings.
 */
#include "report/store/symbol_tables.h"

#include "audit/spool.h"
#include "report/elf/elf.h"
#include "report/store/index_table.h"
#include "report/store/load.h"
#include "report/store/symbol_cache.h"

/* What one object has. */
struct source {
	struct kept *kept; /* NULL: no file, or it is gone or changed */
	bool asked;        /* kept and note are final */
	const char *note;
	struct symbol_table table; /* what bindings showed */
};

struct symbol_tables {
	struct symbol_provider provider;
	struct store *store;
	const struct recording *rec;
	struct source *sources; /* by object */
	bool bindings_loaded;
	struct arena strings;
};

/* --- objects --- */

static enum elf_symbols read_path(const struct object *object, const char *path,
				  struct symbol_table *table)
{
	struct elf_identity identity = {
		.path = path,
		.build_id = object->build_id,
		.dev = object->dev,
		.ino = object->ino,
		.size = object->file_size,
		.mtime_ns = object->mtime_ns,
	};

	return path ? elf_symbol_table(&identity, table) : ELF_SYMBOLS_GONE;
}

/* Read the table from the object's file; false with the reason in source->note. */
static bool read_file(const struct object *object, struct source *source, struct kept *kept)
{
	enum elf_symbols status = read_path(object, object->real_path, &kept->table);

	if (status == ELF_SYMBOLS_GONE)
		status = read_path(object, object->path, &kept->table);
	if (status != ELF_SYMBOLS_READ) {
		source->note = status == ELF_SYMBOLS_GONE ? "is gone from the disk"
							  : "is another file on the disk by now";
		return false;
	}
	symbol_table_index(&kept->table);
	name_filter_release(&kept->definitions);
	name_filter_release(&kept->references);
	name_filter_fill(&kept->definitions, &kept->table, true);
	name_filter_fill(&kept->references, &kept->table, false);
	kept->fresh = true;
	kept->state = KEPT_TABLE;
	return true;
}

/* The object's source, at least with its filters; with `whole` its table. */
static struct source *source_of(struct symbol_tables *tables, int object, bool whole)
{
	struct source *source = &tables->sources[object];
	const struct object *o = &tables->rec->objects[object];
	struct symbol_cache *cache = symbol_cache_of(tables->store);
	AUTO_FREE char *key = NULL;

	if (!source->asked) {
		source->asked = true;
		key = symbol_cache_key(o);
		source->kept = key ? symbol_cache_find(cache, key) : NULL;
		if (!source->kept)
			source->note = "has no file";
	}
	if (!source->kept || source->kept->state == KEPT_TABLE)
		return source;
	if (source->kept->state == KEPT_NEW)
		kept_load_filters(cache, source->kept);
	if (source->kept->state == KEPT_FILTERS && whole)
		kept_load_table(cache, source->kept);
	if (source->kept->state == KEPT_NOWHERE && !read_file(o, source, source->kept))
		source->kept = NULL;
	return source;
}

/* --- what bindings showed --- */

static void take_symbol(struct symbol_tables *tables, sqlite3_stmt *stmt, int object, size_t *room)
{
	struct symbol_table *table = &tables->sources[object].table;
	const char *name = (const char *)sqlite3_column_text(stmt, 2);
	const char *version = (const char *)sqlite3_column_text(stmt, 3);
	struct dynamic_symbol *symbol = GROW(table->symbols, table->count, *room);

	table->source = SYMBOLS_RECORDING;
	table->versioned = (tables->rec->objects[object].elf_flags & SPOOL_ELF_VERSYM) != 0;
	symbol->name = arena_string(&tables->strings, name ? name : "", name ? strlen(name) : 0);
	symbol->version = version ? arena_string(&tables->strings, version, strlen(version)) : NULL;
	symbol->number = (uint32_t)sqlite3_column_int64(stmt, 1);
	symbol->defined = sqlite3_column_int(stmt, 4) != 0;
	symbol->value = (uint64_t)sqlite3_column_int64(stmt, 5);
	symbol->size = (uint64_t)sqlite3_column_int64(stmt, 6);
	symbol->type = (uint8_t)sqlite3_column_int(stmt, 7);
	symbol->bind = (uint8_t)sqlite3_column_int(stmt, 8);
	symbol->visibility = (uint8_t)sqlite3_column_int(stmt, 9);
	if (!table->versioned)
		return;
	/* The index itself was not kept: any that is not the first one will do. */
	symbol->versym = !version ? 1 : sqlite3_column_int(stmt, 10) ? 0x8003 : 3;
}

/* One table for each object of which bindings showed symbols. */
static void load_bindings(struct symbol_tables *tables)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = store_prepare_for(
		tables->store,
		"SELECT object, number, name, version, defined, value, size, type, bind, "
		"visibility, hidden_version FROM symbol WHERE id BETWEEN (SELECT first_symbol FROM "
		"process WHERE id = ?1) "
		"AND (SELECT last_symbol FROM process WHERE id = ?1) AND name <> '' "
		"ORDER BY object, number",
		tables->rec->process_id);
	AUTO_ID_MAP struct id_map objects = {NULL, 0, 0};
	bool failed = false;
	size_t room = 0;
	int last = NONE;

	tables->bindings_loaded = true;
	for (size_t i = 0; i < tables->rec->object_count; i++)
		id_map_add(&objects, tables->rec->objects[i].id, (int)i);
	id_map_sort(&objects);
	while (stmt && store_step(tables->store, stmt, &failed)) {
		int object = id_map_column(&objects, stmt, 0);

		if (object == NONE)
			continue;
		room = object == last ? room : tables->sources[object].table.count;
		last = object;
		take_symbol(tables, stmt, object, &room);
	}
	for (size_t i = 0; i < tables->rec->object_count; i++)
		if (tables->sources[i].table.count)
			symbol_table_index(&tables->sources[i].table);
}

/* --- the provider --- */

static bool is_object(const struct symbol_tables *tables, int object)
{
	return object >= 0 && (size_t)object < tables->rec->object_count;
}

static const struct symbol_table *table_of(struct symbol_provider *provider, int object)
{
	struct symbol_tables *tables = (struct symbol_tables *)provider;
	struct source *source;

	if (!is_object(tables, object))
		return NULL;
	source = source_of(tables, object, true);
	if (source->kept)
		return &source->kept->table;
	if (!tables->bindings_loaded)
		load_bindings(tables);
	return source->table.count ? &source->table : NULL;
}

static bool may_name(struct symbol_provider *provider, int object, uint32_t hash, bool defined)
{
	struct symbol_tables *tables = (struct symbol_tables *)provider;
	const struct kept *kept;

	if (!is_object(tables, object))
		return true;
	kept = source_of(tables, object, false)->kept;
	return !kept || name_filter_has(defined ? &kept->definitions : &kept->references, hash);
}

struct symbol_provider *symbol_tables_open(struct store *store, const struct recording *rec)
{
	struct symbol_tables *tables = xcalloc(1, sizeof(*tables));

	tables->provider = (struct symbol_provider){table_of, may_name};
	tables->store = store;
	tables->rec = rec;
	tables->sources = xcalloc(rec->object_count + 1, sizeof(*tables->sources));
	return &tables->provider;
}

void symbol_tables_close(struct symbol_provider *provider)
{
	struct symbol_tables *tables = (struct symbol_tables *)provider;

	if (!tables)
		return;
	for (size_t i = 0; i < tables->rec->object_count; i++)
		symbol_table_release(&tables->sources[i].table);
	free(tables->sources);
	arena_release(&tables->strings);
	free(tables);
}

const char *symbol_tables_note(struct symbol_provider *provider, int object)
{
	struct symbol_tables *tables = (struct symbol_tables *)provider;

	return is_object(tables, object) ? source_of(tables, object, false)->note : NULL;
}
