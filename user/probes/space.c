// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "space.skel.h"

static const struct attach_alt ends[] = {
	{ .program = "changed",
	  .kind = ATTACH_TP_BTF,
	  .event = "raw_syscalls:sys_exit",
	  .proto = "struct pt_regs *regs,long int ret" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "ends of system calls",
	  .need = HOOK_REQUIRED,
	  .alts = ends,
	  .loss = "what is asked for and given back" },
	{},
};

const struct probe space_probe = {
	.id = MT_PROBE_space,
	.object = space_bpf__elf_bytes,
	.hooks = hooks,
	.selftest_slot = MT_NR_SLOTS,
};
