/*
 * i386.S - thunks of the taps, capturing registers, changing stacks, system calls, clone.
 *
 * struct tap_frame is a struct arch_context: ebx 0, esi 4, edi 8, ebp 12, esp 16, eip 20.  Behind it,
 * private to this file: edx 24, ecx 28, eax 32, the slot 36; then the caller's return address.
 */
#define TAP_SLOTS 128

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
	.cfi_def_cfa_offset 4
	pushl $slot
	.cfi_def_cfa_offset 8
	jmp tap_common
slot = slot + 1
	.endr
	.cfi_endproc
	.size arch_tap_thunks, . - arch_tap_thunks

/* In: the slot at (%esp), the return address behind it, then the tapped function's arguments.  The
 * registers of regparm functions are kept, too; callers need not have aligned the stack. */
	.balign 16
	.type tap_common,@function
tap_common:
	.cfi_startproc
	.cfi_def_cfa_offset 8
	pushl %eax
	.cfi_adjust_cfa_offset 4
	pushl %ecx
	.cfi_adjust_cfa_offset 4
	pushl %edx
	.cfi_adjust_cfa_offset 4
	subl $24, %esp
	.cfi_adjust_cfa_offset 24
	movl %ebx, 0(%esp)
	.cfi_rel_offset %ebx, 0
	movl %esi, 4(%esp)
	movl %edi, 8(%esp)
	movl %ebp, 12(%esp)
	leal 44(%esp), %eax
	movl %eax, 16(%esp)
	movl 40(%esp), %eax
	movl %eax, 20(%esp)
	movl %esp, %ebx
	.cfi_def_cfa_register %ebx
	movl 36(%ebx), %eax
	andl $-16, %esp
	subl $8, %esp
	pushl %eax
	pushl %ebx
	call tap_enter
	movl %ebx, %esp
	.cfi_def_cfa_register %esp
	movl %eax, 36(%esp)
	movl 0(%esp), %ebx
	.cfi_restore %ebx
	movl 24(%esp), %edx
	movl 28(%esp), %ecx
	movl 32(%esp), %eax
	addl $36, %esp
	.cfi_adjust_cfa_offset -36
	ret /* to the function, with its caller's return address on top */
	.cfi_endproc
	.size tap_common, . - tap_common

	.balign 16
	.globl arch_capture
	.hidden arch_capture
	.type arch_capture,@function
arch_capture:
	.cfi_startproc
	movl 4(%esp), %eax
	movl %ebx, 0(%eax)
	movl %esi, 4(%eax)
	movl %edi, 8(%eax)
	movl %ebp, 12(%eax)
	leal 4(%esp), %ecx
	movl %ecx, 16(%eax)
	movl (%esp), %ecx
	movl %ecx, 20(%eax)
	ret
	.cfi_endproc
	.size arch_capture, . - arch_capture

	.balign 16
	.globl arch_on_stack
	.hidden arch_on_stack
	.type arch_on_stack,@function
arch_on_stack:
	.cfi_startproc
	pushl %ebp
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %ebp, 0
	movl %esp, %ebp
	.cfi_def_cfa_register %ebp
	movl 8(%ebp), %eax
	movl 12(%ebp), %ecx
	movl 16(%ebp), %esp
	subl $12, %esp
	pushl %ecx
	call *%eax
	movl %ebp, %esp
	popl %ebp
	.cfi_def_cfa %esp, 4
	.cfi_restore %ebp
	ret
	.cfi_endproc
	.size arch_on_stack, . - arch_on_stack

	.balign 16
	.globl arch_syscall
	.hidden arch_syscall
	.type arch_syscall,@function
arch_syscall:
	.cfi_startproc
	pushl %ebx
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %ebx, 0
	pushl %esi
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %esi, 0
	pushl %edi
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %edi, 0
	pushl %ebp
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %ebp, 0
	movl 20(%esp), %eax
	movl 24(%esp), %ebx
	movl 28(%esp), %ecx
	movl 32(%esp), %edx
	movl 36(%esp), %esi
	movl 40(%esp), %edi
	movl 44(%esp), %ebp
	int $0x80
	popl %ebp
	.cfi_adjust_cfa_offset -4
	.cfi_restore %ebp
	popl %edi
	.cfi_adjust_cfa_offset -4
	.cfi_restore %edi
	popl %esi
	.cfi_adjust_cfa_offset -4
	.cfi_restore %esi
	popl %ebx
	.cfi_adjust_cfa_offset -4
	.cfi_restore %ebx
	ret
	.cfi_endproc
	.size arch_syscall, . - arch_syscall

/* clone(flags ebx, stack ecx, parent_tid edx, tls esi, child_tid edi). */
	.balign 16
	.globl arch_clone
	.hidden arch_clone
	.type arch_clone,@function
arch_clone:
	.cfi_startproc
	pushl %ebx
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %ebx, 0
	pushl %esi
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %esi, 0
	pushl %edi
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset %edi, 0
	movl 16(%esp), %ebx
	movl 20(%esp), %ecx
	subl $16, %ecx
	movl 28(%esp), %eax
	movl %eax, 0(%ecx) /* argument */
	movl 24(%esp), %eax
	movl %eax, 4(%ecx) /* function */
	xorl %edx, %edx
	xorl %esi, %esi
	xorl %edi, %edi
	movl $120, %eax /* SYS_clone */
	int $0x80
	testl %eax, %eax
	jz 1f
	popl %edi
	.cfi_adjust_cfa_offset -4
	.cfi_restore %edi
	popl %esi
	.cfi_adjust_cfa_offset -4
	.cfi_restore %esi
	popl %ebx
	.cfi_adjust_cfa_offset -4
	.cfi_restore %ebx
	ret
1:
	.cfi_undefined %eip
	xorl %ebp, %ebp
	call *4(%esp)
	movl %eax, %ebx
	movl $1, %eax /* SYS_exit */
	int $0x80
	hlt
	.cfi_endproc
	.size arch_clone, . - arch_clone
