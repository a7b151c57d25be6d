// SPDX-License-Identifier: GPL-2.0
/*
 * Episodes of reclaim in the task that needs the memory.  Counts and times go
 * to the task's counters and to those of the cgroup whose limit it is for, which lose nothing; each episode is also a
 * record, unless the ring is tight.
 */
#include "core/prelude.h"
#include "core/compat/vmscan.h"
#include "core/emit.h"
#include "core/identity.h"
#include "core/keyed.h"
#include "core/span.h"
#include "core/state.h"
#include "reclaim_shrinkers.h"
#include "reclaim_yield.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline u32 first_slot(u32 kind)
{
	switch (kind) {
	case MT_RECLAIM_DIRECT:
		return MT_SLOT_reclaim_direct_count;
	case MT_RECLAIM_MEMCG:
		return MT_SLOT_reclaim_memcg_count;
	case MT_RECLAIM_SOFTLIMIT:
		return MT_SLOT_reclaim_softlimit_count;
	default:
		return MT_SLOT_reclaim_node_count;
	}
}

/* One for each cgroup with reclaim for its limit, by kind, twice where episodes were folded: with the index 1.4 MiB. */
#define TARGETS_MAX 2048

KEYED_MAPS(reclaim_by_target, TARGETS_MAX, 2 * MT_NR_RECLAIM_KINDS);

static __always_inline struct mt_reclaim_by_target_value *counts_of(u64 target, u32 kind, bool folded)
{
	struct mt_reclaim_by_target_key key = { .target_cgroup_id = target, .kind = kind, .folded = folded };
	struct mt_reclaim_by_target_value *counts = keyed__get(reclaim_by_target, &key);

	if (counts)
		return counts;
	key.target_cgroup_id = 0;
	return keyed__other(reclaim_by_target, &key, 2 * kind + folded);
}

static __always_inline void count_for_target(const struct span_end *end, u32 kind, u64 nr_reclaimed, bool folded)
{
	struct mt_reclaim_by_target_value *counts = counts_of(end->span.target, kind, folded);
	u32 slot = mt_log2_slot(end->duration_ns);

	opaque(slot);
	if (!counts || slot >= MT_HIST_SLOTS)
		return;
	__sync_fetch_and_add(&counts->hist[slot], 1);
	__sync_fetch_and_add(&counts->duration_ns, end->duration_ns);
	__sync_fetch_and_add(&counts->ns, end->self_ns);
	__sync_fetch_and_add(&counts->reclaimed_pages, nr_reclaimed);
	keyed__count(&counts->head);
}

static __always_inline void retire(u64 target, u32 kind)
{
	struct mt_reclaim_by_target_key key = { .target_cgroup_id = target, .kind = kind, .folded = false };

	keyed__retire(reclaim_by_target, &key);
	key.folded = true;
	keyed__retire(reclaim_by_target, &key);
	yield__retire(target, kind);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(target_removed, struct cgroup *cgroup, const char *path)
{
	u64 id;

	if (!in_memory_hierarchy(cgroup))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	retire(id, MT_RECLAIM_MEMCG);
	retire(id, MT_RECLAIM_SOFTLIMIT);
	yield__retire(id, MT_RECLAIMER_PROACTIVE);
	shrinkers__retire(id);
	return 0;
}

/* Sleeps in reclaim have an event from 5.17 on (mm/vmscan.c, reclaim_throttle()). */
static __always_inline bool tells_throttling(void)
{
	return bpf_core_type_exists(struct trace_event_raw_mm_vmscan_throttled___v5_17);
}

/* One that is over; kswapd has none, nor has what else reclaims outside of an episode. */
static __always_inline int throttled(s32 delayed_us)
{
	struct span *span = delayed_us > 0 ? span__open() : NULL;

	if (span && span->id >> 16 == MT_PROBE_reclaim)
		span->throttled_us += delayed_us;
	return 0;
}

SEC("tp_btf/mm_vmscan_throttled")
int BPF_PROG(reclaim_throttled_btf, int nid, int usec_timeout, int usec_delayed)
{
	return throttled(usec_delayed);
}

SEC("tp/vmscan/mm_vmscan_throttled")
int reclaim_throttled_tp(struct trace_event_raw_mm_vmscan_throttled___v5_17 *ctx)
{
	throttled(ctx->usec_delayed);
	return TP_PASS_ON;
}

/* false: it is folded, as the ring is tight. */
static __always_inline bool emit_episode(const struct span_end *end, u32 kind, u64 nr_reclaimed)
{
	struct mt_reclaim *rec;

	if (bpf_ringbuf_query(&ring_rare, BPF_RB_AVAIL_DATA) > cfg.rare_fold_bytes)
		return false;
	rec = bpf_ringbuf_reserve(&ring_rare, sizeof(*rec), 0);
	if (!rec)
		return false;
	hdr__fill(&rec->hdr, MT_REC_reclaim, sizeof(*rec));
	who__read_current(&rec->who);
	rec->start_ns = end->span.start_ns;
	rec->duration_ns = end->duration_ns;
	rec->self_ns = end->self_ns;
	rec->reclaimed_pages = nr_reclaimed;
	rec->gfp_flags = end->span.gfp_flags;
	rec->order = end->span.order;
	rec->kind = kind;
	rec->parent = MT_UNKNOWN_S32;
	if (end->has_parent && end->parent_id >> 16 == MT_PROBE_reclaim)
		rec->parent = end->parent_id & 0xffff;
	rec->pad = 0;
	rec->target_cgroup_id = end->span.target;
	rec->shrunk_objects = end->span.shrunk;
	rec->throttled_ns = tells_throttling() ? 1000ULL * end->span.throttled_us : MT_UNKNOWN_U64;
	bpf_ringbuf_submit(rec, 0);
	return true;
}

static __always_inline void count_episode(const struct span_end *end, u32 kind, u64 nr_reclaimed)
{
	bool folded = !emit_episode(end, kind, nr_reclaimed);
	struct mt_lost *l = folded ? lost_here() : NULL;

	if (l)
		__sync_fetch_and_add(&l->folded, 1);
	count_for_target(end, kind, nr_reclaimed, folded);
}

/* Reclaim of these kinds is for a cgroup's limit. */
static __always_inline bool has_target(u32 kind)
{
	return kind == MT_RECLAIM_MEMCG || kind == MT_RECLAIM_SOFTLIMIT;
}

/* What aim() left for the episode that begins now: no later one shall find it. */
static __always_inline u64 take_aim(void)
{
	struct mt_state *s = state__current();
	u64 target = s ? state__reclaiming(s)->target : 0;

	if (s)
		state__reclaiming(s)->target = 0;
	return target;
}

/* The same for what asked_for() left; the episode is the innermost span. */
static __always_inline void take_asked(void)
{
	struct mt_state *s = state__current();
	struct span *span = s && state__reclaiming(s)->asked ? span__open() : NULL;

	if (!span)
		return;
	span->asked = 1;
	state__reclaiming(s)->asked = 0;
}

/* target: the cgroup, where the event tells it; else 0 */
static __always_inline int begin(u32 kind, s32 order, u64 gfp, u64 target)
{
	if (!has_target(kind))
		target = 0;
	else if (!target)
		target = take_aim();
	span__push(span__id(MT_PROBE_reclaim, kind), order, gfp, target);
	if (kind == MT_RECLAIM_MEMCG)
		take_asked();
	return 0;
}

/* The function in which the episode's event comes knows the cgroup; up to 7.0 the event does not. */
static __always_inline int aim(struct mem_cgroup *memcg)
{
	struct mt_state *s = state__current();

	if (s)
		state__reclaiming(s)->target = memcg_cgroup_id(memcg);
	return 0;
}

SEC("fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(memcg_target, struct mem_cgroup *memcg)
{
	return aim(memcg);
}

/* mm/internal.h, from 6.0 on: somebody wrote to memory.reclaim. */
#define MEMCG_RECLAIM_PROACTIVE (1 << 2)

SEC("fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(asked_for, struct mem_cgroup *memcg, unsigned long nr_pages, gfp_t gfp, unsigned int options)
{
	struct mt_state *s = state__current();

	if (s)
		state__reclaiming(s)->asked = !!(options & MEMCG_RECLAIM_PROACTIVE);
	return 0;
}

SEC("fentry/mem_cgroup_shrink_node")
int BPF_PROG(softlimit_target, struct mem_cgroup *memcg)
{
	return aim(memcg);
}

static __always_inline u64 event_target(void *ctx)
{
	struct trace_event_raw_mm_vmscan_direct_reclaim_begin_template___v7_1 *event = ctx;

	return bpf_core_field_exists(event->memcg_id) ? event->memcg_id : 0;
}

static __always_inline int end(u32 kind, u64 nr_reclaimed)
{
	struct span_end end;
	struct mt_state *s;
	u32 slot = first_slot(kind);

	if (span__pop(span__id(MT_PROBE_reclaim, kind), &end))
		return 0;
	s = state__counting(false);
	if (s) {
		state__add(s, MT_PROBE_reclaim, slot, 1);
		state__add(s, MT_PROBE_reclaim, slot + 1, end.self_ns);
		state__add(s, MT_PROBE_reclaim, slot + 2, nr_reclaimed);
		state__add(s, MT_PROBE_reclaim, MT_SLOT_reclaim_shrunk_objects, end.span.shrunk);
	}
	if (s || !cfg.filter)
		count_episode(&end, kind, nr_reclaimed);
	return 0;
}

/*
 * Three kinds share one prototype: (order, gfp_flags) up to 7.0, (gfp_flags,
 * order, memcg) from 7.1 on.  Both load on both; the loader picks by the prototype.
 */
#define BEGIN(name, event, kind)                                                                                       \
	SEC("tp_btf/" #event)                                                                                          \
	int BPF_PROG(name##_begin_btf, int order, gfp_t gfp)                                                           \
	{                                                                                                              \
		return begin(kind, order, gfp, 0);                                                                     \
	}                                                                                                              \
	SEC("tp_btf/" #event)                                                                                          \
	int BPF_PROG(name##_begin_btf_v7_1, gfp_t gfp, int order, struct mem_cgroup *memcg)                            \
	{                                                                                                              \
		return begin(kind, order, gfp, memcg_cgroup_id(memcg));                                                \
	}                                                                                                              \
	SEC("tp/vmscan/" #event)                                                                                       \
	int name##_begin_tp(struct trace_event_raw_mm_vmscan_direct_reclaim_begin_template *ctx)                       \
	{                                                                                                              \
		begin(kind, ctx->order, ctx->gfp_flags, event_target(ctx));                                            \
		return TP_PASS_ON;                                                                                     \
	}

#define END(name, event, kind)                                                                                         \
	SEC("tp_btf/" #event)                                                                                          \
	int BPF_PROG(name##_end_btf, unsigned long nr_reclaimed)                                                       \
	{                                                                                                              \
		return end(kind, nr_reclaimed);                                                                        \
	}                                                                                                              \
	SEC("tp/vmscan/" #event)                                                                                       \
	int name##_end_tp(struct trace_event_raw_mm_vmscan_direct_reclaim_end_template *ctx)                           \
	{                                                                                                              \
		end(kind, ctx->nr_reclaimed);                                                                          \
		return TP_PASS_ON;                                                                                     \
	}

BEGIN(direct, mm_vmscan_direct_reclaim_begin, MT_RECLAIM_DIRECT)
END(direct, mm_vmscan_direct_reclaim_end, MT_RECLAIM_DIRECT)
BEGIN(memcg, mm_vmscan_memcg_reclaim_begin, MT_RECLAIM_MEMCG)
END(memcg, mm_vmscan_memcg_reclaim_end, MT_RECLAIM_MEMCG)
BEGIN(softlimit, mm_vmscan_memcg_softlimit_reclaim_begin, MT_RECLAIM_SOFTLIMIT)
END(softlimit, mm_vmscan_memcg_softlimit_reclaim_end, MT_RECLAIM_SOFTLIMIT)
END(node, mm_vmscan_node_reclaim_end, MT_RECLAIM_NODE)

SEC("tp_btf/mm_vmscan_node_reclaim_begin")
int BPF_PROG(node_begin_btf, int nid, int order, gfp_t gfp)
{
	return begin(MT_RECLAIM_NODE, order, gfp, 0);
}

SEC("tp/vmscan/mm_vmscan_node_reclaim_begin")
int node_begin_tp(struct trace_event_raw_mm_vmscan_node_reclaim_begin *ctx)
{
	begin(MT_RECLAIM_NODE, ctx->order, ctx->gfp_flags, 0);
	return TP_PASS_ON;
}
