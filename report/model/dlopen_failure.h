/*
 * dlopen_failure.h - why a dlopen or dlmopen failed, as far as the evidence tells.
 *
 * ld.so tells auditors nothing of failures.  What was asked for and never came, the symbol tables
 * of what was opened and closed again, and the files that were tried say what it must have met, in
 * the order in which it looks: the mode, the file, what that needs, versions (elf/dl-version.c),
 * symbols and static TLS (elf/dl-reloc.c).  All of it is inferred.
 */
#ifndef PLUGREPORT_DLOPEN_FAILURE_H
#define PLUGREPORT_DLOPEN_FAILURE_H

#include "report/model/lookup.h"
#include "report/util.h"

enum failure_kind {
	FAILURE_UNKNOWN,     /* nothing tells */
	FAILURE_MODE,        /* neither RTLD_LAZY nor RTLD_NOW; RTLD_GLOBAL in another namespace */
	FAILURE_NAMESPACE,   /* dlmopen: the program itself in another namespace */
	FAILURE_NOT_LOADED,  /* RTLD_NOLOAD, and it was not there */
	FAILURE_NOT_FOUND,   /* `request` came to nothing */
	FAILURE_OTHER_CLASS, /* `path` was there: another ELF class, or machine */
	FAILURE_NOT_ELF,     /* `path` was there: no ELF file */
	FAILURE_UNUSABLE,    /* a file was there that could not be used */
	FAILURE_VERSION,     /* `object` wants `version`, which `provider` does not define */
	FAILURE_SYMBOL,      /* `object` refers to `symbol`, which nothing in its scopes defines */
	FAILURE_STATIC_TLS, /* `object` wants static TLS of `provider`, and nothing else is wrong */
	FAILURE_EXEC_STACK, /* `path` was there: it wants an executable stack, which was refused */
};

struct dlopen_failure {
	enum failure_kind kind;
	int request;   /* search for the name that came to nothing; NONE */
	int requester; /* object that needs what was searched for; NONE: the call itself asked */
	int object;    /* that could not be used; or NONE */
	int provider;  /* of a missing version: who should define it; of static TLS: whose; or NONE
			*/
	/* These belong to the recording or the symbol provider; NULL where there is none. */
	const char *path, *symbol, *version;
	const char *best; /* the highest version of the same family that `provider` has */
	size_t others;    /* symbols of `object` that are as undefined as `symbol`: ld.so stopped at
			     one of them, which is not known */
	/* Static TLS, in bytes: what `provider` has of it, what others had taken, and the reserve.
	 */
	uint64_t tls_size, tls_taken, tls_reserve;
	bool sure; /* false: other explanations are left */
};

/* What a file is, now.  FILE_EXEC_STACK: usable, where an executable stack is to be had. */
enum file_use { FILE_UNKNOWN, FILE_USABLE, FILE_OTHER_CLASS, FILE_NOT_ELF, FILE_EXEC_STACK };
struct file_judge {
	enum file_use (*judge)(struct file_judge *judge, const char *path);
	uint16_t machine; /* EM_* of the process: dlopen_failure_find() fills it in */
};

/*
 * Why the call, whose outcome is OUTCOME_FAILED, did fail.  `scopes` is advanced to it: calls are
 * to be asked about in their order.  `symbols` and `judge` may be NULL: then less is told.
 */
void dlopen_failure_find(const struct recording *rec, struct scopes *scopes,
			 struct symbol_provider *symbols, struct file_judge *judge, int call,
			 struct dlopen_failure *ret);

const char *failure_kind_name(enum failure_kind kind); /* "not-found", "undefined-symbol" ... */

#endif
