/*
 * elf.h - ELF images and DWARF on disk, through elfutils, and symbol names for people.
 */
#ifndef PLUGREPORT_ELF_H
#define PLUGREPORT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model/symbols.h"

/* One place in source code; strings belong to the symbolizer and live as long as it. */
struct source_place {
	const char *function; /* mangled, as in DWARF's linkage name or the symbol table; or NULL */
	uint64_t function_offset; /* address less the (outermost) function's start */
	const char *file;         /* NULL unknown */
	int line;                 /* 0 unknown */
	bool inlined;             /* inlined into the next place */
};

/*
 * A symbolizer keeps the files that it opened.  All functions are safe against hostile and broken
 * files: they answer with less, they do not fail.
 */
struct symbolizer;
struct symbolizer *symbolizer_new(void);
void symbolizer_free(struct symbolizer *sym);

/*
 * Leave debug information alone that is compressed and has more than `bytes` when inflated: it can
 * only be inflated as a whole, at some 300 MB a second, which for a distribution's libc (8 MB)
 * takes longer than all the rest.  Functions are named by symbol tables then, which are not
 * compressed; files, lines and inlined calls are not known.  For files first asked for after this
 * call.
 */
void symbolizer_limit_inflation(struct symbolizer *sym, uint64_t bytes);

/*
 * What is at `offset` (virtual address in the ELF file: address less load bias) of the file `path`?
 * Only answered when the file still has the build-id `build_id` (hex); when build_id is NULL, only
 * when dev, ino, size and mtime of the file are the recorded ones.  Separate debug files
 * (.gnu_debuglink, /usr/lib/debug/.build-id) are used when installed.  For a return address pass
 * offset - 1, so that a call at a function's very end belongs to the right function and line.
 * Writes up to `room` places, innermost inlined call first, and returns their number; 0: unknown.
 */
struct elf_extract;
struct elf_identity {
	const char *path;
	const char *build_id;
	uint64_t dev, ino, size, mtime_ns;
	const struct elf_extract *extract; /* in its place, when it is not there; or NULL */
};
/* What was kept of a file: extract.h. */
struct elf_extract {
	const void *bytes;
	size_t length;
	uint64_t inflated; /* bytes, when inflated */
};
size_t symbolizer_find(struct symbolizer *sym, const struct elf_identity *identity, uint64_t offset,
		       struct source_place *places, size_t room);

/* The build-id, in hex, of the ELF file that is at `path` now; NULL: none, or no such file.  The
 * caller frees it. */
char *elf_build_id(const char *path);

/*
 * The name as a person writes it: C++ (Itanium), Rust (legacy and v0), D, OCaml 4 and 5
 * (camlModule__name_NN, camlModule.name_NN -> Module.name).  A name that is not mangled is returned
 * as a copy.  The caller frees the result.
 */
char *demangle(const char *name);

/*
 * Call `each` for the symbols [first, end) of the file's dynamic symbol table that have a name:
 * index in the table, name, the version that is wanted (undefined symbols) or defined, NULL for
 * none, and, of an IFUNC that is defined there, the offset of its resolver, else 0. False, and no
 * call, when the file is not the recorded one any more.
 */
bool elf_dynamic_symbols(const struct elf_identity *identity, uint32_t first, uint32_t end,
			 void (*each)(uint32_t index, const char *name, const char *version,
				      uint64_t resolver, void *data),
			 void *data);

/*
 * Read the file's dynamic symbol table as ld.so does, by its dynamic section: a file without
 * section headers has one too.  Symbols without a name are left out.  READ: `ret`, which need not
 * be initialised, is SYMBOLS_FILE and not indexed yet; release it with symbol_table_release().
 * Otherwise nothing is in it: GONE, there is no such file any more; CHANGED, another file is there
 * now.
 */
enum elf_symbols { ELF_SYMBOLS_READ, ELF_SYMBOLS_GONE, ELF_SYMBOLS_CHANGED };
enum elf_symbols elf_symbol_table(const struct elf_identity *identity, struct symbol_table *ret);

/* What a program file is, before it is run: can ld.so load an auditor into it? */
enum program_kind {
	PROGRAM_DYNAMIC,     /* dynamic ELF executable of plugreport's own class and machine */
	PROGRAM_STATIC,      /* no PT_INTERP */
	PROGRAM_OTHER_CLASS, /* other ELF class or machine */
	PROGRAM_OTHER_LDSO,  /* its PT_INTERP is not glibc's (musl, ...) */
	PROGRAM_SCRIPT,      /* "#!": ret_interpreter names the interpreter */
	PROGRAM_NOT_ELF,     /* none of these */
	PROGRAM_UNREADABLE,  /* can't be opened: errno tells */
};
/* ret_interpreter may be NULL; otherwise it gets PT_INTERP or the script's interpreter, to be freed
 * by the caller, or NULL. */
enum program_kind program_inspect(const char *path, char **ret_interpreter);

/* What the recorder's module is built for. */
struct elf_machine {
	uint16_t number;         /* EM_* */
	unsigned char class;     /* ELFCLASS* */
	const char *name;        /* for people */
	const char *arch;        /* make ARCH= */
	const char *interpreter; /* PT_INTERP of its programs */
};
const struct elf_machine *elf_machine(size_t i); /* NULL behind the last one */
const struct elf_machine *elf_machine_own(void); /* plugreport's; NULL: none of these */
/* Of an ELF file; NULL: another machine, another byte order, or no such file. */
const struct elf_machine *elf_machine_of_file(const char *path);
/* What $LIB stands for in its programs here ("lib/x86_64-linux-gnu", "lib64"), by the place of its
 * ld.so.  The caller frees it; NULL: this system has no such ld.so. */
char *elf_machine_lib(const struct elf_machine *machine);

/* Could ld.so of a `machine` process (EM_*) use the file that is at `path` now, by the beginning of
 * its ELF header (open_verify in glibc's elf/dl-load.c)? */
enum library_fit {
	LIBRARY_FITS,
	LIBRARY_EXEC_STACK,  /* it fits, and asks for an executable stack, or has no PT_GNU_STACK */
	LIBRARY_OTHER_CLASS, /* another ELF class or machine */
	LIBRARY_NOT_ELF,
	LIBRARY_UNREADABLE, /* there is none, or it can't be read */
};
enum library_fit library_inspect(const char *path, uint16_t machine);

#endif
