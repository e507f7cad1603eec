/* x86_64.h - x86-64: see arch.h for what is wanted here. */
#ifndef PLUGAUDIT_ARCH_X86_64_H
#define PLUGAUDIT_ARCH_X86_64_H

#define ARCH_MACHINE 62 /* EM_X86_64 */

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
#define ARCH_RELOC_TLS_MODULE R_X86_64_DTPMOD64
#define ARCH_RELOC_TLS_OFFSET R_X86_64_TPOFF64
#define ARCH_RELOC_TLS_DESC   R_X86_64_TLSDESC
#define ARCH_RELOC_IRELATIVE  R_X86_64_IRELATIVE
#define ARCH_RELOC_PC         R_X86_64_NONE

/* Blocks lie below the thread pointer, and addresses in the lower half. */
#define ARCH_TLS_OFFSET(word) ((intptr_t)(word) < 0)

#define ARCH_BOUND_AT_LOAD(symbol) false

struct arch_context {
	uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
};
#define ARCH_CONTEXT_SP(c) ((c)->rsp)
#define ARCH_CONTEXT_PC(c) ((c)->rip)

/* libunwind's numbers of the same registers, in the same order. */
#define ARCH_UNWIND_REGISTERS                                                           \
	UNW_X86_64_RBX, UNW_X86_64_RBP, UNW_X86_64_R12, UNW_X86_64_R13, UNW_X86_64_R14, \
		UNW_X86_64_R15, UNW_X86_64_RSP, UNW_X86_64_RIP
#define arch_search_unwind_table _Ux86_64_dwarf_search_unwind_table

struct tap_frame {
	uint64_t arguments[6];
	struct arch_context caller;
};

static inline uintptr_t arch_argument(const struct tap_frame *frame, int n)
{
	return frame->arguments[n];
}

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

static inline uintptr_t arch_thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("movq %%fs:0, %0" : "=r"(pointer)); /* psABI, "Thread-Local Storage": TCB */
	return pointer;
}

static inline void arch_pause(void)
{
	__builtin_ia32_pause();
}

#endif
