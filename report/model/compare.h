/*
 * compare.h - what differs between two recorded processes: objects, their order and scopes, where
 * their references went, and how the processes ended.  Addresses, times and process ids don't
 * count.  Pure conclusions.
 *
 * Objects of the two are the same one when they have the same name (SONAME, else file name) in the
 * same namespace (numbered in the order of their making): those of equal paths first, then in the
 * order of loading.  After those, names that differ in the hash only which a packaging tool put
 * there (libx-1a2b3c4d.so.1 and libx-99887766.so.1, or libx.so.1), with one object on each side.
 */
#ifndef PLUGREPORT_COMPARE_H
#define PLUGREPORT_COMPARE_H

#include "report/model/bound.h"

/* One side.  `global`, by object: was it ever in the global scope?  May be NULL: not known. */
struct compared {
	const struct recording *rec;
	const struct bound_set *bound;
	const bool *global;
};

/* How an object differs: bits. */
enum object_difference {
	DIFFERS_GAINED = 1,        /* only in B */
	DIFFERS_LOST = 2,          /* only in A */
	DIFFERS_PATH = 4,          /* another file's path */
	DIFFERS_BUILD = 8,         /* another build-id; or, where one has none, another size */
	DIFFERS_SCOPE = 16,        /* global in one, RTLD_LOCAL in the other */
	DIFFERS_ORDER = 32,        /* stands elsewhere among those that both have */
	DIFFERS_RULE = 64,         /* found by another rule, or brought in another way */
	DIFFERS_SEARCH_PATH = 128, /* another DT_RPATH or DT_RUNPATH */
	DIFFERS_LIFETIME = 256,    /* unloaded before the end in one, not in the other */
	DIFFERS_NAME = 512,        /* another hash in its name */
};

struct object_change {
	int a, b; /* objects; NONE on one side */
	unsigned int what;
	int before_a, before_b; /* DIFFERS_ORDER: what stands before it in A, and in B; NONE: it is
				   the first of its namespace */
};

/* References of one object that go elsewhere. */
struct binding_change {
	int from_a, from_b;
	int to_a, to_b;
	const char **symbols; /* belong to B's bound_set; each once */
	size_t count, room;
};

struct comparison {
	int *b_of;                     /* by A's object: the same one in B, or NONE */
	struct object_change *objects; /* lost and changed ones in A's order, then gained ones */
	size_t object_count, object_room;
	struct binding_change *bindings; /* in A's order of the referring objects */
	size_t binding_count, binding_room;
	/* They ended in different ways: by another kind of end, or with another wait status, where
	 * it is known of both.  Whether a core was dumped is the system's choice, not theirs. */
	bool end;
};

/* `ignored`: bits that are left out.  Release with comparison_release(). */
void comparison_build(const struct compared *a, const struct compared *b, unsigned int ignored,
		      struct comparison *ret);
void comparison_release(struct comparison *comparison);
#define AUTO_COMPARISON __attribute__((cleanup(comparison_release)))

/* "gained", "lost", "path", "build", "scope", "order", "rule", "search-path", "lifetime",
 * "name". */
const char *object_difference_name(enum object_difference difference);

#endif
