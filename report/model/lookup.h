/*
 * lookup.h - one symbol look-up, as glibc's elf/dl-lookup.c makes it, with its whole trail: each
 * scope and object in order, what was there, why it was passed over, and the winner.  Pure: scopes
 * come from scopes.h, symbol tables from a symbol_provider.
 */
#ifndef PLUGREPORT_LOOKUP_H
#define PLUGREPORT_LOOKUP_H

#include "report/model/scopes.h"
#include "report/model/symbols.h"

/* What a reference asks for. */
struct lookup_query {
	int from;                 /* referring object; for dlsym(RTLD_DEFAULT) the caller */
	const char *symbol;       /* name */
	const char *version;      /* wanted; NULL: none */
	const char *version_file; /* SONAME that it is wanted from (vn_file); NULL unknown */
	/* ELF_RTYPE_CLASS_PLT: an undefined symbol with a value (a PLT entry of a non-PIC program)
	 * does not count; _COPY: the referring object itself is left out; _EXTERN_PROTECTED_DATA.
	 */
	bool plt, copy, tls;
	bool weak;          /* the reference is STB_WEAK: no definition is no error */
	uint8_t visibility; /* of the reference: hidden, internal, protected are bound to `from` */
	enum {
		LOOKUP_RELOCATION,
		LOOKUP_DEFAULT, /* dlsym(RTLD_DEFAULT) */
		LOOKUP_NEXT,    /* dlsym(RTLD_NEXT): behind `from` in its searchlist */
		LOOKUP_HANDLE   /* dlsym(handle): searchlist of `handle` only */
	} how;
	int handle;
	int without; /* pretend that this object is not there; NONE */
};

/* What became of one object that was looked at. */
enum lookup_verdict {
	VERDICT_NOT_DEFINED, /* no such name in it */
	VERDICT_UNDEFINED,   /* the name is there, undefined (or a PLT entry that does not count) */
	VERDICT_WRONG_VERSION,  /* defined with other versions only */
	VERDICT_HIDDEN_VERSION, /* not the default version, and none was asked for */
	VERDICT_NOT_VISIBLE,    /* hidden or internal in the dynamic symbol table */
	VERDICT_SKIPPED, /* left out by rule: copy relocations skip the referring object ... */
	VERDICT_REMOVED, /* query.without */
	VERDICT_WEAK,    /* a weak definition that LD_DYNAMIC_WEAK passes over */
	VERDICT_WINNER,
	VERDICT_LATER,   /* defines it too, but stands behind the winner */
	VERDICT_UNKNOWN, /* its symbols are not known */
};

struct lookup_step {
	size_t scope;    /* index into scopes_of(from); for LOOKUP_HANDLE 0 */
	size_t position; /* in that scope */
	int object;
	int symbol; /* index into its table's symbols; -1 none */
	enum lookup_verdict verdict;
};

struct lookup_result {
	int winner;  /* object; NONE: nothing defines it in these scopes */
	int symbol;  /* index into the winner's table */
	bool unique; /* STB_GNU_UNIQUE: the namespace's first definition wins, whatever the scopes
			say */
	bool sure;   /* false: a table or a scope on the way to the winner is not known exactly */
	const char *why_unsure; /* constant sentence; NULL when sure */
	struct lookup_step
		*steps; /* only with trail; without VERDICT_NOT_DEFINED ones unless all */
	size_t step_count, step_room;
};

enum lookup_trail { LOOKUP_NO_TRAIL, LOOKUP_TRAIL, LOOKUP_WHOLE_TRAIL };

/*
 * Look `query` up in the state that `scopes` is in.  Release `ret` with lookup_result_release().
 * Without trail it stops at the winner and allocates nothing.
 */
void lookup(struct scopes *scopes, struct symbol_provider *symbols, const struct recording *rec,
	    const struct lookup_query *query, enum lookup_trail trail, struct lookup_result *ret);
void lookup_result_release(struct lookup_result *result);

/* "winner", "wrong-version" ... for JSON; a short phrase for text is the renderer's. */
const char *lookup_verdict_name(enum lookup_verdict verdict);

#endif
