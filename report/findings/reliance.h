/*
 * reliance.h - what calls made global, and who is bound to it only because of that; private to
 * findings/.
 */
#ifndef PLUGREPORT_RELIANCE_H
#define PLUGREPORT_RELIANCE_H

#include "report/findings/input.h"

/* A binding that went there because the object is global. */
struct reliance {
	const struct bound *bound;
	int instead; /* what it would have gone to; NONE: nothing, it would have failed */
};

/* Objects that are global because of one call. */
struct globals {
	int call;     /* dlopen */
	uint64_t seq; /* when the first joined */
	int *objects; /* in the order of joining: what the call named comes first */
	size_t count, room;
	size_t reliance_count;  /* bindings of others that only the global scope explains */
	struct reliance *first; /* one for each referring object, in order of seq */
	size_t first_count, first_room;
};

/*
 * Call `each` for what each dlopen made global: objects that were there as RTLD_LOCAL (`promoted`),
 * or that it loaded.  `scopes` are those of the end.  What was loaded and promoted again is told
 * once.
 */
void globals_each(struct rule_input *input, bool promoted,
		  void (*each)(struct rule_input *input, struct scopes *scopes,
			       const struct globals *globals, struct findings *ret),
		  struct findings *ret);
bool globals_have(const struct globals *globals, int object);

/* Evidence: who is bound to them, and what would have been without, for the first of them. */
void finding_add_reliance(struct finding *finding, struct rule_input *input,
			  const struct globals *globals);

#endif
