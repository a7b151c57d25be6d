// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../core/probe.h"

#include "fault.skel.h"

#define PROTO "long unsigned int address,struct pt_regs *regs,long unsigned int error_code"

#define HANDLE_PROTO "struct vm_area_struct *vma,long unsigned int address,unsigned int flags,struct pt_regs *regs"
#define RESULT_PROTO " -> vm_fault_t"

#define MODE(mode)                                                                                                     \
	{                                                                                                              \
		{ #mode "_btf", ATTACH_TP_BTF, "exceptions:page_fault_" #mode, PROTO, NULL },                          \
			{ #mode "_raw", ATTACH_RAW_TP, "exceptions:page_fault_" #mode, PROTO, NULL },                  \
			{ #mode "_tp", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                                \
			  "trace_event_raw_exceptions" },                                                              \
			{ #mode "_tp_x86", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                            \
			  "trace_event_raw_x86_exceptions" },                                                          \
			{ #mode "_mm", ATTACH_FENTRY, "handle_mm_fault", HANDLE_PROTO RESULT_PROTO, NULL },            \
			{ NULL, 0, NULL, NULL, NULL },                                                                 \
	}

static const struct attach_alt user_alts[] = MODE(user);
static const struct attach_alt kernel_alts[] = MODE(kernel);
static const struct attach_alt major_alts[] = {
	{ "major_end", ATTACH_PERF, "major-faults", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

#define MAPPING(program, function, proto)                                                                              \
	{                                                                                                              \
		{ program, ATTACH_FENTRY, function, proto, NULL }, { NULL, 0, NULL, NULL, NULL },                      \
	}

static const struct attach_alt map_begin[] = MAPPING("map_begin", "handle_mm_fault", HANDLE_PROTO);
static const struct attach_alt map_end[] = MAPPING("map_end", "handle_mm_fault", HANDLE_PROTO RESULT_PROTO);
static const struct attach_alt map_swap[] = MAPPING("map_swap", "do_swap_page", "");

#define BACKING "what major faults were on, and of which file"

static const struct attach_hook hooks[] = {
	{ "user", HOOK_NOT_LIGHT, user_alts, "user, kernel, write, exec; minor and major need no hook", true },
	{ "kernel", HOOK_NOT_LIGHT, kernel_alts, "kernel", true },
	{ "major latency", HOOK_LATENCY, major_alts, "how long major faults take", false },
	{ "mapping end", HOOK_LATENCY_GAIN, map_end, BACKING, false },
	{ "mapping swap", HOOK_LATENCY_GAIN, map_swap, BACKING, false },
	{ "mapping begin", HOOK_LATENCY_GAIN, map_begin, BACKING, false },
	{ NULL, 0, NULL, NULL, false },
};

/* A begin without them would tell of what is gone, or of the wrong memory. */
static const struct hook_bond bonds[] = {
	{ "mapping begin", "mapping end", 0 },
	{ "mapping begin", "mapping swap", 0 },
	{ NULL, NULL, 0 },
};

/* 5.10 and 6.1 have some of them as macros alone. */
#define MM_CONSTANTS(program)                                                                                          \
	{ program, "FAULT_FLAG_WRITE", 0x1, true }, { program, "FAULT_FLAG_TRIED", 0x20, true },                       \
		{ program, "FAULT_FLAG_USER", 0x40, true }, { program, "FAULT_FLAG_INSTRUCTION", 0x100, true },        \
	{                                                                                                              \
		program, "VM_FAULT_RETRY", 0x400, false                                                                \
	}

static const struct kernel_constant constants[] = {
	MM_CONSTANTS("user_mm"), MM_CONSTANTS("kernel_mm"), MM_CONSTANTS("map_begin"),
	MM_CONSTANTS("map_end"), { NULL, NULL, 0, false },
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
	.bonds = bonds,
	.constants = constants,
	.columns = columns,
	.selftest_slot = MT_SLOT_fault_user,
	.without_hooks = true,
};
