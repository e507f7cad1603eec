/*
 * interpositions_build.h - what the parts of interpositions share while they are built; private to
 * interpositions*.c.
 */
#ifndef PLUGREPORT_INTERPOSITIONS_BUILD_H
#define PLUGREPORT_INTERPOSITIONS_BUILD_H

#include "report/model/interpositions.h"

struct interposition_builder {
	const struct recording *rec;
	const struct bound_set *set;
	struct scopes *scopes; /* or NULL */
	struct definitions definitions;
	struct interpositions *out;
	size_t definer_count, definer_room, user_count, user_room; /* of out's stores */
	int *rank;     /* by object: its place in the order of look-up */
	bool *preload; /* by object: preloaded, or loaded because a preloaded one needs it */
	bool *glibc;   /* by object */
	bool *shared;  /* by symbol of out->list: one object's scopes hold several of the definers
			  that are in use */
	int program;   /* the main program's object, or NONE */
};

/* The definer of `object`, or NULL.  While it is built, definers stand in the order of objects;
 * only interpositions_order_definers() puts them into that of look-up. */
struct interposition_definer *interposition_definer_of(const struct interposition *i, int object);

/* The first definition of the symbol in `object`, its others behind it until *ret_end; NULL when
 * there is none. */
const struct definition *interposition_definition(const struct interposition_builder *b,
						  uint32_t symbol, int object,
						  const struct definition **ret_end);

/* Does a definition of the symbol in `object` serve a reference that asks for `version`? */
bool interposition_serves(const struct interposition_builder *b, uint32_t symbol, int object,
			  uint32_t version);

/* Fill in winner, what, since. */
void interposition_weigh(const struct interposition_builder *b, struct interposition *i);

/* Ask the scopes: fill in `shared` and `rank`. */
void interpositions_look_at_scopes(struct interposition_builder *b);

/* Make the pairs, without their interest. */
void interpositions_pair(struct interposition_builder *b);

/* Decide which symbols are interesting. */
void interpositions_judge(struct interposition_builder *b);

/* Put the definers into the order of look-up. */
void interpositions_order_definers(struct interposition_builder *b);

/* Sort symbols and pairs, those of most interest first. */
void interpositions_sort(struct interposition_builder *b);

/* The pair of these, or NULL. */
const struct interposition_pair *interpositions_find_pair(const struct interpositions *all,
							  int winner, int loser);

static inline bool interposition_is_lookup(const struct interposition_user *user)
{
	return user->kind == BOUND_DLSYM;
}

/* A reference that takes part in the competition: no look-up by handle, and no copy relocation,
 * which names the variable that is copied from. */
static inline bool interposition_counts(const struct interposition_user *user)
{
	return user->kind != BOUND_DLSYM && user->kind != BOUND_COPY;
}

#endif
