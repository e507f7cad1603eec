/*
 * cmd_inheriting.h - bindings are recorded in the process that made them: those that a forked
 * process inherited are its parent's, and answers about it alone have to say so.
 */
#ifndef PLUGREPORT_CMD_INHERITING_H
#define PLUGREPORT_CMD_INHERITING_H

#include "report/cmd.h"

/* Is this a forked process whose parent is not among those that are asked? */
bool inherits_unasked(const struct process_list *list, size_t row);
/* Is any of them? */
bool any_inherits_unasked(const struct process_list *list);

/*
 * Of which parents the bindings are that were not told: a line each, unless `lines` is false, where
 * the answers say so already; in JSON the member "inheriting" of that group which is open.
 */
void show_inheriting(struct render *render, const struct process_list *list, bool lines);

#endif
