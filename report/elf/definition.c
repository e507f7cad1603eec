#include "report/elf/definition.h"

#include <elf.h>
#include <gelf.h>
#include <string.h>

#include "report/elf/image.h"

struct names {
	const char *const *names;
	size_t count;
	enum elf_definition *definitions;
};

static enum elf_definition *find(const struct names *names, const char *name)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, names->names[middle]);

		if (order == 0)
			return &names->definitions[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static enum elf_definition judge(const GElf_Sym *symbol, bool dynamic)
{
	int visibility = GELF_ST_VISIBILITY(symbol->st_other);
	int type = GELF_ST_TYPE(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF || type == STT_FILE || type == STT_SECTION)
		return DEFINITION_NONE;
	if (visibility == STV_HIDDEN || visibility == STV_INTERNAL)
		return DEFINITION_HIDDEN;
	if (GELF_ST_BIND(symbol->st_info) == STB_LOCAL)
		return DEFINITION_LOCAL;
	return dynamic ? DEFINITION_EXPORTED : DEFINITION_INSIDE;
}

/* True when there was such a section. */
static bool read_symbols(Elf *elf, uint32_t section_type, const struct names *names)
{
	bool found = false;

	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;
		GElf_Sym symbol;
		Elf_Data *data;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != section_type)
			continue;
		data = elf_getdata(scn, NULL);
		found |= data && data->d_buf;
		for (int i = 1; data && gelf_getsym(data, i, &symbol); i++) {
			enum elf_definition definition = judge(&symbol, section_type == SHT_DYNSYM);
			const char *name =
				definition ? elf_strptr(elf, shdr.sh_link, symbol.st_name) : NULL;
			enum elf_definition *known = name ? find(names, name) : NULL;

			if (known && *known < definition)
				*known = definition;
		}
	}
	return found;
}

bool elf_definitions(const struct elf_identity *identity, const char *const *names, size_t count,
		     enum elf_definition *ret_definitions)
{
	struct names wanted = {names, count, ret_definitions};
	struct image image, debug;

	if (!image_open(&image, identity))
		return false;
	read_symbols(image.elf, SHT_DYNSYM, &wanted);
	if (!read_symbols(image.elf, SHT_SYMTAB, &wanted) &&
	    image_open_debug(&debug, &image, identity->path)) {
		read_symbols(debug.elf, SHT_SYMTAB, &wanted);
		image_close(&debug);
	}
	image_close(&image);
	return true;
}
