/*
 * dwarf_check.h - private to report/elf: what libdw takes on trust, checked before it may read.
 */
#ifndef PLUGREPORT_DWARF_CHECK_H
#define PLUGREPORT_DWARF_CHECK_H

#include <elfutils/libdw.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

/* Memory is not filled, whatever a file claims. */
#define INFLATE_MAX ((uint64_t)4 << 30)

/*
 * Make `elf` ready for dwarf_begin_elf(): sections that nobody here reads are hidden from it (libdw
 * reads, and inflates, all sections with DWARF at once).  False: the others come to more than
 * `inflate_limit` bytes when they are inflated; or its string sections do not end with a
 * terminator, which libdw would read past.
 */
bool dwarf_prepare(Elf *elf, uint64_t inflate_limit);

/*
 * libdw opens further files by itself: the one that dwz put common parts into, and .dwo files.
 * Neither may be something to wait for (a FIFO), nor be worse than what dwarf_prepare() takes.
 * True also when they are not there.  `path` is the file that `dbg` came from.
 */
bool dwarf_alt_is_sound(Dwarf *dbg, const char *path);
bool dwarf_split_is_sound(Dwarf_Die *skeleton, const char *path);

#endif
