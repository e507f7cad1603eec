/* elf_symbol_table() against files made for it, and symbol_blob.h: there and back. */
#include "tests/unit/test_elf_fixture.h"

#include <zlib.h>

#include "report/elf/extract.h"
#include "report/store/symbol_blob.h"

static const char source[] =
	"__asm__(\".symver old_f, f@V1\\n.symver new_f, f@@V2\\n\");\n"
	"int old_f(void) { return 1; }\n"
	"int new_f(void) { return 2; }\n"
	"int plain = 3;\n"
	"__attribute__((weak)) int weak_one(void) { return 4; }\n"
	"__attribute__((visibility(\"protected\"))) int protected_one(void) { return 5; }\n"
	"__attribute__((visibility(\"hidden\"))) int hidden_one(void) { return 6; }\n"
	"__thread int in_tls = 7;\n"
	"__asm__(\".globl number\\nnumber = 42\\n\");\n"
	"__asm__(\".data\\n.globl one\\n.type one, @gnu_unique_object\\n.size one, 8\\none: .quad "
	"1\\n.text\\n\");\n"
	"static int real(void) { return 8; }\n"
	"static int (*choose(void))(void) { return real; }\n"
	"int chosen(void) __attribute__((ifunc(\"choose\")));\n"
	"extern int wanted(void);\n"
	"extern __attribute__((weak)) int maybe(void);\n"
	"extern int strerror(int);\n"
	"int caller(void) { return wanted() + (maybe ? maybe() : 0) + strerror(1); }\n";

static const char versions[] =
	"V1 { global: f; plain; weak_one; protected_one; one; in_tls; number; "
	"chosen; caller; local: *; };\nV2 { f; } V1;\n";

static void build(const char *flags)
{
	write_text("symbols.c", source);
	write_text("symbols.map", versions);
	run("%s -w -O1 -shared -fPIC -nostdlib -Wl,--build-id=sha1 %s symbols.c -o symbols.so "
	    "-Wl,-soname,libsymbols.so,--version-script=symbols.map",
	    compiler(), flags);
}

static struct symbol_table read_table(const char *path)
{
	struct elf_identity identity = identity_of(path);
	struct symbol_table table;

	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_READ);
	symbol_table_index(&table);
	return table;
}

/* "f@@V2 func global default", one a line, sorted: what a table says, but values. */
static void write_table(const struct symbol_table *table, const char *path, bool undefined)
{
	static const char *const types[] = {[0] = "notype", [1] = "object", [2] = "func",
					    [6] = "tls",    [10] = "ifunc", [15] = NULL};
	static const char *const binds[] = {
		[0] = "local", [1] = "global", [2] = "weak", [10] = "unique", [15] = NULL};
	static const char *const visibilities[] = {"default", "internal", "hidden", "protected"};
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	for (size_t i = 0; i < table->count; i++) {
		const struct dynamic_symbol *s = &table->symbols[i];

		if (s->defined == undefined)
			continue;
		fprintf(out, "%s%s%s %s %s %s%s%s\n", s->name,
			!s->version           ? ""
			: s->versym & 0x8000u ? "@"
			: s->defined          ? "@@"
					      : "@",
			s->version ? s->version : "", types[s->type], binds[s->bind],
			visibilities[s->visibility], s->absolute ? " absolute" : "",
			symbol_can_be_found(table, s) ? "" : " lost");
	}
	fclose(out);
	run("LC_ALL=C sort -o '%s' '%s'", path, path);
}

static void expect_text(const struct symbol_table *table, bool undefined, const char *wanted)
{
	char text[4096];
	size_t length;
	FILE *file;

	write_table(table, "table.txt", undefined);
	file = fopen("table.txt", "r");
	assert_non_null(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	assert_string_equal(text, wanted);
}

static const char versioned_text[] = "V1@@V1 object global default absolute\n"
				     "V2@@V2 object global default absolute\n"
				     "caller@@V1 func global default\n"
				     "chosen@@V1 ifunc global default\n"
				     "f@@V2 func global default\n"
				     "f@V1 func global default\n"
				     "in_tls@@V1 tls global default\n"
				     "number@@V1 notype global default absolute\n"
				     "one@@V1 object unique default\n"
				     "plain@@V1 object global default\n"
				     "protected_one@@V1 func global protected\n"
				     "weak_one@@V1 func weak default\n";
static const char undefined_text[] = "maybe notype weak default lost\n"
				     "strerror notype global default lost\n"
				     "wanted notype global default lost\n";

static void check_versioned(const struct symbol_table *table)
{
	int first = symbol_table_first(table, "f"), second, base = 0;

	expect_text(table, false, versioned_text);
	expect_text(table, true, undefined_text);
	assert_true(table->versioned);
	assert_true(first >= 0);
	second = symbol_table_next(table, first);
	assert_true(second > first);
	assert_int_equal(symbol_table_next(table, second), -1);
	assert_string_not_equal(table->symbols[first].version, table->symbols[second].version);
	assert_int_equal(symbol_table_first(table, "wanted"), -1);
	assert_int_equal(symbol_table_first(table, "hidden_one"), -1);
	assert_int_equal(symbol_table_first(table, ""), -1);
	for (size_t i = 0; i < table->version_count; i++)
		if (table->versions[i].base) {
			assert_string_equal(table->versions[i].name, "libsymbols.so");
			base++;
		}
	assert_int_equal(base, 1);
}

static void test_hash_styles(void **state)
{
	static const struct {
		const char *flags;
		bool gnu, sysv;
	} styles[] = {
		{"-Wl,--hash-style=gnu", true, false},
		{"-Wl,--hash-style=sysv", false, true},
		{"-Wl,--hash-style=both", true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		AUTO_FREE char *flags =
			xasprintf("-Wl,--version-script=symbols.map %s", styles[i].flags);
		struct symbol_table table;

		build(styles[i].flags);
		table = read_table("symbols.so");
		assert_int_equal(table.source, SYMBOLS_FILE);
		assert_int_equal(table.gnu_hash, styles[i].gnu);
		assert_int_equal(table.sysv_hash, styles[i].sysv);
		check_versioned(&table);
		symbol_table_release(&table);
	}
}

/* ld.so reads no section headers. */
static void test_without_sections(void **state)
{
	struct symbol_table table;
	Elf64_Ehdr ehdr;
	FILE *file;

	(void)state;
	for (int gnu = 0; gnu < 2; gnu++) {
		build(gnu ? "-Wl,--hash-style=gnu" : "-Wl,--hash-style=sysv");
		file = fopen("symbols.so", "r+");
		assert_non_null(file);
		assert_int_equal(fread(&ehdr, sizeof(ehdr), 1, file), 1);
		ehdr.e_shoff = ehdr.e_shnum = ehdr.e_shstrndx = 0;
		rewind(file);
		assert_int_equal(fwrite(&ehdr, sizeof(ehdr), 1, file), 1);
		fclose(file);
		table = read_table("symbols.so");
		check_versioned(&table);
		symbol_table_release(&table);
	}
}

static void test_without_versions(void **state)
{
	struct symbol_table table;

	(void)state;
	write_text("plain.c", "int here(void) { return 1; }\n");
	run("%s -shared -fPIC -nostdlib plain.c -o plain.so", compiler());
	table = read_table("plain.so");
	assert_false(table.versioned);
	assert_int_equal(table.version_count, 0);
	expect_text(&table, false, "here func global default\n");
	symbol_table_release(&table);
	/* What is only wanted has its version, and whose. */
	write_text("user.c", "int f(void); int use(void) { return f(); }\n");
	build("");
	run("%s -shared -fPIC -nostdlib user.c ./symbols.so -o user.so", compiler());
	table = read_table("user.so");
	assert_true(table.versioned);
	expect_text(&table, true, "f@V2 func global default lost\n");
	for (size_t i = 0; i < table.count; i++)
		if (!table.symbols[i].defined)
			assert_string_equal(table.symbols[i].version_file, "libsymbols.so");
	symbol_table_release(&table);
}

/* A program that is not position independent: its PLT entry is what others take for the function,
 * its copy is what they take for the data. */
static void test_program(void **state)
{
	struct symbol_table table, kept;
	int f, plain, mine;
	size_t length, inflated;
	unsigned char *blob;

	(void)state;
	build("");
	write_text("program.c", "int f(void); extern int plain; int mine = 1; int main(void) { "
				"int (*p)(void) = f; __asm__ volatile(\"\" : \"+r\"(p)); "
				"return p() + plain + mine; }\n");
	if (!try_run("%s -no-pie -fno-pic -rdynamic program.c "
		     "-Wl,--unresolved-symbols=ignore-all "
		     "./symbols.so -o program 2>/dev/null",
		     compiler()))
		skip();
	table = read_table("program");
	f = symbol_table_first(&table, "f");
	plain = symbol_table_first(&table, "plain");
	mine = symbol_table_first(&table, "mine");
	assert_true(f >= 0 && plain >= 0 && mine >= 0);
	assert_false(table.symbols[f].defined);
	assert_int_not_equal(table.symbols[f].value, 0);
	assert_true(table.symbols[plain].defined);
	assert_string_equal(table.symbols[plain].version, "V1");
	assert_string_equal(table.symbols[plain].version_file, "libsymbols.so");
	assert_true(table.symbols[plain].copied);
	assert_false(table.symbols[mine].copied);
	assert_false(table.symbols[f].copied);
	blob = symbol_blob_encode(&table, &length, &inflated);
	assert_true(symbol_blob_decode(blob, length, inflated, &kept));
	assert_true(kept.symbols[plain].copied);
	assert_false(kept.symbols[mine].copied);
	free(blob);
	symbol_table_release(&kept);
	symbol_table_release(&table);
}

static void test_other_files(void **state)
{
	struct elf_identity identity;
	struct symbol_table table;

	(void)state;
	build("");
	identity = identity_of("symbols.so");
	identity.mtime_ns++;
	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_CHANGED);
	assert_int_equal(table.count, 0);
	identity.mtime_ns--;
	identity.build_id = "00112233";
	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_CHANGED);
	identity.path = "no-such.so";
	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_GONE);
	identity.path = NULL;
	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_GONE);
	write_text("text.so", "no library\n");
	identity = identity_of("text.so");
	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_CHANGED);
	if (try_run("%s -static -w -nostdlib -nostartfiles plain.c -o static 2>/dev/null",
		    compiler())) {
		table = read_table("static");
		assert_int_equal(table.count, 0);
		symbol_table_release(&table);
	}
}

/* Use everything in it. */
static void use_table(struct symbol_table *table)
{
	size_t length, inflated;
	AUTO_FREE unsigned char *blob = NULL;
	struct symbol_table copy;

	symbol_table_index(table);
	for (size_t i = 0; i < table->count; i++) {
		int steps = 0;

		for (int at = symbol_table_first(table, table->symbols[i].name); at >= 0;
		     at = symbol_table_next(table, at))
			assert_true(++steps <= (int)table->count);
		if (table->symbols[i].version)
			assert_true(strlen(table->symbols[i].version) < table->string_bytes);
	}
	blob = symbol_blob_encode(table, &length, &inflated);
	assert_true(symbol_blob_decode(blob, length, inflated, &copy));
	assert_int_equal(copy.count, table->count);
	symbol_table_release(&copy);
}

/* Every byte of the file once another, and the file cut at every length: no more than no answer. */
static void test_damage(void **state)
{
	static const unsigned char damages[] = {0xff, 0x80, 0x01};
	struct stat st;
	unsigned char *bytes;
	int fd;

	(void)state;
	build("-Wl,--hash-style=both -Wl,-z,noseparate-code");
	run("%s -shared -fPIC -nostdlib user.c ./symbols.so -o damaged.so "
	    "-Wl,-z,noseparate-code,-z,max-page-size=4096 -Wl,--hash-style=both && "
	    "cp damaged.so whole.so",
	    compiler());
	for (int round = 0; round < 2; round++) {
		run("cp %s damaged.so", round ? "symbols.so" : "whole.so");
		fd = open("damaged.so", O_RDWR);
		assert_true(fd >= 0 && fstat(fd, &st) == 0);
		bytes = xmalloc((size_t)st.st_size);
		assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
		for (off_t i = 0; i < st.st_size; i++) {
			unsigned char damaged = bytes[i] ^ damages[i % 3];
			struct elf_identity identity;
			struct symbol_table table;

			if (bytes[i] == 0 && i % 7) /* padding, mostly */
				continue;
			assert_int_equal(pwrite(fd, &damaged, 1, i), 1);
			identity = identity_of("damaged.so");
			if (elf_symbol_table(&identity, &table) == ELF_SYMBOLS_READ)
				use_table(&table);
			symbol_table_release(&table);
			assert_int_equal(pwrite(fd, &bytes[i], 1, i), 1);
		}
		for (off_t length = st.st_size; length >= 0; length -= 97) {
			struct elf_identity identity;
			struct symbol_table table;

			assert_int_equal(ftruncate(fd, length), 0);
			identity = identity_of("damaged.so");
			if (elf_symbol_table(&identity, &table) == ELF_SYMBOLS_READ)
				use_table(&table);
			symbol_table_release(&table);
		}
		close(fd);
		free(bytes);
	}
}

static void test_blob(void **state)
{
	struct symbol_table table, copy;
	size_t length, inflated;
	unsigned char *blob;

	(void)state;
	build("");
	table = read_table("symbols.so");
	blob = symbol_blob_encode(&table, &length, &inflated);
	assert_true(symbol_blob_decode(blob, length, inflated, &copy));
	symbol_table_index(&copy);
	assert_int_equal(copy.source, SYMBOLS_CACHE);
	check_versioned(&copy);
	for (size_t i = 0; i < table.count; i++) {
		assert_int_equal(copy.symbols[i].value, table.symbols[i].value);
		assert_int_equal(copy.symbols[i].size, table.symbols[i].size);
		assert_int_equal(copy.symbols[i].number, table.symbols[i].number);
		assert_int_equal(copy.symbols[i].versym, table.symbols[i].versym);
	}
	symbol_table_release(&copy);
	assert_false(symbol_blob_decode(blob, length, inflated - 1, &copy));
	assert_false(symbol_blob_decode(blob, length, inflated + 1, &copy));
	assert_false(symbol_blob_decode(blob, length, UINT64_MAX, &copy));
	assert_false(symbol_blob_decode(blob, 0, inflated, &copy));
	for (size_t cut = 0; cut < length; cut++)
		assert_false(symbol_blob_decode(blob, cut, inflated, &copy));
	for (size_t i = 0; i < length; i++) {
		blob[i] ^= 0x10;
		if (symbol_blob_decode(blob, length, inflated, &copy)) {
			symbol_table_index(&copy);
			symbol_table_release(&copy);
		}
		blob[i] ^= 0x10;
	}
	free(blob);
	symbol_table_release(&table);
}

/* An extract stands for the file that it was made of, and for no other. */
static void test_extract(void **state)
{
	struct elf_identity identity;
	struct elf_extract extract;
	struct symbol_table table;
	unsigned char *bytes;
	GElf_Sym symbol;
	size_t length, inflated, size;
	char *file;

	(void)state;
	build("");
	assert_true(find_symbol("symbols.so", "caller", &symbol));
	identity = identity_of("symbols.so");
	bytes = elf_extract_make(&identity, &length, &inflated);
	assert_non_null(bytes);
	extract = (struct elf_extract){bytes, length, inflated};
	file = elf_extract_open(&extract, &size);
	assert_non_null(file);
	assert_int_equal(size, identity.size);
	assert_memory_equal(file + symbol.st_value, "\0\0\0\0", 4); /* its code is not there */
	free(file);
	assert_int_equal(unlink("symbols.so"), 0);
	identity.extract = &extract;
	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_READ);
	symbol_table_index(&table);
	check_versioned(&table);
	symbol_table_release(&table);
	identity.build_id = "0123";
	assert_int_equal(elf_symbol_table(&identity, &table), ELF_SYMBOLS_GONE);
	identity.build_id = NULL;
	assert_null(elf_extract_make(&identity, &length, &inflated)); /* of the file only */
	for (size_t i = 0; i < extract.length; i++) {
		bytes[i] ^= (unsigned char)(1 << i % 8);
		if (elf_symbol_table(&identity, &table) == ELF_SYMBOLS_READ)
			use_table(&table);
		symbol_table_release(&table);
		bytes[i] ^= (unsigned char)(1 << i % 8);
	}
	for (extract.length = 0; extract.length < length; extract.length++)
		assert_null(elf_extract_open(&extract, &size));
	extract.inflated = UINT64_MAX;
	assert_null(elf_extract_open(&extract, &size));
	free(bytes);
}

/* Contents that zlib can't tell from good ones: ranges that lie. */
static void test_lying_extract(void **state)
{
	static const struct {
		uint64_t numbers[6]; /* format and count, file size, offsets and lengths in turn */
		bool good;
	} cases[] = {
		{{2ull << 32 | 1, 64, 0, 8, 16, 8}, true},
		{{2ull << 32 | 2, 64, 0, 8, 16, 8}, false}, /* another format */
		{{2ull << 32 | 1, 20, 0, 8, 16, 8}, false}, /* behind the end */
		{{2ull << 32 | 1, 64, 16, 8, 0, 8}, false}, /* not ascending */
		{{2ull << 32 | 1, 64, 0, 8, 4, 8}, false},  /* overlapping */
		{{2ull << 32 | 1, 64, 0, 8, UINT64_MAX, 8}, false},
		{{2ull << 32 | 1, 64, 0, UINT64_MAX, 16, 8}, false},
		{{2ull << 32 | 1, 64, 0, 9, 16, 8}, false},         /* more than there is */
		{{2ull << 32 | 1, 64, 0, 7, 16, 8}, false},         /* less */
		{{9ull << 32 | 1, 64, 0, 8, 16, 8}, false},         /* too many */
		{{2ull << 32 | 1, 1ull << 40, 0, 8, 16, 8}, false}, /* too large */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned char contents[64] = {0}, packed[256];
		uLongf length = sizeof(packed);
		struct elf_extract extract = {packed, 0, sizeof(contents)};
		size_t size;
		char *file;

		memcpy(contents, cases[i].numbers, sizeof(cases[i].numbers));
		assert_int_equal(compress(packed, &length, contents, sizeof(contents)), Z_OK);
		extract.length = length;
		file = elf_extract_open(&extract, &size);
		assert_int_equal(file != NULL, cases[i].good);
		free(file);
	}
}

static void test_filter(void **state)
{
	struct symbol_table table;
	struct name_filter filter = {0}, loaded = {0};
	size_t passed = 0;

	(void)state;
	assert_false(name_filter_has(&filter, symbol_hash("f")));
	build("");
	table = read_table("symbols.so");
	name_filter_fill(&filter, &table, true);
	assert_true(name_filter_load(&loaded, filter.words, filter.count * 8));
	for (size_t i = 0; i < table.count; i++)
		if (symbol_can_be_found(&table, &table.symbols[i])) {
			uint32_t hash = symbol_hash(table.symbols[i].name);

			assert_true(name_filter_has(&filter, hash) &&
				    name_filter_has(&loaded, hash));
		}
	for (int i = 0; i < 1000; i++) {
		AUTO_FREE char *name = xasprintf("not_there_%d", i);

		passed += name_filter_has(&filter, symbol_hash(name));
	}
	assert_true(passed < 100);
	name_filter_release(&loaded);
	name_filter_release(&filter);
	name_filter_fill(&filter, &table, false);
	assert_true(name_filter_has(&filter, symbol_hash("wanted")));
	assert_false(name_filter_load(&loaded, filter.words, 24));
	assert_true(name_filter_has(&loaded, symbol_hash("anything")));
	name_filter_release(&loaded);
	assert_false(name_filter_load(&loaded, NULL, 0));
	name_filter_release(&loaded);
	name_filter_release(&filter);
	symbol_table_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_styles),
		cmocka_unit_test(test_without_sections),
		cmocka_unit_test(test_without_versions),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_blob),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_extract),
		cmocka_unit_test(test_lying_extract),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
