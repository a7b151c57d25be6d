// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "refault.skel.h"

static const struct attach_alt eviction[] = {
	{ .program = "evict_folio",
	  .kind = ATTACH_FENTRY,
	  .event = "workingset_eviction",
	  .proto = "struct folio *folio,struct mem_cgroup *target_memcg" },
	{ .program = "evict_page",
	  .kind = ATTACH_FENTRY,
	  .event = "workingset_eviction",
	  .proto = "struct page *page,struct mem_cgroup *target_memcg" },
	{},
};

static const struct attach_alt refault[] = {
	{ .program = "refault_folio",
	  .kind = ATTACH_FENTRY,
	  .event = "workingset_refault",
	  .proto = "struct folio *folio,void *shadow" },
	{ .program = "refault_page",
	  .kind = ATTACH_FENTRY,
	  .event = "workingset_refault",
	  .proto = "struct page *page,void *shadow" },
	{},
};

static const struct attach_alt removed[] = {
	{ .program = "refault_removed",
	  .kind = ATTACH_TP_BTF,
	  .event = "cgroup:cgroup_rmdir",
	  .proto = "struct cgroup *cgrp,char *path" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "eviction", .need = HOOK_REQUIRED, .alts = eviction, .loss = "whose reclaim took pages" },
	{ .name = "refault", .need = HOOK_REQUIRED, .alts = refault, .loss = "refaults" },
	{ .name = "cgroup removal",
	  .need = HOOK_GAIN,
	  .alts = removed,
	  .loss = "room for other cgroups once these are removed" },
	{},
};

const struct probe refault_probe = {
	.id = MT_PROBE_refault,
	.object = refault_bpf__elf_bytes,
	.hooks = hooks,
	.selftest_slot = MT_NR_SLOTS,
};
