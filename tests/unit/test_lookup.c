/* Symbol look-up in literal tables and scopes that literal events make: the rules of do_lookup_x.
 */
#include "tests/unit/lookup_tables.h"

/* "4", "none", "5?" (not sure), "4 by unique", and the trail: " | 1 undefined, 4 winner". */
static void ask(struct setting *s, const struct lookup_query *asked, enum lookup_trail trail,
		struct strbuf *out)
{
	struct lookup_query query = *asked;
	struct lookup_result result;

	query.unique = s->unique;
	strbuf_reset(out);
	lookup(s->scopes, &s->tables.provider, &s->f.rec, &query, trail, &result);
	if (result.winner == NONE)
		strbuf_addstr(out, "none");
	else
		strbuf_addf(out, "%d", result.winner + 1);
	if (!result.sure)
		strbuf_addch(out, '?');
	if (result.rule != LOOKUP_BY_ORDER)
		strbuf_addf(out, " by %s", lookup_rule_name(result.rule));
	for (size_t i = 0; i < result.step_count; i++)
		strbuf_addf(out, "%s %d %s", i ? "," : " |", result.steps[i].object + 1,
			    lookup_verdict_name(result.steps[i].verdict));
	assert_true(trail != LOOKUP_NO_TRAIL || !result.steps);
	lookup_result_release(&result);
}

/* With and without trail the answer is the same. */
static void expect_answer(struct setting *s, const struct lookup_query *query, const char *expected)
{
	AUTO_STRBUF struct strbuf with = STRBUF_INIT, without = STRBUF_INIT;

	ask(s, query, LOOKUP_TRAIL, &with);
	ask(s, query, LOOKUP_NO_TRAIL, &without);
	assert_string_equal(with.s, expected);
	assert_int_equal(strncmp(with.s, without.s, without.length), 0);
}
/* References are numbered from 1 as objects are, so that what is not named is NONE. */
struct asked {
	int from;
	const char *symbol, *version;
	bool plt, copy, tls, got;
	uint8_t visibility;
	int how, handle, without;
};

static void expect_for(struct setting *s, const char *expected, const struct asked *asked)
{
	const struct lookup_query query = {
		.from = asked->from - 1,
		.symbol = asked->symbol,
		.version = asked->version,
		.plt = asked->plt,
		.copy = asked->copy,
		.tls = asked->tls,
		.got = asked->got,
		.visibility = asked->visibility,
		.how = asked->how,
		.handle = asked->handle - 1,
		.without = asked->without - 1,
	};

	expect_answer(s, &query, expected);
}
#define EXPECT(s, expected, from_, symbol_, ...) \
	expect_for(&(s), expected,               \
		   &(const struct asked){.from = from_, .symbol = symbol_, __VA_ARGS__})

static void order(void **state)
{
	static const struct row rows[] = {
		DEF(5, "both"),      DEF(4, "both"),    DEF(7, "plugin"),  DEF(8, "plugin"),
		DEF(6, "libc_only"), DEF(6, "plugin2"), DEF(7, "plugin2"),
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	EXPECT(s, "4 | 4 winner, 5 later", 1, "both");
	EXPECT(s, "5 | 4 removed, 5 winner", 1, "both", .without = 4);
	EXPECT(s, "none", 1, "nowhere");
	/* RTLD_LOCAL: seen by itself and its dependencies, behind the global scope. */
	EXPECT(s, "none", 1, "plugin");
	EXPECT(s, "7 | 7 winner, 8 later", 7, "plugin");
	EXPECT(s, "7 | 7 winner, 8 later", 8, "plugin");
	EXPECT(s, "6 | 6 winner, 7 later", 7, "plugin2");
	put_away(&s);
}

static void whole_trail(void **state)
{
	static const struct row rows[] = {DEF(5, "f"), DEF(8, "f")};
	struct setting s;
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	(void)state;
	SET(s, rows);
	ask(&s, &(struct lookup_query){.from = 6, .symbol = "f", .handle = NONE, .without = NONE},
	    LOOKUP_WHOLE_TRAIL, &out);
	assert_string_equal(out.s, "5 | 1 not-defined, 4 not-defined, 5 winner, 6 not-defined, 2 "
				   "not-defined, 7 not-defined, 8 later");
	put_away(&s);
}

static void versions(void **state)
{
	static const struct row rows[] = {
		/* the default one and an older one; the index of the first version is 2 */
		VER(4, "f", "V1", 0x8002),
		VER(4, "f", "V2", 3),
		VER(5, "f", "V1", 2),
		/* only an old one */
		VER(4, "old", "V1", 0x8003),
		VER(5, "old", "V1", 2),
		/* not in any version */
		VER(4, "base", NULL, 1),
		VER(5, "base", "V1", 2),
		/* several that would do, none of them the first version */
		VER(4, "vague", "V2", 3),
		VER(4, "vague", "V3", 4),
		VER(5, "vague", "V1", 2),
		/* what has no versions at all serves everybody */
		DEF(1, "bare"),
		VER(4, "bare", "V1", 2),
		VER(4, "hidden_base", NULL, 0x8001),
		VER(5, "hidden_base", "V1", 2),
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	EXPECT(s, "4 | 4 winner, 5 wrong-version", 1, "f", .version = "V2");
	EXPECT(s, "4 | 4 winner, 5 later", 1, "f", .version = "V1");
	EXPECT(s, "none | 4 wrong-version, 5 wrong-version", 1, "f", .version = "V3");
	/* Without a version a relocation takes the oldest, dlsym the default. */
	EXPECT(s, "4 | 4 winner, 5 later", 1, "f");
	EXPECT(s, "5 | 4 hidden-version, 5 winner", 1, "old");
	EXPECT(s, "4 | 4 winner, 5 later", 1, "f", .how = LOOKUP_DEFAULT);
	EXPECT(s, "5 | 4 hidden-version, 5 winner", 1, "vague");
	EXPECT(s, "4 | 4 winner, 5 later", 1, "base", .version = "V1");
	/* dlvsym wants just that one. */
	EXPECT(s, "5 | 4 wrong-version, 5 winner", 1, "base", .version = "V1",
	       .how = LOOKUP_DEFAULT);
	EXPECT(s, "1 | 1 winner, 4 later", 4, "bare", .version = "V1");
	EXPECT(s, "1 | 1 winner, 4 wrong-version", 4, "bare", .version = "V9");
	EXPECT(s, "1 | 1 winner, 4 later", 4, "bare", .version = "V1", .how = LOOKUP_DEFAULT);
	EXPECT(s, "5 | 4 wrong-version, 5 winner", 1, "hidden_base", .version = "V1");
	put_away(&s);
}

static void bindings(void **state)
{
	static const struct row rows[] = {
		BOUND_AS(4, "weak", STB_WEAK),
		BOUND_AS(5, "weak", STB_GLOBAL),
		BOUND_AS(4, "all_weak", STB_WEAK),
		BOUND_AS(5, "all_weak", STB_WEAK),
		BOUND_AS(4, "local", STB_LOCAL),
		DEF(5, "local"),
		SEEN_AS(4, "hidden", STV_HIDDEN),
		DEF(5, "hidden"),
		SEEN_AS(4, "internal", STV_INTERNAL),
		DEF(5, "internal"),
		{.object = 4,
		 .name = "section",
		 .bind = STB_GLOBAL,
		 .type = STT_SECTION,
		 .value = 1},
		{.object = 4, .name = "file", .bind = STB_GLOBAL, .type = STT_FILE, .value = 1},
		{.object = 4, .name = "tls", .bind = STB_GLOBAL, .type = STT_TLS, .value = 0},
		{.object = 4, .name = "nothing", .bind = STB_GLOBAL, .type = STT_FUNC, .value = 0},
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	EXPECT(s, "4 | 4 winner, 5 later", 1, "weak");
	EXPECT(s, "5 | 4 not-visible, 5 winner", 1, "local");
	EXPECT(s, "5 | 4 not-visible, 5 winner", 1, "hidden");
	EXPECT(s, "5 | 4 not-visible, 5 winner", 1, "internal");
	EXPECT(s, "none | 4 undefined", 1, "section");
	EXPECT(s, "none | 4 undefined", 1, "file");
	EXPECT(s, "4 | 4 winner", 1, "tls", .tls = true);
	EXPECT(s, "none | 4 undefined", 1, "nothing");
	fixture_setenv(&s.f, "LD_DYNAMIC_WEAK", "1");
	EXPECT(s, "5 | 4 weak, 5 winner", 1, "weak");
	EXPECT(s, "4 by strength | 4 winner, 5 weak", 1, "all_weak");
	put_away(&s);
}

/* A program that is not position independent: PLT entries that stand for functions, copies. */
static void program(void **state)
{
	static const struct row rows[] = {
		UNDEF(1, "f", 0x401000), DEF(4, "f"),      DEF(1, "data"),
		DEF(4, "data"),          UNDEF(1, "g", 0), DEF(4, "g"),
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	EXPECT(s, "4 | 1 undefined, 4 winner", 1, "f", .plt = true);
	EXPECT(s, "4 | 1 undefined, 4 winner", 1, "f", .tls = true);
	EXPECT(s, "1 | 1 winner, 4 later", 4, "f");
	EXPECT(s, "4 | 4 winner", 5, "g");
	EXPECT(s, "4 | 1 skipped, 4 winner", 1, "data", .copy = true);
	EXPECT(s, "1 | 1 winner, 4 later", 4, "data");
	put_away(&s);
}

static void visibility(void **state)
{
	static const struct row rows[] = {
		UNDEF(1, "f", 0x401000),
		DEF(4, "f"),
		SEEN_AS(5, "f", STV_PROTECTED),
		{.object = 1,
		 .name = "data",
		 .bind = STB_GLOBAL,
		 .type = STT_OBJECT,
		 .value = 1,
		 .copied = true},
		{.object = 5,
		 .name = "data",
		 .bind = STB_GLOBAL,
		 .type = STT_OBJECT,
		 .value = 1,
		 .visibility = STV_PROTECTED},
		{.object = 1, .name = "theirs", .bind = STB_GLOBAL, .type = STT_OBJECT, .value = 1},
		{.object = 5,
		 .name = "theirs",
		 .bind = STB_GLOBAL,
		 .type = STT_OBJECT,
		 .value = 1,
		 .visibility = STV_PROTECTED},
		UNDEF(1, "own", 0x401000),
		SEEN_AS(5, "own", STV_PROTECTED),
		DEF(4, "h"),
		SEEN_AS(5, "h", STV_HIDDEN),
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	/* Calls stay in the object. */
	EXPECT(s, "5 by visibility | 1 undefined, 4 later, 5 winner", 5, "f", .plt = true,
	       .visibility = STV_PROTECTED);
	/* So do pointers, when another library would take them ... */
	EXPECT(s, "5 by visibility | 1 later, 4 later, 5 winner", 5, "f",
	       .visibility = STV_PROTECTED);
	/* ... but a pointer to what has a PLT entry in the program goes there. */
	EXPECT(s, "1 | 1 winner, 5 later", 5, "own", .visibility = STV_PROTECTED);
	EXPECT(s, "5 by visibility", 5, "h", .visibility = STV_HIDDEN);
	/* Data that the program has a copy of: since glibc 2.36 the library keeps its own. */
	s.f.rec.glibc = xstrdup("2.36");
	EXPECT(s, "5 by visibility | 1 later, 5 winner", 5, "data", .got = true,
	       .visibility = STV_PROTECTED);
	free(s.f.rec.glibc);
	s.f.rec.glibc = xstrdup("2.35");
	EXPECT(s, "1 | 1 winner, 5 later", 5, "data", .got = true, .visibility = STV_PROTECTED);
	EXPECT(s, "5 by visibility | 1 later, 5 winner", 5, "data", .visibility = STV_PROTECTED);
	/* But not to a variable that the program has by itself. */
	EXPECT(s, "5 by visibility | 1 later, 5 winner", 5, "theirs", .got = true,
	       .visibility = STV_PROTECTED);
	put_away(&s);
}

static void dlsym_(void **state)
{
	static const struct row rows[] = {
		DEF(1, "f"), DEF(4, "f"), DEF(5, "f"), DEF(7, "f"), DEF(8, "f"), DEF(8, "d"),
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	EXPECT(s, "1 | 1 winner, 4 later, 5 later", 4, "f", .how = LOOKUP_DEFAULT);
	EXPECT(s, "5 | 4 skipped, 5 winner", 4, "f", .how = LOOKUP_NEXT);
	EXPECT(s, "none | 5 skipped", 5, "f", .how = LOOKUP_NEXT);
	EXPECT(s, "8 | 7 skipped, 8 winner", 7, "f", .how = LOOKUP_NEXT);
	EXPECT(s, "none | 8 skipped", 8, "f", .how = LOOKUP_NEXT);
	EXPECT(s, "7 | 7 winner, 8 later", 1, "f", .how = LOOKUP_HANDLE, .handle = 7);
	EXPECT(s, "8 | 8 winner", 1, "d", .how = LOOKUP_HANDLE, .handle = 7);
	EXPECT(s, "1 | 1 winner, 4 later, 5 later", 7, "f", .how = LOOKUP_HANDLE, .handle = 1);
	EXPECT(s, "none?", 1, "f", .how = LOOKUP_HANDLE, .handle = 8); /* never opened by name */
	EXPECT(s, "none?", 1, "f", .how = LOOKUP_HANDLE);
	EXPECT(s, "none?", 0, "f");
	put_away(&s);
}

static void unique(void **state)
{
	static const struct row rows[] = {
		BOUND_AS(4, "u", STB_GNU_UNIQUE),
		BOUND_AS(7, "u", STB_GNU_UNIQUE),
		BOUND_AS(8, "p", STB_GNU_UNIQUE),
		BOUND_AS(7, "p", STB_GNU_UNIQUE),
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	EXPECT(s, "7 | 7 winner, 8 later", 7, "p");
	unique_symbols_enter(s.unique, 0, "p", 7);
	unique_symbols_enter(s.unique, 0, "p", 6); /* too late */
	EXPECT(s, "8 by unique | 7 later, 8 winner", 7, "p");
	/* Copy relocations get what their scope says. */
	EXPECT(s, "7 | 7 winner, 8 later", 7, "p", .copy = true);
	unique_symbols_enter(s.unique, 1, "u", 6); /* another namespace */
	EXPECT(s, "4 | 4 winner, 7 later", 7, "u");
	unique_symbols_enter(s.unique, 0, "u", 6);
	EXPECT(s, "7 by unique | 4 later", 1, "u"); /* it need not be in scope */
	EXPECT(s, "none", 1, "p");                  /* but something unique has to be */
	for (int i = 0; i < 1000; i++) {
		AUTO_FREE char *name = xasprintf("n%d", i);

		unique_symbols_enter(s.unique, i % 3, name, i);
	}
	for (int i = 0; i < 1000; i++) {
		AUTO_FREE char *name = xasprintf("n%d", i);

		assert_int_equal(unique_symbols_find(s.unique, i % 3, name), i);
		assert_int_equal(unique_symbols_find(s.unique, 3, name), NONE);
	}
	put_away(&s);
}

static void deepbind(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_NOW | RTLD_DEEPBIND),
		FIRST(0x7c80, 1, "p.so", "p.so", "d.so libc.so.6"),
		LOAD(0x7600, 5, "d.so", "d.so", "libc.so.6"),
		CONSISTENT(0x8080),
	};
	static const struct row rows[] = {DEF(1, "f"), DEF(5, "f"), DEF(6, "f"), DEF(1, "g"),
					  DEF(4, "g")};
	struct setting s;

	(void)state;
	set(&s, events, ARRAY_SIZE(events), rows, ARRAY_SIZE(rows));
	EXPECT(s, "5 | 5 winner, 6 later, 1 later", 6, "f");
	EXPECT(s, "4 | 4 winner, 1 later", 5, "g");
	EXPECT(s, "1 | 1 winner, 4 later", 1, "g");
	put_away(&s);
}

static void unknown(void **state)
{
	static const struct row rows[] = {DEF(4, "f"), DEF(1, "early"), DEF(5, "late")};
	struct setting s;

	(void)state;
	SET(s, rows);
	s.tables.tables[3].source = SYMBOLS_RECORDING;
	EXPECT(s, "4 | 4 winner", 1, "f");
	EXPECT(s, "1 | 1 winner, 4 unknown", 1, "early");
	EXPECT(s, "5? | 4 unknown, 5 winner", 1, "late");
	s.tables.unknown = 0;
	EXPECT(s, "none? | 1 unknown, 4 unknown, 5 unknown, 6 unknown, 2 unknown", 1, "f");
	put_away(&s);
}

static void reference(void **state)
{
	static const struct row rows[] = {
		{.object = 1, .name = "w", .bind = STB_WEAK, .undefined = true},
		VER(4, "f", "V1", 0x8002),
		{.object = 4,
		 .name = "f",
		 .version = "V2",
		 .versym = 3,
		 .bind = STB_GLOBAL,
		 .value = 1,
		 .visibility = STV_PROTECTED},
	};
	struct lookup_query query = LOOKUP_QUERY;
	struct setting s;

	(void)state;
	SET(s, rows);
	query.from = 0;
	query.symbol = "w";
	assert_true(lookup_reference(&s.tables.provider, &query));
	assert_true(query.weak);
	query.symbol = "f";
	assert_false(lookup_reference(&s.tables.provider, &query));
	query.from = 3;
	query.version = "V2";
	assert_true(lookup_reference(&s.tables.provider, &query));
	assert_int_equal(query.visibility, STV_PROTECTED);
	assert_false(query.weak);
	put_away(&s);
}

/* ld.so has a stand-in in each namespace, which newer systems announce. */
static void stand_in(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		LDSO(),
		{.what = EV_OPEN,
		 .kind = OBJECT_LDSO,
		 .name_space = 2,
		 .name = "/lib64/ld-linux-x86-64.so.2"},
	};
	FIXTURE(f, events);

	(void)state;
	assert_int_equal(lookup_real_object(&f.rec, 0), 0);
	assert_int_equal(lookup_real_object(&f.rec, 1), 1);
	assert_int_equal(lookup_real_object(&f.rec, 2), 1);
	assert_int_equal(lookup_real_object(&f.rec, 3), 3);
	assert_int_equal(lookup_real_object(&f.rec, NONE), NONE);
	f.rec.objects[1].kind = OBJECT_LIBRARY;
	assert_int_equal(lookup_real_object(&f.rec, 2), 2);
	recording_release(&f.rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),     cmocka_unit_test(whole_trail),
		cmocka_unit_test(versions),  cmocka_unit_test(bindings),
		cmocka_unit_test(program),   cmocka_unit_test(visibility),
		cmocka_unit_test(dlsym_),    cmocka_unit_test(unique),
		cmocka_unit_test(deepbind),  cmocka_unit_test(unknown),
		cmocka_unit_test(reference), cmocka_unit_test(stand_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
