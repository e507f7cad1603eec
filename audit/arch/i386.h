/* i386.h - 32-bit x86: see arch.h for what is wanted here. */
#ifndef PLUGAUDIT_ARCH_I386_H
#define PLUGAUDIT_ARCH_I386_H

#define ARCH_MACHINE 3 /* EM_386 */

/* Relocations: psABI for i386, table "Relocation Types". */
#define ARCH_RELOC_KIND(type)                                                        \
	((type) == R_386_JMP_SLOT                     ? SPOOL_REFERENCE_PLT          \
	 : (type) == R_386_GLOB_DAT                   ? SPOOL_REFERENCE_GOT          \
	 : (type) == R_386_32 || (type) == R_386_PC32 ? SPOOL_REFERENCE_ABS          \
	 : (type) == R_386_COPY                       ? SPOOL_REFERENCE_COPY         \
	 : (type) == R_386_TLS_DTPMOD32 || (type) == R_386_TLS_DTPOFF32 ||           \
			 (type) == R_386_TLS_TPOFF || (type) == R_386_TLS_TPOFF32 || \
			 (type) == R_386_TLS_DESC                                    \
		 ? SPOOL_REFERENCE_TLS                                               \
		 : 0)
#define ARCH_RELOC_TLS_MODULE R_386_TLS_DTPMOD32
#define ARCH_RELOC_TLS_OFFSET R_386_TLS_TPOFF
#define ARCH_RELOC_TLS_DESC   R_386_TLS_DESC
#define ARCH_RELOC_IRELATIVE  R_386_IRELATIVE
#define ARCH_RELOC_PC         R_386_PC32

/* Blocks lie below the thread pointer.  The last 128 MiB of the addresses have nothing but a stack,
 * for which Linux leaves that much at least (arch/x86/mm/mmap.c), or the kernel itself. */
#define ARCH_TLS_OFFSET(word) ((uint32_t)(word) >= 0xf8000000u)

#define ARCH_BOUND_AT_LOAD(symbol) false

/* Relocations are Elf32_Rel: the addend stood in the slot, and is overwritten. */
#define ARCH_RELOC_REL 1

struct arch_context {
	uint32_t ebx, esi, edi, ebp, esp, eip;
};
#define ARCH_CONTEXT_SP(c) ((c)->esp)
#define ARCH_CONTEXT_PC(c) ((c)->eip)

/* libunwind's numbers of the same registers, in the same order. */
#define ARCH_UNWIND_REGISTERS \
	UNW_X86_EBX, UNW_X86_ESI, UNW_X86_EDI, UNW_X86_EBP, UNW_X86_ESP, UNW_X86_EIP
#define arch_search_unwind_table _Ux86_dwarf_search_unwind_table

struct tap_frame {
	struct arch_context caller;
};

/* They lie on the caller's stack, where esp is when the call has returned. */
static inline uintptr_t arch_argument(const struct tap_frame *frame, int n)
{
	return ((const uint32_t *)frame->caller.esp)[n];
}

/* In assembly: six arguments take all registers that there are. */
long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
	__attribute__((visibility("hidden")));

/* The first calls of these names have structures of another age. */
#define ARCH_SYS_fstat     SYS_fstat64
#define ARCH_SYS_fstatat   SYS_fstatat64
#define ARCH_SYS_ftruncate SYS_ftruncate64
#define ARCH_SYS_geteuid   SYS_geteuid32
#define ARCH_SYS_getegid   SYS_getegid32
#define ARCH_SYS_mmap      SYS_mmap2 /* its offset counts pages of 4096 bytes */

/* 64 bits as arguments of a system call. */
#define ARCH_WIDE(x) (uint32_t)(x), (uint32_t)((uint64_t)(x) >> 32)

static inline uintptr_t arch_thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("movl %%gs:0, %0" : "=r"(pointer)); /* psABI, "Thread-Local Storage": TCB */
	return pointer;
}

static inline void arch_pause(void)
{
	__builtin_ia32_pause();
}

#endif
