/*
 * duplicates_build.h - what the parts of duplicates share while they are built; private to
 * duplicates*.c.
 */
#ifndef PLUGREPORT_DUPLICATES_BUILD_H
#define PLUGREPORT_DUPLICATES_BUILD_H

#include "report/model/duplicates.h"

struct duplicate_builder {
	const struct recording *rec;
	const struct bound_set *set;
	struct definitions definitions;
	struct duplicates *out;
	bool *eligible; /* by object: a library or the program, that can be a copy */
	/* Definitions by object: those of o are own[own_first[o]] .. own[own_first[o + 1] - 1],
	 * indexes into definitions.list; and bindings by the object they go to, likewise. */
	size_t *own, *own_first, *to, *to_first;
	/* By name, while a group is looked at: copies that define it, and that are bound. */
	uint32_t *copies, *bound;
	bool *looked_up; /* by name: asked for with dlsym */
	bool *copied;    /* by name: a variable that a copy relocation moved into the program */
};

/*
 * Add a group of `objects` (in the order of loading), unless a group has all of them already.
 * `name` (may be NULL) is copied.  The group's use is not looked at yet; NULL when it was not
 * added; valid until the next one.
 */
struct duplicate *duplicates_add(struct duplicate_builder *b, enum duplicate_kind kind,
				 const int *objects, size_t count, const char *name);

/* Groups by the names of files: DUPLICATE_LIBRARY, DUPLICATE_VERSIONS. */
void duplicates_find_families(struct duplicate_builder *b);

/* Groups by what they export: DUPLICATE_SYMBOLS. */
void duplicates_find_static(struct duplicate_builder *b);

/* How many names two objects both define, of those that make a copy (duplicates_relevant()), and
 * that nobody looks up by handle: an interface. */
size_t duplicates_common(struct duplicate_builder *b, int one, int other);

/* Are the symbols of this object exactly known? */
static inline bool duplicates_exact(const struct duplicate_builder *b, int object)
{
	return b->definitions.source[object] >= SYMBOLS_FILE;
}

/*
 * Does this definition tell copies from strangers, and take part in their verdict?  Not what C++
 * puts into every object that uses a header (only its variables are state, but the C++ library's
 * own); not weak defaults; not what a copy relocation moved into the program, which is one
 * variable; not allocation functions, which are there to be replaced.
 */
bool duplicates_relevant(const struct duplicate_builder *b, const struct definition *definition);

/* Fill in who uses the copies, the symbols, and the verdict. */
void duplicates_weigh(struct duplicate_builder *b, struct duplicate *duplicate);

#endif
