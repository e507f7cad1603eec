/* The names that <elf.h> has for numbers in ELF files. */
#include <elf.h>
#include <inttypes.h>

#include "report/elf/record.h"
#include "report/util.h"

struct word {
	int64_t number;
	const char *word;
};

static const char *word_of(const struct word *words, size_t count, int64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].number == number)
			return words[i].word;
	return NULL;
}

#define PT(name)                 \
	{                        \
		PT_##name, #name \
	}
#define DT(name)                 \
	{                        \
		DT_##name, #name \
	}
#define DF(name)                 \
	{                        \
		DF_##name, #name \
	}
#define DF_1(name)                 \
	{                          \
		DF_1_##name, #name \
	}

const char *elf_segment_word(uint32_t type)
{
	static const struct word words[] = {
		PT(LOAD),
		PT(DYNAMIC),
		PT(INTERP),
		PT(NOTE),
		PT(SHLIB),
		PT(PHDR),
		PT(TLS),
		PT(GNU_STACK),
		PT(GNU_RELRO),
		PT(GNU_EH_FRAME),
		{0x6474e553, "GNU_PROPERTY"},
	};

	return word_of(words, ARRAY_SIZE(words), type);
}

const char *elf_tag_word(int64_t tag)
{
	static const struct word words[] = {
		DT(NEEDED),       DT(PLTRELSZ),    DT(PLTGOT),        DT(HASH),
		DT(STRTAB),       DT(SYMTAB),      DT(RELA),          DT(RELASZ),
		DT(RELAENT),      DT(STRSZ),       DT(SYMENT),        DT(INIT),
		DT(FINI),         DT(SONAME),      DT(RPATH),         DT(SYMBOLIC),
		DT(REL),          DT(RELSZ),       DT(RELENT),        DT(PLTREL),
		DT(DEBUG),        DT(TEXTREL),     DT(JMPREL),        DT(BIND_NOW),
		DT(INIT_ARRAY),   DT(FINI_ARRAY),  DT(INIT_ARRAYSZ),  DT(FINI_ARRAYSZ),
		DT(RUNPATH),      DT(FLAGS),       DT(PREINIT_ARRAY), DT(PREINIT_ARRAYSZ),
		DT(GNU_HASH),     DT(VERSYM),      DT(RELACOUNT),     DT(RELCOUNT),
		DT(FLAGS_1),      DT(VERDEF),      DT(VERDEFNUM),     DT(VERNEED),
		DT(VERNEEDNUM),   DT(AUXILIARY),   DT(FILTER),        DT(AUDIT),
		DT(DEPAUDIT),     DT(CONFIG),      DT(GNU_PRELINKED), DT(GNU_LIBLIST),
		DT(GNU_CONFLICT), DT(TLSDESC_PLT), DT(TLSDESC_GOT),   DT(CHECKSUM),
		{35, "RELRSZ"},   {36, "RELR"},    {37, "RELRENT"},   {34, "SYMTAB_SHNDX"},
	};

	return word_of(words, ARRAY_SIZE(words), tag);
}

void elf_add_segment_flags(struct strbuf *sb, uint32_t flags)
{
	strbuf_addch(sb, flags & PF_R ? 'r' : '-');
	strbuf_addch(sb, flags & PF_W ? 'w' : '-');
	strbuf_addch(sb, flags & PF_X ? 'x' : '-');
}

static void add_bits(struct strbuf *sb, const struct word *words, size_t count, uint64_t bits)
{
	const char *separator = "";

	for (size_t i = 0; i < count; i++) {
		if (!(bits & (uint64_t)words[i].number))
			continue;
		strbuf_addf(sb, "%s%s", separator, words[i].word);
		bits &= ~(uint64_t)words[i].number;
		separator = " ";
	}
	if (bits)
		strbuf_addf(sb, "%s0x%" PRIx64, separator, bits);
}

void elf_add_flags(struct strbuf *sb, uint64_t flags)
{
	static const struct word words[] = {
		DF(ORIGIN), DF(SYMBOLIC), DF(TEXTREL), DF(BIND_NOW), DF(STATIC_TLS),
	};

	add_bits(sb, words, ARRAY_SIZE(words), flags);
}

void elf_add_flags_1(struct strbuf *sb, uint64_t flags_1)
{
	static const struct word words[] = {
		DF_1(NOW),        DF_1(GLOBAL),    DF_1(GROUP),      DF_1(NODELETE),
		DF_1(LOADFLTR),   DF_1(INITFIRST), DF_1(NOOPEN),     DF_1(ORIGIN),
		DF_1(DIRECT),     DF_1(INTERPOSE), DF_1(NODEFLIB),   DF_1(NODUMP),
		DF_1(CONFALT),    DF_1(ENDFILTEE), DF_1(DISPRELDNE), DF_1(DISPRELPND),
		DF_1(NODIRECT),   DF_1(IGNMULDEF), DF_1(NOKSYMS),    DF_1(NOHDR),
		DF_1(EDITED),     DF_1(NORELOC),   DF_1(SYMINTPOSE), DF_1(GLOBAUDIT),
		DF_1(SINGLETON),  DF_1(STUB),      DF_1(PIE),        DF_1(KMOD),
		DF_1(WEAKFILTER), DF_1(NOCOMMON),
	};

	add_bits(sb, words, ARRAY_SIZE(words), flags_1);
}
