/* Which objects are copies of one another, who uses them, and which state is split. */
#include "tests/unit/bound_fixture.h"

#include "report/model/duplicates.h"

/* "soname libx.so split: 1(2 users, 0 own, 0 lost) 2(...), 3 common, 1 state, 0 split state". */
static void write_duplicate(struct strbuf *out, const struct duplicate *duplicate)
{
	strbuf_addf(out, "%s %s %s%s%s%s:", duplicate_kind_name(duplicate->kind),
		    duplicate->name ? duplicate->name : "-",
		    duplicate_verdict_name(duplicate->verdict),
		    duplicate->several_namespaces ? " apart" : "",
		    duplicate->linked ? " linked" : "", duplicate->sure ? "" : " perhaps");
	for (size_t i = 0; i < duplicate->copy_count; i++) {
		const struct duplicate_copy *copy = &duplicate->copies[i];

		strbuf_addf(out, " %d(", copy->object);
		for (size_t j = 0; j < copy->user_count; j++)
			strbuf_addf(out, "%s%d*%zu", j ? " " : "", copy->users[j].from,
				    copy->users[j].symbols);
		strbuf_addf(out, ", %zu own, %zu lost)", copy->own, copy->lost);
	}
	strbuf_addf(out, "; %zu common, %zu state, %zu+%zu split\n", duplicate->symbol_count,
		    duplicate->common_state, duplicate->split_state, duplicate->split_functions);
}

static void expect(struct bound_fixture *f, const char *text)
{
	AUTO_DUPLICATES struct duplicates duplicates;
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	duplicates_build(&f->rec, &f->set, &f->provider, &duplicates);
	for (size_t i = 0; i < duplicates.count; i++)
		write_duplicate(&out, &duplicates.list[i]);
	assert_string_equal(out.s, text);
	bound_fixture_release(f);
}

static void define_state(struct bound_fixture *f, int object, const char *name)
{
	define(f, object, name, NULL, STT_OBJECT, STB_GLOBAL);
}

/* One file in two namespaces: a group, though it has a SONAME and a build-id too. */
static void namespaces(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	for (int i = 1; i < 3; i++) {
		add_object(&f, "/lib/libx.so", "libx.so", "");
		f.rec.objects[i].ino = 7;
		f.rec.objects[i].build_id = xstrdup("abcd");
		define_functions(&f, i, "f");
		define_state(&f, i, "x");
	}
	add_object(&f, "/lib/plugin.so", NULL, "2");
	f.rec.objects[2].name_space = f.rec.objects[3].name_space = 1;
	bind_to(&f, 20, 0, 1, "f", NULL, "plt");
	bind_to(&f, 30, 3, 2, "f", NULL, "plt");
	expect(&f, "file - private apart: 1(0*1, 0 own, 0 lost) 2(3*1, 0 own, 0 lost); "
		   "2 common, 1 state, 0+1 split\n");
}

/* Files of one build, of one SONAME, copies in a wheel; each told once, by the strongest sign. */
static void files(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "/a/libx.so.1", "libx.so.1", "");
	add_object(&f, "/b/libx.so.1", "libx.so.1", "");
	add_object(&f, "/a/liby.so.1", "liby.so.1", "");
	add_object(&f, "/b/liby.so.1", "liby.so.1", "");
	add_object(&f, "/a/libgomp.so.1", "libgomp.so.1", "");
	add_object(&f, "/b/libgomp-a34b3233.so.1.0.0", "libgomp-a34b3233.so.1.0.0", "");
	add_object(&f, "/a/one.so", NULL, "");
	add_object(&f, "/b/two.so", NULL, "");
	f.rec.objects[1].build_id = xstrdup("11");
	f.rec.objects[2].build_id = xstrdup("11");
	for (int i = 1; i < 7; i++)
		define_functions(&f, i, i < 3 ? "x" : i < 5 ? "y" : "GOMP_start omp_get");
	define_state(&f, 5, "omp_state");
	define_state(&f, 6, "omp_state");
	bind_to(&f, 20, 7, 1, "x", NULL, "plt");
	bind_to(&f, 21, 7, 3, "y", NULL, "plt");
	bind_to(&f, 22, 8, 4, "y", NULL, "plt");
	bind_to(&f, 23, 7, 5, "omp_get", NULL, "plt");
	bind_to(&f, 23, 7, 5, "GOMP_start", NULL, "plt");
	bind_to(&f, 23, 7, 5, "GOMP_start", NULL, "got");
	bind_to(&f, 24, 8, 6, "omp_get", NULL, "plt");
	bind_to(&f, 24, 6, 6, "omp_state", NULL, "got");
	bind_to(&f, 24, 5, 5, "omp_state", NULL, "got");
	expect(&f, "soname liby.so.1 split: 3(7*1, 0 own, 0 lost) 4(8*1, 0 own, 0 lost); "
		   "1 common, 0 state, 0+1 split\n"
		   "library libgomp split: 5(7*2, 1 own, 0 lost) 6(8*1, 1 own, 0 lost); "
		   "3 common, 1 state, 1+1 split\n"
		   "build-id 11 harmless: 1(7*1, 0 own, 0 lost) 2(, 0 own, 0 lost); "
		   "1 common, 0 state, 0+0 split\n");
}

/* Versions of a family, confirmed by what they export: not libraries with like names only. */
static void versions(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "libssl.so.1.1", "libssl.so.1.1", "");
	add_object(&f, "libssl.so.3", "libssl.so.3", "");
	add_object(&f, "plugin.so", NULL, "2");
	add_object(&f, "libssl3.so", "libssl3.so", ""); /* NSS's */
	add_object(&f, "libpcre2-8.so.0", "libpcre2-8.so.0", "");
	add_object(&f, "libpcre2-16.so.0", "libpcre2-16.so.0", "");
	define(&f, 1, "SSL_new", "OPENSSL_1_1_0", STT_FUNC, STB_GLOBAL);
	define(&f, 2, "SSL_new", "OPENSSL_3.0.0", STT_FUNC, STB_GLOBAL);
	define(&f, 4, "NSSSSL_init", NULL, STT_FUNC, STB_GLOBAL);
	define_functions(&f, 5, "pcre2_match_8");
	define_functions(&f, 6, "pcre2_match_16");
	bind_to(&f, 20, 0, 1, "SSL_new", "OPENSSL_1_1_0", "plt");
	bind_to(&f, 21, 3, 2, "SSL_new", "OPENSSL_3.0.0", "plt");
	expect(&f, "versions libssl split: 1(0*1, 0 own, 0 lost) 2(3*1, 0 own, 0 lost); "
		   "1 common, 0 state, 0+1 split\n");

	/* Not confirmed where the symbols are not known. */
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "libLLVM-14.so.1", "libLLVM-14.so.1", "");
	add_object(&f, "libLLVM-15.so.1", "libLLVM-15.so.1", "");
	add_object(&f, "libpcre2-8.so.0", "libpcre2-8.so.0", "");
	add_object(&f, "libpcre2-32.so.0", "libpcre2-32.so.0", "");
	for (int i = 1; i < 5; i++)
		f.tables[i].source = SYMBOLS_NONE;
	expect(&f, "versions libLLVM harmless perhaps: 1(, 0 own, 0 lost) 2(, 0 own, 0 lost); "
		   "0 common, 0 state, 0+0 split\n");
}

/* A program that exports a static copy takes the library's calls over: mixed, because the library
 * is used besides. */
static void taken_over(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "libuser.so", "libuser.so", "2");
	add_object(&f, "libcrypto.so.3", "libcrypto.so.3", "");
	define_functions(&f, 0, "inner outer more");
	define_functions(&f, 2, "inner outer more only");
	bind_to(&f, 20, 1, 0, "outer", NULL, "plt");
	bind_to(&f, 20, 1, 2, "only", NULL, "plt");
	bind_to(&f, 20, 2, 0, "inner", NULL, "plt");
	bind_to(&f, 20, 2, 0, "outer", NULL, "plt");
	expect(&f, "symbols - mixed: 0(2*2 1*1, 0 own, 0 lost) 2(, 0 own, 2 lost); "
		   "3 common, 0 state, 0+0 split\n");
}

/* Static copies that need not worry anybody: see each comment. */
static void quiet_copies(void **state)
{
	struct bound_fixture f;
	AUTO_DUPLICATES struct duplicates duplicates;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "a.so", NULL, "");
	add_object(&f, "b.so", NULL, "");
	add_object(&f, "c.so", NULL, "4");
	add_object(&f, "libd.so", "libd.so", "");
	add_object(&f, "/lib/libc.so.6", "libc.so.6", "");
	add_object(&f, "libtcmalloc.so", "libtcmalloc.so", "");
	/* Each bound to itself; entries that the host looks up are no copy at all. */
	define_functions(&f, 1, "inflate deflate open close plugin");
	define_functions(&f, 2, "inflate deflate open close plugin");
	bind_to(&f, 20, 1, 1, "inflate", NULL, "plt");
	bind_to(&f, 20, 1, 1, "deflate", NULL, "plt");
	bind_to(&f, 20, 2, 2, "inflate", NULL, "plt");
	bind_to(&f, 20, 0, 1, "plugin", NULL, "dlsym");
	bind_to(&f, 20, 0, 2, "plugin", NULL, "dlsym");
	/* Linked against one another. */
	define_functions(&f, 3, "one two three");
	define_functions(&f, 4, "one two three");
	bind_to(&f, 20, 4, 3, "one", NULL, "plt");
	bind_to(&f, 20, 4, 3, "two", NULL, "plt");
	bind_to(&f, 20, 4, 4, "three", NULL, "plt");
	/* Replaces glibc's. */
	define_functions(&f, 5, "malloc free calloc mallinfo mallopt");
	define_functions(&f, 6, "malloc free calloc mallinfo mallopt");
	bind_to(&f, 20, 5, 6, "mallinfo", NULL, "plt");
	duplicates_build(&f.rec, &f.set, &f.provider, &duplicates);
	assert_int_equal(duplicates.count, 2);
	for (size_t i = 0; i < duplicates.count; i++)
		assert_false(duplicate_interesting(&duplicates.list[i]));
	expect(&f, "symbols - mixed linked: 3(4*2, 0 own, 0 lost) 4(, 1 own, 2 lost); "
		   "3 common, 0 state, 0+0 split\n"
		   "symbols - private: 1(, 2 own, 0 lost) 2(, 1 own, 0 lost); "
		   "4 common, 0 state, 0+1 split\n");
}

/* What was closed before the other was opened is a reload. */
static void reload(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "/a/plugin.so", "plugin.so", "");
	add_object(&f, "/b/plugin.so", "plugin.so", "");
	add_object(&f, "/c/plugin.so", "plugin.so", "");
	f.rec.objects[1].closed_seq = 3;
	f.rec.objects[2].closed_seq = 4;
	expect(&f, "");
}

/* Variables are state when they can be written: not constants, not what is read-only after
 * relocation; and one that a copy relocation moved is one variable. */
static void what_is_state(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "1");
	add_object(&f, "/a/libx.so", "libx.so", "");
	add_object(&f, "/b/libx.so", "libx.so", "");
	for (int i = 1; i < 3; i++) {
		struct object *object = &f.rec.objects[i];
		const struct segment segments[] = {
			{PT_LOAD, PF_R, 0, 0x1000, 0},
			{PT_LOAD, PF_R | PF_W, 0x1000, 0x2000, 0x1000},
			{PT_GNU_RELRO, PF_R, 0x1000, 0x1000, 0x1000},
		};

		object->segments = xcalloc(3, sizeof(segments[0]));
		memcpy(object->segments, segments, sizeof(segments));
		object->segment_count = 3;
		define(&f, i, "constant", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x10;
		define(&f, i, "relro", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x1800;
		define(&f, i, "variable", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x2000;
		define(&f, i, "thread", NULL, STT_TLS, STB_GLOBAL)->value = 0x10;
		define(&f, i, "outside", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x3000;
		define(&f, i, "moved", NULL, STT_OBJECT, STB_GLOBAL)->value = 0x2010;
	}
	define_state(&f, 0, "moved");
	bind_to(&f, 10, 0, 1, "moved", NULL, "copy");
	bind_to(&f, 10, 1, 0, "moved", NULL, "got");
	bind_to(&f, 10, 0, 1, "variable", NULL, "got");
	bind_to(&f, 10, 2, 2, "variable", NULL, "got");
	expect(&f, "soname libx.so private: 1(0*2, 0 own, 0 lost) 2(, 1 own, 0 lost); "
		   "6 common, 3 state, 1+0 split\n");
}

/* Copies in namespaces are no further files, builds or versions. */
static void different(void **state)
{
	static const struct {
		const char *path, *build_id;
		int ino, name_space;
	} copies[] = {
		{"/a/libx.so.1", "11", 71, 0},
		{"/b/libx.so.1", "22", 72, 0},
		{"/a/libx.so.1", "11", 71, 1},
		{"/c/libx.so.1", "11", 73, 1},
	};
	struct bound_fixture f;
	AUTO_DUPLICATES struct duplicates duplicates;
	const struct duplicate *all = NULL;

	(void)state;
	bound_fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		add_object(&f, copies[i].path, "libx.so.1", "");
		f.rec.objects[i].build_id = xstrdup(copies[i].build_id);
		f.rec.objects[i].ino = (uint64_t)copies[i].ino;
		f.rec.objects[i].name_space = copies[i].name_space;
		define_functions(&f, (int)i, "x");
	}
	duplicates_build(&f.rec, &f.set, &f.provider, &duplicates);
	for (size_t i = 0; i < duplicates.count; i++)
		if (duplicates.list[i].kind == DUPLICATE_SONAME)
			all = &duplicates.list[i];
	assert_non_null(all);
	assert_int_equal(all->copy_count, 4);
	assert_int_equal(duplicate_files(&f.rec, all), 3);
	assert_int_equal(duplicate_builds(&f.rec, all), 2);
	assert_int_equal(duplicate_versions(&f.rec, all), 1);
	free(f.rec.objects[1].soname);
	f.rec.objects[1].soname = xstrdup("libx.so.2");
	assert_int_equal(duplicate_versions(&f.rec, all), 2);
	assert_int_equal(duplicate_namespaces(&f.rec, all), 2);
	bound_fixture_release(&f);
}

/* Nothing known, and untrue things. */
static void lies(void **state)
{
	struct bound_fixture f;
	AUTO_DUPLICATES struct duplicates duplicates;

	(void)state;
	bound_fixture_init(&f);
	duplicates_build(&f.rec, &f.set, NULL, &duplicates);
	assert_int_equal(duplicates.count, 0);
	add_object(&f, "", "", "5");
	add_object(&f, "", "", "");
	f.rec.objects[1].ino = f.rec.objects[0].ino;
	f.rec.objects[0].build_id = xstrdup("");
	f.rec.objects[1].build_id = xstrdup("");
	bind_to(&f, 1, NONE, 0, "", NULL, "plt");
	bind_to(&f, 2, 1, 0, "x", NULL, "plt");
	bind_to(&f, 2, 0, 1, "x", NULL, "plt");
	duplicates_release(&duplicates);
	expect(&f, "file - split: 0(1*1, 0 own, 0 lost) 1(0*1, 0 own, 0 lost); "
		   "0 common, 0 state, 0+0 split\n");
}

static void expect_aliases(const struct recording *rec, const char *text)
{
	struct load_aliases *list;
	size_t count = load_aliases_list(rec, &list);
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		strbuf_addf(&out, "%d:", list[i].object);
		for (size_t j = 0; j < list[i].count; j++)
			strbuf_addf(&out, " %s by %d", list[i].list[j].name, list[i].list[j].by);
		strbuf_addch(&out, '\n');
	}
	assert_string_equal(out.s, text);
	load_aliases_free(list, count);
}

static void add_dlopen(struct bound_fixture *f, uint64_t seq, const char *name, int result)
{
	struct call *call = recording_add_call(&f->rec);

	call->seq = seq;
	call->kind = CALL_DLOPEN;
	call->caller = 0;
	call->name = xstrdup(name);
	call->result = result;
	call->outcome = result == NONE ? OUTCOME_FAILED : OUTCOME_ALREADY_LOADED;
}

/* Several names of one file are one load. */
static void aliases(void **state)
{
	struct bound_fixture f;

	(void)state;
	bound_fixture_init(&f);
	add_object(&f, "/host", NULL, "");
	add_object(&f, "/lib/libx.so.1", "libx.so.1", "");
	add_object(&f, "/lib/liby.so.1", "liby.so.1", "");
	add_dlopen(&f, 20, "/lib/libx.so", 1);
	add_dlopen(&f, 30, "./libx.so", 1);
	add_dlopen(&f, 40, "./libx.so", 1);
	add_dlopen(&f, 50, "liby.so.1", 2);
	add_dlopen(&f, 60, "libz.so", NONE);
	add_dlopen(&f, 70, NULL, 1);
	expect_aliases(&f.rec, "1: /lib/libx.so by 0 ./libx.so by 0\n");
	bound_fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces),    cmocka_unit_test(files),
		cmocka_unit_test(versions),      cmocka_unit_test(taken_over),
		cmocka_unit_test(quiet_copies),  cmocka_unit_test(reload),
		cmocka_unit_test(what_is_state), cmocka_unit_test(lies),
		cmocka_unit_test(aliases),       cmocka_unit_test(different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
