/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records of single events, on the hottest paths: small, with a reference for
 * the task, and without a wake-up each.
 */
#ifndef MEMTRACE_CORE_EVERY_H
#define MEMTRACE_CORE_EVERY_H

#include "chain.h"
#include "copied.h"
#include "state.h"

#define WAKE_EVERY_NS 1000000

/* Chooses one page in cfg.sample, by a hash of its number: a page has all of its events, or none. */
static __always_inline bool every__is_sampled(u64 page)
{
	return cfg.sample <= 1 || (page * 0x9e3779b97f4a7c15ULL >> 32) % cfg.sample == 0;
}

/*
 * Tells the ring's reader which task s->ref stands for, once in each epoch and ring: rings are read one after the
 * other, so each needs it before the first event.
 */
static __always_inline bool every__announce(struct mt_state *s, void *ring, u32 nr)
{
	struct mt_control *ctl = map_only(&control);
	u32 epoch = ctl ? ctl->epoch : 0;
	u64 bit = 1ULL << (nr & 63);
	struct mt_who_is *rec;

	if (s->announced.id != s->ref.id)
		s->woke_ns = 0;
	if (s->announced.id != s->ref.id || s->announced_epoch != epoch) {
		s->announced = s->ref;
		s->announced_epoch = epoch;
		s->announced_rings = 0;
	}
	if (s->announced_rings & bit)
		return true;
	rec = bpf_ringbuf_reserve(ring, sizeof(*rec), 0);
	if (!rec)
		return false;
	hdr__fill(&rec->hdr, MT_REC_WHO, sizeof(*rec));
	rec->ref = s->announced;
	rec->who = s->who;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	s->announced_rings |= bit;
	return true;
}

/*
 * Reserves a record, and fills its header and who; NULL if the ring is full, which is then counted.  A macro, because
 * the verifier needs constant sizes.
 */
#define every__reserve(s, rec_id, type) every__reserve_bytes(s, rec_id, type, sizeof(type))

/*
 * The same for an event with a user stack: behind it is room for the stack's top, if that is wanted.  One reservation
 * of a size that the verifier knows, as it looks at one of two sizes: old ones take no second check of a pointer.
 */
#define every__reserve_chained(s, rec_id, type)                                                                        \
	every__reserve_bytes(s, rec_id, type, sizeof(type) + (cfg.stack_tops ? sizeof(struct mt_stack_top) : 0))

#define every__reserve_bytes(s, rec_id, type, bytes)                                                                   \
	({                                                                                                             \
		u32 nr_ = hot_ring_index();                                                                            \
		void *ring_ = bpf_map_lookup_elem(&rings_hot, &nr_);                                                   \
		type *rec_ = NULL;                                                                                     \
		if (ring_ && every__announce(s, ring_, nr_))                                                           \
			rec_ = bpf_ringbuf_reserve(ring_, bytes, 0);                                                   \
		if (rec_) {                                                                                            \
			hdr__fill(&rec_->hdr, rec_id, bytes);                                                          \
			rec_->who = (s)->announced;                                                                    \
		} else {                                                                                               \
			lost__event();                                                                                 \
		}                                                                                                      \
		rec_;                                                                                                  \
	})

/*
 * Most records are submitted without a look at the ring; the clock's low digits decide which.  A reader that was
 * woken is given time to come, because waking costs more than the record.  With stacks it is also woken for a task's
 * first record, to read the task's mappings while they exist, and for a copied stack: the sooner its chain is known,
 * the fewer are copied.
 */
static __always_inline u64 every__wake(struct mt_state *s, u64 now_ns, s32 user_stack)
{
	bool copied = cfg.stack_bytes && user_stack >= 0 && user_stack & MT_COPIED_STACK;
	void *ring;

	if (cfg.stacks && !s->woke_ns) {
		s->woke_ns = now_ns;
		return BPF_RB_FORCE_WAKEUP;
	}
	if ((now_ns >> 5 & 15 && !copied) || now_ns - s->woke_ns < WAKE_EVERY_NS)
		return BPF_RB_NO_WAKEUP;
	ring = hot_ring();
	if (!copied && (!ring || bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) <= cfg.hot_wakeup_bytes))
		return BPF_RB_NO_WAKEUP;
	s->woke_ns = now_ns;
	return BPF_RB_FORCE_WAKEUP;
}

/* The ids of the call chains that led here; MT_UNKNOWN_S32 if stacks were not asked for or there is none. */
static __always_inline s32 every__kernel_stack(void *ctx)
{
	return cfg.stacks ? chain__id(ctx, 0) : MT_UNKNOWN_S32;
}

/*
 * The same where every event comes by one chain, as all exceptions of programs do: it is walked once, which is most of
 * what a chain costs.  known: 0 at first, one for each hook.
 */
static __always_inline s32 every__same_kernel_stack(void *ctx, u32 *known)
{
	u32 id = *(volatile u32 *)known;

	if (!cfg.stacks)
		return MT_UNKNOWN_S32;
	if (!id) {
		id = chain__id(ctx, 0) + 1;
		*(volatile u32 *)known = id;
	}
	return id - 1;
}

/* wanted: else there is none.  end: where the record ends, and the top of the stack begins if that is wanted. */
static __always_inline s32 every__user_stack(void *ctx, struct mt_state *s, bool wanted, void *end)
{
	s32 id = MT_UNKNOWN_S32;
	bool frames = true;

	if (!cfg.stacks)
		return id;
	wanted = wanted && !(s->who.flags & MT_WHO_KTHREAD);
	if (cfg.stack_tops)
		frames = copied__top(end, s, wanted);
	s->walking = 1;
	if (wanted && cfg.stack_bytes)
		id = copied__id(s);
	else if (wanted)
		id = frames ? chain__id(ctx, BPF_F_USER_STACK) : MT_LONE_STACK;
	s->walking = 0;
	return id;
}

#endif
