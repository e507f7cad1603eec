/* failed-load: what could not be loaded, and what was missing. */
#include <dlfcn.h>

#include "report/findings/failures.h"
#include "report/findings/rules.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

/* "libx" of "/opt/lib/libx.so.1": what the candidates of one attempt share. */
static size_t stem_of(const char *name, const char **ret_stem)
{
	const char *base = base_name(name), *end = strstr(base, ".so");

	*ret_stem = base;
	return end ? (size_t)(end - base) : strlen(base);
}

/*
 * Was something of this name loaded after all?  Who looks for libx.so.2, then libx.so.1 and
 * libx.so, or in several directories, expects most of it to fail.
 */
static bool has_fallback(const struct recording *rec, const struct call *failed)
{
	const char *stem, *other;
	size_t length = stem_of(failed->name, &stem);

	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		if (call_opens(call) && call->name &&
		    (call->outcome == OUTCOME_LOADED || call->outcome == OUTCOME_ALREADY_LOADED) &&
		    stem_of(call->name, &other) == length && memcmp(stem, other, length) == 0)
			return true;
	}
	return false;
}

static bool is_failed_load(const struct call *call)
{
	return call_opens(call) && call->outcome == OUTCOME_FAILED && call->name && *call->name &&
	       !(call->flags & RTLD_NOLOAD) && call->known_by != KNOWN_NOT_LOADED;
}

/* The object that the call opened for its name and gave up again, or NONE. */
static int rejected_object(const struct recording *rec, int call)
{
	for (size_t i = 0; i < rec->object_count; i++)
		if (object_failed_call(rec, (int)i) == call &&
		    rec->objects[i].reason == REASON_DLOPEN)
			return (int)i;
	return NONE;
}

/* The same message again is the same trouble again: it only gets more evidence, and not much. */
static void add_failure(struct findings *ret, const struct recording *rec, enum severity severity,
			struct strbuf *message, const char *advice, int call, int object)
{
	struct finding *finding = findings_saying(ret, &rule_failed_load, message->s);

	if (!finding) {
		finding = findings_add(ret, &rule_failed_load, severity, strbuf_detach(message),
				       xstrdup(advice));
		finding->seq = rec->calls[call].seq;
		finding_add_object(finding, object);
		finding_add_object(finding, rec->calls[call].caller);
	}
	if (finding->evidence_count < 3)
		finding_add_call(finding, rec, "failed", call);
}

static void report_missing_need(const struct recording *rec, int call, int object, int request,
				struct findings *ret)
{
	const struct search *asked = &rec->searches[request];
	bool unusable = asked->outcome == OUTCOME_UNUSABLE;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT, advice = STRBUF_INIT;

	if (object != NONE)
		add_object(&message, rec, object);
	else
		add_name(&message, rec->calls[call].name);
	strbuf_addstr(&message, " could not be loaded: ");
	add_name(&message, asked->tried);
	strbuf_addstr(&message, unusable ? " is not usable" : " was not found, or not usable");
	if (has_object(rec, asked->requester)) {
		strbuf_addstr(&message, "; ");
		add_object(&message, rec, asked->requester);
		strbuf_addstr(&message, " needs it");
	}
	strbuf_addstr(&advice, "install it where ld.so looks, or give who needs it a DT_RUNPATH "
			       "to it; 'plugreport why-found ");
	add_name(&advice, asked->tried);
	strbuf_addstr(&advice, "' shows every place that was tried");
	add_failure(ret, rec, SEVERITY_ERROR, &message, advice.s, call, object);
}

/* Symbols that are nowhere; those that only are out of scope are hidden-by-local's. */
static size_t undefined_symbols(const struct load_failure *cause, const char **ret_first)
{
	size_t count = 0;

	for (size_t i = 0; i < cause->symbol_count; i++) {
		if (cause->symbols[i].hidden_in != NONE)
			continue;
		if (count++ == 0)
			*ret_first = cause->symbols[i].symbol;
	}
	return count;
}

static void report_rejected(const struct recording *rec, const struct failed_load *load,
			    struct findings *ret)
{
	const char *first = NULL;
	size_t count = undefined_symbols(&load->cause, &first);
	int object = load->objects[0];
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;

	/* Other rules have told why. */
	if (load->cause.version_count || (load->cause.symbol_count && !count))
		return;
	add_object(&message, rec, object);
	if (!count) {
		strbuf_addstr(&message, " was found, with all that it needs, and rejected");
		add_failure(
			ret, rec, SEVERITY_ERROR, &message,
			"print dlerror() where the load fails: static TLS, executable stacks and "
			"damaged files end like this",
			load->call, object);
		return;
	}
	strbuf_addstr(&message, " could not be loaded: no object in the process defines ");
	add_symbol(&message, first, false);
	if (count > 1)
		strbuf_addf(&message, ", nor %zu more that it wants", count - 1);
	add_failure(ret, rec, SEVERITY_ERROR, &message,
		    "link it against the library that defines them (-Wl,-z,defs tells when it is "
		    "built), or export them from the program (-rdynamic)",
		    load->call, object);
}

/* Nothing was opened: the name was not found, or what was there is no library for this process. */
static void report_not_found(const struct recording *rec, int call, struct findings *ret)
{
	const char *name = rec->calls[call].name;
	bool unusable = false;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;

	if (has_fallback(rec, &rec->calls[call]))
		return;
	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].origin == ORIGIN_NAME && search_call(rec, (int)i) == call)
			unusable = rec->searches[i].outcome == OUTCOME_UNUSABLE;
	add_name(&message, name);
	strbuf_addstr(&message, unusable ? " is there, and no library that this process can use"
					 : " was not found by dlopen");
	add_failure(ret, rec, unusable ? SEVERITY_ERROR : SEVERITY_NOTE, &message,
		    unusable ? "check with file(1) that it is an ELF library of the same machine "
			       "and class, and not damaged"
			     : "nothing, when the program can do without; else see 'plugreport "
			       "why-found' for the places that were tried",
		    call, NONE);
}

static const struct failed_load *load_of(const struct failed_loads *loads, int call)
{
	for (size_t i = 0; i < loads->count; i++)
		if (loads->list[i].call == call)
			return &loads->list[i];
	return NULL;
}

static void find_in_calls(const struct recording *rec, const struct failed_loads *loads,
			  struct findings *ret)
{
	for (size_t i = 0; i < rec->call_count; i++) {
		int request, object;

		if (!is_failed_load(&rec->calls[i]))
			continue;
		request = call_missing_request(rec, (int)i);
		object = rejected_object(rec, (int)i);
		if (request != NONE)
			report_missing_need(rec, (int)i, object, request, ret);
		else if (load_of(loads, (int)i))
			report_rejected(rec, load_of(loads, (int)i), ret);
		else
			report_not_found(rec, (int)i, ret);
	}
}

/* What the program needs from the start, or LD_PRELOAD names. */
static void report_startup(const struct recording *rec, int request, struct findings *ret)
{
	const struct search *asked = &rec->searches[request];
	struct why_found why;
	bool preload;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT, source = STRBUF_INIT;
	struct finding *finding;

	why_found_build(rec, request, &why);
	preload = why.reason == REASON_PRELOAD;
	if (preload || why.reason == REASON_NEEDED) {
		add_name(&message, asked->tried);
		if (preload) {
			add_preload_source(&source, rec, asked->tried);
			strbuf_addf(&message, " can't be preloaded, though %s names it", source.s);
		} else {
			strbuf_addstr(&message, " was not found, or not usable: the program can't "
						"start; ");
			add_object(&message, rec, asked->requester);
			strbuf_addstr(&message, " needs it");
		}
		finding = findings_add(
			ret, &rule_failed_load, preload ? SEVERITY_WARNING : SEVERITY_ERROR,
			strbuf_detach(&message),
			preload ? xasprintf("write its whole path, or take it out of %s", source.s)
				: xstrdup("install it where ld.so looks; 'plugreport why-found' "
					  "shows every place that was tried"));
		finding->seq = asked->seq;
		finding_add_object(finding, asked->requester);
		strbuf_addf(&message, "%zu paths were tried", why.misses);
		finding_add_evidence(finding, strbuf_detach(&message))->search = request;
	}
	why_found_release(&why);
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	uint64_t preinit = recording_preinit(rec);
	AUTO_FAILED_LOADS struct failed_loads loads;

	failed_loads_find(input, &loads);
	find_in_calls(rec, &loads, ret);
	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].origin == ORIGIN_NAME && rec->searches[i].seq < preinit &&
		    rec->searches[i].outcome != OUTCOME_UNKNOWN && search_in_vain(rec, (int)i) &&
		    search_call(rec, (int)i) == NONE)
			report_startup(rec, (int)i, ret);
}

const struct rule rule_failed_load = {
	.slug = "failed-load",
	.group = "loading",
	.summary = "a library could not be loaded",
	.meaning =
		"dlopen (or the start of the program) failed. Programs often hide that: a plugin "
		"is just not there, a feature is just missing. The recording shows how far it "
		"came: the file was not found; or it was, and one that it needs was not; or all "
		"were there, and ld.so rejected the result: for a symbol that nothing defines, "
		"say.",
	.reported =
		"An error when the file was there and could not be used or something it needs was "
		"missing, and when the program could not start; a warning for names in LD_PRELOAD "
		"that are not to be had; a note for a name that was not found at all, since many "
		"programs look for libraries that they can do without.\n\n"
		"Left out: RTLD_NOLOAD, which only asks; names of which another form (another "
		"version, directory or suffix) was loaded in the same process; and what libc looks "
		"for by itself (name services, character sets), which is optional by design.\n\n"
		"That a call failed is inferred: what was opened during it was closed again, or "
		"its "
		"search came to nothing.",
	.harmless = "When the program was only looking whether the library is there.",
	.fix = "`plugreport why-found NAME` shows each place that was tried, in order. A missing "
	       "dependency is to be installed where ld.so looks, or named in the DT_RUNPATH of who "
	       "needs it ($ORIGIN/... moves along with it): DT_RPATH and DT_RUNPATH of the "
	       "program do not help a library that has a DT_RUNPATH of its own.",
	.find = find,
};
