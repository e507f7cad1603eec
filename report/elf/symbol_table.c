/*
 * symbol_table.c - a file's dynamic symbol table, found as ld.so finds it: through PT_DYNAMIC. gABI
 * chapter 5, "Dynamic Section", "Hash Table"; glibc elf/dl-setup_hash.c (DT_GNU_HASH) and
 * elf/dl-version.c (which index has which version).
 *
 * Nothing in the file is trusted: what points out of it, or in circles, ends the list that it is
 * in.
 */
#include <gelf.h>
#include <unistd.h>

#include "report/elf/image.h"
#include "report/util.h"

#define VERSIONS_MAX 0x8000 /* an index has 15 bits */
#define CHAIN_MAX    65536  /* symbols in one bucket of DT_GNU_HASH */

/* The dynamic section's entries that matter here; 0: it is not there. */
struct dynamic {
	GElf_Addr strings, symbols, gnu_hash, hash, versym, verneed, verdef, relocs, plt;
	GElf_Xword string_bytes, reloc_bytes, plt_bytes;
	bool rel; /* relocations without addend: 32-bit x86 */
};

struct reader {
	Elf *elf;
	size_t segments;
	struct dynamic dynamic;
	struct symbol_table *table;
	size_t version_room;
	int *version_of; /* by index: into table->versions, or -1 */
};

/* The bytes at `address`, at most `most` of them, as items of `type`; NULL when there are none. */
static Elf_Data *chunk(const struct reader *reader, GElf_Addr address, uint64_t most, Elf_Type type)
{
	for (size_t i = 0; i < reader->segments; i++) {
		GElf_Phdr phdr;
		uint64_t size, item;

		if (!gelf_getphdr(reader->elf, (int)i, &phdr) || phdr.p_type != PT_LOAD ||
		    address < phdr.p_vaddr || address - phdr.p_vaddr >= phdr.p_filesz)
			continue;
		size = phdr.p_filesz - (address - phdr.p_vaddr);
		item = gelf_fsize(reader->elf, type, 1, EV_CURRENT);
		size = size < most ? size : most;
		size -= item ? size % item : 0;
		/* libelf refuses what reaches beyond the file. */
		return size ? elf_getdata_rawchunk(
				      reader->elf,
				      (int64_t)(phdr.p_offset + (address - phdr.p_vaddr)), size,
				      type)
			    : NULL;
	}
	return NULL;
}

static void read_dynamic(struct reader *reader, const GElf_Phdr *phdr)
{
	struct dynamic *dynamic = &reader->dynamic;
	Elf_Data *data = elf_getdata_rawchunk(reader->elf, (int64_t)phdr->p_offset, phdr->p_filesz,
					      ELF_T_DYN);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		switch (entry.d_tag) {
		case DT_STRTAB:
			dynamic->strings = entry.d_un.d_ptr;
			break;
		case DT_STRSZ:
			dynamic->string_bytes = entry.d_un.d_val;
			break;
		case DT_SYMTAB:
			dynamic->symbols = entry.d_un.d_ptr;
			break;
		case DT_REL:
		case DT_RELA:
			dynamic->relocs = entry.d_un.d_ptr;
			dynamic->rel = entry.d_tag == DT_REL;
			break;
		case DT_RELSZ:
		case DT_RELASZ:
			dynamic->reloc_bytes = entry.d_un.d_val;
			break;
		case DT_JMPREL:
			dynamic->plt = entry.d_un.d_ptr;
			break;
		case DT_PLTRELSZ:
			dynamic->plt_bytes = entry.d_un.d_val;
			break;
		case DT_GNU_HASH:
			dynamic->gnu_hash = entry.d_un.d_ptr;
			break;
		case DT_HASH:
			dynamic->hash = entry.d_un.d_ptr;
			break;
		case DT_VERSYM:
			dynamic->versym = entry.d_un.d_ptr;
			break;
		case DT_VERNEED:
			dynamic->verneed = entry.d_un.d_ptr;
			break;
		case DT_VERDEF:
			dynamic->verdef = entry.d_un.d_ptr;
			break;
		default:
			break;
		}
	}
}

static bool find_dynamic(struct reader *reader)
{
	if (elf_getphdrnum(reader->elf, &reader->segments) != 0)
		return false;
	for (size_t i = 0; i < reader->segments; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(reader->elf, (int)i, &phdr) && phdr.p_type == PT_DYNAMIC) {
			read_dynamic(reader, &phdr);
			return true;
		}
	}
	return false;
}

static bool read_strings(struct reader *reader)
{
	struct symbol_table *table = reader->table;
	Elf_Data *data =
		chunk(reader, reader->dynamic.strings, reader->dynamic.string_bytes, ELF_T_BYTE);

	if (!data || !data->d_buf)
		return false;
	table->string_bytes = data->d_size + 1;
	table->strings = xmalloc(table->string_bytes);
	memcpy(table->strings, data->d_buf, data->d_size);
	table->strings[data->d_size] = '\0';
	return true;
}

/* The string at this offset of the string table; "" when it is beyond it. */
static const char *string_at(const struct reader *reader, uint64_t offset)
{
	return offset < reader->table->string_bytes ? reader->table->strings + offset : "";
}

static uint32_t word(const Elf_Data *data, size_t index)
{
	uint32_t value = 0;

	if (data && index < data->d_size / sizeof(value))
		memcpy(&value, (const char *)data->d_buf + index * sizeof(value), sizeof(value));
	return value;
}

/* How many symbols DT_HASH knows: it has a chain entry for each. */
static size_t count_hash(const struct reader *reader)
{
	return word(chunk(reader, reader->dynamic.hash, 8, ELF_T_WORD), 1);
}

/* How many symbols there are up to the last one that DT_GNU_HASH leads to. */
static size_t count_gnu_hash(struct reader *reader)
{
	GElf_Addr at = reader->dynamic.gnu_hash;
	Elf_Data *header = chunk(reader, at, 16, ELF_T_WORD), *buckets, *chain;
	uint32_t bucket_count = word(header, 0), first = word(header, 1), last = 0;
	size_t word_bytes = gelf_fsize(reader->elf, ELF_T_ADDR, 1, EV_CURRENT);

	reader->table->first_hashed = first;
	at += 16 + (uint64_t)word(header, 2) * word_bytes;
	buckets = chunk(reader, at, (uint64_t)bucket_count * 4, ELF_T_WORD);
	for (size_t i = 0; buckets && i < bucket_count && i < buckets->d_size / 4; i++)
		last = word(buckets, i) > last ? word(buckets, i) : last;
	if (last < first)
		return first;
	at += (uint64_t)bucket_count * 4 + (uint64_t)(last - first) * 4;
	chain = chunk(reader, at, (uint64_t)CHAIN_MAX * 4, ELF_T_WORD);
	for (size_t i = 0; chain && i < chain->d_size / 4 && !(word(chain, i) & 1); i++)
		last++;
	return (size_t)last + 1;
}

/* DT_GNU_HASH does not tell where the undefined symbols end when nothing is defined; the section
 * header, which ld.so does not read, does. */
static size_t count_section(const struct reader *reader)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(reader->elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM &&
		    header.sh_addr == reader->dynamic.symbols && header.sh_entsize)
			return header.sh_size / header.sh_entsize;
	}
	return 0;
}

static size_t count_symbols(struct reader *reader)
{
	size_t count = count_section(reader), hashed = 0;

	reader->table->gnu_hash = reader->dynamic.gnu_hash != 0;
	reader->table->sysv_hash = reader->dynamic.hash != 0;
	if (reader->table->gnu_hash)
		hashed = count_gnu_hash(reader);
	if (reader->table->sysv_hash) {
		size_t all = count_hash(reader);

		hashed = all > hashed ? all : hashed;
	}
	return hashed > count ? hashed : count;
}

static void add_version(struct reader *reader, const struct symbol_version *version)
{
	struct symbol_table *table = reader->table;

	if (table->version_count == VERSIONS_MAX)
		return;
	*GROW(table->versions, table->version_count, reader->version_room) = *version;
	/* The base version's name is not for matching: _dl_check_map_versions(). */
	if (!version->base)
		reader->version_of[version->index] = (int)table->version_count - 1;
}

/* The versions of one entry of DT_VERNEED. */
static void read_wanted(struct reader *reader, Elf_Data *data, int offset, const GElf_Verneed *need)
{
	int at = offset + (int)need->vn_aux;
	GElf_Vernaux aux;

	for (size_t i = 0; i < VERSIONS_MAX && gelf_getvernaux(data, at, &aux); i++) {
		struct symbol_version version = {
			.name = string_at(reader, aux.vna_name),
			.file = string_at(reader, need->vn_file),
			.index = aux.vna_other & 0x7fff,
			.weak = (aux.vna_flags & VER_FLG_WEAK) != 0,
		};

		add_version(reader, &version);
		if (!aux.vna_next)
			return;
		at += (int)aux.vna_next;
	}
}

static void read_verneed(struct reader *reader)
{
	Elf_Data *data = chunk(reader, reader->dynamic.verneed, UINT64_MAX, ELF_T_VNEED);
	GElf_Verneed need;
	int offset = 0;

	for (size_t i = 0; data && i < VERSIONS_MAX && gelf_getverneed(data, offset, &need); i++) {
		if (reader->table->version_count == VERSIONS_MAX)
			return;
		read_wanted(reader, data, offset, &need);
		if (!need.vn_next)
			return;
		offset += (int)need.vn_next;
	}
}

static void read_verdef(struct reader *reader)
{
	Elf_Data *data = chunk(reader, reader->dynamic.verdef, UINT64_MAX, ELF_T_VDEF);
	GElf_Verdef def;
	GElf_Verdaux aux;
	int offset = 0;

	for (size_t i = 0; data && i < VERSIONS_MAX && gelf_getverdef(data, offset, &def); i++) {
		struct symbol_version version = {
			.index = def.vd_ndx & 0x7fff,
			.weak = (def.vd_flags & VER_FLG_WEAK) != 0,
			.base = (def.vd_flags & VER_FLG_BASE) != 0,
		};

		if (!gelf_getverdaux(data, offset + (int)def.vd_aux, &aux))
			return;
		version.name = string_at(reader, aux.vda_name);
		add_version(reader, &version);
		if (!def.vd_next)
			return;
		offset += (int)def.vd_next;
	}
}

static void fill_symbol(const struct reader *reader, struct dynamic_symbol *symbol,
			const GElf_Sym *from, uint16_t versym)
{
	int version = reader->table->versioned ? reader->version_of[versym & 0x7fff] : -1;

	symbol->value = from->st_value;
	symbol->size = from->st_size;
	symbol->versym = reader->table->versioned ? versym : 0;
	symbol->type = GELF_ST_TYPE(from->st_info);
	symbol->bind = GELF_ST_BIND(from->st_info);
	symbol->visibility = GELF_ST_VISIBILITY(from->st_other);
	symbol->defined = from->st_shndx != SHN_UNDEF;
	symbol->absolute = from->st_shndx == SHN_ABS;
	if (version >= 0) {
		symbol->version = reader->table->versions[version].name;
		symbol->version_file = reader->table->versions[version].file;
	}
}

static void read_symbols(struct reader *reader)
{
	struct symbol_table *table = reader->table;
	size_t entry = gelf_fsize(reader->elf, ELF_T_SYM, 1, EV_CURRENT);
	size_t count = count_symbols(reader), room;
	Elf_Data *data = chunk(reader, reader->dynamic.symbols, (uint64_t)count * entry, ELF_T_SYM);
	Elf_Data *versyms = chunk(reader, reader->dynamic.versym, (uint64_t)count * 2, ELF_T_HALF);

	room = data && entry ? data->d_size / entry : 0;
	table->versioned = versyms && table->version_count > 0;
	table->symbols = xcalloc(room + 1, sizeof(*table->symbols));
	for (size_t i = 1; i < room && i < INT32_MAX; i++) {
		GElf_Sym symbol;
		GElf_Versym versym = 0;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol))
			break;
		name = string_at(reader, symbol.st_name);
		if (!*name)
			continue;
		if (table->versioned)
			gelf_getversym(versyms, (int)i, &versym);
		table->symbols[table->count].name = name;
		table->symbols[table->count].number = (uint32_t)i;
		fill_symbol(reader, &table->symbols[table->count++], &symbol, versym);
	}
}

/* Index into table->symbols, which are in the order of their numbers, or -1. */
static long find_number(const struct symbol_table *table, uint64_t number)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (table->symbols[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->count && table->symbols[low].number == number ? (long)low : -1;
}

/* The type of a copy relocation; 0, which is none everywhere, where it is not known. */
static uint64_t copy_relocation(Elf *elf)
{
	GElf_Ehdr header;

	switch (gelf_getehdr(elf, &header) ? header.e_machine : EM_NONE) {
	case EM_X86_64:
		return R_X86_64_COPY;
	case EM_386:
		return R_386_COPY;
	case EM_AARCH64:
		return R_AARCH64_COPY;
	default:
		return 0;
	}
}

/* All relocations but those of the PLT, which may stand among them (DT_RELASZ may count them). */
static void mark_references(struct reader *reader)
{
	const struct dynamic *dynamic = &reader->dynamic;
	Elf_Type type = dynamic->rel ? ELF_T_REL : ELF_T_RELA;
	Elf_Data *data = chunk(reader, dynamic->relocs, dynamic->reloc_bytes, type);
	size_t entry = gelf_fsize(reader->elf, type, 1, EV_CURRENT);
	uint64_t copy = copy_relocation(reader->elf);
	GElf_Rela rela;
	GElf_Rel rel;

	for (int i = 0; data && entry; i++) {
		GElf_Addr place = dynamic->relocs + (uint64_t)i * entry;
		uint64_t info, symbol;
		long index;

		if (dynamic->rel ? !gelf_getrel(data, i, &rel) : !gelf_getrela(data, i, &rela))
			return;
		info = dynamic->rel ? rel.r_info : rela.r_info;
		symbol = GELF_R_SYM(info);

		if (dynamic->plt && place >= dynamic->plt &&
		    place - dynamic->plt < dynamic->plt_bytes)
			continue;
		index = symbol ? find_number(reader->table, symbol) : -1;
		if (index < 0)
			continue;
		reader->table->symbols[index].at_load = true;
		reader->table->symbols[index].copied |= copy && GELF_R_TYPE(info) == copy;
	}
}

enum elf_symbols elf_symbol_table(const struct elf_identity *identity, struct symbol_table *ret)
{
	AUTO_FREE int *version_of = xmalloc(VERSIONS_MAX * sizeof(*version_of));
	struct reader reader = {.table = ret, .version_of = version_of};
	struct image image;

	*ret = (struct symbol_table){.source = SYMBOLS_NONE};
	if (!image_open(&image, identity))
		return identity->path && access(identity->path, F_OK) == 0 ? ELF_SYMBOLS_CHANGED
									   : ELF_SYMBOLS_GONE;
	for (size_t i = 0; i < VERSIONS_MAX; i++)
		version_of[i] = -1;
	reader.elf = image.elf;
	ret->source = SYMBOLS_FILE;
	if (find_dynamic(&reader) && read_strings(&reader)) {
		if (reader.dynamic.verneed)
			read_verneed(&reader);
		if (reader.dynamic.verdef)
			read_verdef(&reader);
		read_symbols(&reader);
		mark_references(&reader);
	}
	image_close(&image);
	return ELF_SYMBOLS_READ;
}
