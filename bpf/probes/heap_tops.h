/* SPDX-License-Identifier: GPL-2.0 */
/* A part of heap.bpf.c: the top of a stack, from which user space finds callers that frame pointers do not show. */
#ifndef MEMTRACE_PROBES_HEAP_TOPS_H
#define MEMTRACE_PROBES_HEAP_TOPS_H

#include "core/chain.h"

/* Addresses of mapped files differ from each other only below this bit, and stacks from them above. */
#define FILES_BITS 36

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct mt_heap_top);
} heap_tops SEC(".maps");

/* Where code can be: in the program, and where libraries are mapped, which is where the caller is or near it. */
struct heap_code {
	u64 begin, end; /* of the program */
	u64 near;	/* of libraries */
};

static __always_inline u64 heap__word(u64 word, u64 fp, const struct heap_code *code)
{
	if (word == fp)
		return 1;
	if (word >= code->begin && word < code->end)
		return word;
	return word >> FILES_BITS == code->near ? word : 0;
}

/*
 * A library's address: the caller, if that is none of the program, else a word of the stack that is no address of the
 * program or of the stack itself cannot be told from data, so of libraries only those are known whose code has called.
 */
static __always_inline void heap__find_code(struct pt_regs *ctx, struct heap_code *code)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	code->begin = BPF_CORE_READ(task, mm, start_code);
	code->end = BPF_CORE_READ(task, mm, end_code);
	code->near = PT_REGS_IP(ctx) >> FILES_BITS;
}

static __always_inline u64 heap__hash_top(const struct mt_stack_top *top)
{
	u64 hash = MT_TOP_WORDS;
	int i;

	for (i = 0; i < MT_TOP_WORDS; i++) {
		hash = (hash ^ top->words[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	return hash;
}

static __always_inline u32 heap__keep_top(const struct mt_heap_top *top)
{
	u32 id = (u32)top->hash | 1;
	const struct mt_heap_top *known = bpf_map_lookup_elem(&heap_tops, &id);
	long err;

	if (known)
		return known->hash == top->hash ? id : 0;
	err = bpf_map_update_elem(&heap_tops, &id, top, BPF_NOEXIST);
	return !err || err == -EEXIST ? id : 0;
}

/* Its key; 0: there is none, or no room, so that callers may lack. */
static __noinline u32 heap__top(struct pt_regs *ctx)
{
	struct mt_heap_top top = {};
	struct heap_code code;
	int i;

	if (!ctx || bpf_probe_read_user(top.top.words, sizeof(top.top.words), (void *)PT_REGS_SP(ctx)))
		return 0;
	heap__find_code(ctx, &code);
	for (i = 0; i < MT_TOP_WORDS; i++)
		top.top.words[i] = heap__word(top.top.words[i], PT_REGS_FP(ctx), &code);
	top.top.fp = 1;
	top.top.nr_words = MT_TOP_WORDS;
	top.hash = heap__hash_top(&top.top);
	return heap__keep_top(&top);
}

#endif
