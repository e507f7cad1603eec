/* Which objects of a process are copies of one another: files, build-ids, SONAMEs. */
#include "report/model/duplicates_build.h"
#include "report/util.h"

/* --- groups --- */

/* Is it in a group already, with all of these? */
static bool is_known(const struct duplicate_builder *b, const int *objects, size_t count)
{
	for (size_t i = 0; i < b->out->count; i++) {
		const struct duplicate *duplicate = &b->out->list[i];
		size_t found = 0;

		for (size_t j = 0; j < count; j++)
			for (size_t k = 0; k < duplicate->copy_count; k++)
				found += duplicate->copies[k].object == objects[j];
		if (found == count)
			return true;
	}
	return false;
}

static bool share_name_space(const struct duplicate_builder *b, const int *objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (b->rec->objects[objects[i]].name_space ==
				    b->rec->objects[objects[j]].name_space &&
			    objects_coexist(b->rec, objects[i], objects[j]))
				return true;
	return false;
}

/* Those that are mapped together with another one; returns their number. */
static size_t keep_coexisting(const struct duplicate_builder *b, const int *objects, size_t count,
			      int *ret_kept)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			if (i != j && objects_coexist(b->rec, objects[i], objects[j])) {
				ret_kept[kept++] = objects[i];
				break;
			}
	return kept;
}

static void parse_name(const struct object *object, struct library_name *ret)
{
	library_name_parse(object->soname ? object->soname : object->path, ret);
}

struct duplicate *duplicates_add(struct duplicate_builder *b, enum duplicate_kind kind,
				 const int *objects, size_t count, const char *name)
{
	AUTO_FREE int *kept = xcalloc(count + 1, sizeof(*kept));
	struct duplicate *duplicate;

	count = keep_coexisting(b, objects, count, kept);
	if (count < 2 || is_known(b, kept, count))
		return NULL;
	duplicate = GROW(b->out->list, b->out->count, b->out->room);
	duplicate->kind = kind;
	duplicate->sure = true;
	duplicate->name = xstrdup(name);
	duplicate->several_namespaces = !share_name_space(b, kept, count);
	duplicate->copies = xcalloc(count, sizeof(*duplicate->copies));
	duplicate->copy_count = count;
	for (size_t i = 0; i < count; i++) {
		const struct object *object = &b->rec->objects[kept[i]];
		struct library_name parsed;

		parse_name(object, &parsed);
		duplicate->copies[i].object = kept[i];
		duplicate->copies[i].exported = b->definitions.exported[kept[i]];
		if (*parsed.major || *parsed.version)
			duplicate->copies[i].version =
				xstrdup(*parsed.major ? parsed.major : parsed.version);
		library_name_release(&parsed);
	}
	duplicate->since = b->rec->objects[kept[1]].opened_seq;
	return duplicate;
}

/* --- by what the objects say of themselves --- */

/* Negative, zero, positive: like strcmp; objects without the property are not asked about. */
typedef int (*compare_property)(const struct object *a, const struct object *b);

static int compare_numbers(uint64_t x, uint64_t y)
{
	return (x > y) - (x < y);
}

static int compare_files(const struct object *a, const struct object *b)
{
	int dev = compare_numbers(a->dev, b->dev);

	return dev ? dev : compare_numbers(a->ino, b->ino);
}

static int compare_build_ids(const struct object *a, const struct object *b)
{
	return strcmp(a->build_id, b->build_id);
}

static int compare_sonames(const struct object *a, const struct object *b)
{
	return strcmp(a->soname, b->soname);
}

static bool has_property(const struct object *object, enum duplicate_kind kind)
{
	switch (kind) {
	case DUPLICATE_FILE:
		return object->has_file;
	case DUPLICATE_BUILD_ID:
		return object->build_id && *object->build_id;
	default:
		return object->soname && *object->soname;
	}
}

struct order {
	const struct recording *rec;
	compare_property compare;
};

static int compare_order(const void *a, const void *b, void *data)
{
	const struct order *order = data;
	int x = *(const int *)a, y = *(const int *)b;
	int property = order->compare(&order->rec->objects[x], &order->rec->objects[y]);

	return property ? property : (x > y) - (x < y);
}

static void find_equal(struct duplicate_builder *b, enum duplicate_kind kind,
		       compare_property compare)
{
	const struct recording *rec = b->rec;
	struct order order = {rec, compare};
	AUTO_FREE int *objects = xcalloc(rec->object_count + 1, sizeof(*objects));
	size_t count = 0, end;

	for (size_t i = 0; i < rec->object_count; i++)
		if (b->eligible[i] && has_property(&rec->objects[i], kind))
			objects[count++] = (int)i;
	qsort_r(objects, count, sizeof(*objects), compare_order, &order);
	for (size_t i = 0; i < count; i = end) {
		const struct object *object = &rec->objects[objects[i]];

		for (end = i + 1; end < count; end++)
			if (compare(object, &rec->objects[objects[end]]) != 0)
				break;
		if (end - i > 1)
			duplicates_add(b, kind, &objects[i], end - i,
				       kind == DUPLICATE_FILE       ? NULL
				       : kind == DUPLICATE_BUILD_ID ? object->build_id
								    : object->soname);
	}
}

/* --- all of it --- */

/*
 * ld.so is one object in all namespaces.  What an auditor brought is none of the program's; what
 * the kernel mapped has no file.
 */
static bool is_eligible(const struct object *object)
{
	return (object->kind == OBJECT_LIBRARY || object->kind == OBJECT_MAIN) &&
	       object->reason != REASON_AUDIT;
}

/* Sort the indexes 0 .. count-1 by the object that `key_of` gives each. */
static void index_by_object(size_t objects, size_t count,
			    int (*key_of)(const struct duplicate_builder *b, size_t index),
			    const struct duplicate_builder *b, size_t **ret_list,
			    size_t **ret_first)
{
	size_t *first = xcalloc(objects + 2, sizeof(*first));
	size_t *list = xcalloc(count + 1, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		first[key_of(b, i) + 2]++;
	for (size_t i = 2; i < objects + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < count; i++)
		list[first[key_of(b, i) + 1]++] = i;
	*ret_list = list;
	*ret_first = first;
}

static int definer_at(const struct duplicate_builder *b, size_t index)
{
	return b->definitions.list[index].object;
}

static int target_at(const struct duplicate_builder *b, size_t index)
{
	return b->set->list[index].to;
}

static void prepare(struct duplicate_builder *b)
{
	size_t objects = b->rec->object_count, names = b->set->names.count;

	b->eligible = xcalloc(objects + 1, sizeof(*b->eligible));
	for (size_t i = 0; i < objects; i++)
		b->eligible[i] = is_eligible(&b->rec->objects[i]);
	index_by_object(objects, b->definitions.count, definer_at, b, &b->own, &b->own_first);
	index_by_object(objects, b->set->count, target_at, b, &b->to, &b->to_first);
	b->copies = xcalloc(names + 1, sizeof(*b->copies));
	b->bound = xcalloc(names + 1, sizeof(*b->bound));
	b->looked_up = xcalloc(names + 1, sizeof(*b->looked_up));
	b->copied = xcalloc(names + 1, sizeof(*b->copied));
	for (size_t i = 0; i < b->set->count; i++) {
		if (b->set->list[i].kind == BOUND_DLSYM)
			b->looked_up[b->set->list[i].symbol] = true;
		if (b->set->list[i].kind == BOUND_COPY)
			b->copied[b->set->list[i].symbol] = true;
	}
}

static int compare_duplicates(const void *a, const void *b)
{
	const struct duplicate *x = a, *y = b;

	if (x->verdict != y->verdict)
		return x->verdict > y->verdict ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->copies[0].object - y->copies[0].object;
}

void duplicates_build(const struct recording *rec, struct bound_set *set,
		      struct symbol_provider *symbols, struct duplicates *ret)
{
	struct duplicate_builder b = {.rec = rec, .set = set, .out = ret};

	*ret = (struct duplicates){0};
	definitions_build(rec, set, symbols, false, &b.definitions);
	ret->inexact = definitions_inexact(&b.definitions, rec);
	prepare(&b);
	find_equal(&b, DUPLICATE_FILE, compare_files);
	find_equal(&b, DUPLICATE_BUILD_ID, compare_build_ids);
	find_equal(&b, DUPLICATE_SONAME, compare_sonames);
	duplicates_find_families(&b);
	duplicates_find_static(&b);
	for (size_t i = 0; i < ret->count; i++)
		duplicates_weigh(&b, &ret->list[i]);
	if (ret->count)
		qsort(ret->list, ret->count, sizeof(*ret->list), compare_duplicates);
	definitions_release(&b.definitions);
	free(b.eligible);
	free(b.own);
	free(b.own_first);
	free(b.to);
	free(b.to_first);
	free(b.copies);
	free(b.bound);
	free(b.looked_up);
	free(b.copied);
}

void duplicates_release(struct duplicates *duplicates)
{
	for (size_t i = 0; i < duplicates->count; i++) {
		struct duplicate *duplicate = &duplicates->list[i];

		for (size_t j = 0; j < duplicate->copy_count; j++) {
			free(duplicate->copies[j].version);
			free(duplicate->copies[j].users);
		}
		free(duplicate->copies);
		free(duplicate->symbols);
		free(duplicate->name);
	}
	free(duplicates->list);
	*duplicates = (struct duplicates){0};
}

bool duplicate_interesting(const struct duplicate *duplicate)
{
	return duplicate->kind != DUPLICATE_SYMBOLS ||
	       (duplicate->verdict >= COPIES_SPLIT && !duplicate->linked);
}

/* --- how many there really are --- */

typedef bool (*same_property)(const struct recording *rec, const struct duplicate_copy *a,
			      const struct duplicate_copy *b);

static bool same_file(const struct recording *rec, const struct duplicate_copy *a,
		      const struct duplicate_copy *b)
{
	return objects_same_file(&rec->objects[a->object], &rec->objects[b->object]);
}

static bool same_build(const struct recording *rec, const struct duplicate_copy *a,
		       const struct duplicate_copy *b)
{
	const struct object *x = &rec->objects[a->object], *y = &rec->objects[b->object];

	return same_file(rec, a, b) ||
	       (has_property(x, DUPLICATE_BUILD_ID) && has_property(y, DUPLICATE_BUILD_ID) &&
		compare_build_ids(x, y) == 0);
}

static bool same_version(const struct recording *rec, const struct duplicate_copy *a,
			 const struct duplicate_copy *b)
{
	struct library_name x, y;
	bool same;

	parse_name(&rec->objects[a->object], &x);
	parse_name(&rec->objects[b->object], &y);
	same = same_build(rec, a, b) || !library_versions_differ(&x, &y);
	library_name_release(&x);
	library_name_release(&y);
	return same;
}

static bool same_namespace(const struct recording *rec, const struct duplicate_copy *a,
			   const struct duplicate_copy *b)
{
	return rec->objects[a->object].name_space == rec->objects[b->object].name_space;
}

static size_t count_different(const struct recording *rec, const struct duplicate *duplicate,
			      same_property same)
{
	size_t count = 0;

	for (size_t i = 0; i < duplicate->copy_count; i++) {
		size_t j = 0;

		while (j < i && !same(rec, &duplicate->copies[j], &duplicate->copies[i]))
			j++;
		count += j == i;
	}
	return count;
}

size_t duplicate_files(const struct recording *rec, const struct duplicate *duplicate)
{
	return count_different(rec, duplicate, same_file);
}

size_t duplicate_builds(const struct recording *rec, const struct duplicate *duplicate)
{
	return count_different(rec, duplicate, same_build);
}

size_t duplicate_versions(const struct recording *rec, const struct duplicate *duplicate)
{
	return count_different(rec, duplicate, same_version);
}

size_t duplicate_namespaces(const struct recording *rec, const struct duplicate *duplicate)
{
	return count_different(rec, duplicate, same_namespace);
}

/* --- names --- */

const char *duplicate_kind_name(enum duplicate_kind kind)
{
	static const char *const names[] = {
		[DUPLICATE_FILE] = "file",         [DUPLICATE_BUILD_ID] = "build-id",
		[DUPLICATE_SONAME] = "soname",     [DUPLICATE_LIBRARY] = "library",
		[DUPLICATE_VERSIONS] = "versions", [DUPLICATE_SYMBOLS] = "symbols",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

const char *duplicate_verdict_name(enum duplicate_verdict verdict)
{
	static const char *const names[] = {
		[COPIES_HARMLESS] = "harmless",
		[COPIES_PRIVATE] = "private",
		[COPIES_SPLIT] = "split",
		[COPIES_MIXED] = "mixed",
	};

	return (size_t)verdict < ARRAY_SIZE(names) ? names[verdict] : "unknown";
}
