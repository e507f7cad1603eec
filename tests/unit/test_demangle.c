/* demangle(): names as compilers made them, names that only look mangled, and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "report/elf/elf.h"
#include "report/util.h"

struct pair {
	const char *name, *text;
};

static void check_pairs(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *text = demangle(pairs[i].name);

		assert_non_null(text);
		if (strcmp(text, pairs[i].text) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", pairs[i].name, text, pairs[i].text);
	}
}

static void check_unchanged(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *text = demangle(names[i]);

		assert_ptr_not_equal(text, names[i]);
		assert_string_equal(text, names[i]);
	}
}

/* From g++ 12. */
static void test_cplus(void **state)
{
	static const struct pair pairs[] = {
		{"_ZN4plug4HostC1Ei", "plug::Host::Host(int)"},
		{"_ZN4plug4HostD2Ev", "plug::Host::~Host()"},
		{"_ZN4plug4HostpLERKS0_", "plug::Host::operator+=(plug::Host const&)"},
		{"_ZNK4plug4HostcvbEv", "plug::Host::operator bool() const"},
		{"_ZN4plug4Host5countE", "plug::Host::count"},
		{"_ZN4plug12_GLOBAL__N_16hiddenEv", "plug::(anonymous namespace)::hidden()"},
		/* no return types */
		{"_ZN4plug4makeIiJlPKcEEET_DpT0_",
		 "plug::make<int, long, char const*>(long, char const*)"},
		{"_ZZN4plug3lamEvENKUlT_E_clIiEEDaS0_",
		 "plug::lam()::{lambda(auto:1)#1}::operator()<int>(int) const"},
		{"_ZNSt6vectorIiSaIiEE9push_backERKi",
		 "std::vector<int, std::allocator<int> >::push_back(int const&)"},
		/* abbreviations stay abbreviated */
		{"_Z1fSs", "f(std::string)"},
		{"_ZTVN4plug4HostE", "vtable for plug::Host"},
		{"_ZTIN4plug4HostE", "typeinfo for plug::Host"},
		{"_ZThn16_N1B1fEv", "non-virtual thunk to B::f()"},
		{"_ZGVZ1fvE1x", "guard variable for f()::x"},
		{"_Znwm", "operator new(unsigned long)"},
		{"_Z3foov.cold", "foo() [clone .cold]"},
		{"_ZL5localv", "local()"},
		{"_GLOBAL__sub_I__ZN4plug4HostC2Ei",
		 "global constructors keyed to plug::Host::Host(int)"},
		{"_GLOBAL__sub_D_late", "global destructors keyed to late"},
		{"_GLOBAL__sub_I_main.cpp", "global constructors keyed to main.cpp"},
	};

	(void)state;
	check_pairs(pairs, ARRAY_SIZE(pairs));
}

/* From rustc, both schemes. */
static void test_rust(void **state)
{
	static const struct pair pairs[] = {
		{"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
		{"_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$"
		 "3bar17h930b740aa94f1d3aE",
		 "<Test + 'static as foo::Bar<Test>>::bar"},
#if __GLIBC_PREREQ(2, 36) /* else with a libiberty that is not trusted with these */
		{"_RINvNtCs2OpA4fNwd7R_1r6plugin4eachNCNvB4_5entry0EB4_",
		 "r::plugin::each::<r::entry::{closure#0}>"},
		{"_RNvMNtCs2OpA4fNwd7R_1r6pluginINtB2_4HosthE4loadB4_",
		 "<r::plugin::Host<u8>>::load"},
		{"_RNvXs_NtCs2OpA4fNwd7R_1r6pluginINtB4_4HosthENtB4_3Run3run",
		 "<r::plugin::Host<u8> as r::plugin::Run>::run"},
		{"_RNCNvCs2OpA4fNwd7R_1r5entry0B3_", "r::entry::{closure#0}"},
#endif
	};

	(void)state;
	check_pairs(pairs, ARRAY_SIZE(pairs));
}

static void test_dlang(void **state)
{
	static const struct pair pairs[] = {
		{"_Dmain", "D main"},
		{"_D3std5stdio7writelnFZv", "std.stdio.writeln()"},
		{"_D8demangle4testFaZv", "demangle.test(char)"},
		{"_D8demangle4testFAaZv", "demangle.test(char[])"},
		{"_D8demangle9__T4testZv", "demangle.test!()"},
		/* references back to an identifier and to a type */
		{"_D3foo3barFSQk3BazQhZv", "foo.bar(foo.Baz, foo.Baz)"},
	};

	(void)state;
	check_pairs(pairs, ARRAY_SIZE(pairs));
}

/* By ocamlopt's scheme. */
static void test_ocaml(void **state)
{
	static const struct pair pairs[] = {
		/* OCaml 4 */
		{"camlStdlib__List__map_236", "Stdlib.List.map"},
		{"camlModule__fun_123", "Module.fun_123"},
		{"camlA__B__f_12", "A.B.f"},
		{"camlFoo__entry", "Foo.entry"},
		{"camlFoo__data_begin", "Foo.data_begin"},
		{"camlFoo__my__fun_12", "Foo.my__fun"},
		{"camlFoo___unused_12", "Foo._unused"},
		{"camlFoo__f'_12", "Foo.f'"},
		{"camlFoo__f_2_12", "Foo.f_2"},
		{"camlFoo__fun_1", "Foo.fun_1"},
		{"camlFoo__funny_1", "Foo.funny"},
		{"camlFoo_bar__f_1", "Foo_bar.f"},
		{"camlFoo__$3e$3e$3d_12", "Foo.(>>=)"},
		{"camlStdlib__$5e_136", "Stdlib.(^)"},
		{"camlFoo__$2a_3", "Foo.( * )"},
		{"camlFoo__$2a$2e_3", "Foo.( *. )"},
		{"camlFoo__caf$c3$a9_3", "Foo.caf\xc3\xa9"},
		{"camlDune__exe__Main__f_12", "Dune.exe.Main.f"},
		{"camlStdlib__List", "Stdlib.List"},
		/* OCaml 5 */
		{"camlModule.fun_123", "Module.fun_123"},
		{"camlStdlib__List.map_236", "Stdlib.List.map"},
		{"camlStdlib.Lists.map_236", "Stdlib.Lists.map"},
		{"camlLib__Mod.start_1", "Lib.Mod.start"},
		{"camlDune__exe__Main.f_12", "Dune.exe.Main.f"},
		{"camlFoo.entry", "Foo.entry"},
		{"camlFoo.my__fun_12", "Foo.my__fun"},
		{"camlFoo.$2b$2b_12", "Foo.(++)"},
		/* flambda 2 */
		{"camlFoo__f_1_2_code", "Foo.f"},
		{"camlFoo__code_3", "Foo.code"},
		{"camlFoo__anon_fn$5bfoo.ml$3a1$2c2$2d$2d3$5d_1_3_code",
		 "Foo.anon_fn[foo.ml:1,2--3]"},
	};

	(void)state;
	check_pairs(pairs, ARRAY_SIZE(pairs));
}

static void test_ordinary(void **state)
{
	static const char *const names[] = {
		"",
		"main",
		"_",
		"__",
		"_start",
		"_DYNAMIC",
		"_GLOBAL_OFFSET_TABLE_",
		"_R",
		"_D",
		"_Z",
		"_ZN",
		"_Zfoo",
		"_RX",
		"_Dfoo",
		"_init",
		"foo.cold",
		"foo.isra.0",
		"dlopen@plt",
		"i",
		"caml",
		"caml_alloc",
		"caml_call_gc",
		"caml_startup__code_begin",
		"camlp4",
		"camlFoo",
		"camlFindValue",
		"camlFoo_12",
		"camlFoo__",
		"camlFoo.",
		"caml__Foo__f_1",
		"camlfoo__f_1",
		"camlFoo__$zz_1",
		"camlFoo__$3_1",
		"camlFoo__$00x_1",
		"camlFoo__$0ax_1",
		"camlFoo__f$",
		"camlFoo__\x1b[2J_1",
		"camlFoo__12",
		"camlFoo__f g_1",
		"_GLOBAL__sub_I_",
		"\xff\xfe_Z3foov",
		" _Z3foov",
	};

	(void)state;
	check_unchanged(names, ARRAY_SIZE(names));
}

static char *repeat(const char *prefix, const char *part, size_t length, const char *suffix)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, prefix);
	while (sb.length < length)
		strbuf_addstr(&sb, part);
	strbuf_addstr(&sb, suffix);
	return strbuf_detach(&sb);
}

/* Libiberty's substitution number n of C++, or (base 62) of Rust's back references. */
static void add_number(struct strbuf *sb, size_t n, unsigned base)
{
	static const char upper[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char both[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *digits = base == 36 ? upper : both;
	char reversed[16];
	size_t count = 0;

	for (; n > 0; n = (n - 1) / base) {
		reversed[count++] = digits[(n - 1) % base];
		if (n <= base)
			break;
	}
	while (count > 0)
		strbuf_addch(sb, reversed[--count]);
	strbuf_addch(sb, '_');
}

/* Each type is a pair of the one before: `doublings` of them stand for 2^doublings words. */
static char *doubling_cplus(size_t doublings)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "_Z1f1AIiiE");
	for (size_t i = 1; i <= doublings; i++) {
		strbuf_addstr(&sb, "S_IS");
		add_number(&sb, i, 36);
		strbuf_addstr(&sb, "S");
		add_number(&sb, i, 36);
		strbuf_addch(&sb, 'E');
	}
	return strbuf_detach(&sb);
}

static char *doubling_rust(size_t doublings)
{
	struct strbuf sb = STRBUF_INIT;
	size_t target;

	strbuf_addstr(&sb, "_RINvC1a1f");
	target = sb.length - 2;
	strbuf_addstr(&sb, "TlmE");
	for (size_t i = 0; i < doublings; i++) {
		size_t next = sb.length - 2;

		strbuf_addstr(&sb, "TB");
		add_number(&sb, target, 62);
		strbuf_addch(&sb, 'B');
		add_number(&sb, target, 62);
		strbuf_addch(&sb, 'E');
		target = next;
	}
	strbuf_addch(&sb, 'E');
	return strbuf_detach(&sb);
}

static char *doubling_dlang(size_t doublings)
{
	struct strbuf sb = STRBUF_INIT;
	size_t target;

	strbuf_addstr(&sb, "_D1aF");
	target = sb.length;
	strbuf_addstr(&sb, "Hii");
	for (size_t i = 0; i < doublings; i++) {
		size_t next = sb.length;

		strbuf_addf(&sb, "HQ%c", (int)('a' + (sb.length + 1 - target)));
		strbuf_addf(&sb, "Q%c", (int)('a' + (sb.length - target)));
		target = next;
	}
	strbuf_addstr(&sb, "Zv");
	return strbuf_detach(&sb);
}

static void check_bounded(char *name)
{
	struct timespec before, after;
	char *text;

	clock_gettime(CLOCK_MONOTONIC, &before);
	text = demangle(name);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_non_null(text);
	assert_true(strlen(text) <= strlen(name) + (1 << 20));
	assert_true(after.tv_sec - before.tv_sec <= 5);
	free(text);
	free(name);
}

/* The constructions above must mean what they claim, or the next test shows nothing. */
static void test_doubling_is_understood(void **state)
{
	AUTO_FREE char *cplus = doubling_cplus(3);
	AUTO_FREE char *rust = doubling_rust(3);
	AUTO_FREE char *dlang = doubling_dlang(3);
	AUTO_FREE char *cplus_text = demangle(cplus);
	AUTO_FREE char *rust_text = demangle(rust);
	AUTO_FREE char *dlang_text = demangle(dlang);

	(void)state;
	assert_true(strlen(cplus_text) > 5 * strlen(cplus));
	if (__GLIBC_PREREQ(2, 36))
		assert_true(strlen(rust_text) > 4 * strlen(rust));
	assert_true(strlen(dlang_text) > 3 * strlen(dlang));
}

static void test_hostile(void **state)
{
	static const char *const prefixes[] = {"_Z",         "_ZN", "_Z1f", "_R",
					       "_RNv",       "_D",  "caml", "_GLOBAL__sub_I__Z",
					       "_ZN3foo17h", ""};
	static const char *const parts[] = {
		"N",  "P", "1AI",   "PF", "DT", "ZN1a", "IT_E", "NvC1a", "B_", "A__", "H",
		"3",  "Q", "Qa",    "G9", "9",  "$",    "$2a",  "__",    "T",  "X",   "pl",
		"S_", "E", "__T1a", "FZ", "J",  "DpT_", "cl",   "u3foo", "_1"};
	static const size_t lengths[] = {900, 1024, 1025, 4000, 4097, 100000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		for (size_t j = 0; j < ARRAY_SIZE(parts); j++)
			for (size_t k = 0; k < ARRAY_SIZE(lengths); k++)
				check_bounded(repeat(prefixes[i], parts[j], lengths[k],
						     k & 1 ? "E" : "i"));
	for (size_t k = 1; k <= 200; k++) {
		check_bounded(doubling_cplus(k));
		check_bounded(doubling_rust(k));
		check_bounded(doubling_dlang(k));
	}
}

/* Real templates make names that are longer than libiberty's recursion limit allows for. */
static void test_long_name(void **state)
{
	AUTO_FREE char *name = repeat("_ZN1n", "10abcdefghij", 2500, "1fEv");
	AUTO_FREE char *text = demangle(name);

	(void)state;
	assert_true(strlen(name) > 2500);
	assert_memory_equal(text, "n::abcdefghij::abcdefghij::", 27);
	assert_string_equal(text + strlen(text) - 5, "::f()");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cplus),    cmocka_unit_test(test_rust),
		cmocka_unit_test(test_dlang),    cmocka_unit_test(test_ocaml),
		cmocka_unit_test(test_ordinary), cmocka_unit_test(test_doubling_is_understood),
		cmocka_unit_test(test_hostile),  cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
