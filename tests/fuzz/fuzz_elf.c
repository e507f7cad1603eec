/*
 * ELF files and what is in them: headers, dynamic sections, symbol tables, relocations, DWARF,
 * OCaml's tables; as files, and as the extracts that a packed database has in their place.
 *
 * An input is a file.  One that begins with "EXTRACT\n" is what an extract (report/elf/extract.h)
 * has inside, which is deflated here, for no mutation gets past zlib's checksum; one that begins
 * with "MARSHAL\n" is a marshalled value of OCaml.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "report/elf/definition.h"
#include "report/elf/elf.h"
#include "report/elf/extract.h"
#include "report/elf/ocaml_marshal.h"
#include "report/elf/ocaml_units.h"
#include "report/elf/record.h"

#define ADDRESSES_MAX 256

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_enter_directory();
	elf_version(EV_CURRENT);
	return 0;
}

/* Every byte of a string is read; NULL is none. */
static void read_string(const char *s)
{
	if (s && strlen(s) == SIZE_MAX)
		BUG("no string");
}

static void each_symbol(uint32_t index, const char *name, const char *version, uint64_t resolver,
			void *data)
{
	AUTO_FREE char *readable = demangle(name);

	(void)resolver;
	(void)data;
	if (index == 0)
		BUG("symbol 0 is nobody's");
	read_string(version);
	read_string(readable);
}

static void read_tables(const struct elf_identity *identity)
{
	static const char *const names[] = {"__gmon_start__", "caml_main", "entry", "main",
					    "outer"};
	enum elf_definition definitions[ARRAY_SIZE(names)] = {0};
	struct symbol_table table;

	elf_dynamic_symbols(identity, 1, UINT32_MAX, each_symbol, NULL);
	elf_definitions(identity, names, ARRAY_SIZE(names), definitions);
	if (elf_symbol_table(identity, &table) != ELF_SYMBOLS_READ)
		return;
	symbol_table_index(&table);
	for (size_t i = 0; i < table.count; i++) {
		const struct dynamic_symbol *symbol = &table.symbols[i];
		int found = symbol_table_first(&table, symbol->name);
		size_t steps = 0;

		for (; found >= 0; found = symbol_table_next(&table, found))
			if (++steps > table.count)
				BUG("symbols of one name in a circle");
		symbol_table_reference(&table, symbol->name, symbol->version);
		read_string(symbol->version_file);
	}
	for (size_t i = 0; i < table.version_count; i++) {
		read_string(table.versions[i].name);
		read_string(table.versions[i].file);
	}
	symbol_table_release(&table);
}

static void read_units(const struct elf_identity *identity)
{
	struct ocaml_units units;

	if (!ocaml_units_read(identity, &units))
		return;
	for (size_t i = 0; i < units.count; i++) {
		read_string(units.units[i].checksum);
		for (size_t j = 0; j < units.units[i].import_count; j++)
			read_string(units.units[i].imports[j]);
		if (ocaml_units_find(&units, units.units[i].name) != &units.units[i])
			BUG("unit '%s' is not found by its name", units.units[i].name);
	}
	ocaml_units_of_symbol(&units, "camlUnit__f_12");
	ocaml_units_release(&units);
}

static void add_address(uint64_t *addresses, size_t *count, uint64_t address)
{
	if (*count < ADDRESSES_MAX)
		addresses[(*count)++] = address;
}

/* The whole record; addresses that somebody may ask about. */
static size_t read_record(const struct elf_identity *identity, uint64_t *addresses)
{
	struct elf_record record;
	size_t count = 0;

	if (!elf_record_read(identity, &record))
		return 0;
	read_string(record.interpreter);
	add_address(addresses, &count, record.entry);
	for (size_t i = 0; i < record.segment_count; i++) {
		AUTO_STRBUF struct strbuf flags = STRBUF_INIT;

		elf_add_segment_flags(&flags, record.segments[i].flags);
		elf_segment_word(record.segments[i].type);
		if (!(record.segments[i].flags & PF_X))
			continue;
		for (uint64_t offset = 0; offset < 64; offset += 5)
			add_address(addresses, &count, record.segments[i].vaddr + offset);
	}
	for (size_t i = 0; i < record.dynamic_count; i++) {
		elf_tag_word(record.dynamic[i].tag);
		read_string(record.dynamic[i].string);
	}
	for (size_t i = 0; i < record.version_count; i++) {
		read_string(record.versions[i].file);
		read_string(record.versions[i].name);
		read_string(record.versions[i].parent);
	}
	for (size_t i = 0; i < record.function_count; i++) {
		read_string(record.functions[i].symbol);
		add_address(addresses, &count, record.functions[i].address);
	}
	for (size_t i = 0; i < record.slot_count; i++) {
		read_string(record.slots[i].symbol);
		read_string(record.slots[i].version);
		read_string(record.slots[i].kind);
	}
	elf_record_release(&record);
	return count;
}

static void find_places(const struct elf_identity *identity, const uint64_t *addresses,
			size_t count)
{
	struct symbolizer *sym = symbolizer_new();

	symbolizer_limit_inflation(sym, 4u << 20);
	for (size_t i = 0; i < count; i++) {
		struct source_place places[16];
		size_t found =
			symbolizer_find(sym, identity, addresses[i], places, ARRAY_SIZE(places));

		if (found > ARRAY_SIZE(places))
			BUG("%zu places in room for %zu", found, ARRAY_SIZE(places));
		for (size_t j = 0; j < found; j++) {
			AUTO_FREE char *readable =
				places[j].function ? demangle(places[j].function) : NULL;

			read_string(readable);
			read_string(places[j].file);
		}
	}
	symbolizer_free(sym);
}

static void read_all(const struct elf_identity *identity)
{
	uint64_t addresses[ADDRESSES_MAX];
	size_t count = read_record(identity, addresses);

	read_tables(identity);
	read_units(identity);
	find_places(identity, addresses, count);
}

/* What the extract of this file tells is what the file does. */
static void read_extract_of(const struct elf_identity *identity)
{
	size_t length, inflated;
	AUTO_FREE unsigned char *bytes = elf_extract_make(identity, &length, &inflated);
	struct elf_extract extract = {bytes, length, inflated};
	struct elf_identity gone = {.path = "gone", .extract = &extract};

	if (bytes)
		read_all(&gone);
}

static void read_file(const uint8_t *data, size_t size)
{
	struct elf_identity identity = {.path = "./input"};
	AUTO_FREE char *interpreter = NULL, *build_id = NULL;
	struct stat st;

	fuzz_write_file("input", data, size);
	if (stat("input", &st) != 0)
		BUG("the input is gone");
	program_inspect("./input", &interpreter);
	library_inspect("./input", EM_X86_64);
	build_id = elf_build_id("./input");
	read_string(interpreter);
	identity.dev = st.st_dev;
	identity.ino = st.st_ino;
	identity.size = (uint64_t)st.st_size;
	identity.mtime_ns =
		(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	read_all(&identity);
	read_extract_of(&identity);
	if (!build_id)
		return;
	identity = (struct elf_identity){.path = "./input", .build_id = build_id};
	read_tables(&identity);
}

/* A file may claim up to 4 GiB, which costs nothing but addresses, and with a sanitizer seconds. */
#define CLAIM_MAX (UINT64_C(64) << 20)

static void read_extract(const uint8_t *data, size_t size)
{
	uint64_t claim = 0;
	uLongf length = compressBound(size);
	AUTO_FREE unsigned char *bytes = xmalloc(length);
	struct elf_extract extract = {bytes, 0, size};
	struct elf_identity gone = {.path = "gone", .extract = &extract};

	if (size >= 16)
		memcpy(&claim, data + 8, sizeof(claim));
	if (claim > CLAIM_MAX)
		return;
	if (compress2(bytes, &length, data, size, Z_BEST_SPEED) != Z_OK)
		BUG("zlib can't compress %zu bytes", size);
	extract.length = length;
	read_all(&gone);
}

static void read_marshal(const uint8_t *data, size_t size)
{
	struct marshal marshal;

	if (marshal_read(&marshal, data, size)) {
		for (size_t i = 0; i < marshal.value_count; i++) {
			struct marshal_walk walk = {.cell = &marshal.values[i]};
			AUTO_FREE char *text = marshal_string(&marshal.values[i]);
			size_t steps = 0;

			read_string(text);
			while (marshal_next(&marshal, &walk))
				if (++steps > marshal.value_count + 1)
					BUG("a list without an end");
		}
	}
	marshal_release(&marshal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char extract[] = "EXTRACT\n", marshal[] = "MARSHAL\n";
	const size_t prefix = sizeof(extract) - 1;

	if (size >= prefix && memcmp(data, extract, prefix) == 0)
		read_extract(data + prefix, size - prefix);
	else if (size >= prefix && memcmp(data, marshal, prefix) == 0)
		read_marshal(data + prefix, size - prefix);
	else
		read_file(data, size);
	return 0;
}
