/* global-plugin: a plugin opened with RTLD_GLOBAL, in the way of others. */
#include "report/findings/reliance.h"
#include "report/findings/rules.h"
#include "report/findings/symbol_groups.h"
#include "report/render/words.h"

/* Symbols that later objects, which have a definition of their own (or name a library that has),
 * got from these. */
static size_t find_victims(struct rule_input *input, const struct globals *globals,
			   struct finding *finding)
{
	const struct interpositions *all = input_interpositions(input);
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct interposition *interposition = &all->list[i];
		const struct interposition_user *miss =
			interposition_first_miss(input->rec, interposition);

		/* What C++ means to be one does not matter. */
		if (interposition->interest < INTEREST_WARNING || !miss ||
		    interposition->vague != VAGUE_NOT || !globals_have(globals, miss->to) ||
		    globals_have(globals, miss->missed))
			continue;
		count++;
		finding_add_object(finding, miss->to);
		finding_add_object(finding, miss->missed);
		if (finding->symbol_count < 50)
			finding_add_symbol(finding, interposition_name(input, interposition));
	}
	return count;
}

/* Name them, what was loaded again once.  How many that are. */
static size_t add_each_once(struct strbuf *sb, const struct recording *rec, const int *objects,
			    size_t count)
{
	AUTO_FREE int *once = xcalloc(count + 1, sizeof(*once));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct object *object = &rec->objects[objects[i]];
		bool named = false;

		for (size_t j = 0; j < kept && !named; j++)
			named = rec->objects[once[j]].name_space == object->name_space &&
				objects_same_file(&rec->objects[once[j]], object);
		if (!named)
			once[kept++] = objects[i];
	}
	add_objects(sb, rec, once, kept, 3);
	return kept;
}

static void report_taken_over(struct rule_input *input, const struct globals *globals,
			      const struct finding *victims, size_t symbols, struct findings *ret)
{
	const struct recording *rec = input->rec;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_object(&message, rec, victims->objects[0]);
	strbuf_addstr(&message, " was opened with RTLD_GLOBAL, and pre-empts ");
	add_count(&message, symbols, "symbol", "symbols");
	strbuf_addstr(&message, " of ");
	add_each_once(&message, rec, victims->objects + 1, victims->object_count - 1);
	finding = findings_add(
		ret, &rule_global_plugin, SEVERITY_WARNING, strbuf_detach(&message),
		xstrdup("open it with RTLD_LOCAL; or, when it has to be global, let it "
			"export only what others are to have (a version script)"));
	finding->seq = globals->seq;
	for (size_t i = 0; i < victims->object_count; i++)
		finding_add_object(finding, victims->objects[i]);
	for (size_t i = 0; i < victims->symbol_count; i++)
		finding_add_symbol(finding, victims->symbols[i]);
	finding_add_call(finding, rec, "opened", globals->call);
	for (size_t i = 1; i < victims->object_count && i < 4; i++)
		finding_add_origin(finding, rec, victims->objects[i]);
}

/* One finding for all of a process: programs open all their plugins so, or none. */
static void report_needless(struct rule_input *input, const struct globals *globals,
			    struct findings *ret)
{
	const struct recording *rec = input->rec;
	struct finding *finding = NULL;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	size_t named;

	for (size_t i = 0; i < ret->count && !finding; i++)
		if (ret->list[i].rule == &rule_global_plugin &&
		    ret->list[i].severity == SEVERITY_NOTE)
			finding = &ret->list[i];
	if (!finding) {
		finding =
			findings_add(ret, &rule_global_plugin, SEVERITY_NOTE, NULL,
				     xstrdup("open them with RTLD_LOCAL: then their symbols can't "
					     "get in the way of what is loaded later"));
		finding->seq = globals->seq;
	}
	finding_add_object(finding, globals->objects[0]);
	finding_add_call(finding, rec, "opened", globals->call);
	named = add_each_once(&message, rec, finding->objects, finding->object_count);
	strbuf_addstr(&message, named == 1 ? " was" : " were");
	strbuf_addstr(&message, " opened with RTLD_GLOBAL, and nothing made use of that");
	free(finding->message);
	finding->message = strbuf_detach(&message);
}

static void judge(struct rule_input *input, struct scopes *scopes, const struct globals *globals,
		  struct findings *ret)
{
	struct finding victims = {0};
	size_t symbols = find_victims(input, globals, &victims);

	(void)scopes;
	if (symbols)
		report_taken_over(input, globals, &victims, symbols, ret);
	else if (!globals->reliance_count)
		report_needless(input, globals, ret);
	finding_release(&victims);
}

static void find(struct rule_input *input, struct findings *ret)
{
	globals_each(input, false, judge, ret);
}

const struct rule rule_global_plugin = {
	.slug = "global-plugin",
	.group = "scope",
	.summary = "a plugin is opened with RTLD_GLOBAL",
	.meaning =
		"A library was opened with RTLD_GLOBAL: it, and all that it needs, joined the "
		"global "
		"scope, where names are looked up before a plugin's own. Every plugin that is "
		"loaded "
		"later gets these definitions for names that it also defines itself: a static copy "
		"of LLVM or protobuf in the first plugin becomes everybody's.",
	.reported =
		"A warning when a later object's references to symbols that it defines itself, or "
		"that "
		"a library which it needs defines, went to the plugin (what is left out there, see "
		"interposed). A note when nothing at all made use of its being global. Nothing "
		"when "
		"others rely on it, and none lost anything: then it is global for a reason.",
	.harmless = "When what it exports is an interface that plugins are meant to share, and "
		    "nothing else.",
	.fix = "Pass RTLD_LOCAL, which is the default of dlopen (RTLD_LAZY or RTLD_NOW alone). "
	       "Where "
	       "plugins need the symbols, link them against the library. Keep static copies of "
	       "other libraries out of its exports: -Wl,--exclude-libs,ALL.",
	.find = find,
};
