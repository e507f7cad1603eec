/*
 * aarch64.S - thunks of the taps, capturing registers, changing stacks, clone.
 *
 * struct tap_frame: x0 to x8 at 0..64, then at 80 struct arch_context: x<n> at 80 + 8 * n, sp 328,
 * pc 336.  The tapped functions take no arguments in vector registers; x16 and x17 are the PLT's.
 */
#define TAP_SLOTS 128
#define FRAME     352

	.section .note.GNU-stack,"",%progbits
	.text

	.balign 16
	.globl arch_tap_thunks
	.hidden arch_tap_thunks
	.type arch_tap_thunks,%function
arch_tap_thunks:
	.cfi_startproc
	.set slot, 0
	.rept TAP_SLOTS
	.balign 16
	hint #34 /* bti c */
	mov w17, #slot
	b tap_common
	.set slot, slot + 1
	.endr
	.balign 16
	.cfi_endproc
	.size arch_tap_thunks, . - arch_tap_thunks

/* In: the tapped function's arguments, its caller's return address in x30, the slot in w17. */
	.balign 16
	.type tap_common,%function
tap_common:
	.cfi_startproc
	sub sp, sp, #FRAME
	.cfi_adjust_cfa_offset FRAME
	stp x0, x1, [sp, #0]
	stp x2, x3, [sp, #16]
	stp x4, x5, [sp, #32]
	stp x6, x7, [sp, #48]
	str x8, [sp, #64]
	stp x19, x20, [sp, #232]
	stp x21, x22, [sp, #248]
	stp x23, x24, [sp, #264]
	stp x25, x26, [sp, #280]
	stp x27, x28, [sp, #296]
	stp x29, x30, [sp, #312]
	.cfi_rel_offset x29, 312
	.cfi_rel_offset x30, 320
	add x9, sp, #FRAME
	stp x9, x30, [sp, #328]
	add x29, sp, #312 /* frame record */
	mov x0, sp
	mov w1, w17
	bl tap_enter
	mov x16, x0
	ldp x0, x1, [sp, #0]
	ldp x2, x3, [sp, #16]
	ldp x4, x5, [sp, #32]
	ldp x6, x7, [sp, #48]
	ldr x8, [sp, #64]
	ldp x29, x30, [sp, #312]
	.cfi_restore x29
	.cfi_restore x30
	add sp, sp, #FRAME
	.cfi_adjust_cfa_offset -FRAME
	br x16
	.cfi_endproc
	.size tap_common, . - tap_common

	.balign 16
	.globl arch_capture
	.hidden arch_capture
	.type arch_capture,%function
arch_capture:
	.cfi_startproc
	stp x19, x20, [x0, #152]
	stp x21, x22, [x0, #168]
	stp x23, x24, [x0, #184]
	stp x25, x26, [x0, #200]
	stp x27, x28, [x0, #216]
	stp x29, x30, [x0, #232]
	mov x9, sp
	stp x9, x30, [x0, #248]
	ret
	.cfi_endproc
	.size arch_capture, . - arch_capture

	.balign 16
	.globl arch_on_stack
	.hidden arch_on_stack
	.type arch_on_stack,%function
arch_on_stack:
	.cfi_startproc
	stp x29, x30, [sp, #-16]!
	.cfi_adjust_cfa_offset 16
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	mov x29, sp
	.cfi_def_cfa_register x29
	mov x9, x0
	mov x0, x1
	mov sp, x2
	blr x9
	mov sp, x29
	.cfi_def_cfa_register sp
	ldp x29, x30, [sp], #16
	.cfi_adjust_cfa_offset -16
	.cfi_restore x29
	.cfi_restore x30
	ret
	.cfi_endproc
	.size arch_on_stack, . - arch_on_stack

/* clone(flags x0, stack x1, parent_tid x2, tls x3, child_tid x4). */
	.balign 16
	.globl arch_clone
	.hidden arch_clone
	.type arch_clone,%function
arch_clone:
	.cfi_startproc
	sub x1, x1, #16
	stp x2, x3, [x1] /* function, argument */
	mov x2, #0
	mov x3, #0
	mov x4, #0
	mov x8, #220 /* SYS_clone */
	svc #0
	cbz x0, 1f
	ret
1:
	.cfi_undefined x30
	mov x29, #0
	mov x30, #0
	ldp x1, x0, [sp], #16
	blr x1
	mov x8, #93 /* SYS_exit */
	svc #0
	brk #0
	.cfi_endproc
	.size arch_clone, . - arch_clone
