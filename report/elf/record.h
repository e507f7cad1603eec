/*
 * record.h - what one ELF file says of itself to ld.so: its program headers and dynamic section,
 * and what these lead to.  gABI chapters 4 and 5; for versions the LSB; for the x86-64 and AArch64
 * relocations their psABIs.
 *
 * Everything is read as ld.so reads it, through program headers: section headers may be missing.
 * (The one exception is elf_record.hidden.)  The file is not trusted: what it claims and does not
 * have is left out.
 */
#ifndef PLUGREPORT_RECORD_H
#define PLUGREPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/elf/elf.h"
#include "report/util.h"

struct elf_segment {
	uint32_t type, flags; /* PT_*, PF_* */
	uint64_t offset, vaddr, filesz, memsz, align;
};

struct elf_dynamic {
	int64_t tag;
	uint64_t value;
	char *string; /* for tags whose value is an offset into the string table; else NULL */
};

/* A version: one that the file defines (`file` NULL), or one that it wants of `file`. */
struct elf_version {
	char *file;
	char *name;
	uint16_t index;   /* in the file's own numbering */
	bool base;        /* the file's own name, VER_FLG_BASE */
	bool weak;        /* VER_FLG_WEAK: ld.so does not insist */
	char *parent;     /* of a definition: the version that it continues, or NULL */
	uint64_t symbols; /* of this version */
};

/* Symbols of the dynamic symbol table, counted. */
struct elf_symbol_counts {
	uint64_t exports;                             /* defined, and not local or hidden */
	uint64_t functions, data, tls, ifuncs, other; /* exports by type */
	uint64_t weak, unique, is_protected;          /* among the exports */
	uint64_t wanted, wanted_weak;                 /* undefined ones */
};

enum elf_function_kind { FUNCTION_PREINIT, FUNCTION_INIT, FUNCTION_FINI };

/* A function that ld.so calls: of DT_PREINIT_ARRAY; DT_INIT or DT_INIT_ARRAY; DT_FINI_ARRAY or
 * DT_FINI. In the order in which it calls them. */
struct elf_function {
	enum elf_function_kind kind;
	bool in_array;    /* an element of the array, not DT_INIT or DT_FINI */
	bool relocated;   /* a relocation fills the array's slot in... */
	uint64_t slot;    /* ...which is here; less the load address, as all addresses */
	uint64_t address; /* 0: in another object, which `symbol` tells */
	char *symbol;     /* that the slot is relocated with; or NULL */
};

/* A slot that ld.so fills with the address (for a copy: the contents) of a symbol. */
struct elf_slot {
	uint64_t address; /* less the load address */
	const char *kind; /* plt, got, abs, copy, tls: as schema.sql names a binding's */
	char *symbol;
	char *version; /* that it asks for, or NULL */
	bool weak;     /* the reference is */
	bool in_text;  /* in a segment that is not writable */
};

struct elf_record {
	uint16_t type, machine; /* ET_*, EM_* */
	uint64_t entry;
	char *interpreter; /* PT_INTERP; or NULL */
	struct elf_segment *segments;
	size_t segment_count, segment_room;
	struct elf_dynamic *dynamic; /* up to DT_NULL */
	size_t dynamic_count, dynamic_room;
	struct elf_version *versions; /* defined ones, then wanted ones */
	size_t version_count, version_room;
	struct elf_symbol_counts symbols;
	bool has_symtab; /* .symtab is in the file, and so... */
	uint64_t hidden; /* ...symbols with hidden or internal visibility can be counted */
	struct elf_function *functions;
	size_t function_count, function_room;
	struct elf_slot *slots;
	size_t slot_count, slot_room;
	uint64_t relative, irelative; /* relocations without a symbol */
	uint64_t in_text;        /* relocations of all kinds in segments that are not writable */
	uint64_t static_tls;     /* relocations that need static TLS (initial exec) */
	bool has_unwind;         /* has .eh_frame_hdr */
	uint64_t unwind_entries; /* in its search table */
};

/* Read the file that the identity names.  False: the file is not the recorded one any more, or no
 * ELF file.  Release what was read with elf_record_release(). */
bool elf_record_read(const struct elf_identity *identity, struct elf_record *ret);
void elf_record_release(struct elf_record *record);

/* The value of the first entry with this tag. */
bool elf_record_tag(const struct elf_record *record, int64_t tag, uint64_t *ret_value);

/* record_words.c: constant words, NULL for what has none. */
const char *elf_segment_word(uint32_t type);                   /* "LOAD" */
const char *elf_tag_word(int64_t tag);                         /* "NEEDED" */
void elf_add_segment_flags(struct strbuf *sb, uint32_t flags); /* "r-x" */
/* "BIND_NOW STATIC_TLS"; bits without a name in hexadecimal. */
void elf_add_flags(struct strbuf *sb, uint64_t flags);     /* DT_FLAGS */
void elf_add_flags_1(struct strbuf *sb, uint64_t flags_1); /* DT_FLAGS_1 */

#endif
