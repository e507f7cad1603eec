/*
 * cmd_concerned.h - commands that show something of each process, as far as it concerns the LIBs
 * that are named: duplicates, interpositions.
 */
#ifndef PLUGREPORT_CMD_CONCERNED_H
#define PLUGREPORT_CMD_CONCERNED_H

#include "report/cmd.h"

struct concern;

/*
 * Show one process, between concern_begin() and concern_end().  `concerned`: by object, what the
 * operands mean; NULL without operands.  False after a message.
 */
typedef bool (*show_concern)(struct concern *concern, const struct show *show,
			     const bool *concerned);

struct concern {
	struct context *context;
	show_concern each;
	struct nearest *near; /* to each LIB */
	bool *matched;
	bool begun;
	size_t quiet; /* processes with nothing to look at, which text leaves out */
};

/*
 * Begin a process (heading, JSON object), unless text leaves it out: of many processes, only those
 * with something to look at are worth a paragraph (`quiet`: this one has nothing).
 */
bool concern_begin(struct concern *concern, const struct show *show, bool quiet);
void concern_end(const struct show *show);

/* The whole command, about the processes that have any of the LIBs; returns the exit status:
 * EXIT_FOUND when a LIB means nothing. */
int show_concerned(struct context *context, show_concern each);

#endif
