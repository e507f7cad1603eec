/*
 * dwarf.h - private to report/elf: functions, inlined calls and lines from a file's DWARF.
 */
#ifndef PLUGREPORT_DWARF_H
#define PLUGREPORT_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/elf/image.h"

/* One place; strings belong to the struct dwarf that found it. */
struct dwarf_place {
	const char *function;  /* NULL: the line table alone knows the address */
	bool linkage;          /* function is a linkage name: as in the symbol table */
	const char *directory; /* where a relative `file` starts from; may be NULL */
	const char *file;
	int line;
};

struct dwarf_answer {
	struct dwarf_place *places; /* innermost first */
	size_t count, room;
	bool has_start;
	uint64_t start; /* of the outermost function */
	bool is_c;      /* the language's names are its linkage names */
};

/*
 * The debug information of `image`, opened as `path`; valid while image is.  NULL: there is none,
 * or it is compressed and has more than `inflate_limit` bytes when inflated.
 */
struct dwarf *dwarf_open(const struct image *image, const char *path, uint64_t inflate_limit);
void dwarf_close(struct dwarf *dwarf);

/* What is at `address`?  False, with an empty answer: unknown.  The caller frees answer->places. */
bool dwarf_find(struct dwarf *dwarf, uint64_t address, struct dwarf_answer *ret_answer);

#endif
