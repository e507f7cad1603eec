/* Where ld.so looks: order of rules, RPATH chains, tokens, hardware subdirectories, what is left
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>

#include "report/model/search_path.h"
#include "report/util.h"

/* Objects: 0 the program, 1 ld.so, then what tests add. */
static void init(struct recording *rec)
{
	struct object *object;

	recording_init(rec);
	rec->exe = xstrdup("/opt/app/bin/prog");
	rec->cwd = xstrdup("/home/me");
	rec->platform = xstrdup("x86_64");
	object = recording_add_object(rec);
	object->kind = OBJECT_MAIN;
	object->path = xstrdup("/opt/app/bin/prog");
	object = recording_add_object(rec);
	object->kind = OBJECT_LDSO;
	object->path = xstrdup("/lib64/ld-linux-x86-64.so.2");
	object->real_path = xstrdup("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
}

static int add(struct recording *rec, const char *path, enum load_reason reason, int loader,
	       const char *rpath, const char *runpath)
{
	struct object *object = recording_add_object(rec);

	object->path = xstrdup(path);
	object->reason = reason;
	object->reason_object = loader;
	object->rpath = xstrdup(rpath);
	object->runpath = xstrdup(runpath);
	return (int)rec->object_count - 1;
}

static void setenv_of(struct recording *rec, const char *name, const char *value)
{
	*GROW(rec->environment, rec->environment_count, rec->environment_room) =
		(struct variable){xstrdup(name), xstrdup(value)};
}

/* One line a place: rule, owner, entry, directory, why it is left out. */
static void expect(struct recording *rec, int requester, const char *text)
{
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;
	struct search_place *places;
	size_t count = search_places_list(rec, requester, &places);

	for (size_t i = 0; i < count; i++) {
		strbuf_addstr(&out, search_rule_name(places[i].rule));
		if (places[i].owner != NONE)
			strbuf_addf(&out, " of %d", places[i].owner);
		if (places[i].entry)
			strbuf_addf(&out, " '%s'", places[i].entry);
		if (places[i].directory)
			strbuf_addf(&out, " -> '%s'", places[i].directory);
		if (places[i].left_out)
			strbuf_addf(&out, ": %s", places[i].left_out);
		strbuf_addch(&out, '\n');
	}
	search_places_free(places, count);
	assert_string_equal(out.s, text);
}

#define DEBIAN_DEFAULTS                                                        \
	"cache\n"                                                              \
	"default '/lib/x86_64-linux-gnu' -> '/lib/x86_64-linux-gnu'\n"         \
	"default '/usr/lib/x86_64-linux-gnu' -> '/usr/lib/x86_64-linux-gnu'\n" \
	"default '/lib' -> '/lib'\n"                                           \
	"default '/usr/lib' -> '/usr/lib'\n"

static void nothing_set(void **state)
{
	struct recording rec;

	(void)state;
	init(&rec);
	expect(&rec, 0,
	       "rpath: no DT_RPATH in the requester, its loaders or the program\n"
	       "LD_LIBRARY_PATH: LD_LIBRARY_PATH is not set\n"
	       "runpath of 0: the requester has no DT_RUNPATH\n" DEBIAN_DEFAULTS);
	expect(&rec, NONE,
	       "rpath: no DT_RPATH in the requester, its loaders or the program\n"
	       "LD_LIBRARY_PATH: LD_LIBRARY_PATH is not set\n"
	       "runpath: the requester has no DT_RUNPATH\n" DEBIAN_DEFAULTS);
	recording_release(&rec);
}

static void rpath_chain_and_library_path(void **state)
{
	struct recording rec;
	int a, b, c;

	(void)state;
	init(&rec);
	rec.objects[0].rpath = xstrdup("$ORIGIN/../lib");
	setenv_of(&rec, "LD_LIBRARY_PATH", "/l1:;$ORIGIN/l2/;/l1//");
	a = add(&rec, "/a/liba.so", REASON_NEEDED, 0, "/ra:rel/:/ra/", NULL);
	b = add(&rec, "/b/libb.so", REASON_NEEDED, a, "/rb", "/ub"); /* its DT_RPATH is void */
	c = add(&rec, "/c/libc1.so", REASON_NEEDED, b, NULL, NULL);
	expect(&rec, c,
	       "rpath of 3: ignored: this object has DT_RUNPATH too\n"
	       "rpath of 2 '/ra' -> '/ra'\n"
	       "rpath of 2 'rel/' -> 'rel'\n"
	       "rpath of 2 '/ra/': listed before\n"
	       "rpath of 0 '$ORIGIN/../lib' -> '/opt/app/bin/../lib'\n"
	       "LD_LIBRARY_PATH '/l1' -> '/l1'\n"
	       "LD_LIBRARY_PATH '' -> ''\n"
	       "LD_LIBRARY_PATH '$ORIGIN/l2/' -> '/opt/app/bin/l2'\n"
	       "LD_LIBRARY_PATH '/l1//': listed before\n"
	       "runpath of 4: the requester has no DT_RUNPATH\n" DEBIAN_DEFAULTS);
	/* b has DT_RUNPATH: no DT_RPATH of anybody */
	expect(&rec, b,
	       "rpath of 3: ignored: the requester has DT_RUNPATH\n"
	       "LD_LIBRARY_PATH '/l1' -> '/l1'\n"
	       "LD_LIBRARY_PATH '' -> ''\n"
	       "LD_LIBRARY_PATH '$ORIGIN/l2/' -> '/opt/app/bin/l2'\n"
	       "LD_LIBRARY_PATH '/l1//': listed before\n"
	       "runpath of 3 '/ub' -> '/ub'\n" DEBIAN_DEFAULTS);
	recording_release(&rec);
}

/* dlopen cuts the chain of loaders, though the program's DT_RPATH still serves. */
static void dlopened_objects_have_no_loader(void **state)
{
	struct recording rec;
	int host, plugin, dependency;

	(void)state;
	init(&rec);
	rec.objects[0].rpath = xstrdup("/rm");
	setenv_of(&rec, "LD_LIBRARY_PATH", "");
	host = add(&rec, "/h/libhost.so", REASON_NEEDED, 0, "/rh", NULL);
	plugin = add(&rec, "/p/plugin.so", REASON_DLOPEN, host, NULL, NULL);
	dependency = add(&rec, "/p/dep.so", REASON_NEEDED, plugin, "", NULL);
	expect(&rec, dependency,
	       "rpath of 4: ignored: it is empty\n"
	       "rpath of 0 '/rm' -> '/rm'\n"
	       "LD_LIBRARY_PATH: ignored: LD_LIBRARY_PATH is empty\n"
	       "runpath of 4: the requester has no DT_RUNPATH\n" DEBIAN_DEFAULTS);
	recording_release(&rec);
}

static void loaders_in_a_circle_end(void **state)
{
	struct recording rec;

	(void)state;
	init(&rec);
	add(&rec, "/a/liba.so", REASON_NEEDED, 3, "/ra", NULL);
	add(&rec, "/b/libb.so", REASON_NEEDED, 2, "/rb", NULL);
	expect(&rec, 3,
	       "rpath of 3 '/rb' -> '/rb'\n"
	       "rpath of 2 '/ra' -> '/ra'\n"
	       "LD_LIBRARY_PATH: LD_LIBRARY_PATH is not set\n"
	       "runpath of 3: the requester has no DT_RUNPATH\n" DEBIAN_DEFAULTS);
	recording_release(&rec);
}

static void nodeflib(void **state)
{
	struct recording rec;
	int a;

	(void)state;
	init(&rec);
	a = add(&rec, "/a/liba.so", REASON_NEEDED, 0, NULL, "");
	rec.objects[a].flags_1 = DF_1_NODEFLIB;
	expect(&rec, a,
	       "rpath of 2: ignored: the requester has DT_RUNPATH\n"
	       "LD_LIBRARY_PATH: LD_LIBRARY_PATH is not set\n"
	       "runpath of 2: ignored: it is empty\n"
	       "cache: entries in the default directories are refused: DF_1_NODEFLIB of the "
	       "requester\n"
	       "default: not searched: DF_1_NODEFLIB of the requester\n");
	recording_release(&rec);
}

static void check_expansion(const struct recording *rec, int owner, const char *entry,
			    const char *want)
{
	AUTO_FREE char *got = search_path_expand(rec, owner, entry, strlen(entry));

	assert_string_equal(got, want);
}

static void tokens(void **state)
{
	struct recording rec;
	int absolute, relative, top, bare;

	(void)state;
	init(&rec);
	absolute = add(&rec, "/link/lib/liba.so", REASON_DLOPEN, 0, NULL, NULL);
	rec.objects[absolute].real_path = xstrdup("/real/lib/liba.so");
	relative = add(&rec, "./plugins/p.so", REASON_DLOPEN, 0, NULL, NULL);
	top = add(&rec, "/p.so", REASON_DLOPEN, 0, NULL, NULL);
	bare = add(&rec, "p.so", REASON_DLOPEN, 0, NULL, NULL);

	check_expansion(&rec, absolute, "$ORIGIN", "/link/lib"); /* symbolic links stay */
	check_expansion(&rec, absolute, "${ORIGIN}/../x", "/link/lib/../x");
	check_expansion(&rec, absolute, "/x/$ORIGIN", "/x//link/lib");
	check_expansion(&rec, relative, "$ORIGIN/x", "/home/me/./plugins/x");
	check_expansion(&rec, top, "$ORIGIN/x", "//x");
	check_expansion(&rec, bare, "$ORIGIN/x", "/home/me/x");
	check_expansion(&rec, 0, "$ORIGIN", "/opt/app/bin");
	check_expansion(&rec, NONE, "$ORIGIN", "/opt/app/bin");
	check_expansion(&rec, 0, "/a/$LIB/b", "/a/lib/x86_64-linux-gnu/b");
	check_expansion(&rec, 0, "${LIB}${PLATFORM}", "lib/x86_64-linux-gnux86_64");
	check_expansion(&rec, 0, "$PLATFORM.d", "x86_64.d");
	/* not tokens */
	check_expansion(&rec, 0, "$LIBS", "$LIBS");
	check_expansion(&rec, 0, "$ORIGIN_/x", "$ORIGIN_/x");
	check_expansion(&rec, 0, "${ORIGIN/x", "${ORIGIN/x");
	check_expansion(&rec, 0, "${LIB", "${LIB");
	check_expansion(&rec, 0, "$", "$");
	check_expansion(&rec, 0, "$$LIB", "$lib/x86_64-linux-gnu");
	check_expansion(&rec, 0, "", "");
	/* only `length` bytes count */
	{
		AUTO_FREE char *cut = search_path_expand(&rec, 0, "$LIB:/x", 4);

		assert_string_equal(cut, "lib/x86_64-linux-gnu");
	}
	/* no value: the whole entry goes */
	free(rec.platform);
	rec.platform = NULL;
	check_expansion(&rec, 0, "/a/$PLATFORM/b", "");
	free(rec.cwd);
	rec.cwd = NULL;
	check_expansion(&rec, relative, "$ORIGIN/x", "");
	recording_release(&rec);
}

static void unknown_token_drops_the_entry(void **state)
{
	struct recording rec;

	(void)state;
	init(&rec);
	free(rec.platform);
	rec.platform = NULL;
	rec.objects[0].runpath = xstrdup("/a/$PLATFORM:/b");
	expect(&rec, 0,
	       "rpath of 0: ignored: the requester has DT_RUNPATH\n"
	       "LD_LIBRARY_PATH: LD_LIBRARY_PATH is not set\n"
	       "runpath of 0 '/a/$PLATFORM': ignored: a token in it has no value\n"
	       "runpath of 0 '/b' -> '/b'\n" DEBIAN_DEFAULTS);
	recording_release(&rec);
}

/* ld.so started by hand: /proc/self/exe is ld.so itself. */
static void program_run_through_ldso(void **state)
{
	struct recording rec;

	(void)state;
	init(&rec);
	free(rec.exe);
	rec.exe = xstrdup(rec.objects[1].real_path);
	check_expansion(&rec, 0, "$ORIGIN", "/opt/app/bin");
	recording_release(&rec);
}

static void check_lib(const char *ldso, const char *libc, const char *lib, const char *defaults)
{
	struct recording rec;
	AUTO_STRBUF struct strbuf want = STRBUF_INIT;

	init(&rec);
	free(rec.objects[1].real_path);
	rec.objects[1].real_path = xstrdup(ldso);
	if (libc)
		rec.objects[add(&rec, libc, REASON_NEEDED, 0, NULL, NULL)].soname =
			xstrdup("libc.so.6");
	check_expansion(&rec, 0, "$LIB", lib);
	strbuf_addf(&want,
		    "rpath: no DT_RPATH in the requester, its loaders or the program\n"
		    "LD_LIBRARY_PATH: LD_LIBRARY_PATH is not set\n"
		    "runpath of 0: the requester has no DT_RUNPATH\ncache\n%s",
		    defaults);
	expect(&rec, 0, want.s);
	recording_release(&rec);
}

static void system_directories(void **state)
{
	(void)state;
	check_lib("/usr/lib64/ld-2.31.so", NULL, "lib64",
		  "default '/lib64' -> '/lib64'\n"
		  "default '/usr/lib64' -> '/usr/lib64'\n");
	check_lib("/usr/lib/ld-linux-x86-64.so.2", NULL, "lib",
		  "default '/lib' -> '/lib'\n"
		  "default '/usr/lib' -> '/usr/lib'\n");
	check_lib("/opt/glibc-2.41/lib/ld-linux-x86-64.so.2", NULL, "lib",
		  "default '/opt/glibc-2.41/lib' -> '/opt/glibc-2.41/lib'\n");
	check_lib(NULL, "/lib/aarch64-linux-gnu/libc.so.6", "lib/aarch64-linux-gnu",
		  "default '/lib/aarch64-linux-gnu' -> '/lib/aarch64-linux-gnu'\n"
		  "default '/usr/lib/aarch64-linux-gnu' -> '/usr/lib/aarch64-linux-gnu'\n"
		  "default '/lib' -> '/lib'\n"
		  "default '/usr/lib' -> '/usr/lib'\n");
}

static bool covers(const char *directory, const char *path)
{
	AUTO_FREE char *copy = xstrdup(directory);
	struct search_place place = {.rule = RULE_RUNPATH, .owner = 0, .directory = copy};

	return search_place_covers(&place, path, "libx.so");
}

static void hardware_subdirectories(void **state)
{
	struct search_place out = {.rule = RULE_CACHE};

	(void)state;
	assert_true(covers("/d", "/d/libx.so"));
	assert_true(covers("/d", "/d/glibc-hwcaps/x86-64-v3/libx.so"));
	assert_true(covers("/d", "/d/tls/x86_64/x86_64/libx.so"));
	assert_true(covers("/d", "/d/haswell/avx512_1/libx.so"));
	assert_true(covers("/", "/libx.so"));
	assert_true(covers("/", "/tls/libx.so"));
	assert_true(covers("", "libx.so"));
	assert_true(covers("", "glibc-hwcaps/x86-64-v2/libx.so"));
	assert_true(covers("rel", "rel/libx.so"));

	assert_false(covers("/d", "/d/libx.so.1"));
	assert_false(covers("/d", "/d/liblibx.so"));
	assert_false(covers("/d", "/dd/libx.so"));
	assert_false(covers("/d", "/d/sub/libx.so"));
	assert_false(covers("/d", "/d/tls/sub/libx.so"));
	assert_false(covers("/d", "/d/glibc-hwcaps/libx.so"));
	assert_false(covers("/d", "/d/glibc-hwcaps//libx.so"));
	assert_false(covers("/d", "/d/glibc-hwcaps/a/b/libx.so"));
	assert_false(covers("/d", "/d//libx.so"));
	assert_false(covers("/d", "/d"));
	assert_false(covers("/d", ""));
	assert_false(covers("", "/libx.so"));
	assert_false(covers("/d/libx.so", "/d/libx.so"));
	assert_false(search_place_covers(&out, "/d/libx.so", "libx.so"));
	out.directory = (char[]){"/d"};
	out.left_out = "for some reason";
	assert_false(search_place_covers(&out, "/d/libx.so", "libx.so"));
}

/* Each directory once a list, however long the list is: comparing every entry with every other
 * would take minutes here. */
static void long_lists(void **state)
{
	const size_t entries = 200000;
	struct recording rec;
	struct strbuf value = STRBUF_INIT;
	struct search_place *places;
	size_t count, kept = 0, twice = 0;

	(void)state;
	init(&rec);
	for (size_t i = 0; i < entries; i++)
		strbuf_addf(&value, "%s/d/%zu", i ? ":" : "", i % (entries / 2));
	setenv_of(&rec, "LD_LIBRARY_PATH", value.s);
	count = search_places_list(&rec, 0, &places);
	for (size_t i = 0; i < count; i++) {
		if (places[i].rule != RULE_LD_LIBRARY_PATH)
			continue;
		kept += places[i].directory != NULL;
		twice += places[i].left_out && strcmp(places[i].left_out, "listed before") == 0;
	}
	assert_int_equal(kept, entries / 2);
	assert_int_equal(twice, entries / 2);
	search_places_free(places, count);
	strbuf_release(&value);
	recording_release(&rec);
}

static void directories_of_tried_paths(void **state)
{
	static const struct {
		const char *path, *name, *directory;
	} cases[] = {
		{"lib/libx.so", "libx.so", "lib"},
		{"/lib/libx.so", "libx.so", "/lib"},
		{"/libx.so", "libx.so", "/"},
		{"libx.so", "libx.so", ""},
		{"lib/glibc-hwcaps/x86-64-v3/libx.so", "libx.so", "lib"},
		{"glibc-hwcaps/x86-64-v3/libx.so", "libx.so", ""},
		{"/a/tls/x86_64/x86_64/libx.so", "libx.so", "/a"},
		{"/tls/libx.so", "libx.so", "/"},
		{"/a/glibc-hwcaps/libx.so", "libx.so", "/a/glibc-hwcaps"},
		{"/a/tls/b/libx.so", "libx.so", "/a/tls/b"},
		{"/a/other.so", "libx.so", "/a"},
		{"", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FREE char *directory = search_path_directory(cases[i].path, cases[i].name);

		assert_string_equal(directory, cases[i].directory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_set),
		cmocka_unit_test(rpath_chain_and_library_path),
		cmocka_unit_test(dlopened_objects_have_no_loader),
		cmocka_unit_test(loaders_in_a_circle_end),
		cmocka_unit_test(nodeflib),
		cmocka_unit_test(tokens),
		cmocka_unit_test(unknown_token_drops_the_entry),
		cmocka_unit_test(program_run_through_ldso),
		cmocka_unit_test(system_directories),
		cmocka_unit_test(hardware_subdirectories),
		cmocka_unit_test(long_lists),
		cmocka_unit_test(directories_of_tried_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
