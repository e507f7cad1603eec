/*
 * thread_signals.c - the two signals that libpthread takes for itself.
 *
 * Before glibc 2.34 libunwind brings a libpthread.so.0 into the module's namespace, whose
 * initialiser (glibc 2.31 nptl/nptl-init.c, __pthread_initialize_minimal_internal) catches them, in
 * a program that may have no threads, and whose parent may have had them ignored, as posix_spawn()
 * does.  The module is never cancelled and changes no identity: they are the program's, as they
 * were.
 *
 * What they were knows who looks before any initialiser has run.  ld.so calls the resolver of an
 * IFUNC while it relocates the module.
 */
#include <features.h>

#include "audit/module.h"

/* A sanitizer's runtime is not there yet when the resolver is called. */
#if __GLIBC_PREREQ(2, 34) || defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)

void thread_signals_put_back(void)
{
}

#else

enum { FIRST = 32, COUNT = 2 }; /* SIGCANCEL and SIGSETXID, which libc's functions hide */

/* The kernel's struct sigaction. */
struct disposition {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

static struct disposition before[COUNT];
static bool known[COUNT];

static void nothing(void)
{
}

/* Nothing is relocated yet. */
static void (*look(void))(void)
{
	for (int i = 0; i < COUNT; i++)
		known[i] = arch_syscall(SYS_rt_sigaction, FIRST + i, 0, (long)&before[i],
					sizeof(before[i].mask), 0, 0) == 0;
	return nothing;
}

static void looked(void) __attribute__((ifunc("look")));
/* A slot that is filled at load, called or not. */
static void (*const at_load)(void) __attribute__((used)) = looked;

void thread_signals_put_back(void)
{
	for (int i = 0; i < COUNT; i++) {
		struct disposition now;

		if (known[i] && sys(SYS_rt_sigaction, FIRST + i, 0, &now, sizeof(now.mask)) == 0 &&
		    now.handler != before[i].handler)
			sys(SYS_rt_sigaction, FIRST + i, &before[i], 0, sizeof(now.mask));
	}
}

#endif
