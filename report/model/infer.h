/*
 * infer.h - the state of a replay; private to replay.c and infer_*.c (scopes*.c use its maps and
 * find_exit_begin()).
 *
 * Everything here lives during one replay_infer().  Arrays of states run parallel to the
 * recording's arrays; references are indexes into those, NONE for none.
 */
#ifndef PLUGREPORT_INFER_H
#define PLUGREPORT_INFER_H

#include "report/model/recording.h"
#include "report/model/replay.h"
#include "report/model/search_path.h"

#define NAME_SPACE_UNKNOWN INT32_MIN
#define RTLD_NOLOAD_FLAG   4u /* RTLD_NOLOAD and the like of <dlfcn.h>, as recorded */
#define RTLD_GLOBAL_FLAG   0x100u
#define RTLD_BINDING_FLAGS 3u

/* What a key of the name index is. */
enum key_kind {
	KEY_NAME, /* a name that ld.so compares: l_name, DT_SONAME, names it was asked for by */
	KEY_FILE, /* an absolute path of the object's file, see file_key() */
	KEY_STEM, /* its file name up to ".so": what a symbolic link to it is likely to share */
	KEY_CALL, /* dlsym calls that wait for their binding: name space is the caller's index */
};

struct waiter { /* a DT_NEEDED entry that nothing satisfied yet */
	int object;
	size_t position;
	uint64_t epoch;
};

struct key {
	enum key_kind kind;
	int32_t name_space;
	char *name;
	uint64_t hash;
	int *members; /* objects (or calls), oldest first */
	size_t count, room;
	struct waiter *waiters;
	size_t waiter_count, waiter_room;
};

/* (kind, name space, name) -> members.  Keys are never removed. */
struct key_index {
	struct key *keys;
	size_t count, room;
	int *slots; /* open addressing; NONE is free */
	size_t slot_count;
};

/* number -> index, for thread ids and link maps */
struct number_map {
	uint64_t *numbers;
	int *values; /* NONE: free slot */
	size_t used, slot_count;
};

struct thread {
	/* The last name this thread asked for, while nothing told what it came to. */
	int pending;
	bool may_open;      /* the next la_objopen may be its answer */
	bool loading_ended; /* CONSISTENT, DELETE or PREINIT came after it */
	int *running;       /* dlopen, dlmopen and dlclose calls that have not returned */
	size_t running_count, running_room;
	int waiting;          /* dlsym call that waits for its binding */
	int undecided;        /* dlopen call whose handle, if used next, tells its result */
	uint64_t outside_seq; /* last call, or search from outside */
};

/* For searches with ORIGIN_NAME: a request. */
struct request_state {
	enum load_reason reason; /* of what it loads */
	int call;                /* tapped call that it serves */
	int last_try;            /* search: last path tried */
	int32_t name_space;      /* where the object belongs; NAME_SPACE_UNKNOWN: a new one */
};

struct call_state {
	int request;        /* search for its name */
	int object;         /* opened for its name */
	int match;          /* had its name already */
	bool failed_search; /* a DT_NEEDED of what it opened was not found */
	bool done;
};

struct object_state {
	bool live;
	bool failed_load; /* closed again by the dlopen that opened it */
	bool handed_out;  /* a known dlopen returned its handle to somebody */
	int candidate_of; /* undecided dlopen call that may have returned its handle */
	int *keys;        /* of the name index */
	size_t key_count, key_room;
	struct search_place *places; /* of its requests; valid when places_known */
	size_t place_count;
	bool places_known;
};

struct replay {
	struct recording *rec;
	struct request_state *requests;
	struct call_state *calls;
	struct object_state *objects;
	struct thread *threads;
	size_t thread_count, thread_room;
	struct number_map thread_of_tid, object_of_link_map;
	struct number_map handed_to; /* (caller, object): that caller got its handle */
	struct key_index index;
	int program, ldso;     /* the first objects of these kinds that were opened */
	bool started;          /* start-up is over */
	bool preloads_over;    /* the program's own DT_NEEDED are being loaded */
	bool gaps;             /* events may be missing between others: absence proves nothing */
	bool ended;            /* the process ended by exit, and nothing is missing at the end */
	bool merged_usr;       /* /lib is a symbolic link to /usr/lib */
	uint64_t epoch;        /* grows whenever a namespace becomes consistent */
	uint64_t last_dlclose; /* seq of the last dlclose call */
	uint64_t exit_begin; /* seq where exit's closing of everything begins; UINT64_MAX: never */
	char **preloads;     /* names in LD_PRELOAD */
	size_t preload_count, preload_room;
};

/* infer_names.c */

/* Members of (kind, name_space, name); NULL when the key is not there. */
struct key *key_find(struct key_index *index, enum key_kind kind, int32_t name_space,
		     const char *name);
/* The same, made when it is not there; valid until the next key_make(). */
struct key *key_make(struct key_index *index, enum key_kind kind, int32_t name_space,
		     const char *name);
void key_index_release(struct key_index *index);

/* The object is known by `name` from now on, in name_space.  Adding twice is harmless. */
void names_add(struct replay *rp, int object, enum key_kind kind, int32_t name_space,
	       const char *name);
/* Another path of its file, e.g. a symbolic link. */
void names_add_file(struct replay *rp, int object, const char *path);
/* Everything that an opened object can be recognised by; `asked` is the name it was asked for by,
 * or NULL. */
void names_add_object(struct replay *rp, int object, const char *asked);
void names_remove_object(struct replay *rp, int object);
/* The oldest live object that ld.so would take for `name`, or NONE. */
int names_find(struct replay *rp, int32_t name_space, const char *name);
/* The live object whose file is at `path`, as far as recorded paths tell; `path` may be relative to
 * the working directory. */
int names_find_file(struct replay *rp, int32_t name_space, const char *path);
/* The only live object whose file name begins like that of `name`; NONE for none or several,
 * ret_any tells which. */
int names_find_stem(struct replay *rp, int32_t name_space, const char *name, bool *ret_any);
bool same_stem(const char *a, const char *b);

/* Value of a number in a map, NONE when it is not there; setting NONE forgets it. */
int number_map_get(const struct number_map *map, uint64_t number);
void number_map_set(struct number_map *map, uint64_t number, int value);
void number_map_release(struct number_map *map);

/* infer_load.c: objects */
void load_open(struct replay *rp, int object);
void load_close(struct replay *rp, int object);
uint64_t find_exit_begin(const struct recording *rec);

/* infer_search.c: requests and tried paths */
void search_event(struct replay *rp, struct thread *thread, int search);
/* The thread's pending request is over: conclude what it came to.  went_on: by a later event of the
 * same thread; otherwise the recording ends. */
void search_settle(struct replay *rp, struct thread *thread, bool went_on);
/* The namespace is consistent again, or being deleted from: nothing is opened for the pending
 * request any more.  Whether the load succeeded shows later. */
void search_loading_ended(struct replay *rp, struct thread *thread, enum activity_kind kind);
void request_loaded(struct replay *rp, int search, int object);
void request_already_loaded(struct replay *rp, int search, int object);
void request_failed(struct replay *rp, int search);
/* Is the request made by a call with RTLD_NOLOAD? */
bool request_is_no_load(const struct replay *rp, int search);

/* infer_call.c: dlopen and its family */
void call_event(struct replay *rp, struct thread *thread, int call);
void call_binding(struct replay *rp, const struct dlsym_binding *binding);
/* Calls of this thread made at or below stack pointer sp have returned. */
void calls_return(struct replay *rp, struct thread *thread, uint64_t sp);
void calls_return_all(struct replay *rp, struct thread *thread);
/* The running dlopen or dlmopen call of this name that has not got its search or object yet, or
 * NONE; calls made inside it have returned then. */
int call_for_name(struct replay *rp, struct thread *thread, const char *name);
/* Namespace that a dlopen or dlmopen call loads into. */
int32_t call_name_space(const struct replay *rp, int call);

/* Does a call stack, from its frame `from` on, show that `outer` was running? */
enum inside { OUTSIDE, INSIDE, INSIDE_UNKNOWN };
enum inside stack_inside(const struct recording *rec, int stack, size_t from,
			 const struct call *outer);

/* infer_span.c: when each call was certainly still running, and when it had certainly returned. */
void spans_infer(struct recording *rec);

#endif
