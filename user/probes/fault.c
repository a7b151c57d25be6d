// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_fault.h"

#include "fault.skel.h"

static const struct attach_alt user_alts[] = EXCEPTION(user, HANDLED_PROTO);
static const struct attach_alt kernel_alts[] = EXCEPTION(kernel, HANDLED_PROTO);
static const struct attach_alt major_alts[] = {
	{ "major_end", ATTACH_PERF, "major-faults", NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_alt map_begin[] = ON_FUNCTION("map_begin", "handle_mm_fault", HANDLE_PROTO);
static const struct attach_alt map_end[] = ON_FUNCTION("map_end", "handle_mm_fault", HANDLED_PROTO);
static const struct attach_alt map_swap[] = ON_FUNCTION("map_swap", "do_swap_page", "");

#define BACKING "what major faults were on, and of which file"

static const struct attach_hook hooks[] = {
	{ "user", HOOK_NOT_LIGHT, user_alts, "user, kernel, write, exec; minor and major need no hook", true },
	{ "kernel", HOOK_NOT_LIGHT, kernel_alts, "kernel", true },
	{ "major latency", HOOK_LATENCY, major_alts, "how long major faults take", false },
	{ "mapping end", HOOK_LATENCY_GAIN, map_end, BACKING, false },
	{ "mapping swap", HOOK_LATENCY_GAIN, map_swap, "what major faults were on, except shared memory", false },
	{ "mapping begin", HOOK_LATENCY_GAIN, map_begin, BACKING, false },
	{ NULL, 0, NULL, NULL, false },
};

/* A begin without its end would report a mapping that is gone. */
static const struct hook_dependency dependencies[] = { { "mapping begin", "mapping end" }, { NULL, NULL } };

static const struct kernel_constant constants[] = {
	HANDLING_CONSTANTS("user_mm"), HANDLING_CONSTANTS("kernel_mm"), HANDLING_CONSTANTS("map_begin"),
	HANDLING_CONSTANTS("map_end"), { NULL, NULL, 0, false },
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
	.dependencies = dependencies,
	.constants = constants,
	.columns = columns,
	.selftest_slot = MT_SLOT_fault_user,
	.without_hooks = true,
};
