/*
 * load_failure.h - why ld.so rejected what it had found: a version that is not defined, a symbol
 * that nothing in scope defines.  Pure conclusions from symbol tables and the model of scopes.
 *
 * Rules: glibc elf/dl-version.c (_dl_check_map_versions), elf/dl-reloc.c, elf/dl-lookup.c (an
 * undefined symbol that is not weak is an error), elf/dl-open.c (all of a failed load is undone).
 */
#ifndef PLUGREPORT_LOAD_FAILURE_H
#define PLUGREPORT_LOAD_FAILURE_H

#include "report/model/lookup.h"

/* `object` wants `version` of `provider`, which has versions, and not this one. */
struct missing_version {
	int object, provider;
	const char *version; /* the symbol table's */
	const char *best;    /* the highest version of the same family that it defines; or NULL */
};

/* `object` refers to `symbol`, and nothing in its scopes defines it. */
struct missing_symbol {
	int object;
	const char *symbol, *version; /* the symbol table's; version may be NULL */
	int hidden_in;                /* mapped object of the same namespace that defines it, but is
					 not in the scopes of `object`; or NONE */
};

struct load_failure {
	struct missing_version *versions; /* in the order of the objects */
	size_t version_count, version_room;
	struct missing_symbol *symbols; /* first those that a lazy load fails for, too */
	size_t symbol_count, symbol_room;
	size_t inexact; /* objects whose symbols are not exactly known: there may be more */
};

/*
 * What is missing for these objects, in the state that `scopes` is in.  Versions come first in
 * ld.so; symbols are only looked at when no version is missing.  Release with
 * load_failure_release().
 */
void load_failure_build(const struct recording *rec, struct scopes *scopes,
			struct symbol_provider *symbols, const int *objects, size_t count,
			struct load_failure *ret);
/* Only what is looked up at the first call: symbols of functions.  The same otherwise. */
void load_failure_lazy(const struct recording *rec, struct scopes *scopes,
		       struct symbol_provider *symbols, const int *objects, size_t count,
		       struct load_failure *ret);
void load_failure_release(struct load_failure *failure);
#define AUTO_LOAD_FAILURE __attribute__((cleanup(load_failure_release)))

/*
 * The objects that a failed dlopen or dlmopen call opened and gave up again, in the order of
 * opening; the caller frees the list.  Their number.
 */
size_t load_failure_objects(const struct recording *rec, int call, int **ret_objects);

#endif
