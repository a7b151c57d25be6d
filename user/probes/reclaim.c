// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "reclaim.skel.h"

#define BEGIN_CONTEXT "trace_event_raw_mm_vmscan_direct_reclaim_begin_template"
#define END_CONTEXT   "trace_event_raw_mm_vmscan_direct_reclaim_end_template"

#define V7_1 "gfp_t gfp_flags,int order,struct mem_cgroup *memcg"

#define BEGIN(kind_, event_)                                                                                           \
	{                                                                                                              \
		{ .program = #kind_ "_begin_btf",                                                                      \
		  .kind = ATTACH_TP_BTF,                                                                               \
		  .event = event_,                                                                                     \
		  .proto = "int order,gfp_t gfp_flags" },                                                              \
			{ .program = #kind_ "_begin_btf_v7_1",                                                         \
			  .kind = ATTACH_TP_BTF,                                                                       \
			  .event = event_,                                                                             \
			  .proto = V7_1 },                                                                             \
			{ .program = #kind_ "_begin_tp",                                                               \
			  .kind = ATTACH_TP,                                                                           \
			  .event = event_,                                                                             \
			  .context = BEGIN_CONTEXT },                                                                  \
			{},                                                                                            \
	}

#define END(kind_, event_)                                                                                             \
	{                                                                                                              \
		{ .program = #kind_ "_end_btf",                                                                        \
		  .kind = ATTACH_TP_BTF,                                                                               \
		  .event = event_,                                                                                     \
		  .proto = "long unsigned int nr_reclaimed" },                                                         \
			{ .program = #kind_ "_end_tp", .kind = ATTACH_TP, .event = event_, .context = END_CONTEXT },   \
			{},                                                                                            \
	}

static const struct attach_alt direct_begin[] = BEGIN(direct, "vmscan:mm_vmscan_direct_reclaim_begin");
static const struct attach_alt direct_end[] = END(direct, "vmscan:mm_vmscan_direct_reclaim_end");
static const struct attach_alt memcg_begin[] = BEGIN(memcg, "vmscan:mm_vmscan_memcg_reclaim_begin");
static const struct attach_alt memcg_end[] = END(memcg, "vmscan:mm_vmscan_memcg_reclaim_end");
static const struct attach_alt softlimit_begin[] = BEGIN(softlimit, "vmscan:mm_vmscan_memcg_softlimit_reclaim_begin");
static const struct attach_alt softlimit_end[] = END(softlimit, "vmscan:mm_vmscan_memcg_softlimit_reclaim_end");

static const struct attach_alt node_begin[] = {
	{ .program = "node_begin_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = "vmscan:mm_vmscan_node_reclaim_begin",
	  .proto = "int nid,int order,gfp_t gfp_flags" },
	{ .program = "node_begin_tp",
	  .kind = ATTACH_TP,
	  .event = "vmscan:mm_vmscan_node_reclaim_begin",
	  .context = "trace_event_raw_mm_vmscan_node_reclaim_begin" },
	{},
};
static const struct attach_alt node_end[] = END(node, "vmscan:mm_vmscan_node_reclaim_end");

#define TARGET(program_, event_, function)                                                                             \
	{                                                                                                              \
		{ .program = "", .kind = ATTACH_IMPLIED, .event = event_, .proto = V7_1 },                             \
			{ .program = program_,                                                                         \
			  .kind = ATTACH_FENTRY,                                                                       \
			  .event = function,                                                                           \
			  .proto = "struct mem_cgroup *memcg" },                                                       \
			{},                                                                                            \
	}

static const struct attach_alt memcg_target[] =
	TARGET("memcg_target", "vmscan:mm_vmscan_memcg_reclaim_begin", "try_to_free_mem_cgroup_pages");
static const struct attach_alt softlimit_target[] =
	TARGET("softlimit_target", "vmscan:mm_vmscan_memcg_softlimit_reclaim_begin", "mem_cgroup_shrink_node");

#define VMSCAN(name) "vmscan:mm_" name
#define LRU_PAGES                                                                                                      \
	"int highest_zoneidx,int order,long unsigned int nr_requested,long unsigned int nr_scanned,"                   \
	"long unsigned int nr_skipped,long unsigned int nr_taken"

static const struct attach_alt isolate[] = {
	{ .program = "yield_isolate_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("vmscan_lru_isolate"),
	  .proto = LRU_PAGES ",int lru" },
	{ .program = "yield_isolate_mode_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("vmscan_lru_isolate"),
	  .proto = LRU_PAGES ",isolate_mode_t isolate_mode,int lru" },
	{ .program = "yield_isolate_tp",
	  .kind = ATTACH_TP,
	  .event = VMSCAN("vmscan_lru_isolate"),
	  .context = "trace_event_raw_mm_vmscan_lru_isolate" },
	{},
};

static const struct attach_alt shrink[] = {
	{ .program = "yield_shrink_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("vmscan_lru_shrink_inactive"),
	  .proto = "int nid,long unsigned int nr_scanned,long unsigned int nr_reclaimed" },
	{ .program = "yield_shrink_tp",
	  .kind = ATTACH_TP,
	  .event = VMSCAN("vmscan_lru_shrink_inactive"),
	  .context = "trace_event_raw_mm_vmscan_lru_shrink_inactive" },
	{},
};

static const struct attach_alt asked[] = {
	{ .program = "asked_for",
	  .kind = ATTACH_FENTRY,
	  .event = "try_to_free_mem_cgroup_pages",
	  .proto = "struct mem_cgroup *memcg,long unsigned int nr_pages,gfp_t gfp_mask,unsigned int reclaim_options" },
	{},
};

static const struct attach_alt shrink_start[] = {
	{ .program = "shrink_start_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = VMSCAN("shrink_slab_start"),
	  .proto = "struct shrinker *shr,struct shrink_control *sc" },
	{ .program = "shrink_start_tp", .kind = ATTACH_TP, .event = VMSCAN("shrink_slab_start") },
	{},
};

static const struct attach_alt shrink_end[] = {
	{ .program = "shrink_end_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = "vmscan:mm_shrink_slab_end",
	  .proto = "struct shrinker *shr,int nid,int shrinker_retval" },
	{ .program = "shrink_end_tp",
	  .kind = ATTACH_TP,
	  .event = "vmscan:mm_shrink_slab_end",
	  .context = "trace_event_raw_mm_shrink_slab_end" },
	{},
};

static const struct attach_alt throttled[] = {
	{ .program = "reclaim_throttled_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = "vmscan:mm_vmscan_throttled",
	  .proto = "int nid,int usec_timeout,int usec_delayed" },
	{ .program = "reclaim_throttled_tp",
	  .kind = ATTACH_TP,
	  .event = "vmscan:mm_vmscan_throttled",
	  .context = "trace_event_raw_mm_vmscan_throttled" },
	{},
};

static const struct attach_alt target_removed[] = {
	{ .program = "target_removed",
	  .kind = ATTACH_TP_BTF,
	  .event = "cgroup:cgroup_rmdir",
	  .proto = "struct cgroup *cgrp,char *path" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "direct begin",
	  .need = HOOK_REQUIRED,
	  .alts = direct_begin,
	  .loss = "direct reclaim",
	  .tp_as_good = true },
	{ .name = "direct end",
	  .need = HOOK_REQUIRED,
	  .alts = direct_end,
	  .loss = "direct reclaim",
	  .tp_as_good = true },
	{ .name = "shrink end",
	  .need = HOOK_REQUIRED,
	  .alts = shrink_end,
	  .loss = "objects that shrinkers freed",
	  .tp_as_good = true },
	/* a kernel without memory cgroups or without NUMA lacks them */
	{ .name = "memcg begin",
	  .need = HOOK_OPTIONAL,
	  .alts = memcg_begin,
	  .loss = "memory cgroup reclaim",
	  .tp_as_good = true },
	{ .name = "memcg end",
	  .need = HOOK_OPTIONAL,
	  .alts = memcg_end,
	  .loss = "memory cgroup reclaim",
	  .tp_as_good = true },
	{ .name = "soft limit begin",
	  .need = HOOK_OPTIONAL,
	  .alts = softlimit_begin,
	  .loss = "soft limit reclaim",
	  .tp_as_good = true },
	{ .name = "soft limit end",
	  .need = HOOK_OPTIONAL,
	  .alts = softlimit_end,
	  .loss = "soft limit reclaim",
	  .tp_as_good = true },
	{ .name = "memcg target",
	  .need = HOOK_GAIN,
	  .alts = memcg_target,
	  .loss = "the cgroup whose limit memory cgroup reclaim was for" },
	{ .name = "soft limit target",
	  .need = HOOK_GAIN,
	  .alts = softlimit_target,
	  .loss = "the cgroup whose soft limit reclaim was for" },
	{ .name = "shrink start",
	  .need = HOOK_OPTIONAL,
	  .alts = shrink_start,
	  .loss = "shrinkers by function",
	  .tp_as_good = true },
	{ .name = "isolate",
	  .need = HOOK_OPTIONAL,
	  .alts = isolate,
	  .loss = "the yield of reclaim",
	  .tp_as_good = true },
	{ .name = "shrink", .need = HOOK_OPTIONAL, .alts = shrink, .loss = "the yield of reclaim", .tp_as_good = true },
	{ .name = "asked",
	  .need = HOOK_GAIN,
	  .alts = asked,
	  .loss = "which reclaim user space asked for (memory.reclaim)" },
	{ .name = "throttled",
	  .need = HOOK_GAIN,
	  .alts = throttled,
	  .loss = "how long each episode slept",
	  .tp_as_good = true },
	{ .name = "node begin", .need = HOOK_OPTIONAL, .alts = node_begin, .loss = "node reclaim", .tp_as_good = true },
	{ .name = "node end", .need = HOOK_OPTIONAL, .alts = node_end, .loss = "node reclaim", .tp_as_good = true },
	{ .name = "target removal",
	  .need = HOOK_GAIN,
	  .alts = target_removed,
	  .loss = "room for other target cgroups once these are removed" },
	{},
};

/* One end of an episode says nothing, and would leave the other kinds' episodes inside of it. */
#define PAIR(kind)                                                                                                     \
	{ .hook = kind " begin", .needs = kind " end" },                                                               \
	{                                                                                                              \
		.hook = kind " end", .needs = kind " begin"                                                            \
	}

static const struct hook_dependency dependencies[] = { PAIR("memcg"),
						       PAIR("soft limit"),
						       PAIR("node"),
						       { .hook = "isolate", .needs = "shrink" },
						       { .hook = "shrink", .needs = "isolate" },
						       {} };

#define LISTS(program_)                                                                                                \
	{ .program = program_, .name = "LRU_INACTIVE_ANON", .value = 0 },                                              \
	{                                                                                                              \
		.program = program_, .name = "LRU_INACTIVE_FILE", .value = 2                                           \
	}

static const struct kernel_constant constants[] = {
	LISTS("yield_isolate_btf"),
	LISTS("yield_isolate_mode_btf"),
	LISTS("yield_isolate_tp"),
	{},
};

static const struct hook_slots hook_slots[] = {
	{ .hook = "memcg begin", .first = MT_SLOT_reclaim_memcg_count, .last = MT_SLOT_reclaim_memcg_pages },
	{ .hook = "soft limit begin",
	  .first = MT_SLOT_reclaim_softlimit_count,
	  .last = MT_SLOT_reclaim_softlimit_pages },
	{ .hook = "node begin", .first = MT_SLOT_reclaim_node_count, .last = MT_SLOT_reclaim_node_pages },
	{},
};

static const enum mt_slot counts[] = { MT_SLOT_reclaim_direct_count, MT_SLOT_reclaim_memcg_count,
				       MT_SLOT_reclaim_softlimit_count, MT_SLOT_reclaim_node_count };
static const enum mt_slot times[] = { MT_SLOT_reclaim_direct_ns, MT_SLOT_reclaim_memcg_ns, MT_SLOT_reclaim_softlimit_ns,
				      MT_SLOT_reclaim_node_ns };

static const enum mt_slot pages[] = { MT_SLOT_reclaim_direct_pages, MT_SLOT_reclaim_memcg_pages,
				      MT_SLOT_reclaim_softlimit_pages, MT_SLOT_reclaim_node_pages };

static const struct probe_column columns[] = {
	{ .title = "RECLAIM",
	  .measure = MEASURE_SUM,
	  .unit = UNIT_COUNT,
	  .slots = counts,
	  .nr_slots = 4,
	  .without = 1U << MT_PROBE_stall },
	{ .title = "TIME",
	  .measure = MEASURE_SUM,
	  .unit = UNIT_NS,
	  .slots = times,
	  .nr_slots = 4,
	  .without = 1U << MT_PROBE_stall },
	{ .title = "WALL%",
	  .measure = MEASURE_SHARE,
	  .unit = UNIT_NS,
	  .slots = times,
	  .nr_slots = 4,
	  .stall = true,
	  .without = 1U << MT_PROBE_stall },
	{ .title = "RECLAIMED", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = pages, .nr_slots = 4 },
	{},
};

const struct probe reclaim_probe = {
	.id = MT_PROBE_reclaim,
	.object = reclaim_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.hook_slots = hook_slots,
	.constants = constants,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
