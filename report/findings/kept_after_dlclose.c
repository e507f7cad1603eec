/* kept-after-dlclose: given back, and still there. */
#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/model/why_resident.h"
#include "report/render/words.h"

#define PINS_SHOWN 5

struct cause {
	const char *slug, *words; /* slug: an interface; words: "it is kept by ..." */
	const char *advice;
	enum severity severity;
};

/* The first of these that holds is the cause: what keeps it for good comes before a handle that
 * somebody may still close, and that needs no other reason. */
static const struct {
	enum pin_kind kind;
	struct cause cause;
} causes[] = {
	{PIN_NODELETE_FLAG,
	 {"nodelete-open-flag", "it was opened with RTLD_NODELETE",
	  "open it without RTLD_NODELETE, when it is to be unloaded", SEVERITY_NOTE}},
	{PIN_NODELETE_DF1,
	 {"df-1-nodelete", "it was linked with -z nodelete",
	  "nothing: its authors say that it can't be unloaded; a library of your own link without "
	  "-z nodelete",
	  SEVERITY_NOTE}},
	{PIN_UNIQUE,
	 {"gnu-unique", "a STB_GNU_UNIQUE symbol of it is bound",
	  "compile it with -fno-gnu-unique, or hide its template and inline variables "
	  "(-fvisibility=hidden)",
	  SEVERITY_WARNING}},
	{PIN_OPEN,
	 {"refcount", "a handle is still open",
	  "close every handle that dlopen gave out: each call counts, also one that found it "
	  "loaded",
	  SEVERITY_NOTE}},
	{PIN_TLS_DESTRUCTOR,
	 {"tls-destructor", "a thread_local destructor of it has not run",
	  "let the threads that used its thread_local variables end before dlclose",
	  SEVERITY_WARNING}},
	{PIN_RELOCATION,
	 {"needed-by", "another object is bound to it",
	  "open it without RTLD_GLOBAL, so that no other object is bound to it by name; or close "
	  "the "
	  "other one, too",
	  SEVERITY_WARNING}},
	{PIN_NEEDED,
	 {"needed-by", "another object needs it", "close what needs it, too", SEVERITY_NOTE}},
	{PIN_LIBC,
	 {"refcount", "libc itself has it open", "nothing: libc keeps what it loads",
	  SEVERITY_NOTE}},
};

static const struct cause *cause_of(const struct why_resident *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		for (size_t j = 0; j < why->pin_count; j++)
			if (why->pins[j].depth == 0 && why->pins[j].pin.kind == causes[i].kind)
				return &causes[i].cause;
	return NULL;
}

static int last_close(const struct why_resident *why)
{
	int close = NONE;

	for (size_t i = 0; i < why->call_count; i++)
		if (why->calls[i].closes)
			close = why->calls[i].call;
	return close;
}

static void add_pin(struct finding *finding, const struct recording *rec,
		    const struct resident_pin *resident)
{
	const struct pin *pin = &resident->pin;
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	struct evidence *evidence;

	add_object(&text, rec, resident->kept);
	switch (pin->kind) {
	case PIN_STARTUP:
		strbuf_addstr(&text, " is there from the start, and is never unloaded");
		break;
	case PIN_OPEN:
		strbuf_addstr(&text, " is kept by an open handle");
		break;
	case PIN_NODELETE_FLAG:
		strbuf_addstr(&text, " is kept by RTLD_NODELETE");
		break;
	case PIN_NODELETE_DF1:
		strbuf_addstr(&text, " is kept by DF_1_NODELETE in its own dynamic section");
		break;
	case PIN_UNIQUE:
		strbuf_addstr(&text, " is kept by its STB_GNU_UNIQUE symbol ");
		add_symbol(&text, pin->symbol, false);
		break;
	case PIN_NEEDED:
		strbuf_addstr(&text, " is kept because it is needed");
		break;
	case PIN_RELOCATION:
		strbuf_addstr(&text, " is kept by a binding of ");
		add_symbol(&text, pin->symbol, false);
		break;
	case PIN_TLS_DESTRUCTOR:
		strbuf_addstr(&text, " is kept by a thread_local destructor");
		break;
	case PIN_LIBC:
		strbuf_addstr(&text, " is kept open by libc itself");
		break;
	}
	if (pin->object != NONE) {
		strbuf_addstr(&text, ", by ");
		add_object(&text, rec, pin->object);
	}
	if (has_call(rec, pin->call)) {
		finding_add_call(finding, rec, text.s, pin->call);
		return;
	}
	evidence = finding_add_evidence(finding, strbuf_detach(&text));
	evidence->object = pin->object;
}

/*
 * Nothing was loaded afterwards, and the program ended by itself: it was putting its things away,
 * and nobody was to miss the room or get an old copy.
 */
static bool was_ending(const struct recording *rec, int close)
{
	uint64_t seq = rec->calls[close].seq;

	if (strcmp(rec->end_kind, "exit") != 0)
		return false;
	for (size_t i = (size_t)close; i < rec->call_count; i++)
		if (call_opens(&rec->calls[i]))
			return false;
	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].opened_seq > seq)
			return false;
	return true;
}

static void report(const struct recording *rec, const struct why_resident *why,
		   const struct cause *cause, struct findings *ret)
{
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_object(&message, rec, why->object);
	strbuf_addf(&message, " stays mapped after dlclose (%s): %s", cause->slug, cause->words);
	finding = findings_add(ret, &rule_kept_after_dlclose,
			       was_ending(rec, last_close(why)) ? SEVERITY_NOTE : cause->severity,
			       strbuf_detach(&message), xstrdup(cause->advice));
	finding_add_object(finding, why->object);
	finding_add_call(finding, rec, "closed", last_close(why));
	finding->seq = rec->calls[last_close(why)].seq;
	for (size_t i = 0; i < why->pin_count && i < PINS_SHOWN; i++) {
		add_pin(finding, rec, &why->pins[i]);
		finding_add_object(finding, why->pins[i].pin.object);
		finding_add_symbol(finding, why->pins[i].pin.symbol);
	}
}

/* Did somebody close it with dlclose?  Only for these it is worth asking. */
static bool *find_closed(const struct recording *rec, bool *ret_any)
{
	bool *closed = xcalloc(rec->object_count + 1, sizeof(*closed));

	*ret_any = false;
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		if (call->kind != CALL_DLCLOSE || !has_object(rec, call->result) ||
		    rec->objects[call->result].kind != OBJECT_LIBRARY ||
		    rec->objects[call->result].reason != REASON_DLOPEN)
			continue;
		closed[call->result] = true;
		*ret_any = true;
	}
	return closed;
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	bool any;
	AUTO_FREE bool *closed = find_closed(rec, &any);
	struct scopes *scopes = any ? input_scopes(input, true) : NULL;

	if (!scopes)
		return;
	scopes_advance(scopes, UINT64_MAX);
	for (size_t i = 0; i < rec->object_count; i++) {
		AUTO_WHY_RESIDENT struct why_resident why = {0};
		const struct cause *cause;

		if (!closed[i])
			continue;
		why_resident_build(rec, scopes, (int)i, &why);
		cause = why.state == RESIDENT_KEPT && last_close(&why) != NONE ? cause_of(&why)
									       : NULL;
		if (cause)
			report(rec, &why, cause, ret);
	}
}

const struct rule rule_kept_after_dlclose = {
	.slug = "kept-after-dlclose",
	.group = "unloading",
	.summary = "a library was closed, and stays mapped",
	.meaning =
		"dlclose gives a handle back. The library is unloaded only when nothing else keeps "
		"it:\n\n"
		"    refcount            another handle is open: each dlopen counts\n"
		"    nodelete-open-flag  RTLD_NODELETE was passed to dlopen\n"
		"    df-1-nodelete       it was linked with -z nodelete\n"
		"    gnu-unique          a STB_GNU_UNIQUE symbol of it (a static variable of a\n"
		"                        C++ template or inline function) is bound\n"
		"    needed-by           another object needs it, or is bound to a symbol of it\n"
		"    tls-destructor      a thread_local variable of it waits for its destructor\n\n"
		"Its destructors have not run, its memory is not free, and the next dlopen gives "
		"the "
		"same copy back, with old code and old data.",
	.reported =
		"For libraries that dlopen loaded and dlclose was called for, and that are mapped "
		"at "
		"the end: a warning for gnu-unique, tls-destructor and bindings of other objects, "
		"which nobody wrote on purpose; a note otherwise, and when the program loaded "
		"nothing "
		"afterwards and came to its end. What exit unloads counts as "
		"mapped "
		"at the end. Left out: libraries that the program itself needs.\n\n"
		"What keeps it is concluded from the rebuilt state; `plugreport why-resident LIB` "
		"shows the whole chain.",
	.harmless = "When nobody expects it to go: most programs don't.",
	.fix = "See the cause. For plugins that are to be reloaded: -fno-gnu-unique, "
	       "-fvisibility=hidden, RTLD_LOCAL, no thread_local variables with destructors in "
	       "threads that go on, and as many dlclose as dlopen.",
	.find = find,
};
