/*
 * verify.c - observed bindings against look-ups in the model.
 *
 * What kind of look-up a binding was: glibc elf/dl-machine-rel.h and sysdeps/.../dl-machine.h
 * (elf_machine_type_class), elf/dl-runtime.c (_dl_fixup), elf/dl-sym.c (do_sym), elf/dl-minimal.c
 * (__rtld_malloc_init_real).
 */
#include "report/model/verify.h"

#include "report/util.h"

struct verifier {
	const struct recording *rec;
	struct scopes *scopes;
	struct symbol_provider *symbols;
	struct unique_symbols *unique;
	/* dlsym and dlvsym calls by the hash of their name, newest first: heads, then per call. */
	int *heads, *next;
	size_t head_count;
};

static bool is_dlsym(const struct call *call)
{
	return call->kind == CALL_DLSYM || call->kind == CALL_DLVSYM;
}

static void index_calls(struct verifier *verifier)
{
	const struct recording *rec = verifier->rec;

	verifier->head_count = 64;
	while (verifier->head_count < rec->call_count)
		verifier->head_count *= 2;
	verifier->heads = xmalloc(verifier->head_count * sizeof(*verifier->heads));
	verifier->next = xmalloc((rec->call_count + 1) * sizeof(*verifier->next));
	for (size_t i = 0; i < verifier->head_count; i++)
		verifier->heads[i] = NONE;
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];
		int *head;

		if (!is_dlsym(call) || !call->name)
			continue;
		head = &verifier->heads[symbol_hash(call->name) & (verifier->head_count - 1)];
		verifier->next[i] = *head;
		*head = (int)i;
	}
}

struct verifier *verifier_new(const struct recording *rec, struct scopes *scopes,
			      struct symbol_provider *symbols)
{
	struct verifier *verifier = xcalloc(1, sizeof(*verifier));

	verifier->rec = rec;
	verifier->scopes = scopes;
	verifier->symbols = symbols;
	verifier->unique = unique_symbols_new();
	index_calls(verifier);
	return verifier;
}

void verifier_free(struct verifier *verifier)
{
	if (!verifier)
		return;
	unique_symbols_free(verifier->unique);
	free(verifier->heads);
	free(verifier->next);
	free(verifier);
}

/* The dlsym call that this binding answered: the caller's newest for this name. */
static const struct call *find_call(const struct verifier *verifier,
				    const struct observed_binding *binding)
{
	size_t head = symbol_hash(binding->symbol) & (verifier->head_count - 1);

	for (int at = verifier->heads[head]; at != NONE; at = verifier->next[at]) {
		const struct call *call = &verifier->rec->calls[at];

		if (call->seq < binding->seq && call->caller == binding->from &&
		    strcmp(call->name, binding->symbol) == 0)
			return call;
	}
	return NULL;
}

static bool query_dlsym(const struct verifier *verifier, const struct observed_binding *binding,
			struct lookup_query *query, const char **ret_reason)
{
	const struct call *call = find_call(verifier, binding);

	if (!call) {
		*ret_reason = "the dlsym call was not recorded";
		return false;
	}
	query->version = call->version;
	if (call->handle == 0) {
		query->how = LOOKUP_DEFAULT;
	} else if (call->handle == UINT64_MAX) {
		query->how = LOOKUP_NEXT;
	} else {
		query->how = LOOKUP_HANDLE;
		query->handle =
			recording_object_by_link_map(verifier->rec, call->handle, binding->seq);
		*ret_reason = "the handle that dlsym got is not known";
		return query->handle != NONE;
	}
	return true;
}

bool verifier_query(struct verifier *verifier, const struct observed_binding *binding,
		    struct lookup_query *ret, const char **ret_reason)
{
	*ret = LOOKUP_QUERY;
	ret->from = binding->from;
	ret->symbol = binding->symbol;
	ret->version = binding->version;
	ret->unique = verifier->unique;
	*ret_reason = NULL;
	if (binding->from == NONE)
		*ret_reason = "who refers to it is not known";
	else if (!*binding->symbol)
		*ret_reason = "the symbol's name was not recorded";
	if (*ret_reason)
		return false;
	scopes_advance(verifier->scopes, binding->seq);
	if (strcmp(binding->kind, "dlsym") == 0 && !binding->internal)
		return query_dlsym(verifier, binding, ret, ret_reason);
	ret->plt = strcmp(binding->kind, "plt") == 0;
	ret->got = strcmp(binding->kind, "got") == 0;
	ret->copy = strcmp(binding->kind, "copy") == 0;
	ret->tls = strcmp(binding->kind, "tls") == 0;
	/* Only what the object itself defines can be hidden or protected: no need to load its table
	 * for what it does not. */
	if (!binding->internal &&
	    symbols_may_define(verifier->symbols, binding->from, symbol_hash(binding->symbol)))
		lookup_reference(verifier->symbols, ret);
	ret->weak |= binding->weak;
	return true;
}

/* ld.so now has this definition of a unique symbol; of a copied one the copy. */
static void enter_unique(struct verifier *verifier, const struct lookup_query *query,
			 const struct lookup_result *result)
{
	int object = query->copy ? query->from : result->winner;

	if (result->unique && object != NONE)
		unique_symbols_enter(verifier->unique,
				     verifier->rec->objects[result->winner].name_space,
				     query->symbol, object);
}

struct verify_result verifier_check(struct verifier *verifier,
				    const struct observed_binding *binding)
{
	struct verify_result ret = {.status = VERIFY_UNDECIDABLE, .winner = NONE};
	struct lookup_query query;
	struct lookup_result result;

	/* An IFUNC of the object's own has no name to look for. */
	if (strcmp(binding->kind, "irelative") == 0 ||
	    (binding->to == NONE && (strcmp(binding->kind, "plt") == 0 || !binding->weak))) {
		ret.status = VERIFY_NO_LOOKUP;
		return ret;
	}
	if (!verifier_query(verifier, binding, &query, &ret.reason))
		return ret;
	lookup(verifier->scopes, verifier->symbols, verifier->rec, &query, LOOKUP_NO_TRAIL,
	       &result);
	enter_unique(verifier, &query, &result);
	ret.winner = result.winner;
	ret.rule = result.rule;
	ret.sure = result.sure;
	ret.reason = NULL;
	if (result.winner == lookup_real_object(verifier->rec, binding->to))
		ret.status = VERIFY_AGREED;
	else if (result.sure)
		ret.status = VERIFY_DISAGREED;
	else
		ret.reason = result.why_unsure;
	lookup_result_release(&result);
	return ret;
}

const char *verify_status_name(enum verify_status status)
{
	static const char *const names[] = {
		[VERIFY_AGREED] = "agreed",
		[VERIFY_DISAGREED] = "disagreed",
		[VERIFY_UNDECIDABLE] = "undecidable",
		[VERIFY_NO_LOOKUP] = "no-lookup",
	};

	return names[status];
}
