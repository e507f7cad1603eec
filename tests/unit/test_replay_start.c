/* Start-up: the program's own searches, LD_PRELOAD, breadth-first DT_NEEDED, RPATH,
 * LD_LIBRARY_PATH. */
#include "tests/unit/replay_events.h"

static void preloads_come_before_needed(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libc.so.6", "$ORIGIN/../lib"),
		LDSO(),
		ACT(0, 0x1a60, ACTIVITY_ADD, 1),
		NAME(0, 0x0440, 1, "libz.so.1"),
		TRY(0, 0x0240, 1, ORIGIN_RUNPATH, "/app/bin/../lib/libz.so.1"),
		TRY(0, 0x03f0, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libz.so.1"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libz.so.1", "libz.so.1", "libc.so.6"),
		NAME(0, 0x0440, 1, "nosuch.so"),
		TRY(0, 0x0240, 1, ORIGIN_RUNPATH, "/app/bin/../lib/nosuch.so"),
		TRY(0, 0x0240, 1, ORIGIN_DEFAULT, "/lib/x86_64-linux-gnu/nosuch.so"),
		TRY(0, 0x0240, 1, ORIGIN_DEFAULT, "/usr/lib/nosuch.so"),
		NAME(0, 0x0440, 1, "/app/lib/liba.so"),
		OPEN_RUNPATH(0, 0, "/app/lib/liba.so", "liba.so", "libb.so", "$ORIGIN/../sub"),
		NAME(0, 0x0440, 1, "/app/lib/../lib/liba.so"),
		NAME(0, 0x0440, 1, "/etc/preloaded.so"), /* from /etc/ld.so.preload */
		OPEN(0, 0, "/etc/preloaded.so", "", ""),
		VDSO(),
		NAME(0, 0x0f90, 1, "libc.so.6"),
		TRY(0, 0x0d90, 1, ORIGIN_RUNPATH, "/app/bin/../lib/libc.so.6"),
		TRY(0, 0x0f40, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libc.so.6"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
		NAME(0, 0x0f70, 4, "libb.so"),
		TRY(0, 0x0d70, 4, ORIGIN_RUNPATH, "/app/lib/../sub/tls/x86_64/libb.so"),
		TRY(0, 0x0d70, 4, ORIGIN_RUNPATH, "/app/lib/../sub/libb.so"),
		OPEN(0, 0, "/app/lib/../sub/libb.so", "libb.so", ""),
		BIND(1, 7, "calloc"),
		ACT(0, 0x1a40, ACTIVITY_CONSISTENT, 1),
		ACT(0, 0x1dc0, ACTIVITY_PREINIT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	fixture_setenv(&f, "LD_PRELOAD",
		       "libz.so.1 nosuch.so /app/lib/liba.so:/app/lib/../lib/liba.so");
	expect(&f, 0,
	       "3 libz.so.1: preload of 1 by cache, needs 7\n"
	       "4 liba.so: preload of 1 by path, needs 8\n"
	       "5 preloaded.so: preload of 1 by path\n"
	       "7 libc.so.6: needed of 1 by cache, needs 2\n"
	       "8 libb.so: needed of 4 by runpath\n"
	       "1 asks libz.so.1: loaded 3\n"
	       "   /app/bin/../lib/libz.so.1 rpath of 1: missing\n"
	       "   /lib/x86_64-linux-gnu/libz.so.1 cache: loaded 3\n"
	       "1 asks nosuch.so: failed\n"
	       "   /app/bin/../lib/nosuch.so rpath of 1: missing\n"
	       "   /lib/x86_64-linux-gnu/nosuch.so default: missing\n"
	       "   /usr/lib/nosuch.so default: missing\n"
	       "1 asks /app/lib/liba.so: loaded 4\n"
	       "1 asks /app/lib/../lib/liba.so: already-loaded 4\n"
	       "1 asks /etc/preloaded.so: loaded 5\n"
	       "1 asks libc.so.6: loaded 7\n"
	       "   /app/bin/../lib/libc.so.6 rpath of 1: missing\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 7\n"
	       "4 asks libb.so: loaded 8\n"
	       "   /app/lib/../sub/tls/x86_64/libb.so runpath of 4: missing\n"
	       "   /app/lib/../sub/libb.so runpath of 4: loaded 8\n");
}

static void preload_of_what_is_needed_too(void **state)
{
	static const struct event events[] = {
		PROGRAM("libm.so.6 libc.so.6"),
		LDSO(),
		ACT(0, 0x1a60, ACTIVITY_ADD, 1),
		NAME(0, 0x0440, 1, "libm.so.6"),
		TRY(0, 0x03f0, 1, ORIGIN_CACHE, "/lib/libm.so.6"),
		OPEN(0, 0, "/lib/libm.so.6", "libm.so.6", ""),
		NAME(0, 0x0440, 1, "libc.so.6"),
		TRY(0, 0x03f0, 1, ORIGIN_CACHE, "/lib/libc.so.6"),
		OPEN(0, 0, "/lib/libc.so.6", "libc.so.6", ""),
		ACT(0, 0x1a40, ACTIVITY_CONSISTENT, 1),
		ACT(0, 0x1dc0, ACTIVITY_PREINIT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	fixture_setenv(&f, "LD_PRELOAD", "libm.so.6");
	expect(&f, 0,
	       "3 libm.so.6: preload of 1 by cache\n"
	       "4 libc.so.6: needed of 1 by cache\n"
	       "1 asks libm.so.6: loaded 3\n"
	       "   /lib/libm.so.6 cache: loaded 3\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/libc.so.6 cache: loaded 4\n");
}

static void needed_library_is_missing(void **state)
{
	/* ld.so prints its message and exits: nothing follows the last path. */
	static const struct event events[] = {
		PROGRAM_RUNPATH("libneed.so libc.so.6", "/app/lib"),
		LDSO(),
		ACT(0, 0xba60, ACTIVITY_ADD, 1),
		VDSO(),
		NAME(0, 0xafe0, 1, "libneed.so"),
		TRY(0, 0xade0, 1, ORIGIN_RUNPATH, "/app/lib/libneed.so"),
		OPEN(0, 0, "/app/lib/libneed.so", "libneed.so", "libgone.so"),
		NAME(0, 0xafc0, 1, "libc.so.6"),
		TRY(0, 0xadc0, 1, ORIGIN_RUNPATH, "/app/lib/libc.so.6"),
		TRY(0, 0xaf70, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libc.so.6"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
		NAME(0, 0xafa0, 4, "libgone.so"),
		TRY(0, 0xada0, 4, ORIGIN_DEFAULT, "/lib/x86_64-linux-gnu/libgone.so"),
		TRY(0, 0xada0, 4, ORIGIN_DEFAULT, "/usr/lib/libgone.so"),
	};
	static const char text[] = "4 asks libgone.so: failed\n"
				   "   /lib/x86_64-linux-gnu/libgone.so default: missing\n"
				   "   /usr/lib/libgone.so default: missing\n";
	static const char unknown[] = "4 asks libgone.so: unknown\n"
				      "   /lib/x86_64-linux-gnu/libgone.so default: missing\n"
				      "   /usr/lib/libgone.so default: unknown\n";

	(void)state;
	{
		FIXTURE(f, events);

		memcpy(f.rec.end_kind, "unknown", sizeof("unknown"));
		expect(&f, 7, text);
	}
	{ /* a live process, or one whose later events were lost, may still have found it */
		FIXTURE(f, events);

		memcpy(f.rec.end_kind, "running", sizeof("running"));
		f.rec.complete = false;
		expect(&f, 7, unknown);
	}
	{
		FIXTURE(f, events);

		memcpy(f.rec.end_kind, "unknown", sizeof("unknown"));
		f.rec.lost_events = 1;
		expect(&f, 7, unknown);
	}
}

static void rpath_of_the_program_serves_its_dependencies(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libneed.so libc.so.6", "/app/lib:/app/sub"),
		LDSO(),
		ACT(0, 0x7da0, ACTIVITY_ADD, 1),
		VDSO(),
		NAME(0, 0x7320, 1, "libneed.so"),
		TRY(0, 0x7120, 1, ORIGIN_RUNPATH, "/app/lib/libneed.so"),
		OPEN(0, 0, "/app/lib/libneed.so", "libneed.so", "libgone.so"),
		NAME(0, 0x7300, 1, "libc.so.6"),
		TRY(0, 0x7100, 1, ORIGIN_RUNPATH, "/app/lib/libc.so.6"),
		TRY(0, 0x7100, 1, ORIGIN_RUNPATH, "/app/sub/libc.so.6"),
		TRY(0, 0x72b0, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libc.so.6"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
		NAME(0, 0x72e0, 4, "libgone.so"),
		TRY(0, 0x70e0, 4, ORIGIN_RUNPATH, "/app/lib/libgone.so"),
		TRY(0, 0x70e0, 4, ORIGIN_RUNPATH, "/app/sub/libgone.so"),
		OPEN(0, 0, "/app/sub/libgone.so", "libgone.so", ""),
		ACT(0, 0x7da0, ACTIVITY_CONSISTENT, 1),
		ACT(0, 0x8100, ACTIVITY_PREINIT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 0,
	       "4 libneed.so: needed of 1 by rpath, needs 6\n"
	       "5 libc.so.6: needed of 1 by cache, needs 2\n"
	       "6 libgone.so: needed of 4 by rpath\n"
	       "1 asks libneed.so: loaded 4\n"
	       "   /app/lib/libneed.so rpath of 1: loaded 4\n"
	       "1 asks libc.so.6: loaded 5\n"
	       "   /app/lib/libc.so.6 rpath of 1: missing\n"
	       "   /app/sub/libc.so.6 rpath of 1: missing\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 5\n"
	       "4 asks libgone.so: loaded 6\n"
	       "   /app/lib/libgone.so rpath of 1: missing\n"
	       "   /app/sub/libgone.so rpath of 1: loaded 6\n");
}

static void library_path_with_the_current_directory(void **state)
{
	static const struct event events[] = {
		PROGRAM_RUNPATH("libneed.so", "/app/lib"),
		LDSO(),
		ACT(0, 0x92d0, ACTIVITY_ADD, 1),
		VDSO(),
		NAME(0, 0x8850, 1, "libneed.so"),
		TRY(0, 0x8650, 1, ORIGIN_LIBPATH, "/app/sub/libneed.so"),
		TRY(0, 0x8650, 1, ORIGIN_LIBPATH, "tls/libneed.so"),
		TRY(0, 0x8650, 1, ORIGIN_LIBPATH, "libneed.so"),
		TRY(0, 0x8650, 1, ORIGIN_RUNPATH, "/app/lib/libneed.so"),
		OPEN(0, 0, "/app/lib/libneed.so", "libneed.so", ""),
		ACT(0, 0x92d0, ACTIVITY_CONSISTENT, 1),
		ACT(0, 0x9630, ACTIVITY_PREINIT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	fixture_setenv(&f, "LD_LIBRARY_PATH", "/app/sub:");
	expect(&f, 0,
	       "4 libneed.so: needed of 1 by runpath\n"
	       "1 asks libneed.so: loaded 4\n"
	       "   /app/sub/libneed.so LD_LIBRARY_PATH: missing\n"
	       "   tls/libneed.so LD_LIBRARY_PATH: missing\n"
	       "   libneed.so LD_LIBRARY_PATH: missing\n"
	       "   /app/lib/libneed.so runpath of 1: loaded 4\n");
}

static void needed_under_two_names_is_one_object(void **state)
{
	/* libx.so is a symbolic link to libx.so.1; both are DT_NEEDED.  ld.so opens one of them and
	 * goes on after the other, which says that it came to something. */
	static const struct event events[] = {
		PROGRAM("libx.so.1 libx.so libc.so.6"),
		LDSO(),
		ACT(0, 0x92d0, ACTIVITY_ADD, 1),
		VDSO(),
		NAME(0, 0x8850, 1, "libx.so.1"),
		TRY(0, 0x8650, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libx.so.1"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libx.so.1", "", ""),
		NAME(0, 0x8850, 1, "libx.so"),
		TRY(0, 0x8650, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libx.so"),
		NAME(0, 0x8850, 1, "libc.so.6"),
		TRY(0, 0x8650, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libc.so.6"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", ""),
		ACT(0, 0x92d0, ACTIVITY_CONSISTENT, 1),
		ACT(0, 0x9630, ACTIVITY_PREINIT, 1),
		DLOPEN(0, 0x9630, 1, "libx.so", 2), /* the name is one of object 4's now */
	};
	FIXTURE(f, events);

	(void)state;
	for (size_t i = 0; i < 3;
	     i++) /* resolved is checked here: the text leaves the program out */
		assert_string_equal(f.rec.objects[0].needed[i].name,
				    ((const char *[]){"libx.so.1", "libx.so", "libc.so.6"})[i]);
	replay_infer(&f.rec, NULL, 0);
	assert_int_equal(f.rec.objects[0].needed[0].resolved, 3);
	assert_int_equal(f.rec.objects[0].needed[1].resolved, 3);
	assert_int_equal(f.rec.objects[0].needed[2].resolved, 4);
	expect(&f, 2,
	       "1 asks libx.so.1: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libx.so.1 cache: loaded 4\n"
	       "1 asks libx.so: already-loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libx.so cache: already-loaded 4\n"
	       "1 asks libc.so.6: loaded 5\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 5\n"
	       "call 1 dlopen libx.so: already-loaded 4 name-match\n");
}

static void forked_child_inherits(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		LDSO(),
		VDSO(),
		INHERITED("/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
		INHERITED("/app/lib/libp.so", "libp.so", "libc.so.6"),
		ACT(0, 0x9000, ACTIVITY_CONSISTENT, 1),
		DLOPEN(0, 0x9630, 1, "libp.so", 2),
		DLOPEN(0, 0x9630, 5, "libq.so", 2),
		NAME(0, 0x9000, 5, "libq.so"),
		TRY(0, 0x8650, 5, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libq.so"),
		ACT(0, 0x8650, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libq.so", "libq.so", "libp.so"),
		ACT(0, 0x8650, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	memcpy(f.rec.begin_kind, "fork", sizeof("fork"));
	expect(&f, 0,
	       "4 libc.so.6: inherited, needs 2\n"
	       "5 libp.so: inherited, needs 4\n"
	       "6 libq.so: dlopen of 5 call 2 by cache, needs 5\n"
	       "5 asks libq.so: loaded 6\n"
	       "   /lib/x86_64-linux-gnu/libq.so cache: loaded 6\n"
	       "call 1 dlopen libp.so: already-loaded 5 name-match\n"
	       "call 2 dlopen libq.so: loaded 6 nested-open\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preloads_come_before_needed),
		cmocka_unit_test(preload_of_what_is_needed_too),
		cmocka_unit_test(needed_library_is_missing),
		cmocka_unit_test(rpath_of_the_program_serves_its_dependencies),
		cmocka_unit_test(library_path_with_the_current_directory),
		cmocka_unit_test(needed_under_two_names_is_one_object),
		cmocka_unit_test(forked_child_inherits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
