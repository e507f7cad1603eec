/* Relocations of an ELF file, and the functions and slots that they fill in. */
#include <elf.h>
#include <inttypes.h>

#include "report/elf/record_reader.h"
#include "report/util.h"

#ifndef DT_RELR /* glibc 2.36 */
#define DT_RELRSZ 35
#define DT_RELR   36
#endif

struct relocation {
	uint64_t offset, addend;
	uint64_t symbol;
	uint32_t type;
	bool in_place; /* the addend is what stands at the offset */
};

enum relocation_kind {
	KIND_RELATIVE = 1,
	KIND_IRELATIVE,
	KIND_PLT,
	KIND_GOT,
	KIND_ABS,
	KIND_COPY,
	KIND_TLS,
	KIND_TLS_OFFSET, /* goes with a KIND_TLS of the same symbol */
	KIND_TLS_STATIC,
};

/* What the ABIs of x86-64, AArch64 and i386 call these. */
static enum relocation_kind kind_of(uint16_t machine, uint32_t type)
{
	static const struct {
		uint32_t x86_64, aarch64, i386;
		enum relocation_kind kind;
	} kinds[] = {
		{R_X86_64_RELATIVE, R_AARCH64_RELATIVE, R_386_RELATIVE, KIND_RELATIVE},
		{R_X86_64_IRELATIVE, R_AARCH64_IRELATIVE, R_386_IRELATIVE, KIND_IRELATIVE},
		{R_X86_64_JUMP_SLOT, R_AARCH64_JUMP_SLOT, R_386_JMP_SLOT, KIND_PLT},
		{R_X86_64_GLOB_DAT, R_AARCH64_GLOB_DAT, R_386_GLOB_DAT, KIND_GOT},
		{R_X86_64_COPY, R_AARCH64_COPY, R_386_COPY, KIND_COPY},
		{R_X86_64_DTPMOD64, R_AARCH64_TLS_DTPMOD, R_386_TLS_DTPMOD32, KIND_TLS},
		{R_X86_64_TLSDESC, R_AARCH64_TLSDESC, R_386_TLS_DESC, KIND_TLS},
		{R_X86_64_DTPOFF64, R_AARCH64_TLS_DTPREL, R_386_TLS_DTPOFF32, KIND_TLS_OFFSET},
		{R_X86_64_TPOFF64, R_AARCH64_TLS_TPREL, R_386_TLS_TPOFF, KIND_TLS_STATIC},
		{R_X86_64_TPOFF64, R_AARCH64_TLS_TPREL, R_386_TLS_TPOFF32, KIND_TLS_STATIC},
	};
	uint32_t here;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		here = machine == EM_AARCH64 ? kinds[i].aarch64
		       : machine == EM_386   ? kinds[i].i386
					     : kinds[i].x86_64;
		if (type == here)
			return kinds[i].kind;
	}
	return KIND_ABS;
}

typedef void each_relocation(struct record_reader *reader, const struct relocation *relocation);

static void walk_table(struct record_reader *reader, uint64_t address, uint64_t size, bool rela,
		       each_relocation *each)
{
	Elf_Data *data = record_bytes(reader, address, size, rela ? ELF_T_RELA : ELF_T_REL);

	for (int i = 0; data && i < INT32_MAX; i++) {
		struct relocation relocation = {.in_place = !rela};
		uint64_t info;

		if (rela) {
			GElf_Rela entry;

			if (!gelf_getrela(data, i, &entry))
				return;
			relocation.offset = entry.r_offset;
			relocation.addend = (uint64_t)entry.r_addend;
			info = entry.r_info;
		} else {
			GElf_Rel entry;

			if (!gelf_getrel(data, i, &entry))
				return;
			relocation.offset = entry.r_offset;
			info = entry.r_info;
		}
		relocation.symbol = GELF_R_SYM(info);
		relocation.type = (uint32_t)GELF_R_TYPE(info);
		each(reader, &relocation);
	}
}

/*
 * Relative relocations, packed (gABI, "Relative Relocation Table"): an even word is an address, an
 * odd one a bitmap of the 63 (or 31) words behind the last address.
 */
static void walk_relr(struct record_reader *reader, uint64_t address, uint64_t size,
		      each_relocation *each)
{
	const uint16_t machine = reader->record->machine;
	const size_t width = gelf_fsize(reader->elf, ELF_T_ADDR, 1, EV_CURRENT);
	Elf_Data *data = record_bytes(reader, address, size & ~(uint64_t)(width - 1), ELF_T_ADDR);
	struct relocation relocation = {.in_place = true};
	uint64_t next = 0;

	relocation.type = machine == EM_AARCH64 ? R_AARCH64_RELATIVE
			  : machine == EM_386   ? R_386_RELATIVE
						: R_X86_64_RELATIVE;
	for (size_t i = 0; data && i < data->d_size / width; i++) {
		uint64_t word = width == 8 ? ((const uint64_t *)data->d_buf)[i]
					   : ((const uint32_t *)data->d_buf)[i];

		if (!(word & 1)) {
			relocation.offset = word;
			each(reader, &relocation);
			next = word + width;
			continue;
		}
		for (int bit = 0; word >>= 1; bit++) {
			relocation.offset = next + width * (uint64_t)bit;
			if (word & 1)
				each(reader, &relocation);
		}
		next += (width * 8 - 1) * width;
	}
}

static bool find_table(const struct record_reader *reader, int64_t tag, int64_t size_tag,
		       uint64_t *ret_address, uint64_t *ret_size)
{
	return elf_record_tag(reader->record, tag, ret_address) &&
	       elf_record_tag(reader->record, size_tag, ret_size);
}

static void walk_relocations(struct record_reader *reader, each_relocation *each)
{
	uint64_t address, size, plt = 0, plt_size = 0, form = DT_RELA;
	bool has_plt = find_table(reader, DT_JMPREL, DT_PLTRELSZ, &plt, &plt_size);

	elf_record_tag(reader->record, DT_PLTREL, &form);
	if (find_table(reader, DT_RELR, DT_RELRSZ, &address, &size))
		walk_relr(reader, address, size, each);
	for (int rela = 0; rela < 2; rela++) {
		if (!find_table(reader, rela ? DT_RELA : DT_REL, rela ? DT_RELASZ : DT_RELSZ,
				&address, &size))
			continue;
		/* Some linkers count the PLT's relocations, at the end, with the others. */
		if (has_plt && plt >= address && plt - address < size)
			size = plt - address;
		walk_table(reader, address, size, rela, each);
	}
	if (has_plt)
		walk_table(reader, plt, plt_size, form == DT_RELA, each);
}

static void note_symbol(struct record_reader *reader, const struct relocation *relocation)
{
	if (relocation->symbol > reader->highest_symbol)
		reader->highest_symbol = relocation->symbol;
}

static bool is_in_text(const struct elf_record *record, uint64_t address)
{
	for (size_t i = 0; i < record->segment_count; i++) {
		const struct elf_segment *segment = &record->segments[i];

		if (segment->type == PT_LOAD && address >= segment->vaddr &&
		    address - segment->vaddr < segment->memsz)
			return !(segment->flags & PF_W);
	}
	return false;
}

static struct elf_function *function_of(const struct record_reader *reader, uint64_t slot)
{
	struct elf_record *record = reader->record;

	if (slot < reader->first_function || slot > reader->last_function)
		return NULL;
	for (size_t i = 0; i < record->function_count; i++)
		if (record->functions[i].in_array && record->functions[i].slot == slot)
			return &record->functions[i];
	return NULL;
}

/* What stands in the file at the address of a pointer; 0 when nothing does. */
static uint64_t pointer_at(const struct record_reader *reader, uint64_t address)
{
	size_t size = gelf_fsize(reader->elf, ELF_T_ADDR, 1, EV_CURRENT);
	Elf_Data *data = record_bytes(reader, address, size, ELF_T_ADDR);
	uint64_t value = 0;
	uint32_t half;

	if (data && size == sizeof(value))
		memcpy(&value, data->d_buf, sizeof(value));
	if (data && size == sizeof(half)) {
		memcpy(&half, data->d_buf, sizeof(half));
		value = half;
	}
	return value;
}

static const char *kind_word(enum relocation_kind kind)
{
	switch (kind) {
	case KIND_PLT:
		return "plt";
	case KIND_GOT:
		return "got";
	case KIND_ABS:
		return "abs";
	case KIND_COPY:
		return "copy";
	case KIND_TLS:
	case KIND_TLS_OFFSET:
	case KIND_TLS_STATIC:
		return "tls";
	case KIND_RELATIVE:
	case KIND_IRELATIVE:
		break;
	}
	return "";
}

static void add_slot(struct record_reader *reader, const struct relocation *relocation,
		     enum relocation_kind kind, const GElf_Sym *symbol, const char *name)
{
	struct elf_record *record = reader->record;
	const struct elf_version *version = record_version_of(reader, relocation->symbol);
	struct elf_slot *slot = GROW(record->slots, record->slot_count, record->slot_room);

	slot->address = relocation->offset;
	slot->kind = kind_word(kind);
	slot->symbol = xstrdup(name);
	slot->version = version && !version->base ? xstrdup(version->name) : NULL;
	slot->weak = GELF_ST_BIND(symbol->st_info) == STB_WEAK;
	slot->in_text = is_in_text(record, relocation->offset);
}

static void read_relocation(struct record_reader *reader, const struct relocation *relocation)
{
	struct elf_record *record = reader->record;
	enum relocation_kind kind = kind_of(record->machine, relocation->type);
	struct elf_function *function = function_of(reader, relocation->offset);
	uint64_t addend =
		relocation->in_place ? pointer_at(reader, relocation->offset) : relocation->addend;
	const char *name = NULL;
	GElf_Sym symbol = {0};

	if (relocation->type == 0) /* R_*_NONE */
		return;
	record->relative += kind == KIND_RELATIVE;
	record->irelative += kind == KIND_IRELATIVE;
	record->static_tls += kind == KIND_TLS_STATIC;
	record->in_text += is_in_text(record, relocation->offset);
	if (relocation->symbol && relocation->symbol < reader->symbol_count &&
	    gelf_getsym(reader->symbols, (int)relocation->symbol, &symbol))
		name = record_string(reader, symbol.st_name);
	if (function) {
		function->address = kind == KIND_RELATIVE ? addend
				    : symbol.st_shndx == SHN_UNDEF || !name
					    ? 0
					    : symbol.st_value + addend;
		free(function->symbol);
		function->symbol = name && *name ? xstrdup(name) : NULL;
		function->relocated = true;
	}
	if (name && *name && kind != KIND_RELATIVE && kind != KIND_IRELATIVE &&
	    kind != KIND_TLS_OFFSET)
		add_slot(reader, relocation, kind, &symbol, name);
}

void record_scan_relocations(struct record_reader *reader)
{
	walk_relocations(reader, note_symbol);
}

void record_read_relocations(struct record_reader *reader)
{
	struct elf_record *record = reader->record;

	walk_relocations(reader, read_relocation);
	/* A program that is not position independent has its functions' addresses in the file. */
	for (size_t i = 0; i < record->function_count; i++) {
		struct elf_function *function = &record->functions[i];

		if (function->in_array && !function->relocated)
			function->address = pointer_at(reader, function->slot);
	}
}
