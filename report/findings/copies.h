/*
 * copies.h - duplicates as findings; private to findings/.
 */
#ifndef PLUGREPORT_COPIES_H
#define PLUGREPORT_COPIES_H

#include "report/findings/input.h"

/*
 * A finding of `rule` for each duplicate that `wanted` wants: an error when references of one user
 * or of one copy go to several copies, a warning when several are used by others, a note otherwise.
 * `what` is said of them: "is loaded twice", in front of a colon and the copies.
 */
void copies_report(struct rule_input *input, const struct rule *rule,
		   bool (*wanted)(const struct recording *rec, const struct duplicate *duplicate),
		   void (*add_what)(struct strbuf *sb, const struct recording *rec,
				    const struct duplicate *duplicate),
		   const char *advice, struct findings *ret);

/* Are these objects copies of one library that one of the rules reports? */
bool copies_include(const struct duplicates *duplicates, const int *objects, size_t count);

/* Are they glibc's own?  Each dlmopen namespace has them: that is second-libc's matter. */
bool copies_are_glibc(const struct recording *rec, const struct duplicate *duplicate);

#endif
