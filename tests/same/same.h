/*
 * same.h - does a program behave the same with the recorder as without it?
 *
 * A run gives facts: what the program wrote, how it and each of its descendants ended, and what
 * they had then: descriptors, signal settings, environment, limits, mapped files, children.
 * Descendants are stopped at their end by ptrace(2) and read through /proc; nothing is put into
 * them.  The recorder's own part (its mappings, its spool, the plugreport that it starts) is left
 * out where the facts are gathered.  same.c runs a program plain and audited, several times, and
 * compares.
 */
#ifndef PLUGAUDIT_TESTS_SAME_H
#define PLUGAUDIT_TESTS_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fact {
	char *key, *value;
};

struct facts {
	struct fact *rows;
	size_t count, room;
};

/* Takes `key` and `value` over, which come from malloc. */
void facts_add(struct facts *facts, char *key, char *value);
void facts_sort(struct facts *facts);                               /* by key; a key occurs once */
const char *facts_find(const struct facts *facts, const char *key); /* NULL none */
void facts_release(struct facts *facts);

/* How a program is to be run. */
struct plan {
	char *const *argv;
	const char *
		setup; /* a shell command, run in the fresh working directory before; may be NULL */
	const char *root; /* an empty directory for all that is needed */
	bool traced;      /* false: only what it wrote and how it ended */
	bool quiet;       /* PLUGAUDIT_QUIET */
	int seconds;      /* it may take */
};

/*
 * Run the program with `module` as auditor, or none (NULL), in namespaces of its own where that is
 * possible: process ids are the same each time then.  Fills `facts`, sorted.  False: it could not
 * be run at all.
 */
bool run_program(const struct plan *plan, const char *module, struct facts *facts);

/* Follow `pid`, which must wait for being released by writing to `go`, and all of its descendants,
 * until none is left or `init` has ended.  `module` is left out of the facts. */
void trace_program(pid_t pid, int go, pid_t init, const char *module, struct facts *facts);

/* What process `pid`, which is about to end, has; `key` names it in the facts. */
void read_process(pid_t pid, const char *key, const char *module, struct facts *facts);

/* To be called once for each auditor: which libraries come with it. */
void learn_needs(const char *module);

/* To be called once for each run: where `init`, which the program descends from, has its root. */
void learn_root(pid_t init);

/* Does `address` of process `pid` lie in the file `path`, as far as it is mapped? */
bool is_code_of(pid_t pid, unsigned long address, const char *path);

#endif
