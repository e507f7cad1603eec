/*
 * finding.h - what is wrong, as `check` reports it: rules and their findings.
 *
 * One rule is one file: a struct rule with its documentation and a function that looks at one
 * process and adds findings.  No rule knows a renderer or SQL; what it may look at is in input.h.
 *
 * Findings of several processes are compared by their words: messages, advice and evidence name no
 * addresses, times and process ids, so that the same trouble in two processes reads the same.
 */
#ifndef PLUGREPORT_FINDING_H
#define PLUGREPORT_FINDING_H

#include "report/model/recording.h"
#include "report/util.h"

enum severity { SEVERITY_NOTE = 1, SEVERITY_WARNING, SEVERITY_ERROR };

/* One piece of evidence: a sentence with what it rests on. */
struct evidence {
	char *text;                      /* escaped, for people */
	int object, call, search, stack; /* indexes into the recording, or NONE */
	int64_t binding;                 /* row id, or 0 */
};

struct finding {
	const struct rule *rule;
	enum severity severity;
	char *message; /* one sentence; escaped */
	char *advice;  /* what a person can do; escaped */
	char *key;     /* see findings_refute(); NULL: nothing refutes it */
	int *objects;  /* the first is what it is about */
	size_t object_count, object_room;
	char **symbols; /* mangled, as recorded */
	size_t symbol_count, symbol_room;
	struct evidence *evidence;
	size_t evidence_count, evidence_room;
	const struct rule **also; /* whose findings were folded into this one, see fold.h */
	size_t also_count, also_room;
	uint64_t seq; /* when it happened; 0: no single moment */
	bool apart; /* somebody knows of it and lives with it: nothing is folded into it, nor it */
};

/* What one process says about another one's finding, see findings_refute(). */
struct refutation {
	const struct rule *rule;
	char *key;
};

struct findings {
	struct finding *list;
	size_t count, room;
	struct refutation *refutations;
	size_t refutation_count, refutation_room;
};
#define AUTO_FINDINGS __attribute__((cleanup(findings_release)))

struct rule_input; /* what rules look at: findings/input.h */

/* Texts are paragraphs parted by empty lines; a line that begins with a space stands as it is. */
struct rule {
	const char *slug;     /* an interface: plugreport-rules(7) */
	const char *group;    /* loading, scope, symbols, unloading, process */
	const char *summary;  /* one line, no full stop */
	const char *meaning;  /* what has happened, and what comes of it */
	const char *reported; /* when it is reported, how severe, and what is left out and why */
	const char *harmless; /* when it does no harm */
	const char *fix;      /* what can be done */
	void (*find)(struct rule_input *input, struct findings *ret);
};

/* All rules, by group, then as in the documentation. */
extern const struct rule *const rules[];
extern const size_t rule_count;
const struct rule *rule_find(const char *slug); /* NULL: there is none */
/* Does `pattern` mean the rule: its slug, its group, or a glob for the slug? */
bool rule_matches(const struct rule *rule, const char *pattern);

/* Append a finding of `rule`; message and advice are taken over.  Valid until the next one. */
struct finding *findings_add(struct findings *findings, const struct rule *rule,
			     enum severity severity, char *message, char *advice);
/* The rule's finding that is about `object` (its first), or that says `message`; NULL: none yet. */
struct finding *findings_about(struct findings *findings, const struct rule *rule, int object);
struct finding *findings_saying(struct findings *findings, const struct rule *rule,
				const char *message);
/* Each object and each symbol is kept once; NONE and NULL are ignored. */
void finding_add_object(struct finding *finding, int object);
void finding_add_symbol(struct finding *finding, const char *symbol);
/* `text` is taken over; the returned evidence's references are NONE.  Valid until the next one. */
struct evidence *finding_add_evidence(struct finding *finding, char *text);
/* The same about a dlopen (or dlclose, dlsym) call, which is described: "WHAT: dlopen(...) called
 * from ...".  NONE adds nothing. */
void finding_add_call(struct finding *finding, const struct recording *rec, const char *what,
		      int call);
/* The same about how an object came into the process: the call that opened it, or who needs it. */
void finding_add_origin(struct finding *finding, const struct recording *rec, int object);

/*
 * "Nobody uses it" is only true when no process does.  A rule gives such a finding a `key`, and
 * says in each process that does use it that findings with this key are refuted; `check` leaves
 * those out that any process it looks at refutes.
 */
void findings_refute(struct findings *findings, const struct rule *rule, const char *key);
bool findings_refuted(const struct findings *findings, const struct finding *finding);

void finding_release(struct finding *finding);
void findings_release(struct findings *findings);

/*
 * What equal findings of two processes have in common: rule, severity, message, and the paths and
 * symbols.  The caller frees it.
 */
char *finding_signature(const struct recording *rec, const struct finding *finding);

const char *severity_name(enum severity severity); /* "error", "warning", "note" */

#endif
