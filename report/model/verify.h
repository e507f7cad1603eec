/*
 * verify.h - the model held to ld.so's word: each binding is looked up in the rebuilt state of its
 * moment.  Pure: the bindings are handed in one by one, in the order of their seq.
 */
#ifndef PLUGREPORT_VERIFY_H
#define PLUGREPORT_VERIFY_H

#include "report/model/lookup.h"

/* A binding, as the database has it. */
struct observed_binding {
	uint64_t seq;
	int from, to;        /* objects; to: NONE for what is not bound */
	const char *symbol;  /* name; "" when it is not known */
	const char *version; /* that the reference asks for; NULL none */
	const char *kind;    /* "plt", "got", "abs", "copy", "tls", "irelative", "dlsym" */
	bool internal;       /* ld.so's own look-up */
	bool weak;           /* the reference is known to be weak */
};

enum verify_status {
	VERIFY_AGREED,
	VERIFY_DISAGREED,
	VERIFY_UNDECIDABLE,
	VERIFY_NO_LOOKUP, /* nothing was looked up: a lazy slot that was never called, IRELATIVE */
};

struct verify_result {
	enum verify_status status;
	int winner; /* the model's answer; NONE: nothing */
	enum lookup_rule rule;
	bool sure;          /* of that answer */
	const char *reason; /* undecidable: why, a constant phrase; NULL otherwise */
};

struct verifier;

/* All three must outlive the verifier; it advances `scopes`. */
struct verifier *verifier_new(const struct recording *rec, struct scopes *scopes,
			      struct symbol_provider *symbols);
void verifier_free(struct verifier *verifier);

/*
 * Look one binding up.  `winner` can be what was observed though the model was not sure of it: that
 * is agreed.
 */
struct verify_result verifier_check(struct verifier *verifier,
				    const struct observed_binding *binding);

/*
 * What the binding's reference asked ld.so for, with the state advanced to its moment; also for
 * others who explain bindings.  False, with the reason as a constant phrase, when that is not
 * known.
 */
bool verifier_query(struct verifier *verifier, const struct observed_binding *binding,
		    struct lookup_query *ret, const char **ret_reason);

/* "agreed", "disagreed", "undecidable", "no-lookup". */
const char *verify_status_name(enum verify_status status);

#endif
