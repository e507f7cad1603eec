#include "report/model/compare_match.h"

#include "report/model/duplicates.h"
#include "report/util.h"

/* An object that has no counterpart yet. */
struct candidate {
	const struct object *object;
	int index;
	int space;                /* its namespace's place in the order of their making */
	struct library_name name; /* candidates_of(): only when asked for */
};

struct side {
	const struct recording *rec;
	int *spaces;  /* by object */
	int *matches; /* by object: the other's, or NONE */
};

const char *compared_name(const struct object *object)
{
	return object->soname && *object->soname ? object->soname : base_name(object->path);
}

const char *compared_path(const struct object *object)
{
	return object->real_path ? object->real_path : object->path;
}

bool object_is_compared(const struct object *object)
{
	return object->kind != OBJECT_VDSO && object->kind != OBJECT_UNOPENED;
}

static int *number_spaces(const struct recording *rec)
{
	int *spaces = xcalloc(rec->object_count + 1, sizeof(*spaces));
	AUTO_FREE int32_t *seen = NULL; /* at its place */
	size_t count = 0, room = 0;

	for (size_t i = 0; i < rec->object_count; i++) {
		int32_t id = rec->objects[i].name_space;
		size_t place = 0;

		while (place < count && seen[place] != id)
			place++;
		spaces[i] = (int)place;
		if (place == count && object_is_compared(&rec->objects[i]))
			*GROW(seen, count, room) = id;
	}
	return spaces;
}

static void side_init(struct side *side, const struct recording *rec)
{
	side->rec = rec;
	side->spaces = number_spaces(rec);
	side->matches = xcalloc(rec->object_count + 1, sizeof(*side->matches));
	for (size_t i = 0; i < rec->object_count; i++)
		side->matches[i] = NONE;
}

/* In the order of the objects; `names`: libraries only, with their names parsed. */
static struct candidate *candidates_of(const struct side *side, bool names, size_t *ret_count)
{
	size_t objects = side->rec->object_count, count = 0;
	struct candidate *list = xcalloc(objects + 1, sizeof(*list));

	for (size_t i = 0; i < objects; i++) {
		const struct object *object = &side->rec->objects[i];

		if (side->matches[i] != NONE || !object_is_compared(object) ||
		    (names && object->kind != OBJECT_LIBRARY))
			continue;
		list[count] = (struct candidate){
			.object = object, .index = (int)i, .space = side->spaces[i]};
		if (names)
			library_name_parse(compared_name(object), &list[count].name);
		if (names && !*list[count].name.family) /* related to nobody */
			library_name_release(&list[count].name);
		else
			count++;
	}
	*ret_count = count;
	return list;
}

/* --- the same name */

static int compare_names(const struct candidate *x, const struct candidate *y, bool same_path)
{
	int order;

	if (x->object->kind != y->object->kind)
		return x->object->kind < y->object->kind ? -1 : 1;
	if (x->space != y->space)
		return x->space < y->space ? -1 : 1;
	if (x->object->kind == OBJECT_MAIN)
		return 0;
	order = strcmp(compared_name(x->object), compared_name(y->object));
	if (order == 0 && same_path)
		order = strcmp(compared_path(x->object), compared_path(y->object));
	return order;
}

static int compare_candidates(const void *a, const void *b, void *same_path)
{
	const struct candidate *x = a, *y = b;
	int order = compare_names(x, y, *(bool *)same_path);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Of those that may be each other: the first with the first, and so on. */
static void match(struct side *a, struct side *b, bool same_path)
{
	size_t a_count, b_count;
	AUTO_FREE struct candidate *of_a = candidates_of(a, false, &a_count);
	AUTO_FREE struct candidate *of_b = candidates_of(b, false, &b_count);

	qsort_r(of_a, a_count, sizeof(*of_a), compare_candidates, &same_path);
	qsort_r(of_b, b_count, sizeof(*of_b), compare_candidates, &same_path);
	for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
		int order = compare_names(&of_a[i], &of_b[j], same_path);

		if (order == 0) {
			a->matches[of_a[i].index] = of_b[j].index;
			b->matches[of_b[j].index] = of_a[i].index;
		}
		i += order <= 0;
		j += order >= 0;
	}
}

/* --- hashed names */

static int compare_families(const struct candidate *x, const struct candidate *y)
{
	if (x->space != y->space)
		return x->space < y->space ? -1 : 1;
	return strcmp(x->name.family, y->name.family);
}

static int compare_by_family(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = compare_families(x, y);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static bool is_renamed(const struct candidate *x, const struct candidate *y)
{
	return (x->name.hashed || y->name.hashed) && library_names_related(&x->name, &y->name) &&
	       !library_versions_differ(&x->name, &y->name);
}

static const struct candidate *only_renamed(const struct candidate *one,
					    const struct candidate *list, size_t count)
{
	const struct candidate *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!is_renamed(one, &list[i]))
			continue;
		if (found)
			return NULL;
		found = &list[i];
	}
	return found;
}

/* Those of one family: who is the only choice of the other, both ways. */
static void match_family(struct side *a, struct side *b, const struct candidate *of_a,
			 size_t a_count, const struct candidate *of_b, size_t b_count)
{
	for (size_t i = 0; i < a_count; i++) {
		const struct candidate *found = only_renamed(&of_a[i], of_b, b_count);

		if (!found || only_renamed(found, of_a, a_count) != &of_a[i])
			continue;
		a->matches[of_a[i].index] = found->index;
		b->matches[found->index] = of_a[i].index;
	}
}

static size_t family_length(const struct candidate *list, size_t count)
{
	size_t n = 1;

	while (n < count && compare_families(&list[0], &list[n]) == 0)
		n++;
	return n;
}

static void candidates_free(struct candidate *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		library_name_release(&list[i].name);
	free(list);
}

static void match_renamed(struct side *a, struct side *b)
{
	size_t a_count, b_count;
	struct candidate *of_a = candidates_of(a, true, &a_count);
	struct candidate *of_b = candidates_of(b, true, &b_count);

	qsort(of_a, a_count, sizeof(*of_a), compare_by_family);
	qsort(of_b, b_count, sizeof(*of_b), compare_by_family);
	for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
		int order = compare_families(&of_a[i], &of_b[j]);
		size_t n = family_length(&of_a[i], a_count - i);
		size_t m = family_length(&of_b[j], b_count - j);

		if (order == 0)
			match_family(a, b, &of_a[i], n, &of_b[j], m);
		i += order <= 0 ? n : 0;
		j += order >= 0 ? m : 0;
	}
	candidates_free(of_a, a_count);
	candidates_free(of_b, b_count);
}

void match_objects(const struct recording *rec_a, const struct recording *rec_b, int **ret_b_of,
		   int **ret_a_of)
{
	struct side a, b;

	side_init(&a, rec_a);
	side_init(&b, rec_b);
	match(&a, &b, true);
	match(&a, &b, false);
	match_renamed(&a, &b);
	free(a.spaces);
	free(b.spaces);
	*ret_b_of = a.matches;
	*ret_a_of = b.matches;
}
