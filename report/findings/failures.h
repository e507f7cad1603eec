/*
 * failures.h - loads that failed, and why, for the rules that report one reason each; private to
 * findings/.
 */
#ifndef PLUGREPORT_FAILURES_H
#define PLUGREPORT_FAILURES_H

#include "report/findings/input.h"
#include "report/model/lazy_end.h"

struct failed_load {
	int call;     /* that failed; NONE: the program's own start */
	int *objects; /* what it had opened, in order; the first is what it asked for */
	size_t count;
	struct dlopen_failure why; /* of a call: the first thing that ld.so must have met */
	struct load_failure cause; /* all that its objects lack */
};

struct failed_loads {
	struct failed_load *list;
	size_t count, room;
};
#define AUTO_FAILED_LOADS __attribute__((cleanup(failed_loads_release)))

/* All calls that failed, and the start when it came to no program, in order; without a cause where
 * symbols or scopes are not known. */
void failed_loads_find(struct rule_input *input, struct failed_loads *ret);
/* What RTLD_LAZY calls loaded, with what can't be bound at the end: a reference to a function is no
 * error before it is called.  Only loads that lack something. */
void lazy_loads_find(struct rule_input *input, struct failed_loads *ret);
/* What ld.so may have ended the process for, see lazy_end.h: `ret` has no call, and no objects but
 * those of `cause`. */
enum lazy_end lazy_end_loads(struct rule_input *input, struct failed_load *ret);
void failed_loads_release(struct failed_loads *loads);

/* "plug.so, dlopened by ..." as evidence: the call, or that the program did not start. */
void finding_add_failure(struct finding *finding, const struct recording *rec,
			 const struct failed_load *load);

#endif
