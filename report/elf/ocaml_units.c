#include "report/elf/ocaml_units.h"

#include <gelf.h>
#include <string.h>

#include "report/elf/image.h"
#include "report/elf/ocaml_marshal.h"
#include "report/model/ocaml_run.h"
#include "report/util.h"

#define CHECKSUM_BYTES 16 /* Digest.t: MD5 */

/* A symbol whose contents are wanted. */
struct place {
	bool found;
	size_t section;
	uint64_t address;
};

struct unit_reader {
	Elf *elf;
	struct ocaml_units *units;
	struct place header, map;
};

static void note_symbol(struct unit_reader *reader, const char *name, const GElf_Sym *symbol)
{
	struct place place = {true, symbol->st_shndx, symbol->st_value};
	char *unit = ocaml_unit_of_mark(name);

	if (unit)
		GROW(reader->units->units, reader->units->count, reader->units->room)->name = unit;
	else if (strcmp(name, "caml_plugin_header") == 0)
		reader->header = place;
	else if (strcmp(name, "caml_globals_map") == 0)
		reader->map = place;
	else if (strcmp(name, "caml_interprete") == 0 ||
		 strcmp(name, "caml_bytecode_interpreter") ==
			 0) /* before OCaml 5.3; from then on */
		reader->units->is_bytecode = true;
}

static void read_symbols(struct unit_reader *reader)
{
	Elf *elf = reader->elf;

	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;
		GElf_Sym symbol;
		Elf_Data *data;

		if (!gelf_getshdr(scn, &shdr) ||
		    (shdr.sh_type != SHT_DYNSYM && shdr.sh_type != SHT_SYMTAB))
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 1; data && gelf_getsym(data, i, &symbol); i++) {
			const char *name = elf_strptr(elf, shdr.sh_link, symbol.st_name);

			if (symbol.st_shndx != SHN_UNDEF && name && strncmp(name, "caml", 4) == 0)
				note_symbol(reader, name, &symbol);
		}
	}
}

static int compare_units(const void *a, const void *b)
{
	const struct ocaml_unit *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Both symbol tables have them. */
static void sort_units(struct ocaml_units *units)
{
	size_t kept = 0;

	if (units->count)
		qsort(units->units, units->count, sizeof(*units->units), compare_units);
	for (size_t i = 0; i < units->count; i++) {
		if (kept && strcmp(units->units[kept - 1].name, units->units[i].name) == 0)
			free(units->units[i].name);
		else
			units->units[kept++] = units->units[i];
	}
	units->count = kept;
}

static struct ocaml_unit *find(const struct ocaml_units *units, const char *name)
{
	struct ocaml_unit key = {.name = (char *)name};

	return units->count ? bsearch(&key, units->units, units->count, sizeof(key), compare_units)
			    : NULL;
}

/* Read the marshalled value that stands at a symbol. */
static bool read_value(const struct unit_reader *reader, const struct place *place,
		       struct marshal *ret)
{
	Elf_Scn *scn = place->found ? elf_getscn(reader->elf, place->section) : NULL;
	Elf_Data *data = NULL;
	GElf_Shdr shdr;

	*ret = (struct marshal){0};
	if (scn && gelf_getshdr(scn, &shdr))
		data = elf_getdata(scn, NULL);
	if (!data || !data->d_buf || place->address < shdr.sh_addr ||
	    place->address - shdr.sh_addr >= data->d_size)
		return false;
	return marshal_read(ret, (const char *)data->d_buf + (place->address - shdr.sh_addr),
			    data->d_size - (place->address - shdr.sh_addr));
}

/* A checksum, or Some checksum, in hex; NULL for others. */
static char *checksum(const struct marshal *marshal, const struct marshal_value *value)
{
	AUTO_STRBUF struct strbuf hex = STRBUF_INIT;

	if (value && value->kind == MARSHAL_BLOCK)
		value = marshal_field(marshal, value, 0);
	if (!value || value->kind != MARSHAL_STRING || value->length != CHECKSUM_BYTES)
		return NULL;
	for (size_t i = 0; i < CHECKSUM_BYTES; i++)
		strbuf_addf(&hex, "%02x", (unsigned char)value->bytes[i]);
	return strbuf_detach(&hex);
}

/*
 * (name * checksum option) list: what the unit was compiled against.  No more than *most, which is
 * counted down: lists that are shared could be read again and again.
 */
static void read_imports(const struct marshal *marshal, const struct marshal_value *list,
			 struct ocaml_unit *unit, size_t *most)
{
	struct marshal_walk walk = {.cell = list};
	const struct marshal_value *pair;
	size_t room = 0;

	while (*most > 0 && (pair = marshal_next(marshal, &walk))) {
		char *name = marshal_string(marshal_field(marshal, pair, 0));

		--*most;
		if (name && strcmp(name, unit->name) != 0)
			*GROW(unit->imports, unit->import_count, room) = name;
		else
			free(name);
	}
}

/* { magic; units = { name; checksum; interfaces; implementations; defines } list } */
static void read_header(struct unit_reader *reader)
{
	struct marshal_walk walk = {0};
	const struct marshal_value *value;
	struct marshal marshal;
	size_t most;

	reader->units->is_plugin = reader->header.found;
	if (read_value(reader, &reader->header, &marshal))
		walk.cell = marshal_field(&marshal, &marshal.values[0], 1);
	most = marshal.value_count;
	while ((value = marshal_next(&marshal, &walk))) {
		AUTO_FREE char *name = marshal_string(marshal_field(&marshal, value, 0));
		struct ocaml_unit *unit = name ? find(reader->units, name) : NULL;

		if (!unit || unit->listed)
			continue;
		unit->listed = true;
		unit->checksum = checksum(&marshal, marshal_field(&marshal, value, 1));
		read_imports(&marshal, marshal_field(&marshal, value, 3), unit, &most);
	}
	marshal_release(&marshal);
}

/* (name, interface's checksum option, implementation's checksum option, defines) list */
static void read_map(struct unit_reader *reader)
{
	struct marshal_walk walk = {0};
	const struct marshal_value *value;
	struct marshal marshal;

	if (read_value(reader, &reader->map, &marshal))
		walk.cell = &marshal.values[0];
	while ((value = marshal_next(&marshal, &walk))) {
		AUTO_FREE char *name = marshal_string(marshal_field(&marshal, value, 0));
		struct ocaml_unit *unit = name ? find(reader->units, name) : NULL;

		if (!unit || unit->listed)
			continue;
		unit->listed = true;
		unit->checksum = checksum(&marshal, marshal_field(&marshal, value, 2));
	}
	marshal_release(&marshal);
}

bool ocaml_units_read(const struct elf_identity *identity, struct ocaml_units *ret)
{
	struct image image;
	struct unit_reader reader = {.units = ret};

	*ret = (struct ocaml_units){0};
	if (!image_open(&image, identity))
		return false;
	reader.elf = image.elf;
	read_symbols(&reader);
	sort_units(ret);
	read_header(&reader);
	read_map(&reader);
	image_close(&image);
	return true;
}

void ocaml_units_release(struct ocaml_units *units)
{
	for (size_t i = 0; i < units->count; i++) {
		struct ocaml_unit *unit = &units->units[i];

		for (size_t j = 0; j < unit->import_count; j++)
			free(unit->imports[j]);
		free(unit->imports);
		free(unit->checksum);
		free(unit->name);
	}
	free(units->units);
	*units = (struct ocaml_units){0};
}

const struct ocaml_unit *ocaml_units_find(const struct ocaml_units *units, const char *name)
{
	return find(units, name);
}

const struct ocaml_unit *ocaml_units_of_symbol(const struct ocaml_units *units, const char *symbol)
{
	AUTO_FREE char *name = NULL;
	const struct ocaml_unit *unit = NULL;

	if (strncmp(symbol, "caml", 4) != 0)
		return NULL;
	name = xstrdup(symbol + 4);
	/* camlUnit is the unit's own block; else a separator ends the name. */
	unit = find(units, name);
	for (size_t i = strlen(name); !unit && i-- > 1;) {
		if (name[i] != '.' && !(name[i] == '_' && name[i + 1] == '_'))
			continue;
		name[i] = '\0';
		unit = find(units, name);
	}
	return unit;
}
