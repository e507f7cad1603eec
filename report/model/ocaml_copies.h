/*
 * ocaml_copies.h - which OCaml compilation units the objects of a process have, which of them are
 * there more than once, and who is bound to which copy.
 *
 * Told by exported symbols alone, so that it works with a packed database, too: ocamlopt exports
 * all of a unit's symbols, and Dynlink counts on it.
 */
#ifndef PLUGREPORT_OCAML_COPIES_H
#define PLUGREPORT_OCAML_COPIES_H

#include "report/model/bound.h"

struct unit_user {
	int from;
	uint64_t references;
};

/* A unit in one object. */
struct unit_copy {
	int object;
	bool plugin;             /* the object is a plugin (.cmxs) */
	bool failed;             /* the load that it came with failed */
	bool ran;                /* so it has a state; Dynlink doesn't run what it refuses */
	struct unit_user *users; /* other objects that are bound to this copy */
	size_t user_count, user_room;
	uint64_t own;  /* the object's references to this copy, its own one */
	uint64_t lost; /* the object's references to other copies, though it has this one */
};

struct unit_copies {
	char *unit;
	struct unit_copy *copies; /* in the order in which they were opened */
	size_t count, room;
	size_t run; /* how many copies ran */
};

struct ocaml_copies {
	struct unit_copies *list; /* all units, in order of their names */
	size_t count, room;
	bool bytecode; /* there is an interpreter, whose units nobody sees */
};

/* `symbols` may be NULL: nothing is known then.  `set` may be NULL: nobody is bound to anything. */
void ocaml_copies_build(const struct recording *rec, const struct bound_set *set,
			struct symbol_provider *symbols, struct ocaml_copies *ret);
void ocaml_copies_release(struct ocaml_copies *copies);
#define AUTO_OCAML_COPIES __attribute__((cleanup(ocaml_copies_release)))

#endif
