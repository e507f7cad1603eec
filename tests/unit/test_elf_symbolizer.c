/* symbolizer: functions, inlined calls, files and lines from what compilers and binutils make. */
#include "tests/unit/test_elf_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

/*
 * Three functions inlined into one another, with a label where the innermost does something, and a
 * static function that is called.  The line numbers are set so that they can be named below.
 */
static const char source[] =
	"volatile int sink;\n"
	"#define MARK(n) __asm__ volatile(\".globl \" #n \"\\n.hidden \" #n \"\\n\" #n \":\")\n"
	"#define INLINE static inline __attribute__((always_inline))\n"
	"#line 100\n"
	"INLINE void leaf(int x)\n"
	"{\n"
	"	MARK(mark_leaf); sink = x;\n" /* 102 */
	"}\n"
	"#line 200\n"
	"INLINE void middle(int x)\n"
	"{\n"
	"	leaf(x + 1);\n" /* 202 */
	"	MARK(mark_middle); sink = x;\n"
	"}\n"
	"#line 300\n"
	"__attribute__((noinline)) void outer(int x)\n"
	"{\n"
	"	middle(x);\n" /* 302 */
	"	MARK(mark_outer); sink = x;\n"
	"}\n"
	"#line 400\n"
	"static __attribute__((noinline)) void hidden(int x)\n"
	"{\n"
	"	MARK(mark_hidden); sink = x;\n" /* 402 */
	"}\n"
	"#line 500\n"
	"void entry(int x)\n"
	"{\n"
	"	outer(x);\n"
	"	hidden(x);\n"
	"}\n";

#define IN_LEAF   "leaf(i) DIR/%s:102, middle(i) DIR/%s:202, outer DIR/%s:302"
#define IN_MIDDLE "middle(i) DIR/%s:203, outer DIR/%s:302"

/* Build the fixture; the source's name as the compiler sees it is `name`. */
static void build(const char *flags, const char *output, const char *name)
{
	write_text("plugin.c", source);
	run("%s -shared -fPIC -Wl,--build-id=sha1 %s %s -o %s", compiler(), flags, name, output);
}

static void check_label(const char *symbols, const char *path, const char *label,
			const char *format, const char *file)
{
	AUTO_STRBUF struct strbuf expected = STRBUF_INIT;

	for (const char *s = format; *s; s++)
		if (s[0] == '%' && s[1] == 's') {
			strbuf_addstr(&expected, file);
			s++;
		} else {
			strbuf_addch(&expected, *s);
		}
	check_address(path, address_of(symbols, label), expected.s);
}

/* All places of the fixture; symbols are looked up in the unstripped `symbols`. */
static void check_all(const char *symbols, const char *path)
{
	check_label(symbols, path, "mark_leaf", IN_LEAF, "plugin.c");
	check_label(symbols, path, "mark_middle", IN_MIDDLE, "plugin.c");
	check_label(symbols, path, "mark_outer", "outer DIR/%s:303", "plugin.c");
	check_label(symbols, path, "mark_hidden", "hidden DIR/%s:402", "plugin.c");
}

static void test_dwarf(void **state)
{
	static const char *const flags[] = {
		"-O2 -g -gdwarf-4",
		"-O2 -g -gdwarf-5",
		"-O2 -g -gdwarf-3",
		"-O2 -g -ffunction-sections -Wl,--gc-sections",
		"-O2 -g -gz=zlib",
		"-O2 -g -gz=none",
		"-O2 -g -fdebug-types-section",
		"-O2 -g -flto -ffat-lto-objects",
		"-O1 -g",
		"-Os -g",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		print_message("%s\n", flags[i]);
		build(flags[i], "plugin.so", "plugin.c");
		check_all("plugin.so", "plugin.so");
	}
}

/* clang writes no .debug_aranges: units are found by their own ranges. */
static void test_clang(void **state)
{
	(void)state;
	write_text("plugin.c", source);
	if (!try_run("clang -shared -fPIC -O2 -g plugin.c -o clang.so 2>/dev/null")) {
		print_message("no clang here\n");
		return;
	}
	check_all("clang.so", "clang.so");
	run("clang -shared -fPIC -O2 -gdwarf-4 -g plugin.c -o clang.so");
	check_all("clang.so", "clang.so");
	/* lines alone: functions come from the symbol table */
	run("clang -shared -fPIC -O2 -gmlt plugin.c -o clang.so");
	check_label("clang.so", "clang.so", "mark_hidden", "hidden DIR/%s:402", "plugin.c");
}

static void test_no_aranges(void **state)
{
	(void)state;
	build("-O2 -g", "plugin.so", "plugin.c");
	run("objcopy --remove-section .debug_aranges plugin.so naked.so");
	check_all("plugin.so", "naked.so");
}

/* A source in another directory, and builds that hide theirs. */
static void test_paths(void **state)
{
	char *absolute = xasprintf("'%s/plugin.c'", directory);

	(void)state;
	for (int version = 4; version <= 5; version++) {
		AUTO_FREE char *flags = xasprintf("-O2 -g -gdwarf-%d", version);
		AUTO_FREE char *mapped =
			xasprintf("-O2 -g -gdwarf-%d -ffile-prefix-map='%s'=.", version, directory);
		AUTO_FREE char *gone = xasprintf("-O2 -g -gdwarf-%d -ffile-prefix-map='%s'=/gone",
						 version, directory);

		run("mkdir -p below/deeper");
		write_text("plugin.c", source);
		build(flags, "plugin.so", absolute);
		check_label("plugin.so", "plugin.so", "mark_leaf", IN_LEAF, "plugin.c");
		build(flags, "plugin.so", "below/../plugin.c");
		check_label("plugin.so", "plugin.so", "mark_leaf", IN_LEAF, "below/../plugin.c");
		build(mapped, "plugin.so", "plugin.c");
		check_address("plugin.so", address_of("plugin.so", "mark_hidden"),
			      "hidden ./plugin.c:402");
		build(gone, "plugin.so", "plugin.c");
		check_address("plugin.so", address_of("plugin.so", "mark_hidden"),
			      "hidden /gone/plugin.c:402");
	}
	free(absolute);
}

/* Function offsets, and the number of places that are asked for. */
static void test_offset_and_room(void **state)
{
	struct symbolizer *sym = symbolizer_new();
	struct source_place places[8];
	struct elf_identity identity;
	uint64_t leaf, outer;

	(void)state;
	build("-O2 -g", "plugin.so", "plugin.c");
	identity = identity_of("plugin.so");
	leaf = address_of("plugin.so", "mark_leaf");
	outer = address_of("plugin.so", "outer");
	for (size_t room = 0; room <= 8; room++) {
		memset(places, 0x55, sizeof(places));
		assert_int_equal(symbolizer_find(sym, &identity, leaf, places, room),
				 room < 3 ? room : 3);
		for (size_t i = 0; i < room && i < 3; i++) {
			assert_int_equal(places[i].function_offset, leaf - outer);
			assert_int_equal(places[i].inlined, i < 2);
		}
	}
	/* strings live as long as the symbolizer, whatever is asked later */
	assert_int_equal(symbolizer_find(sym, &identity, leaf, places, 8), 3);
	for (uint64_t address = 0; address < 0x5000; address += 7) {
		struct source_place others[8];

		symbolizer_find(sym, &identity, address, others, 8);
	}
	assert_string_equal(places[0].function, "leaf");
	assert_string_equal(places[2].function, "outer");
	assert_string_equal(base_name(places[1].file), "plugin.c");
	symbolizer_free(sym);
}

/* A return address may be the first byte behind its function: with 1 less it is in it. */
static void test_function_edges(void **state)
{
	GElf_Sym outer;

	(void)state;
	build("-O2 -g", "plugin.so", "plugin.c");
	assert_true(find_symbol("plugin.so", "outer", &outer));
	check_address("plugin.so", outer.st_value + outer.st_size - 1, "outer DIR/plugin.c:304");
	for (int g = 0; g < 2; g++) {
		struct symbolizer *sym = symbolizer_new();
		struct source_place places[4];
		struct elf_identity identity;
		size_t count;

		build(g ? "-O2 -g" : "-O2", "plugin.so", "plugin.c");
		assert_true(find_symbol("plugin.so", "outer", &outer));
		identity = identity_of("plugin.so");
		count = symbolizer_find(sym, &identity, outer.st_value + outer.st_size, places, 4);
		if (count)
			assert_string_not_equal(places[count - 1].function, "outer");
		count = symbolizer_find(sym, &identity, outer.st_value - 1, places, 4);
		if (count)
			assert_string_not_equal(places[count - 1].function, "outer");
		count = symbolizer_find(sym, &identity, outer.st_value, places, 4);
		assert_true(count > 0);
		assert_string_equal(places[count - 1].function, "outer");
		assert_int_equal(places[count - 1].function_offset, 0);
		symbolizer_free(sym);
	}
}

static void test_symbol_tables(void **state)
{
	(void)state;
	build("-O2", "plugin.so", "plugin.c");
	check_label("plugin.so", "plugin.so", "mark_leaf", "outer ?:0", "");
	check_label("plugin.so", "plugin.so", "mark_hidden", "hidden ?:0", "");
	/* stripped: only what is exported has a name */
	run("strip -o stripped.so plugin.so");
	check_label("plugin.so", "stripped.so", "outer", "outer ?:0", "");
	check_label("plugin.so", "stripped.so", "mark_hidden", "", "");
}

/* Overlapping symbols; the numbers are the order of preference in symtab.h. */
static void test_symbol_choice(void **state)
{
	static const char assembly[] =
		".text\n"
		".balign 16\n"
		"before: .skip 16\n" /* no size: reaches up to the next symbol */
		".globl sized\n.type sized, %function\n"
		"sized: .skip 8\n"
		"label_in_sized: .skip 8\n" /* 1: a size is better */
		".size sized, 16\n"
		".type outer_part, %function\n.globl outer_part\n"
		"outer_part: .skip 8\n"
		".type inner_part, %function\n" /* 2: starts last */
		"inner_part: .skip 8\n"
		".size inner_part, 8\n"
		".skip 8\n"
		".size outer_part, 24\n"
		".type local_name, %function\n" /* 3: global before local */
		".globl global_name_that_is_long\n.type global_name_that_is_long, %function\n"
		"local_name:\nglobal_name_that_is_long: .skip 8\n"
		".size local_name, 8\n.size global_name_that_is_long, 8\n"
		".weak __weak_alias\n.type __weak_alias, %function\n" /* 4: underscores */
		".globl _one_alias\n.type _one_alias, %function\n"
		".weak alias\n.type alias, %function\n"
		"__weak_alias:\n_one_alias:\nalias: .skip 8\n"
		".size __weak_alias, 8\n.size _one_alias, 8\n.size alias, 8\n"
		".size gap, 0\n"
		".skip 8\n" /* nobody's: all before it have sizes */
		"last: .skip 8\n"
		".data\n"
		".globl some_data\n.type some_data, %object\n"
		"some_data: .skip 64\n.size some_data, 64\n"
		".section .note.GNU-stack,\"\",%progbits\n";
	uint64_t base;

	(void)state;
	write_text("choice.s", assembly);
	run("%s -shared -nostdlib choice.s -o choice.so", compiler());
	base = address_of("choice.so", "before");
	check_address("choice.so", base, "before ?:0");
	check_address("choice.so", base + 15, "before ?:0");
	check_address("choice.so", base + 16, "sized ?:0");
	check_address("choice.so", base + 24, "sized ?:0");
	check_address("choice.so", base + 31, "sized ?:0");
	check_address("choice.so", base + 32, "outer_part ?:0");
	check_address("choice.so", base + 40, "inner_part ?:0");
	check_address("choice.so", base + 47, "inner_part ?:0");
	check_address("choice.so", base + 48, "outer_part ?:0");
	check_address("choice.so", base + 56, "global_name_that_is_long ?:0");
	check_address("choice.so", base + 64, "alias ?:0");
	check_address("choice.so", base + 72, "");
	check_address("choice.so", base + 80, "last ?:0");
	check_address("choice.so", base + 87, "last ?:0");
	check_address("choice.so", base + 88, ""); /* the section's end */
	check_address("choice.so", address_of("choice.so", "some_data"), "");
	check_address("choice.so", 0, "");
	check_address("choice.so", UINT64_MAX, "");
}

/* .symtab has versions in its names; they are not part of the function's. */
static void test_versioned_symbol(void **state)
{
	(void)state;
	write_text("versions.c", "void old_f(void) {} void new_f(void) {}\n"
				 "__asm__(\".symver old_f,f@V1\");\n"
				 "__asm__(\".symver new_f,g@@V2\");\n");
	write_text("versions.map", "V1 { }; V2 { } V1;\n");
	for (int g = 0; g < 2; g++) {
		run("%s -shared -fPIC -O2 %s versions.c -Wl,--version-script=versions.map -o "
		    "versions.so",
		    compiler(), g ? "-g" : "");
		check_address("versions.so", address_of("versions.so", "new_f"),
			      g ? "g DIR/versions.c:1" : "g ?:0");
	}
}

/* An exported alias is what callers know; a static function's clone keeps the source's name. */
static void test_names_in_c(void **state)
{
	GElf_Sym cold;

	(void)state;
	write_text("alias.c", "int __plug_open_internal(int x) { return x * 3; }\n"
			      "extern __typeof(__plug_open_internal) plug_open\n"
			      "__attribute__((alias(\"__plug_open_internal\")));\n");
	run("%s -shared -fPIC -O2 -g alias.c -o alias.so", compiler());
	check_address("alias.so", address_of("alias.so", "plug_open"), "plug_open DIR/alias.c:1");

	write_text("cold.c", "void die_now(const char *) __attribute__((cold, noreturn));\n"
			     "int load(int x)\n"
			     "{\n"
			     "	if (x < 0)\n"
			     "		die_now(\"negative\");\n"
			     "	return x * 3;\n"
			     "}\n");
	run("%s -shared -fPIC -O2 -g -freorder-blocks-and-partition cold.c -o cold.so", compiler());
	if (find_symbol("cold.so", "load.cold", &cold)) {
		AUTO_FREE char *text = NULL;
		struct elf_identity identity = identity_of("cold.so");

		text = look_up(&identity, cold.st_value + cold.st_size - 1);
		assert_string_equal(text, "load DIR/cold.c:5");
	}
}

static void test_cplus(void **state)
{
	(void)state;
	write_text("host.cc", "namespace plug { struct Host { Host(); int load(int); };\n"
			      "Host::Host() {}\n"
			      "int Host::load(int x) { return x + 1; }\n"
			      "template <typename T> T twice(T x) { return 2 * x; }\n"
			      "template int twice<int>(int); }\n");
	if (!try_run("%s -x c++ -shared -fPIC -O2 -g host.cc -o host.so 2>/dev/null", compiler())) {
		print_message("no C++ compiler here\n");
		return;
	}
	check_address("host.so", address_of("host.so", "_ZN4plug4Host4loadEi"),
		      "_ZN4plug4Host4loadEi DIR/host.cc:3");
	check_address("host.so", address_of("host.so", "_ZN4plug5twiceIiEET_S1_"),
		      "_ZN4plug5twiceIiEET_S1_ DIR/host.cc:4");
}

/* Separate debug files by .gnu_debuglink: beside the file, in .debug, and only if they belong. */
static void test_debuglink(void **state)
{
	(void)state;
	build("-O2 -g", "plugin.so", "plugin.c");
	run("rm -rf linked && mkdir -p linked/.debug && "
	    "objcopy --only-keep-debug plugin.so linked/plugin.so.debug && "
	    "strip -o linked/plugin.so plugin.so && cd linked && "
	    "objcopy --add-gnu-debuglink=plugin.so.debug plugin.so");
	check_all("plugin.so", "./linked/plugin.so");
	run("cd linked && mv plugin.so.debug .debug/");
	check_all("plugin.so", "./linked/plugin.so");
	/* through a symbolic link to the file */
	run("mkdir -p elsewhere && ln -sf ../linked/plugin.so elsewhere/plugin.so");
	check_all("plugin.so", "./elsewhere/plugin.so");
	/* another build's debug file */
	build("-O1 -g", "other.so", "plugin.c");
	run("objcopy --only-keep-debug other.so linked/.debug/plugin.so.debug");
	check_label("plugin.so", "./linked/plugin.so", "outer", "outer ?:0", "");
	/* none, a directory, an empty file, itself */
	run("rm linked/.debug/plugin.so.debug");
	check_label("plugin.so", "./linked/plugin.so", "outer", "outer ?:0", "");
	run("mkdir linked/plugin.so.debug && : >linked/.debug/plugin.so.debug");
	check_label("plugin.so", "./linked/plugin.so", "outer", "outer ?:0", "");
	run("rm -r linked/.debug linked/plugin.so.debug && "
	    "ln linked/plugin.so linked/plugin.so.debug");
	check_label("plugin.so", "./linked/plugin.so", "outer", "outer ?:0", "");
	/* something to wait for */
	run("rm linked/plugin.so.debug && mkfifo linked/plugin.so.debug");
	alarm(30);
	check_label("plugin.so", "./linked/plugin.so", "outer", "outer ?:0", "");
	alarm(0);
}

/* Without build-ids the link's checksum decides. */
static void test_debuglink_checksum(void **state)
{
	(void)state;
	build("-O2 -g -Wl,--build-id=none", "plain.so", "plugin.c");
	run("rm -rf summed && mkdir summed && objcopy --only-keep-debug plain.so summed/x.debug && "
	    "strip -o summed/plain.so plain.so && "
	    "cd summed && objcopy --add-gnu-debuglink=x.debug plain.so");
	check_all("plain.so", "./summed/plain.so");
	run("printf x >>summed/x.debug");
	check_label("plain.so", "./summed/plain.so", "outer", "outer ?:0", "");
}

static void test_split_dwarf(void **state)
{
	(void)state;
	build("-O2 -g -gsplit-dwarf", "split.so", "plugin.c");
	check_all("split.so", "split.so");
	/* lines stay when the .dwo file is gone */
	run("rm -f *.dwo");
	check_label("split.so", "split.so", "mark_hidden", "hidden DIR/%s:402", "plugin.c");
	/* or is nothing to read */
	build("-O2 -g -gsplit-dwarf -gdwarf-4", "split.so", "plugin.c");
	check_all("split.so", "split.so");
	run("for f in *.dwo; do rm $f; mkfifo $f; done");
	alarm(30);
	check_label("split.so", "split.so", "mark_hidden", "hidden DIR/%s:402", "plugin.c");
	alarm(0);
	run("rm -f *.dwo");
}

/* The file that dwz moves common parts to may be missing. */
static void test_missing_alt(void **state)
{
	(void)state;
	build("-O2 -g", "plugin.so", "plugin.c");
	run("printf 'missing.dwz\\0aaaaaaaaaaaaaaaaaaaa' >alt && "
	    "objcopy --add-section .gnu_debugaltlink=alt plugin.so alt.so");
	check_all("plugin.so", "alt.so");
	run("cp plugin.so missing.dwz"); /* not the one that is meant */
	check_all("plugin.so", "alt.so");
	run("rm missing.dwz && mkfifo missing.dwz");
	alarm(30);
	check_label("plugin.so", "alt.so", "mark_hidden", "hidden ?:0", "");
	alarm(0);
}

/* A limit for compressed debug information leaves names alone, and other files. */
static void test_inflation_limit(void **state)
{
	static const uint64_t limits[] = {0, 100, 1 << 20, UINT64_MAX};

	(void)state;
	for (int compressed = 0; compressed < 2; compressed++) {
		struct elf_identity identity;
		uint64_t address;

		build(compressed ? "-O2 -g -gz=zlib" : "-O2 -g -gz=none", "plugin.so", "plugin.c");
		address = address_of("plugin.so", "mark_hidden");
		identity = identity_of("plugin.so");
		for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
			struct symbolizer *sym = symbolizer_new();
			struct source_place place = {0};

			symbolizer_limit_inflation(sym, limits[i]);
			assert_int_equal(symbolizer_find(sym, &identity, address, &place, 1), 1);
			assert_string_equal(place.function, "hidden");
			assert_int_equal(place.line, compressed && i < 2 ? 0 : 402);
			symbolizer_free(sym);
		}
	}
}

/* Only the recorded file is answered for. */
static void test_identity(void **state)
{
	char hex[129];
	struct elf_identity identity, good;
	uint64_t address;

	(void)state;
	build("-O2 -g", "plugin.so", "plugin.c");
	address = address_of("plugin.so", "mark_hidden");
	assert_true(get_build_id("plugin.so", hex));

	/* a build-id is enough, and is needed */
	identity = (struct elf_identity){.path = "plugin.so", .build_id = hex};
	for (int i = 0; i < 6; i++) {
		AUTO_FREE char *text = NULL;
		AUTO_FREE char *id = xstrdup(hex);

		switch (i) {
		case 0:
			break;
		case 1: /* upper case is the same */
			for (char *c = id; *c; c++)
				*c = (char)(*c >= 'a' ? *c - 32 : *c);
			break;
		case 2: /* another */
			id[39] = id[39] == '0' ? '1' : '0';
			break;
		case 3:
			id[38] = '\0';
			break;
		case 4:
			id[0] = '\0';
			break;
		case 5:
			memset(id, 'z', strlen(id));
			break;
		}
		identity.build_id = id;
		text = look_up(&identity, address);
		assert_string_equal(text, i < 2 ? "hidden DIR/plugin.c:402" : "");
	}

	/* else everything else must be equal */
	good = identity_of("plugin.so");
	for (int i = 0; i < 5; i++) {
		AUTO_FREE char *text = NULL;

		identity = good;
		identity.dev += i == 1;
		identity.ino += i == 2;
		identity.size += i == 3;
		identity.mtime_ns += i == 4;
		text = look_up(&identity, address);
		assert_string_equal(text, i == 0 ? "hidden DIR/plugin.c:402" : "");
	}
	identity = (struct elf_identity){.path = "plugin.so"};
	{
		AUTO_FREE char *text = look_up(&identity, address);

		assert_string_equal(text, "");
	}
	identity = good;
	identity.path = NULL;
	{
		AUTO_FREE char *text = look_up(&identity, address);

		assert_string_equal(text, "");
	}
	/* a file without build-id is not one that had one */
	build("-O2 -g -Wl,--build-id=none", "plain.so", "plugin.c");
	identity = (struct elf_identity){.path = "plain.so", .build_id = hex};
	{
		AUTO_FREE char *text = look_up(&identity, address);

		assert_string_equal(text, "");
	}
}

/* One path can have held two files: each identity gets its own answer from one symbolizer. */
static void test_two_files_of_one_path(void **state)
{
	struct symbolizer *sym = symbolizer_new();
	struct source_place places[4];
	char old_id[129], new_id[129];
	struct elf_identity old = {.path = "x.so", .build_id = old_id};
	struct elf_identity new = {.path = "x.so", .build_id = new_id};
	uint64_t address;

	(void)state;
	build("-O1 -g", "x.so", "plugin.c");
	assert_true(get_build_id("x.so", old_id));
	build("-O2 -g", "x.so", "plugin.c");
	assert_true(get_build_id("x.so", new_id));
	address = address_of("x.so", "mark_hidden");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(symbolizer_find(sym, &old, address, places, 4), 0);
		assert_int_equal(symbolizer_find(sym, &new, address, places, 4), 1);
	}
	symbolizer_free(sym);
}

static void test_no_elf(void **state)
{
	static const char *const paths[] = {"plugin.c",  ".",    "/nonexistent",   "", "empty",
					    "/dev/zero", "fifo", "linux-vdso.so.1"};

	(void)state;
	build("-O2 -g -c", "plugin.o", "plugin.c");
	run(": >empty; mkfifo fifo");
	alarm(30);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct elf_identity identity = {.path = paths[i], .build_id = "00"};
		struct stat st;
		AUTO_FREE char *text = look_up(&identity, 0x1000);

		assert_string_equal(text, "");
		if (stat(paths[i], &st) == 0)
			check_address(paths[i], 0x1000, "");
	}
	alarm(0);
}

/* Hundreds of files must not run into the limit of descriptors. */
static void test_keeps_no_descriptors(void **state)
{
	struct symbolizer *sym = symbolizer_new();
	struct source_place places[4];
	uint64_t address;
	int before, after;

	(void)state;
	build("-O2 -g", "plugin.so", "plugin.c");
	address = address_of("plugin.so", "mark_hidden");
	before = dup(0);
	close(before);
	for (int i = 0; i < 50; i++) {
		AUTO_FREE char *path = xasprintf("copy%d.so", i);
		struct elf_identity identity;

		run("cp plugin.so %s", path);
		identity = identity_of(path);
		assert_int_equal(symbolizer_find(sym, &identity, address, places, 4), 1);
		assert_string_equal(places[0].function, "hidden");
	}
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
	symbolizer_free(sym);
}

/* Somebody's debug server is never asked. */
static void test_no_network(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	AUTO_FREE char *url = NULL;
	char line[512];
	FILE *maps;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	url = xasprintf("http://127.0.0.1:%d/", ntohs(address.sin_port));
	setenv("DEBUGINFOD_URLS", url, 1);
	alarm(60);
	build("-O2", "plugin.so", "plugin.c");
	run("strip plugin.so && objcopy --add-gnu-debuglink=plugin.c plugin.so && "
	    "printf 'missing.dwz\\0aaaaaaaaaaaaaaaaaaaa' >alt && "
	    "objcopy --add-section .gnu_debugaltlink=alt plugin.so");
	check_address("plugin.so", address_of("plugin.so", "outer"), "outer ?:0");
	alarm(0);
	assert_int_equal(poll(&ready, 1, 0), 0);
	close(fd);
	unsetenv("DEBUGINFOD_URLS");

	if (!__GLIBC_PREREQ(2, 36))
		return; /* libdw's own constructor loads it there */
	maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		assert_null(strstr(line, "libdebuginfod"));
	fclose(maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwarf),
		cmocka_unit_test(test_clang),
		cmocka_unit_test(test_no_aranges),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_offset_and_room),
		cmocka_unit_test(test_function_edges),
		cmocka_unit_test(test_symbol_tables),
		cmocka_unit_test(test_symbol_choice),
		cmocka_unit_test(test_versioned_symbol),
		cmocka_unit_test(test_names_in_c),
		cmocka_unit_test(test_cplus),
		cmocka_unit_test(test_debuglink),
		cmocka_unit_test(test_debuglink_checksum),
		cmocka_unit_test(test_split_dwarf),
		cmocka_unit_test(test_missing_alt),
		cmocka_unit_test(test_inflation_limit),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_two_files_of_one_path),
		cmocka_unit_test(test_no_elf),
		cmocka_unit_test(test_keeps_no_descriptors),
		cmocka_unit_test(test_no_network),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
