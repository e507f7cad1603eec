/*
 * why_global.h - how an object came into its namespace's global scope, or why it is not in it. Pure
 * conclusions from the model of scopes.
 */
#ifndef PLUGREPORT_WHY_GLOBAL_H
#define PLUGREPORT_WHY_GLOBAL_H

#include "report/model/scopes.h"
#include "report/util.h"

enum global_how {
	GLOBAL_NOT,       /* it never was in it */
	GLOBAL_PROGRAM,   /* the program itself */
	GLOBAL_PRELOADED, /* LD_PRELOAD, /etc/ld.so.preload */
	GLOBAL_NEEDED,    /* needed by the program, or by what that needs */
	GLOBAL_NAMESPACE, /* of the searchlist of what made its dlmopen namespace */
	GLOBAL_OPENED,    /* brought by a dlopen with RTLD_GLOBAL */
	GLOBAL_PROMOTED,  /* it was there as RTLD_LOCAL, and joined later */
	GLOBAL_INHERITED, /* joined before the process was forked */
};

/* By which kind of call an object is promoted. */
enum promotion_way {
	PROMOTION_NONE,
	PROMOTION_NOLOAD,     /* RTLD_NOLOAD|RTLD_GLOBAL */
	PROMOTION_AGAIN,      /* opened again, with RTLD_GLOBAL */
	PROMOTION_DEPENDENCY, /* what was opened with RTLD_GLOBAL needs it */
};

struct why_global {
	int object;
	enum global_how how;
	enum promotion_way way;    /* PROMOTION_NONE unless how is GLOBAL_PROMOTED */
	struct global_entry entry; /* call and root as there; not for GLOBAL_NOT */
	int *locals; /* dlopen calls without RTLD_GLOBAL that brought it, or opened it before it
			joined */
	size_t local_count, local_room;
	bool gone; /* it was in it until it was unloaded, before the process ended */
	bool sure;
	const char *why_unsure; /* constant sentence; NULL when sure */
};

/* `scopes` was advanced to the end (or as far as is asked about).  Release with
 * why_global_release(). */
void why_global_build(const struct recording *rec, struct scopes *scopes, int object,
		      struct why_global *ret);
void why_global_release(struct why_global *why);
#define AUTO_WHY_GLOBAL __attribute__((cleanup(why_global_release)))

/* The explanation without times, addresses and process ids; the caller frees it. */
char *why_global_signature(const struct recording *rec, const struct why_global *why);

/* How an entry of scopes_history() that is a promotion came about. */
enum promotion_way promotion_way(const struct recording *rec, const struct global_entry *entry);

const char *global_how_name(enum global_how how);       /* "not-global", "program" ... */
const char *promotion_way_name(enum promotion_way way); /* "noload", "opened-again" ... */

#endif
