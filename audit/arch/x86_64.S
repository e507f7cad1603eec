/*
 * x86_64.S - thunks of the taps, capturing registers, changing stacks, clone.
 *
 * struct tap_frame: arguments at 0..40, then struct arch_context: rbx 48, rbp 56, r12 64, r13 72,
 * r14 80, r15 88, rsp 96, rip 104.  Behind it, private to this file: rax 112, r10 120.
 */
#define TAP_SLOTS 128
#define FRAME     128 /* keeps the stack 16-byte aligned after the two pushes below */

	.section .note.GNU-stack,"",@progbits
	.text

	.balign 16
	.globl arch_tap_thunks
	.hidden arch_tap_thunks
	.type arch_tap_thunks,@function
arch_tap_thunks:
	.cfi_startproc
slot = 0
	.rept TAP_SLOTS
	.balign 16
	endbr64
	movl $slot, %r11d
	jmp tap_common
slot = slot + 1
	.endr
	.cfi_endproc
	.size arch_tap_thunks, . - arch_tap_thunks

/* In: the tapped function's arguments, its caller's return address at (%rsp), slot in %r11d. */
	.balign 16
	.type tap_common,@function
tap_common:
	.cfi_startproc
	subq $(FRAME + 8), %rsp
	.cfi_adjust_cfa_offset FRAME + 8
	movq %rdi, 0(%rsp)
	movq %rsi, 8(%rsp)
	movq %rdx, 16(%rsp)
	movq %rcx, 24(%rsp)
	movq %r8, 32(%rsp)
	movq %r9, 40(%rsp)
	movq %rbx, 48(%rsp)
	movq %rbp, 56(%rsp)
	movq %r12, 64(%rsp)
	movq %r13, 72(%rsp)
	movq %r14, 80(%rsp)
	movq %r15, 88(%rsp)
	movq %rax, 112(%rsp)
	movq %r10, 120(%rsp)
	leaq (FRAME + 16)(%rsp), %rax
	movq %rax, 96(%rsp)
	movq (FRAME + 8)(%rsp), %rax
	movq %rax, 104(%rsp)
	movq %rsp, %rdi
	movl %r11d, %esi
	call tap_enter
	movq %rax, %r11
	movq 0(%rsp), %rdi
	movq 8(%rsp), %rsi
	movq 16(%rsp), %rdx
	movq 24(%rsp), %rcx
	movq 32(%rsp), %r8
	movq 40(%rsp), %r9
	movq 112(%rsp), %rax
	movq 120(%rsp), %r10
	addq $(FRAME + 8), %rsp
	.cfi_adjust_cfa_offset -(FRAME + 8)
	jmp *%r11
	.cfi_endproc
	.size tap_common, . - tap_common

	.balign 16
	.globl arch_capture
	.hidden arch_capture
	.type arch_capture,@function
arch_capture:
	.cfi_startproc
	movq %rbx, 0(%rdi)
	movq %rbp, 8(%rdi)
	movq %r12, 16(%rdi)
	movq %r13, 24(%rdi)
	movq %r14, 32(%rdi)
	movq %r15, 40(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 48(%rdi)
	movq (%rsp), %rax
	movq %rax, 56(%rdi)
	ret
	.cfi_endproc
	.size arch_capture, . - arch_capture

	.balign 16
	.globl arch_on_stack
	.hidden arch_on_stack
	.type arch_on_stack,@function
arch_on_stack:
	.cfi_startproc
	pushq %rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq %rdi, %rax
	movq %rsi, %rdi
	movq %rdx, %rsp
	call *%rax
	movq %rbp, %rsp
	popq %rbp
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	ret
	.cfi_endproc
	.size arch_on_stack, . - arch_on_stack

/* clone(flags rdi, stack rsi, parent_tid rdx, child_tid r10, tls r8). */
	.balign 16
	.globl arch_clone
	.hidden arch_clone
	.type arch_clone,@function
arch_clone:
	.cfi_startproc
	subq $16, %rsi
	movq %rdx, 0(%rsi) /* function */
	movq %rcx, 8(%rsi) /* argument */
	xorl %edx, %edx
	xorl %r10d, %r10d
	xorl %r8d, %r8d
	movl $56, %eax /* SYS_clone */
	syscall
	testq %rax, %rax
	jz 1f
	ret
1:
	.cfi_undefined %rip
	xorl %ebp, %ebp
	popq %rax
	popq %rdi
	call *%rax
	movl %eax, %edi
	movl $60, %eax /* SYS_exit */
	syscall
	hlt
	.cfi_endproc
	.size arch_clone, . - arch_clone
