/* duplicate-compilation-unit: an OCaml unit that several objects have, and that ran in several. */
#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/model/ocaml_run.h"
#include "report/render/words.h"

/* A unit of an object. */
struct unit {
	char *name;
	int object;
};

struct unit_list {
	struct unit *list; /* those of one name together */
	size_t count, room;
};

/* Has the object such a definition, as far as its symbols are known? */
static bool defines(struct symbol_provider *symbols, int object, const char *name)
{
	const struct symbol_table *table;

	if (!symbols_may_define(symbols, object, symbol_hash(name)))
		return false;
	table = symbols_of(symbols, object);
	return table && symbol_table_first(table, name) >= 0;
}

/* Programs and plugins of OCaml each have one of these; all units' symbols are exported. */
static bool has_units(struct symbol_provider *symbols, int object)
{
	return defines(symbols, object, "caml_plugin_header") ||
	       defines(symbols, object, "caml_globals_map");
}

static void add_units(struct symbol_provider *symbols, int object, struct unit_list *units)
{
	const struct symbol_table *table = symbols_of(symbols, object);

	for (size_t i = 0; table && i < table->count; i++) {
		char *name = table->symbols[i].defined ? ocaml_unit_of_mark(table->symbols[i].name)
						       : NULL;

		if (name)
			*GROW(units->list, units->count, units->room) = (struct unit){name, object};
	}
}

static int compare_units(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->object > y->object) - (x->object < y->object);
}

/* Refused by Dynlink, it is mapped and has no state.  A program runs its own. */
static bool was_run(struct rule_input *input, const struct unit *unit)
{
	return !defines(input_symbols(input), unit->object, "caml_plugin_header") ||
	       ocaml_unit_was_run(input->rec, unit->object, unit->name);
}

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
static void weigh(struct rule_input *input, const struct unit *units, size_t count,
		  struct findings *ret)
{
	AUTO_FREE int *objects = xcalloc(count, sizeof(*objects));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool coexists =
			kept == 0 || objects_coexist(input->rec, objects[0], units[i].object);

		if (coexists && (!kept || objects[kept - 1] != units[i].object) &&
		    was_run(input, &units[i]))
			objects[kept++] = units[i].object;
	}
	if (kept > 1)
		report(input, units[0].name, objects, kept, ret);
}

static void find(struct rule_input *input, struct findings *ret)
{
	struct symbol_provider *symbols = input_symbols(input);
	struct unit_list units = {0};

	for (size_t i = 0; symbols && i < input->rec->object_count; i++)
		if (object_is_file(&input->rec->objects[i]) && has_units(symbols, (int)i))
			add_units(symbols, (int)i, &units);
	if (units.count)
		qsort(units.list, units.count, sizeof(*units.list), compare_units);
	for (size_t i = 0, end; i < units.count; i = end) {
		for (end = i + 1; end < units.count; end++)
			if (strcmp(units.list[i].name, units.list[end].name) != 0)
				break;
		if (end - i > 1)
			weigh(input, &units.list[i], end - i, ret);
	}
	for (size_t i = 0; i < units.count; i++)
		free(units.list[i].name);
	free(units.list);
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
