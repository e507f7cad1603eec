/*
 * scopes.h - ld.so's state, rebuilt event by event: link-map lists, scopes, reference counts.
 *
 * A pure state machine over a recording whose inferred parts are filled in (replay.h): new, advance
 * to a point of the history, ask.  It only goes forward; asking does not change it.  What the
 * evidence does not tell is marked (`sure`), never made up.
 *
 * Rules: glibc elf/dl-object.c (_dl_new_object: a new object's scopes), elf/dl-open.c
 * (dl_open_worker, add_to_global_*, RTLD_GLOBAL and RTLD_NODELETE), elf/dl-load.c (DT_SYMBOLIC),
 * elf/dl-deps.c (breadth-first search lists, DT_FILTER), elf/dl-close.c (_dl_close_worker's mark
 * and sweep), elf/dl-lookup.c (add_dependency: relocation dependencies; STB_GNU_UNIQUE), dlopen(3).
 * From 2.31 to 2.43 these have changed in what they announce and when, not in the resulting scopes;
 * what differs is the order in which constructors run (elf/dl-sort-maps.c), which decides whether a
 * dlopen in a constructor extends the scopes of an object beside it.
 */
#ifndef PLUGREPORT_SCOPES_H
#define PLUGREPORT_SCOPES_H

#include "report/model/recording.h"
#include "report/model/symbols.h"

struct scopes;

/* One searchlist in an object's list of scopes (an element of l_scope). */
enum scope_kind {
	SCOPE_GLOBAL,   /* the namespace's: the program's searchlist and what was added to it */
	SCOPE_LOCAL,    /* l_searchlist of `root`, which a dlopen named */
	SCOPE_SYMBOLIC, /* DT_SYMBOLIC: the object alone */
};
struct scope {
	enum scope_kind kind;
	int root;      /* object whose searchlist it is: the program, what dlopen named, itself */
	bool deepbind; /* stands before the global scope because of RTLD_DEEPBIND */
	const int *objects; /* in order of look-up; valid until the next scopes_advance() */
	size_t count;
};
/* In a dlmopen namespace the searchlist of its first object stands for the global scope. */

/*
 * How an object came into its namespace's global scope, in the order of the scope.  An object that
 * was there before as RTLD_LOCAL and joins later is a promotion.
 */
struct global_entry {
	int object;
	uint64_t seq; /* when it joined: 0 at the start; else the call's, or for objects that the
			 call loaded the last event inside it: they join behind constructors */
	int call; /* dlopen with RTLD_GLOBAL that added it, or the dlmopen that made the namespace;
		     NONE: start-up, LD_PRELOAD */
	int root; /* object that the call named; `object` came as its dependency when different */
	bool promoted; /* it was mapped, and RTLD_LOCAL, before the call */
	bool sure;     /* false: the call's result is itself a guess */
};

/* Why an object can't be unmapped, or that nothing keeps it. */
enum pin_kind {
	PIN_STARTUP,        /* the program, its dependencies, preloads: never unloaded */
	PIN_OPEN,           /* l_direct_opencount: `call` opened it and no dlclose came for that */
	PIN_NODELETE_FLAG,  /* RTLD_NODELETE passed by `call` (to it, or to what needs it) */
	PIN_NODELETE_DF1,   /* DF_1_NODELETE in its own dynamic section */
	PIN_UNIQUE,         /* a STB_GNU_UNIQUE `symbol` of it was bound by `object` */
	PIN_NEEDED,         /* DT_NEEDED (or filtee) of `object`, which is itself kept */
	PIN_RELOCATION,     /* `object` is bound to its `symbol`: for good when `object` is of the
			       start-up set, else as long as that is kept */
	PIN_TLS_DESTRUCTOR, /* a thread_local destructor of it has not run: `call` registered it */
	PIN_LIBC,           /* opened by libc itself (NSS, iconv, libgcc_s) */
};
struct pin {
	enum pin_kind kind;
	int object;         /* who keeps it; or NONE */
	int call;           /* or NONE */
	const char *symbol; /* or NULL; belongs to the recording's bindings as they were fed */
	uint64_t seq;       /* since when */
	bool for_good;      /* RTLD_NODELETE in one way or another: no dlclose does anything now */
	bool sure;
	bool inherited; /* from before the fork: a call, if there is one, is in the parent's history
			 */
};

/*
 * A binding as the model needs it: definitions bind objects to one another (relocation
 * dependencies) and pin them (STB_GNU_UNIQUE).  What dlsym(RTLD_DEFAULT) binds, the recording's
 * calls tell; other look-ups by dlsym bind nothing.
 */
struct scopes_binding {
	uint64_t seq;
	int from, to;       /* objects; from may be NONE */
	const char *symbol; /* must live as long as the scopes */
	bool unique;        /* the definition is STB_GNU_UNIQUE */
	bool lookup;        /* by dlsym */
};

/*
 * Start at the beginning of the history.  `bindings`, in order of seq, may be NULL where pins are
 * not asked for; not owned.  The caller frees with scopes_free().
 */
struct scopes *scopes_new(const struct recording *rec, const struct scopes_binding *bindings,
			  size_t binding_count);
void scopes_free(struct scopes *scopes);

/*
 * A forked child begins with what its parent had: `parent` (of another recording, advanced to the
 * fork) is read during this call only.  To be called before the first scopes_advance().  Without
 * it, what a child inherited is rebuilt from DT_NEEDED alone, and its scopes are not sure.
 */
void scopes_inherit(struct scopes *scopes, const struct scopes *parent);

/*
 * Take in all events up to and including `seq` (UINT64_MAX: to the end).  There is no way back:
 * with a `seq` that lies behind, nothing happens.  The state at a binding's seq is what ld.so had
 * when it made that binding: an object being opened is in the searchlist of what is opening it.
 * (With RTLD_GLOBAL it joins the global scope only when its constructors have run.)  What exit
 * closes stays as it is.
 */
void scopes_advance(struct scopes *scopes, uint64_t seq);
/* Where that has come to. */
uint64_t scopes_now(const struct scopes *scopes);

/* The scopes of `object`, in order of look-up; their number goes to ret_count. Valid until the next
 * scopes_advance(). */
const struct scope *scopes_of(struct scopes *scopes, int object, size_t *ret_count);

/*
 * The object's own searchlist: what dlsym(handle) searches, and its local scope.  False when it has
 * none: it was not named by a dlopen.  The program's is the global scope.
 */
bool scopes_searchlist(struct scopes *scopes, int object, struct scope *ret);

/*
 * Whose searchlist dlsym(RTLD_NEXT) called from `object` searches, from behind `object` on: what
 * brought it into the process (the end of its chain of l_loader), or itself.
 */
int scopes_next_root(const struct scopes *scopes, int object);

/* The global scope of a namespace, each with how it came there. */
const struct global_entry *scopes_global(struct scopes *scopes, int32_t name_space,
					 size_t *ret_count);

/* The link-map list of a namespace (ld.so's order). */
const int *scopes_link_maps(struct scopes *scopes, int32_t name_space, size_t *ret_count);

/* Is it announced as closed, while destructors of the same dlclose still run?  Look-ups pass it
 * over then (l_removed). */
bool scopes_removed(const struct scopes *scopes, int object);
/* Is the object mapped at this point? */
bool scopes_mapped(const struct scopes *scopes, int object);
/* Open calls minus closes (l_direct_opencount), as far as results are known.  A dlclose of what is
 * RTLD_NODELETE counts nothing. */
int scopes_open_count(const struct scopes *scopes, int object);
/* What keeps it mapped, directly, now; valid until the next scopes_advance() or scopes_pins(). */
const struct pin *scopes_pins(struct scopes *scopes, int object, size_t *ret_count);
/* Would a dlclose now leave it mapped?  (_dl_close_worker's mark and sweep.) */
bool scopes_used(struct scopes *scopes, int object);
/* False: something before this point is not known well enough to be certain of this object's
 * scopes (lost events, a call whose result is not known); `ret_why` gets a constant sentence. */
bool scopes_sure(const struct scopes *scopes, int object, const char **ret_why);

/* Everything that joined a global scope so far, in order of seq (start-up included). */
const struct global_entry *scopes_history(struct scopes *scopes, size_t *ret_count);

const char *scope_kind_name(enum scope_kind kind);
const char *pin_kind_name(enum pin_kind kind);

#endif
