#include "report/findings/other_copy.h"

#include <sys/stat.h>

void other_copy_release(struct other_copy *copy)
{
	free(copy->path);
	free(copy->entry);
	*copy = (struct other_copy){0};
}

static bool is_meant(const struct search_place *place, int requester, enum other_places places)
{
	if (place->left_out || !place->directory)
		return false;
	if (place->rule == RULE_RUNPATH)
		return true;
	return places == OTHER_OWN ? place->rule == RULE_RPATH && place->owner == requester
				   : place->rule == RULE_DEFAULT;
}

/* Is the object's file in this directory, or in a hardware subdirectory of it? */
static bool is_from(const struct object *object, const char *name, const char *directory)
{
	AUTO_FREE char *of_path = search_path_directory(object->path, name);
	AUTO_FREE char *of_real =
		object->real_path ? search_path_directory(object->real_path, name) : NULL;

	return strcmp(of_path, directory) == 0 || (of_real && strcmp(of_real, directory) == 0);
}

enum verdict { NO_FILE, SAME, OTHER };

static enum verdict judge(struct rule_input *input, const struct search_place *place,
			  const char *name, const struct object *object, char **ret_path)
{
	AUTO_FREE char *path = NULL;
	struct file_facts now;

	if (is_from(object, name, place->directory))
		return SAME;
	path = xasprintf("%s%s%s", place->directory, *place->directory ? "/" : "./", name);
	input_file(input, path, true, &now);
	if (!now.exists || !S_ISREG(now.mode))
		return NO_FILE;
	if ((now.dev == object->dev && now.ino == object->ino) ||
	    (object->build_id && *now.build_id && strcmp(object->build_id, now.build_id) == 0))
		return SAME;
	if (!*now.build_id && now.size == object->file_size && now.mtime_ns == object->mtime_ns)
		return SAME;
	*ret_path = path;
	path = NULL;
	return OTHER;
}

bool other_copy_find(struct rule_input *input, int requester, const char *name, int object,
		     enum other_places places, struct other_copy *ret)
{
	struct search_place *list;
	size_t count;
	enum verdict verdict = NO_FILE;

	*ret = (struct other_copy){0};
	if (strchr(name, '/') || !input_file_is_recorded(input, object))
		return false;
	count = search_places_list(input->rec, requester, &list);
	for (size_t i = 0; i < count && verdict == NO_FILE; i++) {
		if (!is_meant(&list[i], requester, places))
			continue;
		verdict = judge(input, &list[i], name, &input->rec->objects[object], &ret->path);
		if (verdict == OTHER) {
			ret->rule = list[i].rule;
			ret->entry = xstrdup(list[i].entry);
		}
	}
	search_places_free(list, count);
	return verdict == OTHER;
}
