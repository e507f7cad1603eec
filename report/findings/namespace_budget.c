/* namespace-budget: dlmopen namespaces are few. */
#include <dlfcn.h>

#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

/* glibc include/link.h: DL_NNS is 16.  The program has one, each auditor has one. */
#define NAMESPACES   16
#define MANY         12
#define SPACES_KNOWN 64

static bool makes_namespace(const struct call *call)
{
	return call->kind == CALL_DLMOPEN && call->name_space == LM_ID_NEWLM;
}

/* Namespaces, the program's own included, that were in use when `seq` had happened. */
static size_t in_use(const struct recording *rec, uint64_t seq)
{
	bool seen[SPACES_KNOWN] = {false};
	size_t count = 0;

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];
		int32_t id = object->name_space;

		if (!object_is_file(object) || id < 0 || id >= SPACES_KNOWN || seen[id] ||
		    object->opened_seq > seq || (object->closed_seq && object->closed_seq <= seq))
			continue;
		seen[id] = true;
		count++;
	}
	return count;
}

static int first_failure(const struct recording *rec)
{
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		if (makes_namespace(call) && call->result == NONE &&
		    call->outcome != OUTCOME_LOADED && call->outcome != OUTCOME_ALREADY_LOADED &&
		    in_use(rec, call->seq) >= MANY)
			return (int)i;
	}
	return NONE;
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	int failure = first_failure(rec), last = NONE;
	size_t most = 0, made = 0;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];
		size_t now;

		if (!has_call(rec, object->reason_call) || object->reason != REASON_DLOPEN ||
		    !makes_namespace(&rec->calls[object->reason_call]) ||
		    rec->calls[object->reason_call].outcome == OUTCOME_FAILED)
			continue;
		made++;
		now = in_use(rec, object->opened_seq);
		if (now > most) {
			most = now;
			last = object->reason_call;
		}
	}
	if (failure == NONE && most < MANY)
		return;
	strbuf_addf(&message,
		    "%zu of %d namespaces were in use at once (the program's own among them, the "
		    "recorder's not)",
		    most, NAMESPACES);
	if (failure != NONE)
		strbuf_addstr(&message, ", and the next dlmopen failed");
	finding = findings_add(
		ret, &rule_namespace_budget, failure != NONE ? SEVERITY_ERROR : SEVERITY_WARNING,
		strbuf_detach(&message),
		xstrdup("close what dlmopen opened when it is no longer needed, or "
			"load several libraries into one namespace: dlmopen(id, ...) "
			"with the id that dlinfo(RTLD_DI_LMID) tells"));
	finding_add_call(finding, rec, failure != NONE ? "failed" : "the last one",
			 failure != NONE ? failure : last);
	if (has_call(rec, last))
		finding_add_object(finding, rec->calls[last].result);
	strbuf_addf(&message, "%zu calls of dlmopen(LM_ID_NEWLM) succeeded", made);
	finding_add_evidence(finding, strbuf_detach(&message));
	finding->seq = rec->calls[failure != NONE ? failure : last].seq;
}

const struct rule rule_namespace_budget = {
	.slug = "namespace-budget",
	.group = "process",
	.summary = "dlmopen namespaces run out",
	.meaning =
		"glibc has 16 namespaces (DL_NNS), one of which is the program's, and each auditor "
		"takes one. dlmopen(LM_ID_NEWLM) fails with \"no more namespaces available for "
		"dlmopen()\" when none is left. Each C library in a namespace also wants static "
		"TLS, which can be used up before (\"cannot allocate memory in static TLS "
		"block\"): glibc reserves some for as many namespaces as the tunable "
		"glibc.rtld.nns tells, 4 when it is not set. A namespace is free again only when "
		"everything in it was closed; a library that can't be unloaded (see "
		"kept-after-dlclose) keeps its namespace for ever, so a program that opens and "
		"closes plugins in namespaces can run out after some time.",
	.reported = "An error when a dlmopen(LM_ID_NEWLM) failed while at least 12 namespaces were "
		    "in use, a warning when that many were in use at once.",
	.harmless = "When the number of plugins is fixed, and below the limit.",
	.fix = "Close handles. Put plugins that may live together into one namespace. Use "
	       "dlopen with RTLD_LOCAL where only names have to be kept apart. While recording, "
	       "one namespace less is to be had: what fails with exactly 15 namespaces may "
	       "succeed without the recorder.",
	.find = find,
};
