// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../core/probe.h"

#include "fault.skel.h"

#define PROTO "long unsigned int address,struct pt_regs *regs,long unsigned int error_code"

#define MODE(mode)                                                                                                     \
	{                                                                                                              \
		{ #mode "_btf", ATTACH_TP_BTF, "exceptions:page_fault_" #mode, PROTO, NULL },                          \
			{ #mode "_raw", ATTACH_RAW_TP, "exceptions:page_fault_" #mode, PROTO, NULL },                  \
			{ #mode "_tp", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                                \
			  "trace_event_raw_exceptions" },                                                              \
			{ #mode "_tp_x86", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                            \
			  "trace_event_raw_x86_exceptions" },                                                          \
			{ NULL, 0, NULL, NULL, NULL },                                                                 \
	}

static const struct attach_alt user_alts[] = MODE(user);
static const struct attach_alt kernel_alts[] = MODE(kernel);
static const struct attach_alt major_alts[] = {
	{ "major_end", ATTACH_PERF, "major-faults", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_hook hooks[] = {
	{ "user", HOOK_NOT_LIGHT, user_alts, "user, kernel, write, exec; minor and major need no hook", true },
	{ "kernel", HOOK_NOT_LIGHT, kernel_alts, "kernel", true },
	{ "major latency", HOOK_LATENCY, major_alts, "how long major faults take", false },
	{ NULL, 0, NULL, NULL, false },
};

static const enum mt_slot minor[] = { MT_SLOT_fault_minor };
static const enum mt_slot major[] = { MT_SLOT_fault_major };

static const struct probe_column columns[] = {
	{ "MINOR/s", MEASURE_PER_SECOND, UNIT_COUNT, minor, 1 },
	{ "MAJOR/s", MEASURE_PER_SECOND, UNIT_COUNT, major, 1 },
	{ NULL, 0, 0, NULL, 0 },
};

const struct probe fault_probe = {
	.id = MT_PROBE_fault,
	.object = fault_bpf__elf_bytes,
	.hooks = hooks,
	.columns = columns,
	.selftest_slot = MT_SLOT_fault_user,
	.without_hooks = true,
};
