/* deepbind-split: RTLD_DEEPBIND gave a plugin another definition than everybody else has. */
#include <dlfcn.h>
#include <elf.h>

#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/model/lookup.h"
#include "report/render/words.h"

static bool any_deepbind(const struct recording *rec)
{
	for (size_t i = 0; i < rec->call_count; i++)
		if (call_opens(&rec->calls[i]) && (rec->calls[i].flags & RTLD_DEEPBIND))
			return true;
	return false;
}

/* Is the definition found in a scope that stands before the global one because of RTLD_DEEPBIND? */
static bool is_deepbound(struct scopes *scopes, int from, int to)
{
	size_t count;
	const struct scope *list = scopes_of(scopes, from, &count);

	for (size_t i = 0; i < count && list[i].deepbind; i++)
		for (size_t j = 0; j < list[i].count; j++)
			if (list[i].objects[j] == to)
				return true;
	return false;
}

static bool defines(struct symbol_provider *symbols, int object, const struct lookup_query *query)
{
	uint32_t hash = symbol_hash(query->symbol);
	const struct symbol_table *table = NULL;

	if (symbols_may_define(symbols, object, hash))
		table = symbols_of(symbols, object);
	for (int at = table ? symbol_table_find(table, query->symbol, hash) : -1; at >= 0;
	     at = symbol_table_next(table, at))
		if (table->symbols[at].defined && lookup_match(table, at, query) == VERDICT_WINNER)
			return true;
	return false;
}

/* Whose definition the global scope has first: what it would have been without RTLD_DEEPBIND. */
static int global_definer(struct rule_input *input, struct scopes *scopes,
			  const struct bound *bound)
{
	const struct name_table *names = &input_bound(input)->names;
	struct lookup_query query = LOOKUP_QUERY;
	size_t count;
	const struct global_entry *global =
		scopes_global(scopes, input->rec->objects[bound->from].name_space, &count);

	query.from = bound->from;
	query.symbol = name_string(names, bound->symbol);
	query.version = bound->version == NAME_NONE ? NULL : name_string(names, bound->version);
	for (size_t i = 0; i < count; i++)
		if (defines(input_symbols(input), global[i].object, &query))
			return global[i].object;
	return NONE;
}

/* Who else is bound to that definition: only then anything can be passed between the two. */
static const struct bound *other_user(struct rule_input *input, uint32_t symbol, int definer)
{
	const struct bound_set *set = input_bound(input);

	for (size_t i = 0; i < set->count; i++)
		if (set->list[i].symbol == symbol && set->list[i].to == definer &&
		    set->list[i].kind != BOUND_DLSYM)
			return &set->list[i];
	return NULL;
}

static struct finding *find_same(struct findings *findings, const struct bound *bound, int definer)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		if (finding->rule == &rule_deepbind_split && finding->objects[0] == bound->from &&
		    finding->objects[1] == bound->to && finding->objects[2] == definer)
			return &findings->list[i];
	}
	return NULL;
}

static void report(struct rule_input *input, const struct bound *bound, int definer,
		   const struct bound *other, struct findings *ret)
{
	const struct recording *rec = input->rec;
	const char *symbol = name_string(&input_bound(input)->names, bound->symbol);
	bool allocator = symbol_is_allocator(symbol);
	struct finding *finding = find_same(ret, bound, definer);
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	struct evidence *evidence;

	if (!finding) {
		add_object(&text, rec, bound->from);
		strbuf_addstr(&text, " was opened with RTLD_DEEPBIND, and gets ");
		add_symbol(&text, symbol, false);
		strbuf_addstr(&text, " from ");
		add_object(&text, rec, bound->to);
		strbuf_addstr(&text, ", where others get it from ");
		add_object(&text, rec, definer);
		finding = findings_add(
			ret, &rule_deepbind_split, allocator ? SEVERITY_ERROR : SEVERITY_WARNING,
			strbuf_detach(&text),
			xstrdup(allocator ? "open it without RTLD_DEEPBIND, or let each side free "
					    "its "
					    "own memory"
					  : "open it without RTLD_DEEPBIND, or let the plugin find "
					    "the variable by a function of the one that has it"));
		finding->seq = bound->seq;
		finding_add_object(finding, bound->from);
		finding_add_object(finding, bound->to);
		finding_add_object(finding, definer);
		if (has_call(rec, rec->objects[bound->from].reason_call))
			finding_add_call(finding, rec, "opened",
					 rec->objects[bound->from].reason_call);
	}
	if (allocator)
		finding->severity = SEVERITY_ERROR;
	finding_add_symbol(finding, symbol);
	if (finding->evidence_count > 3 || !has_object(rec, other->from))
		return;
	add_symbol(&text, symbol, false);
	strbuf_addstr(&text, ": ");
	add_object(&text, rec, other->from);
	strbuf_addstr(&text, " is bound to ");
	add_object(&text, rec, definer);
	evidence = finding_add_evidence(finding, strbuf_detach(&text));
	evidence->object = other->from;
	evidence->binding = other->id;
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct bound_set *set;
	struct scopes *scopes;

	if (!any_deepbind(input->rec) || !input_symbols(input))
		return;
	scopes = input_scopes(input, false);
	set = input_bound(input);
	for (size_t i = 0; scopes && i < set->count; i++) {
		const struct bound *bound = &set->list[i];
		bool state = bound->type == STT_OBJECT || bound->type == STT_TLS;
		const struct bound *other;
		int definer;

		/* A plugin's own functions are what RTLD_DEEPBIND is for. */
		if (bound->from == NONE || bound->kind == BOUND_DLSYM ||
		    (!state && !symbol_is_allocator(name_string(&set->names, bound->symbol))))
			continue;
		scopes_advance(scopes, bound->seq);
		if (!is_deepbound(scopes, bound->from, bound->to))
			continue;
		definer = global_definer(input, scopes, bound);
		if (definer == NONE || definer == bound->to || definer == bound->from)
			continue;
		other = other_user(input, bound->symbol, definer);
		if (other)
			report(input, bound, definer, other, ret);
	}
}

const struct rule rule_deepbind_split = {
	.slug = "deepbind-split",
	.group = "scope",
	.summary = "RTLD_DEEPBIND separates a plugin from what all others use",
	.meaning =
		"RTLD_DEEPBIND puts a plugin's own searchlist before the global scope. That keeps "
		"others' symbols away from it, and also those that it should share: when the "
		"program "
		"is linked with another malloc (jemalloc, tcmalloc, a sanitizer) or preloads one, "
		"the plugin, which needs libc.so.6, gets libc's malloc and free. Memory that "
		"crosses "
		"the border is then given to the wrong free. Variables (environ, C++ streams, "
		"a library's state) exist twice likewise.",
	.reported =
		"For objects opened with RTLD_DEEPBIND whose own searchlist gave them another "
		"definition than the global scope has, when somebody else uses that one: an error "
		"for "
		"allocation functions, a warning for variables. Other functions are left out: to "
		"have its own is what RTLD_DEEPBIND is for. Scopes are rebuilt; who is bound to "
		"what "
		"is observed.",
	.harmless = "When no memory, and no state behind these variables, crosses the border.",
	.fix = "Don't pass RTLD_DEEPBIND. Against clashes of names, hide the plugin's symbols "
	       "(-fvisibility=hidden, version scripts), or use -Wl,-Bsymbolic for its own.",
	.find = find,
};
