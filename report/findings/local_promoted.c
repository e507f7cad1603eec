/* local-promoted: what was opened with RTLD_LOCAL became global later. */
#include "report/findings/reliance.h"
#include "report/findings/rules.h"
#include "report/model/why_global.h"
#include "report/render/words.h"

static void add_local_opens(struct finding *finding, const struct recording *rec,
			    struct scopes *scopes, int object)
{
	AUTO_WHY_GLOBAL struct why_global why;

	why_global_build(rec, scopes, object, &why);
	for (size_t i = 0; i < why.local_count && i < 2; i++)
		finding_add_call(finding, rec, "opened without RTLD_GLOBAL", why.locals[i]);
}

static void report(struct rule_input *input, struct scopes *scopes, const struct globals *globals,
		   struct findings *ret)
{
	const struct recording *rec = input->rec;
	bool named = rec->calls[globals->call].result == globals->objects[0];
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_objects(&message, rec, globals->objects, globals->count, 3);
	strbuf_addstr(&message, globals->count == 1 ? " was RTLD_LOCAL, and became global"
						    : " were RTLD_LOCAL, and became global");
	if (!named && has_object(rec, rec->calls[globals->call].result)) {
		strbuf_addstr(&message, " as a dependency of ");
		add_object(&message, rec, rec->calls[globals->call].result);
	}
	if (globals->reliance_count) {
		strbuf_addstr(&message, "; ");
		add_count(&message, globals->reliance_count, "later reference went",
			  "later references went");
		strbuf_addstr(&message, " there because of that");
	}
	finding = findings_add(
		ret, &rule_local_promoted,
		globals->reliance_count ? SEVERITY_WARNING : SEVERITY_NOTE, strbuf_detach(&message),
		xstrdup(globals->reliance_count
				? "link who needs its symbols against it, so that the order of "
				  "loading "
				  "does not matter; or open it with RTLD_GLOBAL from the beginning"
				: "nothing has to be done as long as nobody gets a wrong "
				  "definition by it"));
	finding->seq = globals->seq;
	for (size_t i = 0; i < globals->count; i++)
		finding_add_object(finding, globals->objects[i]);
	finding_add_call(finding, rec, "promoted", globals->call);
	add_local_opens(finding, rec, scopes, globals->objects[0]);
	finding_add_reliance(finding, input, globals);
}

static void find(struct rule_input *input, struct findings *ret)
{
	globals_each(input, true, report, ret);
}

const struct rule rule_local_promoted = {
	.slug = "local-promoted",
	.group = "scope",
	.summary = "a RTLD_LOCAL library became global later",
	.meaning =
		"A library was opened with RTLD_LOCAL (the default of dlopen), and joined the "
		"global "
		"scope later: somebody opened it again with RTLD_GLOBAL, or with "
		"RTLD_NOLOAD|RTLD_GLOBAL, or opened something with RTLD_GLOBAL that needs it. From "
		"then on its symbols are everybody's: who is loaded afterwards can be bound to it, "
		"who was loaded before was not. \"It works when A is imported first\" is often "
		"this.\n\n"
		"dlclose does not take it back.",
	.reported =
		"A warning when references of other objects went to it since that no other scope "
		"of "
		"theirs explains: without the promotion they would have gone elsewhere, or failed. "
		"A note otherwise. Objects that one call promotes are one finding. ld.so says "
		"nothing about promotions: they are concluded from the rebuilt scopes.",
	.harmless = "When it was done on purpose (MPI, OpenCL and Python extension modules do), "
		    "before anything that relies on it is loaded.",
	.fix = "Who needs a library's symbols should be linked against it (DT_NEEDED): then it is "
	       "in "
	       "scope however it was opened. `plugreport promotions` shows all of them.",
	.find = find,
};
