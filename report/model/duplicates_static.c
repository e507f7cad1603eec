/*
 * Copies that no name tells: versions of one library, and libraries linked statically into others.
 * Both are told by the symbols that they export.
 */
#include <elf.h>

#include "report/model/duplicates_build.h"
#include "report/util.h"

/* Versions of one library have at least so much of the smaller one's symbols in common. */
#define FAMILY_PERCENT 25
/* So many common symbols are a copy in any case; fewer only when they are half of an object's. */
#define COPY_SYMBOLS 8
#define COPY_LEAST   2
#define COPY_PERCENT 50

bool duplicates_relevant(const struct duplicate_builder *b, const struct definition *definition)
{
	const char *name = name_string(&b->set->names, definition->symbol);

	if (b->copied[definition->symbol] &&
	    b->rec->objects[definition->object].kind == OBJECT_MAIN)
		return false;
	switch (symbol_vague_kind(name, definition->type, definition->bind)) {
	case VAGUE_NOT:
		return definition->bind == STB_GLOBAL && !symbol_is_allocator(name) &&
		       !symbol_is_std(name);
	case VAGUE_DATA:
		return !symbol_is_std(name);
	default:
		return false;
	}
}

/* Mark (or unmark) the names that the object defines; each once, though it has several versions. */
static void mark(struct duplicate_builder *b, int object, bool on)
{
	for (size_t i = b->own_first[object]; i < b->own_first[object + 1]; i++) {
		const struct definition *definition = &b->definitions.list[b->own[i]];

		b->copies[definition->symbol] = on && duplicates_relevant(b, definition);
	}
}

size_t duplicates_common(struct duplicate_builder *b, int one, int other)
{
	size_t common = 0;

	mark(b, one, true);
	for (size_t i = b->own_first[other]; i < b->own_first[other + 1]; i++) {
		const struct definition *definition = &b->definitions.list[b->own[i]];

		if (!b->copies[definition->symbol] || !duplicates_relevant(b, definition) ||
		    b->looked_up[definition->symbol])
			continue;
		b->copies[definition->symbol] = 0;
		common++;
	}
	mark(b, one, false);
	return common;
}

/* --- families --- */

struct member {
	struct library_name name;
	int object;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int family = strcmp(x->name.family, y->name.family);

	return family ? family : x->object - y->object;
}

/* What is known of their symbols says that these are of one family; `ret_sure`: it is known. */
static bool are_related(struct duplicate_builder *b, const struct member *x, const struct member *y,
			bool *ret_sure)
{
	size_t common, fewer = b->definitions.exported[x->object];

	*ret_sure = false;
	if (!library_names_related(&x->name, &y->name))
		return false;
	*ret_sure = duplicates_exact(b, x->object) && duplicates_exact(b, y->object);
	if (!*ret_sure)
		return x->name.hashed || y->name.hashed ||
		       library_versions_differ(&x->name, &y->name);
	if (b->definitions.exported[y->object] < fewer)
		fewer = b->definitions.exported[y->object];
	common = duplicates_common(b, x->object, y->object);
	return common && common * 100 >= fewer * FAMILY_PERCENT;
}

/* Members of one family name and namespace: those that have symbols in common with the first such
 * one.  Strangers (two libraries that both call themselves libplugin.so) stay apart. */
static void find_related(struct duplicate_builder *b, const struct member *members, size_t count)
{
	AUTO_FREE int *group = xcalloc(count, sizeof(*group));
	AUTO_FREE bool *taken = xcalloc(count, sizeof(*taken));

	for (size_t i = 0; i < count; i++) {
		size_t size = 0;
		bool differ = false, all_sure = true, sure;
		struct duplicate *duplicate;

		for (size_t j = i; j < count && !taken[i]; j++) {
			if (b->rec->objects[members[j].object].name_space !=
			    b->rec->objects[members[i].object].name_space)
				continue;
			if (j != i &&
			    (taken[j] || !are_related(b, &members[i], &members[j], &sure)))
				continue;
			if (j != i) {
				taken[j] = true;
				all_sure &= sure;
				differ |=
					library_versions_differ(&members[i].name, &members[j].name);
			}
			group[size++] = members[j].object;
		}
		if (size < 2)
			continue;
		duplicate = duplicates_add(b, differ ? DUPLICATE_VERSIONS : DUPLICATE_LIBRARY,
					   group, size, members[i].name.family);
		if (duplicate)
			duplicate->sure = all_sure;
	}
}

void duplicates_find_families(struct duplicate_builder *b)
{
	struct member *members = NULL;
	size_t count = 0, room = 0, end;

	for (size_t i = 0; i < b->rec->object_count; i++) {
		const struct object *object = &b->rec->objects[i];
		struct member *member;

		/* glibc's own parts have one version each: the process's. */
		if (!b->eligible[i] || object_is_glibc(object))
			continue;
		member = GROW(members, count, room);
		member->object = (int)i;
		library_name_parse(object->soname ? object->soname : object->path, &member->name);
	}
	if (count)
		qsort(members, count, sizeof(*members), compare_members);
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count; end++)
			if (strcmp(members[i].name.family, members[end].name.family) != 0)
				break;
		if (end - i > 1 && *members[i].name.family)
			find_related(b, &members[i], end - i);
	}
	for (size_t i = 0; i < count; i++)
		library_name_release(&members[i].name);
	free(members);
}

/* --- static copies --- */

/* Objects that define the same names, and how many names. */
struct cluster {
	int *objects;
	size_t count;
	size_t names;
};

struct clusters {
	struct cluster *list;
	size_t count, room;
	struct index_table table;
};

struct cluster_key {
	const struct clusters *clusters;
	const int *objects;
	size_t count;
};

static bool is_cluster(const void *context, uint32_t index)
{
	const struct cluster_key *key = context;
	const struct cluster *cluster = &key->clusters->list[index];

	return cluster->count == key->count &&
	       memcmp(cluster->objects, key->objects, key->count * sizeof(*key->objects)) == 0;
}

static void count_name(struct clusters *clusters, const int *objects, size_t count)
{
	struct cluster_key key = {clusters, objects, count};
	struct cluster *cluster;
	uint64_t hash = 0;
	uint32_t index;

	for (size_t i = 0; i < count; i++)
		hash = hash_mix(hash, (uint64_t)objects[i]);
	index = index_table_find(&clusters->table, hash, is_cluster, &key);
	if (index == INDEX_NONE) {
		index = (uint32_t)clusters->count;
		cluster = GROW(clusters->list, clusters->count, clusters->room);
		cluster->objects = xcalloc(count, sizeof(*objects));
		memcpy(cluster->objects, objects, count * sizeof(*objects));
		cluster->count = count;
		index_table_add(&clusters->table, hash, index);
	}
	clusters->list[index].names++;
}

/*
 * What may be a copy of what: not glibc, whose functions allocators and sanitizers replace; not
 * what is preloaded, whose purpose is to have the names of others.
 */
static bool can_hold_copy(const struct duplicate_builder *b, int object)
{
	const struct object *o = &b->rec->objects[object];

	return b->eligible[object] && o->reason != REASON_PRELOAD && !object_is_glibc(o);
}

/* The objects that define a name in one namespace after the other. */
static void count_definers(struct duplicate_builder *b, struct clusters *clusters,
			   const struct definition *definition, size_t count)
{
	AUTO_FREE int *objects = xcalloc(count, sizeof(*objects));
	AUTO_FREE bool *taken = xcalloc(count, sizeof(*taken));

	for (size_t i = 0; i < count; i++) {
		int32_t space = b->rec->objects[definition[i].object].name_space;
		size_t found = 0;

		for (size_t j = i; j < count && !taken[i]; j++) {
			int object = definition[j].object;

			if (taken[j] || b->rec->objects[object].name_space != space ||
			    (found && objects[found - 1] == object) || !can_hold_copy(b, object) ||
			    !duplicates_relevant(b, &definition[j]))
				continue;
			taken[j] = j != i;
			objects[found++] = object;
		}
		if (found > 1)
			count_name(clusters, objects, found);
	}
}

static int compare_clusters(const void *a, const void *b)
{
	const struct cluster *x = a, *y = b;

	if (x->names != y->names)
		return x->names > y->names ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	for (size_t i = 0; i < x->count; i++)
		if (x->objects[i] != y->objects[i])
			return x->objects[i] < y->objects[i] ? -1 : 1;
	return 0;
}

/* Enough names in common, for what these objects export? */
static bool is_copy(const struct duplicate_builder *b, const struct cluster *cluster)
{
	size_t fewest = SIZE_MAX;

	for (size_t i = 0; i < cluster->count; i++)
		if (b->definitions.exported[cluster->objects[i]] < fewest)
			fewest = b->definitions.exported[cluster->objects[i]];
	return cluster->names >= COPY_SYMBOLS ||
	       (cluster->names >= COPY_LEAST && cluster->names * 100 >= fewest * COPY_PERCENT);
}

/*
 * Are all of them linked against one another?  libpulse has a part of libpulsecommon in it and
 * needs it besides: whoever built the one had the other at hand, and had to get along with it.  A
 * program that has more than a few symbols of a library that it needs is another matter.
 */
static bool are_linked(const struct duplicate_builder *b, const struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->count; i++)
		for (size_t j = 0; j < i; j++) {
			int x = cluster->objects[i], y = cluster->objects[j];

			if (!object_needs(b->rec, x, y) && !object_needs(b->rec, y, x))
				return false;
			if (cluster->names >= COPY_SYMBOLS &&
			    (b->rec->objects[x].kind == OBJECT_MAIN ||
			     b->rec->objects[y].kind == OBJECT_MAIN))
				return false;
		}
	return true;
}

void duplicates_find_static(struct duplicate_builder *b)
{
	struct clusters clusters = {0};

	for (uint32_t name = 0; name < b->definitions.name_count; name++) {
		size_t count;
		const struct definition *definition = definitions_of(&b->definitions, name, &count);

		/* What a host asks its plugins for by dlsym is an interface that each of them
		 * implements, not a copy. */
		if (count >= 2 && !b->looked_up[name])
			count_definers(b, &clusters, definition, count);
	}
	if (clusters.count)
		qsort(clusters.list, clusters.count, sizeof(*clusters.list), compare_clusters);
	for (size_t i = 0; i < clusters.count; i++) {
		struct duplicate *duplicate = NULL;

		if (is_copy(b, &clusters.list[i]))
			duplicate = duplicates_add(b, DUPLICATE_SYMBOLS, clusters.list[i].objects,
						   clusters.list[i].count, NULL);
		if (duplicate)
			duplicate->linked = are_linked(b, &clusters.list[i]);
		free(clusters.list[i].objects);
	}
	free(clusters.list);
	index_table_release(&clusters.table);
}
