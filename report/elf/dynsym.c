/*
 * dynsym.c - names and versions of a file's dynamic symbols.  gABI chapter 4, "Symbol Table"; LSB,
 * "Symbol Versioning".
 */
#include <gelf.h>

#include "report/elf/image.h"
#include "report/util.h"

struct tables {
	Elf_Data *symbols, *versyms, *needs, *definitions;
	size_t strings; /* section index of the symbols' names */
	size_t need_strings, definition_strings;
	size_t symbol_count, need_count, definition_count;
};

static void find_tables(Elf *elf, struct tables *tables)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || header.sh_entsize > header.sh_size)
			continue;
		switch (header.sh_type) {
		case SHT_DYNSYM:
			tables->symbols = elf_getdata(section, NULL);
			tables->strings = header.sh_link;
			tables->symbol_count =
				header.sh_entsize ? header.sh_size / header.sh_entsize : 0;
			break;
		case SHT_GNU_versym:
			tables->versyms = elf_getdata(section, NULL);
			break;
		case SHT_GNU_verneed:
			tables->needs = elf_getdata(section, NULL);
			tables->need_strings = header.sh_link;
			tables->need_count = header.sh_info;
			break;
		case SHT_GNU_verdef:
			tables->definitions = elf_getdata(section, NULL);
			tables->definition_strings = header.sh_link;
			tables->definition_count = header.sh_info;
			break;
		default:
			break;
		}
	}
}

/* Names by version index; indexes have 15 bits. */
struct version_table {
	const char **names;
	size_t count, room;
};

static void add_version(struct version_table *versions, unsigned int index, const char *name)
{
	index &= 0x7fff;
	while (versions->count <= index)
		*GROW(versions->names, versions->count, versions->room) = NULL;
	versions->names[index] = name;
}

static void read_needs(Elf *elf, const struct tables *tables, struct version_table *versions)
{
	int offset = 0;

	for (size_t i = 0; i < tables->need_count; i++) {
		GElf_Verneed need;
		GElf_Vernaux aux;
		int aux_offset;

		if (!gelf_getverneed(tables->needs, offset, &need))
			return;
		aux_offset = offset + (int)need.vn_aux;
		for (int j = 0; j < need.vn_cnt; j++) {
			if (!gelf_getvernaux(tables->needs, aux_offset, &aux))
				return;
			add_version(versions, aux.vna_other,
				    elf_strptr(elf, tables->need_strings, aux.vna_name));
			if (!aux.vna_next)
				break;
			aux_offset += (int)aux.vna_next;
		}
		if (!need.vn_next)
			return;
		offset += (int)need.vn_next;
	}
}

static void read_definitions(Elf *elf, const struct tables *tables, struct version_table *versions)
{
	int offset = 0;

	for (size_t i = 0; i < tables->definition_count; i++) {
		GElf_Verdef def;
		GElf_Verdaux aux;

		if (!gelf_getverdef(tables->definitions, offset, &def) ||
		    !gelf_getverdaux(tables->definitions, offset + (int)def.vd_aux, &aux))
			return;
		add_version(versions, def.vd_ndx,
			    elf_strptr(elf, tables->definition_strings, aux.vda_name));
		if (!def.vd_next)
			return;
		offset += (int)def.vd_next;
	}
}

bool elf_dynamic_symbols(const struct elf_identity *identity, uint32_t first, uint32_t end,
			 void (*each)(uint32_t index, const char *name, const char *version,
				      uint64_t resolver, void *data),
			 void *data)
{
	struct image image;
	struct tables tables = {0};
	struct version_table versions = {NULL, 0, 0};

	if (!image_open(&image, identity))
		return false;
	find_tables(image.elf, &tables);
	if (tables.needs)
		read_needs(image.elf, &tables, &versions);
	if (tables.definitions)
		read_definitions(image.elf, &tables, &versions);
	for (size_t i = first; tables.symbols && i < end && i < tables.symbol_count; i++) {
		GElf_Sym symbol;
		GElf_Versym versym = 0;
		const char *name;
		bool ifunc;

		if (!gelf_getsym(tables.symbols, (int)i, &symbol))
			break;
		name = elf_strptr(image.elf, tables.strings, symbol.st_name);
		if (!name || !*name)
			continue;
		if (tables.versyms)
			gelf_getversym(tables.versyms, (int)i, &versym);
		versym &= 0x7fff;
		ifunc = GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC &&
			symbol.st_shndx != SHN_UNDEF;
		each((uint32_t)i, name,
		     versym < 2 || versym >= versions.count ? NULL : versions.names[versym],
		     ifunc ? symbol.st_value : 0, data);
	}
	free(versions.names);
	image_close(&image);
	return true;
}
