/* SPDX-License-Identifier: GPL-2.0 */
/* Events of reclaim and kswapd.  Fields are read by name, so their order and width may differ. */
#ifndef MEMTRACE_COMPAT_VMSCAN_H
#define MEMTRACE_COMPAT_VMSCAN_H

#include "../prelude.h"

/* enum lru_list: the same on all kernels; user/probes/kswapd.c compares it with the kernel's BTF */
#define LRU_INACTIVE_ANON 0
#define LRU_INACTIVE_FILE 2

/* include/linux/sched.h: the same on all kernels */
#define PF_KSWAPD 0x20000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* direct, memcg and soft limit reclaim share it; gfp_flags: u32 on 5.10, u64 from 6.1; order moved in 7.1. */
struct trace_event_raw_mm_vmscan_direct_reclaim_begin_template {
	int order;
	unsigned long gfp_flags;
};

/* From 7.1 on: the id of the memory cgroup's cgroup, 0 without one. */
struct trace_event_raw_mm_vmscan_direct_reclaim_begin_template___v7_1 {
	u64 memcg_id;
};

struct trace_event_raw_mm_vmscan_direct_reclaim_end_template {
	unsigned long nr_reclaimed;
};

struct trace_event_raw_mm_vmscan_node_reclaim_begin {
	int order;
	unsigned long gfp_flags;
};

struct trace_event_raw_mm_vmscan_kswapd_wake {
	int nid;
	int order;
};

struct trace_event_raw_mm_vmscan_kswapd_sleep {
	int nid;
};

struct trace_event_raw_mm_vmscan_wakeup_kswapd {
	int nid;
	int order;
	unsigned long gfp_flags;
};

struct trace_event_raw_mm_vmscan_lru_shrink_inactive {
	int nid;
	unsigned long nr_reclaimed;
};

struct trace_event_raw_mm_vmscan_lru_isolate {
	unsigned long nr_scanned;
	unsigned long nr_taken;
	int lru;
};

struct shrinker {
	void *scan_objects; /* a function */
};

struct shrink_control {
	struct mem_cgroup *memcg; /* whose objects are to be freed; NULL: of none */
};

struct trace_event_raw_mm_shrink_slab_end {
	void *shrink; /* the shrinker's scan_objects */
	int retval;
};

/* From 7.1 on: the id of the cgroup whose objects are to be freed, 0 without one. */
struct trace_event_raw_mm_shrink_slab_start___v7_1 {
	u64 memcg_id;
};

/* Seen from 5.17 on. */
struct trace_event_raw_mm_vmscan_throttled___v5_17 {
	int usec_delayed;
};

#pragma clang attribute pop

#endif
