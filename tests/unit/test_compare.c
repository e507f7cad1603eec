/* What differs between two literal recordings: nothing in equal ones, each difference by itself,
 * and the same told from both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <time.h>

#include "report/model/compare.h"
#include "report/util.h"

struct side {
	struct recording rec;
	struct bound_set bound;
	bool global[32];
};

struct row {
	const char *path, *soname, *build_id;
	int name_space;
	bool global, closed;
};

static void side_init(struct side *side, const struct row *rows, size_t count)
{
	*side = (struct side){0};
	recording_init(&side->rec);
	for (size_t i = 0; i < count; i++) {
		struct object *object = recording_add_object(&side->rec);

		object->number = (uint32_t)i + 1;
		object->kind = i ? OBJECT_LIBRARY : OBJECT_MAIN;
		object->path = xstrdup(rows[i].path);
		object->soname = xstrdup(rows[i].soname);
		object->build_id = xstrdup(rows[i].build_id);
		object->name_space = rows[i].name_space;
		object->opened_seq = 10 * (i + 1);
		object->closed_seq = rows[i].closed ? 500 : 0;
		side->global[i] = rows[i].global;
	}
}

static void side_release(struct side *side)
{
	recording_release(&side->rec);
	bound_set_release(&side->bound);
}

static void bind(struct side *side, int from, int to, const char *symbol, const char *version,
		 const char *kind)
{
	struct bound facts = {.seq = 100, .from = from, .to = to, .type = STT_FUNC};

	bound_add(&side->bound, &facts, symbol, version, kind);
}

static const char *name_of(const struct side *side, int object)
{
	return object == NONE ? "-" : base_name(side->rec.objects[object].path);
}

static void write_comparison(const struct side *a, const struct side *b, unsigned int ignored,
			     struct strbuf *out)
{
	struct compared x = {&a->rec, &a->bound, a->global}, y = {&b->rec, &b->bound, b->global};
	AUTO_COMPARISON struct comparison comparison;

	comparison_build(&x, &y, ignored, &comparison);
	for (size_t i = 0; i < comparison.object_count; i++) {
		const struct object_change *change = &comparison.objects[i];

		strbuf_addf(out, "%s %s:", name_of(a, change->a), name_of(b, change->b));
		for (unsigned int bit = 1; bit <= DIFFERS_LIFETIME; bit <<= 1)
			if (change->what & bit)
				strbuf_addf(out, " %s",
					    object_difference_name((enum object_difference)bit));
		strbuf_addch(out, '\n');
	}
	if (comparison.end)
		strbuf_addf(out, "end: %s -> %s\n", a->rec.end_kind, b->rec.end_kind);
	for (size_t i = 0; i < comparison.binding_count; i++) {
		const struct binding_change *change = &comparison.bindings[i];

		strbuf_addf(out, "%s:", name_of(b, change->from_b));
		for (size_t j = 0; j < change->count; j++)
			strbuf_addf(out, " %s", change->symbols[j]);
		strbuf_addf(out, ": %s -> %s\n", name_of(a, change->to_a),
			    name_of(b, change->to_b));
	}
}

static void expect(const struct side *a, const struct side *b, const char *expected)
{
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	write_comparison(a, b, 0, &out);
	assert_string_equal(out.s, expected);
}

static const struct row usual[] = {
	{"/bin/app", NULL, "aa", 0, true, false},
	{"/lib/libc.so.6", "libc.so.6", "cc", 0, true, false},
	{"/lib/liba.so", "liba.so", "0a", 0, false, false},
	{"/lib/libb.so", "libb.so", "0b", 0, false, false},
	{"/lib/libc.so.6", "libc.so.6", "cc", 3, false, false},
};

#define SIDE(name, rows)  \
	struct side name; \
	side_init(&name, rows, ARRAY_SIZE(rows))

static void equal_ones(void **state)
{
	SIDE(a, usual);
	SIDE(b, usual);

	(void)state;
	/* Another number for a namespace is the same namespace; other addresses don't count. */
	b.rec.objects[4].name_space = 7;
	b.rec.objects[2].load_address = 0x5000;
	bind(&a, 0, 1, "puts", "GLIBC_2.2.5", "plt");
	bind(&b, 0, 1, "puts", "GLIBC_2.2.5", "got");
	bind(&a, 0, 1, "called_here_only", NULL, "plt");
	expect(&a, &b, "");
	expect(&b, &a, "");
	side_release(&a);
	side_release(&b);
}

static void objects_that_differ(void **state)
{
	static const struct row other[] = {
		{"/opt/bin/app", NULL, "aa", 0, true, false},
		{"/lib/libc.so.6", "libc.so.6", "c2", 0, true, false},
		{"/lib/liba.so", "liba.so", "0a", 0, true, false},
		{"/lib/libc.so.6", "libc.so.6", "cc", 3, false, false},
		{"/lib/libnew.so", "libnew.so", "0c", 0, false, false},
	};
	SIDE(a, usual);
	SIDE(b, other);

	(void)state;
	expect(&a, &b,
	       "app app: path\nlibc.so.6 libc.so.6: build\nliba.so liba.so: scope\n"
	       "libb.so -: lost\n- libnew.so: gained\n");
	expect(&b, &a,
	       "app app: path\nlibc.so.6 libc.so.6: build\nliba.so liba.so: scope\n"
	       "libnew.so -: lost\n- libb.so: gained\n");
	side_release(&a);
	side_release(&b);
}

static void equal_paths_belong_together(void **state)
{
	static const struct row one[] = {
		{"/bin/app", NULL, "aa", 0, true, false},
		{"/one/libx.so.1", "libx.so.1", "01", 0, false, false},
		{"/two/libx.so.1", "libx.so.1", "02", 0, false, false},
	};
	static const struct row two[] = {
		{"/bin/app", NULL, "aa", 0, true, false},
		{"/two/libx.so.1", "libx.so.1", "02", 0, false, false},
	};
	SIDE(a, one);
	SIDE(b, two);
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	(void)state;
	expect(&a, &b, "libx.so.1 -: lost\n");
	write_comparison(&a, &b, DIFFERS_LOST, &out);
	assert_string_equal(out.s, "");
	side_release(&a);
	side_release(&b);
}

static void order_is_told_by_what_moved(void **state)
{
	static const struct row rows[] = {
		{"/bin/app", NULL, NULL, 0, true, false}, {"/a.so", NULL, NULL, 0, false, false},
		{"/b.so", NULL, NULL, 0, false, false},   {"/c.so", NULL, NULL, 0, false, false},
		{"/d.so", NULL, NULL, 0, false, false},   {"/e.so", NULL, NULL, 0, false, false},
	};
	static const struct row moved[] = {
		{"/bin/app", NULL, NULL, 0, true, false}, {"/b.so", NULL, NULL, 0, false, false},
		{"/c.so", NULL, NULL, 0, false, false},   {"/d.so", NULL, NULL, 0, false, false},
		{"/a.so", NULL, NULL, 0, false, false},   {"/e.so", NULL, NULL, 0, false, false},
	};
	/* d and e, which moved together, are told by the first of them. */
	static const struct row block[] = {
		{"/bin/app", NULL, NULL, 0, true, false}, {"/d.so", NULL, NULL, 0, false, false},
		{"/e.so", NULL, NULL, 0, false, false},   {"/a.so", NULL, NULL, 0, false, false},
		{"/b.so", NULL, NULL, 0, false, false},   {"/c.so", NULL, NULL, 0, false, false},
	};
	SIDE(a, rows);
	SIDE(b, moved);
	SIDE(c, block);
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	(void)state;
	expect(&a, &b, "a.so a.so: order\n");
	expect(&b, &a, "a.so a.so: order\n");
	expect(&a, &c, "d.so d.so: order\n");
	write_comparison(&a, &b, DIFFERS_ORDER, &out);
	assert_string_equal(out.s, "");
	side_release(&a);
	side_release(&b);
	side_release(&c);
}

static void references_that_go_elsewhere(void **state)
{
	SIDE(a, usual);
	SIDE(b, usual);

	(void)state;
	bind(&a, 0, 2, "f", NULL, "plt");
	bind(&b, 0, 3, "f", NULL, "plt");
	bind(&a, 0, 2, "g", NULL, "got");
	bind(&b, 0, 3, "g", NULL, "got");
	/* A look-up by dlsym is another reference than a call. */
	bind(&a, 0, 2, "h", NULL, "dlsym");
	bind(&b, 0, 3, "h", NULL, "plt");
	/* Another version is, too. */
	bind(&a, 0, 2, "v", "V_1", "plt");
	bind(&b, 0, 3, "v", "V_2", "plt");
	/* First one definition, then another: a change when one of them is new. */
	bind(&a, 2, 1, "late", NULL, "plt");
	bind(&b, 2, 1, "late", NULL, "plt");
	bind(&b, 2, 3, "late", NULL, "got");
	expect(&a, &b, "app: f g: liba.so -> libb.so\nliba.so: late: libc.so.6 -> libb.so\n");
	side_release(&a);
	side_release(&b);
}

/* Look-ups in several handles: one more is not another. */
static void several_handles(void **state)
{
	SIDE(a, usual);
	SIDE(b, usual);

	(void)state;
	bind(&a, 0, 1, "more", NULL, "dlsym");
	bind(&a, 0, 2, "more", NULL, "dlsym");
	bind(&b, 0, 1, "more", NULL, "dlsym");
	bind(&b, 0, 2, "more", NULL, "dlsym");
	bind(&b, 0, 3, "more", NULL, "dlsym");
	expect(&a, &b, "");
	expect(&b, &a, "");
	/* As many, one of them another. */
	bind(&a, 2, 1, "one", NULL, "dlsym");
	bind(&a, 2, 3, "one", NULL, "dlsym");
	bind(&b, 2, 2, "one", NULL, "dlsym");
	bind(&b, 2, 3, "one", NULL, "dlsym");
	expect(&a, &b, "liba.so: one: libc.so.6 -> liba.so\n");
	expect(&b, &a, "liba.so: one: liba.so -> libc.so.6\n");
	/* All of them others. */
	bind(&a, 3, 0, "two", NULL, "dlsym");
	bind(&a, 3, 1, "two", NULL, "dlsym");
	bind(&b, 3, 2, "two", NULL, "dlsym");
	bind(&b, 3, 3, "two", NULL, "dlsym");
	expect(&a, &b,
	       "liba.so: one: libc.so.6 -> liba.so\n"
	       "libb.so: two: app -> liba.so\nlibb.so: two: libc.so.6 -> libb.so\n");
	side_release(&a);
	side_release(&b);
}

static void end_by(struct side *side, const char *kind, int wait_status)
{
	snprintf(side->rec.end_kind, sizeof(side->rec.end_kind), "%s", kind);
	side->rec.has_wait_status = wait_status >= 0;
	side->rec.wait_status = wait_status;
}

static void ends(void **state)
{
	SIDE(a, usual);
	SIDE(b, usual);

	(void)state;
	end_by(&a, "exit", 0);
	end_by(&b, "exit", 0);
	expect(&a, &b, "");
	end_by(&b, "exit", 3 << 8);
	expect(&a, &b, "end: exit -> exit\n");
	/* Not known of one. */
	end_by(&b, "exit", -1);
	expect(&a, &b, "");
	expect(&b, &a, "");
	end_by(&b, "unknown", -1);
	expect(&a, &b, "end: exit -> unknown\n");
	/* _exit(0) is no exit(0). */
	end_by(&b, "unknown", 0);
	expect(&b, &a, "end: unknown -> exit\n");
	/* By one signal, and one left a core. */
	end_by(&a, "unknown", 6);
	end_by(&b, "unknown", 6 | 0x80);
	expect(&a, &b, "");
	end_by(&b, "unknown", 11);
	expect(&a, &b, "end: unknown -> unknown\n");
	side_release(&a);
	side_release(&b);
}

static void nothing_at_all(void **state)
{
	static const struct row one[] = {{"/bin/app", NULL, NULL, 0, true, false}};
	SIDE(a, one);
	struct side b;

	(void)state;
	side_init(&b, NULL, 0);
	expect(&a, &b, "app -: lost\n");
	expect(&b, &a, "- app: gained\n");
	expect(&b, &b, "");
	side_release(&a);
	side_release(&b);
}

/* Copies with a hash in their names, of which each side has others; and as many that no other side
 * has. */
static void side_of_many(struct side *side, size_t count, char letter)
{
	*side = (struct side){0};
	recording_init(&side->rec);
	for (size_t i = 0; i < count; i++) {
		struct object *object = recording_add_object(&side->rec);
		bool same = i % 3 == 0, hashed = i % 3 == 1;

		object->number = (uint32_t)i + 1;
		object->kind = OBJECT_LIBRARY;
		object->path = same     ? xasprintf("/lib/libsame%zu.so", i % 300)
			       : hashed ? xasprintf("/lib/libhashed%zux-%c1a2b3c4.so", i, letter)
					: xasprintf("/lib/plugin%zu%c.so", i, letter);
		object->opened_seq = 10 * (i + 1);
	}
}

/* Seconds of processor time for a comparison of `count` objects with as many. */
static double time_of_many(size_t count)
{
	struct side a, b;
	struct compared x = {.rec = &a.rec}, y = {.rec = &b.rec};
	struct comparison comparison;
	struct timespec from, to;
	size_t matched = 0;

	side_of_many(&a, count, 'a');
	side_of_many(&b, count, 'b');
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	comparison_build(&x, &y, 0, &comparison);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	for (size_t i = 0; i < count; i++)
		matched += comparison.b_of[i] == (int)i;
	assert_int_equal(matched, count / 3 * 2);
	comparison_release(&comparison);
	side_release(&a);
	side_release(&b);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void ten_times_the_objects_take_ten_times_the_time(void **state)
{
	double one, ten;

	(void)state;
	one = time_of_many(3000);
	ten = time_of_many(30000);
	print_message("%.3f s for 3,000 objects, %.3f s for 30,000\n", one, ten);
	assert_true(ten < 30 * one + 0.05);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_ones),
		cmocka_unit_test(objects_that_differ),
		cmocka_unit_test(equal_paths_belong_together),
		cmocka_unit_test(order_is_told_by_what_moved),
		cmocka_unit_test(references_that_go_elsewhere),
		cmocka_unit_test(several_handles),
		cmocka_unit_test(ends),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(ten_times_the_objects_take_ten_times_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
