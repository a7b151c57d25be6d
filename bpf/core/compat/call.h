/* SPDX-License-Identifier: GPL-2.0 */
/* A call of a program's function, as the programs at its begin and at its end see it. */
#ifndef MEMTRACE_COMPAT_CALL_H
#define MEMTRACE_COMPAT_CALL_H

#include "../prelude.h"

#define PAGE_OFFSET_BITS 0xfff

#if defined(__TARGET_ARCH_x86)
#define RETURN_POPS 8 /* the call has put the address that it returns to onto the stack */

/* The word on top of the stack where a call has begun; 0: it cannot be read. */
static __always_inline u64 call__return_word(u64 sp)
{
	u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (void *)sp);
	return word;
}

/*
 * While the kernel waits for a call's end, that word is the address of its trampoline, the start of a page
 * (kernel/events/uprobes.c, uprobe_get_trampoline_vaddr()).
 */
static __always_inline bool call__is_awaited(u64 sp)
{
	u64 word = call__return_word(sp);

	return word && !(word & PAGE_OFFSET_BITS);
}
#else
#define RETURN_POPS 0

/* It is in a register, and saved who knows where: what the stack pointer says has to do. */
static __always_inline u64 call__return_word(u64 sp)
{
	return 0;
}

static __always_inline bool call__is_awaited(u64 sp)
{
	return true;
}
#endif

/* Whether a call that ends with this stack pointer is the one that began with the other. */
static __always_inline bool call__ends(u64 begin_sp, u64 end_sp)
{
	return end_sp == begin_sp + RETURN_POPS;
}

#endif
