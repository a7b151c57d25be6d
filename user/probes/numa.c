// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "numa.skel.h"

#define MIGRATE "migrate:mm_migrate_pages"
#define FIVE	"long unsigned int,long unsigned int,long unsigned int,long unsigned int,long unsigned int"

static const struct attach_alt fault[] = {
	{ .program = "numa_fault",
	  .kind = ATTACH_FENTRY,
	  .event = "task_numa_fault",
	  .proto = "int last_cpupid,int mem_node,int pages,int flags" },
	{},
};

/* Later kernels have one more argument in between. */
static const struct attach_alt migrated[] = {
	{ .program = "numa_migrated",
	  .kind = ATTACH_TP_BTF,
	  .event = MIGRATE,
	  .proto = FIVE ",long unsigned int,enum migrate_mode" },
	{ .program = "numa_migrated_v5_10",
	  .kind = ATTACH_TP_BTF,
	  .event = MIGRATE,
	  .proto = FIVE ",enum migrate_mode" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "fault",
	  .need = HOOK_GAIN,
	  .alts = fault,
	  .loss = "hint faults, and those on memory of another node" },
	{ .name = "migrated", .need = HOOK_REQUIRED, .alts = migrated, .loss = "pages moved to another node" },
	{},
};

static const struct hook_slots hook_slots[] = {
	{ .hook = "fault", .first = MT_SLOT_numa_hint, .last = MT_SLOT_numa_remote },
	{},
};

static const enum mt_slot hint[] = { MT_SLOT_numa_hint };
static const enum mt_slot remote[] = { MT_SLOT_numa_remote };
static const enum mt_slot pages[] = { MT_SLOT_numa_migrated };

static const struct probe_column columns[] = {
	{ .title = "NUMA/s", .measure = MEASURE_PER_SECOND, .unit = UNIT_COUNT, .slots = hint, .nr_slots = 1 },
	{ .title = "REMOTE/s", .measure = MEASURE_PER_SECOND, .unit = UNIT_COUNT, .slots = remote, .nr_slots = 1 },
	{ .title = "MIGRATED", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = pages, .nr_slots = 1 },
	{},
};

const struct probe numa_probe = {
	.id = MT_PROBE_numa,
	.object = numa_bpf__elf_bytes,
	.hooks = hooks,
	.hook_slots = hook_slots,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
