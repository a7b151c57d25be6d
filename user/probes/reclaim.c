// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "reclaim.skel.h"

#define BEGIN_CONTEXT "trace_event_raw_mm_vmscan_direct_reclaim_begin_template"
#define END_CONTEXT   "trace_event_raw_mm_vmscan_direct_reclaim_end_template"

#define V7_1 "gfp_t gfp_flags,int order,struct mem_cgroup *memcg"

#define BEGIN(kind, event)                                                                                             \
	{                                                                                                              \
		{ #kind "_begin_btf", ATTACH_TP_BTF, event, "int order,gfp_t gfp_flags", NULL },                       \
			{ #kind "_begin_btf_v7_1", ATTACH_TP_BTF, event, V7_1, NULL },                                 \
			{ #kind "_begin_tp", ATTACH_TP, event, NULL, BEGIN_CONTEXT }, { NULL, 0, NULL, NULL, NULL },   \
	}

#define END(kind, event)                                                                                               \
	{                                                                                                              \
		{ #kind "_end_btf", ATTACH_TP_BTF, event, "long unsigned int nr_reclaimed", NULL },                    \
			{ #kind "_end_tp", ATTACH_TP, event, NULL, END_CONTEXT }, { NULL, 0, NULL, NULL, NULL },       \
	}

static const struct attach_alt direct_begin[] = BEGIN(direct, "vmscan:mm_vmscan_direct_reclaim_begin");
static const struct attach_alt direct_end[] = END(direct, "vmscan:mm_vmscan_direct_reclaim_end");
static const struct attach_alt memcg_begin[] = BEGIN(memcg, "vmscan:mm_vmscan_memcg_reclaim_begin");
static const struct attach_alt memcg_end[] = END(memcg, "vmscan:mm_vmscan_memcg_reclaim_end");
static const struct attach_alt softlimit_begin[] = BEGIN(softlimit, "vmscan:mm_vmscan_memcg_softlimit_reclaim_begin");
static const struct attach_alt softlimit_end[] = END(softlimit, "vmscan:mm_vmscan_memcg_softlimit_reclaim_end");

static const struct attach_alt node_begin[] = {
	{ "node_begin_btf", ATTACH_TP_BTF, "vmscan:mm_vmscan_node_reclaim_begin", "int nid,int order,gfp_t gfp_flags",
	  NULL },
	{ "node_begin_tp", ATTACH_TP, "vmscan:mm_vmscan_node_reclaim_begin", NULL,
	  "trace_event_raw_mm_vmscan_node_reclaim_begin" },
	{ NULL, 0, NULL, NULL, NULL },
};
static const struct attach_alt node_end[] = END(node, "vmscan:mm_vmscan_node_reclaim_end");

#define TARGET(program, event, function)                                                                               \
	{                                                                                                              \
		{ "", ATTACH_IMPLIED, event, V7_1, NULL },                                                             \
			{ program, ATTACH_FENTRY, function, "struct mem_cgroup *memcg", NULL },                        \
			{ NULL, 0, NULL, NULL, NULL },                                                                 \
	}

static const struct attach_alt memcg_target[] =
	TARGET("memcg_target", "vmscan:mm_vmscan_memcg_reclaim_begin", "try_to_free_mem_cgroup_pages");
static const struct attach_alt softlimit_target[] =
	TARGET("softlimit_target", "vmscan:mm_vmscan_memcg_softlimit_reclaim_begin", "mem_cgroup_shrink_node");

static const struct attach_alt target_removed[] = {
	{ "target_removed", ATTACH_TP_BTF, "cgroup:cgroup_rmdir", "struct cgroup *cgrp,char *path", NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_hook hooks[] = {
	{ "direct begin", HOOK_REQUIRED, direct_begin, "direct reclaim", true },
	{ "direct end", HOOK_REQUIRED, direct_end, "direct reclaim", true },
	/* a kernel without memory cgroups or without NUMA lacks them */
	{ "memcg begin", HOOK_OPTIONAL, memcg_begin, "memory cgroup reclaim", true },
	{ "memcg end", HOOK_OPTIONAL, memcg_end, "memory cgroup reclaim", true },
	{ "soft limit begin", HOOK_OPTIONAL, softlimit_begin, "soft limit reclaim", true },
	{ "soft limit end", HOOK_OPTIONAL, softlimit_end, "soft limit reclaim", true },
	{ "memcg target", HOOK_GAIN, memcg_target, "the cgroup whose limit memory cgroup reclaim was for", false },
	{ "soft limit target", HOOK_GAIN, softlimit_target, "the cgroup whose soft limit reclaim was for", false },
	{ "node begin", HOOK_OPTIONAL, node_begin, "node reclaim", true },
	{ "node end", HOOK_OPTIONAL, node_end, "node reclaim", true },
	{ "target removal", HOOK_GAIN, target_removed, "room for other target cgroups once these are removed", false },
	{ NULL, 0, NULL, NULL, false },
};

/* One end of an episode says nothing, and would leave the other kinds' episodes inside of it. */
#define PAIR(kind)                                                                                                     \
	{ kind " begin", kind " end" },                                                                                \
	{                                                                                                              \
		kind " end", kind " begin"                                                                             \
	}

static const struct hook_dependency dependencies[] = {
	PAIR("memcg"), PAIR("soft limit"), PAIR("node"), { NULL, NULL }
};

static const struct hook_slots hook_slots[] = {
	{ "memcg begin", MT_SLOT_reclaim_memcg_count, MT_SLOT_reclaim_memcg_pages },
	{ "soft limit begin", MT_SLOT_reclaim_softlimit_count, MT_SLOT_reclaim_softlimit_pages },
	{ "node begin", MT_SLOT_reclaim_node_count, MT_SLOT_reclaim_node_pages },
	{ NULL, 0, 0 },
};

static const enum mt_slot counts[] = { MT_SLOT_reclaim_direct_count, MT_SLOT_reclaim_memcg_count,
				       MT_SLOT_reclaim_softlimit_count, MT_SLOT_reclaim_node_count };
static const enum mt_slot times[] = { MT_SLOT_reclaim_direct_ns, MT_SLOT_reclaim_memcg_ns, MT_SLOT_reclaim_softlimit_ns,
				      MT_SLOT_reclaim_node_ns };

static const struct probe_column columns[] = {
	{ "RECLAIM", MEASURE_SUM, UNIT_COUNT, counts, 4 },
	{ "TIME", MEASURE_SUM, UNIT_NS, times, 4 },
	{ "WALL%", MEASURE_SHARE, UNIT_NS, times, 4 },
	{ NULL, 0, 0, NULL, 0 },
};

const struct probe reclaim_probe = {
	.id = MT_PROBE_reclaim,
	.object = reclaim_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.hook_slots = hook_slots,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
