/*
 * stack.c - call stacks across namespaces, with libunwind's remote interface.
 *
 * libunwind's local unwinder asks dl_iterate_phdr, which shows an auditor its own namespace only.
 * So the process is unwound like a foreign one: our object table says where .eh_frame_hdr is, and
 * memory is read by us, only where the kernel says that it can be read.
 *
 * libunwind needs some KiB of stack and the caller may be a fibre that has not got them: each
 * unwinder has a stack of its own.  There are a few; when all stay busy, another one is made, up to
 * as many as threads seldom are; when those are busy too, the stack is skipped and counted.  No
 * signal is handled while one is in use.
 *
 * Most programs never need a stack, so libunwind is set up by the first one that is taken; where
 * dlopen is in sight, before the program begins.
 */
#include "audit/module.h"

#include <errno.h>
#include <fcntl.h>
#include <libunwind.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Exported by libunwind for debuggers, but in none of its headers. */
int arch_search_unwind_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *info,
			     unw_proc_info_t *result, int need_unwind_info, void *argument);

#define TAKERS       64
#define TAKERS_FIRST 4 /* made before the program begins */
#define PATIENCE     3 /* times that all are found busy before another one is made */
#define TRIES        100
#define STACK_SIZE   ((size_t)64 << 10)
#define PAGES_KEPT   64 /* a power of two */

struct stack_taker {
	_Atomic bool busy;
	uint64_t signals; /* mask to restore: nothing of the program runs on our stack */
	unw_addr_space_t space;
	unsigned char *stack;
	struct arch_context context;
	uintptr_t readable[PAGES_KEPT]; /* pages found readable during this unwinding, by number */
	uint32_t count, flags;
	uint64_t frames[SPOOL_FRAMES_MAX];
};

static struct stack_taker *takers[TAKERS];
static _Atomic uint32_t taker_count; /* those before it are ready, and stay */
static _Atomic bool preparing;       /* a thread has libunwind allocate */
static _Atomic bool enough;          /* there was no memory for another one */
static _Atomic bool broken;          /* for good */
static _Atomic bool set_up;          /* libunwind is */

/* Asks in steps of 4096: where pages are larger, that is only more often than needed. */
static bool readable(struct stack_taker *taker, uintptr_t address)
{
	uintptr_t page = address & ~(uintptr_t)4095;
	uintptr_t *known = &taker->readable[page / 4096 % PAGES_KEPT];

	if (address % 4096 > 4096 - 8 && !is_readable(page + 4096))
		return false;
	if (*known == page && page)
		return true;
	if (!is_readable(page))
		return false;
	*known = page;
	return true;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
		      void *argument)
{
	(void)space;
	if (write || !readable(argument, address))
		return -UNW_EINVAL;
	memcpy(value, (const void *)address, sizeof(*value));
	return 0;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t reg, unw_word_t *value, int write,
		      void *argument)
{
	static const unw_regnum_t registers[] = {ARCH_UNWIND_REGISTERS};
	const unw_word_t *words = (const void *)&((struct stack_taker *)argument)->context;

	(void)space;
	_Static_assert(sizeof(struct arch_context) ==
			       sizeof(registers) / sizeof(registers[0]) * sizeof(unw_word_t),
		       "struct arch_context holds these registers and nothing else");
	if (write)
		return -UNW_EREADONLYREG;
	*value = 0;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (registers[i] == reg)
			*value = words[i];
	return 0;
}

static int access_fpreg(unw_addr_space_t space, unw_regnum_t reg, unw_fpreg_t *value, int write,
			void *argument)
{
	(void)space, (void)reg, (void)value, (void)write, (void)argument;
	return -UNW_EBADREG;
}

/* .eh_frame_hdr (LSB, "Exception Frames"): version, three encodings, the pointer to .eh_frame, the
 * number of table entries, then the sorted table.  Every linker uses these encodings. */
struct unwind_header {
	uint8_t version;
	uint8_t frame_encoding; /* 0x1b: pc-relative, 4 bytes signed */
	uint8_t count_encoding; /* 0x03: 4 bytes unsigned */
	uint8_t table_encoding; /* 0x3b: relative to this header, 4 bytes signed */
	int32_t frame;
	uint32_t count;
};

/*
 * libunwind's unw_dyn_info_t for a remote table.  Versions 1.6 to 1.8 have a load offset before
 * the table's fields: by how many words these are moved is found out when libunwind is set up, so
 * that a module that was built with one version works with the others.
 */
struct table_info {
	void *next, *previous;
	unw_word_t start, end, gp;
	int32_t format, pad;
	unw_word_t fields[12]; /* name, base, length, table; behind them nothing */
};
_Static_assert(sizeof(struct table_info) >= sizeof(unw_dyn_info_t), "libunwind reads more");
#define BUILT_WITH_MOVED \
	((offsetof(unw_dyn_info_t, u) - offsetof(struct table_info, fields)) / sizeof(unw_word_t))
static _Atomic size_t fields_moved;

static int search_table(unw_addr_space_t space, unw_word_t ip, uintptr_t start, uintptr_t end,
			uintptr_t header, uint32_t count, unw_proc_info_t *result,
			int need_unwind_info, void *argument)
{
	size_t moved = atomic_load_explicit(&fields_moved, memory_order_relaxed);
	struct table_info info;

	memset(&info, 0, sizeof(info));
	info.format = UNW_INFO_FORMAT_REMOTE_TABLE;
	info.start = start;
	info.end = end;
	info.fields[moved + 1] = header;
	info.fields[moved + 2] = (unw_word_t)count * 8 / sizeof(unw_word_t);
	info.fields[moved + 3] = header + sizeof(struct unwind_header);
	return arch_search_unwind_table(space, ip, (unw_dyn_info_t *)&info, result,
					need_unwind_info, argument);
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *result,
			  int need_unwind_info, void *argument)
{
	struct stack_taker *taker = argument;
	uintptr_t header = 0, start = 0, end = 0;
	struct unwind_header h;

	if (ip >= module.base && ip < module.end) {
		header = module.unwind_header;
		start = module.base;
		end = module.end;
	} else {
		const struct object *object = objects_at(ip);

		if (object) {
			header = object->unwind_header;
			start = object->start;
			end = object->end;
		}
	}
	if (!header || header < start || header + sizeof(h) > end || !readable(taker, header) ||
	    !readable(taker, header + sizeof(h) - 8))
		return -UNW_ENOINFO;
	memcpy(&h, (const void *)header, sizeof(h));
	if (h.version != 1 || h.frame_encoding != 0x1b || h.count_encoding != 0x03 ||
	    h.table_encoding != 0x3b || h.count > (end - header - sizeof(h)) / 8)
		return -UNW_ENOINFO;
	return search_table(space, ip, start, end, header, h.count, result, need_unwind_info,
			    argument);
}

/* Which layout has libunwind?  It must find this function.  With the wrong one it meets addresses
 * that can't be read. */
static void find_layout(unw_addr_space_t space, void *argument)
{
	unw_word_t ip = (unw_word_t)(uintptr_t)find_layout;

	for (size_t moved = 0; moved < 2; moved++) {
		unw_proc_info_t info = {0};

		atomic_store_explicit(&fields_moved, moved, memory_order_relaxed);
		if (find_proc_info(space, ip, &info, 0, argument) >= 0 && info.start_ip == ip)
			return;
	}
	atomic_store_explicit(&fields_moved, BUILT_WITH_MOVED, memory_order_relaxed);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument)
{
	(void)space, (void)info, (void)argument;
}

static int get_dyn_info_list_addr(unw_addr_space_t space, unw_word_t *address, void *argument)
{
	(void)space, (void)address, (void)argument;
	return -UNW_ENOINFO;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument)
{
	(void)space, (void)cursor, (void)argument;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t space, unw_word_t address, char *name, size_t room,
			 unw_word_t *offset, void *argument)
{
	(void)space, (void)address, (void)name, (void)room, (void)offset, (void)argument;
	return -UNW_ENOINFO;
}

/*
 * libunwind opens a pipe when it is set up, to test addresses in its local unwinder, which is not
 * used here. The program shall find its descriptors as they were: close the two ends, told by their
 * inode.
 */
static void close_pipe(long first, ino_t inode, dev_t dev)
{
	struct stat st;
	int closed = 0;

	for (long fd = first; closed < 2 && fd < first + 1024; fd++)
		if (look_at_descriptor(fd, &st) && st.st_ino == inode && st.st_dev == dev) {
			sys(SYS_close, fd);
			closed++;
		}
}

/* A guard page, the stack, and on top of it what we know. */
#define TAKER_SIZE ((sizeof(struct stack_taker) + 4095) & ~(size_t)4095)
#define GUARD_SIZE (module.page_size)
#define MAP_SIZE   (GUARD_SIZE + STACK_SIZE + TAKER_SIZE)

static struct stack_taker *map_taker(void)
{
	long map = sys(ARCH_SYS_mmap, 0, MAP_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	struct stack_taker *taker;

	if (map < 0 && map > -4096)
		return NULL;
	sys(SYS_mprotect, map, GUARD_SIZE, PROT_NONE);
	taker = (struct stack_taker *)(map + GUARD_SIZE + STACK_SIZE);
	taker->stack = (unsigned char *)map + GUARD_SIZE;
	return taker;
}

/* The descriptor that will be opened next, or a negative errno. */
static long next_descriptor(void)
{
	long fd = -1;

	for (int tries = 0; tries < 2 && fd < 0; tries++)
		fd = sys(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
	if (fd >= 0)
		sys(SYS_close, fd);
	return fd;
}

/* Allocates: with signals blocked, one thread at a time, and not on the program's stack, which may
 * be a fibre's of a few KiB. */
static void make_space(void *argument)
{
	/* libunwind 1.7 and newer have more of these, all optional, and copy as many as they know:
	 * a module that was built with an older one has none there. */
	static struct {
		unw_accessors_t known;
		void *newer[16];
	} accessors = {
		.known.find_proc_info = find_proc_info,
		.known.put_unwind_info = put_unwind_info,
		.known.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.known.access_mem = access_mem,
		.known.access_reg = access_reg,
		.known.access_fpreg = access_fpreg,
		.known.resume = resume,
		.known.get_proc_name = get_proc_name,
	};
	struct stack_taker *taker = argument;
	unw_addr_space_t space;
	struct stat st;
	long fd = -1;

	if (!set_up) {
		fd = next_descriptor();
		/* Where no descriptor is left libunwind has no pipe either.  Otherwise it may have
		 * one, which nobody would close: rather no stack this time. */
		if (fd < 0 && fd != -EMFILE)
			return;
	}
	space = unw_create_addr_space(&accessors.known, 0);
	if (!space)
		return;
	unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
	if (fd >= 0 && look_at_descriptor(fd, &st) && S_ISFIFO(st.st_mode))
		close_pipe(fd, st.st_ino, st.st_dev);
	if (!set_up)
		find_layout(space, argument);
	set_up = true;
	taker->space = space;
}

/* Another one, which is busy; the first one sets libunwind up.  NULL: another thread is at it, or
 * there is no memory, or there are enough. */
static struct stack_taker *make_taker(void)
{
	struct stack_taker *taker = NULL;
	uint32_t count;

	if (atomic_exchange_explicit(&preparing, true, memory_order_acquire))
		return NULL;
	count = atomic_load_explicit(&taker_count, memory_order_relaxed);
	if (count < TAKERS && !atomic_load(&enough))
		taker = map_taker();
	if (taker) {
		stack_run(taker, make_space, taker);
		if (taker->space) {
			atomic_store_explicit(&taker->busy, true, memory_order_relaxed);
			takers[count] = taker;
			atomic_store_explicit(&taker_count, count + 1, memory_order_release);
		} else {
			sys(SYS_munmap, taker->stack - GUARD_SIZE, MAP_SIZE);
			taker = NULL;
		}
	}
	/* Not again and again; but without any, what fails now may work the next time. */
	if (!taker && count)
		atomic_store(&enough, true);
	atomic_store_explicit(&preparing, false, memory_order_release);
	return taker;
}

void stack_start(void)
{
	/* Threads that open plugins at once shall not wait for one another later. */
	while (atomic_load(&taker_count) < TAKERS_FIRST) {
		uint64_t signals = signals_block();
		struct stack_taker *taker = make_taker();

		if (taker)
			atomic_store(&taker->busy, false);
		signals_restore(signals);
		if (!taker)
			break;
	}
}

void stack_forget(void)
{
	if (!set_up)
		return;
	/* Only a generation counter goes up: safe beside an unwinding in another thread. */
	for (uint32_t i = atomic_load(&taker_count); i--;)
		unw_flush_cache(takers[i]->space, 0, 0);
}

void stack_after_fork(void)
{
	/* A thread that does not exist in this child may hold a lock inside libunwind for ever. */
	if (atomic_load(&preparing))
		atomic_store(&broken, true);
	for (uint32_t i = atomic_load(&taker_count); i--;)
		if (atomic_exchange(&takers[i]->busy, false))
			atomic_store(&broken, true);
}

static struct stack_taker *take(void)
{
	/* Who has one gives it back in microseconds, unless it waits for a processor. */
	for (int tries = 0; tries < TRIES; tries++) {
		uint32_t count = atomic_load_explicit(&taker_count, memory_order_acquire);
		struct stack_taker *taker;

		for (uint32_t i = 0; i < count; i++)
			if (!atomic_exchange_explicit(&takers[i]->busy, true, memory_order_acquire))
				return takers[i];
		if (count < TAKERS && (count == 0 || tries >= PATIENCE) && !atomic_load(&enough)) {
			taker = make_taker();
			if (taker)
				return taker;
			if (count == 0 && !atomic_load(&preparing))
				return NULL;
		}
		sys(SYS_sched_yield);
	}
	return NULL;
}

struct stack_taker *stack_borrow_room(void)
{
	struct stack_taker *taker;
	uint64_t signals;

	/* libunwind makes system calls of its own, and so does a walk. */
	if (arch_silent)
		return NULL;
	signals = signals_block();
	taker = take();
	if (taker)
		taker->signals = signals;
	else
		signals_restore(signals);
	return taker;
}

struct stack_taker *stack_borrow(void)
{
	return atomic_load_explicit(&broken, memory_order_relaxed) ? NULL : stack_borrow_room();
}

void stack_give_back(struct stack_taker *taker)
{
	uint64_t signals = taker->signals;

	atomic_store_explicit(&taker->busy, false, memory_order_release);
	signals_restore(signals);
}

static void unwind(void *argument)
{
	struct stack_taker *taker = argument;
	unw_cursor_t cursor;
	unw_word_t ip = ARCH_CONTEXT_PC(&taker->context);
	unw_word_t sp = ARCH_CONTEXT_SP(&taker->context);
	int step = 1;

	if (unw_init_remote(&cursor, taker->space, taker) < 0) {
		taker->flags = SPOOL_STACK_SKIPPED;
		return;
	}
	while (step > 0) {
		if (ip < module.base || ip >= module.end) {
			if (taker->count == SPOOL_FRAMES_MAX) {
				taker->flags |= SPOOL_STACK_CUT;
				return;
			}
			taker->frames[taker->count++] = ip;
		}
		step = unw_step(&cursor);
		if (step > 0) {
			unw_word_t last_ip = ip, last_sp = sp;

			if (unw_get_reg(&cursor, UNW_REG_IP, &ip) < 0 ||
			    unw_get_reg(&cursor, UNW_REG_SP, &sp) < 0 || ip == 0)
				break;
			/* Wrong unwind information can stand still.  A stack pointer that goes back
			 * is fine: a signal handler on a stack of its own. */
			if (ip == last_ip && sp == last_sp)
				step = -1;
		}
	}
	if (step < 0)
		taker->flags |= SPOOL_STACK_BROKEN;
}

uint32_t stack_unwind(struct stack_taker *taker, const struct arch_context *context,
		      uint32_t *ret_flags)
{
	taker->context = *context;
	taker->count = taker->flags = 0;
	memset(taker->readable, 0, sizeof(taker->readable)); /* what could be read may be gone */
	arch_on_stack(unwind, taker, taker->stack + STACK_SIZE);
	*ret_flags = taker->flags;
	return taker->count;
}

const uint64_t *stack_frames(const struct stack_taker *taker)
{
	return taker->frames;
}

void stack_run(struct stack_taker *taker, void (*function)(void *), void *argument)
{
	arch_on_stack(function, argument, taker->stack + STACK_SIZE);
}
