/*
 * lazy_end.h - did ld.so end a process, because it called a function that nothing defines?
 *
 * A lazily bound reference is looked up at its first call.  When nothing defines the symbol, ld.so
 * prints "symbol lookup error" and ends the process with status 127 (glibc elf/dl-runtime.c,
 * elf/dl-catch.c); no event tells of that.  It is concluded from how the process ended, and from
 * what could not have been bound in it.
 */
#ifndef PLUGREPORT_LAZY_END_H
#define PLUGREPORT_LAZY_END_H

#include "report/model/load_failure.h"

enum lazy_end {
	LAZY_END_NO,     /* it ended in another way, or has not ended */
	LAZY_END_MAYBE,  /* not by exit(); in which way is not recorded */
	LAZY_END_LIKELY, /* not by exit(), and with exit status 127 */
};

enum lazy_end lazy_end_of(const struct recording *rec);
const char *lazy_end_name(enum lazy_end end); /* "no", "maybe", "likely" */

/*
 * All references of mapped objects that are bound at their first call, and for which there is no
 * definition in scope at the end of the history; `scopes` is advanced to it.  Release with
 * load_failure_release().
 */
void lazy_end_find(const struct recording *rec, struct scopes *scopes,
		   struct symbol_provider *symbols, struct load_failure *ret);

#endif
