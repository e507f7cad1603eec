#include "report/findings/input.h"

#include "report/render/words.h"

void input_file(struct rule_input *input, const char *path, bool build_id, struct file_facts *ret)
{
	*ret = (struct file_facts){0};
	if (input->source)
		input->source->file(input->source, path, build_id, ret);
}

bool input_file_is_recorded(struct rule_input *input, int object)
{
	const struct object *o = &input->rec->objects[object];
	struct file_facts now;

	if (!o->has_file)
		return false;
	input_file(input, o->real_path ? o->real_path : o->path, false, &now);
	return now.exists && now.dev == o->dev && now.ino == o->ino && now.size == o->file_size &&
	       now.mtime_ns == o->mtime_ns;
}

uint64_t recording_preinit(const struct recording *rec)
{
	for (size_t i = 0; i < rec->activity_count; i++)
		if (rec->activities[i].kind == ACTIVITY_PREINIT)
			return rec->activities[i].seq;
	return UINT64_MAX;
}

bool object_is_startup(const struct recording *rec, int object)
{
	const struct object *o = &rec->objects[object];

	/* A forked child's objects were opened before its own history began: who asked for them is
	 * in the parent's. */
	if (o->inherited)
		return false;
	return o->opened_seq < recording_preinit(rec) && o->reason != REASON_DLOPEN;
}

bool object_is_file(const struct object *object)
{
	return object->kind == OBJECT_MAIN || object->kind == OBJECT_LIBRARY;
}

bool is_glibc_object(const struct object *object)
{
	static const char *const names[] = {
		"libc.so.6",    "libm.so.6",
		"libmvec.so.1", "libpthread.so.0",
		"libdl.so.2",   "librt.so.1",
		"libutil.so.1", "libresolv.so.2",
		"libanl.so.1",  "libBrokenLocale.so.1",
	};

	if (object->kind == OBJECT_LDSO)
		return true;
	for (size_t i = 0; object->soname && i < ARRAY_SIZE(names); i++)
		if (strcmp(object->soname, names[i]) == 0)
			return true;
	return false;
}

bool objects_overlap(const struct object *a, const struct object *b)
{
	return (!a->closed_seq || a->closed_seq > b->opened_seq) &&
	       (!b->closed_seq || b->closed_seq > a->opened_seq);
}

bool objects_same_file(const struct object *a, const struct object *b)
{
	if (a->has_file && b->has_file)
		return a->dev == b->dev && a->ino == b->ino;
	return strcmp(a->path, b->path) == 0;
}

void add_objects(struct strbuf *sb, const struct recording *rec, const int *objects, size_t count,
		 size_t most)
{
	size_t shown = count <= most ? count : most;

	for (size_t i = 0; i < shown; i++) {
		if (i)
			strbuf_addstr(sb, i + 1 == count ? " and " : ", ");
		add_object(sb, rec, objects[i]);
	}
	if (shown < count)
		strbuf_addf(sb, " and %zu more", count - shown);
}
