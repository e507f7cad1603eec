/*
 * recording.h - one process image of a recording, in memory.
 *
 * store/ fills it, from a spool or from the database; model/ concludes from it and fills in what is
 * marked "inferred"; commands read it.  Bindings and symbols are not here: there can be millions,
 * store/ hands them out one by one.
 *
 * References between parts are indexes into the arrays of the same recording; NONE means no such
 * thing or not known.  Arrays are in the order of their seq.
 * The recording owns all strings; NULL means absent.  Strings are untrusted bytes.
 */
#ifndef PLUGREPORT_RECORDING_H
#define PLUGREPORT_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONE (-1)

enum object_kind { OBJECT_LIBRARY = 1, OBJECT_MAIN, OBJECT_LDSO, OBJECT_VDSO, OBJECT_UNOPENED };

/* Why an object is in the process.  Names: load_reason_name(). */
enum load_reason {
	REASON_UNKNOWN,
	REASON_MAIN,      /* the program itself */
	REASON_LDSO,      /* the dynamic linker: the program's PT_INTERP */
	REASON_VDSO,      /* mapped by the kernel */
	REASON_PRELOAD,   /* LD_PRELOAD or /etc/ld.so.preload */
	REASON_NEEDED,    /* DT_NEEDED of reason_object */
	REASON_DLOPEN,    /* named by the dlopen or dlmopen call reason_call */
	REASON_LIBC,      /* asked for by libc itself: NSS, iconv, libgcc_s for pthread_cancel */
	REASON_AUDIT,     /* came with an auditor */
	REASON_INHERITED, /* was there when the process was forked */
};

struct segment {
	uint32_t type, flags;
	uint64_t vaddr, memsz, offset;
};

struct needed {
	char *name;
	int resolved; /* inferred: object, or NONE */
};

struct object {
	int64_t id; /* row in the database; 0 while it has none */
	uint32_t number;
	int32_t name_space;
	enum object_kind kind;
	char *path; /* never NULL; for the main program its exe */
	char *real_path;
	char *soname;
	char *build_id; /* hex */
	char *rpath, *runpath;
	bool has_file; /* dev, ino, file_size and mtime_ns are known */
	uint64_t dev, ino, file_size, mtime_ns;
	uint64_t link_map, load_address, map_start, map_end, dynamic;
	uint64_t flags, flags_1, elf_flags;
	bool inherited;
	uint64_t opened_seq, opened_ns;
	uint32_t opened_tid;
	uint64_t closed_seq, closed_ns; /* 0: never closed */
	struct segment *segments;
	size_t segment_count;
	struct needed *needed;
	size_t needed_count;
	const char *called; /* what text calls it, in `path` or `real_path`; NULL: not worked out */
	/* inferred: */
	enum load_reason reason;
	int reason_object, reason_call, reason_search;
};

enum search_origin {
	ORIGIN_NAME, /* LA_SER_ORIG: a name is asked for */
	ORIGIN_LIBPATH,
	ORIGIN_RUNPATH, /* DT_RPATH or DT_RUNPATH */
	ORIGIN_CACHE,
	ORIGIN_DEFAULT,
	ORIGIN_SECURE,
};

/* Which rule of ld.so(8) a tried path belongs to. */
enum search_rule {
	RULE_UNKNOWN,
	RULE_PATH, /* the name has a slash: no search */
	RULE_RPATH,
	RULE_LD_LIBRARY_PATH,
	RULE_RUNPATH,
	RULE_CACHE,
	RULE_DEFAULT,
};

enum outcome {
	OUTCOME_UNKNOWN,
	OUTCOME_LOADED,         /* a new link map came of it */
	OUTCOME_ALREADY_LOADED, /* it came to an object that was there */
	OUTCOME_MISSING,  /* path tried in vain: no such file, or not usable (wrong class ...) */
	OUTCOME_FAILED,   /* nothing was found, or what was found could not be loaded */
	OUTCOME_UNUSABLE, /* a file was there that could not be used: no link map came of it */
};

struct search {
	int64_t id;
	uint64_t seq, time_ns, sp;
	uint32_t tid;
	int requester; /* object */
	enum search_origin origin;
	bool root;   /* the namespace was consistent: asked for from outside */
	char *tried; /* as la_objsearch had it */
	uint64_t dev,
		ino; /* of the file, for a name with a slash, while it is taken in; 0 unknown */
	int stack;
	/* inferred: */
	int request; /* the ORIGIN_NAME search that this path belongs to; itself for a name */
	enum search_rule rule;
	int owner; /* object whose RPATH or RUNPATH names the directory */
	enum outcome outcome;
	int result; /* object */
};

enum call_kind {
	CALL_DLOPEN = 1,
	CALL_DLMOPEN,
	CALL_DLCLOSE,
	CALL_DLSYM,
	CALL_DLVSYM,
	CALL_THREAD_ATEXIT, /* __cxa_thread_atexit_impl: `result` stays until the thread ends */
};

/* How a call's result is known.  Names: known_by_name(). */
enum known_by {
	KNOWN_NOT,
	KNOWN_NESTED_OPEN,   /* an object was opened during the call, for this name */
	KNOWN_NESTED_SEARCH, /* a search during the call came to an object that was there */
	KNOWN_NAME_MATCH,    /* an object of this name was there: ld.so searches nothing then */
	KNOWN_HANDLE,        /* the handle is a link map's address */
	KNOWN_BINDING,       /* dlsym: the binding reported during the call */
	KNOWN_FAILED_SEARCH, /* a search during this call came to nothing usable */
	KNOWN_NOT_LOADED,    /* RTLD_NOLOAD, and no object that was there came of it */
};

struct call {
	int64_t id;
	uint64_t seq, time_ns, sp;
	uint32_t tid;
	enum call_kind kind;
	int caller; /* object */
	uint64_t caller_address;
	char *name, *version;
	uint32_t flags; /* RTLD_* of dlopen and dlmopen */
	uint64_t handle;
	int64_t name_space;
	int stack;
	/* inferred: */
	int parent; /* call during which this one was made */
	int result; /* object */
	enum known_by known_by;
	enum outcome outcome; /* dlopen and dlmopen */
	/* The last event known to be inside the call (itself when there is none), and the first of
	 * its thread behind it (seq 0: none): so long it lasted at least, and at most. */
	uint64_t inside_seq, inside_ns, returned_seq, returned_ns;
};

enum activity_kind { ACTIVITY_CONSISTENT, ACTIVITY_ADD, ACTIVITY_DELETE, ACTIVITY_PREINIT };

struct activity {
	uint64_t seq, time_ns, sp;
	uint32_t tid;
	enum activity_kind kind;
	int object;
};

struct frame {
	uint64_t address;
	int object;
	char *function, *file; /* as in DWARF or the symbol table: mangled */
	uint64_t function_offset;
	int line; /* 0 unknown */
	bool inlined;
};

struct stack {
	int64_t id;
	uint32_t flags;       /* SPOOL_STACK_* */
	struct frame *frames; /* innermost first */
	size_t frame_count;
};

struct variable {
	char *name, *value;
};

struct recording {
	int64_t process_id; /* row in the database; 0 while it has none */
	int64_t run_id, parent_id;
	char spool_uuid[33], run_uuid[33], parent_uuid[33]; /* hex; parent_uuid "" when none */
	int pid, ppid, parent_pid;
	char begin_kind[8]; /* start, exec, fork */
	char end_kind[8];   /* running, exit, exec, unknown */
	bool has_wait_status;
	int wait_status;
	uint64_t parent_seq;
	uint32_t uid, gid, machine, audit_version;
	uint64_t started_ns, ended_ns; /* ended_ns 0: not known */
	uint64_t lost_events, lost_stacks;
	uint32_t lost_reason;
	uint64_t torn_records, damaged_at, spool_bytes; /* damaged_at 0: no damage */
	bool complete;
	char *exe, *cwd, *glibc, *platform, *module;
	char **argv;
	size_t argc, argv_room;
	struct variable *environment;
	size_t environment_count, environment_room;
	struct object *objects;
	size_t object_count, object_room;
	struct search *searches;
	size_t search_count, search_room;
	struct call *calls;
	size_t call_count, call_room;
	struct activity *activities;
	size_t activity_count, activity_room;
	struct stack *stacks;
	size_t stack_count, stack_room;
};

/* A dlsym or dlvsym that came to nothing, as no binding followed; ld.so reports that of all others.
 * Events that were lost may have told of one: then this knows nothing. */
bool call_found_nothing(const struct recording *rec, const struct call *call);

/* Zero everything, set what means "none".  recording_release() frees all that the parts own. */
void recording_init(struct recording *rec);
void recording_release(struct recording *rec);
/* Free the lists of events, objects and stacks; the process's own facts stay. */
void recording_forget_events(struct recording *rec);

/* Append one element with all its references NONE; valid until the next append. */
struct object *recording_add_object(struct recording *rec);
struct search *recording_add_search(struct recording *rec);
struct call *recording_add_call(struct recording *rec);
struct activity *recording_add_activity(struct recording *rec);
struct stack *recording_add_stack(struct recording *rec);

/* Was the process's C library an older one than glibc 2.`minor`?  `otherwise` when it is not known.
 */
bool recording_glibc_before(const struct recording *rec, int minor, bool otherwise);

/* Value of a recorded environment variable, or NULL. */
const char *recording_getenv(const struct recording *rec, const char *name);

/*
 * The object whose mapped range held `address` when the process's history was at `seq`, or NONE.
 * Two objects can have used one range, one after the other: the one open at seq counts.
 */
int recording_object_at(const struct recording *rec, uint64_t address, uint64_t seq);

/* The object whose link map was at `link_map` at seq, or NONE. */
int recording_object_by_link_map(const struct recording *rec, uint64_t link_map, uint64_t seq);

/*
 * True when a person who writes `pattern` means this object: equal to, or (with * ? [) a glob
 * for, its SONAME, its path, its real path, or the file name of either.
 */
bool object_matches(const struct object *object, const char *pattern);

/* The same for a path: equal to, or a glob for, it or its file name.  NULL matches nothing. */
bool path_matches(const char *path, const char *pattern);

/* First seq of the time when the program's own code ran (ACTIVITY_PREINIT); UINT64_MAX: it never
 * did. */
uint64_t recording_preinit(const struct recording *rec);

/* The process is over, and its program never ran: ld.so itself ended it. */
bool recording_start_failed(const struct recording *rec);

/* The name that was searched for in vain last: ld.so gives up at the first, but not for preloads.
 * NULL: none. */
const char *recording_missing_name(const struct recording *rec);

/* The object was there, with all its dependencies, before the program's first instruction. */
bool object_is_startup(const struct recording *rec, int object);
/* The same file: device and inode, or (without those) path. */
bool objects_same_file(const struct object *a, const struct object *b);
/* The program, a library, but not ld.so, the vDSO and what never was announced. */
bool object_is_file(const struct object *object);
/*
 * Does it ask for an executable stack?  Without PT_GNU_STACK the default of the machine counts
 * (glibc elf/dl-load.c, _dl_map_object_from_fd), and that is one on x86 and
 * none on aarch64 (its stackinfo.h).
 */
bool object_wants_executable_stack(const struct recording *rec, const struct object *object);

/* The words that the database, JSON and text use.  Never NULL: what is not known, and a value that
 * no enumerator has, is "unknown". */
const char *object_kind_name(enum object_kind kind);
const char *load_reason_name(enum load_reason reason);
const char *search_origin_name(enum search_origin origin);
const char *search_rule_name(enum search_rule rule);
const char *outcome_name(enum outcome outcome);
const char *call_kind_name(enum call_kind kind);
const char *known_by_name(enum known_by known_by);
const char *activity_kind_name(enum activity_kind kind);
/* The reverse for words read back from a database: the enumerator's value, or -1 for NULL and for a
 * word that is none of these. */
int object_kind_parse(const char *word);
int load_reason_parse(const char *word);
int search_origin_parse(const char *word);
int search_rule_parse(const char *word);
int outcome_parse(const char *word);
int call_kind_parse(const char *word);
int known_by_parse(const char *word);
int activity_kind_parse(const char *word);

/* Is this the index of an object?  Not NONE, nor a number that lies. */
static inline bool has_object(const struct recording *rec, int object)
{
	return object >= 0 && (size_t)object < rec->object_count;
}

#endif
