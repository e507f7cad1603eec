/* What names of symbols and objects tell. */
#include "tests/unit/bound_fixture.h"

static void vague(void **state)
{
	(void)state;
	assert_int_equal(symbol_vague_kind("_ZTI5Shape", STT_OBJECT, STB_WEAK), VAGUE_TYPEINFO);
	assert_int_equal(symbol_vague_kind("_ZTS5Shape", STT_OBJECT, STB_GLOBAL), VAGUE_TYPEINFO);
	assert_int_equal(symbol_vague_kind("_ZTV5Shape", STT_OBJECT, STB_WEAK), VAGUE_VTABLE);
	assert_int_equal(symbol_vague_kind("_ZTV5Shape", STT_OBJECT, STB_GLOBAL), VAGUE_NOT);
	assert_int_equal(symbol_vague_kind("_ZN3fooIiE1xE", STT_OBJECT, STB_GNU_UNIQUE),
			 VAGUE_DATA);
	assert_int_equal(symbol_vague_kind("_ZN3fooIiE1tE", STT_TLS, STB_WEAK), VAGUE_DATA);
	assert_int_equal(symbol_vague_kind("_ZN3fooIiE1fEv", STT_FUNC, STB_WEAK), VAGUE_FUNCTION);
	assert_int_equal(symbol_vague_kind("_ZN3foo1fEv", STT_FUNC, STB_GLOBAL), VAGUE_NOT);
	/* C's, and what is hardly a name. */
	assert_int_equal(symbol_vague_kind("weak_hook", STT_FUNC, STB_WEAK), VAGUE_NOT);
	assert_int_equal(symbol_vague_kind("abTI", STT_FUNC, STB_WEAK), VAGUE_NOT);
	assert_int_equal(symbol_vague_kind("variable", STT_OBJECT, STB_GLOBAL), VAGUE_NOT);
	/* inline int registry; */
	assert_int_equal(symbol_vague_kind("registry", STT_OBJECT, STB_GNU_UNIQUE), VAGUE_DATA);
	assert_int_equal(symbol_vague_kind("registry", STT_OBJECT, STB_WEAK), VAGUE_DATA);
	assert_int_equal(symbol_vague_kind("", STT_FUNC, STB_WEAK), VAGUE_NOT);
	assert_int_equal(symbol_vague_kind("_", STT_FUNC, STB_WEAK), VAGUE_NOT);
	assert_int_equal(symbol_vague_kind("_Z", STT_FUNC, STB_GLOBAL), VAGUE_NOT);
	assert_int_equal(symbol_vague_kind("_ZT", STT_OBJECT, STB_GLOBAL), VAGUE_NOT);
}

static void std_names(void **state)
{
	(void)state;
	assert_true(symbol_is_std("_ZTISt9exception"));
	assert_true(symbol_is_std("_ZTSNSt7__cxx1112basic_stringIcEE"));
	assert_true(symbol_is_std("_ZGVNSt10moneypunctIcLb0EE2idE"));
	assert_true(symbol_is_std("_ZNSt6vectorIiE9push_backEi"));
	assert_true(symbol_is_std("_ZTIPKc"));
	assert_true(symbol_is_std("_ZTIi"));
	assert_false(symbol_is_std("_ZTI5Shape"));
	assert_false(symbol_is_std("_ZN5ShapeC1Ev"));
	assert_false(symbol_is_std("Standard"));
	assert_false(symbol_is_std("x"));
	assert_false(symbol_is_std(""));
}

static void allocators(void **state)
{
	static const char *const yes[] = {"malloc", "free",   "posix_memalign",
					  "_Znwm",  "_Znam",  "_ZnwmSt11align_val_t",
					  "_ZdlPv", "_ZdaPvm"};
	static const char *const no[] = {"mallopt", "xmalloc", "_ZdlIcE", "_Z",
					 "_",       "",        "_Zn",     "_Zdl"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(symbol_is_allocator(yes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(symbol_is_allocator(no[i]));
}

static void handlers(void **state)
{
	(void)state;
	assert_true(symbol_is_handler("xerbla_"));
	assert_true(symbol_is_handler("cblas_xerbla"));
	assert_false(symbol_is_handler("my_xerbla_"));
	assert_false(symbol_is_handler("lsame_"));
}

static void of_the_linker(void **state)
{
	(void)state;
	assert_true(symbol_is_linkers("_init"));
	assert_true(symbol_is_linkers("__bss_start"));
	assert_true(symbol_is_linkers("main"));
	assert_true(symbol_is_linkers("edata"));
	assert_false(symbol_is_linkers("initialise"));
	assert_false(symbol_is_linkers("_initialise"));
	assert_false(symbol_is_linkers(""));
}

static void glibc(void **state)
{
	static const struct {
		const char *path, *soname;
		bool is;
	} cases[] = {
		{"/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", true},
		{"/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2", true},
		{"/lib/libm.so.6", NULL, true},
		{"/lib/libnss_files.so.2", "libnss_files.so.2", true},
		{"/usr/lib/libstdc++.so.6", "libstdc++.so.6", false},
		{"/opt/libc.so.6", "libcopy.so", false},
		{"/usr/lib/libcrypto.so.3", "libcrypto.so.3", false},
		{"/usr/bin/host", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct object object = {.kind = OBJECT_LIBRARY,
					.path = (char *)cases[i].path,
					.soname = (char *)cases[i].soname};

		assert_int_equal(object_is_glibc(&object), cases[i].is);
	}
}

/* Which definitions others can be bound to, and by which version. */
static void exported(void **state)
{
	struct bound_fixture f;
	AUTO_DEFINITIONS struct definitions definitions;
	struct dynamic_symbol *hidden;
	const struct definition *found;
	size_t count;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	define(&f, 0, "f", "V1", STT_FUNC, STB_GLOBAL)->versym = 0x8002;
	define(&f, 0, "f", "V2", STT_FUNC, STB_GLOBAL)->versym = 3;
	define(&f, 0, "undefined", NULL, STT_FUNC, STB_GLOBAL)->defined = false;
	define(&f, 0, "local", NULL, STT_FUNC, STB_LOCAL);
	define(&f, 0, "file", NULL, STT_FILE, STB_GLOBAL);
	hidden = define(&f, 0, "hidden", NULL, STT_FUNC, STB_GLOBAL);
	hidden->visibility = STV_HIDDEN;
	define(&f, 0, "protected", NULL, STT_FUNC, STB_GLOBAL)->visibility = STV_PROTECTED;
	define(&f, 0, "V1", NULL, STT_OBJECT, STB_GLOBAL)->absolute = true;
	f.tables[0].symbols[f.tables[0].count - 1].size = 0;
	define(&f, 0, "weak", NULL, STT_OBJECT, STB_WEAK);
	define(&f, 0, "_edata", NULL, STT_NOTYPE, STB_GLOBAL);
	define(&f, 0, "", NULL, STT_FUNC, STB_GLOBAL);
	definitions_build(&f.rec, &f.set, &f.provider, false, &definitions);
	assert_int_equal(definitions.count, 4);
	assert_int_equal(definitions.exported[0], 3);
	assert_int_equal(definitions_inexact(&definitions, &f.rec), 0);
	found = definitions_of(&definitions, name_find(&f.set.names, "f"), &count);
	assert_int_equal(count, 2);
	assert_true(definition_serves(&found[0], name_find(&f.set.names, "V1")));
	assert_false(definition_serves(&found[0], name_find(&f.set.names, "V2")));
	assert_false(definition_serves(&found[0], NAME_NONE));
	assert_true(definition_serves(&found[1], NAME_NONE));
	assert_null(definitions_of(&definitions, NAME_NONE, &count));
	assert_null(definitions_of(&definitions, name_find(&f.set.names, "V1"), &count));
	bound_fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vague),         cmocka_unit_test(std_names),
		cmocka_unit_test(allocators),    cmocka_unit_test(handlers),
		cmocka_unit_test(of_the_linker), cmocka_unit_test(glibc),
		cmocka_unit_test(exported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
