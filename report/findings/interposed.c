/* interposed: a library's calls to its own functions land in somebody else's. */
#include "report/findings/rules.h"
#include "report/findings/symbol_groups.h"
#include "report/render/words.h"

/* Vague linkage and allocators that are in use side by side have rules of their own. */
static bool is_wanted(struct rule_input *input, const struct interposition *i)
{
	bool split = i->what & (WHAT_SPLIT | WHAT_SPLIT_IN_TIME);

	if (i->vague != VAGUE_NOT || !(i->what & (WHAT_INTERPOSED | WHAT_DIVERTED)))
		return false;
	return !split || !symbol_is_allocator(interposition_name(input, i));
}

static void report(struct rule_input *input, const struct symbol_group *group, struct findings *ret)
{
	const struct recording *rec = input->rec;
	int winner = group->objects[0], loser = group->objects[1];
	bool own = interposition_first_miss(rec, group->symbols[0])->from == loser;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT, advice = STRBUF_INIT;

	add_object(&message, rec, winner);
	strbuf_addstr(&message, own ? " takes over calls that " : " takes the place of ");
	add_object(&message, rec, loser);
	strbuf_addstr(&message, own ? " makes to itself: " : " for those that need it: ");
	add_group_symbols(&message, input, group, 3);
	if (rec->objects[winner].kind == OBJECT_MAIN)
		strbuf_addstr(&advice,
			      "link the program without -rdynamic, or keep the symbols of its "
			      "static copy to itself: a version script, -Wl,--exclude-libs,ALL or "
			      "-fvisibility=hidden");
	else
		strbuf_addstr(&advice, "let both use one copy, or keep the symbols of the one that "
				       "is private to itself: a version script, "
				       "-Wl,--exclude-libs,ALL, -fvisibility=hidden, or (for its "
				       "own calls) -Wl,-Bsymbolic");
	symbol_group_report(input, group, &rule_interposed, strbuf_detach(&message),
			    strbuf_detach(&advice), ret);
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_SYMBOL_GROUPS struct symbol_groups groups;

	symbol_groups_by_miss(input, is_wanted, &groups);
	for (size_t i = 0; i < groups.count; i++)
		report(input, &groups.list[i], ret);
}

const struct rule rule_interposed = {
	.slug = "interposed",
	.group = "symbols",
	.summary = "a library's own calls land in another library's functions",
	.meaning =
		"Two objects of one namespace define the same symbols, and ld.so gives the one "
		"that "
		"comes first in the scope to everybody, also to the other one for calls to its own "
		"functions. Part of a library then runs with another copy, another version or "
		"another library's function of the same name: crashes in structures that differ, "
		"state that is initialised in one copy and used in the other, errors that nobody "
		"returns.\n\n"
		"It happens to static copies that a program or plugin exports without meaning to "
		"(OpenSSL, zlib, LLVM, protobuf in a program linked with -rdynamic), and to "
		"plugins "
		"that are opened with RTLD_GLOBAL.",
	.reported =
		"An error when an object's references to a symbol that it defines itself went to "
		"another object; a warning when those went elsewhere that name a library among "
		"their dependencies for it; a note where that was in view when it was linked.\n\n"
		"Left out: what LD_PRELOAD is there for; glibc's functions, which programs may "
		"replace; weak definitions, which are defaults; variables that the program holds "
		"by "
		"copy relocations; allocators that all of the process uses; C++ entities of vague "
		"linkage, which are meant to become one; constants of one size. Notes only: single "
		"functions of the "
		"program against libraries that it was linked against and what these need, those "
		"of libraries linked "
		"against "
		"each other, and constants of one size.\n\n"
		"Copies of one library that duplicate-file, duplicate-soname or version-clash "
		"report "
		"are told there, with this as evidence.\n\n"
		"Who is bound to whom is observed. `plugreport interpositions` shows it symbol by "
		"symbol.",
	.harmless = "When both definitions do the same and share no state.",
	.fix = "Let one copy be: link plugin and program against one shared library. Or let "
	       "private copies be private: compile them with -fvisibility=hidden, link static "
	       "libraries with -Wl,--exclude-libs,ALL, export what is meant with a version script. "
	       "-Wl,-Bsymbolic (or -fno-semantic-interposition with hidden aliases) keeps a "
	       "library's own calls inside. For plugins, RTLD_LOCAL, and RTLD_DEEPBIND as a last "
	       "resort.",
	.find = find,
};
