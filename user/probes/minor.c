// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../core/probe.h"

#include "minor.skel.h"

#define PROTO "long unsigned int address"

#define HANDLE_PROTO "struct vm_area_struct *vma,long unsigned int address,unsigned int flags,struct pt_regs *regs"
#define RESULT_PROTO " -> vm_fault_t"

#define BEGIN(mode)                                                                                                    \
	{                                                                                                              \
		{ #mode "_btf", ATTACH_TP_BTF, "exceptions:page_fault_" #mode, PROTO, NULL },                          \
			{ #mode "_raw", ATTACH_RAW_TP, "exceptions:page_fault_" #mode, PROTO, NULL },                  \
			{ #mode "_tp", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                                \
			  "trace_event_raw_exceptions" },                                                              \
			{ #mode "_tp_x86", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                            \
			  "trace_event_raw_x86_exceptions" },                                                          \
			{ #mode "_mm", ATTACH_FENTRY, "handle_mm_fault", HANDLE_PROTO, NULL },                         \
			{ NULL, 0, NULL, NULL, NULL },                                                                 \
	}

static const struct attach_alt user_alts[] = BEGIN(user);
static const struct attach_alt kernel_alts[] = BEGIN(kernel);
static const struct attach_alt end_alts[] = {
	{ "end_mm", ATTACH_FENTRY, "handle_mm_fault", HANDLE_PROTO RESULT_PROTO, NULL },
	{ "end_perf", ATTACH_PERF, "minor-faults", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};
static const struct attach_alt swap_alts[] = {
	{ "swap_begin", ATTACH_FENTRY, "do_swap_page", "", NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_hook hooks[] = {
	{ "swap", HOOK_GAIN, swap_alts, "what minor faults were on", false },
	{ "end", HOOK_REQUIRED, end_alts, "minor faults", false },
	{ "user", HOOK_REQUIRED, user_alts, "minor faults taken in user mode", true },
	{ "kernel", HOOK_REQUIRED, kernel_alts, "minor faults taken in kernel mode", true },
	{ NULL, 0, NULL, NULL, false },
};

/* Without it what was swapped out would be told from other memory by nobody: perf's event tells of none what it was on.
 */
static const struct hook_bond bonds[] = { { "end", "swap", 1U << ATTACH_FENTRY }, { NULL, NULL, 0 } };

/* 5.10 and 6.1 have some of them as macros alone. */
#define FLAGS(program)                                                                                                 \
	{ program, "FAULT_FLAG_TRIED", 0x20, true },                                                                   \
	{                                                                                                              \
		program, "FAULT_FLAG_USER", 0x40, true                                                                 \
	}

#define RESULTS(program)                                                                                               \
	{ program, "VM_FAULT_OOM", 0x1, false }, { program, "VM_FAULT_SIGBUS", 0x2, false },                           \
		{ program, "VM_FAULT_MAJOR", 0x4, false }, { program, "VM_FAULT_HWPOISON", 0x10, false },              \
		{ program, "VM_FAULT_HWPOISON_LARGE", 0x20, false }, { program, "VM_FAULT_SIGSEGV", 0x40, false },     \
		{ program, "VM_FAULT_RETRY", 0x400, false }, { program, "VM_FAULT_FALLBACK", 0x800, false },           \
	{                                                                                                              \
		program, "VM_FAULT_COMPLETED", 0x4000, true                                                            \
	}

static const struct kernel_constant constants[] = {
	FLAGS("user_mm"), FLAGS("kernel_mm"), FLAGS("end_mm"), RESULTS("end_mm"), { NULL, NULL, 0, false },
};

const struct probe minor_probe = {
	.id = MT_PROBE_minor,
	.object = minor_bpf__elf_bytes,
	.hooks = hooks,
	.bonds = bonds,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
