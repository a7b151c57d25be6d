// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "denied.skel.h"

static const struct attach_alt ends[] = {
	{ .program = "denied",
	  .kind = ATTACH_TP_BTF,
	  .event = "raw_syscalls:sys_exit",
	  .proto = "struct pt_regs *regs,long int ret" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "ends of system calls", .need = HOOK_REQUIRED, .alts = ends, .loss = "what was refused" },
	{},
};

static const enum mt_slot count[] = { MT_SLOT_denied_count };

static const struct probe_column columns[] = {
	{ .title = "DENIED", .measure = MEASURE_SUM, .unit = UNIT_COUNT, .slots = count, .nr_slots = 1 },
	{},
};

const struct probe denied_probe = {
	.id = MT_PROBE_denied,
	.object = denied_bpf__elf_bytes,
	.hooks = hooks,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
