/*
 * lookup.c - a symbol look-up in a rebuilt state: glibc elf/dl-lookup.c (_dl_lookup_symbol_x,
 * do_lookup_x, check_match), elf/dl-sym.c (do_sym), elf/dl-runtime.c (_dl_fixup).
 */
#include "report/model/lookup.h"

#include <elf.h>

#include "report/util.h"

/* One walk through scopes. */
struct walk {
	struct scopes *scopes;
	struct symbol_provider *symbols;
	const struct recording *rec;
	const struct lookup_query *query;
	struct lookup_result *result;
	enum lookup_trail trail;
	uint32_t hash;
	bool plt;       /* ELF_RTYPE_CLASS_PLT */
	bool skip_copy; /* what a copy relocation of the program fills does not count */
	bool dynamic_weak;
	bool decided;
	int skip;   /* object that is passed over; NONE */
	bool *seen; /* by object: it is in the trail; NULL without trail */
};

/* --- one object --- */

static bool is_code_or_data(uint8_t type)
{
	return type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC || type == STT_COMMON ||
	       type == STT_TLS || type == STT_GNU_IFUNC;
}

/* What a symbol's version makes of it.  FALLBACK: to be taken when it is the only one such. */
enum version_match { VERSION_NO, VERSION_YES, VERSION_FALLBACK };

static enum version_match match_version(const struct symbol_table *table,
					const struct dynamic_symbol *symbol,
					const struct lookup_query *query)
{
	bool newest = query->how != LOOKUP_RELOCATION, hidden = (symbol->versym & 0x8000) != 0;

	if (!table->versioned)
		return VERSION_YES; /* also when one is asked for */
	if (query->version) {
		if (symbol->version && strcmp(symbol->version, query->version) == 0)
			return VERSION_YES;
		/* What has no version stands for all, but not for dlvsym: it asks for just that
		 * one. */
		return !newest && !symbol->version && !hidden ? VERSION_FALLBACK : VERSION_NO;
	}
	if ((symbol->versym & 0x7fff) < (newest ? 2 : 3))
		return VERSION_YES; /* no version, or the oldest one */
	return hidden ? VERSION_NO : VERSION_FALLBACK;
}

static bool has_value(const struct dynamic_symbol *symbol, bool plt)
{
	return (symbol->value || symbol->absolute || symbol->type == STT_TLS) &&
	       !(plt && !symbol->defined) && is_code_or_data(symbol->type);
}

/* What a found symbol's visibility and binding leave of it. */
static enum lookup_verdict match_binding(const struct dynamic_symbol *symbol)
{
	if (symbol->visibility == STV_HIDDEN || symbol->visibility == STV_INTERNAL)
		return VERDICT_NOT_VISIBLE;
	return symbol->bind == STB_GLOBAL || symbol->bind == STB_WEAK ||
			       symbol->bind == STB_GNU_UNIQUE
		       ? VERDICT_WINNER
		       : VERDICT_NOT_VISIBLE;
}

enum lookup_verdict lookup_match(const struct symbol_table *table, int symbol,
				 const struct lookup_query *query)
{
	const struct dynamic_symbol *s = &table->symbols[symbol];

	if (!has_value(s, query->plt || query->tls))
		return VERDICT_UNDEFINED;
	if (match_version(table, s, query) == VERSION_NO)
		return query->version ? VERDICT_WRONG_VERSION : VERDICT_HIDDEN_VERSION;
	return match_binding(s);
}

/* The definition that a table has for the query; VERDICT_WINNER when it counts. */
static enum lookup_verdict search_table(const struct walk *walk, const struct symbol_table *table,
					int *ret_symbol)
{
	enum lookup_verdict why = VERDICT_NOT_DEFINED;
	int fallback = -1, fallbacks = 0;

	*ret_symbol = -1;
	for (int at = symbol_table_find(table, walk->query->symbol, walk->hash); at >= 0;
	     at = symbol_table_next(table, at)) {
		if (!has_value(&table->symbols[at], walk->plt)) {
			why = VERDICT_UNDEFINED;
			*ret_symbol = at;
			continue;
		}
		switch (match_version(table, &table->symbols[at], walk->query)) {
		case VERSION_YES:
			*ret_symbol = at;
			return match_binding(&table->symbols[at]);
		case VERSION_FALLBACK:
			fallback = fallbacks++ ? fallback : at;
			break;
		case VERSION_NO:
			why = walk->query->version ? VERDICT_WRONG_VERSION : VERDICT_HIDDEN_VERSION;
			*ret_symbol = at;
			break;
		}
	}
	if (fallbacks == 0)
		return why;
	*ret_symbol = fallback;
	/* Several that would do: it is ambiguous, and none is taken. */
	return fallbacks == 1 ? match_binding(&table->symbols[fallback]) : VERDICT_HIDDEN_VERSION;
}

static void not_sure(struct lookup_result *result, const char *why)
{
	if (!result->sure)
		return;
	result->sure = false;
	result->why_unsure = why;
}

static bool is_program(const struct walk *walk, int object)
{
	return walk->rec->objects[object].kind == OBJECT_MAIN;
}

/* A definition that counts by itself may be in an object that is left out. */
static enum lookup_verdict leave_out(const struct walk *walk, int object, bool copied)
{
	if (object == walk->query->without || scopes_removed(walk->scopes, object))
		return VERDICT_REMOVED;
	if (object == walk->skip || (walk->query->copy && is_program(walk, object)) ||
	    (walk->skip_copy && is_program(walk, object) && copied))
		return VERDICT_SKIPPED;
	return VERDICT_WINNER;
}

static enum lookup_verdict search_object(const struct walk *walk, int object, int *ret_symbol)
{
	const struct symbol_table *table;
	enum lookup_verdict verdict;

	*ret_symbol = -1;
	if (!symbols_may_define(walk->symbols, object, walk->hash))
		return VERDICT_NOT_DEFINED;
	table = symbols_of(walk->symbols, object);
	verdict = table ? search_table(walk, table, ret_symbol) : VERDICT_UNKNOWN;
	if (verdict == VERDICT_WINNER)
		return leave_out(walk, object, table->symbols[*ret_symbol].copied);
	if (verdict != VERDICT_UNKNOWN &&
	    !(verdict == VERDICT_NOT_DEFINED && table->source == SYMBOLS_RECORDING))
		return verdict;
	verdict = leave_out(walk, object, false);
	return verdict == VERDICT_WINNER ? VERDICT_UNKNOWN : verdict;
}

/* --- the walk --- */

static void add_step(struct walk *walk, size_t scope, size_t position, int object, int symbol,
		     enum lookup_verdict verdict)
{
	struct lookup_result *result = walk->result;

	if (verdict == VERDICT_NOT_DEFINED && walk->trail != LOOKUP_WHOLE_TRAIL)
		return;
	*GROW(result->steps, result->step_count, result->step_room) =
		(struct lookup_step){scope, position, object, symbol, verdict};
}

/* The namespace may have a definition of this name already, from a look-up before this one. */
static void take_unique(struct walk *walk, int object)
{
	struct lookup_result *result = walk->result;
	const struct symbol_table *table;
	int owner = walk->query->unique ? unique_symbols_find(walk->query->unique,
							      walk->rec->objects[object].name_space,
							      walk->query->symbol)
					: NONE;

	result->unique = true;
	if (owner == NONE || owner == object || owner == walk->query->without ||
	    walk->query->copy || !scopes_mapped(walk->scopes, owner))
		return;
	table = symbols_of(walk->symbols, owner);
	result->winner = owner;
	result->symbol = table ? symbol_table_find(table, walk->query->symbol, walk->hash) : -1;
	result->rule = LOOKUP_BY_UNIQUE;
}

/* A definition that counts.  Returns what it came to. */
static enum lookup_verdict take_definition(struct walk *walk, int object, int symbol)
{
	struct lookup_result *result = walk->result;
	uint8_t bind = symbols_of(walk->symbols, object)->symbols[symbol].bind;

	if (walk->decided)
		return VERDICT_LATER;
	if (bind == STB_WEAK && walk->dynamic_weak) {
		if (result->winner == NONE) {
			result->winner = object;
			result->symbol = symbol;
			result->rule = LOOKUP_BY_STRENGTH;
		}
		return VERDICT_WEAK;
	}
	walk->decided = true;
	result->winner = object;
	result->symbol = symbol;
	result->rule = LOOKUP_BY_ORDER;
	if (bind == STB_GNU_UNIQUE)
		take_unique(walk, object);
	return result->winner == object ? VERDICT_WINNER : VERDICT_LATER;
}

int lookup_real_object(const struct recording *rec, int object)
{
	if (object < 0 || (size_t)object >= rec->object_count ||
	    rec->objects[object].kind != OBJECT_LDSO || rec->objects[object].name_space == 0)
		return object;
	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].kind == OBJECT_LDSO && rec->objects[i].name_space == 0)
			return (int)i;
	return object;
}

/* True when the walk may end here. */
static bool visit(struct walk *walk, size_t scope, size_t position, int member)
{
	int object = lookup_real_object(walk->rec, member), symbol;
	enum lookup_verdict verdict;

	if (walk->seen) {
		if (walk->seen[object])
			return false;
		walk->seen[object] = true;
	}
	verdict = search_object(walk, object, &symbol);
	if (verdict == VERDICT_WINNER)
		verdict = take_definition(walk, object, symbol);
	else if (verdict == VERDICT_UNKNOWN && !walk->decided)
		not_sure(walk->result, "the symbols of an object on the way are not known");
	if (walk->seen)
		add_step(walk, scope, position, object, symbol, verdict);
	return walk->decided && !walk->seen;
}

static void walk_scopes(struct walk *walk)
{
	size_t count;
	const struct scope *scopes = scopes_of(walk->scopes, walk->query->from, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < scopes[i].count; j++)
			if (visit(walk, i, j, scopes[i].objects[j]))
				return;
}

bool lookup_searchlist(struct scopes *scopes, const struct lookup_query *query, struct scope *ret)
{
	int root =
		query->how == LOOKUP_NEXT ? scopes_next_root(scopes, query->from) : query->handle;

	return root != NONE && scopes_searchlist(scopes, root, ret);
}

/* dlsym(RTLD_NEXT) begins behind the caller, dlsym(handle) at the start. */
static void walk_searchlist(struct walk *walk)
{
	bool next = walk->query->how == LOOKUP_NEXT, behind = !next;
	struct scope scope;

	if (!lookup_searchlist(walk->scopes, walk->query, &scope)) {
		not_sure(walk->result, "the searchlist is not known");
		return;
	}
	for (size_t i = 0; i < scope.count; i++) {
		behind |= scope.objects[i] == walk->skip;
		if (behind && visit(walk, 0, i, scope.objects[i]))
			return;
	}
	if (!behind)
		not_sure(walk->result, "the caller is not in the searchlist of RTLD_NEXT");
}

static void settle_steps(struct lookup_result *result)
{
	for (size_t i = 0; i < result->step_count; i++) {
		struct lookup_step *step = &result->steps[i];

		if (step->object == result->winner &&
		    (step->verdict == VERDICT_LATER || step->verdict == VERDICT_WEAK))
			step->verdict = VERDICT_WINNER;
		else if (step->object != result->winner && step->verdict == VERDICT_WINNER)
			step->verdict = VERDICT_LATER;
	}
}

static void take_own(struct walk *walk)
{
	const struct symbol_table *table = symbols_of(walk->symbols, walk->query->from);

	walk->result->winner = walk->query->from;
	walk->result->symbol =
		table ? symbol_table_reference(table, walk->query->symbol, walk->query->version)
		      : -1;
	walk->result->unique = false;
	walk->result->rule = LOOKUP_BY_VISIBILITY;
}

/* Is what the query refers to data of its own object? */
static bool refers_to_data(const struct walk *walk)
{
	const struct lookup_query *query = walk->query;
	const struct symbol_table *table = symbols_of(walk->symbols, query->from);
	int at = table ? symbol_table_reference(table, query->symbol, query->version) : -1;

	return at >= 0 && table->symbols[at].type == STT_OBJECT;
}

/*
 * A protected reference goes to its own object, with one exception: a pointer or data goes to what
 * the program has in its place (its PLT entry; before glibc 2.36 its copy, too, which is what a
 * copy relocation fills, and not any variable of that name) when nothing else stands before.
 */
static void settle_protected(struct walk *walk)
{
	const struct lookup_query *query = walk->query;
	struct lookup_result second = {.winner = NONE, .symbol = -1, .sure = true};
	struct walk again = *walk;

	if (walk->result->winner == NONE || walk->result->winner == query->from)
		return;
	if (!walk->plt) {
		again.result = &second;
		again.trail = LOOKUP_NO_TRAIL;
		again.seen = NULL;
		again.decided = false;
		again.skip_copy = query->got && recording_glibc_before(walk->rec, 36, false) &&
				  refers_to_data(walk);
		again.plt = !again.skip_copy;
		walk_scopes(&again);
		if (second.winner == query->from || second.winner == NONE)
			return;
	}
	take_own(walk);
}

static void look_up_relocation(struct walk *walk)
{
	if (walk->query->visibility == STV_HIDDEN || walk->query->visibility == STV_INTERNAL) {
		take_own(walk);
		return;
	}
	walk_scopes(walk);
	if (walk->query->visibility == STV_PROTECTED)
		settle_protected(walk);
}

void lookup(struct scopes *scopes, struct symbol_provider *symbols, const struct recording *rec,
	    const struct lookup_query *query, enum lookup_trail trail, struct lookup_result *ret)
{
	struct walk walk = {
		.scopes = scopes,
		.symbols = symbols,
		.rec = rec,
		.query = query,
		.result = ret,
		.trail = trail,
		.hash = symbol_hash(query->symbol),
		.plt = query->plt || query->tls,
		.dynamic_weak = recording_getenv(rec, "LD_DYNAMIC_WEAK") != NULL,
		.skip = query->how == LOOKUP_NEXT ? query->from : NONE,
	};
	const char *why;

	*ret = (struct lookup_result){.winner = NONE, .symbol = -1, .sure = true};
	if (query->from < 0 || (size_t)query->from >= rec->object_count) {
		not_sure(ret, "who asks is not known");
		return;
	}
	if (!scopes_sure(scopes, query->from, &why))
		not_sure(ret, why);
	if (trail != LOOKUP_NO_TRAIL)
		walk.seen = xcalloc(rec->object_count, sizeof(*walk.seen));
	if (query->how == LOOKUP_RELOCATION)
		look_up_relocation(&walk);
	else if (query->how == LOOKUP_DEFAULT)
		walk_scopes(&walk);
	else
		walk_searchlist(&walk);
	settle_steps(ret);
	free(walk.seen);
}

bool lookup_reference(struct symbol_provider *symbols, struct lookup_query *query)
{
	const struct symbol_table *table = symbols_of(symbols, query->from);
	int at = table ? symbol_table_reference(table, query->symbol, query->version) : -1;
	const struct dynamic_symbol *symbol = at >= 0 ? &table->symbols[at] : NULL;

	if (!symbol)
		return false;
	query->version_file = symbol->version_file;
	query->weak = symbol->bind == STB_WEAK;
	query->visibility = symbol->visibility;
	return true;
}

void lookup_result_release(struct lookup_result *result)
{
	free(result->steps);
	*result = (struct lookup_result){.winner = NONE, .symbol = -1};
}

const char *lookup_verdict_name(enum lookup_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_NOT_DEFINED] = "not-defined",
		[VERDICT_UNDEFINED] = "undefined",
		[VERDICT_WRONG_VERSION] = "wrong-version",
		[VERDICT_HIDDEN_VERSION] = "hidden-version",
		[VERDICT_NOT_VISIBLE] = "not-visible",
		[VERDICT_SKIPPED] = "skipped",
		[VERDICT_REMOVED] = "removed",
		[VERDICT_WEAK] = "weak",
		[VERDICT_WINNER] = "winner",
		[VERDICT_LATER] = "later",
		[VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

const char *lookup_rule_name(enum lookup_rule rule)
{
	static const char *const names[] = {
		[LOOKUP_BY_ORDER] = "order",
		[LOOKUP_BY_VISIBILITY] = "visibility",
		[LOOKUP_BY_UNIQUE] = "unique",
		[LOOKUP_BY_STRENGTH] = "strength",
	};

	return names[rule];
}
