// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "process.skel.h"

static const struct attach_alt newtask_alts[] = {
	{ .program = "process_newtask",
	  .kind = ATTACH_TP_BTF,
	  .event = "task:task_newtask",
	  .proto = "struct task_struct *task" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "start", .need = HOOK_REQUIRED, .alts = newtask_alts, .loss = "processes started" },
	{},
};

static const enum mt_slot forks[] = { MT_SLOT_process_forks };
static const enum mt_slot cpu[] = { MT_SLOT_process_cpu_ns };

static const struct probe_column columns[] = {
	{ .title = "FORKS/s",
	  .measure = MEASURE_PER_SECOND,
	  .unit = UNIT_COUNT,
	  .slots = forks,
	  .nr_slots = 1,
	  .own = true },
	{ .title = "CPU", .measure = MEASURE_SUM, .unit = UNIT_NS, .slots = cpu, .nr_slots = 1 },
	{ .title = "CPU%", .measure = MEASURE_SHARE, .unit = UNIT_NS, .slots = cpu, .nr_slots = 1 },
	{},
};

const struct probe process_probe = {
	.id = MT_PROBE_process,
	.object = process_bpf__elf_bytes,
	.hooks = hooks,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
	.without_hooks = true,
};
