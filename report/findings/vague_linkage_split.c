/* vague-linkage-split: C++ entities that should be one in the process, and are not. */
#include "report/findings/rules.h"
#include "report/findings/symbol_groups.h"
#include "report/render/words.h"

/* Do the definitions in use all have another version?  Then version scripts keep them apart, in
 * whatever scope they are, and always have. */
static bool is_by_versions(const struct interposition *i)
{
	for (size_t j = 0; j < i->definer_count; j++)
		for (size_t k = 0; k < j; k++)
			if (i->definers[j].users && i->definers[k].users &&
			    i->definers[j].version == i->definers[k].version)
				return false;
	return true;
}

static bool is_wanted(struct rule_input *input, const struct interposition *i)
{
	(void)input;
	/* Of functions and virtual tables any copy will do. */
	return (i->what & WHAT_VAGUE_SPLIT) && (i->vague != VAGUE_TYPEINFO || !is_by_versions(i)) &&
	       (i->vague == VAGUE_TYPEINFO || i->vague == VAGUE_DATA) && i->dull != DULL_INSTANCE;
}

static void report(struct rule_input *input, const struct symbol_group *group, struct findings *ret)
{
	bool types = group->symbols[0]->vague == VAGUE_TYPEINFO;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;

	add_group_symbols(&message, input, group, 3);
	strbuf_addstr(&message, group->symbol_count == 1 ? " has" : " have");
	strbuf_addstr(&message, " several definitions in use, in ");
	add_objects(&message, input->rec, group->objects, group->object_count, 3);
	strbuf_addstr(&message, types ? ": exceptions may not be caught, dynamic_cast may fail"
				      : ": each has a state of its own");
	symbol_group_report(
		input, group, &rule_vague_linkage_split, strbuf_detach(&message),
		xstrdup(types ? "export the class from one library (give it a virtual function "
				"that is not inline, and default visibility), which all others "
				"are linked against"
			      : "define the variable in one library, which all others are linked "
				"against; inline only where it has default visibility, and is in "
				"scope of all"),
		ret);
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_SYMBOL_GROUPS struct symbol_groups groups;

	symbol_groups_by_definers(input, is_wanted, &groups);
	for (size_t i = 0; i < groups.count; i++)
		report(input, &groups.list[i], ret);
}

const struct rule rule_vague_linkage_split = {
	.slug = "vague-linkage-split",
	.group = "symbols",
	.summary = "typeinfo or inline data of C++ has several definitions in use",
	.meaning =
		"C++ puts typeinfo, inline variables and static variables of inline functions and "
		"templates into every object that uses them, and counts on the linker and ld.so to "
		"make them one (\"vague linkage\"). They stay several when the objects don't see "
		"each other: plugins opened with RTLD_LOCAL that share nothing but a header, or "
		"RTLD_DEEPBIND. Then a singleton exists twice, an exception that one object throws "
		"is not caught by the other's handler, and dynamic_cast between them gives NULL.",
	.reported =
		"A warning for variables with several definitions in use, and for typeinfo of "
		"classes "
		"that pass from object to object: whose name is part of a function's that one "
		"calls "
		"in another. A note for typeinfo in objects that know nothing of each other. Left "
		"out: one definition in use, as it should be; functions and virtual tables, of "
		"which any copy will do; typeinfo that symbol versions keep apart; and the "
		"standard library's own.",
	.harmless = "libstdc++ compares typeinfo by name when the addresses differ, so that much "
		    "works all the same; libc++ does not. Plugins that exchange no objects never "
		    "notice.",
	.fix = "Put what is shared into one shared library that host and plugins are linked "
	       "against, with default visibility. Give classes that cross the border a key "
	       "function: a virtual function that is not inline. Or open the plugins with "
	       "RTLD_GLOBAL, knowing what that means for all other names.",
	.find = find,
};
