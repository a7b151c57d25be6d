// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_fault.h"

#include "minor.skel.h"

static const struct attach_alt user_alts[] = EXCEPTION(user, HANDLE_PROTO);
static const struct attach_alt kernel_alts[] = EXCEPTION(kernel, HANDLE_PROTO);
static const struct attach_alt end_alts[] = {
	{ "end_mm", ATTACH_FENTRY, "handle_mm_fault", HANDLED_PROTO, NULL },
	{ "end_perf", ATTACH_PERF, "minor-faults", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};
static const struct attach_alt swap_alts[] = ON_FUNCTION("swap_begin", "do_swap_page", "");

static const struct attach_hook hooks[] = {
	{ "swap", HOOK_GAIN, swap_alts, "what minor faults were on, except shared memory", false },
	{ "end", HOOK_REQUIRED, end_alts, "minor faults", false },
	{ "user", HOOK_REQUIRED, user_alts, "minor faults taken in user mode", true },
	{ "kernel", HOOK_REQUIRED, kernel_alts, "minor faults taken in kernel mode", true },
	{ NULL, 0, NULL, NULL, false },
};

#define RESULTS(program)                                                                                               \
	{ program, "VM_FAULT_OOM", 0x1, false }, { program, "VM_FAULT_SIGBUS", 0x2, false },                           \
		{ program, "VM_FAULT_MAJOR", 0x4, false }, { program, "VM_FAULT_HWPOISON", 0x10, false },              \
		{ program, "VM_FAULT_HWPOISON_LARGE", 0x20, false }, { program, "VM_FAULT_SIGSEGV", 0x40, false },     \
		{ program, "VM_FAULT_FALLBACK", 0x800, false },                                                        \
	{                                                                                                              \
		program, "VM_FAULT_COMPLETED", 0x4000, true                                                            \
	}

static const struct kernel_constant constants[] = {
	HANDLING_CONSTANTS("user_mm"), HANDLING_CONSTANTS("kernel_mm"), HANDLING_CONSTANTS("end_mm"), RESULTS("end_mm"),
	{ NULL, NULL, 0, false },
};

const struct probe minor_probe = {
	.id = MT_PROBE_minor,
	.object = minor_bpf__elf_bytes,
	.hooks = hooks,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
