/* unused-dependency: a DT_NEEDED entry of which nothing is used. */
#include <elf.h>

#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

/* Does the dependency define anything that the object refers to, whoever it got it from? */
static bool refers_to(struct symbol_provider *symbols, const struct symbol_table *from, int to)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct symbol_table *table;
		uint32_t hash;

		/* What the program copied out of a library is defined in both. */
		if (from->symbols[i].bind == STB_LOCAL || !*from->symbols[i].name ||
		    (from->symbols[i].defined && from->symbols[i].type != STT_OBJECT))
			continue;
		hash = symbol_hash(from->symbols[i].name);
		if (!symbols_may_define(symbols, to, hash))
			continue;
		table = symbols_of(symbols, to);
		if (symbol_table_find(table, from->symbols[i].name, hash) >= 0)
			return true;
	}
	return false;
}

/*
 * Does the object want a symbol's version from it (DT_VERNEED)?  Then it was linked for that
 * symbol, also when this build of the library has no such symbol.
 */
static bool wants_version_of(const struct symbol_table *from, const struct needed *needed,
			     const struct object *dependency)
{
	for (size_t i = 0; i < from->count; i++) {
		const char *file = from->symbols[i].version_file;

		if (file && (strcmp(file, needed->name) == 0 ||
			     (dependency->soname && strcmp(file, dependency->soname) == 0)))
			return true;
	}
	return false;
}

/* Is the dependency a way to something that the object uses and does not name itself? */
static bool is_bridge(const struct recording *rec, struct symbol_provider *symbols,
		      const struct symbol_table *from, int object, int dependency)
{
	const struct object *o = &rec->objects[dependency];

	for (size_t i = 0; i < o->needed_count; i++) {
		int behind = o->needed[i].resolved;

		if (has_object(rec, behind) && !object_needs(rec, object, behind) &&
		    symbols_exact(symbols, behind) && refers_to(symbols, from, behind))
			return true;
	}
	return false;
}

/*
 * Is somebody bound to it who does not name it?  Then it is there to take the place of others'
 * functions: an allocator that the program is linked with, a sanitizer, a profiler.
 */
static bool *find_interposers(struct rule_input *input)
{
	const struct bound_set *set = input_bound(input);
	bool *interposes = xcalloc(input->rec->object_count + 1, sizeof(*interposes));

	for (size_t i = 0; i < set->count; i++) {
		const struct bound *bound = &set->list[i];

		if (bound->from != NONE && bound->from != bound->to &&
		    !object_needs(input->rec, bound->from, bound->to))
			interposes[bound->to] = true;
	}
	return interposes;
}

static bool is_used(struct rule_input *input, const struct symbol_table *from, int object,
		    int dependency)
{
	struct symbol_provider *symbols = input_symbols(input);
	const struct object *o = &input->rec->objects[dependency];

	/* libc is everybody's, and what was libpthread or libdl is in it now; compilers add
	 * libgcc_s and libm by themselves. */
	if (object_is_glibc(o) || (o->soname && strncmp(o->soname, "libgcc_s.so", 11) == 0))
		return true;
	if (!symbols_exact(symbols, dependency))
		return true; /* not known */
	return refers_to(symbols, from, dependency) ||
	       is_bridge(input->rec, symbols, from, object, dependency);
}

static void report(const struct recording *rec, int object, const int *unused, size_t count,
		   struct findings *ret)
{
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_object(&message, rec, object);
	strbuf_addstr(&message, " needs ");
	add_objects(&message, rec, unused, count, 3);
	strbuf_addstr(&message, count == 1 ? ", and refers to nothing in it"
					   : ", and refers to nothing in them");
	finding = findings_add(
		ret, &rule_unused_dependency, SEVERITY_NOTE, strbuf_detach(&message),
		xstrdup("link it with -Wl,--as-needed before the libraries; or take the "
			"entry out with patchelf --remove-needed"));
	finding_add_object(finding, object);
	finding->seq = rec->objects[object].opened_seq;
	for (size_t i = 0; i < count; i++) {
		finding_add_object(finding, unused[i]);
		if (rec->objects[unused[i]].reason_object == object)
			finding_add_origin(finding, rec, unused[i]);
	}
}

static void judge(struct rule_input *input, int object, const bool *interposes,
		  struct findings *ret)
{
	const struct recording *rec = input->rec;
	const struct object *o = &rec->objects[object];
	const struct symbol_table *from = symbols_exact(input_symbols(input), object);
	AUTO_FREE int *unused = xcalloc(o->needed_count + 1, sizeof(*unused));
	size_t count = 0;

	for (size_t i = 0; from && i < o->needed_count; i++) {
		int dependency = o->needed[i].resolved;

		if (has_object(rec, dependency) && !interposes[dependency] &&
		    !wants_version_of(from, &o->needed[i], &rec->objects[dependency]) &&
		    !is_used(input, from, object, dependency))
			unused[count++] = dependency;
	}
	if (count)
		report(rec, object, unused, count, ret);
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_FREE bool *interposes = NULL;

	if (!input_symbols(input))
		return;
	interposes = find_interposers(input);
	for (size_t i = 0; i < input->rec->object_count; i++)
		if (object_is_file(&input->rec->objects[i]) &&
		    !object_is_glibc(&input->rec->objects[i]) && !input->rec->objects[i].inherited)
			judge(input, (int)i, interposes, ret);
}

const struct rule rule_unused_dependency = {
	.slug = "unused-dependency",
	.group = "loading",
	.summary = "a library is needed and nothing of it is used",
	.meaning = "A file names a library in DT_NEEDED and refers to no symbol that the library "
		   "defines. It is searched, mapped, relocated and initialised all the same, with "
		   "everything that it needs itself: at each start, and in each process.",
	.reported =
		"A note for each file with such entries. Symbols are compared by name: a reference "
		"that went to another definition still counts as used, and so does a library by "
		"which the file comes to another one that it uses without naming it. Left out: "
		"libraries to which somebody is bound who does not name them (an allocator, a "
		"profiler: they are there to take the place of others' functions); "
		"glibc's own libraries, and libgcc_s, which compilers add; and whatever has no "
		"exact "
		"symbol table (its file has changed since).",
	.harmless = "When it is there for what its constructors do, or to be found by dlsym: that "
		    "can't be seen from outside.",
	.fix = "-Wl,--as-needed before the libraries on the link editor's command line (the "
	       "default of "
	       "some distributions), or `patchelf --remove-needed`.",
	.find = find,
};
