/*
 * suppressions.h - findings that somebody looked at and decided to live with.
 *
 * A file of sections, each of which is one suppression:
 *
 *     # a comment
 *     [RULE]               a rule's slug, its group, or a glob for slugs
 *     object = GLOB        one of the finding's objects matches: its path, SONAME or file name
 *     symbol = GLOB        every symbol of the finding matches one of these, mangled or demangled
 *     exe = GLOB           the program is this: its path or file name
 *     reason = TEXT        why; required
 *
 * `object` may stand several times: each of them has to match one of the objects.  `symbol` and
 * `exe` may, too: any of them will do.  Without object, symbol and exe the whole rule is meant.
 * White space around names and values is dropped.
 */
#ifndef PLUGREPORT_SUPPRESSIONS_H
#define PLUGREPORT_SUPPRESSIONS_H

#include "report/findings/finding.h"

struct glob_list {
	char **globs;
	size_t count, room;
};

struct suppression {
	char *rule, *reason;
	struct glob_list objects, symbols, exes;
	int line;    /* in the file, from 1 */
	size_t used; /* findings that it kept back */
};

struct suppressions {
	struct suppression *list;
	size_t count, room;
};

/*
 * Parse a file's text, which need not be terminated.  On false, ret_error has "line N: what: why"
 * and `ret` is empty.  Release with suppressions_release().
 */
bool suppressions_parse(const char *text, size_t length, struct suppressions *ret,
			struct strbuf *ret_error);
void suppressions_release(struct suppressions *suppressions);

/* The first one that means this finding; NULL: none.  Does not count it as used. */
struct suppression *suppressions_find(struct suppressions *suppressions,
				      const struct recording *rec, const struct finding *finding);

#endif
