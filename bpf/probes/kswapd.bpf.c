// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions of kswapd: from the first wake after a sleep to the next sleep.
 * The wake event fires at each round of balancing, so most are not a start.
 * Filters do not apply: kswapd works for the whole machine.
 */
#include "core/prelude.h"
#include "core/compat/vmscan.h"
#include "core/emit.h"
#include "core/identity.h"

char LICENSE[] SEC("license") = "GPL";

enum kswapd_seen {
	SEEN_NOTHING, /* since memtrace attached: it may sleep or run */
	SEEN_ASLEEP,
	SEEN_RUNNING,
};

struct kswapd_node {
	u64 start_ns;
	u64 scanned_pages;
	u64 reclaimed_pages;
	u32 seen; /* enum kswapd_seen */
	u32 tid;
	u32 rounds;
	s32 order;
	u32 partial;
	u16 told_scanned, told_reclaimed; /* such events have been seen at some time */
};

/* The first task that woke a node's kswapd since it fell asleep: many do at once, and the map accepts one. */
struct kswapd_waker {
	struct mt_who who;
	u64 gfp;
	s32 order;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MT_MAX_NODES);
	__type(key, u32);
	__type(value, struct kswapd_waker);
} kswapd_wakers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MT_MAX_NODES);
	__type(key, u32);
	__type(value, struct kswapd_node);
} kswapd_nodes SEC(".maps");

/* The node of a running kswapd, by its tid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MT_MAX_NODES);
	__type(key, u32);
	__type(value, u32);
} kswapd_tids SEC(".maps");

static __always_inline struct kswapd_node *node_of(u32 nid)
{
	return bpf_map_lookup_elem(&kswapd_nodes, &nid);
}

static __always_inline int wake(u32 nid, s32 order)
{
	struct kswapd_node *node = node_of(nid);

	if (!node)
		return 0;
	if (node->seen != SEEN_RUNNING) {
		/* tasks wake it only if they find it asleep, so a waker proves that this is a start */
		node->partial = node->seen == SEEN_NOTHING && !bpf_map_lookup_elem(&kswapd_wakers, &nid);
		node->seen = SEEN_RUNNING;
		node->start_ns = bpf_ktime_get_boot_ns();
		node->tid = bpf_get_current_pid_tgid();
		node->rounds = 0;
		node->order = 0;
		node->scanned_pages = 0;
		node->reclaimed_pages = 0;
		bpf_map_update_elem(&kswapd_tids, &node->tid, &nid, BPF_ANY);
	}
	node->rounds++;
	if (order > node->order)
		node->order = order;
	return 0;
}

static __always_inline void emit_session(const struct kswapd_node *node, u32 nid)
{
	const struct kswapd_waker *waker = bpf_map_lookup_elem(&kswapd_wakers, &nid);
	struct mt_kswapd *rec = rare__reserve(&ring_rare, MT_RING_RARE, MT_REC_kswapd, struct mt_kswapd);
	const struct mt_control *ctl = map_only(&control);

	if (!rec)
		return;
	rec->start_ns = node->start_ns;
	rec->duration_ns = rec->hdr.time_ns - node->start_ns;
	/* 6.1's multi-generational LRU fires no events; and a hook may be missing */
	rec->scanned_pages = MT_UNKNOWN_U64;
	if (node->told_scanned || (ctl && ctl->tells_scanned))
		rec->scanned_pages = node->scanned_pages;
	rec->reclaimed_pages = MT_UNKNOWN_U64;
	if (node->told_reclaimed || (ctl && ctl->tells_reclaimed))
		rec->reclaimed_pages = node->reclaimed_pages;
	rec->rounds = node->rounds;
	rec->order = node->order;
	rec->node = nid;
	rec->partial = node->partial;
	rec->pad = 0;
	rec->waker_gfp = MT_UNKNOWN_U64;
	rec->waker_order = MT_UNKNOWN_S32;
	if (waker) {
		rec->waker = waker->who;
		rec->waker_gfp = waker->gfp;
		rec->waker_order = waker->order;
	} else {
		__builtin_memset(&rec->waker, 0, sizeof(rec->waker));
	}
	bpf_ringbuf_submit(rec, 0);
}

static __always_inline int sleep(u32 nid)
{
	struct kswapd_node *node = node_of(nid);

	if (!node)
		return 0;
	if (node->seen == SEEN_RUNNING) {
		emit_session(node, nid);
		bpf_map_delete_elem(&kswapd_tids, &node->tid);
	}
	node->seen = SEEN_ASLEEP;
	node->tid = 0;
	bpf_map_delete_elem(&kswapd_wakers, &nid);
	return 0;
}

static __always_inline int ask(u32 nid, s32 order, u64 gfp)
{
	struct kswapd_waker waker = { .gfp = gfp, .order = order };
	struct kswapd_node *node = node_of(nid);

	if (!node || node->seen == SEEN_RUNNING || bpf_map_lookup_elem(&kswapd_wakers, &nid))
		return 0;
	who__read_current(&waker.who);
	bpf_map_update_elem(&kswapd_wakers, &nid, &waker, BPF_NOEXIST);
	return 0;
}

/*
 * What pgscan_kswapd counts where a batch is isolated.  Classic lists: the pages of an inactive list that were gone
 * through (mm/vmscan.c, shrink_inactive_list()).  Multi-generational LRU: the pages that were taken (scan_folios()).
 * The events of shrinking do not measure this: for the multi-generational LRU they report a batch again when it is
 * retried (evict_folios()).
 */
static __always_inline int isolate(int lru, u64 nr_scanned, u64 nr_taken)
{
	u32 tid = bpf_get_current_pid_tgid();
	u32 *nid = bpf_map_lookup_elem(&kswapd_tids, &tid);
	struct kswapd_node *node = nid ? node_of(*nid) : NULL;

	if (!node || (lru != LRU_INACTIVE_ANON && lru != LRU_INACTIVE_FILE))
		return 0;
	node->told_scanned = 1;
	node->scanned_pages += cfg.lru_generations ? nr_taken : nr_scanned;
	return 0;
}

static __always_inline int shrink(u32 nid, u64 nr_reclaimed)
{
	struct kswapd_node *node = node_of(nid);
	u32 tid = bpf_get_current_pid_tgid();

	if (!node || !node->tid || node->tid != tid)
		return 0;
	node->told_reclaimed = 1;
	node->reclaimed_pages += nr_reclaimed;
	return 0;
}

SEC("tp_btf/mm_vmscan_kswapd_wake")
int BPF_PROG(wake_btf, int nid, int zid, int order)
{
	return wake(nid, order);
}

SEC("tp/vmscan/mm_vmscan_kswapd_wake")
int wake_tp(struct trace_event_raw_mm_vmscan_kswapd_wake *ctx)
{
	wake(ctx->nid, ctx->order);
	return TP_PASS_ON;
}

SEC("tp_btf/mm_vmscan_kswapd_sleep")
int BPF_PROG(sleep_btf, int nid)
{
	return sleep(nid);
}

SEC("tp/vmscan/mm_vmscan_kswapd_sleep")
int sleep_tp(struct trace_event_raw_mm_vmscan_kswapd_sleep *ctx)
{
	sleep(ctx->nid);
	return TP_PASS_ON;
}

SEC("tp_btf/mm_vmscan_wakeup_kswapd")
int BPF_PROG(ask_btf, int nid, int zid, int order, gfp_t gfp)
{
	return ask(nid, order, gfp);
}

SEC("tp/vmscan/mm_vmscan_wakeup_kswapd")
int ask_tp(struct trace_event_raw_mm_vmscan_wakeup_kswapd *ctx)
{
	ask(ctx->nid, ctx->order, ctx->gfp_flags);
	return TP_PASS_ON;
}

SEC("tp_btf/mm_vmscan_lru_shrink_inactive")
int BPF_PROG(shrink_btf, int nid, unsigned long nr_scanned, unsigned long nr_reclaimed)
{
	return shrink(nid, nr_reclaimed);
}

SEC("tp/vmscan/mm_vmscan_lru_shrink_inactive")
int shrink_tp(struct trace_event_raw_mm_vmscan_lru_shrink_inactive *ctx)
{
	shrink(ctx->nid, ctx->nr_reclaimed);
	return TP_PASS_ON;
}

SEC("tp_btf/mm_vmscan_lru_isolate")
int BPF_PROG(isolate_btf, int zoneidx, int order, unsigned long nr_requested, unsigned long nr_scanned,
	     unsigned long nr_skipped, unsigned long nr_taken, int lru)
{
	return isolate(lru, nr_scanned, nr_taken);
}

/* With the isolation's mode, which older kernels pass. */
SEC("tp_btf/mm_vmscan_lru_isolate")
int BPF_PROG(isolate_mode_btf, int zoneidx, int order, unsigned long nr_requested, unsigned long nr_scanned,
	     unsigned long nr_skipped, unsigned long nr_taken, unsigned int mode, int lru)
{
	return isolate(lru, nr_scanned, nr_taken);
}

SEC("tp/vmscan/mm_vmscan_lru_isolate")
int isolate_tp(struct trace_event_raw_mm_vmscan_lru_isolate *ctx)
{
	isolate(ctx->lru, ctx->nr_scanned, ctx->nr_taken);
	return TP_PASS_ON;
}
