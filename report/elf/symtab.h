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

/*
 * Name of the symbol that covers `address`, and where it starts; NULL: none does.  A version behind
 * the name (".symtab" has "name@@VERSION") is part of it: *ret_length is the name's length without.
 *
 * Of several, the best is: one with a size before one without (which reaches up to the next symbol
 * or the section's end); then the one that starts last; then global or weak before local; a
 * function before a label; and the name with the fewest leading underscores, the shortest, the
 * first in alphabetical order.
 */
const char *symtab_find(struct symtab *table, uint64_t address, uint64_t *ret_start,
			size_t *ret_length);

#endif
