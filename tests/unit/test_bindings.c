/*
 * From what la_symbind told and what a walk of the relocated slots found to one list of bindings:
 * both orders of the two, versions that only one side has, lazy slots that are bound later, or
 * never, and records that contradict each other.
 */
#include <elf.h>

#include "tests/unit/spool_builder.h"
#include "tests/unit/store_test.h"

#define DLSYM LA_SYMB_DLSYM

enum { PROGRAM = 1, LDSO, LIBRARY, OTHER };

/* A program, ld.so and two libraries, before la_preinit. */
static void begin(struct spool_builder *b)
{
	sb_init(b, 100);
	sb_process(b, "/usr/bin/app", "x", NULL);
	sb_object(b, PROGRAM, SPOOL_OBJECT_MAIN, "", NULL, "libx.so.1");
	sb_object(b, LDSO, SPOOL_OBJECT_LDSO, "/lib64/ld-linux-x86-64.so.2", NULL, NULL);
	sb_object(b, LIBRARY, SPOOL_OBJECT_LIBRARY, "/lib/libx.so.1", NULL, NULL);
	sb_object(b, OTHER, SPOOL_OBJECT_LIBRARY, "/lib/libother.so.1", NULL, NULL);
}

static void versions(struct spool_builder *b, uint32_t object, uint32_t first, const char *name,
		     const char *second)
{
	struct spool_versions fixed = {object, second ? 2 : 1};

	sb_begin(b, SPOOL_VERSIONS, 0, 0);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, &first, sizeof(first));
	sb_text(b, name);
	if (second) {
		first++;
		sb_put(b, &first, sizeof(first));
		sb_text(b, second);
	}
	sb_commit(b);
}

/* One record with `count` references of `from`; `name` for the one that is not bound. */
static uint64_t references(struct spool_builder *b, uint32_t from, const struct spool_reference *r,
			   uint32_t count, const char *name)
{
	struct spool_references fixed = {sb_when(b), from, count};

	sb_begin(b, SPOOL_REFERENCES, 0, 1);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, r, count * sizeof(*r));
	if (name)
		sb_text(b, name);
	return sb_commit(b);
}

static struct spool_reference reference(uint32_t to, uint32_t symbol, uint32_t kind,
					uint32_t version, uint32_t slots)
{
	return (struct spool_reference){
		.to = to,
		.symbol = to ? symbol : 0,
		.own = to ? 90 + symbol : symbol,
		.kind = (uint16_t)kind,
		.version = (uint16_t)version,
		.slots = slots,
		.flags = to ? 0 : SPOOL_REFERENCE_UNBOUND,
		.address = to ? 0x1000u * to + symbol : 0,
	};
}

static void refer(struct spool_builder *b, uint32_t from, struct spool_reference r,
		  const char *name)
{
	references(b, from, &r, 1, name);
}

static void unbound(struct spool_builder *b, uint32_t from, uint32_t own)
{
	struct spool_unbound fixed = {from, 1};

	sb_begin(b, SPOOL_UNBOUND, 0, 0);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, &own, sizeof(own));
	sb_commit(b);
}

static void save(struct spool_builder *b)
{
	sb_save(b, "db.100.spool");
	sb_release(b);
	assert_int_equal(ingest(false).failed, 0);
	assert_answer("PRAGMA integrity_check", "ok");
}

/* "from>to name version kind source count;" of each row, in order. */
#define ROWS                                                                                     \
	"SELECT group_concat(row, ';') FROM (SELECT printf('%s>%s %s %s %s %s %d', f.number, "   \
	"coalesce(t.number, 'nobody'), coalesce(v.symbol, '?'), coalesce(v.version, '-'), "      \
	"v.kind, v.source, v.count) AS row FROM v_binding v JOIN binding b ON b.id = v.binding " \
	"LEFT JOIN object f ON f.id = b.from_object LEFT JOIN object t ON t.id = b.to_object "   \
	"ORDER BY row)"

static void test_kinds(void **state)
{
	struct spool_builder b;
	struct spool_reference list[] = {
		reference(LIBRARY, 5, SPOOL_REFERENCE_GOT, 3, 1),
		reference(LIBRARY, 5, SPOOL_REFERENCE_ABS, 3, 7),
		reference(OTHER, 6, SPOOL_REFERENCE_COPY, 0, 1),
		reference(OTHER, 7, SPOOL_REFERENCE_TLS, 1, 2),
		reference(0, 9, SPOOL_REFERENCE_GOT, 3, 1),
	};

	(void)state;
	begin(&b);
	sb_symbol(&b, LIBRARY, 5, "five", "V5");
	sb_symbol(&b, OTHER, 6, "six", NULL);
	sb_symbol(&b, OTHER, 7, "seven", "V7");
	versions(&b, PROGRAM, 3, "V5", NULL);
	references(&b, PROGRAM, list, ARRAY_SIZE(list), "nine");
	sb_event(&b, SPOOL_PREINIT, PROGRAM, 0);
	save(&b);
	assert_answer(ROWS, "1>3 five V5 abs relocation 7;1>3 five V5 got relocation 1;"
			    "1>4 seven - tls relocation 2;1>4 six - copy relocation 1;"
			    "1>nobody nine V5 got relocation 1");
	assert_answer("SELECT group_concat(address) FROM (SELECT address FROM binding ORDER BY id)",
		      "12293,12293,16390,16391,0");
	assert_answer("SELECT count(*) FROM binding WHERE internal", "0");
	assert_answer("SELECT count(DISTINCT seq) FROM binding", "1");
}

static struct spool_reference irelative(uint32_t to, uint32_t resolver)
{
	return (struct spool_reference){
		.to = to,
		.own = resolver,
		.kind = SPOOL_REFERENCE_IRELATIVE,
		.slots = 1,
		.flags = SPOOL_REFERENCE_IFUNC | (to ? 0 : SPOOL_REFERENCE_UNBOUND),
		.address = 0x1000u * to,
	};
}

/* An object's own IFUNCs: what they chose counts, which may lie elsewhere or be nothing. */
static void test_irelative(void **state)
{
	struct spool_builder b;
	struct spool_references fixed;
	const struct spool_reference list[] = {
		irelative(LIBRARY, 0x70),
		irelative(0, 0x80),
		reference(0, 9, SPOOL_REFERENCE_GOT, 0, 1),
		irelative(OTHER, 0x90),
		irelative(LIBRARY, 0x70),
	};

	(void)state;
	begin(&b);
	fixed = (struct spool_references){sb_when(&b), LIBRARY, ARRAY_SIZE(list)};
	sb_begin(&b, SPOOL_REFERENCES, 0, 1);
	sb_put(&b, &fixed, sizeof(fixed));
	sb_put(&b, list, sizeof(list));
	sb_text(&b, NULL); /* of 0x80 */
	sb_text(&b, "nine");
	sb_commit(&b);
	save(&b);
	assert_answer(ROWS, "3>3  - irelative relocation 2;"
			    "3>4  - irelative relocation 1;3>nobody  - irelative relocation 1;"
			    "3>nobody nine - got relocation 1");
	assert_answer(
		"SELECT group_concat(value || ' ' || number || ' ' || object || ' ' || type, ';') "
		"FROM (SELECT s.* FROM symbol s WHERE number < 0 ORDER BY value)",
		"112 -112 3 10;128 -128 3 10;144 -144 3 10");
	assert_answer("SELECT address FROM binding WHERE count = 2", "12288");
}

/* The walk corrects the version of what la_symbind told; it adds no second row, and no look-ups. */
static void test_told_and_walked(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct spool_builder b;

		begin(&b);
		sb_symbol(&b, LIBRARY, 5, "five", NULL);
		versions(&b, PROGRAM, 3, "V5", NULL);
		if (order == 0)
			sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
		refer(&b, PROGRAM, reference(LIBRARY, 5, SPOOL_REFERENCE_PLT, 3, 1), NULL);
		if (order == 1)
			sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
		save(&b);
		assert_answer(ROWS, "1>3 five V5 plt la_symbind 1");
		unlink("db");
	}
}

static void test_lazy(void **state)
{
	struct spool_builder b;

	(void)state;
	begin(&b);
	refer(&b, PROGRAM, reference(0, 8, SPOOL_REFERENCE_PLT, 3, 1), "called");
	refer(&b, PROGRAM, reference(0, 9, SPOOL_REFERENCE_PLT, 3, 1), "never");
	refer(&b, OTHER, reference(0, 8, SPOOL_REFERENCE_PLT, 0, 1), "called");
	versions(&b, PROGRAM, 3, "V5", NULL); /* read before or after: the same */
	versions(&b, PROGRAM, 3, "V5", NULL);
	sb_event(&b, SPOOL_PREINIT, PROGRAM, 0);
	sb_symbol(&b, LIBRARY, 5, "called", NULL);
	sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
	sb_binding(&b, PROGRAM, LIBRARY, 5, 0); /* two threads at once */
	save(&b);
	assert_answer("SELECT group_concat(v.symbol || coalesce(v.to_path, '')) FROM v_binding v "
		      "WHERE from_path = '/usr/bin/app'",
		      "never,called/lib/libx.so.1");
	assert_answer("SELECT group_concat(symbol) FROM v_binding WHERE to_path IS NULL AND "
		      "from_path = '/lib/libother.so.1'",
		      "called");
	assert_answer("SELECT count FROM v_binding WHERE symbol = 'called' AND to_path NOTNULL",
		      "2");
}

/* A slot of an object that defines the symbol itself: its row becomes the bound one. */
static void test_bound_to_itself(void **state)
{
	struct spool_builder b;

	(void)state;
	begin(&b);
	refer(&b, LIBRARY, reference(0, 5, SPOOL_REFERENCE_PLT, 0, 1), "self");
	sb_symbol(&b, LIBRARY, 5, "self", NULL);
	sb_binding(&b, LIBRARY, LIBRARY, 5, 0);
	save(&b);
	assert_answer(ROWS, "3>3 self - plt la_symbind 1");
}

/* Two versions of one name: each slot goes with its own definition. */
static void test_lazy_versions(void **state)
{
	struct spool_builder b;

	(void)state;
	begin(&b);
	versions(&b, PROGRAM, 3, "V1", "V2");
	refer(&b, PROGRAM, reference(0, 8, SPOOL_REFERENCE_PLT, 3, 1), "both");
	refer(&b, PROGRAM, reference(0, 9, SPOOL_REFERENCE_PLT, 4, 1), "both");
	refer(&b, OTHER, reference(0, 8, SPOOL_REFERENCE_PLT, 0, 1), "both");
	sb_symbol(&b, LIBRARY, 5, "both", "V1");
	sb_symbol(&b, LIBRARY, 6, "both", "V2");
	sb_binding(&b, PROGRAM, LIBRARY, 6, 0);
	sb_binding(&b, OTHER, LIBRARY, 5, 0);
	save(&b);
	assert_answer(ROWS, "1>3 both V2 plt la_symbind 1;1>nobody both V1 plt relocation 1;"
			    "4>3 both - plt la_symbind 1");
}

/* One definition without a version takes slots that ask for different ones: as many as look-ups. */
static void test_lazy_shared(void **state)
{
	static const char *const rows[] = {
		"1>nobody both V1 plt relocation 1;1>nobody both V2 plt relocation 1",
		"1>3 both V1 plt la_symbind 1;1>nobody both V2 plt relocation 1",
		"1>3 both V1 plt la_symbind 1;1>3 both V2 plt la_symbind 1",
		"1>3 both V1 plt la_symbind 2;1>3 both V2 plt la_symbind 1",
	};

	(void)state;
	for (size_t calls = 0; calls < ARRAY_SIZE(rows); calls++) {
		struct spool_builder b;

		begin(&b);
		versions(&b, PROGRAM, 3, "V1", "V2");
		refer(&b, PROGRAM, reference(0, 8, SPOOL_REFERENCE_PLT, 3, 1), "both");
		refer(&b, PROGRAM, reference(0, 9, SPOOL_REFERENCE_PLT, 4, 1), "both");
		sb_symbol(&b, LIBRARY, 5, "both", NULL);
		for (size_t i = 0; i < calls; i++)
			sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
		save(&b);
		assert_answer(ROWS, rows[calls]);
		unlink("db");
	}
}

/* The same, bound at load: la_symbind told of both, the walk of their versions. */
static void test_eager_shared(void **state)
{
	struct spool_builder b;
	struct spool_reference list[] = {
		reference(LIBRARY, 5, SPOOL_REFERENCE_PLT, 3, 1),
		reference(LIBRARY, 5, SPOOL_REFERENCE_PLT, 4, 1),
		reference(LIBRARY, 5, SPOOL_REFERENCE_GOT, 3, 2),
		reference(LIBRARY, 5, SPOOL_REFERENCE_GOT, 4, 3),
	};

	(void)state;
	begin(&b);
	sb_symbol(&b, LIBRARY, 5, "both", NULL);
	sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
	sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
	versions(&b, PROGRAM, 3, "V1", "V2");
	references(&b, PROGRAM, list, ARRAY_SIZE(list), NULL);
	save(&b);
	assert_answer(ROWS, "1>3 both V1 got relocation 2;1>3 both V1 plt la_symbind 1;"
			    "1>3 both V2 got relocation 3;1>3 both V2 plt la_symbind 1");
}

/* What a PLT reference asks for is the version that it got, unless the walk says otherwise; dlsym
 * asks for none. */
static void test_versions_of_what_was_told(void **state)
{
	struct spool_builder b;

	(void)state;
	begin(&b);
	sb_event(&b, SPOOL_PREINIT, PROGRAM, 0);
	sb_symbol(&b, LIBRARY, 5, "five", "V5");
	sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
	sb_binding(&b, PROGRAM, LIBRARY, 5, DLSYM);
	sb_binding(&b, OTHER, LIBRARY, 5, 0);
	refer(&b, OTHER, reference(LIBRARY, 5, SPOOL_REFERENCE_PLT, 1, 1), NULL);
	save(&b);
	assert_answer(ROWS, "1>3 five - dlsym la_symbind 1;1>3 five V5 plt la_symbind 1;"
			    "4>3 five - plt la_symbind 1");
}

/* ld.so's own look-ups ask for the ABI's first version, whoever defines the function. */
static void test_internal(void **state)
{
	struct spool_builder b;

	(void)state;
	begin(&b);
	sb_symbol(&b, LIBRARY, 5, "malloc", "GLIBC_2.2.5");
	sb_symbol(&b, OTHER, 5, "free", NULL);
	sb_symbol(&b, LDSO, 6, "_dl_audit_preinit", "GLIBC_PRIVATE");
	sb_symbol(&b, LDSO, 7, "_dl_argv", "GLIBC_PRIVATE");
	sb_binding(&b, PROGRAM, LIBRARY, 5, DLSYM);
	sb_binding(&b, PROGRAM, OTHER, 5, DLSYM);
	sb_binding(&b, LIBRARY, LDSO, 6, 0);
	sb_binding(&b, LIBRARY, LDSO, 7, 0);
	sb_symbol(&b, LIBRARY, 9, "early", "V9");
	sb_binding(&b, PROGRAM, LIBRARY, 9, DLSYM);
	sb_binding(&b, OTHER, LIBRARY, 5, DLSYM);
	sb_event(&b, SPOOL_PREINIT, PROGRAM, 0);
	sb_symbol(&b, LIBRARY, 8, "late", "V8");
	sb_binding(&b, PROGRAM, LIBRARY, 8, DLSYM);
	save(&b);
	assert_answer("SELECT group_concat(symbol || coalesce(version, '-') || internal) FROM "
		      "(SELECT * FROM v_binding ORDER BY binding)",
		      "mallocGLIBC_2.2.51,freeGLIBC_2.2.51,_dl_audit_preinitGLIBC_PRIVATE1,"
		      "_dl_argvGLIBC_PRIVATE0,early-0,malloc-0,late-0");
}

/* Slots whose names are in the file only, when the file is not there: kept, without a name's help.
 */
static void test_nameless(void **state)
{
	struct spool_builder b;

	(void)state;
	begin(&b);
	unbound(&b, PROGRAM, 8);
	unbound(&b, PROGRAM, 8);
	unbound(&b, PROGRAM, 0xffffffff);
	sb_symbol(&b, LIBRARY, 5, "five", NULL);
	sb_binding(&b, PROGRAM, LIBRARY, 5, 0);
	save(&b);
	assert_answer("SELECT count(*) FROM binding WHERE to_object IS NULL", "2");
	assert_answer("SELECT count(*) FROM v_binding WHERE symbol = 'five' AND to_path NOTNULL",
		      "1");
}

/* Objects, symbols and versions that no record announced; a reference told twice. */
static void test_contradictions(void **state)
{
	struct spool_builder b;
	struct spool_reference list[] = {
		reference(77, 5, SPOOL_REFERENCE_GOT, 3, 1),
		reference(LIBRARY, 0xfffffff0, SPOOL_REFERENCE_GOT, 0x7fff, 0xffffffff),
		reference(LIBRARY, 5, SPOOL_REFERENCE_GOT, 3, 0),
		reference(LIBRARY, 6, SPOOL_REFERENCE_GOT, 3, 2),
		reference(LIBRARY, 6, SPOOL_REFERENCE_GOT, 3, 5),
	};

	(void)state;
	begin(&b);
	sb_symbol(&b, LIBRARY, 5, "five", NULL);
	sb_symbol(&b, LIBRARY, 6, "six", NULL);
	references(&b, PROGRAM, list, ARRAY_SIZE(list), NULL);
	references(&b, 99, list, 1, NULL);
	unbound(&b, 99, 5);
	versions(&b, 99, 2, "V", NULL);
	save(&b);
	assert_answer("SELECT count FROM v_binding WHERE symbol = 'six'", "2");
	assert_answer("SELECT count(*) FROM v_binding WHERE symbol = 'five'", "0");
	assert_answer("SELECT max(count) FROM binding", "4294967295");
	assert_answer("SELECT count(*) FROM process", "1");
}

/* Every cut of a record's payload, and every count that is a lie, is refused or read to its end. */
static void test_lies_about_length(void **state)
{
	(void)state;
	for (uint32_t count = 0; count < 6; count++)
		for (uint32_t type = SPOOL_VERSIONS; type <= SPOOL_UNBOUND; type++) {
			struct spool_builder b;
			uint32_t words[16] = {
				PROGRAM, count == 5 ? 0xffffffff : count, 1, 1, 1, 1, 1, 1, 1, 1, 1,
				1};

			begin(&b);
			sb_begin(&b, type, 0, 1);
			for (uint32_t i = 0; i < 8 + count; i++)
				sb_put(&b, &words[i], sizeof(words[i]));
			sb_commit(&b);
			sb_save(&b, "db.100.spool");
			sb_release(&b);
			ingest(false);
			assert_answer("PRAGMA integrity_check", "ok");
			unlink("db");
			unlink("db.100.spool");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_kinds),
		directory_test(test_irelative),
		directory_test(test_told_and_walked),
		directory_test(test_lazy),
		directory_test(test_bound_to_itself),
		directory_test(test_lazy_versions),
		directory_test(test_lazy_shared),
		directory_test(test_eager_shared),
		directory_test(test_versions_of_what_was_told),
		directory_test(test_internal),
		directory_test(test_nameless),
		directory_test(test_contradictions),
		directory_test(test_lies_about_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
