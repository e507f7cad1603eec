/* elf_record_read: what a file says of itself; and files that are cut or damaged say less. */
#include "tests/unit/test_elf_fixture.h"

#include "report/elf/record.h"

static void build(const char *flags)
{
	write_text("record.map", "V1 { global: f; data; }; V2 { global: g; } V1;\n");
	write_text("record.c", "int printf(const char *, ...);\n"
			       "int data = 3; static __thread int slot;\n"
			       "int f(void) { return printf(\"x\") + slot++; }\n"
			       "__attribute__((weak)) int nobody(void);\n"
			       "int g(void) { return nobody ? nobody() : f(); }\n"
			       "int (*pointers[])(void) = {f, g, nobody};\n"
			       "__attribute__((constructor)) static void up(void) { data++; }\n"
			       "__attribute__((destructor)) static void down(void) { data--; }\n");
	run("%s -g0 -shared -fPIC -Wl,-z,lazy,-soname,record.so.1,--version-script=record.map "
	    "-Wl,-rpath,/r %s record.c -o record.so",
	    compiler(), flags);
}

static const struct elf_slot *slot_of(const struct elf_record *record, const char *kind,
				      const char *symbol)
{
	for (size_t i = 0; i < record->slot_count; i++)
		if (strcmp(record->slots[i].kind, kind) == 0 &&
		    strcmp(record->slots[i].symbol, symbol) == 0)
			return &record->slots[i];
	return NULL;
}

static bool has_function(const struct elf_record *record, enum elf_function_kind kind,
			 uint64_t address)
{
	for (size_t i = 0; i < record->function_count; i++)
		if (record->functions[i].kind == kind && record->functions[i].address == address)
			return true;
	return false;
}

static void check_whole(const char *path, uint64_t up, uint64_t down)
{
	struct elf_identity identity = identity_of(path);
	struct elf_record record;
	uint64_t value;

	assert_true(elf_record_read(&identity, &record));
	assert_int_equal(record.type, ET_DYN);
	assert_true(elf_record_tag(&record, DT_SONAME, &value));
	assert_false(elf_record_tag(&record, DT_FILTER, &value));
	for (size_t i = 0; i < record.dynamic_count; i++)
		if (record.dynamic[i].tag == DT_SONAME)
			assert_string_equal(record.dynamic[i].string, "record.so.1");
	assert_int_equal(record.symbols.exports,
			 6); /* f, g, data, pointers; V1 and V2 themselves */
	assert_int_equal(record.symbols.functions, 2);
	assert_true(has_function(&record, FUNCTION_INIT, up));
	assert_true(has_function(&record, FUNCTION_FINI, down));
	assert_true(record.versions[0].base);
	assert_string_equal(record.versions[1].name, "V1");
	assert_string_equal(record.versions[2].name, "V2");
	assert_string_equal(record.versions[2].parent, "V1");
	assert_non_null(slot_of(&record, "plt", "printf"));
	assert_non_null(slot_of(&record, "plt", "printf")->version);
	assert_string_equal(slot_of(&record, "plt", "f")->version, "V1");
	assert_true(slot_of(&record, "got", "nobody")->weak);
	assert_null(slot_of(&record, "got", "nobody")->version);
	assert_non_null(slot_of(&record, "abs", "g"));
	assert_int_equal(record.in_text, 0);
	elf_record_release(&record);
}

static void a_library(void **state)
{
	uint64_t up, down;

	(void)state;
	build("");
	up = address_of("record.so", "up");
	down = address_of("record.so", "down");
	check_whole("record.so", up, down);
	/* Section headers are not for ld.so. */
	run("cp record.so bare.so && strip bare.so && objcopy --strip-section-headers bare.so "
	    "headless.so 2>/dev/null || cp bare.so headless.so");
	check_whole("headless.so", up, down);
	build("-Wl,--hash-style=sysv");
	check_whole("record.so", address_of("record.so", "up"), address_of("record.so", "down"));
}

/* Relative relocations packed as DT_RELR, where the linker can do that. */
static void packed_relocations(void **state)
{
	(void)state;
	write_text("one.c", "int one;\n");
	if (!try_run("%s -shared -fPIC -Wl,-z,pack-relative-relocs one.c -o one.so 2>/dev/null",
		     compiler()))
		skip();
	build("-Wl,-z,pack-relative-relocs");
	check_whole("record.so", address_of("record.so", "up"), address_of("record.so", "down"));
}

static void a_program_at_a_fixed_address(void **state)
{
	struct elf_identity identity;
	struct elf_record record;

	(void)state;
	write_text("fixed.c", "static void early(void) {}\n"
			      "__attribute__((section(\".preinit_array\"), used)) static void "
			      "(*first)(void) = early;\n"
			      "__attribute__((constructor)) static void up(void) {}\n"
			      "int main(void) { return 0; }\n");
	run("%s -no-pie -fno-pie fixed.c -o fixed", compiler());
	identity = identity_of("fixed");
	assert_true(elf_record_read(&identity, &record));
	assert_int_equal(record.type, ET_EXEC);
	assert_non_null(record.interpreter);
	assert_int_equal(record.functions[0].kind, FUNCTION_PREINIT);
	assert_int_equal(record.functions[0].address, address_of("fixed", "early"));
	assert_true(has_function(&record, FUNCTION_INIT, address_of("fixed", "up")));
	elf_record_release(&record);
}

static void other_files_are_not_read(void **state)
{
	struct elf_identity identity;
	struct elf_record record;

	(void)state;
	write_text("text", "no ELF file at all, but long enough to be looked at for one\n");
	identity = identity_of("text");
	assert_false(elf_record_read(&identity, &record));
	build("");
	identity = identity_of("record.so");
	identity.size++;
	assert_false(elf_record_read(&identity, &record));
}

static size_t read_bytes(const char *bytes, size_t length)
{
	struct elf_identity identity;
	struct elf_record record;
	FILE *file;
	size_t total = 0;

	unlink("broken.so");
	file = fopen("broken.so", "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	identity = identity_of("broken.so");
	if (!elf_record_read(&identity, &record))
		return 0;
	for (size_t i = 0; i < record.slot_count; i++)
		total += strlen(record.slots[i].symbol);
	for (size_t i = 0; i < record.version_count; i++)
		total += strlen(record.versions[i].name);
	for (size_t i = 0; i < record.dynamic_count; i++)
		total += record.dynamic[i].string ? strlen(record.dynamic[i].string) : 0;
	elf_record_release(&record);
	return total + 1;
}

/* Headers, dynamic section and the tables that these lead to lie in the first and the last pages.
 */
static void broken_files(void **state)
{
	static char bytes[1 << 17];
	size_t length, whole;
	FILE *file;

	(void)state;
	build("-s");
	file = fopen("record.so", "r");
	assert_non_null(file);
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_true(length > 1000 && length < sizeof(bytes));
	whole = read_bytes(bytes, length);
	assert_true(whole > 50);
	for (size_t cut = 0; cut < length; cut += cut < 2000 ? 7 : 61)
		read_bytes(bytes, cut);
	for (size_t at = 0; at < length; at++) {
		static const unsigned char masks[] = {0x01, 0x80, 0xff};
		char saved = bytes[at];

		if (saved == 0 && at % 8 != 7) /* padding, and code */
			continue;
		bytes[at] ^= (char)masks[at % 3];
		read_bytes(bytes, length);
		bytes[at] = saved;
	}
	assert_int_equal(read_bytes(bytes, length), whole);
}

static void words(void **state)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	(void)state;
	assert_string_equal(elf_segment_word(PT_LOAD), "LOAD");
	assert_string_equal(elf_tag_word(DT_RUNPATH), "RUNPATH");
	assert_null(elf_tag_word(0x12345));
	elf_add_flags_1(&sb, DF_1_NODELETE | DF_1_NOW | (uint64_t)1 << 40);
	assert_string_equal(sb.s, "NOW NODELETE 0x10000000000");
	strbuf_reset(&sb);
	elf_add_flags(&sb, DF_SYMBOLIC);
	elf_add_segment_flags(&sb, PF_R | PF_X);
	assert_string_equal(sb.s, "SYMBOLICr-x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library),
		cmocka_unit_test(packed_relocations),
		cmocka_unit_test(a_program_at_a_fixed_address),
		cmocka_unit_test(other_files_are_not_read),
		cmocka_unit_test(broken_files),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
