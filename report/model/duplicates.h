/*
 * duplicates.h - libraries that are in a process more than once: which copies there are, what makes
 * them copies, who is bound to which, and which state exists twice.  Pure conclusions.
 *
 * Only objects that were mapped at one time can be duplicates: what was closed before the other was
 * opened is a reload.  Several names of one file (relative and absolute paths, symbolic and hard
 * links) are one load in glibc: see load_aliases.
 */
#ifndef PLUGREPORT_DUPLICATES_H
#define PLUGREPORT_DUPLICATES_H

#include "report/model/bound.h"

/* What makes objects copies of one another; a group is told once, by the first that holds. */
enum duplicate_kind {
	DUPLICATE_FILE,     /* one file (device and inode) in several namespaces */
	DUPLICATE_BUILD_ID, /* several files of one build-id */
	DUPLICATE_SONAME,   /* several files of one SONAME */
	DUPLICATE_LIBRARY,  /* one library, one version, under other names: libx-1a2b3c4d.so.1 */
	DUPLICATE_VERSIONS, /* several versions of one library: libx.so.1, libx.so.2 */
	DUPLICATE_SYMBOLS,  /* they export the same symbols: static copies */
};

/* How much it matters, the least first. */
enum duplicate_verdict {
	COPIES_HARMLESS, /* at most one of them is ever bound */
	COPIES_PRIVATE,  /* several are bound, but all of them but one by nobody but themselves; or
			    each one in a namespace of its own */
	COPIES_SPLIT,    /* several are in use by other objects: each has its own state */
	COPIES_MIXED,    /* references of one copy, or of one user, go to several copies */
};

struct duplicate_user {
	int from;        /* object bound to this copy */
	size_t symbols;  /* different names */
	uint32_t symbol; /* one of them */
	uint64_t seq;    /* of the first */
};

struct duplicate_copy {
	int object;
	char *version;   /* as its name says it, e.g. "1.1"; or NULL */
	size_t exported; /* strong definitions of it; 0 when its symbols are not known */
	size_t own;      /* names of its own that it is bound to itself */
	size_t lost;     /* names of its own that it is bound to in another copy */
	struct duplicate_user *users; /* others, those with most symbols first */
	size_t user_count;
};

/* A symbol that several copies define. */
struct duplicate_symbol {
	uint32_t symbol; /* name in the bound_set */
	bool data;       /* a variable or thread-local: state */
	size_t copies;   /* copies that define it */
	size_t bound;    /* copies that something is bound to */
};

struct duplicate {
	enum duplicate_kind kind;
	enum duplicate_verdict verdict;
	bool several_namespaces; /* no two copies share a namespace */
	bool linked; /* DUPLICATE_SYMBOLS: all of them are linked against one another (DT_NEEDED):
			the link editor, and so whoever built them, saw both */
	bool sure;   /* false: told by the name alone, the symbols are not known */
	char *name;  /* of the group: SONAME, build-id, family; or NULL */
	struct duplicate_copy *copies; /* in the order of loading */
	size_t copy_count;
	/* Symbols of several copies: those with state that is bound in more than one come first,
	 * then functions bound in more than one, then other state, then the rest. */
	struct duplicate_symbol *symbols;
	size_t symbol_count;
	size_t split_state;     /* data symbols bound in more than one copy */
	size_t split_functions; /* functions bound in more than one copy */
	size_t common_state;    /* data symbols that more than one copy defines */
	uint64_t since;         /* seq: when the second copy was opened */
};

struct duplicates {
	struct duplicate *list; /* the worst first, then by kind */
	size_t count, room;
	size_t inexact; /* objects whose symbols are not exactly known: there may be more */
};

/*
 * `symbols` may be NULL: then static copies are not looked for, and versions are told by names.
 * Names are added to `set`.
 */
void duplicates_build(const struct recording *rec, struct bound_set *set,
		      struct symbol_provider *symbols, struct duplicates *ret);
void duplicates_release(struct duplicates *duplicates);
#define AUTO_DUPLICATES __attribute__((cleanup(duplicates_release)))

/*
 * Is it worth showing without --all?  Copies that are harmless (or private) because nobody but they
 * themselves can use them, and that are told by their symbols only, are not.
 */
bool duplicate_interesting(const struct duplicate *duplicate);

/*
 * How many different files, builds (files of one build-id are one), versions and namespaces the
 * copies are of: dlmopen makes several copies of one file.
 */
size_t duplicate_files(const struct recording *rec, const struct duplicate *duplicate);
size_t duplicate_builds(const struct recording *rec, const struct duplicate *duplicate);
size_t duplicate_versions(const struct recording *rec, const struct duplicate *duplicate);
size_t duplicate_namespaces(const struct recording *rec, const struct duplicate *duplicate);

/* "file", "build-id", "soname", "library", "versions", "symbols"; "harmless" ... */
const char *duplicate_kind_name(enum duplicate_kind kind);
const char *duplicate_verdict_name(enum duplicate_verdict verdict);

/* --- names of libraries --- */

/* What a library's file name says of it. */
struct library_name {
	char *family;  /* "libssl", "libLLVM", "libpython", "libgomp" */
	char *version; /* "1.1", "14", "3.11"; "" none */
	char *major;   /* the part of `version` that tells incompatible ones apart */
	bool glued;    /* `major` is a plain number behind letters: libpng16, libplugin1 */
	bool hashed;   /* it had a hash in its name, as copies inside of Python wheels have */
};

/* NULL and what is no library's name give an empty family. */
void library_name_parse(const char *file_name, struct library_name *ret);
void library_name_release(struct library_name *name);

/*
 * Can these be one library, going by their names?  False for names of one family whose numbers are
 * no versions: libpcre2-8 and libpcre2-16; libplugin1.so and libplugin2.so.
 */
bool library_names_related(const struct library_name *a, const struct library_name *b);

/* Of two related ones: do they name different versions, which can't stand for one another? */
bool library_versions_differ(const struct library_name *a, const struct library_name *b);

/* --- several names, one load --- */

struct load_alias {
	const char *name; /* as asked for; the recording's */
	int search, call; /* the first request by that name: either is NONE */
	uint64_t seq;
	int by; /* object that asked, or NONE */
};

struct load_aliases {
	int object;
	struct load_alias *list; /* each name once, in order of seq */
	size_t count, room;
};

/*
 * The objects that were asked for by more than one name: `ret_list` (free with
 * load_aliases_free()) in the order of objects; returns their number.  The path that a library was
 * found at does not count as a name, nor do a SONAME and the same name as DT_NEEDED has it.
 */
size_t load_aliases_list(const struct recording *rec, struct load_aliases **ret_list);
void load_aliases_free(struct load_aliases *list, size_t count);

#endif
