/* dlopen that fails, and what only looks like it: closing, exit, lost events. */
#include "tests/unit/replay_events.h"

static void failures_leave_nothing_behind(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libc.so.6", "/app/lib"),
		START_LIBC,
		/* a DT_NEEDED of a DT_NEEDED is missing */
		DLOPEN(0, 0x3e20, 1, "libtop.so", 2),
		NAME(0, 0x3400, 1, "libtop.so"),
		TRY(0, 0x3200, 1, ORIGIN_RUNPATH, "/app/lib/libtop.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/lib/libtop.so", "libtop.so", "libneed.so libc.so.6"),
		NAME(0, 0x2d80, 5, "libneed.so"),
		TRY(0, 0x2b80, 5, ORIGIN_RUNPATH, "/app/lib/libneed.so"),
		OPEN(0, 0, "/app/lib/libneed.so", "libneed.so", "libgone.so"),
		NAME(0, 0x2d20, 6, "libgone.so"),
		TRY(0, 0x2b20, 6, ORIGIN_RUNPATH, "/app/lib/libgone.so"),
		TRY(0, 0x2b20, 6, ORIGIN_DEFAULT, "/usr/lib/libgone.so"),
		CLOSE(5),
		CLOSE(6),
		ACT(0, 0x3a10, ACTIVITY_DELETE, 1),
		ACT(0, 0x3a10, ACTIVITY_CONSISTENT, 1),
		/* a symbol is undefined */
		DLOPEN(0, 0x3e20, 1, "libundef.so", 2),
		NAME(0, 0x3400, 1, "libundef.so"),
		TRY(0, 0x3200, 1, ORIGIN_RUNPATH, "/app/lib/libundef.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/lib/libundef.so", "libundef.so", ""),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
		CLOSE(7),
		ACT(0, 0x3a10, ACTIVITY_DELETE, 1),
		ACT(0, 0x3a10, ACTIVITY_CONSISTENT, 1),
		/* nowhere; no such path; a mode without RTLD_LAZY or RTLD_NOW */
		DLOPEN(0, 0x3e20, 1, "nosuch.so", 2),
		NAME(0, 0x3400, 1, "nosuch.so"),
		TRY(0, 0x3200, 1, ORIGIN_RUNPATH, "/app/lib/nosuch.so"),
		TRY(0, 0x3200, 1, ORIGIN_DEFAULT, "/usr/lib/nosuch.so"),
		DLOPEN(0, 0x3e20, 1, "./nosuch.so", 2),
		NAME(0, 0x3400, 1, "./nosuch.so"),
		DLOPEN(0, 0x3e20, 1, "libc.so.6", 0),
		/* the file of a failed load is not there any more, its name neither */
		DLOPEN(0, 0x3e20, 1, "libundef.so", 6),
		NAME(0, 0x3400, 1, "libundef.so"),
		TRY(0, 0x3200, 1, ORIGIN_RUNPATH, "/app/lib/libundef.so"),
		ACT(0, 0x3d40, ACTIVITY_DELETE, 1),
		CLOSE(1),
		CLOSE(4),
		ACT(0, 0x3d20, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	f.rec.calls[5].flags = 6; /* RTLD_NOW | RTLD_NOLOAD: found but not loaded */
	expect(&f, 6,
	       "1 asks libtop.so: failed 5\n"
	       "   /app/lib/libtop.so rpath of 1: loaded 5\n"
	       "5 asks libneed.so: loaded 6\n"
	       "   /app/lib/libneed.so rpath of 1: loaded 6\n"
	       "6 asks libgone.so: failed\n"
	       "   /app/lib/libgone.so rpath of 1: missing\n"
	       "   /usr/lib/libgone.so default: missing\n"
	       "1 asks libundef.so: failed 7\n"
	       "   /app/lib/libundef.so rpath of 1: loaded 7\n"
	       "1 asks nosuch.so: failed\n"
	       "   /app/lib/nosuch.so rpath of 1: missing\n"
	       "   /usr/lib/nosuch.so default: missing\n"
	       "1 asks ./nosuch.so: failed\n"
	       "1 asks libundef.so: failed\n"
	       "   /app/lib/libundef.so rpath of 1: unknown\n"
	       "call 1 dlopen libtop.so: failed 0 failed-search\n"
	       "call 2 dlopen libundef.so: failed 0 nested-open\n"
	       "call 3 dlopen nosuch.so: failed 0 failed-search\n"
	       "call 4 dlopen ./nosuch.so: failed 0 failed-search\n"
	       "call 5 dlopen libc.so.6: failed 0 unknown\n"
	       "call 6 dlopen libundef.so: failed 0 not-loaded\n");
}

/* A search ends at a file that can't be used: only the last path can be such a file, and it is one
 * when places after it were left out. */
static void searches_stop_at_unusable_files(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libc.so.6", "/app/lib"),
		START_LIBC,
		/* a DT_NEEDED, in a directory of DT_RPATH */
		DLOPEN(0, 0x3e20, 1, "/app/a.so", 2),
		NAME(0, 0x3400, 1, "/app/a.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/a.so", "", "libjunk.so"),
		NAME(0, 0x2d80, 5, "libjunk.so"),
		TRY(0, 0x2b80, 5, ORIGIN_RUNPATH, "/app/lib/tls/libjunk.so"),
		TRY(0, 0x2b80, 5, ORIGIN_RUNPATH, "/app/lib/libjunk.so"),
		CLOSE(5),
		ACT(0, 0x3a10, ACTIVITY_DELETE, 1),
		ACT(0, 0x3a10, ACTIVITY_CONSISTENT, 1),
		/* /usr/lib comes last of the default directories, and exists */
		DLOPEN(0, 0x3e20, 1, "libscript.so", 2),
		NAME(0, 0x3400, 1, "libscript.so"),
		TRY(0, 0x3200, 1, ORIGIN_RUNPATH, "/app/lib/libscript.so"),
		TRY(0, 0x3200, 1, ORIGIN_DEFAULT, "/lib/x86_64-linux-gnu/libscript.so"),
		/* paths: one file exists, the other does not */
		DLOPEN(0, 0x3e20, 1, "/app/text.so", 2),
		NAME(0, 0x3400, 1, "/app/text.so"),
		DLOPEN(0, 0x3e20, 1, "/app/gone.so", 2),
		NAME(0, 0x3400, 1, "/app/gone.so"),
		/* a file that may not be loaded */
		DLOPEN(0, 0x3e20, 1, "/app/fine.so", 6),
		NAME(0, 0x3400, 1, "/app/fine.so"),
		DLSYM(0, 0x3e20, 1, 0, "f"),
	};
	FIXTURE(f, events);

	(void)state;
	for (size_t i = 0; i < f.rec.search_count; i++)
		if (strcmp(f.rec.searches[i].tried, "/app/text.so") == 0 ||
		    strcmp(f.rec.searches[i].tried, "/app/fine.so") == 0)
			f.rec.searches[i].ino = 7 + i;
	expect(&f, 4,
	       "1 asks /app/a.so: failed 5\n"
	       "5 asks libjunk.so: failed\n"
	       "   /app/lib/tls/libjunk.so rpath of 1: missing\n"
	       "   /app/lib/libjunk.so rpath of 1: unusable\n"
	       "1 asks libscript.so: failed\n"
	       "   /app/lib/libscript.so rpath of 1: missing\n"
	       "   /lib/x86_64-linux-gnu/libscript.so default: unusable\n"
	       "1 asks /app/text.so: unusable\n"
	       "1 asks /app/gone.so: failed\n"
	       "1 asks /app/fine.so: failed\n"
	       "call 1 dlopen /app/a.so: failed 0 failed-search\n"
	       "call 2 dlopen libscript.so: failed 0 failed-search\n"
	       "call 3 dlopen /app/text.so: failed 0 failed-search\n"
	       "call 4 dlopen /app/gone.so: failed 0 failed-search\n"
	       "call 5 dlopen /app/fine.so: failed 0 not-loaded\n"
	       "call 6 dlsym f: 0 unknown\n");
}

/* A DT_NEEDED that a loaded file satisfies under another name, and then an undefined symbol: the
 * search was not in vain. */
static void undefined_symbols_are_no_vain_searches(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libc.so.6", "/app/lib"),
		START_LIBC,
		DLOPEN(0, 0x3e20, 1, "/app/a.so", 2),
		NAME(0, 0x3400, 1, "/app/a.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/a.so", "", "libother.so"),
		NAME(0, 0x2d80, 5, "libother.so"),
		TRY(0, 0x2b80, 5, ORIGIN_RUNPATH, "/app/lib/libother.so"),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
		CLOSE(5),
		ACT(0, 0x3a10, ACTIVITY_DELETE, 1),
		ACT(0, 0x3a10, ACTIVITY_CONSISTENT, 1),
		DLSYM(0, 0x3e20, 1, 0, "f"),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 4,
	       "1 asks /app/a.so: failed 5\n"
	       "5 asks libother.so: already-loaded\n"
	       "   /app/lib/libother.so rpath of 1: already-loaded\n"
	       "call 1 dlopen /app/a.so: failed 0 nested-open\n"
	       "call 2 dlsym f: 0 unknown\n");
}

/* Since glibc 2.41 LA_ACT_CONSISTENT comes of a dlopen that fails, too, before anything is closed:
 * what could not be found was not loaded already. */
static void consistent_is_said_of_failures_too(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libc.so.6", "/app/lib"),
		START_LIBC,
		DLOPEN(0, 0x3e20, 1, "/app/a.so", 2),
		NAME(0, 0x3400, 1, "/app/a.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/a.so", "", "libother.so"),
		NAME(0, 0x2d80, 5, "libother.so"),
		TRY(0, 0x2b80, 5, ORIGIN_DEFAULT, "/usr/lib/libother.so"),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
		ACT(0, 0x3a10, ACTIVITY_DELETE, 1),
		CLOSE(5),
		ACT(0, 0x3a10, ACTIVITY_CONSISTENT, 1),
		DLSYM(0, 0x3e20, 1, 0, "f"),
	};
	FIXTURE(f, events);

	(void)state;
	f.rec.glibc = xstrdup("2.41");
	expect(&f, 4,
	       "1 asks /app/a.so: failed 5\n"
	       "5 asks libother.so: failed\n"
	       "   /usr/lib/libother.so default: missing\n"
	       "call 1 dlopen /app/a.so: failed 0 failed-search\n"
	       "call 2 dlsym f: 0 unknown\n");
}

/* Closed by exit, by dlclose, by a failing dlopen: only the last makes the call a failure. */
static void closing_is_not_failing(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x3e20, 1, "/app/a.so", 2),
		NAME(0, 0x3400, 1, "/app/a.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/a.so", "", ""),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
		DLCLOSE(1, 0x9e20, 1, 5), /* in another thread */
		CLOSE(5),
		ACT(1, 0x3a10, ACTIVITY_DELETE, 1),
		ACT(1, 0x3a10, ACTIVITY_CONSISTENT, 1),
		DLMOPEN(0, 0x3e20, 1, -1, "/app/b.so", 2),
		ACT(0, 0x3280, ACTIVITY_ADD, 0),
		OPEN(0, 2, "/app/b.so", "", ""),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 6),
		DLOPEN(0, 0x3e20, 1, "/app/c.so", 2),
		NAME(0, 0x3400, 1, "/app/c.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/c.so", "", ""),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
		ACT(0, 0x3180, ACTIVITY_DELETE, 6), /* exit */
		CLOSE(6),
		ACT(0, 0x3180, ACTIVITY_CONSISTENT, 6),
		ACT(0, 0x3180, ACTIVITY_DELETE, 1),
		CLOSE(1),
		CLOSE(7),
		CLOSE(4),
		ACT(0, 0x3180, ACTIVITY_CONSISTENT, 1),
	};
	static const char text[] = "1 asks /app/a.so: loaded 5\n"
				   "1 asks /app/c.so: loaded 7\n"
				   "call 1 dlopen /app/a.so: loaded 5 nested-open\n"
				   "call 2 dlclose -: 5 handle\n"
				   "call 3 dlmopen /app/b.so: loaded 6 nested-open\n"
				   "call 4 dlopen /app/c.so: loaded 7 nested-open\n";

	(void)state;
	{
		FIXTURE(f, events);

		expect(&f, 6, text);
	}
	{ /* before glibc 2.35 exit reports no activity */
		FIXTURE(f, events);

		f.rec.activity_count -= 4;
		expect(&f, 6, text);
	}
}

/* A dlopen of a copy in another namespace fails, the program gives up and exits: two deletions in
 * that namespace follow each other, and only the second one is exit's. */
static void failure_right_before_exit(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLMOPEN(0, 0x3e20, 1, -1, "/app/b.so", 2),
		ACT(0, 0x3280, ACTIVITY_ADD, 0),
		OPEN(0, 2, "/app/b.so", "", ""),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 5),
		DLOPEN(0, 0x3e20, 5, "/app/undef.so", 2),
		NAME(0, 0x3400, 5, "/app/undef.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 5),
		OPEN(0, 2, "/app/undef.so", "", ""),
		ACT(0, 0x3280, ACTIVITY_DELETE, 5), /* as from glibc 2.41 on */
		CLOSE(6),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 5),
		ACT(0, 0x3180, ACTIVITY_DELETE, 5),
		CLOSE(5),
		ACT(0, 0x3180, ACTIVITY_CONSISTENT, 5),
		ACT(0, 0x3180, ACTIVITY_DELETE, 1),
		CLOSE(1),
		CLOSE(4),
		ACT(0, 0x3180, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 5,
	       "5 asks /app/undef.so: failed 6\n"
	       "call 1 dlmopen /app/b.so: loaded 5 nested-open\n"
	       "call 2 dlopen /app/undef.so: failed 0 nested-open\n");
}

/* A constructor has run, so the dlopen had succeeded, whatever closed the object later. */
static void constructors_run_after_success(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x3e20, 1, "/app/a.so", 2),
		STACK("1:1 4"),
		NAME(0, 0x3400, 1, "/app/a.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/a.so", "", "liblost.so"), /* what it needs was lost */
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
		DLSYM(0, 0x3000, 5, 0, "x"),
		STACK("5:2 2 1:1 4"),
		CLOSE(5), /* by a dlclose that no tap caught */
		ACT(0, 0x3a10, ACTIVITY_DELETE, 1),
		ACT(0, 0x3a10, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 4,
	       "1 asks /app/a.so: loaded 5\n"
	       "call 1 dlopen /app/a.so: loaded 5 nested-open\n"
	       "call 2 dlsym x: 0 unknown in 1\n");
}

/* A dependency whose events were lost is not what a later dlopen loads by that name. */
static void later_loads_satisfy_no_earlier_need(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x3e20, 1, "/app/a.so", 2),
		NAME(0, 0x3400, 1, "/app/a.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/a.so", "", "liblost.so"),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
		DLOPEN(0, 0x3e20, 1, "liblost.so", 2),
		NAME(0, 0x3400, 1, "liblost.so"),
		TRY(0, 0x3400, 1, ORIGIN_CACHE, "/lib/liblost.so"),
		ACT(0, 0x3280, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/lib/liblost.so", "liblost.so", ""),
		ACT(0, 0x3280, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	f.rec.lost_events = 2;
	expect(&f, 1,
	       "5 a.so: dlopen of 1 call 1 by path, needs 0\n"
	       "6 liblost.so: dlopen of 1 call 2 by cache\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 4\n"
	       "1 asks /app/a.so: loaded 5\n"
	       "1 asks liblost.so: loaded 6\n"
	       "   /lib/liblost.so cache: loaded 6\n"
	       "call 1 dlopen /app/a.so: loaded 5 nested-open\n"
	       "call 2 dlopen liblost.so: loaded 6 nested-open\n");
}

/* The last event is a search in vain; what says that it is over is how the process went on. */
static void end_of_the_process(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "/app/none.so", 2),
		NAME(0, 0x7c80, 1, "/app/none.so"),
		DLSYM(4, 0x86a0, 1, 0, "f"), /* another thread */
	};
	static const struct {
		const char *end;
		bool threads;
		enum outcome outcome;
	} cases[] = {
		{"exit", false, OUTCOME_FAILED},     {"exit", true, OUTCOME_FAILED},
		{"exec", false, OUTCOME_FAILED},     {"exec", true, OUTCOME_UNKNOWN},
		{"unknown", false, OUTCOME_UNKNOWN}, {"running", true, OUTCOME_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;

		fixture_init(&f, events, ARRAY_SIZE(events) - !cases[i].threads);
		memset(f.rec.end_kind, 0, sizeof(f.rec.end_kind));
		memcpy(f.rec.end_kind, cases[i].end, strlen(cases[i].end));
		replay_infer(&f.rec, f.bindings, f.binding_count);
		assert_int_equal(f.rec.calls[0].outcome, cases[i].outcome);
		assert_int_equal(f.rec.searches[2].outcome, cases[i].outcome);
		recording_release(&f.rec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_leave_nothing_behind),
		cmocka_unit_test(searches_stop_at_unusable_files),
		cmocka_unit_test(undefined_symbols_are_no_vain_searches),
		cmocka_unit_test(consistent_is_said_of_failures_too),
		cmocka_unit_test(closing_is_not_failing),
		cmocka_unit_test(failure_right_before_exit),
		cmocka_unit_test(constructors_run_after_success),
		cmocka_unit_test(later_loads_satisfy_no_earlier_need),
		cmocka_unit_test(end_of_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
