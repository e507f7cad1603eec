/* wrong-copy: a library got another copy than the one that its own search path names. */
#include "report/findings/other_copy.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

/* By which rule the object's file was found. */
static enum search_rule rule_of(const struct recording *rec, int object)
{
	int search = rec->objects[object].reason_search;

	return search >= 0 && (size_t)search < rec->search_count ? rec->searches[search].rule
								 : RULE_UNKNOWN;
}

/* Was it loaded for somebody else, before `requester` asked? */
static bool was_there(const struct recording *rec, int object, int requester)
{
	return rec->objects[object].reason_object != requester;
}

static char *advice_for(const struct recording *rec, int object, bool there)
{
	if (!there && rule_of(rec, object) == RULE_LD_LIBRARY_PATH)
		return xstrdup("take the directory out of LD_LIBRARY_PATH, or set it only for the "
			       "program that needs it; DT_RPATH (-Wl,--disable-new-dtags) would "
			       "come before it");
	if (!there)
		return xstrdup("give the library a DT_RUNPATH of its own, or take the DT_RPATH of "
			       "who loads it away");
	return xstrdup("give the copies different SONAMEs (patchelf --set-soname, and "
		       "--replace-needed in who needs them), or let all use one copy; "
		       "dlmopen keeps whole trees apart");
}

static void report(const struct recording *rec, int requester, const char *name, int object,
		   const struct other_copy *copy, struct findings *ret)
{
	bool there = was_there(rec, object, requester);
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	struct finding *finding = findings_about(ret, &rule_wrong_copy, object);
	struct evidence *evidence;

	if (!finding) {
		add_object(&text, rec, requester);
		strbuf_addstr(&text, " got ");
		add_name(&text, rec->objects[object].path);
		strbuf_addstr(&text, ", not the copy that its own search path names");
		if (there)
			strbuf_addstr(&text, ": one of that name was loaded before");
		else if (rule_of(rec, object) == RULE_LD_LIBRARY_PATH)
			strbuf_addstr(&text, ": LD_LIBRARY_PATH comes first");
		else if (rule_of(rec, object) == RULE_RPATH)
			strbuf_addstr(&text, ": a DT_RPATH comes first");
		finding = findings_add(ret, &rule_wrong_copy, SEVERITY_WARNING,
				       strbuf_detach(&text), advice_for(rec, object, there));
		finding->seq = rec->objects[object].opened_seq;
		finding_add_object(finding, object);
		finding_add_origin(finding, rec, object);
	}
	finding_add_object(finding, requester);
	if (finding->evidence_count > 5)
		return;
	add_object(&text, rec, requester);
	strbuf_addstr(&text, " would have found ");
	add_name(&text, copy->path);
	strbuf_addstr(&text, " by ");
	add_rule(&text, rec, copy->rule, requester, copy->entry);
	strbuf_addstr(&text, " for ");
	add_name(&text, name);
	evidence = finding_add_evidence(finding, strbuf_detach(&text));
	evidence->object = requester;
}

static void judge(struct rule_input *input, int requester, const char *name, int object,
		  struct findings *ret)
{
	const struct recording *rec = input->rec;
	struct other_copy copy;

	if (!has_object(rec, requester) || !has_object(rec, object) || !name ||
	    object_is_glibc(&rec->objects[object]) || rec->objects[object].reason == REASON_PRELOAD)
		return;
	if (other_copy_find(input, requester, name, object, OTHER_OWN, &copy))
		report(rec, requester, name, object, &copy, ret);
	other_copy_release(&copy);
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if ((!object->rpath && !object->runpath) || object->inherited)
			continue;
		for (size_t j = 0; j < object->needed_count; j++)
			judge(input, (int)i, object->needed[j].name, object->needed[j].resolved,
			      ret);
	}
	for (size_t i = 0; i < rec->call_count; i++)
		if (call_opens(&rec->calls[i]) && rec->calls[i].outcome != OUTCOME_FAILED)
			judge(input, rec->calls[i].caller, rec->calls[i].name, rec->calls[i].result,
			      ret);
}

const struct rule rule_wrong_copy = {
	.slug = "wrong-copy",
	.group = "loading",
	.summary = "a library got another copy than its own search path names",
	.meaning =
		"A library names in its DT_RUNPATH (or DT_RPATH) where its dependencies are, there "
		"is a file of the right name, and it got another one. Either LD_LIBRARY_PATH has "
		"one: it comes before DT_RUNPATH, but not before DT_RPATH. Or an object of the "
		"same SONAME was in the process already: ld.so looks nowhere then, whatever the "
		"search path says.\n\n"
		"The symptoms are those of a wrong version: an undefined symbol or version, a "
		"crash "
		"in a structure that changed, a plugin that works alone and not beside another "
		"one.",
	.reported =
		"A warning for each object that took the place of another one. Only the first "
		"directory of the library's own search path that has the name counts, and only "
		"when the file there is another build: links, hard links, and copies of the same "
		"build-id are not reported; nor is what was preloaded on purpose, nor glibc's own "
		"libraries, of which there can be only one.\n\n"
		"What is in the directories is read from the disk when this command runs. When the "
		"object's file has changed since, nothing is said.",
	.harmless = "When the copies are compatible and hold no state that must be apart.",
	.fix = "`plugreport why-found NAME` shows the order of the search, `plugreport why-loaded "
	       "NAME` who brought the copy that everybody gets. Unset LD_LIBRARY_PATH. Where two "
	       "plugins bring copies of one SONAME, rename one: patchelf --set-soname, and "
	       "--replace-needed in who needs it.",
	.find = find,
};
