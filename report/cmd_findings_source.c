#include "report/cmd_findings_source.h"

#include <sys/stat.h>

#include "report/cmd.h"
#include "report/elf/elf.h"
#include "report/store/bound_rows.h"
#include "report/store/symbol_tables.h"

static bool source_bound(struct rule_source *base, struct bound_set *ret)
{
	struct store_source *source = (struct store_source *)base;

	return store_load_bound(source->store, source->rec, ret);
}

static struct scopes *source_scopes(struct rule_source *base, bool with_bindings)
{
	struct store_source *source = (struct store_source *)base;
	struct loaded_scopes *loaded = xcalloc(1, sizeof(*loaded));

	*GROW(source->scopes, source->scopes_count, source->scopes_room) = loaded;
	if (store_scopes(source->store, source->rec,
			 with_bindings ? SCOPES_WITH_BINDINGS : SCOPES_ALONE, loaded))
		return loaded->scopes;
	source->failed = true;
	return NULL;
}

static struct symbol_provider *source_symbols(struct rule_source *base)
{
	struct store_source *source = (struct store_source *)base;

	if (!source->symbols)
		source->symbols = symbol_tables_open(source->store, source->rec);
	return source->symbols;
}

static void source_file(struct rule_source *base, const char *path, bool build_id,
			struct file_facts *ret)
{
	struct stat st;

	(void)base;
	if (stat(path, &st) != 0)
		return;
	ret->exists = true;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	ret->size = (uint64_t)st.st_size;
	ret->ctime_ns = (uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec;
	ret->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	ret->mode = st.st_mode;
	if (build_id && S_ISREG(st.st_mode)) {
		AUTO_FREE char *hex = elf_build_id(path);

		snprintf(ret->build_id, sizeof(ret->build_id), "%s", hex ? hex : "");
	}
}

void store_source_init(struct store_source *source, struct store *store,
		       const struct recording *rec)
{
	*source = (struct store_source){
		.base = {source_bound, source_scopes, source_symbols, &source->judge, source_file},
		.judge = {judge_file_on_disk},
		.store = store,
		.rec = rec,
	};
}

void store_source_release(struct store_source *source)
{
	for (size_t i = 0; i < source->scopes_count; i++) {
		loaded_scopes_release(source->scopes[i]);
		free(source->scopes[i]);
	}
	free(source->scopes);
	if (source->symbols)
		symbol_tables_close(source->symbols);
	*source = (struct store_source){0};
}
