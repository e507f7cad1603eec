/*
 * cmd_findings.h - the rules applied to many processes: what check, diff, export and the HTML
 * report share.
 */
#ifndef PLUGREPORT_CMD_FINDINGS_H
#define PLUGREPORT_CMD_FINDINGS_H

#include "report/cmd.h"
#include "report/findings/finding.h"
#include "report/findings/suppressions.h"

/* A process of which at least one finding is shown: what findings refer to. */
struct examined {
	struct recording rec;
	struct findings findings;
	size_t row; /* in the process list */
};

/* A finding, and all processes that have it. */
struct reported {
	const struct examined *in; /* the first process that had it */
	const struct finding *finding;
	size_t *rows; /* indexes into the process list */
	size_t row_count, row_room;
	const struct suppression *suppressed; /* by this one; NULL: not */
};

struct examination {
	struct process_list *list;  /* not owned */
	struct examined **examined; /* each allocated by itself: findings point into them */
	size_t examined_count, examined_room;
	struct reported *reported; /* worst first, then in the order of the rules */
	size_t count, room;
	size_t by_severity[SEVERITY_ERROR + 1]; /* without suppressed ones */
	size_t suppressed;
};
#define AUTO_EXAMINATION __attribute__((cleanup(examination_release)))

/* Is the rule asked for by --rule and not left out by --ignore? */
bool rule_is_selected(const struct options *options, const struct rule *rule);

/*
 * Apply the selected rules to the processes of `list`, one at a time; only those with findings stay
 * in memory.  Equal findings of several processes are one.  `suppressions` may be NULL.  False
 * after a message.
 */
bool examine(struct store *store, const struct options *options, struct process_list *list,
	     struct suppressions *suppressions, struct examination *ret);
void examination_release(struct examination *examination);

/* One finding, with evidence and advice unless `brief`. */
void show_finding(const struct show *show, const struct finding *finding,
		  const struct same_processes *same, bool brief);
/* The same as an element of a JSON array; `suppressed` may be NULL. */
void finding_to_json(const struct show *show, const struct finding *finding,
		     const struct same_processes *same, const struct suppression *suppressed);

/* The text of a rule's page for people, wrapped, as lines of the renderer. */
void show_rule_page(struct render *render, const struct rule *rule);

#endif
