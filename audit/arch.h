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

#if defined(__x86_64__)

#define ARCH_MACHINE 62 /* EM_X86_64 */

/* Callee-saved registers, stack pointer and program counter of one frame. */
struct arch_context {
	uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
};
#define ARCH_CONTEXT_SP(c) ((c)->rsp)
#define ARCH_CONTEXT_PC(c) ((c)->rip)

/* Relocations: psABI, table "Relocation Types". */
#define ARCH_RELOC_KIND(type)                                                     \
	((type) == R_X86_64_JUMP_SLOT  ? SPOOL_REFERENCE_PLT                      \
	 : (type) == R_X86_64_GLOB_DAT ? SPOOL_REFERENCE_GOT                      \
	 : (type) == R_X86_64_64       ? SPOOL_REFERENCE_ABS                      \
	 : (type) == R_X86_64_COPY     ? SPOOL_REFERENCE_COPY                     \
	 : (type) == R_X86_64_DTPMOD64 || (type) == R_X86_64_DTPOFF64 ||          \
			 (type) == R_X86_64_TPOFF64 || (type) == R_X86_64_TLSDESC \
		 ? SPOOL_REFERENCE_TLS                                            \
		 : 0)

/* Relocations by which a TLS reference can be told from others: the module's number, the offset
 * from the thread pointer, a descriptor (two words). */
#define ARCH_RELOC_TLS_MODULE R_X86_64_DTPMOD64
#define ARCH_RELOC_TLS_OFFSET R_X86_64_TPOFF64
#define ARCH_RELOC_TLS_DESC   R_X86_64_TLSDESC

/* The slot gets what the function at load address + addend returns. */
#define ARCH_RELOC_IRELATIVE R_X86_64_IRELATIVE

/* A system call; the result is a negative errno on failure. */
static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* A word that is the thread's own, and the same in a child that it forks. */
static inline uintptr_t arch_thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("movq %%fs:0, %0" : "=r"(pointer)); /* psABI, "Thread-Local Storage": TCB */
	return pointer;
}

/* In a loop that waits for another thread. */
static inline void arch_pause(void)
{
	__builtin_ia32_pause();
}

#else
#error "no port to this processor yet: add audit/arch/<machine>.S and its part of audit/arch.h"
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
 * The tap thunks: TAP_SLOTS entry points, TAP_THUNK_SIZE bytes each.  Entry n saves the argument
 * and callee-saved registers in a struct tap_frame on the caller's stack, calls tap_enter(frame,
 * n), restores them and jumps to tap_targets[n]: the return address stays the caller's.
 */
#define TAP_SLOTS      128
#define TAP_THUNK_SIZE 16
extern char arch_tap_thunks[] __attribute__((visibility("hidden")));

struct tap_frame {
	uint64_t arguments[6];      /* first six integer arguments */
	struct arch_context caller; /* at the return address, as if the call had just returned */
};

/* What the thunks go through (taps.c): the function to jump to, and the recording. */
extern uintptr_t tap_targets[TAP_SLOTS] __attribute__((visibility("hidden")));
void tap_enter(struct tap_frame *frame, uint32_t slot) __attribute__((visibility("hidden")));

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
