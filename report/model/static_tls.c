#include "report/model/static_tls.h"

#include <elf.h>
#include <link.h>

#include "report/model/bound.h"
#include "report/util.h"

/* glibc elf/dl-tls.c: by default 1664 bytes, of which 512 are optional_static_tls; each further
 * namespace (glibc.rtld.nns, 4 by default) and each auditor adds the same. */
#define DEFAULT_OPTIONAL   512
#define DEFAULT_NAMESPACES 4
#define DEFAULT_RESERVE    1664
#define OF_A_NAMESPACE     288
/* The block's size is rounded up to the largest alignment of its parts, which is 64 at least. */
#define ROUNDING 64

uint64_t object_tls_size(const struct object *object)
{
	uint64_t size = 0;

	for (size_t i = 0; i < object->segment_count; i++)
		if (object->segments[i].type == PT_TLS)
			size += object->segments[i].memsz;
	return size;
}

static bool came_later(const struct recording *rec, int object)
{
	const struct object *o = &rec->objects[object];

	return o->kind == OBJECT_LIBRARY && object_tls_size(o) > 0 && !object_is_glibc(o) &&
	       !o->inherited && !object_is_startup(rec, object);
}

bool object_takes_static_tls(const struct recording *rec, int object)
{
	return (rec->objects[object].flags & DF_STATIC_TLS) && came_later(rec, object);
}

uint64_t static_tls_taken(const struct recording *rec, int object)
{
	uint64_t sum = 0;

	for (int i = 0; i < object; i++)
		if (object_takes_static_tls(rec, i) && objects_coexist(rec, i, object))
			sum += object_tls_size(&rec->objects[i]);
	return sum;
}

static uint64_t tunable(const struct recording *rec, const char *name, uint64_t otherwise)
{
	const char *tunables = recording_getenv(rec, "GLIBC_TUNABLES");
	const char *at = tunables ? strstr(tunables, name) : NULL;

	return at ? strtoull(at + strlen(name), NULL, 0) : otherwise;
}

uint64_t static_tls_optional(const struct recording *rec)
{
	return tunable(rec, "glibc.rtld.optional_static_tls=", DEFAULT_OPTIONAL);
}

uint64_t static_tls_reserve(const struct recording *rec)
{
	uint64_t namespaces = tunable(rec, "glibc.rtld.nns=", DEFAULT_NAMESPACES);

	if (namespaces < 1 || namespaces > 16)
		namespaces = DEFAULT_NAMESPACES;
	return DEFAULT_RESERVE - DEFAULT_OPTIONAL + static_tls_optional(rec) +
	       namespaces * OF_A_NAMESPACE - (uint64_t)DEFAULT_NAMESPACES * OF_A_NAMESPACE;
}

uint64_t static_tls_limit(const struct recording *rec)
{
	const char *auditors = recording_getenv(rec, "LD_AUDIT");
	uint64_t limit = static_tls_reserve(rec) + OF_A_NAMESPACE + ROUNDING;

	for (; auditors && (auditors = strchr(auditors, ':')) != NULL; auditors++)
		limit += OF_A_NAMESPACE;
	return limit;
}

/* Whose thread-local variables does an object without its own refer to in that way? */
static int find_owner(const struct recording *rec, struct scopes *scopes,
		      struct symbol_provider *symbols, int user)
{
	const struct symbol_table *table = symbols ? symbols_exact(symbols, user) : NULL;

	for (size_t i = 0; table && i < table->count; i++) {
		const struct dynamic_symbol *wanted = &table->symbols[i];
		struct lookup_query query = LOOKUP_QUERY;
		struct lookup_result result;
		int owner;

		if (wanted->defined || wanted->type != STT_TLS)
			continue;
		query.from = user;
		query.symbol = wanted->name;
		query.version = wanted->version;
		query.version_file = wanted->version_file;
		query.visibility = wanted->visibility;
		lookup(scopes, symbols, rec, &query, LOOKUP_NO_TRAIL, &result);
		owner = result.winner;
		lookup_result_release(&result);
		if (owner != NONE && came_later(rec, owner))
			return owner;
	}
	return NONE;
}

bool static_tls_find_want(const struct recording *rec, struct scopes *scopes,
			  struct symbol_provider *symbols, const int *objects, size_t count,
			  struct static_tls_want *ret)
{
	for (size_t i = 0; i < count; i++) {
		int user = objects[i], owner = user;

		if (!(rec->objects[user].flags & DF_STATIC_TLS))
			continue;
		if (!came_later(rec, user))
			owner = find_owner(rec, scopes, symbols, user);
		if (owner == NONE)
			continue;
		*ret = (struct static_tls_want){user, owner};
		return true;
	}
	return false;
}

int static_tls_find_start(const struct recording *rec, uint64_t *ret_size)
{
	int found = NONE;

	*ret_size = 0;
	/* What is not found ends the program before there is room to make. */
	if (!recording_start_failed(rec) || recording_missing_name(rec))
		return NONE;
	/* It relocates them, which is when they get their room, from the last to the first. */
	for (size_t i = rec->object_count; i-- > 0;) {
		const struct object *o = &rec->objects[i];

		if (o->kind != OBJECT_LIBRARY || o->name_space != 0 || object_is_glibc(o) ||
		    !(o->flags & DF_STATIC_TLS))
			continue;
		*ret_size += object_tls_size(o);
		if (found == NONE && *ret_size > static_tls_limit(rec))
			found = (int)i;
	}
	return found;
}

uint64_t static_tls_advice(uint64_t size)
{
	uint64_t advice = 1024;

	while (advice < size)
		advice *= 2;
	return advice;
}
