/* duplicate-compilation-unit: an OCaml unit that several objects have, and that ran in several. */
#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/model/ocaml_copies.h"
#include "report/render/words.h"

static void report(struct rule_input *input, const char *unit, const int *objects, size_t count,
		   struct findings *ret)
{
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	strbuf_addstr(&message, "the OCaml unit ");
	add_name(&message, unit);
	strbuf_addstr(&message, " is in ");
	add_objects(&message, input->rec, objects, count, 4);
	strbuf_addf(&message, ": %zu copies ran, each with a state of its own", count);
	finding = findings_add(ret, &rule_duplicate_compilation_unit, SEVERITY_WARNING,
			       strbuf_detach(&message),
			       xstrdup("link the unit into none of the plugins, and load it first, "
				       "with Dynlink.loadfile"));
	for (size_t i = 0; i < count; i++) {
		finding_add_object(finding, objects[i]);
		finding_add_origin(finding, input->rec, objects[i]);
		if (input->rec->objects[objects[i]].opened_seq > finding->seq)
			finding->seq = input->rec->objects[objects[i]].opened_seq;
	}
}

/* Copies that were there at once, and ran. */
static void weigh(struct rule_input *input, const struct unit_copies *unit, struct findings *ret)
{
	AUTO_FREE int *objects = xcalloc(unit->count, sizeof(*objects));
	size_t kept = 0;

	for (size_t i = 0; i < unit->count; i++) {
		int object = unit->copies[i].object;

		if (unit->copies[i].ran &&
		    (!kept || objects_coexist(input->rec, objects[0], object)))
			objects[kept++] = object;
	}
	if (kept > 1)
		report(input, unit->unit, objects, kept, ret);
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_OCAML_COPIES struct ocaml_copies copies;

	ocaml_copies_build(input->rec, NULL, input_symbols(input), &copies);
	for (size_t i = 0; i < copies.count; i++)
		if (copies.list[i].run > 1)
			weigh(input, &copies.list[i], ret);
}

const struct rule rule_duplicate_compilation_unit = {
	.slug = "duplicate-compilation-unit",
	.group = "symbols",
	.summary = "an OCaml compilation unit ran more than once in one process",
	.meaning = "Several plugins, or a plugin and the program, have the same OCaml compilation "
		   "unit "
		   "linked in, and more than one of the copies ran. Each has a state of its own: "
		   "references, tables, registered functions, exceptions. A value of a type with "
		   "an extensible constructor (an exception, for example) that one copy made is "
		   "not recognised by another.",
	.reported =
		"A warning for each unit of which more than one copy ran. Left out: copies that "
		"Dynlink refused (loadfile does so, and says that the module is already "
		"loaded), of which `plugreport units` tells; and copies that were not in the "
		"process at one time.",
	.harmless = "When the unit has no state and defines no exception or extensible type.",
	.fix = "Link the unit into none of the plugins, and load it once, first, with "
	       "Dynlink.loadfile: plugins that are loaded after it are bound to it. "
	       "Dynlink.loadfile_private is what allows several copies. `plugreport units` shows "
	       "which plugin has which unit.",
	.find = find,
};
