/*
 * symtab.h - private to report/elf: which symbol an address belongs to.
 */
#ifndef PLUGREPORT_SYMTAB_H
#define PLUGREPORT_SYMTAB_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/elf/intervals.h"

/*
 * The code symbols of one symbol table section.  All zero is an empty table.  Names belong to the
 * Elf that it was read from.
 */
struct symtab {
	Elf_Data *symbols; /* of `elf`; NULL: no table */
	Elf *elf;
	const char *strings;     /* its string table... */
	size_t string_limit;     /* ...in which offsets below this begin a terminated string */
	struct intervals ranges; /* items are symbol numbers; filled at the first question */
	bool sorted;
};

/*
 * Read the section of type `type` (SHT_SYMTAB, SHT_DYNSYM).  All that is needed from the file is
 * read now, the work is done when an address is asked for.  False: no such section with symbols.
 */
bool symtab_open(struct symtab *table, Elf *elf, uint32_t type);
void symtab_release(struct symtab *table);

/* What symtab_find() found. */
struct symbol {
	const char *name; /* belongs to the Elf; may have a version behind it: "name@@VERSION" */
	size_t length;    /* of the name alone */
	uint64_t start;
	bool global; /* global or weak */
};

/*
 * The symbol that covers `address`; false: none does.  Of several, the best is: one with a size
 * before one without (which reaches up to the next symbol or the section's end); then the one that
 * starts last; then global or weak before local; a function before a label; and the name with the
 * fewest leading underscores, the shortest, the first in alphabetical order.
 */
bool symtab_find(struct symtab *table, uint64_t address, struct symbol *ret_symbol);

#endif
