/*
 * cmd_why_bound.h - how answers of why-bound are found and shown; for the command, and for who
 * shows them elsewhere.
 */
#ifndef PLUGREPORT_CMD_WHY_BOUND_H
#define PLUGREPORT_CMD_WHY_BOUND_H

#include "report/cmd.h"
#include "report/model/why_bound.h"

/* Answers about one process, with what their strings point into.  All zero is empty. */
struct why_bound_answers {
	struct why_bound_list answers;
	/* private: names that `references` of the answers use */
	char **strings;
	size_t string_count, string_room;
};
void why_bound_answers_release(struct why_bound_answers *answers);

/* What is asked for. */
struct why_bound_request {
	const char *symbol;   /* mangled or demangled, or a glob */
	const char *from;     /* LIB that refers to it; NULL: anybody */
	bool internal;        /* ld.so's own look-ups too */
	struct nearest *near; /* gets the names of symbols when none is meant; or NULL */
};

/*
 * The answers about one process, in the order of symbols' names: none when no symbol is meant, or
 * `from` does not refer to it.  False after a message.
 */
bool why_bound_find(struct store *store, const struct recording *rec,
		    const struct why_bound_request *request, struct why_bound_answers *ret);

/* Show one answer: JSON gets an object. */
void show_why_bound(const struct show *show, const struct why_bound *why,
		    const struct same_processes *same, size_t repeats);
/* Its JSON alone. */
void why_bound_to_json(const struct show *show, const struct why_bound *why,
		       const struct same_processes *same, size_t repeats);

#endif
