/*
 * timeline.h - what happened when, and inside of what: loads, promotions, closes.  Pure conclusions
 * from a recording whose inferred parts are filled in, and its scopes.
 */
#ifndef PLUGREPORT_TIMELINE_H
#define PLUGREPORT_TIMELINE_H

#include "report/model/scopes.h"

enum timeline_kind {
	TIMELINE_START,  /* from the program's start to the first constructor: everything relocated
			  */
	TIMELINE_CALL,   /* dlopen, dlmopen, dlclose */
	TIMELINE_LOAD,   /* an object, from the request for its name to its la_objopen */
	TIMELINE_GLOBAL, /* an object joins the global scope after the start */
	TIMELINE_UNLOAD, /* la_objclose of an object, but for those of exit */
	TIMELINE_EXIT,   /* exit closes what is left */
};

struct timeline_entry {
	enum timeline_kind kind;
	int object;            /* load, global, unload; else NONE */
	int call;              /* call, global; else NONE */
	uint32_t tid;          /* thread; of a global or an unload, its parent's */
	uint64_t seq, time_ns; /* when it began, since the program's start */
	uint64_t least_ns;     /* it lasted so long at least */
	uint64_t most_ns;      /* and so long at most, when has_most: the same when observed */
	bool has_most;         /* false: no later event of its thread tells */
	bool promoted;         /* global: it was loaded before */
	int parent;            /* entry during which it happened; NONE */
	size_t count;          /* exit: objects closed */
};

struct timeline {
	struct timeline_entry *entries; /* in order of seq; parents before what is in them */
	size_t count, room;
};

/* `scopes` (may be NULL: no promotions) was advanced to the end.  Release with
 * timeline_release(). */
void timeline_build(const struct recording *rec, struct scopes *scopes, struct timeline *ret);
void timeline_release(struct timeline *timeline);
#define AUTO_TIMELINE __attribute__((cleanup(timeline_release)))

const char *timeline_kind_name(enum timeline_kind kind); /* "start", "call", "load" ... */

#endif
