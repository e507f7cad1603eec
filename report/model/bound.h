/*
 * bound.h - a process's bindings in memory, and the definitions of its objects: what duplicates.h
 * and interpositions.h conclude from.  Names are numbers (name_table.h), everything is indexed by
 * them, so that all questions take time linear in the number of bindings and definitions.
 */
#ifndef PLUGREPORT_BOUND_H
#define PLUGREPORT_BOUND_H

#include "report/model/name_table.h"
#include "report/model/recording.h"
#include "report/model/symbols.h"

/* Kinds of a binding, as in the database's column; bound_kind_name() has the words. */
enum bound_kind { BOUND_PLT, BOUND_GOT, BOUND_ABS, BOUND_COPY, BOUND_TLS, BOUND_DLSYM };

/*
 * One binding: `from` refers to `symbol` and got the definition in `to`.  What is not bound, and
 * ld.so's own look-ups, are not here.
 */
struct bound {
	int64_t id;                     /* row in the database, or 0 */
	uint64_t seq;                   /* seen first */
	uint64_t count;                 /* slots or look-ups that share it */
	int from;                       /* object, or NONE: not known */
	int to;                         /* object, never NONE */
	uint32_t symbol;                /* name */
	uint32_t version;               /* name: that the reference asks for; or NAME_NONE */
	uint8_t kind;                   /* enum bound_kind */
	uint8_t type, bind, visibility; /* STT_*, STB_*, STV_* of the definition */
};

/* All zero is empty. */
struct bound_set {
	struct name_table names;
	struct bound *list; /* in the order of seq */
	size_t count, room;
};

/* Append one; strings are copied.  `kind` is the word of the database. */
void bound_add(struct bound_set *set, const struct bound *facts, const char *symbol,
	       const char *version, const char *kind);
void bound_set_release(struct bound_set *set);
#define AUTO_BOUND __attribute__((cleanup(bound_set_release)))

const char *bound_kind_name(enum bound_kind kind); /* "plt" ... */

/* An exported definition: what other objects, and the object itself, can be bound to. */
struct definition {
	uint32_t symbol, version; /* names; version NAME_NONE: none */
	uint64_t value, size;     /* offset from the load address (TLS: in the block); bytes */
	int object;
	uint8_t type, bind, visibility;
	bool default_version; /* no version, or name@@version */
	bool bound;           /* known from a binding only: the object's table is not known */
};

/*
 * All definitions of the process's objects by name: those of symbol s are
 * list[first[s]] .. list[first[s + 1] - 1], in the order of the objects.
 */
struct definitions {
	struct definition *list;
	size_t count;
	size_t *first;
	size_t name_count; /* names with an entry in first[] */
	/* By object. */
	uint8_t *source;  /* enum symbols_source of its table */
	size_t *exported; /* number of its strong, named definitions (static copies are told by
			     them): no weak or unique ones, none of the link editor's */
	size_t object_count;
};

/*
 * Collect the definitions.  `symbols` may be NULL: then only what bindings show is known.
 * With `only_bound`, symbols to which no binding went are left out: what a question about bindings
 * needs.  Names (of symbols, and of versions) are added to `set`.
 *
 * Left out: the symbols that the link editor and the start-up code put into every object (_init,
 * _edata, __bss_start ...): they are no part of anybody's interface, and each object has its own.
 */
void definitions_build(const struct recording *rec, struct bound_set *set,
		       struct symbol_provider *symbols, bool only_bound, struct definitions *ret);
void definitions_release(struct definitions *definitions);
#define AUTO_DEFINITIONS __attribute__((cleanup(definitions_release)))

/* The definitions of a name: NULL with count 0 when there are none. */
const struct definition *definitions_of(const struct definitions *definitions, uint32_t symbol,
					size_t *ret_count);

/* Is it a variable that the program can write: state?  Constants and what is read-only after
 * relocation (RELRO) are none.  Data that is known from a binding only is taken for state. */
bool definition_is_state(const struct recording *rec, const struct definition *definition);

/* How many objects have a table that is not exactly known. */
size_t definitions_inexact(const struct definitions *definitions, const struct recording *rec);

/*
 * Would a reference that asks for `version` take this definition?  As glibc's do_lookup_x decides
 * it: one without version serves everybody, and who asks for none takes any default version.
 */
bool definition_serves(const struct definition *definition, uint32_t version);

/* A name that the link editor or crt*.o define in every object, or that every program has. */
bool symbol_is_linkers(const char *name);

/*
 * C++ entities of "vague linkage": the compiler puts a copy into every object that uses them, and
 * counts on the linker to make them one (Itanium C++ ABI, 5.2).  Such copies are weak or unique.
 */
enum vague_kind {
	VAGUE_NOT,
	VAGUE_FUNCTION, /* inline functions, templates' instances */
	VAGUE_VTABLE,   /* virtual tables and VTTs */
	VAGUE_TYPEINFO, /* typeinfo and its name */
	VAGUE_DATA,     /* inline and static data of templates, variables of inline functions */
};
enum vague_kind symbol_vague_kind(const char *name, uint8_t type, uint8_t bind);

/* A mangled name of the C++ library's namespaces (and of basic types' typeinfo): each user has
 * instances of it, they carry no state that two could miss one another in. */
bool symbol_is_std(const char *name);

/* malloc and its family, C++'s operators new and delete: what must not be mixed in one process. */
bool symbol_is_allocator(const char *name);

/* An error handler of a library whose documentation says that programs bring their own. */
bool symbol_is_handler(const char *name);

/* A part of the C library: libc itself, ld.so, and the libraries that glibc is divided into. */
bool object_is_glibc(const struct object *object);

/* Were both mapped at once, at any time?  Both at `seq`? */
bool objects_coexist(const struct recording *rec, int a, int b);
bool object_live_at(const struct recording *rec, int object, uint64_t seq);

/* Does `object` name `other` among its DT_NEEDED? */
bool object_needs(const struct recording *rec, int object, int other);

#endif
