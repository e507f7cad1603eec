/*
 * why_bound.h - why references to one symbol got the definition that they got, or none: who refers
 * to it, the scopes that were searched in order, each object that defines it, the winner, and who
 * would win without it.  References with equal answers are one group.  Pure: the references come
 * from who knows the bindings, scopes and symbol tables from scopes.h and symbols.h.
 */
#ifndef PLUGREPORT_WHY_BOUND_H
#define PLUGREPORT_WHY_BOUND_H

#include "report/model/lazy_end.h"
#include "report/model/verify.h"

enum reference_state {
	REFERENCE_BOUND,     /* ld.so bound it: binding.to is the definer */
	REFERENCE_LAZY,      /* a PLT slot through which nobody called: not looked up yet */
	REFERENCE_WEAK,      /* weak, and nothing defined it */
	REFERENCE_NOT_FOUND, /* a dlsym call which no binding followed */
	REFERENCE_UNTOLD, /* the object refers to it, but nothing tells that it was bound: its load
			     failed before, or it was never relocated in this process */
};

struct symbol_reference {
	struct observed_binding binding; /* seq: the moment whose scopes count */
	enum reference_state state;
	int64_t id;     /* row of the binding, or 0 */
	uint64_t count; /* slots or look-ups */
	int call;       /* the dlsym call, or NONE */
};

/* Why a definition could not be found from where the reference is. */
enum outside_reason {
	OUTSIDE_LOCAL,      /* RTLD_LOCAL: only what came with `root` sees it */
	OUTSIDE_NAMESPACE,  /* it is in another namespace */
	OUTSIDE_LATER,      /* it was not loaded yet */
	OUTSIDE_GONE,       /* it was unloaded before */
	OUTSIDE_SEARCHLIST, /* not in the one searchlist that this dlsym call searched */
};

/* A definition, and what became of it. */
struct why_definition {
	int object;
	enum lookup_verdict verdict; /* outside: by the definition alone */
	bool known;                  /* the symbol's facts, which follow, are known */
	bool default_version;
	uint8_t type, bind, visibility; /* STT_*, STB_*, STV_* */
	char *version;                  /* NULL: none */
	/* in scope: */
	size_t scope, position;
	/* outside: */
	enum outside_reason reason;
	int root, call; /* OUTSIDE_LOCAL: what dlopen named, and the call; or NONE */
};

/* A scope that was searched, or (behind the winner) would have been. */
struct why_scope {
	enum scope_kind kind;
	int root;
	bool deepbind;
	size_t count;
};

struct why_bound {
	char *symbol;                        /* mangled */
	char *version;                       /* asked for, or NULL */
	struct symbol_reference *references; /* in the order of seq; strings belong to the caller */
	size_t reference_count, reference_room;
	int how;    /* LOOKUP_RELOCATION ... */
	int handle; /* LOOKUP_HANDLE: the object */
	struct why_scope *scopes;
	size_t scope_count, scope_room;
	struct why_definition *steps; /* in scope, in order */
	size_t step_count, step_room;
	struct why_definition *outside; /* elsewhere, in the order of loading */
	size_t outside_count, outside_room;
	int winner;   /* the model's; NONE: nothing */
	int observed; /* what ld.so took; NONE: nothing, or it was not looked up */
	enum lookup_rule rule;
	bool asked; /* false: what was asked is not known: why_unsure tells, all below is empty */
	bool confirmed; /* the model agrees with what was observed, or nothing was */
	bool sure;
	const char *why_unsure;
	int without; /* who would win without the winner; NONE: nobody */
	/* Of what was not looked up and nothing defines: did ld.so end the process at its first
	 * call?  Or at one of `end_others` such references? */
	enum lazy_end end;
	size_t end_others;
};

struct why_bound_list {
	struct why_bound *list;
	size_t count, room;
};

/*
 * Explain references: all of those to the symbols in question, in the order of seq, since what was
 * bound before decides about STB_GNU_UNIQUE.  `scopes` is fresh and is advanced; `wanted` (may be
 * NULL) tells by index which references to explain.  Appends to `ret`, which the caller initialises
 * with zeroes.
 */
void why_bound_explain(const struct recording *rec, struct scopes *scopes,
		       struct symbol_provider *symbols, const struct symbol_reference *references,
		       size_t count, const bool *wanted, struct why_bound_list *ret);
/*
 * An answer without references, for a symbol that nobody refers to: `outside` has all definitions.
 * Nothing is appended when there are none.  `scopes` is advanced to the end.
 */
void why_bound_unreferenced(const struct recording *rec, struct scopes *scopes,
			    struct symbol_provider *symbols, const char *symbol,
			    struct why_bound_list *ret);
/*
 * Fill in `end` of all answers of which a call would end the process: `scopes` is advanced to the
 * end.
 */
void why_bound_ends(const struct recording *rec, struct scopes *scopes,
		    struct symbol_provider *symbols, struct why_bound_list *list);
/* Is it a reference that nothing defines, and whose first call ends the process? */
bool why_bound_is_fatal(const struct why_bound *why);
void why_bound_list_release(struct why_bound_list *list);
#define AUTO_WHY_BOUND __attribute__((cleanup(why_bound_list_release)))

/* What tells this answer from others, but for who refers to it: equal for processes in which the
 * same was found in the same scopes.  The caller frees it. */
char *why_bound_signature(const struct recording *rec, const struct why_bound *why);

/* "local", "namespace", "later", "gone", "searchlist". */
const char *outside_reason_name(enum outside_reason reason);
/* "bound", "lazy", "weak", "not-found", "untold". */
const char *reference_state_name(enum reference_state state);

#endif
