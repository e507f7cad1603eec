/*
 * global_effect.h - which bindings went to an object only because it is in the global scope.
 */
#ifndef PLUGREPORT_GLOBAL_EFFECT_H
#define PLUGREPORT_GLOBAL_EFFECT_H

#include "report/model/verify.h"

struct global_effect {
	int instead; /* object that would have been bound to; NONE: none, it would have failed */
	bool weak;   /* the reference is weak: nothing would have been bound, without an error */
	bool sure;
};

/*
 * Did the binding go to binding->to because that is in the global scope, and not also in another
 * scope of who refers to it?  False: no, or that is not known.  Bindings are handed in in the
 * order of their seq; `verifier` was made of the same recording, scopes and symbols.
 */
bool global_effect_find(struct verifier *verifier, const struct recording *rec,
			struct scopes *scopes, struct symbol_provider *symbols,
			const struct observed_binding *binding, struct global_effect *ret);

#endif
