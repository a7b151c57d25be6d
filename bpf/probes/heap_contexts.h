/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A part of heap.bpf.c, with copied stacks: ways to an allocation.  Unwinding each stack would take too long, so a
 * stack is known again by what decides how it unwinds, and is sent only when it is seen first.
 */
#ifndef MEMTRACE_PROBES_HEAP_CONTEXTS_H
#define MEMTRACE_PROBES_HEAP_CONTEXTS_H

#include "core/every.h"

/* By the low bits of the hash.  The loader sets how many. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} heap_contexts SEC(".maps");

/* Where callers are, as user space has learnt from stacks that it unwound. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct mt_heap_place);
	__type(value, struct mt_heap_rule);
} heap_rules SEC(".maps");

/* Stacks with a place whose rule has not come yet are sent; how many is counted. */
struct heap_asked {
	u64 second;
	u64 times;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct mt_heap_place);
	__type(value, struct heap_asked);
} heap_asked SEC(".maps");

/* A rule takes some hundredths of a second to come.  Until then as many are sent for it as user space can unwind. */
#define ASKS_A_SECOND 64

/* Libraries are mapped below this place, and not far from it. */
#define NEAR_BITS   36
#define STACK_WORDS (MT_MAX_STACK_BYTES / 8)

struct heap_texts {
	u64 begin, bytes; /* of the program */
	u64 near;	  /* where libraries begin at the earliest; they end 2^(NEAR_BITS + 1) above */
};

static __always_inline u64 heap__mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

/* Whether these 8 bytes, which stand before an address, end in a call: then it may be where a function returns to. */
static __always_inline bool heap__is_call(const u8 *code)
{
#if defined(__TARGET_ARCH_x86)
	/* call rel32; call r/m64, which is FF /2 of 2, 3, 4, 6 and 7 bytes */
	return code[3] == 0xe8 || (code[6] == 0xff && (code[7] & 0x38) == 0x10) ||
	       (code[5] == 0xff && (code[6] & 0x38) == 0x10) || (code[4] == 0xff && (code[5] & 0x38) == 0x10) ||
	       (code[2] == 0xff && (code[3] & 0x38) == 0x10) || (code[1] == 0xff && (code[2] & 0x38) == 0x10);
#elif defined(__TARGET_ARCH_arm64)
	/* bl; blr and its forms with authentication */
	return code[7] >> 2 == 0x25 || ((code[7] & 0xfe) == 0xd6 && (code[6] & 0xe0) == 0x20);
#else
	return true;
#endif
}

/*
 * 0 in place of what cannot be the address of a program's or of a library's code.  Not static, so that the verifier
 * looks at it once, and not for each word.
 */
__attribute__((noinline)) u64 heap__return_address(u64 word, u64 begin, u64 bytes, u64 near)
{
	u8 code[8] = {};

	if (word - begin < bytes)
		return word;
	if ((word - near) >> (NEAR_BITS + 1) || bpf_probe_read_user(code, sizeof(code), (void *)(word - 8)))
		return 0;
	return heap__is_call(code) ? word : 0;
}

/* How far a stack was followed, by rules. */
struct heap_walk {
	struct mt_heap_place at;
	u64 sp, fp, hash;
	bool whole;   /* up to the outermost function */
	bool unknown; /* the rule of this place has not come yet */
};

/* That of the CPU's copy. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct heap_walk);
} heap_walks SEC(".maps");

/*
 * One caller more; false: it ends here.  Not static, so that the verifier looks at it once, and not for each step; so
 * it finds the walk by itself.
 */
__attribute__((noinline)) int heap__step(int nr)
{
	struct heap_walk *walk = map_only(&heap_walks);
	const struct mt_heap_rule *rule;
	u64 base, caller = 0, pointer;

	opaque(nr); /* else compilers pass nothing */
	if (!walk)
		return false;
	rule = bpf_map_lookup_elem(&heap_rules, &walk->at);
	if (!rule || rule->base == MT_HEAP_NO_BASE || rule->base == MT_HEAP_OUTERMOST) {
		walk->unknown = !rule;
		walk->whole = rule && rule->base == MT_HEAP_OUTERMOST;
		return false;
	}
	base = rule->base == MT_HEAP_FROM_FP ? walk->fp : walk->sp;
	if (bpf_probe_read_user(&caller, sizeof(caller), (void *)(base + (s64)rule->return_address)))
		return false;
	if (rule->pointer != MT_UNKNOWN_S32 &&
	    !bpf_probe_read_user(&pointer, sizeof(pointer), (void *)(base + (s64)rule->pointer)))
		walk->fp = pointer;
	walk->sp = base + (s64)rule->frame;
	walk->at.address = caller;
	walk->hash = heap__mix(walk->hash, caller);
	return true;
}

static __always_inline void heap__follow(struct heap_walk *walk)
{
	int i;

	for (i = 0; i < MT_STACK_DEPTH; i++)
		if (!heap__step(i))
			return;
	/* functions beyond are taken for the same */
	walk->whole = true;
}

/* Whether user space is to be asked once more. */
static __always_inline bool heap__may_ask(const struct mt_heap_place *place)
{
	struct heap_asked *asked = bpf_map_lookup_elem(&heap_asked, place);
	struct heap_asked new = { .second = bpf_ktime_get_boot_ns() >> 30, .times = 1 };

	if (!asked || asked->second != new.second) {
		bpf_map_update_elem(&heap_asked, place, &new, BPF_ANY);
		return true;
	}
	/* old kernels do not give back what was there; one question more does no harm */
	__sync_fetch_and_add(&asked->times, 1);
	return *(volatile __typeof__(asked->times) *)&asked->times <= ASKS_A_SECOND;
}

/*
 * What is behind the place where the walk ended.  Return addresses and where they are decide how that unwinds, together
 * with the frame pointer, as far as that points into the stack.  Return addresses that were left from older calls count
 * as well: so one path may have several hashes, but two paths never one.
 */
static __noinline u64 heap__hash_rest(const struct copy_draft *draft, const struct heap_texts *texts,
				      const struct heap_walk *walk)
{
	const u64 *words = (void *)draft->bytes;
	u64 sp = 0, hash = walk->hash, frame, is_behind;
	u32 i, nr = draft->rec.bytes / 8, from;

#ifdef NR_REGS
	sp = REG_SP(draft->rec.regs);
#endif
	frame = walk->fp - sp;
	hash = heap__mix(hash, frame < draft->rec.bytes ? frame : 0);
	from = (walk->sp - sp) / 8;
	for (i = 0; i < STACK_WORDS && i < nr; i++) {
		/* all ones or 0, without a branch, of which the verifier would take both sides each time */
		is_behind = (s64)((u64)from - i - 1) >> 63;
		opaque(is_behind);
		hash = heap__mix(hash,
				 heap__return_address(words[i] & is_behind, texts->begin, texts->bytes, texts->near));
	}
	return hash;
}

static __always_inline void heap__find_texts(struct heap_texts *texts)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	texts->begin = BPF_CORE_READ(task, mm, start_code);
	texts->bytes = BPF_CORE_READ(task, mm, end_code) - texts->begin;
	texts->near = BPF_CORE_READ(task, mm, mmap_base) - (1ULL << NEAR_BITS);
}

/* false: the copy has no room, so the path would never be known. */
static __always_inline bool heap__send(void *ctx, struct copy_draft *draft, struct mt_state *s, u32 context, u64 space)
{
	s32 by_frames = chain__id(ctx, BPF_F_USER_STACK);
	struct mt_heap_path *rec = every__reserve(s, MT_REC_heap_path, struct mt_heap_path);

	if (!rec)
		return false;
	rec->context = context;
	rec->space = space;
	rec->by_frames = by_frames;
	rec->user_stack = copied__send(draft, s);
	if (rec->user_stack < 0) {
		bpf_ringbuf_discard(rec, BPF_RB_NO_WAKEUP);
		return false;
	}
	/* the sooner it is unwound, the fewer are sent */
	bpf_ringbuf_submit(rec, BPF_RB_FORCE_WAKEUP);
	return true;
}

static __always_inline void heap__begin_walk(struct heap_walk *walk, const struct copy_draft *draft)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	walk->at.space = heap__mix(BPF_CORE_READ(task, mm, mmap_base), BPF_CORE_READ(task, mm, start_code));
	walk->at.space = heap__mix(walk->at.space, BPF_CORE_READ(task, mm, start_stack));
#ifdef NR_REGS
	walk->at.address = draft->rec.regs[AT_PC];
	walk->sp = draft->rec.regs[AT_SP];
	walk->fp = draft->rec.regs[AT_FP];
#endif
	walk->hash = heap__mix(walk->at.space, walk->at.address);
	walk->whole = walk->unknown = false;
}

/* quiet: of memtrace itself, whose path nobody wants to know. */
static __noinline u32 heap__know(struct pt_regs *ctx, struct copy_draft *draft, struct mt_state *s, bool quiet)
{
	struct heap_walk *walk = map_only(&heap_walks);
	struct heap_texts texts;
	const u64 *known;
	u64 hash;
	u32 id;

	if (!walk)
		return 0;
	heap__begin_walk(walk, draft);
	heap__follow(walk);
	if (!walk->whole) {
		copied__stack(draft);
		heap__find_texts(&texts);
		walk->hash = heap__hash_rest(draft, &texts, walk);
	}
	hash = walk->hash;
	id = (u32)hash | 1;
	known = bpf_map_lookup_elem(&heap_contexts, &id);
	if (known)
		return *known == hash ? id : 0;
	if (walk->unknown && !quiet && !heap__may_ask(&walk->at))
		return 0;
	if (bpf_map_update_elem(&heap_contexts, &id, &hash, BPF_NOEXIST))
		return 0;
	if (walk->whole)
		copied__stack(draft);
	if (quiet || heap__send(ctx, draft, s, id, walk->at.space))
		return id;
	bpf_map_delete_elem(&heap_contexts, &id);
	return 0;
}

/* The number of the way that led here; 0: there is no room for it, or the stack cannot be read. */
static __noinline u32 heap__context(struct pt_regs *ctx, struct mt_state *s, bool quiet)
{
	struct copy_draft *draft = map_only(&copy_drafts);
	u32 context = 0;

	if (!draft || !s)
		return 0;
	/* as in chain__more() */
	__sync_fetch_and_add(&draft->users, 1);
	if (*(volatile u64 *)&draft->users == 1 && copied__regs(&draft->rec))
		context = heap__know(ctx, draft, s, quiet);
	__sync_fetch_and_add(&draft->users, -1);
	return context;
}

#endif
