/* What keeps objects, and what is left of scopes when others go. */
#include "tests/unit/scopes_events.h"

#define PLUGIN(flags_)                                                                            \
	DLOPEN(0, 0x86a0, 1, "p.so", flags_), FIRST(0x7c80, 1, "p.so", "p.so", "d.so libc.so.6"), \
		LOAD(0x7600, 5, "d.so", "d.so", "libc.so.6"), CONSISTENT(0x8080)
#define GONE ACT(0, 0x8080, ACTIVITY_DELETE, 1), CONSISTENT(0x8080)

/* Open counts, and the dlclose that undoes the last. */
static void counts(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY),
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY),
		DLCLOSE(0, 0x86a0, 1, 5), /* 21 */
		DLCLOSE(0, 0x86a0, 1, 5), /* 22 */
		CLOSE(5),
		CLOSE(6),
		GONE,
		DLCLOSE(0, 0x86a0, 1, 5), /* of what is gone */
	};
	SCOPES(f, scopes, events);

	(void)state;
	scopes_advance(scopes, 200);
	assert_int_equal(scopes_open_count(scopes, 4), 2);
	EXPECT_PINS(scopes, "5 used: open call 1 open call 2\n6 used: needed-by of 5\n", 5, 6);
	scopes_advance(scopes, 210);
	EXPECT_PINS(scopes, "5 used: open call 1\n", 5);
	scopes_advance(scopes, 220);
	EXPECT_PINS(scopes, "5 unused:\n6 unused:\n", 5, 6);
	assert_true(scopes_mapped(scopes, 5));
	scopes_advance(scopes, 240);
	assert_false(scopes_mapped(scopes, 5));
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n");
	release(&f, scopes);
}

/* What is opened by itself stays, with a list of its own where its loader's was. */
static void dependency_stays(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY | RTLD_GLOBAL),
		DLOPEN(0, 0x86a0, 1, "q.so",
		       RTLD_LAZY), /* needs d.so, is not among its scopes' roots */
		FIRST(0x7c80, 1, "q.so", "q.so", "d.so"),
		CONSISTENT(0x8080),
		DLCLOSE(0, 0x86a0, 1, 5), /* 26 */
		CLOSE(5),
		GONE,
		DLOPEN(0, 0x86a0, 1, "d.so", RTLD_LAZY),
	};
	SCOPES(f, scopes, events);

	(void)state;
	expect_scopes_at(scopes, &f.rec, 260,
			 "1: global 1 4 2 5 6\n"
			 "4: global 1 4 2 5 6\n"
			 "5: global 1 4 2 5 6 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 5 6 | local 5: 5 6 4 2 | local 7: 7 6 4 2\n"
			 "7: global 1 4 2 5 6 | local 7: 7 6 4 2\n");
	EXPECT_PINS(scopes, "5 unused:\n6 used: needed-by of 7\n", 5, 6);
	/* d.so's own list holds what it needs itself; ld.so is not among that. */
	expect_scopes_at(scopes, &f.rec, 290,
			 "1: global 1 4 2 6\n"
			 "4: global 1 4 2 6\n"
			 "6: global 1 4 2 6 | local 6: 6 4 | local 7: 7 6 4 2\n"
			 "7: global 1 4 2 6 | local 7: 7 6 4 2\n");
	assert_int_equal(scopes_next_root(scopes, 5), 5);
	/* It has a list: being opened changes nothing but the count. */
	scopes_advance(scopes, END(events));
	EXPECT_PINS(scopes, "6 used: open call 4 needed-by of 7\n", 6);
	release(&f, scopes);
}

/* RTLD_NODELETE: dlclose does nothing any more. */
static void nodelete_flag(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY),
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE),
		DLCLOSE(0, 0x86a0, 1, 5),
		DLCLOSE(0, 0x86a0, 1, 5),
	};
	SCOPES(f, scopes, events);

	(void)state;
	scopes_advance(scopes, 210);
	EXPECT_PINS(scopes, "5 used: nodelete-open-flag call 2 open call 1\n", 5);
	scopes_advance(scopes, END(events));
	EXPECT_PINS(scopes, "5 used: nodelete-open-flag call 2\n6 used: needed-by of 5\n", 5, 6);
	assert_int_equal(scopes_open_count(scopes, 4), 2);
	release(&f, scopes);
}

static void nodelete_file(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),     START_LIBC, PLUGIN(RTLD_LAZY),
		DLCLOSE(0, 0x86a0, 1, 5), CLOSE(5),   GONE,
	};
	FIXTURE(f, events);
	struct scopes *scopes;

	(void)state;
	f.rec.objects[5].flags_1 = DF_1_NODELETE;
	f.rec.objects[3].flags_1 = DF_1_NODELETE; /* libc is never unloaded anyway */
	replay_infer(&f.rec, NULL, 0);
	scopes = scopes_new(&f.rec, NULL, 0);
	scopes_advance(scopes, END(events));
	EXPECT_PINS(scopes,
		    "6 used: df-1-nodelete\n4 used: startup needed-by of 1 needed-by of 6\n", 6, 4);
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "6: global 1 4 2 | local 6: 6 4\n");
	release(&f, scopes);
}

/* Relocation dependencies, and unique symbols. */
static void bindings(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY | RTLD_GLOBAL), /* 5, 6 */
		DLOPEN(0, 0x86a0, 1, "q.so", RTLD_LAZY),
		FIRST(0x7c80, 1, "q.so", "q.so", "libc.so.6"), /* 7 */
		CONSISTENT(0x8080),                            /* 25 */
		DLCLOSE(0, 0x86a0, 1, 5),
		DLCLOSE(0, 0x86a0, 1, 7),
	};
	static const struct scopes_binding list[] = {
		{191, 4, 5, "needed_anyway", false, false},
		{192, 4, 4, "its_own", false, false},
		{251, 6, 4, "plugged", false, false},
		{252, 6, 4, "plugged_too", false, false},
		{253, 6, 3, "malloc", false, false},
		{254, 6, 5, "looked_up", false, true},
		{265, 6, 5, "one", true, false},
		{266, 0, 5, "two", false, false},
		{271, 0, 4, "late", false, false},
	};
	FIXTURE(f, events);
	struct scopes *scopes;

	(void)state;
	replay_infer(&f.rec, NULL, 0);
	scopes = scopes_new(&f.rec, list, ARRAY_SIZE(list));
	scopes_advance(scopes, 250);
	EXPECT_PINS(scopes, "5 used: open call 1\n6 used: needed-by of 5\n", 5, 6);
	scopes_advance(scopes, 260);
	EXPECT_PINS(scopes, "5 used: relocation of 7 plugged\n6 used: needed-by of 5\n", 5, 6);
	/* The first reason stays: what is RTLD_NODELETE needs no other. */
	scopes_advance(scopes, 266);
	EXPECT_PINS(scopes, "6 used: gnu-unique of 7 one needed-by of 5\n", 6);
	scopes_advance(scopes, 270);
	EXPECT_PINS(scopes, "5 unused:\n6 used: gnu-unique of 7 one\n7 unused:\n", 5, 6, 7);
	/* What is never unloaded keeps what it is bound to for good. */
	scopes_advance(scopes, END(events) + 5);
	EXPECT_PINS(scopes, "5 used: relocation of 1 late\n", 5);
	release(&f, scopes);
}

/* dlsym(RTLD_DEFAULT) binds its caller to what it found, dlsym(handle) does not. */
static void by_dlsym(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY | RTLD_GLOBAL),
		DLSYM(0, 0x86a0, 1, 6, "by_handle"), /* 20 */
		BIND(1, 6, "by_handle"),
		DLSYM(0, 0x86a0, 1, 0, "by_default"),
		BIND(1, 5, "by_default"),
		DLCLOSE(0, 0x86a0, 1, 5),
	};
	SCOPES(f, scopes, events);

	(void)state;
	scopes_advance(scopes, 210);
	EXPECT_PINS(scopes, "6 used: needed-by of 5\n", 6);
	scopes_advance(scopes, END(events));
	EXPECT_PINS(scopes, "5 used: relocation of 1 by_default\n", 5);
	release(&f, scopes);
}

/* Two that need each other keep each other only while somebody keeps one of them. */
static void ring(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY),
		FIRST(0x7c80, 1, "p.so", "p.so", "q.so"),
		LOAD(0x7600, 5, "q.so", "q.so", "p.so"),
		CONSISTENT(0x8080),
		DLOPEN(0, 0x86a0, 1, "q.so", RTLD_LAZY),
		DLCLOSE(0, 0x86a0, 1, 5),
		DLCLOSE(0, 0x86a0, 1, 6),
	};
	SCOPES(f, scopes, events);

	(void)state;
	scopes_advance(scopes, 210);
	EXPECT_PINS(scopes, "5 used: needed-by of 6\n6 used: open call 2 needed-by of 5\n", 5, 6);
	scopes_advance(scopes, END(events));
	EXPECT_PINS(scopes, "5 unused:\n6 unused:\n", 5, 6);
	release(&f, scopes);
}

/* What exit closes stays as it is: destructors still look symbols up. */
static void at_exit(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY),
		ACT(0, 0x85c0, ACTIVITY_DELETE, 1),
		CLOSE(1),
		CLOSE(4),
		CLOSE(5),
		CLOSE(6),
		ACT(0, 0x8580, ACTIVITY_CONSISTENT, 1),
	};
	SCOPES(f, scopes, events);

	(void)state;
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: global 1 4 2 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 | local 5: 5 6 4 2\n");
	EXPECT_PINS(scopes, "5 used: open call 1\n", 5);
	release(&f, scopes);
}

/* A namespace that loses its first object: the next one's list stands for the global scope. */
static void namespace_loses_head(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLMOPEN(0, 0x86a0, 1, -1, "/app/p.so", RTLD_NOW),
		OPEN(0, 1, "/app/p.so", "p.so", ""),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 5),
		DLMOPEN(0, 0x86a0, 1, 1, "/app/q.so", RTLD_NOW),
		OPEN(0, 1, "/app/q.so", "q.so", ""),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 5),
		DLCLOSE(0, 0x86a0, 1, 5),
		CLOSE(5),
		ACT(0, 0x8080, ACTIVITY_DELETE, 6),
		DLMOPEN(0, 0x86a0, 1, 1, "/app/r.so", RTLD_NOW),
		OPEN(0, 1, "/app/r.so", "r.so", ""),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 6),
	};
	SCOPES(f, scopes, events);

	(void)state;
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "6: local 6: 6\n"
			 "7: global 6 | local 7: 7\n");
	release(&f, scopes);
}

/* A forked child goes on from its parent's state. */
static void forked(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"), START_LIBC, PLUGIN(RTLD_LAZY | RTLD_DEEPBIND),
		DLOPEN(0, 0x86a0, 1, "d.so", RTLD_LAZY | RTLD_GLOBAL)};
	static const struct event child_events[] = {
		PROGRAM("libc.so.6"), /* in another order than the parent's */
		INHERITED("d.so", "d.so", "libc.so.6"),
		INHERITED("p.so", "p.so", "d.so libc.so.6"),
		INHERITED("/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", ""),
		DLCLOSE(0, 0x86a0, 1, 3), /* 5 */
	};
	SCOPES(f, scopes, events);
	static const int twins[] = {0, 5, 4, 3};
	struct fixture child;
	struct scopes *forked;

	(void)state;
	fixture_init(&child, child_events, ARRAY_SIZE(child_events));
	memcpy(child.rec.begin_kind, "fork", sizeof("fork"));
	for (size_t i = 0; i < ARRAY_SIZE(twins); i++) {
		child.rec.objects[i].link_map = f.rec.objects[twins[i]].link_map;
		child.rec.objects[i].inherited = true;
	}
	child.rec.calls[0].handle = child.rec.objects[2].link_map;
	replay_infer(&child.rec, NULL, 0);
	forked = scopes_new(&child.rec, NULL, 0);
	scopes_advance(forked, 0);
	scopes_free(forked);

	forked = scopes_new(&child.rec, NULL, 0);
	scopes_advance(scopes, END(events));
	scopes_inherit(forked, scopes);
	expect_scopes_at(forked, &child.rec, 40,
			 "1: global 1 4 2\n"
			 "2: local! 3: 3 2 4 | global 1 4 2 | local 2: 2 4\n"
			 "3: local! 3: 3 2 4 | global 1 4 2\n"
			 "4: global 1 4 2\n");
	EXPECT_PINS(forked, "2 used: open needed-by of 3\n3 used: open\n", 2, 3);
	scopes_advance(forked, UINT64_MAX);
	EXPECT_PINS(forked, "2 used: open\n3 unused:\n", 2, 3);
	release(&child, forked);
	release(&f, scopes);
}

/* Without its parent a child's scopes are guesses, and said to be. */
static void forked_without_parent(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		INHERITED("p.so", "p.so", "libc.so.6"),
		INHERITED("/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", ""),
	};
	FIXTURE(f, events);
	struct scopes *scopes;

	(void)state;
	memcpy(f.rec.begin_kind, "fork", sizeof("fork"));
	f.rec.objects[0].inherited = true;
	replay_infer(&f.rec, NULL, 0);
	scopes = scopes_new(&f.rec, NULL, 0);
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1?: global 1 3\n"
			 "2?: global 1 3 | local 2: 2 3\n"
			 "3?: global 1 3\n");
	release(&f, scopes);
}

/* Records that make no sense change nothing, and break nothing. */
static void senseless(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),     START_LIBC, PLUGIN(RTLD_LAZY),
		DLCLOSE(0, 0x86a0, 1, 5), CLOSE(5),   GONE,
	};
	FIXTURE(f, events);
	struct scopes *scopes;
	size_t count;
	const char *why;

	(void)state;
	replay_infer(&f.rec, NULL, 0);
	f.rec.objects[5].reason_object = 5; /* loaded by itself */
	f.rec.objects[4].reason_call = 99;
	f.rec.objects[4].needed[0].resolved = 1000;
	f.rec.objects[3].needed[0].resolved = -7;
	f.rec.calls[0].result = 77;
	f.rec.calls[0].parent = 12;
	f.rec.objects[4].closed_seq = 5; /* before it was opened */
	scopes = scopes_new(&f.rec, NULL, 0);
	scopes_advance(scopes, UINT64_MAX);
	assert_null(scopes_of(scopes, 99, &count));
	assert_null(scopes_of(scopes, NONE, &count));
	assert_false(scopes_mapped(scopes, -5));
	assert_int_equal(scopes_open_count(scopes, 1234), 0);
	assert_false(scopes_used(scopes, 1234));
	assert_null(scopes_pins(scopes, 1234, &count));
	assert_int_equal(scopes_next_root(scopes, 5), 5);
	assert_false(scopes_sure(scopes, 4, &why));
	release(&f, scopes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(dependency_stays),
		cmocka_unit_test(nodelete_flag),
		cmocka_unit_test(nodelete_file),
		cmocka_unit_test(bindings),
		cmocka_unit_test(by_dlsym),
		cmocka_unit_test(ring),
		cmocka_unit_test(at_exit),
		cmocka_unit_test(namespace_loses_head),
		cmocka_unit_test(forked),
		cmocka_unit_test(forked_without_parent),
		cmocka_unit_test(senseless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
