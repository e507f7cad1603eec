#include "report/model/global_effect.h"

/* In the global scope of who refers to it, and in no other of its scopes? */
static bool is_only_global(struct scopes *scopes, int from, int to)
{
	size_t count;
	const struct scope *list = scopes_of(scopes, from, &count);
	bool global = false;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list[i].count; j++) {
			if (list[i].objects[j] != to)
				continue;
			if (list[i].kind != SCOPE_GLOBAL)
				return false;
			global = true;
		}
	return global;
}

bool global_effect_find(struct verifier *verifier, const struct recording *rec,
			struct scopes *scopes, struct symbol_provider *symbols,
			const struct observed_binding *binding, struct global_effect *ret)
{
	struct lookup_query query;
	struct lookup_result result;
	const char *reason;

	if (binding->to == NONE || binding->internal ||
	    !verifier_query(verifier, binding, &query, &reason) ||
	    (query.how != LOOKUP_RELOCATION && query.how != LOOKUP_DEFAULT) ||
	    !is_only_global(scopes, query.from, binding->to))
		return false;
	query.without = binding->to;
	lookup(scopes, symbols, rec, &query, LOOKUP_NO_TRAIL, &result);
	*ret = (struct global_effect){
		.instead = result.winner, .weak = query.weak, .sure = result.sure};
	lookup_result_release(&result);
	return true;
}
