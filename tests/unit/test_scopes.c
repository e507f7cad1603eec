/* Scopes after start-up, dlopen with its flags, promotions, namespaces. */
#include "tests/unit/scopes_events.h"

/* The program needs a and b, a needs c, all need libc: breadth first, LD_PRELOAD behind the
 * program. */
static void startup(void **state)
{
	static const struct event events[] = {
		PROGRAM("liba.so libb.so libc.so.6"),
		LDSO(),
		ACT(0, 0xe3d0, ACTIVITY_ADD, 1),
		VDSO(),
		LOAD(0xd960, 1, "/app/pre.so", "pre.so", "libc.so.6"),
		LOAD(0xd960, 1, "liba.so", "liba.so", "libc3.so libc.so.6"),
		LOAD(0xd960, 1, "libb.so", "libb.so", "libc.so.6"),
		LOAD(0xd960, 1, "libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
		LOAD(0xd960, 5, "libc3.so", "libc3.so", "libb.so"),
		CONSISTENT(0xe3d0),
		ACT(0, 0xe740, ACTIVITY_PREINIT, 1),
	};
	FIXTURE(f, events);
	struct scopes *scopes;
	size_t count;
	const int *maps;
	const struct global_entry *global;

	(void)state;
	fixture_setenv(&f, "LD_PRELOAD", "/app/pre.so");
	replay_infer(&f.rec, NULL, 0);
	scopes = scopes_new(&f.rec, NULL, 0);
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 5 6 7 8 2\n"
			 "4: global 1 4 5 6 7 8 2\n"
			 "5: global 1 4 5 6 7 8 2\n"
			 "6: global 1 4 5 6 7 8 2\n"
			 "7: global 1 4 5 6 7 8 2\n"
			 "8: global 1 4 5 6 7 8 2\n");
	EXPECT_PINS(scopes, "6 used: startup needed-by of 1 needed-by of 8\n", 6);
	/* ld.so's own link map stands where the search order has it. */
	maps = scopes_link_maps(scopes, 0, &count);
	assert_int_equal(count, 8);
	assert_int_equal(maps[0], 0);
	assert_int_equal(maps[1], 2);
	assert_int_equal(maps[7], 1);
	global = scopes_global(scopes, 0, &count);
	assert_int_equal(count, 7);
	assert_int_equal(global[1].object, 3);
	assert_int_equal(global[1].call, NONE);
	assert_int_equal(global[1].seq, 0);
	assert_false(global[1].promoted);
	expect_history(scopes, "");
	assert_null(scopes_global(scopes, 7, &count));
	assert_int_equal(scopes_next_root(scopes, 7), 0);
	release(&f, scopes);
}

#define PLUGIN(flags_)                                                                            \
	DLOPEN(0, 0x86a0, 1, "p.so", flags_), FIRST(0x7c80, 1, "p.so", "p.so", "d.so libc.so.6"), \
		LOAD(0x7600, 5, "d.so", "d.so", "libc.so.6"), CONSISTENT(0x8080)

/* RTLD_LOCAL: behind the global scope, in its own and its dependencies' scopes only. */
static void local(void **state)
{
	static const struct event events[] = {PROGRAM("libc.so.6"), START_LIBC, PLUGIN(RTLD_LAZY)};
	SCOPES(f, scopes, events);
	struct scope own;

	(void)state;
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: global 1 4 2 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 | local 5: 5 6 4 2\n");
	expect_history(scopes, "");
	assert_true(scopes_searchlist(scopes, 4, &own));
	assert_int_equal(own.count, 4);
	assert_false(scopes_searchlist(scopes, 5, &own)); /* a dependency */
	assert_true(scopes_searchlist(scopes, 0, &own));
	assert_int_equal(own.kind, SCOPE_GLOBAL);
	assert_int_equal(scopes_next_root(scopes, 5), 4);
	EXPECT_PINS(scopes, "5 used: open call 1\n6 used: needed-by of 5\n", 5, 6);
	release(&f, scopes);
}

/* RTLD_GLOBAL: the whole searchlist joins, behind the constructors. */
static void global(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC, /* 2 to 10 */
		PLUGIN(RTLD_LAZY | RTLD_GLOBAL),
		DLSYM(0, 0x7000, 5, 0, "x"), /* in p.so's constructor: 20 */
		STACK("5 1:1"),
		DLSYM(0, 0x86a0, 1, 5, "y"),
	};
	SCOPES(f, scopes, events);

	(void)state;
	assert_int_equal(f.rec.calls[1].parent, 0);
	expect_scopes_at(scopes, &f.rec, f.rec.calls[1].seq - 1,
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: global 1 4 2 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 | local 5: 5 6 4 2\n");
	expect_scopes_at(scopes, &f.rec, f.rec.calls[2].seq,
			 "1: global 1 4 2 5 6\n"
			 "4: global 1 4 2 5 6\n"
			 "5: global 1 4 2 5 6 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 5 6 | local 5: 5 6 4 2\n");
	expect_history(scopes, "5 joined at 200 by call 1 of 5\n6 joined at 200 by call 1 of 5\n");
	release(&f, scopes);
}

/* The three ways into the global scope later. */
static void promoted_by_noload(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"), START_LIBC, PLUGIN(RTLD_LAZY),
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL)};
	SCOPES(f, scopes, events);

	(void)state;
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2 5 6\n"
			 "4: global 1 4 2 5 6\n"
			 "5: global 1 4 2 5 6 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 5 6 | local 5: 5 6 4 2\n");
	expect_history(scopes, "5 joined at 200 by call 2 of 5, promoted\n"
			       "6 joined at 200 by call 2 of 5, promoted\n");
	assert_int_equal(scopes_open_count(scopes, 4), 2);
	release(&f, scopes);
}

static void promoted_as_dependency(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY),
		DLOPEN(0, 0x86a0, 1, "q.so", RTLD_NOW | RTLD_GLOBAL),
		FIRST(0x7c80, 1, "q.so", "q.so", "p.so"),
		CONSISTENT(0x8080),
	};
	SCOPES(f, scopes, events);

	(void)state;
	/* p.so and d.so were initialised: they search q.so's list too. */
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2 7 5 6\n"
			 "4: global 1 4 2 7 5 6\n"
			 "5: global 1 4 2 7 5 6 | local 5: 5 6 4 2 | local 7: 7 5 6 4 2\n"
			 "6: global 1 4 2 7 5 6 | local 5: 5 6 4 2 | local 7: 7 5 6 4 2\n"
			 "7: global 1 4 2 7 5 6 | local 7: 7 5 6 4 2\n");
	expect_history(scopes, "7 joined at 250 by call 2 of 7\n"
			       "5 joined at 250 by call 2 of 7, promoted\n"
			       "6 joined at 250 by call 2 of 7, promoted\n");
	EXPECT_PINS(scopes, "5 used: open call 1 needed-by of 7\n", 5);
	release(&f, scopes);
}

/* A dependency that is opened itself gets a searchlist, and those in it a scope more; what was
 * global at the start has all it needs. */
static void dependency_opened(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY),
		DLOPEN(0, 0x86a0, 1, "d.so", RTLD_LAZY | RTLD_GLOBAL),
		DLOPEN(0, 0x86a0, 1, "libc.so.6", RTLD_LAZY | RTLD_GLOBAL),
		DLOPEN(0, 0x86a0, 1, NULL, RTLD_LAZY | RTLD_GLOBAL),
	};
	SCOPES(f, scopes, events);

	(void)state;
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2 6\n"
			 "4: global 1 4 2 6\n"
			 "5: global 1 4 2 6 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 6 | local 5: 5 6 4 2 | local 6: 6 4 2\n");
	expect_history(scopes, "6 joined at 200 by call 2 of 6, promoted\n");
	release(&f, scopes);
}

/* What has a searchlist joins only when it is not global itself: its dependencies stay out. */
static void global_object_again(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "q.so", RTLD_LAZY),
		FIRST(0x7c80, 1, "q.so", "q.so", "p.so"),
		LOAD(0x7600, 5, "p.so", "p.so", "libc.so.6"),
		CONSISTENT(0x8080),
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY | RTLD_GLOBAL),
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY | RTLD_GLOBAL),
	};
	SCOPES(f, scopes, events);

	(void)state;
	scopes_advance(scopes, END(events));
	expect_history(scopes, "6 joined at 200 by call 2 of 6, promoted\n");
	assert_int_equal(scopes_open_count(scopes, 5), 2);
	release(&f, scopes);
}

static void deepbind(void **state)
{
	static const struct event events[] = {PROGRAM("libc.so.6"), START_LIBC,
					      PLUGIN(RTLD_NOW | RTLD_DEEPBIND)};
	SCOPES(f, scopes, events);

	(void)state;
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: local! 5: 5 6 4 2 | global 1 4 2\n"
			 "6: local! 5: 5 6 4 2 | global 1 4 2\n");
	release(&f, scopes);
}

/* DT_SYMBOLIC: itself first; not with RTLD_DEEPBIND. */
static void symbolic(void **state)
{
	static const struct event events[] = {PROGRAM("libc.so.6"), START_LIBC, PLUGIN(RTLD_NOW)};
	FIXTURE(f, events);
	struct scopes *scopes;

	(void)state;
	f.rec.objects[3].flags = DF_SYMBOLIC; /* libc */
	f.rec.objects[4].elf_flags = SPOOL_ELF_SYMBOLIC;
	replay_infer(&f.rec, NULL, 0);
	scopes = scopes_new(&f.rec, NULL, 0);
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: symbolic 4 | global 1 4 2\n"
			 "5: symbolic 5 | global 1 4 2 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 | local 5: 5 6 4 2\n");
	scopes_free(scopes);
	f.rec.calls[0].flags |= RTLD_DEEPBIND;
	scopes = scopes_new(&f.rec, NULL, 0);
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: symbolic 4 | global 1 4 2\n"
			 "5: local! 5: 5 6 4 2 | global 1 4 2\n"
			 "6: local! 5: 5 6 4 2 | global 1 4 2\n");
	release(&f, scopes);
}

/* A new namespace: the searchlist of its first object is its global scope. */
static void new_namespace(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLMOPEN(0, 0x86a0, 1, -1, "/app/p.so", RTLD_NOW),
		OPEN(0, 1, "/app/p.so", "p.so", "d.so"),
		NAME(0, 0x7600, 5, "d.so"),
		TRY(0, 0x7600, 5, ORIGIN_RUNPATH, "d.so"),
		OPEN(0, 1, "d.so", "d.so", ""),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 5),
		DLMOPEN(0, 0x86a0, 1, 1, "/app/q.so", RTLD_NOW),
		OPEN(0, 1, "/app/q.so", "q.so", "d.so"),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 5),
	};
	SCOPES(f, scopes, events);
	const struct global_entry *global;
	size_t count;

	(void)state;
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: global 5 6\n"
			 "6: global 5 6 | local 7: 7 6\n"
			 "7: global 5 6 | local 7: 7 6\n");
	global = scopes_global(scopes, 1, &count);
	assert_int_equal(count, 2);
	assert_int_equal(global[0].call, 0);
	release(&f, scopes);
}

/* A dlopen that fails leaves no trace in the scopes of others. */
static void failed(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		PLUGIN(RTLD_LAZY),
		DLOPEN(0, 0x86a0, 1, "q.so", RTLD_NOW | RTLD_GLOBAL),
		FIRST(0x7c80, 1, "q.so", "q.so", "p.so"),
		CONSISTENT(0x8080),
		CLOSE(7), /* 26: a symbol is undefined */
		ACT(0, 0x8080, ACTIVITY_DELETE, 1),
		CONSISTENT(0x8080),
		DLSYM(0, 0x86a0, 1, 5, "y"),
	};
	SCOPES(f, scopes, events);

	(void)state;
	assert_int_equal(f.rec.calls[1].outcome, OUTCOME_FAILED);
	expect_scopes_at(scopes, &f.rec, 250, /* while it was relocated */
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: global 1 4 2 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 | local 5: 5 6 4 2\n"
			 "7: global 1 4 2 | local 7: 7 5 6 4 2\n");
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: global 1 4 2 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 | local 5: 5 6 4 2\n");
	expect_history(scopes, "");
	release(&f, scopes);
}

/* A dlopen with RTLD_GLOBAL whose end is not known makes the global scope uncertain. */
static void unknown(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"), START_LIBC, PLUGIN(RTLD_LAZY),
		DLOPEN(0, 0x86a0, 1, "/somewhere/libother.so", RTLD_NOW | RTLD_GLOBAL)};
	SCOPES(f, scopes, events);

	(void)state;
	f.rec.calls[1].outcome = OUTCOME_UNKNOWN;
	expect_scopes_at(scopes, &f.rec, f.rec.calls[1].seq - 1,
			 "1: global 1 4 2\n"
			 "4: global 1 4 2\n"
			 "5: global 1 4 2 | local 5: 5 6 4 2\n"
			 "6: global 1 4 2 | local 5: 5 6 4 2\n");
	expect_scopes_at(scopes, &f.rec, END(events),
			 "1?: global 1 4 2\n"
			 "4?: global 1 4 2\n"
			 "5?: global 1 4 2 | local 5: 5 6 4 2\n"
			 "6?: global 1 4 2 | local 5: 5 6 4 2\n");
	release(&f, scopes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(startup),
		cmocka_unit_test(local),
		cmocka_unit_test(global),
		cmocka_unit_test(promoted_by_noload),
		cmocka_unit_test(promoted_as_dependency),
		cmocka_unit_test(dependency_opened),
		cmocka_unit_test(global_object_again),
		cmocka_unit_test(deepbind),
		cmocka_unit_test(symbolic),
		cmocka_unit_test(new_namespace),
		cmocka_unit_test(failed),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
