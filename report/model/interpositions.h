/*
 * interpositions.h - symbols that more than one object of a namespace defines: who wins, who loses,
 * who is bound to whom, and whether anybody should care.  Pure conclusions.
 *
 * Each symbol gets one `interest`.  INTEREST_NONE and INTEREST_NOTE are for --all; the exclusions
 * that lead there are `dull` reasons, each argued where it is decided (interpositions_judge.c).
 */
#ifndef PLUGREPORT_INTERPOSITIONS_H
#define PLUGREPORT_INTERPOSITIONS_H

#include "report/model/bound.h"
#include "report/model/scopes.h"

/* What happened to a symbol: bits. */
enum interposition_what {
	/* An object's references to a symbol that it defines itself went to another object. */
	WHAT_INTERPOSED = 1,
	/* An object that names a library among its DT_NEEDED, which defines the symbol, got it from
	 * another object, which it does not name. */
	WHAT_DIVERTED = 2,
	/* Equal references by objects that do not define it went to different definitions. */
	WHAT_SPLIT = 4,
	/* One object's equal references went to different definitions, one after the other. */
	WHAT_SPLIT_IN_TIME = 8,
	/* Data, typeinfo or code of vague linkage with more than one definition in use. */
	WHAT_VAGUE_SPLIT = 16,
};

#define WHAT_ANY_SPLIT (WHAT_SPLIT | WHAT_SPLIT_IN_TIME)

/* Severities: those of findings. */
enum interest { INTEREST_NONE, INTEREST_NOTE, INTEREST_WARNING, INTEREST_ERROR };

/* Why it is not interesting (INTEREST_NONE, INTEREST_NOTE). */
enum dull {
	DULL_NOT,     /* it is interesting */
	DULL_ONE_WAY, /* all references go to one definition, and none that was meant for another */
	DULL_PRELOAD, /* a preloaded object takes all of them, as it was told to */
	DULL_GLIBC,   /* replaces what glibc means to be replaced, or lies within glibc */
	DULL_WEAK,    /* the losing definition is weak: a default, to be overridden */
	DULL_UNIFIED, /* vague linkage, made one by the linker as it should be */
	DULL_COPY,    /* copy relocation: the program holds the library's variable */
	DULL_PROGRAM, /* the program was linked against that library and has its own version */
	DULL_LINKED, /* of two libraries linked against each other, one has a symbol of the other */
	DULL_ALLOCATOR, /* another allocator, and all of the process uses it */
	DULL_HANDLER,   /* an error handler that programs are meant to bring */
	DULL_APART,     /* other versions of it, or definitions that were not there at one time */
	DULL_CONSTANT,  /* read-only data of one size: nobody can tell the copies apart but by
			   address */
	DULL_PRIVATE,   /* each object that is bound to a copy of its own defines that one itself */
	DULL_INSTANCE,  /* code or virtual tables of vague linkage: copies are the same, no state */
	DULL_UNSHARED,  /* typeinfo in scopes that know nothing of one another */
	DULL_NAMESAKE,  /* unrelated libraries with one name in common, each for its own users */
	DULL_INTERFACE, /* asked for by handle (dlsym): every plugin has its own, on purpose */
};

/* An object that defines the symbol, in the order of look-up (see interpositions_build). */
struct interposition_definer {
	int object;
	uint32_t version; /* name in the bound_set */
	uint8_t type, bind;
	size_t users;   /* objects bound to it, itself included */
	bool own_calls; /* it refers to the symbol itself */
	bool own_lost;  /* ... and is bound elsewhere */
	bool copied;    /* the program took a copy of this variable (R_*_COPY) */
};

/* Who is bound to whom, in order of seq; one for each (from, to, version, kind). */
struct interposition_user {
	int from; /* or NONE */
	int to;
	uint32_t version; /* asked for */
	uint64_t seq, count;
	int64_t binding; /* row id */
	uint8_t kind;    /* enum bound_kind */
	/* An object whose definition it was meant for and did not get: itself, or one that it
	 * names in DT_NEEDED.  NONE otherwise. */
	int missed;
};

struct interposition {
	uint32_t symbol; /* name in the bound_set */
	int32_t name_space;
	unsigned int what; /* WHAT_* bits */
	enum interest interest;
	enum dull dull; /* first reason that holds */
	enum vague_kind vague;
	uint64_t since; /* seq of the first binding that went the other way; 0: none did */
	int winner;     /* definer that most references went to (the first of equals) */
	struct interposition_definer *definers;
	size_t definer_count;
	struct interposition_user *users;
	size_t user_count;
};

/*
 * One object's definitions in the way of another's: a cell of the matrix.  A symbol counts for
 * (its winner, each other definer that was live with it), and for whoever got a reference and whom
 * that was meant for.
 */
struct interposition_pair {
	int winner, loser;
	size_t symbols;         /* in which both have a definition, and something is bound */
	size_t interposed;      /* ... the loser's own references went to the winner */
	size_t diverted;        /* ... somebody who names the loser in DT_NEEDED got the winner's */
	size_t split;           /* ... others are bound to both */
	size_t vague;           /* ... vague linkage with more than one definition in use */
	enum interest interest; /* the worst of these symbols */
	uint64_t since;         /* the first binding that missed the loser; 0: none */
	size_t *list;           /* indexes into interpositions.list, most interesting first */
};

struct interpositions {
	struct interposition *list; /* most interesting first, then by symbol name */
	size_t count, room;
	struct interposition_pair *pairs; /* most interesting first */
	size_t pair_count;
	size_t by_interest[INTEREST_ERROR + 1]; /* number of symbols */
	size_t inexact; /* objects whose symbols are not exactly known: there may be more */
	/* private: what the lists' elements point into */
	struct interposition_definer *definer_store;
	struct interposition_user *user_store;
	size_t *index_store;
};

/*
 * `scopes` (fresh: it is advanced to the end) orders the definers and tells which definitions stand
 * in one object's scopes; NULL where that is not known: then by time of loading, and definitions
 * of one namespace are taken to see each other.  `symbols` may be NULL: then only what bindings
 * show is known.  Names of versions are added to `set`.
 */
void interpositions_build(const struct recording *rec, struct bound_set *set,
			  struct symbol_provider *symbols, struct scopes *scopes,
			  struct interpositions *ret);
void interpositions_release(struct interpositions *interpositions);
#define AUTO_INTERPOSITIONS __attribute__((cleanup(interpositions_release)))

/* Words for JSON: "interposed", "diverted", "split", "split-in-time", "vague-split"; "one-way",
 * "preload" ...; "none", "note", "warning", "error". */
const char *interposition_what_name(enum interposition_what what);
const char *dull_name(enum dull dull);
const char *interest_name(enum interest interest);
const char *vague_kind_name(enum vague_kind kind);

#endif
