/* Versions and symbols of an ELF file, found through its dynamic section. */
#include <elf.h>

#include "report/elf/record_reader.h"
#include "report/util.h"

/* Version tables have no size but their number of entries; more than this nobody has. */
#define VERSIONS_SIZE_MAX (1u << 20)

static Elf_Data *version_table(const struct record_reader *reader, int64_t tag, int64_t count_tag,
			       Elf_Type type, uint64_t *ret_count)
{
	uint64_t address, left;

	if (!elf_record_tag(reader->record, tag, &address) ||
	    !elf_record_tag(reader->record, count_tag, ret_count))
		return NULL;
	left = record_bytes_left(reader, address);
	return record_bytes(reader, address, left < VERSIONS_SIZE_MAX ? left : VERSIONS_SIZE_MAX,
			    type);
}

/* Valid until the next one is added. */
static struct elf_version *add_version(struct record_reader *reader, uint16_t index, uint64_t name)
{
	struct elf_record *record = reader->record;
	struct elf_version *version =
		GROW(record->versions, record->version_count, record->version_room);
	const char *s = record_string(reader, name);

	version->index = index & (VERSION_INDEXES - 1);
	version->name = xstrdup(s ? s : "");
	reader->version_of_index[version->index] = record->version_count;
	return version;
}

static void read_definitions(struct record_reader *reader)
{
	uint64_t count = 0;
	Elf_Data *data = version_table(reader, DT_VERDEF, DT_VERDEFNUM, ELF_T_VDEF, &count);
	int offset = 0;

	for (uint64_t i = 0; data && i < count; i++) {
		struct elf_version *version;
		GElf_Verdef def;
		GElf_Verdaux aux;
		int at;

		if (!gelf_getverdef(data, offset, &def) || def.vd_aux > VERSIONS_SIZE_MAX ||
		    def.vd_next > VERSIONS_SIZE_MAX)
			return;
		at = offset + (int)def.vd_aux;
		if (!gelf_getverdaux(data, at, &aux))
			return;
		version = add_version(reader, def.vd_ndx, aux.vda_name);
		version->base = def.vd_flags & VER_FLG_BASE;
		version->weak = def.vd_flags & VER_FLG_WEAK;
		if (def.vd_cnt > 1 && aux.vda_next <= VERSIONS_SIZE_MAX &&
		    gelf_getverdaux(data, at + (int)aux.vda_next, &aux))
			version->parent = xstrdup(record_string(reader, aux.vda_name));
		if (!def.vd_next)
			return;
		offset += (int)def.vd_next;
	}
}

/* The versions wanted of one file; false at the end of what can be read. */
static bool read_need(struct record_reader *reader, Elf_Data *data, int offset,
		      const GElf_Verneed *need)
{
	for (int i = 0; i < need->vn_cnt; i++) {
		struct elf_version *version;
		GElf_Vernaux aux;

		if (!gelf_getvernaux(data, offset, &aux) || aux.vna_next > VERSIONS_SIZE_MAX)
			return false;
		version = add_version(reader, aux.vna_other, aux.vna_name);
		version->file = xstrdup(record_string(reader, need->vn_file));
		if (!version->file)
			version->file = xstrdup("");
		version->weak = aux.vna_flags & VER_FLG_WEAK;
		if (!aux.vna_next)
			break;
		offset += (int)aux.vna_next;
	}
	return true;
}

static void read_needs(struct record_reader *reader)
{
	uint64_t count = 0;
	Elf_Data *data = version_table(reader, DT_VERNEED, DT_VERNEEDNUM, ELF_T_VNEED, &count);
	int offset = 0;

	for (uint64_t i = 0; data && i < count; i++) {
		GElf_Verneed need;

		if (!gelf_getverneed(data, offset, &need) || need.vn_aux > VERSIONS_SIZE_MAX ||
		    need.vn_next > VERSIONS_SIZE_MAX ||
		    !read_need(reader, data, offset + (int)need.vn_aux, &need) || !need.vn_next)
			return;
		offset += (int)need.vn_next;
	}
}

/* The number of symbols that DT_GNU_HASH leads to: its last chain ends with the last symbol. */
static uint64_t gnu_hash_symbols(const struct record_reader *reader, uint64_t address)
{
	size_t word = gelf_fsize(reader->elf, ELF_T_ADDR, 1, EV_CURRENT);
	Elf_Data *header = record_bytes(reader, address, 16, ELF_T_WORD);
	const uint32_t *words = header ? header->d_buf : NULL;
	uint64_t buckets, chains, last = 0, offset;
	Elf_Data *data;

	if (!words)
		return 0;
	offset = words[1];
	buckets = address + 16 + (uint64_t)words[2] * word;
	chains = buckets + (uint64_t)words[0] * 4;
	data = record_bytes(reader, buckets, (uint64_t)words[0] * 4, ELF_T_WORD);
	for (size_t i = 0; data && i < data->d_size / 4; i++)
		if (((const uint32_t *)data->d_buf)[i] > last)
			last = ((const uint32_t *)data->d_buf)[i];
	if (last < offset)
		return offset;
	chains += (last - offset) * 4;
	data = record_bytes(reader, chains, record_bytes_left(reader, chains) & ~(uint64_t)3,
			    ELF_T_WORD);
	for (size_t i = 0; data && i < data->d_size / 4; i++)
		if (((const uint32_t *)data->d_buf)[i] & 1)
			return last + i + 1;
	return 0;
}

static void open_symbols(struct record_reader *reader)
{
	const struct elf_record *record = reader->record;
	size_t entry = gelf_fsize(reader->elf, ELF_T_SYM, 1, EV_CURRENT);
	uint64_t address, hash, count = 0, left;

	if (!elf_record_tag(record, DT_SYMTAB, &address) || entry == 0)
		return;
	left = record_bytes_left(reader, address) / entry;
	if (elf_record_tag(record, DT_HASH, &hash)) {
		Elf_Data *data = record_bytes(reader, hash, 8, ELF_T_WORD);

		count = data ? ((const uint32_t *)data->d_buf)[1] : 0;
	} else if (elf_record_tag(record, DT_GNU_HASH, &hash)) {
		count = gnu_hash_symbols(reader, hash);
	}
	/* A hash table of exports does not count what is wanted. */
	if (count <= reader->highest_symbol)
		count = reader->highest_symbol + 1;
	if (count > left)
		count = left;
	if (count > INT32_MAX)
		return;
	reader->symbols = record_bytes(reader, address, count * entry, ELF_T_SYM);
	reader->symbol_count = reader->symbols ? count : 0;
	if (elf_record_tag(record, DT_VERSYM, &address))
		reader->versyms = record_bytes(reader, address, count * 2, ELF_T_HALF);
}

struct elf_version *record_version_of(const struct record_reader *reader, size_t symbol)
{
	GElf_Versym versym;
	size_t version;

	if (!reader->versyms || symbol > INT32_MAX ||
	    !gelf_getversym(reader->versyms, (int)symbol, &versym))
		return NULL;
	versym &= VERSION_INDEXES - 1;
	version = versym < 2 ? 0 : reader->version_of_index[versym];
	return version ? &reader->record->versions[version - 1] : NULL;
}

static void count_export(struct elf_symbol_counts *counts, const GElf_Sym *symbol)
{
	counts->exports++;
	counts->weak += GELF_ST_BIND(symbol->st_info) == STB_WEAK;
	counts->unique += GELF_ST_BIND(symbol->st_info) == STB_GNU_UNIQUE;
	counts->is_protected += GELF_ST_VISIBILITY(symbol->st_other) == STV_PROTECTED;
	switch (GELF_ST_TYPE(symbol->st_info)) {
	case STT_FUNC:
		counts->functions++;
		break;
	case STT_OBJECT:
	case STT_COMMON:
		counts->data++;
		break;
	case STT_TLS:
		counts->tls++;
		break;
	case STT_GNU_IFUNC:
		counts->ifuncs++;
		break;
	default:
		counts->other++;
		break;
	}
}

static void count_symbols(struct record_reader *reader)
{
	struct elf_symbol_counts *counts = &reader->record->symbols;

	for (size_t i = 1; i < reader->symbol_count; i++) {
		struct elf_version *version;
		GElf_Sym symbol;
		int visibility;

		if (!gelf_getsym(reader->symbols, (int)i, &symbol))
			return;
		visibility = GELF_ST_VISIBILITY(symbol.st_other);
		if (GELF_ST_BIND(symbol.st_info) == STB_LOCAL)
			continue;
		if (symbol.st_shndx == SHN_UNDEF) {
			counts->wanted++;
			counts->wanted_weak += GELF_ST_BIND(symbol.st_info) == STB_WEAK;
		} else if (visibility == STV_HIDDEN || visibility == STV_INTERNAL) {
			continue;
		} else {
			count_export(counts, &symbol);
		}
		version = record_version_of(reader, i);
		if (version)
			version->symbols++;
	}
}

/* What the linker kept inside is told by the full symbol table only. */
static void count_hidden(struct record_reader *reader)
{
	for (Elf_Scn *scn = elf_nextscn(reader->elf, NULL); scn;
	     scn = elf_nextscn(reader->elf, scn)) {
		GElf_Shdr shdr;
		GElf_Sym symbol;
		Elf_Data *data;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_SYMTAB)
			continue;
		data = elf_getdata(scn, NULL);
		reader->record->has_symtab = data && data->d_buf;
		for (int i = 1; data && gelf_getsym(data, i, &symbol); i++) {
			int visibility = GELF_ST_VISIBILITY(symbol.st_other);

			reader->record->hidden +=
				symbol.st_shndx != SHN_UNDEF &&
				(visibility == STV_HIDDEN || visibility == STV_INTERNAL);
		}
		return;
	}
}

void record_read_symbols(struct record_reader *reader)
{
	read_definitions(reader);
	read_needs(reader);
	open_symbols(reader);
	count_symbols(reader);
	count_hidden(reader);
}
