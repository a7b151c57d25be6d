/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Open spans of a task: stretches of time that may nest.  A probe pushes one
 * at its begin and pops it at its end; the one around it learns how much of
 * its time was the nested one's.  Few tasks have one at a time, so they live
 * in a small table by tid that costs other tasks nothing.
 */
#ifndef MEMTRACE_CORE_SPAN_H
#define MEMTRACE_CORE_SPAN_H

#include "emit.h"

#define SPAN_DEPTH 4

struct span {
	u64 start_ns;
	u64 nested_ns;
	u64 gfp_flags;
	s32 order;
	u32 id; /* what it is: span__id() */
};

struct span_stack {
	u32 depth;
	u32 pad;
	struct span s[SPAN_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct span_stack);
} spans SEC(".maps");

static __always_inline u32 span__id(enum mt_probe probe, u32 kind)
{
	return probe << 16 | kind;
}

static __always_inline void lost__spans_unfinished(u32 nr)
{
	struct mt_lost *l = lost_here();

	if (l)
		__sync_fetch_and_add(&l->span_unfinished, nr);
}

static __always_inline void span__push(u32 id, s32 order, u64 gfp_flags)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct span_stack *stack = bpf_map_lookup_elem(&spans, &tid);
	struct mt_lost *l;
	u32 depth;

	if (!stack) {
		struct span_stack empty = {};

		bpf_map_update_elem(&spans, &tid, &empty, BPF_NOEXIST);
		stack = bpf_map_lookup_elem(&spans, &tid);
	}
	depth = stack ? stack->depth : SPAN_DEPTH;
	if (depth >= SPAN_DEPTH) {
		l = lost_here();
		if (l)
			__sync_fetch_and_add(&l->span_overflow, 1);
		return;
	}
	stack->s[depth].start_ns = bpf_ktime_get_boot_ns();
	stack->s[depth].nested_ns = 0;
	stack->s[depth].gfp_flags = gfp_flags;
	stack->s[depth].order = order;
	stack->s[depth].id = id;
	stack->depth = depth + 1;
}

struct span_end {
	struct span span;
	u64 duration_ns;
	u64 self_ns;
	u32 parent_id; /* of the span around it; 0 without one that is known */
	bool has_parent;
};

/*
 * Ends the innermost open span of that id.  Spans inside it that were never
 * ended, and an end without a begin, are counted as unfinished.  0 or -1.
 */
static __always_inline int span__pop(u32 id, struct span_end *end)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct span_stack *stack = bpf_map_lookup_elem(&spans, &tid);
	u32 depth, skipped = 0;
	int i;

	depth = stack ? stack->depth : 0;
	for (i = 0; i < SPAN_DEPTH; i++) {
		if (!depth || depth > SPAN_DEPTH)
			break;
		if (stack->s[(depth - 1) & (SPAN_DEPTH - 1)].id == id)
			break;
		depth--;
		skipped++;
	}
	if (!stack || !depth || depth > SPAN_DEPTH) {
		lost__spans_unfinished(1);
		return -1;
	}
	if (skipped)
		lost__spans_unfinished(skipped);
	depth--;
	end->span = stack->s[depth & (SPAN_DEPTH - 1)];
	end->duration_ns = bpf_ktime_get_boot_ns() - end->span.start_ns;
	end->self_ns = end->duration_ns - end->span.nested_ns;
	end->has_parent = depth > 0;
	end->parent_id = 0;
	if (depth) {
		struct span *around = &stack->s[(depth - 1) & (SPAN_DEPTH - 1)];

		around->nested_ns += end->duration_ns;
		end->parent_id = around->id;
		stack->depth = depth;
	} else {
		bpf_map_delete_elem(&spans, &tid);
	}
	return 0;
}

/* The current task ends: so do its open spans. */
static __always_inline void span__drop_all(void)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct span_stack *stack = bpf_map_lookup_elem(&spans, &tid);

	if (!stack)
		return;
	lost__spans_unfinished(stack->depth);
	bpf_map_delete_elem(&spans, &tid);
}

#endif
