// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "heap.skel.h"

#define EXEC "sched:sched_process_exec"
#define EXIT "sched:sched_process_exit"

static const struct attach_alt exec_alts[] = {
	{ .program = "heap_exec", .kind = ATTACH_TP_BTF, .event = EXEC, .proto = "struct task_struct *p" },
	{},
};

static const struct attach_alt exit_alts[] = {
	{ .program = "heap_exit", .kind = ATTACH_TP_BTF, .event = EXIT, .proto = "struct task_struct *p" },
	{},
};

static const struct attach_alt mapped_alts[] = {
	{ .program = "heap_mapped",
	  .kind = ATTACH_TP_BTF,
	  .event = "raw_syscalls:sys_exit",
	  .proto = "struct pt_regs *regs,long int ret" },
	{},
};

#define FUNCTION(program_)                                                                                             \
	static const struct attach_alt program_##_alts[] = {                                                           \
		{ .program = #program_, .kind = ATTACH_UPROBE },                                                       \
		{},                                                                                                    \
	}

FUNCTION(heap_first);
FUNCTION(heap_second);
FUNCTION(heap_product);
FUNCTION(heap_move);
FUNCTION(heap_move_product);
FUNCTION(heap_store);
FUNCTION(heap_free);
FUNCTION(heap_end);
FUNCTION(heap_sampled);
FUNCTION(heap_unsampled);

#define HOOK(name_, alts_)                                                                                             \
	{                                                                                                              \
		.name = name_, .need = HOOK_REQUIRED, .alts = alts_, .loss = "what programs allocate"                  \
	}

#define PROBES(name_, alts_)                                                                                           \
	{                                                                                                              \
		.name = name_, .need = HOOK_GAIN, .alts = alts_, .loss = "what allocators say by probes of their own"  \
	}

static const struct attach_hook hooks[] = {
	HOOK("exec", exec_alts),
	HOOK("exit", exit_alts),
	{ .name = "ends of system calls",
	  .need = HOOK_OPTIONAL,
	  .alts = mapped_alts,
	  .loss = "what programs map by themselves" },
	HOOK("malloc", heap_first_alts),
	HOOK("memalign", heap_second_alts),
	HOOK("calloc", heap_product_alts),
	HOOK("realloc", heap_move_alts),
	HOOK("reallocarray", heap_move_product_alts),
	HOOK("posix_memalign", heap_store_alts),
	HOOK("free", heap_free_alts),
	HOOK("ends", heap_end_alts),
	PROBES("probes: alloc", heap_sampled_alts),
	PROBES("probes: free", heap_unsampled_alts),
	{},
};

const struct probe heap_probe = {
	.id = MT_PROBE_heap,
	.object = heap_bpf__elf_bytes,
	.hooks = hooks,
	.selftest_slot = MT_NR_SLOTS,
};
