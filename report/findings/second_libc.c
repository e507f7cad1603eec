/* second-libc: more than one C library in a process. */
#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static bool is_libc(const struct object *object)
{
	const char *soname = object->soname ? object->soname : base_name(object->path);

	return object->kind == OBJECT_LIBRARY &&
	       (strncmp(soname, "libc.so", 7) == 0 || strncmp(soname, "libc.musl-", 10) == 0 ||
		strncmp(soname, "ld-musl-", 8) == 0);
}

/* The first C library of the process: the one that the program uses. */
static int first_libc(const struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].name_space == 0 && is_libc(&rec->objects[i]))
			return (int)i;
	return NONE;
}

static void report(const struct recording *rec, int first, int second, struct findings *ret)
{
	const struct object *o = &rec->objects[second];
	bool same_space = o->name_space == rec->objects[first].name_space;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	if (same_space) {
		strbuf_addstr(&message, "two C libraries in one namespace: ");
		add_name(&message, rec->objects[first].path);
		strbuf_addstr(&message, " and ");
		add_name(&message, o->path);
	} else {
		strbuf_addf(&message,
			    "namespace %d has a C library of its own: ", (int)o->name_space);
		add_name(&message, o->path);
	}
	finding = findings_add(
		ret, &rule_second_libc, same_space ? SEVERITY_ERROR : SEVERITY_WARNING,
		strbuf_detach(&message),
		xstrdup(same_space ? "see who brings the second one (evidence), and build it for "
				     "the C library of this system"
				   : "let no memory, FILE or thread-specific key cross the border: "
				     "who allocates must free; or load the library with dlopen"));
	finding->seq = o->opened_seq;
	finding_add_object(finding, second);
	finding_add_object(finding, first);
	finding_add_origin(finding, rec, second);
	if (has_object(rec, o->reason_object) && !same_space)
		finding_add_origin(finding, rec, o->reason_object);
}

/* One a namespace: what else is in it has the same C library. */
static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	int first = first_libc(rec);

	for (size_t i = 0; first != NONE && i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if ((int)i == first || !is_libc(object) || !objects_coexist(rec, (int)i, first))
			continue;
		if (object->name_space == 0 && objects_same_file(object, &rec->objects[first]))
			continue;
		report(rec, first, (int)i, ret);
	}
}

const struct rule rule_second_libc = {
	.slug = "second-libc",
	.group = "process",
	.summary = "a second C library lives in the process",
	.meaning =
		"dlmopen puts a library and all that it needs into a namespace of its own, the C "
		"library included. Each copy has its own heap, its own stdio buffers, its own "
		"environment, locale, errno conventions and atexit list. Memory that one copy "
		"allocated and the other frees crashes, output comes in another order, setenv "
		"and setlocale have no effect on the other side.\n\n"
		"Two C libraries in one namespace (another build of glibc beside the system's, or "
		"musl's) are worse: which of them a call reaches depends on the order of loading.",
	.reported =
		"A warning for each dlmopen namespace that has a libc, as long as the program's is "
		"there; an error for two in one namespace. The recorder's own namespace is not "
		"part of the recording.",
	.harmless =
		"When the interface between the namespaces passes only plain values, and memory "
		"is freed where it was allocated: that is what dlmopen is for.",
	.fix = "Give the plugin functions for what crosses the border (allocate, free, print), "
	       "or load it with dlopen, with RTLD_LOCAL or RTLD_DEEPBIND where names clash.",
	.find = find,
};
