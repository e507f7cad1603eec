/*
 * arch.h - what depends on the processor: system calls, the registers that unwinding starts from,
 * the assembly in arch/<machine>.S.
 *
 * System calls are made directly: libc's wrappers would set an errno, and some of them exist in one
 * glibc and not in another.
 */
#ifndef PLUGAUDIT_ARCH_H
#define PLUGAUDIT_ARCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

/*
 * Each arch/<machine>.h has:
 *
 *   ARCH_MACHINE          ELF e_machine
 *   ARCH_RELOC_KIND(type) enum spool_reference_kind of a relocation, 0 for others
 *   ARCH_RELOC_TLS_*      relocations by which a TLS reference can be told from others: the
 * module's number, the offset from the thread pointer, a descriptor (two words)
 *   ARCH_TLS_OFFSET(word) the second word of a TLS descriptor is sure to be an offset from the
 *                         thread pointer, and no address of what ld.so allocates
 *   ARCH_RELOC_IRELATIVE  the slot gets what the function at load address + addend returns
 *   ARCH_RELOC_PC         a symbol's address less that of the slot (code that is not PIC); or NONE
 *   ARCH_RELOC_REL        defined where addends stand in the slots, which are overwritten
 *   ARCH_BOUND_AT_LOAD(s) JUMP_SLOT relocations of symbol `s` are bound at load, and not told of
 *   struct arch_context   what unwinding starts from: callee-saved registers, stack pointer and
 *                         program counter of one frame, in the order of ARCH_UNWIND_REGISTERS
 *   struct tap_frame      what the thunks of the taps save; `caller` is the context at the return
 *                         address, as if the call had just returned
 *   arch_argument()       the n-th integer argument of a tapped call, from 0
 *   arch_syscall()        a system call; the result is a negative errno on failure
 *   arch_thread_pointer() a word that is the thread's own, and the same in a child that it forks
 *   arch_pause()          in a loop that waits for another thread
 */
#if defined(__x86_64__) && defined(__LP64__)
#include "audit/arch/x86_64.h"
#elif defined(__i386__)
#include "audit/arch/i386.h"
#elif defined(__aarch64__) && defined(__LP64__) && defined(__AARCH64EL__)
#include "audit/arch/aarch64.h"
#else
#error "no port to this processor yet: add audit/arch/<machine>.h and audit/arch/<machine>.S"
#endif

/* System calls whose numbers, or the way of their 64-bit arguments, differ. */
#ifndef ARCH_WIDE
#define ARCH_SYS_fstat     SYS_fstat
#define ARCH_SYS_fstatat   SYS_newfstatat
#define ARCH_SYS_ftruncate SYS_ftruncate
#define ARCH_SYS_geteuid   SYS_geteuid
#define ARCH_SYS_getegid   SYS_getegid
#define ARCH_SYS_mmap      SYS_mmap
#define ARCH_WIDE(x)       (x)
#endif

/*
 * Set for good when the program is about to put itself under seccomp (taps.c): a filter may kill
 * for system calls that it does not expect, so none is made from then on; they all "fail" with
 * EPERM.
 */
extern _Atomic bool arch_silent __attribute__((visibility("hidden")));

#define SYS6(n, a, b, c, d, e, f, ...)                                                         \
	(__builtin_expect(arch_silent, 0) ? -1L /* EPERM */                                    \
					  : arch_syscall((n), (long)(a), (long)(b), (long)(c), \
							 (long)(d), (long)(e), (long)(f)))
/* sys(SYS_close, fd): missing arguments are 0. */
#define sys(...) SYS6(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/*
 * The tap thunks: TAP_SLOTS entry points, TAP_THUNK_SIZE bytes each.  Entry n saves what the tapped
 * function may need in a struct tap_frame on the caller's stack, calls tap_enter(frame, n),
 * restores it and jumps to what that returned: the return address stays the caller's.
 */
#define TAP_SLOTS      128
#define TAP_THUNK_SIZE 16
extern char arch_tap_thunks[] __attribute__((visibility("hidden")));

/* What the thunks go through (taps.c): records, and returns the function to jump to. */
uintptr_t tap_enter(struct tap_frame *frame, uint32_t slot) __attribute__((visibility("hidden")));

/* The context of the function that calls this one. */
void arch_capture(struct arch_context *context) __attribute__((visibility("hidden")));

/* Call function(argument) on the stack that ends at `top` (16-byte aligned). */
void arch_on_stack(void (*function)(void *), void *argument, void *top)
	__attribute__((visibility("hidden")));

/*
 * clone(2) with `flags` for a child that shares the memory and runs function(argument) on the stack
 * ending at `top`; its return value is the child's exit status.  The parent gets the pid or a
 * negative errno.
 */
long arch_clone(unsigned long flags, void *top, int (*function)(void *), void *argument)
	__attribute__((visibility("hidden")));

#endif
