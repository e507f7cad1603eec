/* split-binding: equal references, different definitions. */
#include <dlfcn.h>

#include "report/findings/copies.h"
#include "report/findings/rules.h"
#include "report/findings/symbol_groups.h"
#include "report/render/words.h"

static bool is_deepbound(const struct recording *rec, int object)
{
	int call = has_object(rec, object) ? rec->objects[object].reason_call : NONE;

	return has_call(rec, call) && (rec->calls[call].flags & RTLD_DEEPBIND);
}

/* Do all that have not the winner's definition come with RTLD_DEEPBIND?  That is another rule. */
static bool is_by_deepbind(const struct recording *rec, const struct interposition *i)
{
	bool any = false;

	for (size_t j = 0; j < i->user_count; j++) {
		const struct interposition_user *user = &i->users[j];

		if (user->to == i->winner || user->from == user->to)
			continue;
		if (!is_deepbound(rec, user->from))
			return false;
		any = true;
	}
	return any;
}

static bool is_wanted(struct rule_input *input, const struct interposition *i)
{
	if (i->vague != VAGUE_NOT || !(i->what & (WHAT_SPLIT | WHAT_SPLIT_IN_TIME)) ||
	    is_by_deepbind(input->rec, i))
		return false;
	/* Who lost its own definition is the worse trouble, and is told by interposed. */
	return !(i->what & (WHAT_INTERPOSED | WHAT_DIVERTED)) ||
	       symbol_is_allocator(interposition_name(input, i));
}

static char *advice_for(bool allocators, bool in_time)
{
	if (allocators)
		return xstrdup("let all of the process use one allocator: link the program with it "
			       "or preload it, so that it is there before the first binding");
	if (in_time)
		return xstrdup("load what defines it before it is used for the first time, or not "
			       "with RTLD_GLOBAL");
	return xstrdup("let all use one copy; or, when they are strangers with one name, hide the "
		       "symbols that are not meant for others");
}

static void report(struct rule_input *input, const struct symbol_group *group, struct findings *ret)
{
	bool allocators = false, in_time = false;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;

	for (size_t i = 0; i < group->symbol_count; i++) {
		allocators |= symbol_is_allocator(interposition_name(input, group->symbols[i]));
		in_time |= (group->symbols[i]->what & WHAT_SPLIT_IN_TIME) != 0;
	}
	/* That there are copies is told by another rule, with who uses which. */
	if (!allocators &&
	    copies_include(input_duplicates(input), group->objects, group->object_count))
		return;
	add_group_symbols(&message, input, group, 3);
	strbuf_addstr(&message, group->symbol_count == 1 ? " is bound to " : " are bound to ");
	add_objects(&message, input->rec, group->objects, group->object_count, 3);
	strbuf_addstr(&message, in_time      ? ": which one depends on when it was bound"
				: allocators ? ": memory of one may reach the other's free()"
					     : ": which one depends on who asks");
	symbol_group_report(input, group, &rule_split_binding, strbuf_detach(&message),
			    advice_for(allocators, in_time), ret);
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_SYMBOL_GROUPS struct symbol_groups groups;

	symbol_groups_by_definers(input, is_wanted, &groups);
	for (size_t i = 0; i < groups.count; i++)
		report(input, &groups.list[i], ret);
}

const struct rule rule_split_binding = {
	.slug = "split-binding",
	.group = "symbols",
	.summary = "references to one symbol go to different definitions",
	.meaning =
		"Objects that don't define a symbol refer to it in the same way, and some of them "
		"got one definition and some another: because their scopes differ (RTLD_LOCAL, "
		"RTLD_DEEPBIND), or because a definition joined the global scope after the first "
		"of "
		"them were bound. What one of them makes, the other can't use. With malloc and "
		"free "
		"it ends in \"free(): invalid pointer\".\n\n"
		"An allocator that is loaded late (a plugin linked with jemalloc or tcmalloc) is "
		"of "
		"this kind: what was bound before goes on with libc's.",
	.reported =
		"An error for allocation functions; a warning where the definitions are in copies "
		"of "
		"one library, or where one object is bound to both; a note where the objects are "
		"strangers with a name in common and their scopes don't meet, which is what "
		"RTLD_LOCAL is for. An object that refers to its own definition is not split from "
		"the others. Left out are copies of one library, which duplicate-soname and its "
		"neighbours report, and what RTLD_DEEPBIND separates, see deepbind-split. C++ "
		"entities of vague linkage have a rule of their own, as "
		"have "
		"objects that lost their own definition.",
	.harmless = "When nothing that one definition makes ever reaches the other.",
	.fix = "One copy for all, loaded from the start. An allocator belongs into the program "
	       "(link it first) or into LD_PRELOAD, not into a plugin.",
	.find = find,
};
