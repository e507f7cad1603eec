/* missing-version: a library is too old for who needs it. */
#include "report/findings/failures.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static void report(struct rule_input *input, const struct failed_load *load,
		   const struct missing_version *missing, struct findings *ret)
{
	const struct recording *rec = input->rec;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_object(&message, rec, missing->object);
	strbuf_addstr(&message, " wants version ");
	add_name(&message, missing->version);
	strbuf_addstr(&message, " of ");
	add_object(&message, rec, missing->provider);
	if (missing->best) {
		strbuf_addstr(&message, ", which has versions up to ");
		add_name(&message, missing->best);
	} else {
		strbuf_addstr(&message, ", which does not define it");
	}
	if (findings_saying(ret, &rule_missing_version, message.s))
		return;
	finding = findings_add(ret, &rule_missing_version, SEVERITY_ERROR, strbuf_detach(&message),
			       xstrdup("let the newer library be found first (see who loaded the "
				       "old one), or build "
				       "against the older one"));
	finding->seq = rec->objects[missing->object].opened_seq;
	finding_add_object(finding, missing->object);
	finding_add_object(finding, missing->provider);
	finding_add_symbol(finding, missing->version);
	finding_add_failure(finding, rec, load);
	finding_add_origin(finding, rec, missing->provider);
	finding_add_origin(finding, rec, missing->object);
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_FAILED_LOADS struct failed_loads loads;

	failed_loads_find(input, &loads);
	for (size_t i = 0; i < loads.count; i++)
		for (size_t j = 0; j < loads.list[i].cause.version_count; j++)
			report(input, &loads.list[i], &loads.list[i].cause.versions[j], ret);
}

const struct rule rule_missing_version = {
	.slug = "missing-version",
	.group = "loading",
	.summary = "a library that is loaded lacks a version that another one wants",
	.meaning =
		"A library was built against a newer version of another one, and the process has "
		"an "
		"older copy of that: \"version `GLIBCXX_3.4.30' not found (required by ...)\". "
		"Often the newer one is installed, too, but somebody else had the older one loaded "
		"before: a bundled libstdc++ of another package, or one from an LD_LIBRARY_PATH.",
	.reported =
		"An error when a load (or the start of the program) failed, and an object of it "
		"wants "
		"a version that the object it wants it from does not define. Both are read from "
		"the files' symbol tables, when these are still the recorded ones. Weak "
		"requirements are left out, and libraries that define no versions at all: ld.so "
		"takes these as they are. The message names the newest version of the same set.",
	.harmless = "Never: the load failed.",
	.fix = "The evidence shows who brought the older copy, and how it was found. Remove it, or "
	       "let the newer one be loaded first (link the program with it, or put it first in "
	       "the search path). Or build on a system as old as the oldest that it is to run on.",
	.find = find,
};
