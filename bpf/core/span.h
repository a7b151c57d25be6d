/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Open spans of a task: stretches of time that may nest.  A probe pushes a span when it begins and pops it when it
 * ends.  The span around it learns how much of its time belongs to the nested one.  Few tasks have spans at the same
 * time, so they are in a small table by tid, which costs other tasks nothing.
 */
#ifndef MEMTRACE_CORE_SPAN_H
#define MEMTRACE_CORE_SPAN_H

#include "emit.h"

#define SPAN_DEPTH 4

struct span {
	u64 start_ns;
	u64 nested_ns;
	u64 gfp_flags;
	u64 target; /* id of the cgroup that it is about; 0: none */
	u64 shrunk; /* objects that shrinkers freed in it */
	s32 order;
	u32 id;	   /* kind of span: span__id() */
	u32 asked; /* user space asked for it */
	u32 throttled_us;
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

/* The span at that depth, from 0; NULL if there can be none. */
static __always_inline struct span *span__at(struct span_stack *stack, u32 depth)
{
	opaque(depth);
	if (depth >= SPAN_DEPTH)
		return NULL;
	opaque(depth); /* else clang may compute the address before the check */
	return &stack->s[depth];
}

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

static __always_inline void span__push(u32 id, s32 order, u64 gfp_flags, u64 target)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct span_stack *stack = bpf_map_lookup_elem(&spans, &tid);
	struct mt_lost *l;
	struct span *span;

	if (!stack) {
		struct span_stack empty = {};

		bpf_map_update_elem(&spans, &tid, &empty, BPF_NOEXIST);
		stack = bpf_map_lookup_elem(&spans, &tid);
	}
	span = stack ? span__at(stack, stack->depth) : NULL;
	if (!span) {
		l = lost_here();
		if (l)
			__sync_fetch_and_add(&l->span_overflow, 1);
		return;
	}
	span->start_ns = bpf_ktime_get_boot_ns();
	span->nested_ns = 0;
	span->gfp_flags = gfp_flags;
	span->target = target;
	span->shrunk = 0;
	span->asked = 0;
	span->throttled_us = 0;
	span->order = order;
	span->id = id;
	stack->depth++;
}

/* The current task's innermost open span; NULL if it has none. */
static __always_inline struct span *span__open(void)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct span_stack *stack = bpf_map_lookup_elem(&spans, &tid);

	return stack ? span__at(stack, stack->depth - 1) : NULL;
}

struct span_end {
	struct span span;
	u64 duration_ns;
	u64 self_ns;
	u32 parent_id; /* of the span around it; 0: none is known */
	bool has_parent;
};

/*
 * Ends the innermost open span of that id.  Spans inside it that were never ended, and an end without a begin, are
 * counted as unfinished.  Returns 0 or -1.
 */
static __always_inline int span__pop(u32 id, struct span_end *end)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct span_stack *stack = bpf_map_lookup_elem(&spans, &tid);
	struct span *span = NULL, *around;
	u32 depth = stack ? stack->depth : 0, skipped;

	for (skipped = 0; stack && skipped < SPAN_DEPTH && depth; skipped++) {
		span = span__at(stack, --depth);
		if (!span || span->id == id)
			break;
	}
	if (!span || span->id != id) {
		lost__spans_unfinished(1);
		return -1;
	}
	if (skipped)
		lost__spans_unfinished(skipped);
	end->span = *span;
	end->duration_ns = bpf_ktime_get_boot_ns() - span->start_ns;
	end->self_ns = end->duration_ns - span->nested_ns;
	around = depth ? span__at(stack, depth - 1) : NULL;
	end->has_parent = around;
	end->parent_id = around ? around->id : 0;
	if (around) {
		around->nested_ns += end->duration_ns;
		stack->depth = depth;
	} else {
		bpf_map_delete_elem(&spans, &tid);
	}
	return 0;
}

/* The current task ends, and with it its open spans. */
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
