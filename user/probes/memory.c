// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "memory.skel.h"

static const struct attach_alt processes[] = {
	{ .program = "memory_iter", .kind = ATTACH_ITER },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "processes", .need = HOOK_REQUIRED, .alts = processes, .loss = "the memory of processes" },
	{},
};

static const struct kernel_constant constants[] = {
	{ .program = "memory_iter", .name = "MM_FILEPAGES", .value = 0 },
	{ .program = "memory_iter", .name = "MM_ANONPAGES", .value = 1 },
	{ .program = "memory_iter", .name = "MM_SWAPENTS", .value = 2 },
	{ .program = "memory_iter", .name = "MM_SHMEMPAGES", .value = 3 },
	{},
};

const struct probe memory_probe = {
	.id = MT_PROBE_memory,
	.object = memory_bpf__elf_bytes,
	.hooks = hooks,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
