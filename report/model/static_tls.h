/*
 * static_tls.h - static thread-local storage that dlopened libraries take: who wants it, and how
 * much ld.so has for all of them.
 *
 * Rules: glibc elf/dl-tls.c (_dl_tls_static_surplus_init: the reserve), elf/dl-reloc.c
 * (_dl_allocate_static_tls: whoever is referred to in the initial-exec way gets room in the block
 * that each thread got when it began, or its load fails).
 */
#ifndef PLUGREPORT_STATIC_TLS_H
#define PLUGREPORT_STATIC_TLS_H

#include "report/model/lookup.h"

/* Bytes of thread-local storage, alignment left aside. */
uint64_t object_tls_size(const struct object *object);
/* Was it built for static TLS (DF_STATIC_TLS), has some, and was it not there from the start?
 * glibc's own libraries have a reserve of their own. */
bool object_takes_static_tls(const struct recording *rec, int object);
/* How much others had taken when `object` was opened. */
uint64_t static_tls_taken(const struct recording *rec, int object);

/* What glibc.rtld.optional_static_tls sets aside. */
uint64_t static_tls_optional(const struct recording *rec);
/* The whole reserve of a program without auditors, which glibc's parts and dlmopen namespaces
 * share.
 */
uint64_t static_tls_reserve(const struct recording *rec);
/* More than this never is to be had: auditors and rounding taken into account. */
uint64_t static_tls_limit(const struct recording *rec);

/* `user` was built for static TLS of `object`, which may be itself. */
struct static_tls_want {
	int user, object;
};

/*
 * Of the objects that a failed load opened, the first that wants static TLS for something that was
 * not there from the start.  `scopes` stands where they were all opened.  False: none does.
 */
bool static_tls_find_want(const struct recording *rec, struct scopes *scopes,
			  struct symbol_provider *symbols, const int *objects, size_t count,
			  struct static_tls_want *ret);

/*
 * With an auditor, ld.so takes static TLS out of that reserve also for what the program is linked
 * with: it makes the thread's block for the auditor, before it knows the program's libraries (glibc
 * elf/rtld.c, dl_main: init_tls()).  A program may end there that starts well by itself ("cannot
 * allocate memory in static TLS block").  If that is why this one never ran: the library that did
 * not fit, and in *ret_size what all of them want.  Otherwise NONE.
 */
int static_tls_find_start(const struct recording *rec, uint64_t *ret_size);
/* A value of glibc.rtld.optional_static_tls with which that is no trouble: a round number. */
uint64_t static_tls_advice(uint64_t size);

#endif
