/*
 * why_found.h - how ld.so looked for a name: every place on its list, in order, and what became of
 * it.  Pure conclusions from a recording whose inferred parts are filled in.
 *
 * ld.so announces a path to auditors just before it tries it, and stays silent about directories
 * that it already knows to be missing, and about names that are not in its cache.  So a place
 * before the find without a probe is PLACE_SILENT, never "tried".
 */
#ifndef PLUGREPORT_WHY_FOUND_H
#define PLUGREPORT_WHY_FOUND_H

#include "report/model/recording.h"
#include "report/model/search_path.h"

enum place_fate {
	PLACE_FOUND,       /* the file came from here */
	PLACE_MISSED,      /* announced, and not it: no such file, or not usable */
	PLACE_UNUSABLE,    /* a file was there that ld.so could not use: the search stopped */
	PLACE_SILENT,      /* in order before the end of the search, but nothing was announced */
	PLACE_NOT_REACHED, /* behind the place where the search ended */
	PLACE_UNKNOWN,     /* announced: the recording does not tell what came of it */
	PLACE_LEFT_OUT,    /* the rule does not apply to this requester: `left_out` says why */
};

struct found_place {
	enum search_rule rule;
	int owner;            /* object whose DT_RPATH or DT_RUNPATH it is; NONE otherwise */
	char *entry;          /* as written there, or NULL */
	char *directory;      /* expanded, or NULL (cache, left-out rules, paths) */
	const char *left_out; /* constant, for PLACE_LEFT_OUT */
	enum place_fate fate; /* with probes: that of the last one */
	int *probes; /* indexes of searches: the paths announced for this place, in order */
	size_t probe_count, probe_room;
};

struct why_found {
	int request;      /* the ORIGIN_NAME search */
	const char *name; /* as asked for; the recording's */
	int requester;    /* object or NONE */
	int call;         /* dlopen or dlmopen call that asked for this very name, or NONE */
	/* How it was asked for: REASON_NEEDED, REASON_PRELOAD, REASON_DLOPEN, REASON_LIBC, or
	 * REASON_UNKNOWN: from outside by a call that was not recorded, or for a filter. */
	enum load_reason reason;
	bool no_load; /* the call had RTLD_NOLOAD: what is not loaded is not searched out */
	enum outcome outcome;
	int result;    /* object it came to, or NONE */
	int hit;       /* search whose path had it; `request` for a name with a slash; or NONE */
	int stopped;   /* path search at which the search ended without a find, though not the last
			  place: PLACE_UNUSABLE or PLACE_UNKNOWN; or NONE */
	size_t misses; /* paths announced in vain */
	struct found_place *places;
	size_t place_count, place_room;
};

/* `request` is the index of an ORIGIN_NAME search.  Release with why_found_release(). */
void why_found_build(const struct recording *rec, int request, struct why_found *ret);
void why_found_release(struct why_found *why);

/* The place that had the file, or NULL. */
const struct found_place *why_found_place(const struct why_found *found);

/*
 * The request that the search `search` belongs to (itself, when it is one), or NONE.
 */
int search_request(const struct recording *rec, int search);

/*
 * Walk the path searches of a request in order: give the request first, then what was returned;
 * NONE ends it.  ld.so holds one lock while it searches, so they follow the request, with no
 * other request of the same thread between them.
 */
int search_next_probe(const struct recording *rec, int request, int last);

/* What became of one announced path; `hit` as search_hit() has it. */
enum place_fate search_fate(const struct search *probe, bool hit);

/* The search that had the file: a path search, or the request itself; NONE: not known.  A file that
 * was opened and then could not be loaded counts. */
int search_hit(const struct recording *rec, int request);

/* The dlopen or dlmopen call that asked for exactly this request, or NONE. */
int search_call(const struct recording *rec, int request);

/*
 * Of a dlopen or dlmopen call that failed: the request, made for a DT_NEEDED of what it loaded,
 * that came to nothing; NONE when there is none (an undefined symbol, a missing version).
 */
int call_missing_request(const struct recording *rec, int call);

/* The failed dlopen or dlmopen call that the object was loaded for and closed again, or NONE. */
int object_failed_call(const struct recording *rec, int object);

/* Was it asked for in vain: neither loaded, nor loaded and closed again, nor held back by
 * RTLD_NOLOAD? */
bool search_in_vain(const struct recording *rec, int request);

/* True when a person who writes `pattern` means this request: equal to, or a glob for, the name as
 * asked for or its file name, a path that was tried for it, or the object that it came to. */
bool search_matches(const struct recording *rec, int request, const char *pattern);

/*
 * What this request came to, without times and numbers: equal strings are equal explanations.
 * The caller frees it.
 */
char *why_found_signature(const struct recording *rec, const struct why_found *why);

#endif
