/*
 * definition.h - does a file define a symbol, and may others be bound to it?
 */
#ifndef PLUGREPORT_DEFINITION_H
#define PLUGREPORT_DEFINITION_H

#include <stddef.h>

#include "report/elf/elf.h"

/* What a file has of a name, the better the higher. */
enum elf_definition {
	DEFINITION_NONE,
	DEFINITION_LOCAL,    /* static, or made local by a version script */
	DEFINITION_HIDDEN,   /* hidden or internal visibility */
	DEFINITION_INSIDE,   /* global, but not exported: a program linked without -rdynamic */
	DEFINITION_EXPORTED, /* in the dynamic symbol table */
};

/*
 * Raise ret_definitions[i] to what the file has of names[i], whatever its version; names must be in
 * the order of strcmp().  What is not exported is told by .symtab, of the file or of its installed
 * debug file.  False: the file is not the recorded one any more.
 */
bool elf_definitions(const struct elf_identity *identity, const char *const *names, size_t count,
		     enum elf_definition *ret_definitions);

#endif
