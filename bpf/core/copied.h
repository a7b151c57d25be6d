/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of user stacks, which user space unwinds by call frame information: the registers that the task has in user
 * mode, and the bytes from its stack pointer on.
 */
#ifndef MEMTRACE_CORE_COPIED_H
#define MEMTRACE_CORE_COPIED_H

#include "emit.h"

#define STACK_PIECES (MT_MAX_STACK_BYTES / STACK_PIECE + 1)

#if defined(__TARGET_ARCH_x86)
#define NR_REGS	  21 /* arch/x86/include/asm/ptrace.h: struct pt_regs */
#define REG_SP(r) ((r)[AT_SP])
#define AT_SP	  19
#define AT_FP	  4
#elif defined(__TARGET_ARCH_arm64)
#define NR_REGS	  34 /* arch/arm64/include/uapi/asm/ptrace.h: struct user_pt_regs */
#define REG_SP(r) ((r)[AT_SP])
#define AT_SP	  31
#define AT_FP	  29
#define AT_LINK	  30
#endif

static __always_inline u64 copied__reg(const u64 *regs, u32 at)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), regs + at);
	return value;
}

/* has: the event has a user stack. */
static __always_inline void copied__top(struct mt_stack_top *top, struct mt_state *s, bool has)
{
	__builtin_memset(top, 0, sizeof(*top));
#ifdef NR_REGS
	const u64 *regs;

	if (!has)
		return;
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	top->fp = copied__reg(regs, AT_FP);
#ifdef AT_LINK
	top->link = copied__reg(regs, AT_LINK);
#endif
	s->walking = 1;
	if (!bpf_probe_read_user(top->words, sizeof(top->words), (void *)copied__reg(regs, AT_SP)))
		top->nr_words = MT_TOP_WORDS;
	s->walking = 0;
#endif
}

/* The stack of a process's first thread ends where its arguments begin (fs/binfmt_elf.c, create_elf_tables()). */
static __always_inline void copied__limit(struct mt_stack_copy *rec, u64 sp)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 end = BPF_CORE_READ(task, mm, start_stack), bytes = cfg.stack_bytes;

	rec->to_end = sp < end && end - sp < bytes;
	if (rec->to_end)
		bytes = end - sp;
	rec->asked_bytes = bytes < MT_MAX_STACK_BYTES ? bytes : MT_MAX_STACK_BYTES;
}

/*
 * In pieces, none of which crosses a page: a page that is not in memory cannot be read here, and ends it.  How many
 * bytes it got.
 */
static __noinline u32 copied__bytes(struct copy_draft *draft)
{
	u64 sp = draft->rec.regs[0];
	u32 wanted = draft->rec.asked_bytes, done = 0, i, size;

#ifdef NR_REGS
	sp = REG_SP(draft->rec.regs);
#endif
	for (i = 0; i < STACK_PIECES; i++) {
		size = STACK_PIECE - ((sp + done) & (STACK_PIECE - 1));
		if (done >= wanted || done >= MT_MAX_STACK_BYTES)
			break;
		if (size > wanted - done)
			size = wanted - done;
		opaque(size);
		if (!size || size > STACK_PIECE)
			break;
		if (bpf_probe_read_user(draft->bytes + done, size, (void *)(sp + done)))
			break;
		done += size;
	}
	return done;
}

static __always_inline bool copied__regs(struct mt_stack_copy *rec)
{
#ifdef NR_REGS
	const void *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return !bpf_probe_read_kernel(rec->regs, NR_REGS * sizeof(u64), regs);
#else
	return false;
#endif
}

static __always_inline s32 copied__send(struct copy_draft *draft, const struct mt_state *s)
{
	struct mt_stack_copy *rec = &draft->rec;
	void *ring = hot_ring();
	u32 bytes;

	if (!ring || !copied__regs(rec))
		return MT_UNKNOWN_S32;
#ifdef NR_REGS
	copied__limit(rec, REG_SP(rec->regs));
#endif
	bytes = copied__bytes(draft);
	if (bytes > MT_MAX_STACK_BYTES)
		return MT_UNKNOWN_S32;
	hdr__fill(&rec->hdr, MT_REC_STACK_COPY, sizeof(*rec) + bytes);
	rec->who = s->announced;
	rec->bytes = bytes;
	rec->id = MT_COPIED_STACK | (rec->hdr.cpu & 0x3ff) << 19 | (draft->nr++ & 0x7ffff);
	if (bpf_ringbuf_output(ring, rec, sizeof(*rec) + bytes, BPF_RB_NO_WAKEUP))
		return MT_UNKNOWN_S32;
	return rec->id;
}

/* MT_UNKNOWN_S32: a kernel thread has none; else there is no room, which is counted as a loss. */
static __noinline s32 copied__id(const struct mt_state *s)
{
	struct copy_draft *draft = map_only(&copy_drafts);
	s32 id = MT_UNKNOWN_S32;
	struct mt_lost *l;

	if (!draft || s->who.flags & MT_WHO_KTHREAD)
		return id;
	/* as in chain__more() */
	__sync_fetch_and_add(&draft->users, 1);
	if (*(volatile u64 *)&draft->users == 1)
		id = copied__send(draft, s);
	__sync_fetch_and_add(&draft->users, -1);
	l = id >= 0 ? NULL : lost_here();
	if (l)
		__sync_fetch_and_add(&l->stacks, 1);
	return id;
}

#endif
