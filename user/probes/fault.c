// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_fault.h"

#include "fault.skel.h"

static const struct attach_alt user_alts[] = EXCEPTION(user, HANDLED_PROTO);
static const struct attach_alt kernel_alts[] = EXCEPTION(kernel, HANDLED_PROTO);
static const struct attach_alt major_alts[] = {
	{ .program = "major_end", .kind = ATTACH_PERF, .event = "major-faults" },
	{},
};

static const struct attach_alt map_begin[] = ON_FUNCTION("map_begin", "handle_mm_fault", HANDLE_PROTO);
static const struct attach_alt map_end[] = ON_FUNCTION("map_end", "handle_mm_fault", HANDLED_PROTO);
static const struct attach_alt map_swap[] = ON_FUNCTION("map_swap", "do_swap_page", "");

#define BACKING "what major faults were on, and of which file"

static const struct attach_hook hooks[] = {
	{ .name = "user",
	  .need = HOOK_NOT_LIGHT,
	  .alts = user_alts,
	  .loss = "user, kernel, write, exec; minor and major need no hook",
	  .tp_as_good = true },
	{ .name = "kernel", .need = HOOK_NOT_LIGHT, .alts = kernel_alts, .loss = "kernel", .tp_as_good = true },
	{ .name = "major latency", .need = HOOK_LATENCY, .alts = major_alts, .loss = "how long major faults take" },
	{ .name = "mapping end", .need = HOOK_LATENCY_GAIN, .alts = map_end, .loss = BACKING },
	{ .name = "mapping swap",
	  .need = HOOK_LATENCY_GAIN,
	  .alts = map_swap,
	  .loss = "what major faults were on, except shared memory" },
	{ .name = "mapping begin", .need = HOOK_LATENCY_GAIN, .alts = map_begin, .loss = BACKING },
	{},
};

/* A begin without its end would tell of a mapping that is gone. */
static const struct hook_dependency dependencies[] = {
	{ .hook = "mapping begin", .needs = "mapping end" },
	{},
};

static const struct kernel_constant constants[] = {
	HANDLING_CONSTANTS("user_mm"),
	HANDLING_CONSTANTS("kernel_mm"),
	HANDLING_CONSTANTS("map_begin"),
	HANDLING_CONSTANTS("map_end"),
	{},
};

/* The function that handles a fault is not told the processor's error code. */
static const struct hook_slots hook_slots[] = {
	{ .hook = "user",
	  .first = MT_SLOT_fault_write_present,
	  .last = MT_SLOT_fault_write_present,
	  .unless = "user_mm" },
	{},
};

static const enum mt_slot minor[] = { MT_SLOT_fault_minor };
static const enum mt_slot major[] = { MT_SLOT_fault_major };

static const struct probe_column columns[] = {
	{ .title = "MINOR/s", .measure = MEASURE_PER_SECOND, .unit = UNIT_COUNT, .slots = minor, .nr_slots = 1 },
	{ .title = "MAJOR/s", .measure = MEASURE_PER_SECOND, .unit = UNIT_COUNT, .slots = major, .nr_slots = 1 },
	{},
};

const struct probe fault_probe = {
	.id = MT_PROBE_fault,
	.object = fault_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.constants = constants,
	.hook_slots = hook_slots,
	.columns = columns,
	.selftest_slot = MT_SLOT_fault_user,
	.without_hooks = true,
};
