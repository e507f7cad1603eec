/*
 * symbol_groups.h - interpositions as findings: symbols with the same fate, and the same objects in
 * it, are one finding.  Private to findings/.
 */
#ifndef PLUGREPORT_SYMBOL_GROUPS_H
#define PLUGREPORT_SYMBOL_GROUPS_H

#include "report/findings/input.h"

struct symbol_group {
	enum severity severity;
	/* Who won, and who was meant; or all definers in use, in order of look-up. */
	int *objects;
	size_t object_count, object_room;
	const struct interposition **symbols; /* as the model orders them */
	size_t symbol_count, symbol_room;
};

struct symbol_groups {
	struct symbol_group *list; /* in the order of the model: the most interesting first */
	size_t count, room;
};
#define AUTO_SYMBOL_GROUPS __attribute__((cleanup(symbol_groups_release)))

/* By (object that won, object that was meant) of interposition_first_miss(): of the interpositions
 * for which `wanted` is true, and that are at least a note. */
void symbol_groups_by_miss(struct rule_input *input,
			   bool (*wanted)(struct rule_input *input, const struct interposition *i),
			   struct symbol_groups *ret);
/* By the definers that somebody is bound to. */
void symbol_groups_by_definers(struct rule_input *input,
			       bool (*wanted)(struct rule_input *input,
					      const struct interposition *i),
			       struct symbol_groups *ret);
void symbol_groups_release(struct symbol_groups *groups);

/*
 * The first user that missed its definition, preferably one whose two objects are not linked
 * against each other: who built those knew of both.  NULL: none did.
 */
const struct interposition_user *interposition_first_miss(const struct recording *rec,
							  const struct interposition *i);

/* A symbol's name, mangled. */
const char *interposition_name(struct rule_input *input, const struct interposition *i);

/* "malloc, free and 12 more", demangled. */
void add_group_symbols(struct strbuf *sb, struct rule_input *input,
		       const struct symbol_group *group, size_t most);

/*
 * Make the finding of a group: its objects and symbols, who is bound to whom for the first of them,
 * and how each object came into the process.
 */
struct finding *symbol_group_report(struct rule_input *input, const struct symbol_group *group,
				    const struct rule *rule, char *message, char *advice,
				    struct findings *ret);

#endif
