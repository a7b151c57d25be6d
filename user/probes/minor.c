// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_fault.h"

#include "minor.skel.h"

#define VMF_PROTO "struct vm_fault *vmf -> vm_fault_t"

static const struct attach_alt user_alts[] = EXCEPTION(user, HANDLE_PROTO);
static const struct attach_alt kernel_alts[] = EXCEPTION(kernel, HANDLE_PROTO);
static const struct attach_alt end_alts[] = {
	{ .program = "end_mm", .kind = ATTACH_FENTRY, .event = "handle_mm_fault", .proto = HANDLED_PROTO },
	{ .program = "end_perf", .kind = ATTACH_PERF, .event = "minor-faults" },
	{},
};
static const struct attach_alt swap_alts[] = ON_FUNCTION("swap_begin", "do_swap_page", "");
static const struct attach_alt numa_alts[] = ON_FUNCTION("numa", "task_numa_fault", "");
static const struct attach_alt huge_alts[] = ON_FUNCTION("huge_end", "do_huge_pmd_anonymous_page", VMF_PROTO);
static const struct attach_alt write_alts[] = ON_FUNCTION("write_end", "do_wp_page", VMF_PROTO);
static const struct attach_alt huge_write_alts[] = ON_FUNCTION("huge_write_end", "do_huge_pmd_wp_page", VMF_PROTO);
static const struct attach_alt file_alts[] = ON_FUNCTION("file_mapped", "finish_fault", "struct vm_fault *vmf");

#define KINDS "what the kernel did in them"

static const struct attach_hook hooks[] = {
	{ .name = "swap",
	  .need = HOOK_GAIN,
	  .alts = swap_alts,
	  .loss = "what minor faults were on, except shared memory" },
	{ .name = "numa", .need = HOOK_GAIN, .alts = numa_alts, .loss = KINDS },
	{ .name = "huge", .need = HOOK_GAIN, .alts = huge_alts, .loss = KINDS },
	{ .name = "write", .need = HOOK_GAIN, .alts = write_alts, .loss = KINDS },
	{ .name = "huge write", .need = HOOK_GAIN, .alts = huge_write_alts, .loss = KINDS },
	{ .name = "file", .need = HOOK_GAIN, .alts = file_alts, .loss = KINDS },
	{ .name = "end", .need = HOOK_REQUIRED, .alts = end_alts, .loss = "minor faults" },
	{ .name = "user",
	  .need = HOOK_REQUIRED,
	  .alts = user_alts,
	  .loss = "minor faults taken in user mode",
	  .tp_as_good = true },
	{ .name = "kernel",
	  .need = HOOK_REQUIRED,
	  .alts = kernel_alts,
	  .loss = "minor faults taken in kernel mode",
	  .tp_as_good = true },
	{},
};

#define RESULTS(program_)                                                                                              \
	{ .program = program_, .name = "VM_FAULT_OOM", .value = 0x1 },                                                 \
		{ .program = program_, .name = "VM_FAULT_SIGBUS", .value = 0x2 },                                      \
		{ .program = program_, .name = "VM_FAULT_MAJOR", .value = 0x4 },                                       \
		{ .program = program_, .name = "VM_FAULT_HWPOISON", .value = 0x10 },                                   \
		{ .program = program_, .name = "VM_FAULT_HWPOISON_LARGE", .value = 0x20 },                             \
		{ .program = program_, .name = "VM_FAULT_SIGSEGV", .value = 0x40 },                                    \
		{ .program = program_, .name = "VM_FAULT_FALLBACK", .value = 0x800 },                                  \
	{                                                                                                              \
		.program = program_, .name = "VM_FAULT_COMPLETED", .value = 0x4000, .may_lack = true                   \
	}

#define RETRY(program_)                                                                                                \
	{                                                                                                              \
		.program = program_, .name = "VM_FAULT_RETRY", .value = 0x400                                          \
	}

static const struct kernel_constant constants[] = {
	HANDLING_CONSTANTS("user_mm"),
	HANDLING_CONSTANTS("kernel_mm"),
	HANDLING_CONSTANTS("end_mm"),
	RESULTS("end_mm"),
	RESULTS("huge_end"),
	RETRY("huge_end"),
	RESULTS("write_end"),
	RETRY("write_end"),
	RESULTS("huge_write_end"),
	RETRY("huge_write_end"),
	{},
};

const struct probe minor_probe = {
	.id = MT_PROBE_minor,
	.object = minor_bpf__elf_bytes,
	.hooks = hooks,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
