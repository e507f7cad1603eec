/*
 * why_resident.h - why an object is still mapped, or when it went and by whose doing.  Pure
 * conclusions from the model of scopes.
 */
#ifndef PLUGREPORT_WHY_RESIDENT_H
#define PLUGREPORT_WHY_RESIDENT_H

#include "report/model/scopes.h"
#include "report/util.h"

enum resident_state {
	RESIDENT_STARTUP,  /* of the start-up set: no dlclose can unload it */
	RESIDENT_KEPT,     /* still mapped at the end, and something keeps it */
	RESIDENT_UNKNOWN,  /* still mapped, and nothing that is known keeps it */
	RESIDENT_UNLOADED, /* it was unloaded before the end */
	RESIDENT_FAILED,   /* the dlopen that brought it failed, and took it away again */
};

/* A dlopen or dlclose of the object. */
struct resident_call {
	int call;
	bool closes;
	bool ignored; /* a dlclose that did nothing: the object was RTLD_NODELETE by then */
	bool open;    /* a dlopen that no dlclose undid */
};

/* Something that keeps the object, directly or through others. */
struct resident_pin {
	struct pin pin;
	int kept;     /* object that this keeps: the one asked about, or one that keeps it */
	size_t depth; /* 0: the one asked about */
	bool seen;    /* `pin.object` is explained further above */
};

struct why_resident {
	int object;
	enum resident_state state;
	bool closed_at_exit;         /* exit closed it, as it does everything */
	int closer;                  /* RESIDENT_UNLOADED: the dlclose that did it; or NONE */
	struct resident_call *calls; /* in order */
	size_t call_count, call_room;
	struct resident_pin
		*pins; /* RESIDENT_KEPT: what keeps it, each followed by what keeps that */
	size_t pin_count, pin_room;
	bool sure;
	const char *why_unsure; /* constant sentence; NULL when sure */
};

/*
 * `scopes` has bindings (or pins by bindings are missing) and was advanced to the end.  Symbols of
 * pins belong to those bindings.  Release with why_resident_release().
 */
void why_resident_build(const struct recording *rec, struct scopes *scopes, int object,
			struct why_resident *ret);
void why_resident_release(struct why_resident *why);
#define AUTO_WHY_RESIDENT __attribute__((cleanup(why_resident_release)))

/* The call (dlclose, or a dlopen that failed) during which the object was closed, or NONE. */
int closing_call(const struct recording *rec, int object);

/* The explanation without times, addresses and process ids; the caller frees it. */
char *why_resident_signature(const struct recording *rec, const struct why_resident *why);

const char *resident_state_name(enum resident_state state); /* "startup", "kept" ... */

#endif
