#include "report/model/load_failure.h"

#include <elf.h>

#include "report/model/why_found.h"
#include "report/util.h"

#define SYMBOLS_MOST                                                                \
	200 /* of an object: a plugin for another program misses all of its symbols \
	     */

struct failure_search {
	const struct recording *rec;
	struct scopes *scopes;
	struct symbol_provider *symbols;
	struct load_failure *ret;
};

void load_failure_release(struct load_failure *failure)
{
	free(failure->versions);
	free(failure->symbols);
	*failure = (struct load_failure){0};
}

size_t load_failure_objects(const struct recording *rec, int call, int **ret_objects)
{
	size_t count = 0;

	*ret_objects = xcalloc(rec->object_count + 1, sizeof(**ret_objects));
	for (size_t i = 0; i < rec->object_count; i++)
		if (object_failed_call(rec, (int)i) == call)
			(*ret_objects)[count++] = (int)i;
	return count;
}

/* The object that satisfies the DT_NEEDED entry which a version is wanted from. */
static int provider_of(const struct recording *rec, int object, const char *file)
{
	const struct object *o = &rec->objects[object];

	for (size_t i = 0; i < o->needed_count; i++)
		if (strcmp(o->needed[i].name, file) == 0 && o->needed[i].resolved != NONE)
			return o->needed[i].resolved;
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *other = &rec->objects[i];

		if (other->name_space == o->name_space && other->soname &&
		    strcmp(other->soname, file) == 0 && other->opened_seq <= o->opened_seq &&
		    (!other->closed_seq || other->closed_seq > o->opened_seq))
			return (int)i;
	}
	return NONE;
}

/* "GLIBCXX_3.4." and the like: what the versions of one family have in common. */
static bool same_family(const char *a, const char *b)
{
	const char *end = strpbrk(a, "0123456789");

	return end && strncmp(a, b, (size_t)(end - a)) == 0;
}

/* Does the file define versions, and not this one?  ret_best: the highest of the same family. */
static bool lacks_version(const struct symbol_table *table, const char *version,
			  const char **ret_best)
{
	bool any = false;

	*ret_best = NULL;
	for (size_t i = 0; i < table->version_count; i++) {
		const struct symbol_version *defined = &table->versions[i];

		if (defined->file)
			continue;
		if (strcmp(defined->name, version) == 0)
			return false;
		any = true;
		if (same_family(version, defined->name) &&
		    (!*ret_best || strverscmp(defined->name, *ret_best) > 0))
			*ret_best = defined->name;
	}
	return any; /* without any, ld.so takes the file as it is */
}

static void check_versions(struct failure_search *search, int object,
			   const struct symbol_table *table)
{
	for (size_t i = 0; i < table->version_count; i++) {
		const struct symbol_version *wanted = &table->versions[i];
		const struct symbol_table *defines;
		struct missing_version *missing;
		const char *best;
		int provider;

		if (!wanted->file || wanted->weak)
			continue;
		provider = provider_of(search->rec, object, wanted->file);
		defines = provider == NONE ? NULL : symbols_exact(search->symbols, provider);
		if (!defines || !lacks_version(defines, wanted->name, &best))
			continue;
		missing = GROW(search->ret->versions, search->ret->version_count,
			       search->ret->version_room);
		*missing = (struct missing_version){object, provider, wanted->name, best};
	}
}

/* An object that would have it, were it in scope. */
static int find_outside(struct failure_search *search, const struct lookup_query *query)
{
	uint32_t hash = symbol_hash(query->symbol);
	int32_t name_space = search->rec->objects[query->from].name_space;

	for (size_t i = 0; i < search->rec->object_count; i++) {
		const struct symbol_table *table;

		if ((int)i == query->from || search->rec->objects[i].name_space != name_space ||
		    !scopes_mapped(search->scopes, (int)i) ||
		    !symbols_may_define(search->symbols, (int)i, hash))
			continue;
		table = symbols_exact(search->symbols, (int)i);
		for (int at = table ? symbol_table_find(table, query->symbol, hash) : -1; at >= 0;
		     at = symbol_table_next(table, at))
			if (table->symbols[at].defined &&
			    lookup_match(table, at, query) == VERDICT_WINNER)
				return (int)i;
	}
	return NONE;
}

/* Those that are looked up at load whatever the flags, or the others: functions that are called. */
static void check_symbols(struct failure_search *search, int object,
			  const struct symbol_table *table, bool at_load)
{
	size_t found = 0;

	for (size_t i = 0; i < table->count && found < SYMBOLS_MOST; i++) {
		const struct dynamic_symbol *wanted = &table->symbols[i];
		struct lookup_query query = LOOKUP_QUERY;
		struct lookup_result result;
		struct missing_symbol *missing;

		if (wanted->defined || wanted->bind != STB_GLOBAL || !*wanted->name ||
		    wanted->at_load != at_load)
			continue;
		query.from = object;
		query.symbol = wanted->name;
		query.version = wanted->version;
		query.version_file = wanted->version_file;
		query.visibility = wanted->visibility;
		lookup(search->scopes, search->symbols, search->rec, &query, LOOKUP_NO_TRAIL,
		       &result);
		if (result.winner == NONE && result.sure) {
			missing = GROW(search->ret->symbols, search->ret->symbol_count,
				       search->ret->symbol_room);
			*missing = (struct missing_symbol){object, wanted->name, wanted->version,
							   find_outside(search, &query)};
			found++;
		}
		lookup_result_release(&result);
	}
}

void load_failure_build(const struct recording *rec, struct scopes *scopes,
			struct symbol_provider *symbols, const int *objects, size_t count,
			struct load_failure *ret)
{
	struct failure_search search = {rec, scopes, symbols, ret};

	*ret = (struct load_failure){0};
	for (size_t i = 0; i < count; i++) {
		const struct symbol_table *table = symbols_exact(symbols, objects[i]);

		if (table)
			check_versions(&search, objects[i], table);
		else
			ret->inexact++;
	}
	/* A call is no error before it is made, unless the flags ask for all at once. */
	for (size_t i = 0; i < 2 * count && !ret->version_count; i++) {
		int object = objects[i % count];
		const struct symbol_table *table = symbols_exact(symbols, object);

		if (table)
			check_symbols(&search, object, table, i < count);
	}
}

void load_failure_lazy(const struct recording *rec, struct scopes *scopes,
		       struct symbol_provider *symbols, const int *objects, size_t count,
		       struct load_failure *ret)
{
	struct failure_search search = {rec, scopes, symbols, ret};

	*ret = (struct load_failure){0};
	for (size_t i = 0; i < count; i++) {
		const struct symbol_table *table = symbols_exact(symbols, objects[i]);

		if (table)
			check_symbols(&search, objects[i], table, false);
		else
			ret->inexact++;
	}
}
