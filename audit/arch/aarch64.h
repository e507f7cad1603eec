/* aarch64.h - 64-bit ARM: see arch.h for what is wanted here. */
#ifndef PLUGAUDIT_ARCH_AARCH64_H
#define PLUGAUDIT_ARCH_AARCH64_H

#define ARCH_MACHINE 183 /* EM_AARCH64 */

/* Relocations: "ELF for the Arm 64-bit Architecture", dynamic relocations. */
#define ARCH_RELOC_KIND(type)                                                         \
	((type) == R_AARCH64_JUMP_SLOT  ? SPOOL_REFERENCE_PLT                         \
	 : (type) == R_AARCH64_GLOB_DAT ? SPOOL_REFERENCE_GOT                         \
	 : (type) == R_AARCH64_ABS64    ? SPOOL_REFERENCE_ABS                         \
	 : (type) == R_AARCH64_COPY     ? SPOOL_REFERENCE_COPY                        \
	 : (type) == R_AARCH64_TLS_DTPMOD || (type) == R_AARCH64_TLS_DTPREL ||        \
			 (type) == R_AARCH64_TLS_TPREL || (type) == R_AARCH64_TLSDESC \
		 ? SPOOL_REFERENCE_TLS                                                \
		 : 0)
#define ARCH_RELOC_TLS_MODULE R_AARCH64_TLS_DTPMOD
#define ARCH_RELOC_TLS_OFFSET R_AARCH64_TLS_TPREL
#define ARCH_RELOC_TLS_DESC   R_AARCH64_TLSDESC
#define ARCH_RELOC_IRELATIVE  R_AARCH64_IRELATIVE
#define ARCH_RELOC_PC         R_AARCH64_NONE

/* Blocks lie above the thread pointer; nothing is mapped so low (vm.mmap_min_addr). */
#define ARCH_TLS_OFFSET(word) ((uintptr_t)(word) < 32768)

/* Functions that are called with more registers than the usual ones are bound when their caller is
 * loaded, and nobody is told: glibc sysdeps/aarch64/dl-machine.h (elf_machine_lazy_rel). */
#ifndef STO_AARCH64_VARIANT_PCS
#define STO_AARCH64_VARIANT_PCS 0x80
#endif
#define ARCH_BOUND_AT_LOAD(symbol) (((symbol)->st_other & STO_AARCH64_VARIANT_PCS) != 0)

struct arch_context {
	uint64_t x[31]; /* x0 to x18 are nobody's, and not filled in */
	uint64_t sp, pc;
};
#define ARCH_CONTEXT_SP(c) ((c)->sp)
#define ARCH_CONTEXT_PC(c) ((c)->pc)

/* libunwind's numbers of the same registers, in the same order. */
#define ARCH_UNWIND_REGISTERS                                                                   \
	UNW_AARCH64_X0, UNW_AARCH64_X1, UNW_AARCH64_X2, UNW_AARCH64_X3, UNW_AARCH64_X4,         \
		UNW_AARCH64_X5, UNW_AARCH64_X6, UNW_AARCH64_X7, UNW_AARCH64_X8, UNW_AARCH64_X9, \
		UNW_AARCH64_X10, UNW_AARCH64_X11, UNW_AARCH64_X12, UNW_AARCH64_X13,             \
		UNW_AARCH64_X14, UNW_AARCH64_X15, UNW_AARCH64_X16, UNW_AARCH64_X17,             \
		UNW_AARCH64_X18, UNW_AARCH64_X19, UNW_AARCH64_X20, UNW_AARCH64_X21,             \
		UNW_AARCH64_X22, UNW_AARCH64_X23, UNW_AARCH64_X24, UNW_AARCH64_X25,             \
		UNW_AARCH64_X26, UNW_AARCH64_X27, UNW_AARCH64_X28, UNW_AARCH64_X29,             \
		UNW_AARCH64_X30, UNW_AARCH64_SP, UNW_AARCH64_PC
#define arch_search_unwind_table _Uaarch64_dwarf_search_unwind_table

struct tap_frame {
	uint64_t arguments[9]; /* x0 to x7, and x8 */
	uint64_t alignment;
	struct arch_context caller;
};

static inline uintptr_t arch_argument(const struct tap_frame *frame, int n)
{
	return frame->arguments[n];
}

static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static inline uintptr_t arch_thread_pointer(void)
{
	uintptr_t pointer;

	__asm__("mrs %0, tpidr_el0" : "=r"(pointer));
	return pointer;
}

static inline void arch_pause(void)
{
	__asm__ volatile("yield");
}

#endif
