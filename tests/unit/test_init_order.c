/*
 * init_order: constructors' order from needed lists.  The graphs are small; what ld.so does with
 * the same ones is compared in tests/scenarios/object-order.sh.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/model/init_order.h"
#include "report/util.h"

struct line {
	const char *name;
	enum load_reason reason;
	int by;             /* object that needs it, or NONE */
	const char *needed; /* numbers of objects: "1 2" */
	uint64_t flags_1;
};

static void build(struct recording *rec, const struct line *lines, size_t count)
{
	recording_init(rec);
	rec->glibc = xstrdup("2.36");
	for (size_t i = 0; i < count; i++) {
		struct object *object = recording_add_object(rec);
		const char *s = lines[i].needed;

		object->kind = lines[i].reason == REASON_MAIN ? OBJECT_MAIN : OBJECT_LIBRARY;
		object->path = xstrdup(lines[i].name);
		object->reason = lines[i].reason;
		object->reason_object = lines[i].by;
		object->flags_1 = lines[i].flags_1;
		object->needed = xcalloc(8, sizeof(*object->needed));
		while (s && *s) {
			char *end;

			object->needed[object->needed_count++] =
				(struct needed){xstrdup("x"), (int)strtol(s, &end, 10)};
			s = end + strspn(end, " ");
		}
	}
}

static void expect(const struct recording *rec, int object, const char *wanted)
{
	AUTO_STRBUF struct strbuf got = STRBUF_INIT;
	struct init_order order;

	if (init_order_build(rec, object, &order)) {
		for (size_t i = 0; i < order.count; i++)
			strbuf_addf(&got, "%s%s", i ? " " : "",
				    rec->objects[order.objects[i]].path);
		assert_true(order.position < order.count);
		assert_int_equal(order.objects[order.position], object);
		init_order_release(&order);
	} else {
		strbuf_addstr(&got, "none");
	}
	assert_string_equal(got.s, wanted);
}

#define RECORDING(rec, lines) \
	struct recording rec; \
	build(&rec, lines, ARRAY_SIZE(lines))

static void what_is_needed_comes_first(void **state)
{
	static const struct line lines[] = {
		{"prog", REASON_MAIN, NONE, "1 2"},
		{"a", REASON_NEEDED, 0, "3"},
		{"b", REASON_NEEDED, 0, "1 3"},
		{"libc", REASON_NEEDED, 1, ""},
	};
	RECORDING(rec, lines);

	(void)state;
	expect(&rec, 3, "libc a b prog");
	expect(&rec, 0, "libc a b prog");
	recording_release(&rec);
}

static void preloads_stand_behind_the_program(void **state)
{
	static const struct line lines[] = {
		{"prog", REASON_MAIN, NONE, "2"},
		{"preloaded", REASON_PRELOAD, NONE, "3"},
		{"a", REASON_NEEDED, 0, "3"},
		{"libc", REASON_NEEDED, 1, ""},
	};
	RECORDING(rec, lines);

	(void)state;
	expect(&rec, 1, "libc a preloaded prog");
	recording_release(&rec);
}

/* Only what one load brought is initialised by it. */
static void each_load_has_an_order_of_its_own(void **state)
{
	static const struct line lines[] = {
		{"prog", REASON_MAIN, NONE, "1"},      {"libc", REASON_NEEDED, 0, ""},
		{"plugin", REASON_DLOPEN, 0, "3 1 4"}, {"helper", REASON_NEEDED, 2, "1 4"},
		{"base", REASON_NEEDED, 2, ""},        {"nss", REASON_LIBC, 1, "1"},
	};
	RECORDING(rec, lines);

	(void)state;
	expect(&rec, 1, "libc prog");
	expect(&rec, 4, "base helper plugin");
	expect(&rec, 5, "nss");
	recording_release(&rec);
}

static void circles_end_with_what_was_asked_for(void **state)
{
	static const struct line lines[] = {
		{"plugin", REASON_DLOPEN, NONE, "1"},
		{"a", REASON_NEEDED, 0, "2"},
		{"b", REASON_NEEDED, 1, "0 1"},
	};
	RECORDING(rec, lines);

	(void)state;
	expect(&rec, 2, "a b plugin");
	free(rec.glibc);
	rec.glibc = xstrdup("2.31");
	expect(&rec, 0, "b a plugin");
	recording_release(&rec);
}

static void initfirst_is_first(void **state)
{
	static const struct line lines[] = {
		{"prog", REASON_MAIN, NONE, "1 2"},
		{"a", REASON_NEEDED, 0, ""},
		{"first", REASON_NEEDED, 0, "1", DF_1_INITFIRST},
	};
	RECORDING(rec, lines);

	(void)state;
	expect(&rec, 1, "first a prog");
	recording_release(&rec);
}

static void what_has_no_turn(void **state)
{
	static const struct line lines[] = {
		{"ld.so", REASON_LDSO, NONE, ""},
		{"vdso", REASON_VDSO, NONE, ""},
		{"old", REASON_INHERITED, NONE, ""},
		{"dependency", REASON_NEEDED, 2, ""},
		{"odd", REASON_NEEDED, 4, "4"},   /* its own reason */
		{"lost", REASON_NEEDED, 77, "3"}, /* of an object that is not there */
		{"unknown", REASON_UNKNOWN, NONE, "6 900 -7"},
	};
	RECORDING(rec, lines);

	(void)state;
	for (int i = 0; i < (int)ARRAY_SIZE(lines); i++)
		expect(&rec, i, "none");
	recording_release(&rec);
}

/* A chain as long as the recording claims: no recursion may follow it. */
static void deep_chains(void **state)
{
	enum { COUNT = 200000 };
	struct recording rec;
	struct init_order order;

	(void)state;
	recording_init(&rec);
	rec.glibc = xstrdup("2.36");
	for (int i = 0; i < COUNT; i++) {
		struct object *object = recording_add_object(&rec);

		object->path = xstrdup("x");
		object->reason = i ? REASON_NEEDED : REASON_DLOPEN;
		object->reason_object = i ? 0 : NONE;
		object->needed = xcalloc(2, sizeof(*object->needed));
		object->needed_count = i ? 1 : 2;
		object->needed[0].resolved = i + 1 < COUNT ? i + 1 : NONE;
		object->needed[1].resolved = COUNT - 1;
	}
	assert_true(init_order_build(&rec, COUNT / 2, &order));
	assert_int_equal(order.count, COUNT);
	assert_int_equal(order.objects[COUNT - 1], 0);
	init_order_release(&order);
	recording_release(&rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_needed_comes_first),
		cmocka_unit_test(preloads_stand_behind_the_program),
		cmocka_unit_test(each_load_has_an_order_of_its_own),
		cmocka_unit_test(circles_end_with_what_was_asked_for),
		cmocka_unit_test(initfirst_is_first),
		cmocka_unit_test(what_has_no_turn),
		cmocka_unit_test(deep_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
