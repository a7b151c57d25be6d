// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "thp.skel.h"

static const struct attach_alt fault[] = {
	{ .program = "thp_fault_end",
	  .kind = ATTACH_FENTRY,
	  .event = "do_huge_pmd_anonymous_page",
	  .proto = "struct vm_fault *vmf -> vm_fault_t" },
	{},
};

static const struct attach_alt collapse[] = {
	{ .program = "thp_collapse",
	  .kind = ATTACH_TP_BTF,
	  .event = "huge_memory:mm_collapse_huge_page",
	  .proto = "struct mm_struct *mm,int isolated,int status" },
	{},
};

static const struct attach_alt scan[] = {
	{ .program = "thp_scan",
	  .kind = ATTACH_TP_BTF,
	  .event = "huge_memory:mm_khugepaged_scan_pmd",
	  .proto = "struct mm_struct *mm" },
	{},
};

static const struct attach_alt scan_file[] = {
	{ .program = "thp_scan_file",
	  .kind = ATTACH_TP_BTF,
	  .event = "huge_memory:mm_khugepaged_scan_file",
	  .proto = "struct mm_struct *mm" },
	{},
};

#define FAULTS "faults that get huge pages, or small ones in their place"

static const struct attach_hook hooks[] = {
	{ .name = "fault", .need = HOOK_GAIN, .alts = fault, .loss = FAULTS },
	{ .name = "collapse", .need = HOOK_REQUIRED, .alts = collapse, .loss = "huge pages that khugepaged makes" },
	{ .name = "scan", .need = HOOK_REQUIRED, .alts = scan, .loss = "what khugepaged looks at, and its time" },
	{ .name = "scan file", .need = HOOK_GAIN, .alts = scan_file, .loss = "files that khugepaged looks at" },
	{},
};

static const struct kernel_constant constants[] = {
	{ .program = "thp_fault_end", .name = "VM_FAULT_FALLBACK", .value = 0x800 },
	{ .program = "thp_fault_end", .name = "FAULT_FLAG_WRITE", .value = 0x1, .may_lack = true },
	{},
};

static const struct hook_slots hook_slots[] = {
	{ .hook = "fault", .first = MT_SLOT_thp_huge, .last = MT_SLOT_thp_fallback },
	{},
};

static const enum mt_slot huge[] = { MT_SLOT_thp_huge };
static const enum mt_slot fallback[] = { MT_SLOT_thp_fallback };

static const struct probe_column columns[] = {
	{ .title = "HUGE", .measure = MEASURE_SUM, .unit = UNIT_COUNT, .slots = huge, .nr_slots = 1 },
	{ .title = "FALLBACK", .measure = MEASURE_SUM, .unit = UNIT_COUNT, .slots = fallback, .nr_slots = 1 },
	{},
};

const struct probe thp_probe = {
	.id = MT_PROBE_thp,
	.object = thp_bpf__elf_bytes,
	.hooks = hooks,
	.constants = constants,
	.hook_slots = hook_slots,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
