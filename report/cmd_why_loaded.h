/*
 * cmd_why_loaded.h - private to cmd_why_loaded*.c: how an answer is shown to people.
 */
#ifndef PLUGREPORT_CMD_WHY_LOADED_H
#define PLUGREPORT_CMD_WHY_LOADED_H

#include "report/cmd.h"
#include "report/model/why_loaded.h"

/* `told`: so is its chain, of another load that ended in another way. */
void why_loaded_to_text(const struct show *show, const struct why_loaded *why, bool told,
			const struct same_processes *same, size_t repeats);

/* Reasons that need no further words. */
bool load_reason_is_plain(enum load_reason reason);

#endif
