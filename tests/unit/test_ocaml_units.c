/*
 * ocaml_units: units of plugins and programs.  The files are made without an OCaml compiler:
 * symbols as ocamlopt writes them, and tables as Marshal does (bytes written down from OCaml 4.13).
 */
#include "tests/unit/test_elf_fixture.h"

#include "report/elf/ocaml_marshal.h"
#include "report/elf/ocaml_units.h"

/* { "Caml"; [ { "Counter"; 16 bytes; []; [("Counter", None); ("Api", Some 16 bytes)]; ["Counter"] }
 * ] }, in which the second and third "Counter" refer back to the first. */
static const unsigned char header[] =
	"\x84\x95\xa6\xbe\0\0\0\66\0\0\0\15\0\0\0\0\0\0\0\0" /* magic, 54 bytes, 13 objects */
	"\xa0"                                               /* 1: the header */
	"\x24"
	"Caml"     /* 2 */
	"\xa0\xd0" /* 3: the units; 4: one */
	"\x27"
	"Counter" /* 5 */
	"\x30"
	"\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20" /* 6: its checksum */
	"\x40"                                      /* no interfaces */
	"\xa0\xa0\4\4\x40" /* 7: implementations; 8: ("Counter", which is 5; None) */
	"\xa0\xa0\x23"
	"Api"                /* 9; 10: (11: "Api"... */
	"\x90\4\7\x40"       /* ...12: Some 6); [] */
	"\xa0\4\x9\x40\x40"; /* 13: ["Counter"]; no more units */
#define HEADER_LENGTH (sizeof(header) - 1)

static void write_bytes(struct strbuf *source, const unsigned char *bytes, size_t length)
{
	strbuf_addstr(source, "__asm__(\".data\\n.globl caml_plugin_header\\n"
			      "caml_plugin_header: .byte ");
	for (size_t i = 0; i < length; i++)
		strbuf_addf(source, "%s%u", i ? "," : "", bytes[i]);
	strbuf_addstr(source, "\\n\");\n");
}

static void build(const char *name, const char *symbols, const unsigned char *bytes, size_t length)
{
	AUTO_STRBUF struct strbuf source = STRBUF_INIT;

	for (const char *s = symbols; *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");

		strbuf_addf(
			&source,
			"__asm__(\".text\\n.globl %.*s\\n.type %.*s,@function\\n%.*s: nop\\n\");\n",
			(int)n, s, (int)n, s, (int)n, s);
		s += n;
	}
	if (bytes)
		write_bytes(&source, bytes, length);
	write_text("units.c", source.s);
	run("%s -shared -fPIC -nostdlib units.c -o %s", compiler(), name);
}

static char *units_text(const char *path)
{
	struct elf_identity identity = identity_of(path);
	struct strbuf sb = STRBUF_INIT;
	struct ocaml_units units;

	assert_true(ocaml_units_read(&identity, &units));
	for (size_t i = 0; i < units.count; i++) {
		const struct ocaml_unit *unit = &units.units[i];

		strbuf_addf(&sb, "%s%s%s", i ? ", " : "", unit->name, unit->listed ? "!" : "");
		if (unit->checksum)
			strbuf_addf(&sb, " %.6s", unit->checksum);
		for (size_t j = 0; j < unit->import_count; j++)
			strbuf_addf(&sb, " <%s", unit->imports[j]);
	}
	strbuf_addf(&sb, "%s%s", units.is_plugin ? " plugin" : "",
		    units.is_bytecode ? " bytecode" : "");
	ocaml_units_release(&units);
	return strbuf_detach(&sb);
}

static void expect_units(const char *path, const char *wanted)
{
	AUTO_FREE char *got = units_text(path);

	assert_string_equal(got, wanted);
}

static void marks_of_both_manglings(void **state)
{
	(void)state;
	build("four.so",
	      "camlStdlib__List__code_begin camlStdlib__List__map_12 camlA__code_begin "
	      "caml_startup__code_begin camlp4__code_begin camlB__code_end code_begin",
	      NULL, 0);
	expect_units("four.so", "A, Stdlib__List");
	build("five.so", "camlStdlib__List.code_begin camlA.code_begin camlA.f_3 caml.code_begin",
	      NULL, 0);
	expect_units("five.so", "A, Stdlib__List");
	build("none.so", "caml_interprete caml_main f", NULL, 0);
	expect_units("none.so", " bytecode");
	build("new.so", "caml_bytecode_interpreter caml_main f", NULL, 0);
	expect_units("new.so", " bytecode");
	run("strip -x five.so && cp four.so bare.so && strip bare.so");
	expect_units("five.so", "A, Stdlib__List");
	expect_units("bare.so", "A, Stdlib__List");
}

static void a_plugin_tells_its_imports(void **state)
{
	(void)state;
	build("plugin.so", "camlCounter__code_begin", header, HEADER_LENGTH);
	expect_units("plugin.so", "Counter! 010203 <Api plugin");
	/* A unit that the symbols don't show is not taken from the table alone. */
	build("other.so", "camlOther__code_begin", header, HEADER_LENGTH);
	expect_units("other.so", "Other plugin");
}

static void tables_that_are_none(void **state)
{
	unsigned char broken[HEADER_LENGTH];

	(void)state;
	build("short.so", "camlCounter__code_begin", header, 22);
	expect_units("short.so", "Counter plugin");
	memcpy(broken, header, HEADER_LENGTH);
	broken[0] = 0;
	build("magic.so", "camlCounter__code_begin", broken, sizeof(broken));
	expect_units("magic.so", "Counter plugin");
}

/* Every cut, and every byte made another one: no more than less is read. */
static void broken_values(void **state)
{
	unsigned char broken[HEADER_LENGTH];
	struct marshal marshal;

	(void)state;
	for (size_t cut = 0; cut < HEADER_LENGTH; cut++) {
		assert_false(marshal_read(&marshal, header, cut));
		marshal_release(&marshal);
	}
	for (size_t i = 0; i < HEADER_LENGTH; i++) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			memcpy(broken, header, HEADER_LENGTH);
			broken[i] = (unsigned char)byte;
			if (marshal_read(&marshal, broken, sizeof(broken))) {
				struct marshal_walk walk = {
					.cell = marshal_field(&marshal, &marshal.values[0], 1)};
				size_t steps = 0;

				while (marshal_next(&marshal, &walk))
					steps++;
				assert_true(steps <= HEADER_LENGTH + 1);
			}
			marshal_release(&marshal);
		}
	}
}

static void all_kinds_of_values(void **state)
{
	static const char bytes[] =
		"\x84\x95\xa6\xbf\0\0\0\0\0\0\0\0\0\0\0\46" /* magic, 38 bytes */
		"\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0"          /* objects, size */
		"\x8\0\0\x20\5"                             /* a block of 8, tag 5 */
		"\0\xff"                                    /* -1 */
		"\1\1\0"                                    /* 256 */
		"\2\xff\xff\xff\xfe"                        /* -2 */
		"\3\x7f\xff\xff\xff\xff\xff\xff\xff"        /* the largest */
		"\x9\2hi"                                   /* a string */
		"\xa\0\0\0\1x"                              /* another */
		"\x83"                                      /* an empty block, tag 3 */
		"\5\0\2";                                   /* "hi", two back */
	static const int64_t integers[] = {-1, 256, -2, INT64_MAX};
	struct marshal marshal;
	const struct marshal_value *whole;
	AUTO_FREE char *hi = NULL;

	(void)state;
	assert_true(marshal_read(&marshal, bytes, sizeof(bytes) - 1));
	whole = &marshal.values[0];
	assert_int_equal(whole->tag, 5);
	assert_int_equal(whole->size, 8);
	for (size_t i = 0; i < ARRAY_SIZE(integers); i++)
		assert_int_equal(marshal_field(&marshal, whole, i)->integer, integers[i]);
	hi = marshal_string(marshal_field(&marshal, whole, 7));
	assert_string_equal(hi, "hi");
	assert_int_equal(marshal_field(&marshal, whole, 6)->tag, 3);
	assert_null(marshal_field(&marshal, whole, 8));
	assert_null(marshal_string(whole));
	marshal_release(&marshal);
}

static void units_of_symbols(void **state)
{
	struct elf_identity identity;
	struct ocaml_units units;

	(void)state;
	build("units.so", "camlLib__code_begin camlLib__Mod__code_begin camlM.code_begin", NULL, 0);
	identity = identity_of("units.so");
	assert_true(ocaml_units_read(&identity, &units));
	assert_string_equal(ocaml_units_of_symbol(&units, "camlLib__Mod__f_12")->name, "Lib__Mod");
	assert_string_equal(ocaml_units_of_symbol(&units, "camlLib__Other__f_12")->name, "Lib");
	assert_string_equal(ocaml_units_of_symbol(&units, "camlLib")->name, "Lib");
	assert_string_equal(ocaml_units_of_symbol(&units, "camlM.Sub.f_3")->name, "M");
	assert_null(ocaml_units_of_symbol(&units, "camlMore__f_1"));
	assert_null(ocaml_units_of_symbol(&units, "caml"));
	assert_null(ocaml_units_of_symbol(&units, "Lib"));
	assert_non_null(ocaml_units_find(&units, "M"));
	assert_null(ocaml_units_find(&units, "N"));
	ocaml_units_release(&units);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_of_both_manglings),
		cmocka_unit_test(a_plugin_tells_its_imports),
		cmocka_unit_test(tables_that_are_none),
		cmocka_unit_test(broken_values),
		cmocka_unit_test(all_kinds_of_values),
		cmocka_unit_test(units_of_symbols),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
