/* Recordings to begin with. */
#include "tests/fuzz/spools.h"

#include <dlfcn.h>

static const uint64_t frames[] = {0x100456, 0x300123, 0x100999};

/* What spool_builder.h draws from counters and pids, made constant. */
static void begin(struct spool_builder *b, size_t which)
{
	sb_init(b, 100 + (int)which);
	memset(sb_header(b)->uuid, 'a' + (int)which, sizeof(sb_header(b)->uuid));
	memset(sb_header(b)->run_uuid, 'a', sizeof(sb_header(b)->run_uuid));
	sb_header(b)->salt = 0x0123456789abcdefu;
	sb_header(b)->realtime_ns = 1000000000000u * (1 + which);
}

static uint64_t put_versions(struct spool_builder *b, uint32_t object)
{
	static const char *const names[] = {"GLIBC_2.2.5", "X_1.0"};
	struct spool_versions fixed = {object, ARRAY_SIZE(names)};

	sb_begin(b, SPOOL_VERSIONS, 0, 0);
	sb_put(b, &fixed, sizeof(fixed));
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint32_t index = 2 + i;

		sb_put(b, &index, sizeof(index));
		sb_text(b, names[i]);
	}
	return sb_commit(b);
}

static uint64_t put_references(struct spool_builder *b, uint32_t from, uint32_t to)
{
	const struct spool_reference entries[] = {
		{to, 7, 3, SPOOL_REFERENCE_GOT, 3, 2, 0, 0x300107},
		{to, 8, 4, SPOOL_REFERENCE_COPY, 2, 1, SPOOL_REFERENCE_BY_NAME, 0},
		{to, 9, 5, SPOOL_REFERENCE_TLS, 0, 1, SPOOL_REFERENCE_BY_NAME, 0},
		{0, 0, 6, SPOOL_REFERENCE_ABS, 0, 1, SPOOL_REFERENCE_WEAK | SPOOL_REFERENCE_UNBOUND,
		 0},
		{0, 0, 9, SPOOL_REFERENCE_PLT, 2, 1, SPOOL_REFERENCE_UNBOUND, 0},
		{to, 0, 0x500, SPOOL_REFERENCE_IRELATIVE, 0, 1, SPOOL_REFERENCE_IFUNC, 0x300200},
	};
	struct spool_references fixed = {sb_when(b), from, ARRAY_SIZE(entries)};

	sb_begin(b, SPOOL_REFERENCES, 0, 1);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, entries, sizeof(entries));
	sb_text(b, "weak_one");
	sb_text(b, "lazy_one");
	return sb_commit(b);
}

static uint64_t put_unbound(struct spool_builder *b, uint32_t from)
{
	const uint32_t symbols[] = {11, 12};
	struct spool_unbound fixed = {from, ARRAY_SIZE(symbols)};

	sb_begin(b, SPOOL_UNBOUND, 0, 0);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, symbols, sizeof(symbols));
	return sb_commit(b);
}

static void put_start(struct spool_builder *b)
{
	sb_process(b, "/opt/app/bin/app", "--plugin=a", "LD_LIBRARY_PATH=/opt/lib:/opt/other");
	sb_event(b, SPOOL_ACTIVITY, 0, LA_ACT_ADD);
	sb_object(b, 1, SPOOL_OBJECT_MAIN, "", NULL, "libx.so.1");
	sb_object(b, 2, SPOOL_OBJECT_LDSO, "/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2",
		  NULL);
	sb_search(b, 1, LA_SER_ORIG, "libx.so.1", NULL, 0);
	sb_search(b, 1, LA_SER_LIBPATH, "/opt/lib/libx.so.1", NULL, 0);
	sb_object(b, 3, SPOOL_OBJECT_LIBRARY, "/opt/lib/libx.so.1", "libx.so.1", NULL);
	sb_event(b, SPOOL_ACTIVITY, 1, LA_ACT_CONSISTENT);
	sb_event(b, SPOOL_PREINIT, 1, 0);
	put_versions(b, 1);
	sb_symbol(b, 3, 7, "_ZN1x3runEv", "X_1.0");
	sb_symbol(b, 3, 8, "stderr", "GLIBC_2.2.5");
	sb_symbol(b, 3, 9, "tls_one", NULL);
	sb_binding(b, 1, 3, 7, 0);
	put_references(b, 1, 3);
	put_unbound(b, 1);
}

/* Plugins that come, are promoted, asked again and go. */
static void put_plugins(struct spool_builder *b)
{
	sb_call(b, SPOOL_CALL_DLOPEN, 1, "libplugin.so", 0, frames, 3);
	sb_search(b, 1, LA_SER_ORIG, "libplugin.so", frames, 3);
	sb_search(b, 1, LA_SER_LIBPATH, "/opt/lib/libplugin.so", NULL, 0);
	sb_search(b, 1, LA_SER_CONFIG, "/usr/lib/libplugin.so", NULL, 0);
	sb_event(b, SPOOL_ACTIVITY, 1, LA_ACT_ADD);
	sb_object(b, 4, SPOOL_OBJECT_LIBRARY, "/usr/lib/libplugin.so", "libplugin.so", "libx.so.2");
	sb_search(b, 4, LA_SER_ORIG, "libx.so.2", NULL, 0);
	sb_search(b, 4, LA_SER_RUNPATH, "/usr/lib/../lib/libx.so.2", NULL, 0);
	sb_object(b, 5, SPOOL_OBJECT_LIBRARY, "/usr/lib/../lib/libx.so.2", "libx.so.2", NULL);
	sb_event(b, SPOOL_ACTIVITY, 1, LA_ACT_CONSISTENT);
	put_references(b, 4, 3);
	sb_symbol(b, 5, 7, "_ZN1x3runEv", "X_1.0");
	sb_binding(b, 4, 3, 7, 0);
	sb_call(b, SPOOL_CALL_DLOPEN, 1, "/usr/lib/libplugin.so", 0, frames, 3);
	sb_call(b, SPOOL_CALL_DLOPEN, 1, "libmissing.so", 0, frames, 3);
	sb_search(b, 1, LA_SER_ORIG, "libmissing.so", frames, 3);
	sb_search(b, 1, LA_SER_DEFAULT, "/lib/libmissing.so", NULL, 0);
	sb_call(b, SPOOL_CALL_DLSYM, 1, "plugin_init", UINT64_C(0x7f0000004000), frames, 1);
	sb_symbol(b, 4, 3, "plugin_init", NULL);
	sb_binding(b, 1, 4, 3, LA_SYMB_DLSYM);
	sb_call(b, SPOOL_CALL_DLVSYM, 1, "x_run", 0, frames, 1);
	sb_call(b, SPOOL_CALL_THREAD_ATEXIT, 4, NULL, 0x400100, NULL, 0);
	sb_call(b, SPOOL_CALL_DLMOPEN, 1, "/opt/lib/libx.so.1", 0, frames, 2);
	sb_object(b, 6, SPOOL_OBJECT_LIBRARY, "/opt/lib/libx.so.1", "libx.so.1", NULL);
	sb_object(b, 7, SPOOL_OBJECT_UNOPENED, "/lib64/ld-linux-x86-64.so.2", NULL, NULL);
	sb_call(b, SPOOL_CALL_DLCLOSE, 1, NULL, UINT64_C(0x7f0000004000), frames, 3);
	sb_event(b, SPOOL_CLOSE, 4, 0);
	sb_event(b, SPOOL_CLOSE, 5, 0);
	sb_event(b, SPOOL_ACTIVITY, 1, LA_ACT_DELETE);
	sb_event(b, SPOOL_ACTIVITY, 1, LA_ACT_CONSISTENT);
}

static void put_hostile(struct spool_builder *b)
{
	static const char *const names[] = {"/x/\033[31mred\033]0;title\007.so",
					    "/x/line\nbreak\ttab\r.so",
					    "/x/\xe2\x80\xae"
					    "os.live\xe2\x80\xac\xc2\x9b.so",
					    "/x/\xff\xfe<script>\"',;=1+1.so"};

	sb_process(b, names[0], names[1], "LD_PRELOAD=\033[2J");
	sb_event(b, SPOOL_ACTIVITY, 0, LA_ACT_ADD);
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *other = names[(i + 1) % ARRAY_SIZE(names)];

		sb_search(b, 1, LA_SER_ORIG, names[i], NULL, 0);
		sb_object(b, i + 1, i ? SPOOL_OBJECT_LIBRARY : SPOOL_OBJECT_MAIN, names[i],
			  names[i], other);
		sb_symbol(b, i + 1, 1, names[i], other);
		sb_binding(b, 1, i + 1, 1, 0);
	}
	sb_event(b, SPOOL_PREINIT, 1, 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		sb_call(b, SPOOL_CALL_DLOPEN, 1, names[i], 0, frames, 1);
		sb_call(b, SPOOL_CALL_DLVSYM, 1, names[i], 0, frames, 1);
	}
	sb_header(b)->lost_events = 7;
	sb_header(b)->lost_reason = SPOOL_LOST_NO_SPACE;
}

void fuzz_spool(struct spool_builder *b, size_t which)
{
	struct spool_builder parent;

	begin(b, which);
	switch (which) {
	case 0:
		put_start(b);
		break;
	case 1:
		put_start(b);
		put_plugins(b);
		sb_event(b, SPOOL_FORK, 0, 0);
		sb_event(b, SPOOL_END, 0, 0);
		break;
	case 2: /* the first one's child */
		begin(&parent, 0);
		put_start(&parent);
		sb_child_of(b, &parent, SPOOL_BEGIN_FORK);
		sb_release(&parent);
		put_start(b);
		put_plugins(b);
		break;
	case 3:
		put_hostile(b);
		break;
	default:
		sb_sample(b);
		break;
	}
	sb_header(b)->tail = b->tail;
	sb_header(b)->capacity = sb_header(b)->allocated = b->tail;
}
