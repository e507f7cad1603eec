/* failed-load: what could not be loaded, and what was missing. */
#include <dlfcn.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

#include "report/findings/failures.h"
#include "report/findings/rules.h"
#include "report/model/static_tls.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

/* "libx" of "/opt/lib/libx.so.1": what the candidates of one attempt share. */
static size_t stem_of(const char *name, const char **ret_stem)
{
	const char *base = base_name(name), *end = strstr(base, ".so");

	*ret_stem = base;
	return end ? (size_t)(end - base) : strlen(base);
}

static bool is_same_stem(const char *a, const char *b)
{
	const char *stem_a, *stem_b;
	size_t length = stem_of(a, &stem_a);

	return stem_of(b, &stem_b) == length && memcmp(stem_a, stem_b, length) == 0;
}

/*
 * Was something of this name loaded after all?  Who looks for libx.so.2, then libx.so.1 and
 * libx.so, or in several directories, expects most of it to fail.
 */
static bool has_fallback(const struct recording *rec, const struct call *failed)
{
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		if (call_opens(call) && call->name &&
		    (call->outcome == OUTCOME_LOADED || call->outcome == OUTCOME_ALREADY_LOADED) &&
		    is_same_stem(failed->name, call->name))
			return true;
	}
	return false;
}

static bool is_failed_load(const struct call *call)
{
	return call_opens(call) && call->outcome == OUTCOME_FAILED && call->name && *call->name &&
	       !(call->flags & RTLD_NOLOAD) && call->known_by != KNOWN_NOT_LOADED;
}

/*
 * Who tries "./ext" and then "./ext.so" asks for one thing: of what was not found, another attempt
 * tells more when it came further, or was the last one.
 */
static bool is_told_by_another(const struct recording *rec, const struct failed_loads *loads,
			       const struct failed_load *load)
{
	const struct call *call = &rec->calls[load->call];

	for (size_t i = 0; i < loads->count; i++) {
		const struct failed_load *other = &loads->list[i];
		const struct call *attempt;

		if (other == load || other->call == NONE)
			continue;
		attempt = &rec->calls[other->call];
		if (is_failed_load(attempt) && attempt->caller == call->caller &&
		    strcmp(attempt->name, call->name) != 0 &&
		    is_same_stem(attempt->name, call->name) &&
		    (other->count || other->call > load->call))
			return true;
	}
	return false;
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

/* What can be done, by what was wrong. */
static const char *advice_for(enum failure_kind kind)
{
	switch (kind) {
	case FAILURE_MODE:
		return "pass RTLD_LAZY or RTLD_NOW; and RTLD_GLOBAL not to dlmopen for a new "
		       "namespace";
	case FAILURE_NAMESPACE:
		return "name a library: the program itself is in the base namespace only";
	case FAILURE_OTHER_CLASS:
	case FAILURE_NOT_ELF:
	case FAILURE_UNUSABLE:
		return "check with file(1) that it is an ELF library of the same machine and "
		       "class, "
		       "and not damaged";
	case FAILURE_SYMBOL:
		return "link it against the library that defines them (-Wl,-z,defs tells when it "
		       "is "
		       "built), or export them from the program (-rdynamic)";
	case FAILURE_STATIC_TLS:
		return "build it without -ftls-model=initial-exec, or start the program with "
		       "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=BYTES";
	case FAILURE_EXEC_STACK:
		return "build it so that it needs none, see exec-stack";
	case FAILURE_NOT_FOUND: /* advise_to_install() */
	case FAILURE_NOT_LOADED:
	case FAILURE_VERSION: /* missing-version's */
	case FAILURE_UNKNOWN:
		break;
	}
	return "print dlerror() where the load fails";
}

/* Of `name`, which `requester` (or NONE) needs; the caller frees. */
static char *advise_to_install(const struct recording *rec, const char *name, int requester)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "install ");
	add_name(&sb, name);
	strbuf_addstr(&sb, " where ld.so looks");
	if (has_object(rec, requester)) {
		strbuf_addstr(&sb, ", or give ");
		add_object(&sb, rec, requester);
		strbuf_addstr(&sb, " a DT_RUNPATH with its directory");
	}
	strbuf_addstr(&sb, "; 'plugreport why-found ");
	add_name(&sb, name);
	strbuf_addstr(&sb, "' shows every place that was tried");
	return strbuf_detach(&sb);
}

static void report_undefined(const struct recording *rec, const struct failed_load *load,
			     struct findings *ret)
{
	const char *first = NULL;
	size_t count = undefined_symbols(&load->cause, &first);
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;

	if (!count) /* hidden-by-local has told it */
		return;
	add_object(&message, rec, load->objects[0]);
	strbuf_addstr(&message, " could not be loaded: no object in the process defines ");
	add_symbol(&message, first, false);
	if (count > 1)
		strbuf_addf(&message, ", nor %zu more that it wants", count - 1);
	add_failure(ret, rec, SEVERITY_ERROR, &message, advice_for(FAILURE_SYMBOL), load->call,
		    load->objects[0]);
}

/* The name itself is nowhere: many programs ask for what they can do without. */
static void report_not_found(const struct recording *rec, const struct failed_load *load,
			     struct findings *ret)
{
	AUTO_STRBUF struct strbuf message = STRBUF_INIT, advice = STRBUF_INIT;
	const char *name = rec->calls[load->call].name;

	add_name(&message, name);
	strbuf_addstr(&message, " was not found by dlopen");
	strbuf_addstr(&advice, "nothing has to be done when the program can do without it; else "
			       "'plugreport why-found ");
	add_name(&advice, name);
	strbuf_addstr(&advice, "' shows the places that were tried");
	add_failure(ret, rec, SEVERITY_NOTE, &message, advice.s, load->call, NONE);
}

static void report_call(const struct recording *rec, const struct failed_loads *loads,
			const struct failed_load *load, struct findings *ret)
{
	const struct call *call = &rec->calls[load->call];
	const struct dlopen_failure *why = &load->why;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	AUTO_FREE char *advice = NULL;

	if (!is_failed_load(call) || why->kind == FAILURE_NOT_LOADED ||
	    why->kind == FAILURE_VERSION)
		return;
	if (why->kind == FAILURE_SYMBOL) {
		report_undefined(rec, load, ret);
		return;
	}
	if (!load->count && has_fallback(rec, call))
		return;
	if (!load->count && (why->kind == FAILURE_NOT_FOUND || why->kind == FAILURE_UNKNOWN)) {
		if (!is_told_by_another(rec, loads, load))
			report_not_found(rec, load, ret);
		return;
	}
	if (load->count)
		add_object(&message, rec, load->objects[0]);
	else
		add_name(&message, call->name);
	if (why->kind == FAILURE_UNKNOWN) {
		strbuf_addstr(&message, " was found, with all that it needs, and rejected");
	} else {
		strbuf_addstr(&message, " could not be loaded: ");
		add_dlopen_failure(&message, rec, why, false);
	}
	if (why->kind == FAILURE_NOT_FOUND && why->request != NONE)
		advice = advise_to_install(rec, rec->searches[why->request].tried, why->requester);
	add_failure(ret, rec, SEVERITY_ERROR, &message, advice ? advice : advice_for(why->kind),
		    load->call, load->count ? load->objects[0] : NONE);
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
				: advise_to_install(rec, asked->tried, asked->requester));
		finding->seq = asked->seq;
		finding_add_object(finding, asked->requester);
		strbuf_addf(&message, "%zu paths were tried", why.misses);
		finding_add_evidence(finding, strbuf_detach(&message))->search = request;
	}
	why_found_release(&why);
}

/* A function that nothing defines was called, and ld.so ended the process: one finding an object.
 */
static void report_lazy_end(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	struct failed_load undefined;
	enum lazy_end end = lazy_end_loads(input, &undefined);
	const struct load_failure *cause = &undefined.cause;

	for (size_t i = 0; end != LAZY_END_NO && i < cause->symbol_count; i++) {
		int object = cause->symbols[i].object;
		AUTO_STRBUF struct strbuf message = STRBUF_INIT;
		struct finding *finding;
		size_t count = 0;

		/* What only is out of scope is hidden-by-local's. */
		if (cause->symbols[i].hidden_in != NONE ||
		    findings_about(ret, &rule_failed_load, object))
			continue;
		for (size_t j = i; j < cause->symbol_count; j++)
			count += cause->symbols[j].object == object &&
				 cause->symbols[j].hidden_in == NONE;
		add_object(&message, rec, object);
		strbuf_addstr(&message, end == LAZY_END_LIKELY ? " called " : " may have called ");
		add_symbol(&message, cause->symbols[i].symbol, false);
		if (count == 2)
			strbuf_addstr(&message, " (or another one)");
		else if (count > 2)
			strbuf_addf(&message, " (or one of %zu others)", count - 1);
		strbuf_addstr(&message, ", which nothing in its scope defines, and that ");
		strbuf_addstr(&message,
			      end == LAZY_END_LIKELY ? "ended the program" : "ends a program");
		finding = findings_add(ret, &rule_failed_load,
				       end == LAZY_END_LIKELY ? SEVERITY_ERROR : SEVERITY_WARNING,
				       strbuf_detach(&message),
				       xasprintf("%s; LD_BIND_NOW=1 shows it when it is loaded",
						 advice_for(FAILURE_SYMBOL)));
		finding_add_object(finding, object);
		for (size_t j = i; j < cause->symbol_count && finding->symbol_count < 100; j++)
			if (cause->symbols[j].object == object &&
			    cause->symbols[j].hidden_in == NONE)
				finding_add_symbol(finding, cause->symbols[j].symbol);
		finding_add_evidence(
			finding,
			xstrdup(end == LAZY_END_LIKELY
					? "it ended with status 127, and not by exit(): "
					  "so ld.so ends a program at the first call of an "
					  "undefined function (\"symbol lookup error\")"
					: "it did not end by exit(), and how is not recorded: "
					  "the first call of an undefined function ends a "
					  "program (\"symbol lookup error\", status 127)"));
		finding_add_origin(finding, rec, object);
	}
	load_failure_release(&undefined.cause);
}

/* The last call that opened something and that nothing tells to have returned; NONE. */
static int find_last_load(struct rule_input *input)
{
	const struct recording *rec = input->rec;
	const struct bound_set *bound;
	int last = NONE;

	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		if (call_opens(call) && call->outcome == OUTCOME_LOADED && !call->returned_seq)
			last = (int)i;
	}
	if (last == NONE)
		return NONE;
	/* Who called dlopen went on to call something else. */
	bound = input_bound(input);
	for (size_t i = bound->count; i-- > 0 && bound->list[i].seq > rec->calls[last].inside_seq;)
		if (bound->list[i].from == rec->calls[last].caller &&
		    bound->list[i].kind == BOUND_PLT)
			return NONE;
	return last;
}

/* A signal that says that the program itself went wrong; 0: none, or it is not known. */
static int crash_signal(const struct recording *rec)
{
	static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP};

	for (size_t i = 0; rec->has_wait_status && i < ARRAY_SIZE(signals); i++)
		if (WIFSIGNALED(rec->wait_status) && WTERMSIG(rec->wait_status) == signals[i])
			return signals[i];
	return 0;
}

/* The process was killed, or ended itself, before anything tells that a load was over. */
static void report_cut_short(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	int signal = crash_signal(rec), call;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	if (strcmp(rec->end_kind, "unknown") != 0 || strcmp(rec->begin_kind, "fork") == 0 ||
	    (rec->has_wait_status && !signal))
		return;
	call = find_last_load(input);
	if (call == NONE)
		return;
	if (signal) {
		strbuf_addf(&message, "SIG%s ended the program while ", signal_name(signal));
		add_object(&message, rec, rec->calls[call].result);
		strbuf_addstr(&message, " was loaded, or right after: perhaps in a constructor");
	} else {
		strbuf_addstr(&message,
			      "the program did not end by exit(), and the last that it did was "
			      "to load ");
		add_object(&message, rec, rec->calls[call].result);
	}
	finding =
		findings_add(ret, &rule_failed_load, signal ? SEVERITY_WARNING : SEVERITY_NOTE,
			     strbuf_detach(&message),
			     xstrdup("look at it in a debugger; 'plugreport object LIB' shows the "
				     "constructors in the order in which they run"));
	finding->seq = rec->calls[call].seq;
	finding_add_object(finding, rec->calls[call].result);
	finding_add_object(finding, rec->calls[call].caller);
	finding_add_call(finding, rec, "did not return, or did nothing afterwards that is recorded",
			 call);
}

/* What the program is linked with had no room, which is the auditor's fault. */
static void report_start_tls(const struct recording *rec, struct findings *ret)
{
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;
	uint64_t size;
	int object = static_tls_find_start(rec, &size);

	if (object == NONE)
		return;
	strbuf_addstr(&message, "the program could not start while it was recorded: with ");
	add_object(&message, rec, object);
	strbuf_addstr(&message, ", ");
	add_size(&message, size);
	strbuf_addstr(&message, " of static TLS are wanted, of which ld.so has ");
	add_size(&message, static_tls_reserve(rec));
	strbuf_addstr(&message, " when there is an auditor");
	finding = findings_add(
		ret, &rule_failed_load, SEVERITY_ERROR, strbuf_detach(&message),
		xasprintf("record it with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=%" PRIu64
			  "; without an auditor there is no such limit",
			  static_tls_advice(size)));
	finding->seq = rec->objects[object].opened_seq;
	finding_add_object(finding, object);
	finding_add_origin(finding, rec, object);
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	uint64_t preinit = recording_preinit(rec);
	AUTO_FAILED_LOADS struct failed_loads loads;

	failed_loads_find(input, &loads);
	for (size_t i = 0; i < loads.count; i++)
		if (loads.list[i].call != NONE)
			report_call(rec, &loads, &loads.list[i], ret);
	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].origin == ORIGIN_NAME && rec->searches[i].seq < preinit &&
		    rec->searches[i].outcome != OUTCOME_UNKNOWN && search_in_vain(rec, (int)i) &&
		    search_call(rec, (int)i) == NONE)
			report_startup(rec, (int)i, ret);
	report_start_tls(rec, ret);
	report_lazy_end(input, ret);
	report_cut_short(input, ret);
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
		"An error, too, when the program could not start because it was recorded: with an "
		"auditor, libraries that it is linked with share a small reserve of static TLS "
		"(DF_STATIC_TLS; jemalloc's is larger).\n\n"
		"An error, too, when the program ended with status 127 and not by exit(), and an "
		"object in it has calls that nothing defines: a call by RTLD_LAZY of such a "
		"function is how ld.so ends a program (\"symbol lookup error\"). A warning when "
		"only that it did not end by exit() is known (`plugreport record` knows more). And "
		"a warning when a crash (SIGSEGV, SIGABRT ...) ended it, and a load is the last "
		"that "
		"is recorded of it: constructors run then; a note when it ended otherwise, and not "
		"by exit().\n\n"
		"Left out: RTLD_NOLOAD, which only asks; names of which another form (another "
		"version, directory or suffix) was loaded in the same process, or was found and "
		"could not be loaded, which is told then; and what libc looks for by itself (name "
		"services, character sets), which is optional by design.\n\n"
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
