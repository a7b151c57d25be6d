/* SPDX-License-Identifier: GPL-2.0 */
/* Writing records.  A record that does not fit is counted, never dropped silently. */
#ifndef MEMTRACE_CORE_EMIT_H
#define MEMTRACE_CORE_EMIT_H

#include "maps.h"

static __always_inline void hdr__fill(struct mt_hdr *hdr, enum mt_rec_id id, u32 size)
{
	hdr->id = id;
	hdr->size = size;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->time_ns = bpf_ktime_get_boot_ns();
}

static __always_inline void lost__record(enum mt_ring ring)
{
	struct mt_lost *l = lost_here();

	if (l)
		__sync_fetch_and_add(&l->records[ring], 1);
}

/* A single event: no later record has what it had. */
static __always_inline void lost__event(void)
{
	struct mt_lost *l = lost_here();

	if (l)
		__sync_fetch_and_add(&l->events, 1);
}

static __always_inline u32 hot_ring_index(void)
{
	return cfg.nr_hot_rings > 1 ? bpf_get_smp_processor_id() / cfg.cpus_per_ring : 0;
}

static __always_inline void *hot_ring(void)
{
	u32 i = hot_ring_index();

	return bpf_map_lookup_elem(&rings_hot, &i);
}

/* The reader is woken only when much is waiting; otherwise it comes at its tick. */
static __always_inline void hot__submit(void *ring, void *record)
{
	bool much = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > cfg.hot_wakeup_bytes;

	bpf_ringbuf_submit(record, much ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/*
 * Reserves a record in a ring of its own and fills its header; NULL if the ring is full, which is then counted.  A
 * macro, because the verifier needs constant sizes.
 */
#define rare__reserve(ring, ring_id, rec_id, type)                                                                     \
	({                                                                                                             \
		type *rec_ = bpf_ringbuf_reserve(ring, sizeof(type), 0);                                               \
		if (rec_)                                                                                              \
			hdr__fill(&rec_->hdr, rec_id, sizeof(type));                                                   \
		else                                                                                                   \
			lost__record(ring_id);                                                                         \
		rec_;                                                                                                  \
	})

#define hot__reserve(ring, rec_id, type)                                                                               \
	({                                                                                                             \
		type *rec_ = bpf_ringbuf_reserve(ring, sizeof(type), 0);                                               \
		if (rec_)                                                                                              \
			hdr__fill(&rec_->hdr, rec_id, sizeof(type));                                                   \
		else                                                                                                   \
			lost__event();                                                                                 \
		rec_;                                                                                                  \
	})

#endif
