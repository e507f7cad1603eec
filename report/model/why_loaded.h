/*
 * why_loaded.h - who brought an object into the process: the chain of requests from the program (or
 * whatever else it began with) down to it, and everybody who asked for it again.  Pure conclusions
 * from a recording whose inferred parts are filled in.
 */
#ifndef PLUGREPORT_WHY_LOADED_H
#define PLUGREPORT_WHY_LOADED_H

#include "report/model/recording.h"

/* One link of the chain: why `object` was loaded. */
struct load_step {
	int object;
	enum load_reason reason;
	int by;        /* object that asked: owner of the DT_NEEDED, or the caller; NONE unknown */
	int call;      /* REASON_DLOPEN: the call; NONE otherwise */
	int request;   /* search for its name, or NONE */
	int hit;       /* search that had the file, or NONE */
	size_t misses; /* paths announced in vain before */
};

enum asked_kind {
	ASKED_NEEDED, /* DT_NEEDED of `by` */
	ASKED_OPEN,   /* dlopen or dlmopen `call` */
	ASKED_LIBC,   /* a search from outside without a tapped call: libc itself */
	ASKED_CLOSE,  /* dlclose `call` */
};

/* A later request for the same object, or a dlclose of it. */
struct load_asked {
	enum asked_kind kind;
	uint64_t seq, time_ns;
	int by;     /* object, or NONE */
	int call;   /* or NONE */
	int search; /* ASKED_LIBC */
};

struct why_loaded {
	int object;
	struct load_step *steps; /* outermost first; the last one is `object` */
	size_t step_count, step_room;
	bool circular; /* the inferred reasons run in a circle: the chain has no beginning */
	struct load_asked *asked; /* in order of seq */
	size_t asked_count, asked_room;
};

/* Release with why_loaded_release(). */
void why_loaded_build(const struct recording *rec, int object, struct why_loaded *ret);
void why_loaded_release(struct why_loaded *why);

/*
 * Was this object closed because the process ended?  ld.so tells la_objclose for everything in
 * exit(), namespace by namespace, and for the program itself there only: see find_exit_begin() in
 * model/infer.h.  (Whether la_activity(DELETE) comes before or after tells nothing: since 2.37
 * dlclose announces it first, too.)
 */
bool object_closed_at_exit(const struct recording *rec, int object);

/*
 * The explanation without times, addresses and process ids: equal strings are equal explanations.
 * The caller frees it.
 */
char *why_loaded_signature(const struct recording *rec, const struct why_loaded *why);
/* The same of the chain alone, without what happened afterwards. */
char *why_loaded_chain_signature(const struct recording *rec, const struct why_loaded *why);

/* What a call is but for times and addresses, appended for such a signature. */
struct strbuf;
void sign_call(const struct recording *rec, int call, struct strbuf *sb);

#endif
