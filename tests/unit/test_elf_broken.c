/* symbolizer on files that are cut, damaged or made to hurt: it answers with less, nothing else. */
#include "tests/unit/test_elf_fixture.h"

#include <time.h>

static const char source[] =
	"volatile int sink;\n"
	"static inline __attribute__((always_inline)) void leaf(int x) { sink = x; sink++; }\n"
	"__attribute__((noinline)) void outer(int x) { leaf(x); leaf(x + 1); sink = x; }\n"
	"void entry(int x) { outer(x); sink--; }\n";

struct bytes {
	unsigned char *p;
	size_t length;
};

static struct bytes read_file(const char *path)
{
	struct bytes file = {0};
	struct stat st;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	file.length = (size_t)st.st_size;
	file.p = xmalloc(file.length);
	assert_int_equal(fread(file.p, file.length, 1, f), 1);
	fclose(f);
	return file;
}

static uint64_t first, last; /* code of the fixture */

static struct bytes build(const char *flags)
{
	GElf_Sym symbol;

	write_text("broken.c", source);
	run("%s -shared -fPIC -nostdlib -Wl,--build-id=sha1 %s broken.c -o whole.so", compiler(),
	    flags);
	assert_true(find_symbol("whole.so", "outer", &symbol));
	first = symbol.st_value;
	assert_true(find_symbol("whole.so", "entry", &symbol));
	last = symbol.st_value + symbol.st_size;
	assert_true(first < last && last - first < 1000);
	return read_file("whole.so");
}

/* Ask for all of the code; read every answer to its end. */
static size_t ask(const struct elf_identity *identity)
{
	struct symbolizer *sym = symbolizer_new();
	size_t total = 0;

	for (uint64_t address = first; address < last; address += 3) {
		struct source_place places[8];
		size_t count = symbolizer_find(sym, identity, address, places, ARRAY_SIZE(places));

		assert_true(count <= ARRAY_SIZE(places));
		for (size_t i = 0; i < count; i++) {
			assert_true(places[i].line >= 0);
			assert_true(places[i].inlined == (i + 1 < count) || count == 8);
			total += places[i].function ? strlen(places[i].function) : 0;
			total += places[i].file ? strlen(places[i].file) : 0;
		}
	}
	symbolizer_free(sym);
	return total;
}

static size_t ask_bytes(const struct bytes *file, size_t length)
{
	struct elf_identity identity;
	FILE *f;

	unlink("broken.so"); /* some file systems write a truncated file to disk at once */
	f = fopen("broken.so", "w");
	assert_non_null(f);
	if (length)
		assert_int_equal(fwrite(file->p, length, 1, f), 1);
	assert_int_equal(fclose(f), 0);
	identity = identity_of("broken.so");
	return ask(&identity);
}

static const char *const kinds[] = {"-O2 -g -gdwarf-5", "-O2 -g -gdwarf-4", "-O2 -g -gz=zlib",
				    "-O2"};

static void test_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct bytes file = build(kinds[i]);

		assert_true(ask_bytes(&file, file.length) > 0);
		for (size_t length = 0; length < file.length; length += length < 100 ? 1 : 61)
			ask_bytes(&file, length);
		free(file.p);
	}
}

static void flip_bits(struct bytes *file, size_t from, size_t to)
{
	for (size_t bit = from * 8; bit < to * 8; bit++) {
		file->p[bit / 8] ^= (unsigned char)(1u << bit % 8);
		ask_bytes(file, file->length);
		file->p[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

/* Every bit of the ELF header, of the program headers, and of some section headers. */
static void test_headers(void **state)
{
	struct bytes file = build("-O2 -g");
	GElf_Ehdr ehdr;
	Elf *elf = elf_memory((char *)file.p, file.length);

	(void)state;
	assert_non_null(gelf_getehdr(elf, &ehdr));
	elf_end(elf);
	flip_bits(&file, 0, ehdr.e_ehsize);
	flip_bits(&file, ehdr.e_phoff, ehdr.e_phoff + 2u * ehdr.e_phentsize);
	/* the last ones are the symbol and string tables */
	flip_bits(&file, file.length - 4u * ehdr.e_shentsize, file.length);
	free(file.p);
}

/* A number that is the same in every run. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Damage in each section with something to read in it. */
static void damage_section(struct bytes *file, const GElf_Shdr *shdr, uint64_t *seed)
{
	struct bytes copy = {.p = xmalloc(file->length), .length = file->length};

	for (int round = 0; round < 60; round++) {
		memcpy(copy.p, file->p, file->length);
		for (uint32_t n = next_random(seed) % 4 + 1; n > 0; n--) {
			size_t at = shdr->sh_offset + next_random(seed) % shdr->sh_size;

			if (round & 1)
				copy.p[at] ^= (unsigned char)(1u << next_random(seed) % 8);
			else
				copy.p[at] = (unsigned char)next_random(seed);
		}
		ask_bytes(&copy, copy.length);
	}
	/* strings without an end, numbers as high as they go */
	memcpy(copy.p, file->p, file->length);
	copy.p[shdr->sh_offset + shdr->sh_size - 1] = 0xff;
	ask_bytes(&copy, copy.length);
	memset(copy.p + shdr->sh_offset, 0xff, shdr->sh_size);
	ask_bytes(&copy, copy.length);
	memset(copy.p + shdr->sh_offset, 'a', shdr->sh_size);
	ask_bytes(&copy, copy.length);
	memset(copy.p + shdr->sh_offset, 0, shdr->sh_size);
	ask_bytes(&copy, copy.length);
	free(copy.p);
}

static void test_sections(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct bytes file = build(kinds[i]);
		Elf *elf = elf_memory((char *)file.p, file.length);

		for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
			GElf_Shdr shdr;

			assert_non_null(gelf_getshdr(scn, &shdr));
			if (shdr.sh_type != SHT_NOBITS && shdr.sh_size)
				damage_section(&file, &shdr, &seed);
		}
		elf_end(elf);
		free(file.p);
	}
}

/*
 * Write a unit's .debug_info: its DIE, then `levels` DIEs within one another.  They are namespaces,
 * of which the sixth has a function; or inlined calls within a function.
 */
static void write_deep_unit(FILE *info, size_t levels, bool inlined)
{
	const char name[] = "deep_function";
	size_t size = levels * (inlined ? 17 : 1) + 17 + sizeof(name);
	uint32_t length = (uint32_t)(2 + 4 + 1 + 1 + size), abbreviations = 0;
	uint16_t version = 4;

	fwrite(&length, 4, 1, info);
	fwrite(&version, 2, 1, info);
	fwrite(&abbreviations, 4, 1, info);
	fputc(8, info);
	fputc(1, info);
	for (size_t i = 0; i < levels; i++) {
		if (i == (inlined ? 0 : 6)) {
			fputc(inlined ? 4 : 3, info);
			fwrite(&first, 8, 1, info);
			fwrite(&last, 8, 1, info);
			fwrite(name, sizeof(name), 1, info);
		}
		fputc(inlined ? 5 : 2, info);
		if (inlined) {
			fwrite(&first, 8, 1, info);
			fwrite(&last, 8, 1, info);
		}
	}
}

/* Deep trees are left at some depth, and do not take the stack. */
static void test_deep_tree(void **state)
{
	/* number, tag, children, then attributes with their forms: low_pc and high_pc as addresses,
	 * linkage_name as a string */
	static const unsigned char abbreviations[] = {
		1, 0x11, 1, 0,    0,                         /* compile_unit */
		2, 0x39, 1, 0,    0,                         /* namespace */
		3, 0x2e, 0, 0x11, 1, 0x12, 1, 0x6e, 8, 0, 0, /* subprogram, no children */
		4, 0x2e, 1, 0x11, 1, 0x12, 1, 0x6e, 8, 0, 0, /* subprogram */
		5, 0x1d, 1, 0x11, 1, 0x12, 1, 0,    0,       /* inlined_subroutine */
		0,
	};
	struct bytes file = build("-O2");

	(void)state;
	free(file.p);
	if (sizeof(void *) != 8) {
		print_message("not tried: the fixture has 8-byte addresses\n");
		return;
	}
	for (int inlined = 0; inlined < 2; inlined++) {
		FILE *info = fopen("info", "w"), *abbrev = fopen("abbrev", "w");
		struct symbolizer *sym = symbolizer_new();
		struct source_place places[300];
		struct elf_identity identity;
		size_t count;

		write_deep_unit(info, 1000000, inlined);
		fclose(info);
		fwrite(abbreviations, sizeof(abbreviations), 1, abbrev);
		fclose(abbrev);
		run("objcopy --add-section .debug_info=info --add-section .debug_abbrev=abbrev "
		    "whole.so deep.so");
		identity = identity_of("deep.so");
		alarm(60);
		count = symbolizer_find(sym, &identity, first, places, ARRAY_SIZE(places));
		alarm(0);
		/* what lies above the limit is found */
		assert_true(inlined ? count > 100 : count == 1);
		assert_string_equal(places[count - 1].function, "deep_function");
		symbolizer_free(sym);
	}
}

/* A compressed section that claims to be larger than any memory. */
static void test_inflated(void **state)
{
	struct bytes file = build("-O2 -g -gz=zlib");
	Elf *elf = elf_memory((char *)file.p, file.length);
	size_t changed = 0;

	(void)state;
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;
		Elf64_Chdr chdr;

		assert_non_null(gelf_getshdr(scn, &shdr));
		if (!(shdr.sh_flags & SHF_COMPRESSED) || gelf_getclass(elf) != ELFCLASS64)
			continue;
		memcpy(&chdr, file.p + shdr.sh_offset, sizeof(chdr));
		chdr.ch_size = (uint64_t)1 << (34 + changed);
		memcpy(file.p + shdr.sh_offset, &chdr, sizeof(chdr));
		changed++;
	}
	elf_end(elf);
	if (changed) { /* functions have names, but no files */
		AUTO_FREE char *text = NULL;
		struct elf_identity identity;

		assert_true(ask_bytes(&file, file.length) > 0);
		identity = identity_of("broken.so");
		text = look_up(&identity, first);
		assert_string_equal(text, "outer ?:0");
	}
	free(file.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_headers),
		cmocka_unit_test(test_sections),  cmocka_unit_test(test_deep_tree),
		cmocka_unit_test(test_inflated),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
