/*
 * symbol_cache.c - symbol tables in the database, and those in memory.
 */
#include "report/store/symbol_cache.h"

#include <inttypes.h>
#include <unistd.h>

#include "report/elf/extract.h"
#include "report/store/symbol_tables.h"
#include "report/store/symbolize.h"

struct symbol_cache *symbol_cache_of(struct store *store)
{
	static const char filters[] = "SELECT definitions, wanted FROM symbol_table WHERE file = ?";
	static const char extract[] = "SELECT data, bytes FROM file_extract WHERE file = ?";
	static const char data[] = "SELECT data, bytes FROM symbol_table WHERE file = ?";

	if (!store->symbols) {
		store->symbols = xcalloc(1, sizeof(*store->symbols));
		/* A damaged database may lack the tables: then there is nothing in them. */
		sqlite3_prepare_v2(store->db, filters, -1, &store->symbols->select_filters, NULL);
		sqlite3_prepare_v2(store->db, data, -1, &store->symbols->select_data, NULL);
		sqlite3_prepare_v2(store->db, extract, -1, &store->symbols->select_extract, NULL);
	}
	return store->symbols;
}

struct file_key {
	const struct symbol_cache *cache;
	const char *file;
};

static bool is_file(const void *context, uint32_t index)
{
	const struct file_key *key = context;

	return strcmp(key->cache->list[index]->file, key->file) == 0;
}

struct kept *symbol_cache_find(struct symbol_cache *cache, const char *file)
{
	struct file_key key = {cache, file};
	uint64_t hash = hash_string(0, file);
	uint32_t index = index_table_find(&cache->by_file, hash, is_file, &key);
	struct kept *kept;

	if (index != INDEX_NONE)
		return cache->list[index];
	kept = xcalloc(1, sizeof(*kept));
	kept->file = xstrdup(file);
	*GROW(cache->list, cache->count, cache->room) = kept;
	index_table_add(&cache->by_file, hash, (uint32_t)(cache->count - 1));
	return kept;
}

/* The row of this file; true when there is one.  The caller resets the statement. */
static bool select_row(sqlite3_stmt *stmt, const char *file)
{
	return stmt && sqlite3_bind_text(stmt, 1, file, -1, SQLITE_STATIC) == SQLITE_OK &&
	       sqlite3_step(stmt) == SQLITE_ROW;
}

void kept_load_filters(struct symbol_cache *cache, struct kept *kept)
{
	sqlite3_stmt *stmt = cache->select_filters;

	kept->state = KEPT_NOWHERE;
	if (select_row(stmt, kept->file)) {
		name_filter_load(&kept->definitions, sqlite3_column_blob(stmt, 0),
				 (size_t)sqlite3_column_bytes(stmt, 0));
		name_filter_load(&kept->references, sqlite3_column_blob(stmt, 1),
				 (size_t)sqlite3_column_bytes(stmt, 1));
		kept->state = KEPT_FILTERS;
	}
	sqlite3_reset(stmt);
}

void kept_load_table(struct symbol_cache *cache, struct kept *kept)
{
	sqlite3_stmt *stmt = cache->select_data;

	kept->state = KEPT_NOWHERE;
	if (select_row(stmt, kept->file) &&
	    symbol_blob_decode(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0),
			       (uint64_t)sqlite3_column_int64(stmt, 1), &kept->table)) {
		symbol_table_index(&kept->table);
		kept->state = KEPT_TABLE;
	}
	sqlite3_reset(stmt);
}

char *symbol_cache_key(const struct object *object)
{
	if (object->kind == OBJECT_VDSO)
		return NULL; /* it has a build-id, but no file */
	if (object->build_id)
		return xstrdup(object->build_id);
	if (!object->has_file)
		return NULL;
	return xasprintf("%" PRIu64 "-%" PRIu64 "-%" PRIu64 "-%" PRIu64, object->dev, object->ino,
			 object->file_size, object->mtime_ns);
}

/* --- extracts --- */

static void load_extract(struct symbol_cache *cache, struct kept *kept)
{
	sqlite3_stmt *stmt = cache->select_extract;

	kept->extract_asked = true;
	if (select_row(stmt, kept->file) && sqlite3_column_blob(stmt, 0)) {
		size_t length = (size_t)sqlite3_column_bytes(stmt, 0);
		void *bytes = xmalloc(length);

		memcpy(bytes, sqlite3_column_blob(stmt, 0), length);
		kept->extract = (struct elf_extract){bytes, length,
						     (uint64_t)sqlite3_column_int64(stmt, 1)};
	}
	sqlite3_reset(stmt);
}

const struct elf_extract *kept_extract(struct symbol_cache *cache, struct kept *kept)
{
	if (!kept->extract_asked)
		load_extract(cache, kept);
	return kept->extract.bytes ? &kept->extract : NULL;
}

struct elf_identity store_object_identity(struct store *store, const struct object *object)
{
	struct elf_identity identity = object_identity(object);
	AUTO_FREE char *key = symbol_cache_key(object);
	struct symbol_cache *cache = symbol_cache_of(store);

	if (key)
		identity.extract = kept_extract(cache, symbol_cache_find(cache, key));
	return identity;
}

bool symbol_tables_extract(struct store *store, const struct object *object)
{
	struct elf_identity identity = store_object_identity(store, object);
	AUTO_FREE char *key = symbol_cache_key(object);
	size_t length, inflated;
	struct kept *kept;
	void *bytes;

	if (!key || identity.extract)
		return key != NULL;
	bytes = elf_extract_make(&identity, &length, &inflated);
	if (!bytes)
		return false;
	kept = symbol_cache_find(symbol_cache_of(store), key);
	kept->extract = (struct elf_extract){bytes, length, inflated};
	kept->extract_fresh = true;
	return true;
}

/* --- writing --- */

static bool write_table(sqlite3_stmt *stmt, const struct kept *kept)
{
	size_t length, inflated;
	AUTO_FREE unsigned char *blob = symbol_blob_encode(&kept->table, &length, &inflated);
	int code;

	sqlite3_bind_text(stmt, 1, kept->file, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, (int64_t)kept->table.count);
	sqlite3_bind_blob64(stmt, 3, kept->definitions.words, kept->definitions.count * 8,
			    SQLITE_STATIC);
	sqlite3_bind_blob64(stmt, 4, kept->references.words, kept->references.count * 8,
			    SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 5, (int64_t)inflated);
	sqlite3_bind_blob64(stmt, 6, blob, length, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return code == SQLITE_DONE;
}

static bool write_extract(sqlite3_stmt *stmt, const struct kept *kept)
{
	int code;

	sqlite3_bind_text(stmt, 1, kept->file, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, (int64_t)kept->extract.inflated);
	sqlite3_bind_blob64(stmt, 3, kept->extract.bytes, kept->extract.length, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return code == SQLITE_DONE;
}

static bool prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret)
{
	return sqlite3_prepare_v2(db, sql, -1, ret, NULL) == SQLITE_OK;
}

bool symbol_cache_write(const struct symbol_cache *cache, sqlite3 *db, size_t *ret_count)
{
	AUTO_FINALIZE sqlite3_stmt *tables = NULL, *extracts = NULL;
	bool ok =
		sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
		prepare(db,
			"INSERT OR REPLACE INTO symbol_table (file, symbols, definitions, wanted, "
			"bytes, data) VALUES (?, ?, ?, ?, ?, ?)",
			&tables) &&
		prepare(db,
			"INSERT OR REPLACE INTO file_extract (file, bytes, data) VALUES (?, ?, ?)",
			&extracts);

	*ret_count = 0;
	for (size_t i = 0; ok && i < cache->count; i++) {
		const struct kept *kept = cache->list[i];

		if (kept->fresh)
			ok = write_table(tables, kept);
		if (ok && kept->extract_fresh)
			ok = write_extract(extracts, kept);
		*ret_count += kept->fresh;
	}
	return ok && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

bool symbol_tables_write(struct store *store, const char *copy, size_t *ret_added)
{
	struct symbol_cache *cache = symbol_cache_of(store);
	struct store *writer = copy ? store_copy(store, copy) : store_open_write(store->path);
	bool ok = writer && symbol_cache_write(cache, writer->db, ret_added);

	if (writer && !ok) {
		store_complain(writer, "written");
		if (copy)
			unlink(copy);
	}
	store_close(writer);
	/* Written, or not to be written to this database. */
	for (size_t i = 0; i < cache->count; i++)
		cache->list[i]->fresh = cache->list[i]->extract_fresh = false;
	return ok;
}

/* Keep what was read from files.  What fails, for whatever reason, is read again next time. */
static void write_quietly(const struct store *store)
{
	sqlite3 *db = store_connect_for_cache(store);
	size_t count;

	if (db)
		symbol_cache_write(store->symbols, db, &count);
	sqlite3_close_v2(db);
}

void symbol_cache_close(struct store *store)
{
	struct symbol_cache *cache = store->symbols;
	bool fresh = false;

	if (!cache)
		return;
	sqlite3_finalize(cache->select_filters);
	sqlite3_finalize(cache->select_data);
	sqlite3_finalize(cache->select_extract);
	for (size_t i = 0; i < cache->count; i++)
		fresh |= cache->list[i]->fresh;
	if (fresh)
		write_quietly(store);
	for (size_t i = 0; i < cache->count; i++) {
		struct kept *kept = cache->list[i];

		symbol_table_release(&kept->table);
		name_filter_release(&kept->definitions);
		name_filter_release(&kept->references);
		free((void *)kept->extract.bytes);
		free(kept->file);
		free(kept);
	}
	index_table_release(&cache->by_file);
	free(cache->list);
	free(cache);
	store->symbols = NULL;
}
