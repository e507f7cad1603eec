/*
 * why_bound.c - explanations of bindings, in groups of equal ones.
 */
#include "report/model/why_bound.h"

#include <elf.h>

#include "report/util.h"

/* What goes from one reference to the next. */
struct explainer {
	const struct recording *rec;
	struct scopes *scopes;
	struct symbol_provider *symbols;
	struct verifier *verifier;
	struct unique_symbols *unique;
	const char *symbol; /* of this one */
	uint32_t hash;
	struct why_bound_list *list;
	size_t first;             /* where these groups begin in the list */
	struct group_key *groups; /* of each of them */
	size_t group_count, group_room;
};

struct group_key {
	char *signature;
	uint32_t hash;
};

static void release(struct why_bound *why)
{
	for (size_t i = 0; i < why->step_count; i++)
		free(why->steps[i].version);
	for (size_t i = 0; i < why->outside_count; i++)
		free(why->outside[i].version);
	free(why->symbol);
	free(why->version);
	free(why->references);
	free(why->scopes);
	free(why->steps);
	free(why->outside);
}

void why_bound_list_release(struct why_bound_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		release(&list->list[i]);
	free(list->list);
	*list = (struct why_bound_list){0};
}

/* --- one explanation --- */

static void fill_facts(struct why_definition *definition, const struct symbol_table *table,
		       int symbol)
{
	const struct dynamic_symbol *s;

	if (!table || symbol < 0)
		return;
	s = &table->symbols[symbol];
	definition->known = true;
	definition->version = xstrdup(s->version);
	definition->default_version = !(s->versym & 0x8000);
	definition->type = s->type;
	definition->bind = s->bind;
	definition->visibility = s->visibility;
}

static void add_steps(struct explainer *e, struct why_bound *why,
		      const struct lookup_result *result)
{
	for (size_t i = 0; i < result->step_count; i++) {
		const struct lookup_step *step = &result->steps[i];
		struct why_definition *d = GROW(why->steps, why->step_count, why->step_room);

		d->object = step->object;
		d->verdict = step->verdict;
		d->scope = step->scope;
		d->position = step->position;
		d->root = d->call = NONE;
		fill_facts(d, symbols_of(e->symbols, step->object), step->symbol);
	}
}

/* All scopes when nothing was found; else those in which something is. */
static void add_scopes(struct explainer *e, struct why_bound *why, const struct lookup_query *query)
{
	size_t count = 1;
	struct scope one;
	const struct scope *scopes = &one;

	if (query->how == LOOKUP_RELOCATION || query->how == LOOKUP_DEFAULT)
		scopes = scopes_of(e->scopes, query->from, &count);
	else if (!lookup_searchlist(e->scopes, query, &one))
		return;
	if (why->winner != NONE) {
		size_t last = why->step_count ? why->steps[why->step_count - 1].scope : 0;

		count = count < last + 1 ? count : last + 1;
	}
	for (size_t i = 0; i < count; i++)
		*GROW(why->scopes, why->scope_count, why->scope_room) = (struct why_scope){
			scopes[i].kind, scopes[i].root, scopes[i].deepbind, scopes[i].count};
}

/* The first local scope that an object is in, and who opened that. */
static void find_root(struct explainer *e, struct why_definition *definition)
{
	size_t count;
	const struct scope *scopes = scopes_of(e->scopes, definition->object, &count);

	for (size_t i = 0; i < count; i++) {
		if (scopes[i].kind != SCOPE_LOCAL)
			continue;
		definition->root = scopes[i].root;
		definition->call = e->rec->objects[scopes[i].root].reason_call;
		return;
	}
}

static void tell_why_outside(struct explainer *e, struct why_definition *definition,
			     const struct lookup_query *query, uint64_t seq)
{
	const struct object *object = &e->rec->objects[definition->object];

	definition->root = definition->call = NONE;
	if (!scopes_mapped(e->scopes, definition->object)) {
		definition->reason = object->opened_seq > seq ? OUTSIDE_LATER : OUTSIDE_GONE;
	} else if (object->name_space != e->rec->objects[query->from].name_space) {
		definition->reason = OUTSIDE_NAMESPACE;
	} else if (query->how == LOOKUP_HANDLE || query->how == LOOKUP_NEXT) {
		definition->reason = OUTSIDE_SEARCHLIST;
	} else {
		definition->reason = OUTSIDE_LOCAL;
		find_root(e, definition);
	}
}

static bool is_step(const struct why_bound *why, int object)
{
	for (size_t i = 0; i < why->step_count; i++)
		if (why->steps[i].object == object)
			return true;
	return false;
}

/* The object's definition that answers best; -1: it has none. */
static int find_definition(struct explainer *e, const struct symbol_table *table,
			   const struct lookup_query *query, enum lookup_verdict *ret_verdict)
{
	int best = -1;

	for (int at = symbol_table_find(table, e->symbol, e->hash); at >= 0;
	     at = symbol_table_next(table, at)) {
		enum lookup_verdict verdict = lookup_match(table, at, query);

		if (verdict == VERDICT_UNDEFINED || (best >= 0 && verdict != VERDICT_WINNER))
			continue;
		best = at;
		*ret_verdict = verdict;
	}
	return best;
}

static void add_outside(struct explainer *e, struct why_bound *why,
			const struct lookup_query *query, uint64_t seq)
{
	for (size_t i = 0; i < e->rec->object_count; i++) {
		const struct symbol_table *table;
		struct why_definition *d;
		enum lookup_verdict verdict = VERDICT_NOT_DEFINED;
		int symbol;

		if (e->rec->objects[i].kind == OBJECT_VDSO ||
		    is_step(why, lookup_real_object(e->rec, (int)i)) ||
		    !symbols_may_define(e->symbols, (int)i, e->hash))
			continue;
		table = symbols_of(e->symbols, (int)i);
		symbol = table ? find_definition(e, table, query, &verdict) : -1;
		if (symbol < 0)
			continue;
		d = GROW(why->outside, why->outside_count, why->outside_room);
		d->object = (int)i;
		d->verdict = verdict;
		fill_facts(d, table, symbol);
		tell_why_outside(e, d, query, seq);
	}
}

static int find_without(struct explainer *e, const struct lookup_query *query, int winner)
{
	struct lookup_query other = *query;
	struct lookup_result result;
	int next;

	if (winner == NONE)
		return NONE;
	other.without = winner;
	if (other.visibility != STV_DEFAULT && winner == other.from)
		other.visibility = STV_DEFAULT; /* its own is what is taken away */
	lookup(e->scopes, e->symbols, e->rec, &other, LOOKUP_NO_TRAIL, &result);
	next = result.winner;
	lookup_result_release(&result);
	return next;
}

static struct why_bound explain(struct explainer *e, const struct symbol_reference *reference)
{
	struct why_bound why = {.symbol = xstrdup(e->symbol),
				.version = xstrdup(reference->binding.version),
				.handle = NONE,
				.winner = NONE,
				.without = NONE,
				.observed = reference->binding.to};
	struct lookup_result result;
	struct lookup_query query;

	why.asked = verifier_query(e->verifier, &reference->binding, &query, &why.why_unsure);
	if (!why.asked)
		return why;
	query.unique = e->unique;
	if (!why.version)
		why.version = xstrdup(query.version); /* dlvsym's */
	lookup(e->scopes, e->symbols, e->rec, &query, LOOKUP_TRAIL, &result);
	why.how = query.how;
	why.handle = query.handle;
	why.winner = result.winner;
	why.rule = result.rule;
	why.sure = result.sure;
	why.why_unsure = result.why_unsure;
	why.confirmed = reference->state == REFERENCE_LAZY ||
			reference->state == REFERENCE_UNTOLD ||
			result.winner == lookup_real_object(e->rec, reference->binding.to);
	add_steps(e, &why, &result);
	add_scopes(e, &why, &query);
	add_outside(e, &why, &query, reference->binding.seq);
	why.without = find_without(e, &query, result.winner);
	lookup_result_release(&result);
	return why;
}

/* --- groups --- */

static const char *path_of(const struct recording *rec, int object)
{
	return object < 0 || (size_t)object >= rec->object_count ? "-" : rec->objects[object].path;
}

static void sign_definition(struct strbuf *sb, const struct recording *rec,
			    const struct why_definition *d, bool outside)
{
	strbuf_addf(sb, "|%s:%d:%s:%d%d", path_of(rec, d->object), (int)d->verdict,
		    d->version ? d->version : "", d->type, d->bind);
	if (outside)
		strbuf_addf(sb, ":%d:%s", (int)d->reason, path_of(rec, d->root));
	else
		strbuf_addf(sb, ":%zu", d->scope);
}

/* Each process has a program and a global scope of its own; whose DT_SYMBOLIC it is is said by who
 * refers to it. */
static void sign_scope(struct strbuf *sb, const struct recording *rec,
		       const struct why_scope *scope)
{
	strbuf_addf(sb, "|%d:", (int)scope->kind);
	if (scope->kind == SCOPE_GLOBAL && scope->root != NONE)
		strbuf_addf(sb, "%d", rec->objects[scope->root].name_space);
	else if (scope->kind == SCOPE_LOCAL)
		strbuf_addstr(sb, path_of(rec, scope->root));
}

/* All but who refers to it. */
static void sign(struct strbuf *sb, const struct recording *rec, const struct why_bound *why,
		 enum reference_state state)
{
	strbuf_addf(sb, "%s@%s %d %d %d %d %d %d %s", why->symbol, why->version ? why->version : "",
		    (int)state, why->how, (int)why->rule, why->asked, why->confirmed, why->sure,
		    why->why_unsure ? why->why_unsure : "");
	strbuf_addf(sb, " %d %zu", (int)why->end, why->end_others);
	strbuf_addf(sb, " %s %s %s %s", path_of(rec, why->handle), path_of(rec, why->winner),
		    path_of(rec, why->observed), path_of(rec, why->without));
	for (size_t i = 0; i < why->scope_count; i++)
		sign_scope(sb, rec, &why->scopes[i]);
	for (size_t i = 0; i < why->step_count; i++)
		sign_definition(sb, rec, &why->steps[i], false);
	for (size_t i = 0; i < why->outside_count; i++)
		sign_definition(sb, rec, &why->outside[i], true);
}

char *why_bound_signature(const struct recording *rec, const struct why_bound *why)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	sign(&sb, rec, why, why->reference_count ? why->references[0].state : REFERENCE_UNTOLD);
	return strbuf_detach(&sb);
}

static void add_reference(struct explainer *e, const struct symbol_reference *reference)
{
	AUTO_STRBUF struct strbuf signature = STRBUF_INIT;
	struct why_bound why = explain(e, reference), *group = NULL;
	uint32_t hash;

	sign(&signature, e->rec, &why, reference->state);
	hash = symbol_hash(signature.s);
	for (size_t i = 0; i < e->group_count && !group; i++)
		if (e->groups[i].hash == hash && strcmp(e->groups[i].signature, signature.s) == 0)
			group = &e->list->list[e->first + i];
	if (group) {
		release(&why);
	} else {
		group = GROW(e->list->list, e->list->count, e->list->room);
		*group = why;
		*GROW(e->groups, e->group_count, e->group_room) =
			(struct group_key){strbuf_detach(&signature), hash};
	}
	*GROW(group->references, group->reference_count, group->reference_room) = *reference;
}

/* Once somebody is bound to a unique definition, everybody is. */
static void learn_unique(struct explainer *e, const struct symbol_reference *reference)
{
	const struct observed_binding *binding = &reference->binding;
	const struct symbol_table *table =
		binding->to == NONE ? NULL : symbols_of(e->symbols, binding->to);
	int at = table ? symbol_table_find(table, e->symbol, e->hash) : -1;

	if (at < 0 || table->symbols[at].bind != STB_GNU_UNIQUE)
		return;
	unique_symbols_enter(e->unique, e->rec->objects[binding->to].name_space, e->symbol,
			     strcmp(binding->kind, "copy") == 0 ? binding->from : binding->to);
}

void why_bound_explain(const struct recording *rec, struct scopes *scopes,
		       struct symbol_provider *symbols, const struct symbol_reference *references,
		       size_t count, const bool *wanted, struct why_bound_list *ret)
{
	struct explainer e = {
		.rec = rec,
		.scopes = scopes,
		.symbols = symbols,
		.verifier = verifier_new(rec, scopes, symbols),
		.unique = unique_symbols_new(),
		.list = ret,
		.first = ret->count,
	};

	for (size_t i = 0; i < count; i++) {
		e.symbol = references[i].binding.symbol;
		e.hash = symbol_hash(e.symbol);
		if (!wanted || wanted[i])
			add_reference(&e, &references[i]);
		learn_unique(&e, &references[i]);
	}
	for (size_t i = 0; i < e.group_count; i++)
		free(e.groups[i].signature);
	free(e.groups);
	unique_symbols_free(e.unique);
	verifier_free(e.verifier);
}

void why_bound_unreferenced(const struct recording *rec, struct scopes *scopes,
			    struct symbol_provider *symbols, const char *symbol,
			    struct why_bound_list *ret)
{
	struct explainer e = {
		.rec = rec,
		.scopes = scopes,
		.symbols = symbols,
		.symbol = symbol,
		.hash = symbol_hash(symbol),
	};
	struct lookup_query query = LOOKUP_QUERY;
	struct why_bound why = {.handle = NONE,
				.winner = NONE,
				.observed = NONE,
				.without = NONE,
				.sure = true,
				.confirmed = true};

	query.symbol = symbol;
	for (size_t i = 0; i < rec->object_count && query.from == NONE; i++)
		if (rec->objects[i].kind == OBJECT_MAIN)
			query.from = (int)i;
	if (query.from == NONE)
		return;
	scopes_advance(scopes, UINT64_MAX);
	add_outside(&e, &why, &query, UINT64_MAX);
	if (!why.outside_count)
		return;
	why.symbol = xstrdup(symbol);
	*GROW(ret->list, ret->count, ret->room) = why;
}

bool why_bound_is_fatal(const struct why_bound *why)
{
	return why->reference_count && why->references[0].state == REFERENCE_LAZY &&
	       !why->references[0].binding.weak && why->asked && why->sure && why->winner == NONE;
}

void why_bound_ends(const struct recording *rec, struct scopes *scopes,
		    struct symbol_provider *symbols, struct why_bound_list *list)
{
	enum lazy_end end = lazy_end_of(rec);
	AUTO_LOAD_FAILURE struct load_failure undefined = {0};
	bool found = false;

	for (size_t i = 0; i < list->count && end != LAZY_END_NO; i++) {
		struct why_bound *why = &list->list[i];

		if (!why_bound_is_fatal(why))
			continue;
		if (!found)
			lazy_end_find(rec, scopes, symbols, &undefined);
		found = true;
		why->end = end;
		for (size_t j = 0; j < undefined.symbol_count; j++)
			why->end_others += strcmp(undefined.symbols[j].symbol, why->symbol) != 0;
	}
}

const char *outside_reason_name(enum outside_reason reason)
{
	static const char *const names[] = {
		[OUTSIDE_LOCAL] = "local",           [OUTSIDE_NAMESPACE] = "namespace",
		[OUTSIDE_LATER] = "later",           [OUTSIDE_GONE] = "gone",
		[OUTSIDE_SEARCHLIST] = "searchlist",
	};

	return names[reason];
}

const char *reference_state_name(enum reference_state state)
{
	static const char *const names[] = {
		[REFERENCE_BOUND] = "bound",   [REFERENCE_LAZY] = "lazy",
		[REFERENCE_WEAK] = "weak",     [REFERENCE_NOT_FOUND] = "not-found",
		[REFERENCE_UNTOLD] = "untold",
	};

	return names[state];
}
