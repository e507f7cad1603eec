/* dlopen and its family: who loaded what, what calls came to, failures, names, threads. */
#include "tests/unit/replay_events.h"

static void dlopen_with_dependencies_and_again(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libc.so.6", "$ORIGIN/../lib"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "liba.so", 2),
		NAME(0, 0x7c80, 1, "liba.so"),
		TRY(0, 0x7a80, 1, ORIGIN_RUNPATH, "/app/bin/../lib/liba.so"),
		ACT(0, 0x7b00, ACTIVITY_ADD, 1),
		OPEN_RUNPATH(0, 0, "/app/bin/../lib/liba.so", "liba.so.1", "libb.so libc.so.6",
			     "$ORIGIN/../sub"),
		NAME(0, 0x7600, 5, "libb.so"),
		TRY(0, 0x7400, 5, ORIGIN_RUNPATH, "/app/bin/../lib/../sub/tls/libb.so"),
		TRY(0, 0x7400, 5, ORIGIN_RUNPATH, "/app/bin/../lib/../sub/libb.so"),
		OPEN(0, 0, "/app/bin/../lib/../sub/libb.so", "libb.so", ""),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 1),
		DLOPEN(0, 0x86a0, 1, "liba.so", 2),
		DLOPEN(0, 0x86a0, 1, "/app/bin/../lib/liba.so", 2),
		DLOPEN(0, 0x86a0, 1, "liba.so.1", 2),
		DLOPEN(0, 0x86a0, 1, "libb.so", 6),
		DLOPEN(0, 0x86a0, 1, "/app/lib/liba.so", 2), /* the same file: searched for */
		NAME(0, 0x7c80, 1, "/app/lib/liba.so"),
		DLOPEN(0, 0x86a0, 1, "/app/lib/liba.so", 2), /* and not any more */
		DLSYM(0, 0x86a0, 1, 5, "foo"),
		BIND(1, 6, "foo"), /* defined in a dependency */
		DLSYM(0, 0x86a0, 1, 5, "nosuch"),
		DLCLOSE(0, 0x86a0, 1, 5),
		DLOPEN(0, 0x86a0, 1, NULL, 2),
		DLSYM(0, 0x86a0, 1, 0, "bar"), /* RTLD_DEFAULT */
		BIND(4, 4, "bar"),             /* somebody else's */
		BIND(1, 4, "bar"),
		ACT(0, 0x85c0, ACTIVITY_DELETE, 1),
		CLOSE(1),
		CLOSE(4),
		CLOSE(5),
		CLOSE(6),
		ACT(0, 0x8580, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 1,
	       "5 liba.so: dlopen of 1 call 1 by rpath, needs 6 4\n"
	       "6 libb.so: needed of 5 call 1 by runpath\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 4\n"
	       "1 asks liba.so: loaded 5\n"
	       "   /app/bin/../lib/liba.so rpath of 1: loaded 5\n"
	       "5 asks libb.so: loaded 6\n"
	       "   /app/bin/../lib/../sub/tls/libb.so runpath of 5: missing\n"
	       "   /app/bin/../lib/../sub/libb.so runpath of 5: loaded 6\n"
	       "1 asks /app/lib/liba.so: already-loaded 5\n"
	       "call 1 dlopen liba.so: loaded 5 nested-open\n"
	       "call 2 dlopen liba.so: already-loaded 5 name-match\n"
	       "call 3 dlopen /app/bin/../lib/liba.so: already-loaded 5 name-match\n"
	       "call 4 dlopen liba.so.1: already-loaded 5 name-match\n"
	       "call 5 dlopen libb.so: already-loaded 6 name-match\n"
	       "call 6 dlopen /app/lib/liba.so: already-loaded 5 nested-search\n"
	       "call 7 dlopen /app/lib/liba.so: already-loaded 5 name-match\n"
	       "call 8 dlsym foo: 6 binding\n"
	       "call 9 dlsym nosuch: 0 unknown\n"
	       "call 10 dlclose -: 5 handle\n"
	       "call 11 dlopen -: already-loaded 1 name-match\n"
	       "call 12 dlsym bar: 4 binding\n");
}

static void constructor_calls_dlopen(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libc.so.6", "/app/lib"),
		START_LIBC,
		DLOPEN(0, 0x05f0, 1, "libnest.so", 2),
		STACK("1:1 4 1"),
		NAME(0, 0x00d0, 1, "libnest.so"),
		TRY(0, 0x00c0, 1, ORIGIN_RUNPATH, "/app/lib/libnest.so"),
		ACT(0, 0x00c0, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/lib/libnest.so", "libnest.so", "libc.so.6"),
		ACT(0, 0x00d0, ACTIVITY_CONSISTENT, 1),
		DLOPEN(0, 0x00a0, 5, "libb2.so", 1),
		STACK("5:2 2 2 4 1:1 4 1"),
		NAME(0, 0x0090, 5, "libb2.so"),
		TRY(0, 0x0080, 5, ORIGIN_RUNPATH, "/app/lib/libb2.so"),
		TRY(0, 0x0080, 5, ORIGIN_DEFAULT, "/usr/lib/libb2.so"),
		DLOPEN(0, 0x00a0, 5, "liba.so", 1),
		STACK("5:3 2 2 4 1:1 4 1"),
		NAME(0, 0x0090, 5, "liba.so"),
		TRY(0, 0x0080, 5, ORIGIN_RUNPATH, "/app/lib/liba.so"),
		ACT(0, 0x0080, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/lib/liba.so", "liba.so", "libnest.so"),
		ACT(0, 0x0080, ACTIVITY_CONSISTENT, 1),
		DLOPEN(0, 0x00a8, 6, "libnest.so", 1), /* no stack: the caller is being loaded */
		/* from a deeper function of the program, after the outer call returned */
		DLOPEN(0, 0x03d0, 1, "libdeep.so", 2),
		STACK("1:5 1 4 1"),
		NAME(0, 0x00b0, 1, "libdeep.so"),
		TRY(0, 0x00a0, 1, ORIGIN_RUNPATH, "/app/lib/libdeep.so"),
		ACT(0, 0x00a0, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/lib/libdeep.so", "libdeep.so", ""),
		ACT(0, 0x00a0, ACTIVITY_CONSISTENT, 1),
		/* a destructor calls dlopen */
		DLCLOSE(0, 0x05f0, 1, 6),
		STACK("1:6 4 1"),
		DLOPEN(0, 0x05a0, 6, "libnest.so", 1),
		STACK("6:7 2 1:6 4 1"),
		CLOSE(6),
		ACT(0, 0x0500, ACTIVITY_DELETE, 1),
		ACT(0, 0x0500, ACTIVITY_CONSISTENT, 1),
		DLSYM(0, 0x0200, 1, 5, "x"), /* deeper again, and not in the dlclose */
		STACK("1:8 1 4 1"),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 1,
	       "5 libnest.so: dlopen of 1 call 1 by rpath, needs 4\n"
	       "6 liba.so: dlopen of 5 call 3 by rpath, needs 5\n"
	       "7 libdeep.so: dlopen of 1 call 5 by rpath\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 4\n"
	       "1 asks libnest.so: loaded 5\n"
	       "   /app/lib/libnest.so rpath of 1: loaded 5\n"
	       "5 asks libb2.so: failed\n"
	       "   /app/lib/libb2.so rpath of 1: missing\n"
	       "   /usr/lib/libb2.so default: missing\n"
	       "5 asks liba.so: loaded 6\n"
	       "   /app/lib/liba.so rpath of 1: loaded 6\n"
	       "1 asks libdeep.so: loaded 7\n"
	       "   /app/lib/libdeep.so rpath of 1: loaded 7\n"
	       "call 1 dlopen libnest.so: loaded 5 nested-open\n"
	       "call 2 dlopen libb2.so: failed 0 failed-search in 1\n"
	       "call 3 dlopen liba.so: loaded 6 nested-open in 1\n"
	       "call 4 dlopen libnest.so: already-loaded 5 name-match in 1\n"
	       "call 5 dlopen libdeep.so: loaded 7 nested-open\n"
	       "call 6 dlclose -: 6 handle\n"
	       "call 7 dlopen libnest.so: already-loaded 5 name-match in 6\n"
	       "call 8 dlsym x: 0 unknown\n");
}

static void new_namespace_has_its_own_copies(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLMOPEN(0, 0xf520, 1, -1, "libz.so.1", 2),
		NAME(0, 0xef30, 1, "libz.so.1"),
		TRY(0, 0xeee0, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libz.so.1"),
		ACT(0, 0xedb0, ACTIVITY_ADD, 0), /* the namespace's head is not announced yet */
		OPEN(0, 2, "/lib/x86_64-linux-gnu/libz.so.1", "libz.so.1", "libc.so.6"),
		NAME(0, 0xe8b0, 5, "libc.so.6"),
		TRY(0, 0xe860, 5, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libc.so.6"),
		OPEN(0, 2, "/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
		NAME(0, 0xe890, 6, "ld-linux-x86-64.so.2"),
		TRY(0, 0xe840, 6, ORIGIN_CACHE,
		    "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"), /* there is one only */
		ACT(0, 0xf330, ACTIVITY_CONSISTENT, 5),
		DLMOPEN(0, 0xf520, 1, 2, "libz.so.1", 2),
		DLOPEN(0, 0xf520, 5, "libc.so.6", 2), /* by the copy, in its namespace */
		DLOPEN(0, 0xf520, 1, "libc.so.6", 2),
		DLMOPEN(0, 0xf520, 1, -1, "/nosuch.so", 2), /* a path: no la_objsearch */
		DLMOPEN(0, 0xf520, 1, 2, "/app/p.so", 2),
		ACT(0, 0xedb0, ACTIVITY_ADD, 5),
		OPEN(0, 2, "/app/p.so", "", "libz.so.1"),
		ACT(0, 0xf330, ACTIVITY_CONSISTENT, 5),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 1,
	       "5 libz.so.1: dlopen of 1 call 1 by cache, needs 6\n"
	       "6 libc.so.6: needed of 5 call 1 by cache, needs 2\n"
	       "7 p.so: dlopen of 1 call 6, needs 5\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 4\n"
	       "1 asks libz.so.1: loaded 5\n"
	       "   /lib/x86_64-linux-gnu/libz.so.1 cache: loaded 5\n"
	       "5 asks libc.so.6: loaded 6\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 6\n"
	       "6 asks ld-linux-x86-64.so.2: already-loaded 2\n"
	       "   /lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 cache: already-loaded 2\n"
	       "call 1 dlmopen libz.so.1: loaded 5 nested-open\n"
	       "call 2 dlmopen libz.so.1: already-loaded 5 name-match\n"
	       "call 3 dlopen libc.so.6: already-loaded 6 name-match\n"
	       "call 4 dlopen libc.so.6: already-loaded 4 name-match\n"
	       "call 5 dlmopen /nosuch.so: failed 0 unknown\n"
	       "call 6 dlmopen /app/p.so: loaded 7 nested-open\n");
}

static void libc_loads_by_itself(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0xf600, 1, "libc.so.6", 2), /* returned: not in it */
		NAME(0, 0xf820, 4, "libnss_nosuch.so.2"),
		TRY(0, 0xf620, 4, ORIGIN_DEFAULT, "/usr/lib/libnss_nosuch.so.2"),
		NAME(0, 0xf820, 4, "libnss_systemd.so.2"),
		TRY(0, 0xf7d0, 4, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libnss_systemd.so.2"),
		ACT(0, 0xf6a0, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libnss_systemd.so.2", "libnss_systemd.so.2",
		     "libcap.so.2 libc.so.6"),
		NAME(0, 0xf1a0, 5, "libcap.so.2"),
		TRY(0, 0xf150, 5, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libcap.so.2"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libcap.so.2", "libcap.so.2", "libc.so.6"),
		ACT(0, 0xfc20, ACTIVITY_CONSISTENT, 1),
		NAME(0, 0xf940, 4, "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so"),
		ACT(0, 0xf7c0, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", "", "libc.so.6"),
		ACT(0, 0xfd40, ACTIVITY_CONSISTENT, 1),
		/* dlopen through a pointer that no tap caught */
		NAME(0, 0xf940, 6, "/app/p.so"),
		ACT(0, 0xf7c0, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/p.so", "", "libcap.so.2"),
		ACT(0, 0xfd40, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 1,
	       "5 libnss_systemd.so.2: libc of 4 by cache, needs 6 4\n"
	       "6 libcap.so.2: needed of 5 by cache, needs 4\n"
	       "7 UTF-16.so: libc of 4 by path, needs 4\n"
	       "8 p.so: dlopen of 6 by path, needs 6\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 4\n"
	       "4 asks libnss_nosuch.so.2: failed\n"
	       "   /usr/lib/libnss_nosuch.so.2 default: missing\n"
	       "4 asks libnss_systemd.so.2: loaded 5\n"
	       "   /lib/x86_64-linux-gnu/libnss_systemd.so.2 cache: loaded 5\n"
	       "5 asks libcap.so.2: loaded 6\n"
	       "   /lib/x86_64-linux-gnu/libcap.so.2 cache: loaded 6\n"
	       "4 asks /usr/lib/x86_64-linux-gnu/gconv/UTF-16.so: loaded 7\n"
	       "6 asks /app/p.so: loaded 8\n"
	       "call 1 dlopen libc.so.6: already-loaded 4 name-match\n");
}

/* A symbolic link to a loaded file shows in nothing but what the program does with the handle. */
static void symbolic_links_need_evidence(void **state)
{
	static const struct event events[] = {
		PROGRAM_RPATH("libz.so.1 libc.so.6", "/app/lib"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "/app/lib/libplug.so", 2),
		NAME(0, 0x7c80, 1, "/app/lib/libplug.so"),
		ACT(0, 0x7b00, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/lib/libplug.so", "", "libz.so.1"),
		NAME(0, 0x7600, 5, "libz.so.1"),
		TRY(0, 0x7400, 5, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libz.so.1"),
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libz.so.1", "libz.so.1", ""),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 1),
		DLOPEN(0, 0x86a0, 1, "libz.so", 2), /* alike, and its handle is used later */
		NAME(0, 0x7c80, 1, "libz.so"),
		TRY(0, 0x7400, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libz.so"),
		DLOPEN(0, 0x86a0, 1, "libplug.so", 2), /* alike, but that handle is known */
		NAME(0, 0x7c80, 1, "libplug.so"),
		TRY(0, 0x7400, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libplug.so"),
		DLSYM(0, 0x86a0, 1, 5, "init"),
		DLSYM(0, 0x86a0, 1, 6, "deflate"),
		DLOPEN(0, 0x86a0, 1, "/app/lib/broken.so", 2), /* nothing is like it */
		NAME(0, 0x7c80, 1, "/app/lib/broken.so"),
		DLSYM(0, 0x86a0, 1, 5, "init"),
		DLOPEN(0, 0x86a0, 1, "libbad.so", 2), /* found, but no ELF file */
		NAME(0, 0x7c80, 1, "libbad.so"),
		TRY(0, 0x7400, 1, ORIGIN_RUNPATH, "/app/lib/libbad.so"),
		DLOPEN(0, 0x86a0, 1, "libz.so", 2), /* one of its names now */
		DLCLOSE(0, 0x86a0, 1, 6),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 5,
	       "1 asks /app/lib/libplug.so: loaded 5\n"
	       "5 asks libz.so.1: loaded 6\n"
	       "   /lib/x86_64-linux-gnu/libz.so.1 cache: loaded 6\n"
	       "1 asks libz.so: already-loaded 6\n"
	       "   /lib/x86_64-linux-gnu/libz.so cache: already-loaded 6\n"
	       "1 asks libplug.so: unknown\n"
	       "   /lib/x86_64-linux-gnu/libplug.so cache: unknown\n"
	       "1 asks /app/lib/broken.so: failed\n"
	       "1 asks libbad.so: unknown\n"
	       "   /app/lib/libbad.so rpath of 1: unknown\n"
	       "call 1 dlopen /app/lib/libplug.so: loaded 5 nested-open\n"
	       "call 2 dlopen libz.so: already-loaded 6 handle\n"
	       "call 3 dlopen libplug.so: unknown 0 unknown\n"
	       "call 4 dlsym init: 0 unknown\n"
	       "call 5 dlsym deflate: 0 unknown\n"
	       "call 6 dlopen /app/lib/broken.so: failed 0 failed-search\n"
	       "call 7 dlsym init: 0 unknown\n"
	       "call 8 dlopen libbad.so: unknown 0 unknown\n"
	       "call 9 dlopen libz.so: already-loaded 6 name-match\n"
	       "call 10 dlclose -: 6 handle\n");
}

/* A link with a wholly different name: the handle used next belongs to a library that nobody else
 * has asked for by name. */
static void next_handle_tells_a_link(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"), START_LIBC, DLOPEN(0, 0x86a0, 1, "/app/plug.so", 2),
		NAME(0, 0x7c80, 1, "/app/plug.so"), ACT(0, 0x7b00, ACTIVITY_ADD, 1),
		OPEN(0, 0, "/app/plug.so", "", "libreal.so.1"), NAME(0, 0x7600, 5, "libreal.so.1"),
		TRY(0, 0x7400, 5, ORIGIN_CACHE, "/lib/libreal.so.1"),
		OPEN(0, 0, "/lib/libreal.so.1", "libreal.so.1", ""),
		ACT(0, 0x8080, ACTIVITY_CONSISTENT, 1), DLOPEN(0, 0x86a0, 1, "/app/provider.so", 2),
		NAME(0, 0x7c80, 1, "/app/provider.so"), DLSYM(0, 0x86a0, 1, 6, "init"),
		DLOPEN(0, 0x86a0, 1, "/app//./provider.so", 2), /* a known path of it now */
		NAME(0, 0x7c80, 1, "/app//./provider.so"),
		/* a library that got no handle, and one that the program passed to it */
		DLOPEN(0, 0x86a0, 5, "/app/optional.so", 2), NAME(0, 0x7c80, 5, "/app/optional.so"),
		DLSYM(0, 0x86b0, 5, 5, "init"), /* called from another function */
		DLOPEN(0, 0x86a0, 5, "/app/myself.so", 2), NAME(0, 0x7c80, 5, "/app/myself.so"),
		DLSYM(0, 0x86a0, 5, 5, "init"), /* called from the same function */
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 5,
	       "1 asks /app/plug.so: loaded 5\n"
	       "5 asks libreal.so.1: loaded 6\n"
	       "   /lib/libreal.so.1 cache: loaded 6\n"
	       "1 asks /app/provider.so: already-loaded 6\n"
	       "1 asks /app//./provider.so: already-loaded 6\n"
	       "5 asks /app/optional.so: failed\n"
	       "5 asks /app/myself.so: already-loaded 5\n"
	       "call 1 dlopen /app/plug.so: loaded 5 nested-open\n"
	       "call 2 dlopen /app/provider.so: already-loaded 6 handle\n"
	       "call 3 dlsym init: 0 unknown\n"
	       "call 4 dlopen /app//./provider.so: already-loaded 6 nested-search\n"
	       "call 5 dlopen /app/optional.so: failed 0 failed-search\n"
	       "call 6 dlsym init: 0 unknown\n"
	       "call 7 dlopen /app/myself.so: already-loaded 5 handle\n"
	       "call 8 dlsym init: 0 unknown\n");
}

static void threads_interleave(void **state)
{
	static const struct event events[] = {
		PROGRAM_RUNPATH("libc.so.6", "/app/lib"),
		START_LIBC,
		DLOPEN(2, 0xae40, 1, "liba.so", 2),
		NAME(2, 0xa420, 1, "liba.so"),
		TRY(2, 0xa220, 1, ORIGIN_RUNPATH, "/app/lib/liba.so"),
		DLOPEN(7, 0x53b0, 1, "libnosuch.so", 2), /* waits for ld.so's lock */
		DLOPEN(3, 0x9e40, 1, "libneed.so", 2),
		DLSYM(9, 0x4e40, 1, 0, "f"),
		DLSYM(8, 0x3e40, 1, 0, "f"),
		ACT(2, 0xa2a0, ACTIVITY_ADD, 1),
		BIND(1, 4, "f"), /* one of the two: the first that waits */
		OPEN_RUNPATH(2, 0, "/app/lib/liba.so", "liba.so", "libb.so", "$ORIGIN/../sub"),
		NAME(2, 0x9da0, 5, "libb.so"),
		TRY(2, 0x9ba0, 5, ORIGIN_RUNPATH, "/app/lib/../sub/libb.so"),
		OPEN(2, 0, "/app/lib/../sub/libb.so", "libb.so", ""),
		ACT(2, 0xa820, ACTIVITY_CONSISTENT, 1),
		NAME(7, 0x4990, 1, "libnosuch.so"),
		TRY(7, 0x4790, 1, ORIGIN_RUNPATH, "/app/lib/libnosuch.so"),
		TRY(7, 0x4790, 1, ORIGIN_DEFAULT, "/usr/lib/libnosuch.so"),
		NAME(3, 0x9420, 1, "libneed.so"),
		TRY(3, 0x9220, 1, ORIGIN_RUNPATH, "/app/lib/libneed.so"),
		ACT(3, 0x92a0, ACTIVITY_ADD, 1),
		OPEN(3, 0, "/app/lib/libneed.so", "libneed.so", "libgone.so"),
		NAME(3, 0x8da0, 7, "libgone.so"),
		TRY(3, 0x8ba0, 7, ORIGIN_DEFAULT, "/usr/lib/libgone.so"),
		CLOSE(7),
		ACT(3, 0x9a30, ACTIVITY_DELETE, 1),
		ACT(3, 0x9a30, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	expect(&f, 1,
	       "5 liba.so: dlopen of 1 call 1 by runpath, needs 6\n"
	       "6 libb.so: needed of 5 call 1 by runpath\n"
	       "7 libneed.so: dlopen of 1 call 3 by runpath, needs 0\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 4\n"
	       "1 asks liba.so: loaded 5\n"
	       "   /app/lib/liba.so runpath of 1: loaded 5\n"
	       "5 asks libb.so: loaded 6\n"
	       "   /app/lib/../sub/libb.so runpath of 5: loaded 6\n"
	       "1 asks libnosuch.so: failed\n"
	       "   /app/lib/libnosuch.so runpath of 1: missing\n"
	       "   /usr/lib/libnosuch.so default: missing\n"
	       "1 asks libneed.so: failed 7\n"
	       "   /app/lib/libneed.so runpath of 1: loaded 7\n"
	       "7 asks libgone.so: failed\n"
	       "   /usr/lib/libgone.so default: missing\n"
	       "call 1 dlopen liba.so: loaded 5 nested-open\n"
	       "call 2 dlopen libnosuch.so: failed 0 failed-search\n"
	       "call 3 dlopen libneed.so: failed 0 failed-search\n"
	       "call 4 dlsym f: 4 binding\n"
	       "call 5 dlsym f: 0 unknown\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dlopen_with_dependencies_and_again),
		cmocka_unit_test(constructor_calls_dlopen),
		cmocka_unit_test(new_namespace_has_its_own_copies),
		cmocka_unit_test(libc_loads_by_itself),
		cmocka_unit_test(symbolic_links_need_evidence),
		cmocka_unit_test(next_handle_tells_a_link),
		cmocka_unit_test(threads_interleave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
