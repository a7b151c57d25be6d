/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shrinkers of slabs, by function and by the cgroup whose objects they free (mm/shrinker.c, do_shrink_slab()): part of
 * the probe reclaim.  What they free are objects; how many pages that makes free only the slab allocator knows, and of
 * those the kernel adds to an episode's pages what it can (flush_reclaim_state()).
 */
#ifndef MEMTRACE_PROBES_RECLAIM_SHRINKERS_H
#define MEMTRACE_PROBES_RECLAIM_SHRINKERS_H

#include "core/compat/cgroup.h"
#include "core/function_name.h"
#include "reclaim_yield.h"

#define SHRINKERS_MAX	   2048 /* functions by cgroup: with the index 390 KiB */
#define SHRINKER_FUNCTIONS 64

KEYED_MAPS(slab_shrinker, SHRINKERS_MAX, 1);

/* Names by the function's address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHRINKER_FUNCTIONS);
	__type(key, u64);
	__type(value, struct function_name);
} shrinker_names SEC(".maps");

/* The same, numbered from 0: a hash, in which a number is taken once. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SHRINKER_FUNCTIONS);
	__type(key, u32);
	__type(value, struct function_name);
} shrinker_list SEC(".maps");

static __noinline int shrinker__list(const struct function_name *name)
{
	u32 i;

	for (i = 0; name && i < SHRINKER_FUNCTIONS; i++) {
		u32 key = i;

		if (!bpf_map_update_elem(&shrinker_list, &key, name, BPF_NOEXIST))
			break;
	}
	return 0;
}

/* The name of the function at that address, made known if it is new; empty: it has none here. */
static __noinline int shrinker__name(u64 address, struct function_name *name)
{
	char raw[FUNCTION_RAW_LEN] = {};
	struct function_name *known;

	if (!name)
		return 0;
	known = bpf_map_lookup_elem(&shrinker_names, &address);
	if (known) {
		*name = *known;
		return 0;
	}
	if (names_functions()) {
		bpf_snprintf(raw, sizeof(raw), "%ps", &address, sizeof(address));
		function__clean(name->name, raw);
	}
	if (!bpf_map_update_elem(&shrinker_names, &address, name, BPF_NOEXIST))
		shrinker__list(name);
	return 0;
}

static __noinline int shrinker__count(u64 address, u64 cgroup_id, u64 ns, u64 objects)
{
	struct mt_slab_shrinker_key key = { .cgroup_id = cgroup_id };
	struct mt_slab_shrinker_value *counts;

	shrinker__name(address, (struct function_name *)key.function);
	counts = keyed__get(slab_shrinker, &key);
	if (!counts) {
		__builtin_memset(&key, 0, sizeof(key));
		counts = keyed__other(slab_shrinker, &key, 0);
	}
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->ns, ns);
	__sync_fetch_and_add(&counts->objects, objects);
	keyed__count(&counts->head);
	return 0;
}

static __always_inline int shrinker__begin(u64 cgroup_id)
{
	u64 target;
	struct mt_state *s = reclaiming(reclaimer(&target));

	if (!s)
		return 0;
	state__reclaiming(s)->shrink_ns = bpf_ktime_get_boot_ns();
	state__reclaiming(s)->shrink_cgroup = cgroup_id;
	return 0;
}

/* An episode of reclaim has what was freed in it; in kswapd and in what else calls shrinkers none is open. */
static __always_inline int shrinker__end(u64 address, int objects)
{
	struct span *span = span__open();
	struct mt_state *s;
	u64 target, since_ns;

	if (objects < 0)
		objects = 0;
	if (span && span->id >> 16 == MT_PROBE_reclaim)
		span->shrunk += objects;
	s = reclaiming(reclaimer(&target));
	since_ns = s ? state__reclaiming(s)->shrink_ns : 0;
	if (!since_ns)
		return 0;
	state__reclaiming(s)->shrink_ns = 0;
	return shrinker__count(address, state__reclaiming(s)->shrink_cgroup, bpf_ktime_get_boot_ns() - since_ns,
			       objects);
}

/* The cgroup is being removed. */
static __noinline int shrinkers__retire(u64 cgroup_id)
{
	struct mt_slab_shrinker_key key = { .cgroup_id = cgroup_id };
	struct function_name *name;
	u32 i;

	for (i = 0; i < SHRINKER_FUNCTIONS; i++) {
		u32 number = i;

		name = bpf_map_lookup_elem(&shrinker_list, &number);
		if (!name)
			break;
		bpf_probe_read_kernel(key.function, sizeof(key.function), name->name); /* one instruction to verify */
		keyed__retire(slab_shrinker, &key);
	}
	return 0;
}

SEC("tp_btf/mm_shrink_slab_start")
int BPF_PROG(shrink_start_btf, struct shrinker *shrinker, struct shrink_control *control)
{
	return shrinker__begin(bpf_core_field_exists(control->memcg) ? memcg_cgroup_id(BPF_CORE_READ(control, memcg)) :
								       0);
}

SEC("tp/vmscan/mm_shrink_slab_start")
int shrink_start_tp(struct trace_event_raw_mm_shrink_slab_start___v7_1 *ctx)
{
	shrinker__begin(bpf_core_field_exists(ctx->memcg_id) ? ctx->memcg_id : 0);
	return TP_PASS_ON;
}

SEC("tp_btf/mm_shrink_slab_end")
int BPF_PROG(shrink_end_btf, struct shrinker *shrinker, int nid, int objects)
{
	return shrinker__end((u64)BPF_CORE_READ(shrinker, scan_objects), objects);
}

SEC("tp/vmscan/mm_shrink_slab_end")
int shrink_end_tp(struct trace_event_raw_mm_shrink_slab_end *ctx)
{
	shrinker__end((u64)ctx->shrink, ctx->retval);
	return TP_PASS_ON;
}

#endif
