/*
 * finding.h - what is wrong, as `check` reports it: rules and their findings.
 *
 * One rule is one file: a struct rule with its documentation and a function that looks at one
 * process (or at all of a run) and adds findings.  No rule knows a renderer or SQL.
 */
#ifndef PLUGREPORT_FINDING_H
#define PLUGREPORT_FINDING_H

#include "report/model/recording.h"
#include "report/model/scopes.h"
#include "report/model/symbols.h"

enum severity { SEVERITY_NOTE = 1, SEVERITY_WARNING, SEVERITY_ERROR };

/* One piece of evidence: a sentence with what it rests on. */
struct evidence {
	char *text;                      /* escaped, for people; may have MARK_* */
	int object, call, search, stack; /* indexes into the recording, or NONE */
	int64_t binding;                 /* row id, or 0 */
};

struct finding {
	const struct rule *rule;
	enum severity severity;
	char *message; /* one sentence; escaped */
	char *advice;  /* what a person can do; escaped */
	int *objects;  /* the first is what it is about */
	size_t object_count, object_room;
	char **symbols; /* mangled, as recorded */
	size_t symbol_count, symbol_room;
	struct evidence *evidence;
	size_t evidence_count, evidence_room;
	uint64_t seq; /* when it happened; 0: no single moment */
};

struct findings {
	struct finding *list;
	size_t count, room;
};

struct rule_input; /* what rules look at: findings/input.h */

struct rule {
	const char *slug;    /* an interface: design of names in plugreport(1) */
	const char *group;   /* loading, scope, symbols, unloading, process */
	const char *summary; /* one line */
	const char *
		page; /* what `explain` prints: what it means, when it is harmless, how to fix it */
	void (*find)(struct rule_input *input, struct findings *ret);
};

/* All rules, by group, then as in the documentation. */
extern const struct rule *const rules[];
extern const size_t rule_count;
const struct rule *rule_find(const char *slug); /* NULL: there is none */

/* Append a finding of `rule`; message and advice are taken over. */
struct finding *findings_add(struct findings *findings, const struct rule *rule,
			     enum severity severity, char *message, char *advice);
void finding_add_object(struct finding *finding, int object);
void finding_add_symbol(struct finding *finding, const char *symbol);
/* `text` is taken over; the returned evidence's references are NONE. */
struct evidence *finding_add_evidence(struct finding *finding, char *text);
void findings_release(struct findings *findings);

const char *severity_name(enum severity severity); /* "error", "warning", "note" */

#endif
