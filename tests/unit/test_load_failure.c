/* Why a load failed, in literal tables and scopes: versions before symbols, what is out of scope
 * told from what is nowhere. */
#include "report/model/load_failure.h"
#include "tests/unit/lookup_tables.h"

/* Versions by literal rows; the tables' own. */
static void set_versions(struct setting *s, int object, struct symbol_version *versions,
			 size_t count)
{
	struct symbol_table *table = &s->tables.tables[object - 1];

	table->versions = xcalloc(count, sizeof(*versions));
	memcpy(table->versions, versions, count * sizeof(*versions));
	table->version_count = count;
}
#define VERSIONS(s, object, ...)                                           \
	set_versions(&(s), object, (struct symbol_version[]){__VA_ARGS__}, \
		     ARRAY_SIZE(((struct symbol_version[]){__VA_ARGS__})))

/* "7 wants V_2 of 8", "7 lacks f (in 5)" ... of objects 7 and 8, which the dlopen brought. */
static void expect_failure(struct setting *s, const char *expected)
{
	static const int objects[] = {6, 7};
	AUTO_LOAD_FAILURE struct load_failure failure;
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	load_failure_build(&s->f.rec, s->scopes, &s->tables.provider, objects, ARRAY_SIZE(objects),
			   &failure);
	for (size_t i = 0; i < failure.version_count; i++)
		strbuf_addf(&out, "%d wants %s of %d\n", failure.versions[i].object + 1,
			    failure.versions[i].version, failure.versions[i].provider + 1);
	for (size_t i = 0; i < failure.symbol_count; i++)
		strbuf_addf(&out, "%d lacks %s (in %d)\n", failure.symbols[i].object + 1,
			    failure.symbols[i].symbol, failure.symbols[i].hidden_in + 1);
	if (failure.inexact)
		strbuf_addf(&out, "%zu unknown\n", failure.inexact);
	assert_string_equal(out.s, expected);
}

static void nothing_is_missing(void **state)
{
	static const struct row rows[] = {UNDEF(7, "f", 0), DEF(8, "f"), UNDEF(8, "g", 0),
					  DEF(4, "g")};
	struct setting s;

	(void)state;
	SET(s, rows);
	expect_failure(&s, "");
	put_away(&s);
}

static void symbols_that_are_nowhere(void **state)
{
	static const struct row rows[] = {
		UNDEF(7, "f", 0),
		{.object = 7, .name = "weak", .bind = STB_WEAK, .undefined = true},
		{.object = 7, .name = "own", .bind = STB_GLOBAL, .value = 0x1000},
		{.object = 8,
		 .name = "f",
		 .bind = STB_GLOBAL,
		 .value = 1,
		 .visibility = STV_HIDDEN},
	};
	struct setting s;

	(void)state;
	SET(s, rows);
	/* A weak reference may stay open, and a hidden definition is none. */
	expect_failure(&s, "7 lacks f (in 0)\n");
	put_away(&s);
}

static void symbols_out_of_scope(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		LDSO(),
		ACT(0, 0xe3d0, ACTIVITY_ADD, 1),
		VDSO(),
		LOAD(0xd960, 1, "libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
		CONSISTENT(0xe3d0),
		ACT(0, 0xe740, ACTIVITY_PREINIT, 1),
		DLOPEN(0, 0x86a0, 1, "first.so", RTLD_NOW),
		FIRST(0x7c80, 1, "first.so", "first.so", "dep.so libc.so.6"),
		LOAD(0x7600, 5, "dep.so", "dep.so", "libc.so.6"),
		CONSISTENT(0x8080),
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_NOW),
		FIRST(0x7c80, 1, "p.so", "p.so", "libc.so.6"),
		CONSISTENT(0x8080),
		DLOPEN(0, 0x86a0, 1, "q.so", RTLD_NOW),
		FIRST(0x7c80, 1, "q.so", "q.so", "libc.so.6"),
		CONSISTENT(0x8080),
	};
	static const struct row rows[] = {
		UNDEF(7, "of_first", 0), DEF(5, "of_first"),     UNDEF(7, "of_dep", 0),
		DEF(6, "of_dep"),        UNDEF(8, "of_libc", 0), DEF(4, "of_libc"),
		UNDEF(8, "of_p", 0),     DEF(7, "of_p"),
	};
	struct setting s;

	(void)state;
	set(&s, events, ARRAY_SIZE(events), rows, ARRAY_SIZE(rows));
	expect_failure(&s, "7 lacks of_first (in 5)\n7 lacks of_dep (in 6)\n8 lacks of_p (in 7)\n");
	put_away(&s);
}

static void versions_come_first(void **state)
{
	static const struct row rows[] = {UNDEF(7, "f", 0)};
	struct setting s;

	(void)state;
	SET(s, rows);
	VERSIONS(s, 7, {.name = "V_1", .file = "d.so"}, {.name = "V_2", .file = "d.so"},
		 {.name = "V_3", .file = "d.so", .weak = true},
		 {.name = "GLIBC_9", .file = "libc.so.6"});
	VERSIONS(s, 8, {.name = "d.so", .base = true}, {.name = "V_1"});
	/* libc.so.6 of this table defines no versions at all: ld.so takes it as it is. */
	expect_failure(&s, "7 wants V_2 of 8\n");
	VERSIONS(s, 6, {.name = "GLIBC_2.2.5"});
	expect_failure(&s, "7 wants V_2 of 8\n7 wants GLIBC_9 of 6\n");
	free(s.tables.tables[5].versions);
	free(s.tables.tables[6].versions);
	free(s.tables.tables[7].versions);
	for (size_t i = 5; i < 8; i++)
		s.tables.tables[i].versions = NULL;
	put_away(&s);
}

static void what_is_not_known_lacks_nothing(void **state)
{
	static const struct row rows[] = {UNDEF(7, "f", 0)};
	struct setting s;

	(void)state;
	SET(s, rows);
	s.tables.unknown = 7; /* 8 could define it */
	expect_failure(&s, "1 unknown\n");
	put_away(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_missing),
		cmocka_unit_test(symbols_that_are_nowhere),
		cmocka_unit_test(symbols_out_of_scope),
		cmocka_unit_test(versions_come_first),
		cmocka_unit_test(what_is_not_known_lacks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
