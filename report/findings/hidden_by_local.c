/* hidden-by-local: the symbol that a plugin lacks is in the process, but not in its scope. */
#include "report/findings/failures.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

#define SYMBOLS_KEPT 100

/* Missing symbols of one load that one object would have. */
struct hidden {
	const struct failed_load *load;
	bool lazy; /* it was loaded: what is missing was not called yet */
	int object, hidden_in;
	const char *first;
	size_t count;
};

static void add_openers(struct finding *finding, const struct recording *rec, int object)
{
	size_t shown = 0;

	for (size_t i = 0; i < rec->call_count && shown < 3; i++) {
		if (!call_opens(&rec->calls[i]) || rec->calls[i].result != object ||
		    rec->calls[i].outcome == OUTCOME_FAILED)
			continue;
		finding_add_call(finding, rec, "opened without RTLD_GLOBAL", (int)i);
		shown++;
	}
	if (!shown)
		finding_add_origin(finding, rec, object);
}

static void report(struct rule_input *input, const struct hidden *hidden, struct findings *ret)
{
	const struct recording *rec = input->rec;
	const struct load_failure *cause = &hidden->load->cause;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	bool ended = hidden->lazy && lazy_end_of(rec) == LAZY_END_LIKELY;
	struct finding *finding;

	add_object(&message, rec, hidden->object);
	strbuf_addstr(&message, hidden->lazy ? " was loaded with RTLD_LAZY, and can't be bound: "
					     : " could not be loaded: ");
	add_symbol(&message, hidden->first, false);
	if (hidden->count > 1)
		strbuf_addf(&message, " and %zu more", hidden->count - 1);
	strbuf_addstr(&message,
		      hidden->count > 1 ? " are undefined, though " : " is undefined, though ");
	add_object(&message, rec, hidden->hidden_in);
	strbuf_addstr(&message, hidden->count > 1 ? " has them" : " has it");
	strbuf_addstr(&message, ": that is RTLD_LOCAL, and not in its scope");
	if (findings_saying(ret, &rule_hidden_by_local, message.s))
		return;
	finding = findings_add(ret, &rule_hidden_by_local,
			       hidden->lazy && !ended ? SEVERITY_WARNING : SEVERITY_ERROR,
			       strbuf_detach(&message),
			       xstrdup("link the plugin against that library (DT_NEEDED), which "
				       "works however it was opened; or open it with RTLD_GLOBAL "
				       "(dlopen(NAME, RTLD_NOLOAD|RTLD_GLOBAL) promotes what is "
				       "there)"));
	finding->seq = rec->objects[hidden->object].opened_seq;
	finding_add_object(finding, hidden->object);
	finding_add_object(finding, hidden->hidden_in);
	for (size_t i = 0; i < cause->symbol_count && finding->symbol_count < SYMBOLS_KEPT; i++)
		if (cause->symbols[i].object == hidden->object &&
		    cause->symbols[i].hidden_in == hidden->hidden_in)
			finding_add_symbol(finding, cause->symbols[i].symbol);
	if (ended)
		finding_add_evidence(finding,
				     xstrdup("the program ended with status 127, and not by "
					     "exit(): so ld.so ends one at the first call of "
					     "such a function"));
	if (hidden->lazy)
		finding_add_call(finding, rec, "loaded", hidden->load->call);
	else
		finding_add_failure(finding, rec, hidden->load);
	add_openers(finding, rec, hidden->hidden_in);
}

static void find_in(struct rule_input *input, const struct failed_load *load, bool lazy,
		    struct findings *ret)
{
	struct hidden *list = NULL;
	size_t count = 0, room = 0;

	for (size_t i = 0; i < load->cause.symbol_count; i++) {
		const struct missing_symbol *missing = &load->cause.symbols[i];
		struct hidden *hidden = NULL;

		if (missing->hidden_in == NONE)
			continue;
		for (size_t j = 0; j < count && !hidden; j++)
			if (list[j].object == missing->object &&
			    list[j].hidden_in == missing->hidden_in)
				hidden = &list[j];
		if (!hidden) {
			hidden = GROW(list, count, room);
			*hidden = (struct hidden){
				load, lazy, missing->object, missing->hidden_in, missing->symbol,
				0};
		}
		hidden->count++;
	}
	for (size_t i = 0; i < count; i++)
		report(input, &list[i], ret);
	free(list);
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_FAILED_LOADS struct failed_loads failed, lazy;

	failed_loads_find(input, &failed);
	lazy_loads_find(input, &lazy);
	for (size_t i = 0; i < failed.count; i++)
		find_in(input, &failed.list[i], false, ret);
	for (size_t i = 0; i < lazy.count; i++)
		find_in(input, &lazy.list[i], true, ret);
}

const struct rule rule_hidden_by_local = {
	.slug = "hidden-by-local",
	.group = "scope",
	.summary = "a plugin lacks a symbol that a RTLD_LOCAL library in the process has",
	.meaning =
		"A plugin failed with \"undefined symbol\", and the symbol is in the process: in a "
		"library that was opened with RTLD_LOCAL (the default of dlopen), or came with one "
		"that was. Such a library is in the scope of what it was opened for only. Plugins "
		"of "
		"MPI, Lua, OCaml, Python and the JVM fail like that when the library with the "
		"host's functions is itself a plugin of something: inside an embedded interpreter, "
		"for example.",
	.reported =
		"An error when a load failed, nothing in the scope of one of its objects defines a "
		"symbol that it wants (weak references aside), and another mapped object of the "
		"namespace exports a definition that would do. A warning when the load succeeded "
		"only because of RTLD_LAZY, and the symbol can't be bound at the end either: the "
		"first call ends the program with \"symbol lookup error\"; an error when it seems "
		"to "
		"have done so (exit status 127, not by exit()). Symbols are read from "
		"the "
		"files, when these are still the recorded ones; scopes come from the model of "
		"ld.so's state.",
	.harmless = "Never, when the load failed. With RTLD_LAZY, as long as nobody calls it.",
	.fix = "The plugin's part: link it against the library that has the symbols, so that it is "
	       "a DT_NEEDED of it. The host's part: open that library with RTLD_GLOBAL, early; or "
	       "promote it afterwards with dlopen(NAME, RTLD_NOW|RTLD_NOLOAD|RTLD_GLOBAL). From "
	       "Python: ctypes.CDLL(NAME, mode=ctypes.RTLD_GLOBAL) or sys.setdlopenflags().",
	.find = find,
};
