/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of user stacks, which user space unwinds by call frame information: the registers that the task has in user
 * mode, and the bytes from its stack pointer on.
 */
#ifndef MEMTRACE_CORE_COPIED_H
#define MEMTRACE_CORE_COPIED_H

#include "emit.h"
#include "known.h"

#define STACK_PIECES (MT_MAX_STACK_BYTES / STACK_PIECE + 1)

static __always_inline u64 copied__reg(const u64 *regs, u32 at)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), regs + at);
	return value;
}

/* No frame is larger, and no stack begins so close below other memory. */
#define MAX_FRAME (64ULL << 20)

/*
 * has: the event has a user stack.  false: its frame pointer cannot be one, so following it would lead nowhere.  It is
 * a fault as well if there is no page where it points to, which costs more than all else.
 */
static __always_inline bool copied__top(struct mt_stack_top *top, struct mt_state *s, bool has)
{
	bool frames = true;

	__builtin_memset(top, 0, sizeof(*top));
#ifdef NR_REGS
	const u64 *regs;
	u64 sp;

	if (!has)
		return true;
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	sp = copied__reg(regs, AT_SP);
	top->pc = copied__reg(regs, AT_PC);
	top->fp = copied__reg(regs, AT_FP);
	frames = top->fp - sp < MAX_FRAME;
#ifdef AT_LINK
	top->link = copied__reg(regs, AT_LINK);
#endif
	s->walking = 1;
	if (!bpf_probe_read_user(top->words, sizeof(top->words), (void *)sp))
		top->nr_words = MT_TOP_WORDS;
	s->walking = 0;
#endif
	return frames;
}

/* The stack of a process's first thread ends where its arguments begin (fs/binfmt_elf.c, create_elf_tables()). */
static __always_inline void copied__limit(struct mt_stack_copy *rec, u64 sp)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 end = BPF_CORE_READ(task, mm, start_stack), bytes = cfg.stack_bytes;

	rec->to_end = sp <= end && end - sp < bytes;
	if (rec->to_end)
		bytes = end - sp;
	rec->asked_bytes = bytes < MT_MAX_STACK_BYTES ? bytes : MT_MAX_STACK_BYTES;
}

#define MAX_MISSING 8192

/*
 * In pieces, none of which crosses a page: a page that is not in memory cannot be read here, and ends it.  But where a
 * stack grows, the stack pointer is in a page that is not there yet, and what called is above it.  How many bytes it
 * got, with those that are missing.
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
		if (bpf_probe_read_user(draft->bytes + done, size, (void *)(sp + done))) {
			if (done != draft->rec.missing || done >= MAX_MISSING)
				break;
			draft->rec.missing += size;
		}
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

/* With the registers in it: reads the stack, and how many bytes there were. */
static __always_inline void copied__stack(struct copy_draft *draft)
{
#ifdef NR_REGS
	copied__limit(&draft->rec, REG_SP(draft->rec.regs));
#endif
	draft->rec.missing = 0;
	draft->rec.bytes = copied__bytes(draft);
}

static __always_inline s32 copied__send(struct copy_draft *draft, const struct mt_state *s)
{
	struct mt_stack_copy *rec = &draft->rec;
	void *ring = hot_ring();
	u32 bytes = rec->bytes;

	if (!ring || bytes > MT_MAX_STACK_BYTES)
		return MT_UNKNOWN_S32;
	hdr__fill(&rec->hdr, MT_REC_STACK_COPY, sizeof(*rec) + bytes);
	rec->who = s->announced;
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
	if (*(volatile u64 *)&draft->users == 1 && copied__regs(&draft->rec)) {
		draft->rec.bytes = 0;
		id = known__chain(s->announced.id);
		if (id < 0) {
			copied__stack(draft);
			id = copied__send(draft, s);
		}
	}
	__sync_fetch_and_add(&draft->users, -1);
	l = id >= 0 ? NULL : lost_here();
	if (l)
		__sync_fetch_and_add(&l->stacks, 1);
	return id;
}

#endif
