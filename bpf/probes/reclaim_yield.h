/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who reclaims, and the pages that reclaim went through and got back: part of the probe reclaim.
 */
#ifndef MEMTRACE_PROBES_RECLAIM_YIELD_H
#define MEMTRACE_PROBES_RECLAIM_YIELD_H

#include "core/compat/vmscan.h"
#include "core/identity.h"
#include "core/keyed.h"
#include "core/reclaimer.h"
#include "core/state.h"

/* For each cgroup with reclaim for its limit, anonymous pages and those of files: with the index 180 KiB. */
#define YIELDS_MAX 1024

KEYED_MAPS(reclaim_yield, YIELDS_MAX, 2 * MT_NR_RECLAIMERS);

/* The current task's state if what it reclaims counts: kswapd's does always, as it works for all. */
static __always_inline struct mt_state *reclaiming(u32 by)
{
	struct mt_state *s;

	if (by != MT_RECLAIMER_KSWAPD)
		return state__counting(false);
	s = state__current();
	if (!s)
		state__missing();
	return s;
}

static __always_inline struct mt_reclaim_yield_value *yield_of(u64 target, u32 by, u32 file)
{
	struct mt_reclaim_yield_key key = { .target_cgroup_id = target, .by = by, .file = file };
	struct mt_reclaim_yield_value *counts = keyed__get(reclaim_yield, &key);

	if (counts)
		return counts;
	key.target_cgroup_id = 0;
	return keyed__other(reclaim_yield, &key, 2 * by + file);
}

static __noinline int yield__add(u64 scanned, u64 reclaimed, u32 file)
{
	struct mt_reclaim_yield_value *counts;
	u64 target;
	u32 by = reclaimer(&target);

	if (by >= MT_NR_RECLAIMERS || file > 1)
		return 0;
	counts = yield_of(target, by, file);
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->scanned_pages, scanned);
	__sync_fetch_and_add(&counts->reclaimed_pages, reclaimed);
	keyed__count(&counts->head);
	return 0;
}

/*
 * A batch is taken off a list.  What pgscan counts there: on classic lists the pages that were gone through
 * (mm/vmscan.c, shrink_inactive_list()); with the multi-generational LRU those that were taken (scan_folios()).
 */
static __always_inline int yield__isolate(int lru, u64 nr_scanned, u64 nr_taken)
{
	struct mt_state *s;
	u64 target;

	if (lru != LRU_INACTIVE_ANON && lru != LRU_INACTIVE_FILE)
		return 0;
	s = reclaiming(reclaimer(&target));
	if (!s)
		return 0;
	state__reclaiming(s)->taken = nr_taken;
	state__reclaiming(s)->file = lru == LRU_INACTIVE_FILE;
	if (cfg.lru_generations)
		nr_scanned = nr_taken;
	return nr_scanned ? yield__add(nr_scanned, 0, lru == LRU_INACTIVE_FILE) : 0;
}

/*
 * What came of it.  The multi-generational LRU tries the rest of a batch again (evict_folios()), with an event of its
 * own.  More than was seen to be taken is never counted, so that no yield exceeds 100 %.
 */
static __always_inline int yield__shrink(u64 nr_reclaimed)
{
	struct mt_state *s;
	u64 target;

	s = reclaiming(reclaimer(&target));
	if (!s)
		return 0;
	if (nr_reclaimed > state__reclaiming(s)->taken)
		nr_reclaimed = state__reclaiming(s)->taken;
	state__reclaiming(s)->taken -= nr_reclaimed;
	return nr_reclaimed ? yield__add(0, nr_reclaimed, state__reclaiming(s)->file) : 0;
}

static __always_inline void yield__retire(u64 target, u32 by)
{
	struct mt_reclaim_yield_key key = { .target_cgroup_id = target, .by = by };

	keyed__retire(reclaim_yield, &key);
	key.file = 1;
	keyed__retire(reclaim_yield, &key);
}

SEC("tp_btf/mm_vmscan_lru_isolate")
int BPF_PROG(yield_isolate_btf, int zoneidx, int order, unsigned long nr_requested, unsigned long nr_scanned,
	     unsigned long nr_skipped, unsigned long nr_taken, int lru)
{
	return yield__isolate(lru, nr_scanned, nr_taken);
}

/* With the isolation's mode, which older kernels pass. */
SEC("tp_btf/mm_vmscan_lru_isolate")
int BPF_PROG(yield_isolate_mode_btf, int zoneidx, int order, unsigned long nr_requested, unsigned long nr_scanned,
	     unsigned long nr_skipped, unsigned long nr_taken, unsigned int mode, int lru)
{
	return yield__isolate(lru, nr_scanned, nr_taken);
}

SEC("tp/vmscan/mm_vmscan_lru_isolate")
int yield_isolate_tp(struct trace_event_raw_mm_vmscan_lru_isolate *ctx)
{
	yield__isolate(ctx->lru, ctx->nr_scanned, ctx->nr_taken);
	return TP_PASS_ON;
}

SEC("tp_btf/mm_vmscan_lru_shrink_inactive")
int BPF_PROG(yield_shrink_btf, int nid, unsigned long nr_scanned, unsigned long nr_reclaimed)
{
	return yield__shrink(nr_reclaimed);
}

SEC("tp/vmscan/mm_vmscan_lru_shrink_inactive")
int yield_shrink_tp(struct trace_event_raw_mm_vmscan_lru_shrink_inactive *ctx)
{
	yield__shrink(ctx->nr_reclaimed);
	return TP_PASS_ON;
}

#endif
