/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks whose call chains user space has told: one from the same place of the same task, with the same in the
 * registers and words that led the unwinding, has the same chain.  So it need not be copied.
 */
#ifndef MEMTRACE_CORE_KNOWN_H
#define MEMTRACE_CORE_KNOWN_H

#include "registers.h"

/* Has so many bytes of the stack in the draft.  A page that is not in memory is no error: all is copied then. */
static __always_inline bool known__read(struct copy_draft *draft, u64 sp, u32 bytes)
{
	if (bytes <= draft->rec.bytes)
		return true;
	if (bytes > MT_MAX_STACK_BYTES)
		return false;
	opaque(bytes);
	if (bytes > MT_MAX_STACK_BYTES || bpf_probe_read_user(draft->bytes, bytes, (void *)sp))
		return false;
	draft->rec.bytes = bytes;
	return true;
}

/* Registers and stack lie one behind the other. */
static __always_inline bool known__is_like(const struct copy_draft *draft, const struct mt_known_stack *known)
{
	const char *from = (const char *)draft->rec.regs;
	u64 hash = 0;
	u32 i, at;

	for (i = 0; i < MT_KNOWN_WORDS && i < known->nr_words; i++) {
		at = known->words[i];
		opaque(at);
		if (at > sizeof(draft->rec.regs) + MT_MAX_STACK_BYTES - sizeof(u64))
			return false;
		hash = mt_known_next(hash, *(const u64 *)(from + at));
	}
	return hash == known->hash;
}

#define KNOWN_OTHER (-1) /* one is known there, but this is another one */

/*
 * The chain of what is in the CPU's draft, if it is like the nr-th one that is known there: its id, KNOWN_OTHER, or
 * MT_UNKNOWN_S32 if there is none.  Not static, so that the verifier looks at it once, and not with each caller.
 */
__attribute__((noinline)) int known__nth(u64 who, u64 nr)
{
	struct mt_known_place place = { .who = who, .nr = nr };
	const struct mt_known_stack *known;
	struct copy_draft *draft;

	/* old verifiers look at it where nothing calls it, too, and then these maps are not there */
	if (!cfg.stack_bytes)
		return MT_UNKNOWN_S32;
	draft = map_only(&copy_drafts);
	if (!draft)
		return MT_UNKNOWN_S32;
#ifdef NR_REGS
	place.pc = draft->rec.regs[AT_PC];
	place.sp = REG_SP(draft->rec.regs);
#endif
	known = bpf_map_lookup_elem(&known_stacks, &place);
	if (!known || !known__read(draft, place.sp, known->bytes))
		return MT_UNKNOWN_S32;
	return known__is_like(draft, known) ? known->chain : KNOWN_OTHER;
}

/* With the registers in the CPU's draft, and no bytes of the stack yet: the id of its chain, or a negative number. */
static __always_inline s32 known__chain(u64 who)
{
	s32 id = KNOWN_OTHER;
	int i;

	for (i = 0; i < MT_KNOWN_ALIKE && id == KNOWN_OTHER; i++)
		id = known__nth(who, i);
	return id;
}

#endif
