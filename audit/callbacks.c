/*
 * callbacks.c - the entry points of rtld-audit(7).  Each turns its arguments into one event.
 *
 * There is no la_<machine>_gnu_pltenter or pltexit: were they exported, ld.so would ignore
 * DT_BIND_NOW and go through the module at every call.
 */
#include "audit/module.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PLUGIN_HOST_ROOM ((size_t)384 << 10)

/* What ld.so calls it. */
#if __ELF_NATIVE_CLASS == 64
#define la_symbind la_symbind64
#else
#define la_symbind la_symbind32
#endif

/* Versions 1 and 2 differ in what pltenter and pltexit get; on aarch64 ld.so takes the one that it
 * offers and no other, which may be newer than this build's LAV_CURRENT. */
#define AUDIT_VERSION 2u

#define ENTRY __attribute__((visibility("default")))

static void put_when(struct spool_when *when)
{
	when->time = monotonic_now() - module.epoch;
	when->sp = (uintptr_t)__builtin_frame_address(0);
}

/* Once the program runs, la_symbind shall find room.  Before, the spool grows at a low price, and
 * a tiny program's stays tiny. */
static void make_headroom(void)
{
	if (module.started)
		writer_prepare(&module.writer, HEADROOM);
}

static void write_event(enum spool_type type, const struct object *object, uint32_t value)
{
	struct spool_event *event =
		writer_reserve(&module.writer, type, 0, thread_id(), sizeof(*event));

	if (!event)
		return;
	put_when(&event->when);
	event->object = object ? object->number : 0;
	event->value = value;
	writer_commit(&module.writer, event);
}

ENTRY unsigned int la_version(unsigned int offered)
{
	unsigned int version = offered < AUDIT_VERSION ? offered : AUDIT_VERSION;

	thread_signals_put_back();
	/* 0: ld.so unloads the module and goes on as if it had not been named.  It ends the process
	 * when something of the module's namespace stays (elf/rtld.c, unload_audit_module): then
	 * the module stays too, and asks for no events. */
	return process_start(offered, version) || !flush_can_unload() ? version : 0;
}

static void look_at_file(const char *name, struct spool_search *search)
{
	struct stat st;

	if (sys(ARCH_SYS_fstatat, AT_FDCWD, name, &st, 0) == 0) {
		search->dev = st.st_dev;
		search->ino = st.st_ino;
	}
}

ENTRY char *la_objsearch(const char *name, uintptr_t *cookie, unsigned int origin)
{
	struct stack_taker *taker = NULL;
	struct spool_search *search;
	uint32_t count = 0, flags = 0, stack_flags;
	const struct object *requester;
	bool root;

	if (!process_ready())
		return (char *)name;
	make_headroom();
	requester = objects_from_cookie(cookie);
	/* The first search of a dlopen comes before the namespace changes; those for DT_NEEDED come
	 * while it does.  The taps know who called dlopen; for what libc loads by itself (NSS,
	 * iconv) and for calls that no tap saw, the stack at this search tells. */
	root = !module.loading;
	if (root && module.started)
		relocations_catch_up(CATCH_UP_LOCKED);
	if (root)
		flags |= SPOOL_SEARCH_ROOT;
	if (root && module.started && origin == LA_SER_ORIG) {
		taker = stack_borrow();
		if (taker) {
			struct arch_context context;

			arch_capture(&context);
			count = stack_unwind(taker, &context, &stack_flags);
			flags |= stack_flags;
		} else {
			flags |= SPOOL_STACK_SKIPPED;
			writer_lost(&module.writer, SPOOL_LOST_STACKS);
		}
	}
	search = writer_reserve(&module.writer, SPOOL_SEARCH, flags, thread_id(),
				sizeof(*search) + count * sizeof(uint64_t) + string_room(name));
	if (search) {
		unsigned char *p = (unsigned char *)(search + 1);

		put_when(&search->when);
		search->requester = requester ? requester->number : 0;
		search->origin = origin;
		search->frame_count = count;
		if (origin == LA_SER_ORIG && strchr(name, '/'))
			look_at_file(name, search);
		if (count)
			memcpy(p, stack_frames(taker), count * sizeof(uint64_t));
		put_string(p + count * sizeof(uint64_t), name);
		writer_commit(&module.writer, search);
	}
	if (taker)
		stack_give_back(taker);
	return (char *)name;
}

/*
 * All that is loaded at the start is relocated, and no code of it has run but functions that choose
 * (IFUNC): the next to run are constructors, which are the program's own code as much as main() is.
 */
static void begin_program(const struct object *object)
{
	bool plugin_host;

	module.started = true;
	write_event(SPOOL_PREINIT, object, 0);
	relocations_catch_up(CATCH_UP_LOCKED);
	/* The last moment to make room at a low price: plenty for a program that loads plugins. */
	plugin_host = objects_refer_to_dlopen();
	writer_prepare(&module.writer, plugin_host ? PLUGIN_HOST_ROOM : HEADROOM);
	if (plugin_host)
		stack_start();
	writer_close_file(&module.writer);
	fork_watch();
}

ENTRY void la_activity(uintptr_t *cookie, unsigned int flag)
{
	const struct object *object;

	if (!process_ready())
		return;
	object = objects_from_cookie(cookie);
	/* One activity at a time: ld.so holds its load lock from ADD or DELETE to CONSISTENT.  A
	 * namespace that goes away whole never becomes consistent again, hence not DELETE. */
	module.loading = flag == LA_ACT_ADD;
	if (flag != LA_ACT_CONSISTENT && module.started)
		relocations_catch_up(flag == LA_ACT_ADD ? CATCH_UP_LOCKED : CATCH_UP_DELETE);
	if (flag == LA_ACT_ADD && module.started)
		module.group++;
	make_headroom();
	write_event(SPOOL_ACTIVITY, object, flag);
	/* The first one of the program's own namespace, at the end of dl_main() in elf/rtld.c. */
	if (flag == LA_ACT_CONSISTENT && !module.started && object &&
	    object->kind == SPOOL_OBJECT_MAIN)
		begin_program(object);
}

ENTRY unsigned int la_objopen(struct link_map *map, Lmid_t name_space, uintptr_t *cookie)
{
	struct object *object;

	if (atomic_load(&module.state) == STATE_OFF)
		return 0;
	if (process_ready()) {
		make_headroom();
		object = objects_open(map, name_space);
		if (object)
			*cookie = (uintptr_t)object;
	}
	return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

ENTRY unsigned int la_objclose(uintptr_t *cookie)
{
	struct object *object;

	if (!process_ready())
		return 0;
	make_headroom();
	object = objects_from_cookie(cookie);
	if (!object && cookie && *cookie)
		object = objects_open_unknown((struct link_map *)*cookie);
	if (object) {
		/* exit begins.  Before glibc 2.35 no la_activity says so, and what is looked at
		 * later may refer to this. */
		if (object->kind == SPOOL_OBJECT_MAIN && module.started)
			relocations_catch_up(CATCH_UP_DELETE);
		relocations_close(object);
		write_event(SPOOL_CLOSE, object, 0);
		stack_forget();
		objects_retire(object);
	}
	return 0;
}

/* ld.so's own time to say so is after all constructors. */
ENTRY void la_preinit(uintptr_t *cookie)
{
	if (process_ready() && !module.started)
		begin_program(objects_from_cookie(cookie));
}

/* The hot path: no lock, no system call, no allocation, little stack. */
ENTRY uintptr_t la_symbind(ElfW(Sym) * symbol, unsigned int index, uintptr_t *from_cookie,
			   uintptr_t *to_cookie, unsigned int *flags, const char *name)
{
	uint32_t given = *flags;
	struct object *from, *to;
	struct spool_binding *binding;

	*flags |= LA_SYMB_NOPLTENTER | LA_SYMB_NOPLTEXIT;
	if (!process_ready())
		return symbol->st_value;
	from = objects_from_cookie(from_cookie);
	to = objects_from_cookie(to_cookie);
	if (!to)
		return symbol->st_value;
	symbols_write(to, index, symbol, symbol->st_value - to->bias, name);
	binding = writer_reserve(&module.writer, SPOOL_BINDING, 0, 0, sizeof(*binding));
	if (binding) {
		binding->from = from ? from->number : 0;
		binding->to = to->number;
		binding->symbol = index;
		binding->flags = given;
		binding->address = symbol->st_value;
		writer_commit(&module.writer, binding);
	}
	return taps_redirect(to, name, symbol->st_value);
}

/* Runs after the program's own destructors: _dl_fini ends auditors last. */
__attribute__((destructor)) static void end_recording(void)
{
	uint32_t recording = STATE_RECORDING;

	if (!process_ready())
		return;
	write_event(SPOOL_END, NULL, 0);
	if (!atomic_compare_exchange_strong(&module.state, &recording, STATE_ENDED))
		return;
	if (writer_finish(&module.writer) && module.root && module.flush)
		flush_run();
}
