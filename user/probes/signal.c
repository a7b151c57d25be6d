// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "signal.skel.h"

#define EVENT "signal:signal_generate"
#define PROTO "int sig,struct kernel_siginfo *info,struct task_struct *task,int group,int result"

static const struct attach_alt kills[] = {
	{ .program = "sigkill", .kind = ATTACH_TP_BTF, .event = EVENT, .proto = PROTO },
	{},
};

static const struct attach_alt overflows[] = {
	{ .program = "overflow", .kind = ATTACH_TP_BTF, .event = EVENT, .proto = PROTO },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "SIGKILLs", .need = HOOK_REQUIRED, .alts = kills, .loss = "SIGKILLs of programs" },
	/* bpf_task_pt_regs() came with 5.15 */
	{ .name = "stack overflows", .need = HOOK_OPTIONAL, .alts = overflows, .loss = "stack overflows" },
	{},
};

const struct probe signal_probe = {
	.id = MT_PROBE_signal,
	.object = signal_bpf__elf_bytes,
	.hooks = hooks,
	.selftest_slot = MT_NR_SLOTS,
};
