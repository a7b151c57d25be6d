/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ids of call chains.  The kernel's stack map has one place for all chains whose hashes end in the same bits
 * (kernel/bpf/stackmap.c: bpf_get_stackid()), so with a thousand chains in it, one new chain in thirty finds another
 * one in its place.  Such chains go into a hash table, under a hash of memtrace's own.
 */
#ifndef MEMTRACE_CORE_CHAIN_H
#define MEMTRACE_CORE_CHAIN_H

#include "maps.h"

#define EFAULT 14
#define EEXIST 17

/*
 * Always hashes the whole array (the end of short chains is 0): a loop without branches is a single path to the
 * verifier.
 */
static __noinline u64 chain__hash(const struct mt_chain *chain)
{
	u64 hash = MT_STACK_DEPTH;
	int i;

	for (i = 0; i < MT_STACK_DEPTH; i++) {
		hash = (hash ^ chain->addresses[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	return hash;
}

/* The id, or MT_UNKNOWN_S32 if the table is full, or has another chain under that id (one case in 2^29). */
static __always_inline s32 chain__keep(void *map, u32 id, const struct mt_chain *chain)
{
	const struct mt_chain *known = bpf_map_lookup_elem(map, &id);
	long err;

	if (known)
		return known->hash == chain->hash ? (s32)id : MT_UNKNOWN_S32;
	err = bpf_map_update_elem(map, &id, chain, BPF_NOEXIST);
	return !err || err == -EEXIST ? (s32)id : MT_UNKNOWN_S32;
}

/* An interrupt may come in between, or another task where programs can be preempted: it finds the draft in use. */
static __noinline s32 chain__more(void *ctx, u64 flags)
{
	struct chain_draft *draft = map_only(&chain_drafts);
	s32 id = MT_UNKNOWN_S32;
	u32 key;

	if (!draft)
		return id;
	__sync_fetch_and_add(&draft->users, 1);
	if (*(volatile u64 *)&draft->users == 1 &&
	    bpf_get_stack(ctx, draft->chain.addresses, sizeof(draft->chain.addresses), flags) > 0) {
		draft->chain.hash = chain__hash(&draft->chain);
		key = MT_MORE_STACKS | (draft->chain.hash & (MT_MORE_STACKS - 1) & ~MT_KERNEL_CHAIN);
		if (flags & BPF_F_USER_STACK)
			id = chain__keep(&more_stacks, key, &draft->chain);
		else
			id = chain__keep(&more_kernel_stacks, key | MT_KERNEL_CHAIN, &draft->chain);
	}
	__sync_fetch_and_add(&draft->users, -1);
	return id;
}

/* MT_UNKNOWN_S32: there is none (a kernel thread has no user stack), or no room, which is counted as a loss. */
static __always_inline s32 chain__id(void *ctx, u64 flags)
{
	struct mt_lost *l;
	long id;

	if (flags & BPF_F_USER_STACK)
		id = bpf_get_stackid(ctx, &stacks, flags);
	else
		id = bpf_get_stackid(ctx, &kernel_stacks, flags);
	if (id >= 0)
		return flags & BPF_F_USER_STACK ? id : id | MT_KERNEL_CHAIN;
	if (id == -EFAULT)
		return MT_UNKNOWN_S32;
	id = chain__more(ctx, flags);
	l = id >= 0 ? NULL : lost_here();
	if (l)
		__sync_fetch_and_add(&l->stacks, 1);
	return id;
}

#endif
