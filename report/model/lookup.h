/*
 * lookup.h - one symbol look-up, as glibc's elf/dl-lookup.c makes it, with its whole trail: each
 * scope and object in order, what was there, why it was passed over, and the winner.  Pure: scopes
 * come from scopes.h, symbol tables from a symbol_provider.
 */
#ifndef PLUGREPORT_LOOKUP_H
#define PLUGREPORT_LOOKUP_H

#include "report/model/scopes.h"
#include "report/model/symbols.h"

/*
 * The namespaces' tables of STB_GNU_UNIQUE symbols: the definition that a look-up comes to first is
 * what all later ones of that name get, whatever their scopes (do_lookup_unique()).
 */
struct unique_symbols;
struct unique_symbols *unique_symbols_new(void);
void unique_symbols_free(struct unique_symbols *unique);
/* `object` has the definition of `symbol`, unless another one had it before. */
void unique_symbols_enter(struct unique_symbols *unique, int32_t name_space, const char *symbol,
			  int object);
/* The object that has it, or NONE. */
int unique_symbols_find(const struct unique_symbols *unique, int32_t name_space,
			const char *symbol);

/* What a reference asks for. */
struct lookup_query {
	int from;                 /* referring object; for dlsym(RTLD_DEFAULT) the caller */
	const char *symbol;       /* name */
	const char *version;      /* wanted; NULL: none */
	const char *version_file; /* SONAME that it is wanted from (vn_file); NULL unknown */
	/*
	 * plt: ELF_RTYPE_CLASS_PLT, a jump slot: an undefined symbol with a value (a PLT entry of a
	 * non-PIC program) does not count; the same for tls.  copy: ELF_RTYPE_CLASS_COPY, a copy
	 * relocation: the program itself is left out.  got: ELF_RTYPE_CLASS_EXTERN_PROTECTED_DATA
	 * of glibc before 2.36, GLOB_DAT: protected data goes to what a copy relocation of the
	 * program made of it.
	 */
	bool plt, copy, tls, got;
	bool weak;          /* the reference is STB_WEAK: no definition is no error */
	uint8_t visibility; /* of the reference: hidden, internal, protected are bound to `from` */
	enum {
		LOOKUP_RELOCATION,
		LOOKUP_DEFAULT, /* dlsym(RTLD_DEFAULT) */
		LOOKUP_NEXT,    /* dlsym(RTLD_NEXT): behind `from` in its searchlist */
		LOOKUP_HANDLE   /* dlsym(handle): searchlist of `handle` only */
	} how;
	int handle;
	int without;                         /* pretend that this object is not there; NONE */
	const struct unique_symbols *unique; /* what was bound before; NULL: nothing known */
};

/* A query that asks for nothing yet: references are NONE. */
#define LOOKUP_QUERY ((struct lookup_query){.from = NONE, .handle = NONE, .without = NONE})

/*
 * Fill in what from's own symbol table tells of the reference: version_file, weak, visibility.
 * False when it has no such symbol, or is not known.
 */
bool lookup_reference(struct symbol_provider *symbols, struct lookup_query *query);

/*
 * The object that does the work: what ld.so itself has in a dlmopen namespace is a stand-in
 * (l_real). Since glibc 2.40 or so auditors are told of those, too.
 */
int lookup_real_object(const struct recording *rec, int object);

/* What became of one object that was looked at. */
enum lookup_verdict {
	VERDICT_NOT_DEFINED, /* no such name in it */
	VERDICT_UNDEFINED,   /* the name is there, undefined (or a PLT entry that does not count) */
	VERDICT_WRONG_VERSION,  /* defined with other versions only */
	VERDICT_HIDDEN_VERSION, /* not the default version, and none was asked for */
	VERDICT_NOT_VISIBLE,    /* hidden, internal or local in the dynamic symbol table */
	VERDICT_SKIPPED, /* left out by rule: copy relocations skip the program, RTLD_NEXT its
			    caller */
	VERDICT_REMOVED, /* query.without */
	VERDICT_WEAK,    /* a weak definition that LD_DYNAMIC_WEAK passes over */
	VERDICT_WINNER,
	VERDICT_LATER,   /* defines it too, but stands behind the winner */
	VERDICT_UNKNOWN, /* its symbols are not known */
};

/* Each object is in the trail once, where it stands first. */
struct lookup_step {
	size_t scope;    /* index into scopes_of(from); with LOOKUP_HANDLE and LOOKUP_NEXT, which
			    search    one searchlist, 0 */
	size_t position; /* in that scope */
	int object;
	int symbol; /* index into its table's symbols; -1 none */
	enum lookup_verdict verdict;
};

/* What decided, when it was not the order of the scopes. */
enum lookup_rule {
	LOOKUP_BY_ORDER,
	LOOKUP_BY_VISIBILITY, /* the reference is hidden, internal or protected: its own object's */
	LOOKUP_BY_UNIQUE, /* STB_GNU_UNIQUE: the namespace has a definition, from an earlier look-up
			   */
	LOOKUP_BY_STRENGTH, /* LD_DYNAMIC_WEAK: a weak one, as there is no other */
};

struct lookup_result {
	int winner;  /* object; NONE: nothing defines it in these scopes */
	int symbol;  /* index into the winner's table; -1 when that is not known */
	bool unique; /* the definition is STB_GNU_UNIQUE */
	enum lookup_rule rule;
	bool sure; /* false: a table or a scope on the way to the winner is not known exactly */
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

/* The one searchlist that LOOKUP_HANDLE and LOOKUP_NEXT search; false: there is none. */
bool lookup_searchlist(struct scopes *scopes, const struct lookup_query *query, struct scope *ret);

/*
 * Does this definition answer the query, as far as it alone tells (check_match() and what follows
 * it in do_lookup_x())?  VERDICT_WINNER: it does.
 */
enum lookup_verdict lookup_match(const struct symbol_table *table, int symbol,
				 const struct lookup_query *query);

/* "winner", "wrong-version" ... for JSON; a short phrase for text is the renderer's. */
const char *lookup_verdict_name(enum lookup_verdict verdict);
/* "order", "visibility", "unique", "strength". */
const char *lookup_rule_name(enum lookup_rule rule);

#endif
