/* What an object is called in text, so that copies of one library can be told apart. */
#include "report/render/words.h"

/* The path that names are taken from: without the "." and ".." of what was asked for, where links
 * don't give the file another name. */
static const char *full_name(const struct object *object)
{
	if (object->real_path && strcmp(base_name(object->real_path), base_name(object->path)) == 0)
		return object->real_path;
	return object->path;
}

/* Does `path` end in `tail`, from the beginning of a component on? */
static bool ends_in(const char *path, size_t length, const char *tail, size_t tail_length)
{
	return length >= tail_length &&
	       memcmp(path + length - tail_length, tail, tail_length) == 0 &&
	       (length == tail_length || path[length - tail_length - 1] == '/');
}

/* Where the component before `at` begins; `start` when there is none before it. */
static const char *previous_component(const char *start, const char *at)
{
	if (at > start)
		at--;
	while (at > start && at[-1] != '/')
		at--;
	return at;
}

/* The end of the object's name that it shares with none of `others`. */
static const char *tell_apart(const struct recording *rec, int object, const int *others,
			      size_t count)
{
	const char *name = full_name(&rec->objects[object]);
	size_t length = strlen(name);
	const char *from = base_name(name);

	for (size_t i = 0; i < count; i++) {
		const char *other = full_name(&rec->objects[others ? others[i] : (int)i]);
		size_t other_length = strlen(other);

		if (!ends_in(other, other_length, from, length - (size_t)(from - name)) ||
		    strcmp(other, name) == 0)
			continue;
		while (from > name &&
		       ends_in(other, other_length, from, length - (size_t)(from - name)))
			from = previous_component(name, from);
	}
	return from;
}

const char *object_name(const struct recording *rec, int object)
{
	const char *called = rec->objects[object].called;

	return called ? called : tell_apart(rec, object, NULL, rec->object_count);
}

static int compare_file_names(const void *a, const void *b, void *data)
{
	const struct recording *rec = data;

	return strcmp(base_name(full_name(&rec->objects[*(const int *)a])),
		      base_name(full_name(&rec->objects[*(const int *)b])));
}

/* Only objects of one file name have to be told apart. */
void name_objects(struct recording *rec)
{
	AUTO_FREE int *order = xcalloc(rec->object_count + 1, sizeof(*order));

	for (size_t i = 0; i < rec->object_count; i++)
		order[i] = (int)i;
	qsort_r(order, rec->object_count, sizeof(*order), compare_file_names, rec);
	for (size_t i = 0, end; i < rec->object_count; i = end) {
		for (end = i + 1; end < rec->object_count &&
				  compare_file_names(&order[i], &order[end], rec) == 0;)
			end++;
		for (size_t j = i; j < end; j++)
			rec->objects[order[j]].called =
				tell_apart(rec, order[j], &order[i], end - i);
	}
}
