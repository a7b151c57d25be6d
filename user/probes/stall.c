// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "stall.skel.h"

#define ENTER "psi_memstall_enter"
#define LEAVE "psi_memstall_leave"
#define FLAGS "long unsigned int *flags"
#define FUNCTION(program_, function_, proto_)                                                                          \
	{                                                                                                              \
		.program = program_, .kind = ATTACH_FENTRY, .event = function_, .proto = proto_                        \
	}

/* Balanced: who is stalled is counted as well, which takes atomic operations that kernels before 5.12 do not have. */
static const struct attach_alt enter[] = {
	FUNCTION("enter_balanced", ENTER, FLAGS " -> void"),
	FUNCTION("enter_alone", ENTER, FLAGS " -> void"),
	{},
};
static const struct attach_alt leave[] = {
	FUNCTION("leave_balanced", LEAVE, FLAGS " -> void"),
	FUNCTION("leave_alone", LEAVE, FLAGS " -> void"),
	{},
};
static const struct attach_alt enter_again[] = {
	FUNCTION("enter_again", ENTER, FLAGS " -> void"),
	{},
};
static const struct attach_alt leave_again[] = {
	FUNCTION("leave_again", LEAVE, FLAGS " -> void"),
	{},
};
static const struct attach_alt look[] = {
	{ .program = "look_balanced", .kind = ATTACH_ITER },
	{ .program = "look_alone", .kind = ATTACH_ITER },
	{},
};
static const struct attach_alt look_seen[] = {
	{ .program = "", .kind = ATTACH_IMPLIED, .event = ENTER, .proto = FLAGS " -> void" },
	{ .program = "look_seen_balanced", .kind = ATTACH_ITER },
	{ .program = "look_seen_alone", .kind = ATTACH_ITER },
	{},
};
static const struct attach_alt gone[] = {
	{ .program = "gone_balanced",
	  .kind = ATTACH_TP_BTF,
	  .event = "sched:sched_process_exit",
	  .proto = "struct task_struct *p" },
	{ .program = "gone_alone",
	  .kind = ATTACH_TP_BTF,
	  .event = "sched:sched_process_exit",
	  .proto = "struct task_struct *p" },
	{},
};
static const struct attach_alt migrate[] = {
	{ .program = "migrate",
	  .kind = ATTACH_TP_BTF,
	  .event = "sched:sched_migrate_task",
	  .proto = "struct task_struct *p,int dest_cpu" },
	{},
};
static const struct attach_alt tell_direct[] = {
	{ .program = "tell_direct", .kind = ATTACH_TP_BTF, .event = "vmscan:mm_vmscan_direct_reclaim_begin" },
	{},
};
static const struct attach_alt tell_compact[] = {
	{ .program = "tell_compact", .kind = ATTACH_TP_BTF, .event = "compaction:mm_compaction_try_to_compact_pages" },
	{},
};
static const struct attach_alt target[] = {
	FUNCTION("target", "try_to_free_mem_cgroup_pages", "struct mem_cgroup *memcg"),
	{},
};
static const struct attach_alt throttled[] = {
	{ .program = "throttled_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = "vmscan:mm_vmscan_throttled",
	  .proto = "int nid,int usec_timeout,int usec_delayed" },
	{ .program = "throttled_tp",
	  .kind = ATTACH_TP,
	  .event = "vmscan:mm_vmscan_throttled",
	  .context = "trace_event_raw_mm_vmscan_throttled" },
	{},
};

static const struct attach_alt psi_times[] = {
	{ .program = "psi_times", .kind = ATTACH_RUN, .event = "system_group_pcpu" },
	{},
};

static const struct attach_alt dirty[] = {
	{ .program = "dirty_pause",
	  .kind = ATTACH_TP,
	  .event = "writeback:balance_dirty_pages",
	  .context = "trace_event_raw_balance_dirty_pages" },
	{},
};
static const struct attach_alt lock_begin[] = {
	{ .program = "lock_begin", .kind = ATTACH_TP_BTF, .event = "lock:contention_begin", .proto = "void *lock" },
	{},
};
static const struct attach_alt lock_end[] = {
	{ .program = "lock_end", .kind = ATTACH_TP_BTF, .event = "lock:contention_end", .proto = "void *lock" },
	{},
};
static const struct attach_alt file_fault_begin[] = {
	FUNCTION("file_fault_begin", "filemap_fault", "struct vm_fault *vmf"),
	{},
};
static const struct attach_alt file_fault_end[] = {
	FUNCTION("file_fault_end", "filemap_fault", "struct vm_fault *vmf -> vm_fault_t"),
	{},
};

#define OOM_ARGUMENTS "struct mem_cgroup *memcg,gfp_t gfp_mask,int order"

static const struct attach_alt oom_wait[] = {
	FUNCTION("oom_wait_begin", "mem_cgroup_out_of_memory", OOM_ARGUMENTS),
	{},
};
static const struct attach_alt oom_wait_over[] = {
	FUNCTION("oom_wait_over", "out_of_memory", "struct oom_control *oc"),
	{},
};
static const struct attach_alt oom_wait_given_up[] = {
	FUNCTION("oom_wait_given_up", "mem_cgroup_out_of_memory", OOM_ARGUMENTS " -> bool"),
	{},
};

/* Only where psi_memstall_enter() cannot be hooked. */
#define SEEN(name, program_, event_)                                                                                   \
	static const struct attach_alt name[] = {                                                                      \
		{ .program = "", .kind = ATTACH_IMPLIED, .event = ENTER, .proto = FLAGS " -> void" },                  \
		{ .program = program_ "_balanced", .kind = ATTACH_TP_BTF, .event = event_ },                           \
		{ .program = program_ "_alone", .kind = ATTACH_TP_BTF, .event = event_ },                              \
		{},                                                                                                    \
	}
SEEN(direct_begin, "direct_begin", "vmscan:mm_vmscan_direct_reclaim_begin");
SEEN(direct_end, "direct_end", "vmscan:mm_vmscan_direct_reclaim_end");
SEEN(memcg_begin, "memcg_begin", "vmscan:mm_vmscan_memcg_reclaim_begin");
SEEN(memcg_end, "memcg_end", "vmscan:mm_vmscan_memcg_reclaim_end");
SEEN(node_begin, "node_begin", "vmscan:mm_vmscan_node_reclaim_begin");
SEEN(node_end, "node_end", "vmscan:mm_vmscan_node_reclaim_end");
SEEN(compact_begin, "compact_begin", "compaction:mm_compaction_begin");
SEEN(compact_end, "compact_end", "compaction:mm_compaction_end");

#define MISSES	   "stalls that come while another task is preempted in the program for them"
#define ALL_STALLS "stalls of other kinds than reclaim and compaction, and their functions"

static const struct attach_hook hooks[] = {
	{ .name = "enter", .need = HOOK_GAIN, .alts = enter, .loss = ALL_STALLS },
	{ .name = "leave", .need = HOOK_GAIN, .alts = leave, .loss = ALL_STALLS },
	{ .name = "enter again", .need = HOOK_GAIN, .alts = enter_again, .loss = MISSES, .if_preempted = true },
	{ .name = "leave again", .need = HOOK_GAIN, .alts = leave_again, .loss = MISSES, .if_preempted = true },
	{ .name = "look", .need = HOOK_GAIN, .alts = look, .loss = "stalls under way when the run begins" },
	{ .name = "migrate",
	  .need = HOOK_GAIN,
	  .alts = migrate,
	  .loss = "the time in which some task was stalled, by CPU" },
	{ .name = "psi times",
	  .need = HOOK_GAIN,
	  .alts = psi_times,
	  .loss = "the kernel's own time in stalls, by CPU" },
	{ .name = "tell direct",
	  .need = HOOK_GAIN,
	  .alts = tell_direct,
	  .loss = "what tells direct reclaim from compaction" },
	{ .name = "tell compact",
	  .need = HOOK_GAIN,
	  .alts = tell_compact,
	  .loss = "what tells compaction from direct reclaim" },
	{ .name = "target", .need = HOOK_GAIN, .alts = target, .loss = "the cgroup whose limit a task reclaimed for" },
	{ .name = "throttled", .need = HOOK_GAIN, .alts = throttled, .loss = "sleeps of reclaim", .tp_as_good = true },
	{ .name = "dirty", .need = HOOK_GAIN, .alts = dirty, .loss = "pauses of writers" },
	{ .name = "lock begin", .need = HOOK_LATENCY_GAIN, .alts = lock_begin, .loss = "waits for mmap_lock" },
	{ .name = "lock end", .need = HOOK_LATENCY_GAIN, .alts = lock_end, .loss = "waits for mmap_lock" },
	{ .name = "file fault begin",
	  .need = HOOK_LATENCY_GAIN,
	  .alts = file_fault_begin,
	  .loss = "the time of major faults on files" },
	{ .name = "file fault end",
	  .need = HOOK_LATENCY_GAIN,
	  .alts = file_fault_end,
	  .loss = "the time of major faults on files" },
	{ .name = "oom wait", .need = HOOK_GAIN, .alts = oom_wait, .loss = "waits for another OOM kill" },
	{ .name = "oom wait over", .need = HOOK_GAIN, .alts = oom_wait_over, .loss = "waits for another OOM kill" },
	{ .name = "oom wait given up",
	  .need = HOOK_GAIN,
	  .alts = oom_wait_given_up,
	  .loss = "waits for another OOM kill" },
	{ .name = "direct begin", .need = HOOK_OPTIONAL, .alts = direct_begin, .loss = "direct reclaim" },
	{ .name = "direct end", .need = HOOK_OPTIONAL, .alts = direct_end, .loss = "direct reclaim" },
	{ .name = "memcg begin", .need = HOOK_OPTIONAL, .alts = memcg_begin, .loss = "memory cgroup reclaim" },
	{ .name = "memcg end", .need = HOOK_OPTIONAL, .alts = memcg_end, .loss = "memory cgroup reclaim" },
	{ .name = "node begin", .need = HOOK_OPTIONAL, .alts = node_begin, .loss = "node reclaim" },
	{ .name = "node end", .need = HOOK_OPTIONAL, .alts = node_end, .loss = "node reclaim" },
	{ .name = "compact begin", .need = HOOK_OPTIONAL, .alts = compact_begin, .loss = "compaction" },
	{ .name = "compact end", .need = HOOK_OPTIONAL, .alts = compact_end, .loss = "compaction" },
	{ .name = "gone", .need = HOOK_OPTIONAL, .alts = gone, .loss = "ends of stalls that were missed" },
	{ .name = "look seen", .need = HOOK_OPTIONAL, .alts = look_seen, .loss = "ends of stalls that were missed" },
	{},
};

#define PAIR(kind)                                                                                                     \
	{ .hook = kind " begin", .needs = kind " end" },                                                               \
	{                                                                                                              \
		.hook = kind " end", .needs = kind " begin"                                                            \
	}

static const struct hook_dependency dependencies[] = {
	{ .hook = "enter", .needs = "leave" },
	{ .hook = "leave", .needs = "enter" },
	{ .hook = "look", .needs = "enter" },
	{ .hook = "enter again", .needs = "leave" },
	{ .hook = "enter again", .needs = "leave again" },
	{ .hook = "leave again", .needs = "enter again" },
	{ .hook = "migrate", .needs = "enter" },
	{ .hook = "psi times", .needs = "enter" },
	{ .hook = "tell direct", .needs = "enter" },
	{ .hook = "tell compact", .needs = "enter" },
	{ .hook = "target", .needs = "enter" },
	PAIR("lock"),
	PAIR("file fault"),
	{ .hook = "oom wait", .needs = "oom wait over" },
	{ .hook = "oom wait", .needs = "oom wait given up" },
	{ .hook = "oom wait over", .needs = "oom wait" },
	{ .hook = "oom wait given up", .needs = "oom wait" },
	PAIR("direct"),
	PAIR("memcg"),
	PAIR("node"),
	PAIR("compact"),
	{},
};

static const struct hook_slots hook_slots[] = {
	{ .hook = "throttled", .first = MT_SLOT_stall_throttle_ns, .last = MT_SLOT_stall_throttle_ns },
	{ .hook = "dirty", .first = MT_SLOT_stall_dirty_count, .last = MT_SLOT_stall_dirty_ns },
	{ .hook = "lock begin", .first = MT_SLOT_stall_mmap_lock_count, .last = MT_SLOT_stall_mmap_lock_ns },
	{ .hook = "file fault begin", .first = MT_SLOT_stall_file_fault_count, .last = MT_SLOT_stall_file_fault_ns },
	{ .hook = "oom wait", .first = MT_SLOT_stall_oom_wait_ns, .last = MT_SLOT_stall_oom_wait_ns },
	{ .hook = "enter", .first = MT_SLOT_stall_high_count, .last = MT_SLOT_stall_high_ns },
	{ .hook = "enter", .first = MT_SLOT_stall_swapin_count, .last = MT_SLOT_stall_other_ns },
	{ .hook = "enter", .first = MT_SLOT_stall_high_penalty_ns, .last = MT_SLOT_stall_high_penalty_ns },
	{},
};

/* What a function says about a stall: a row of stall_functions.def. */
struct function_name {
	char name[MT_FUNCTION_LEN];
};

#define MT_FUNCTION(name_, class_, where) { #name_ },
static const struct function_name function_names[] = {
#include "stall_functions.def"
};
#define MT_FUNCTION(name_, class_, where) class_,
static const uint32_t function_classes[] = {
#include "stall_functions.def"
};

static const struct map_content contents[] = {
	{ .map = "stall_classes",
	  .keys = function_names,
	  .key_size = sizeof(*function_names),
	  .values = function_classes,
	  .value_size = sizeof(*function_classes),
	  .nr = sizeof(function_classes) / sizeof(*function_classes) },
	{},
};

static const struct kernel_constant constants[] = {
	{ .program = "psi_times", .name = "PSI_MEM_SOME", .value = 2 },
	{ .program = "psi_times", .name = "PSI_MEM_FULL", .value = 3 },
	{},
};

static const enum mt_slot times[] = { MT_SLOT_stall_memcg_ns,	MT_SLOT_stall_high_ns,	 MT_SLOT_stall_direct_ns,
				      MT_SLOT_stall_compact_ns, MT_SLOT_stall_swapin_ns, MT_SLOT_stall_refault_ns,
				      MT_SLOT_stall_other_ns };

#define NR_TIMES (sizeof(times) / sizeof(*times))

static const struct probe_column columns[] = {
	{ .title = "STALLED", .measure = MEASURE_SUM, .unit = UNIT_NS, .slots = times, .nr_slots = NR_TIMES },
	{ .title = "STALL%",
	  .measure = MEASURE_SHARE,
	  .unit = UNIT_NS,
	  .slots = times,
	  .nr_slots = NR_TIMES,
	  .stall = true },
	{},
};

const struct probe stall_probe = {
	.id = MT_PROBE_stall,
	.object = stall_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.hook_slots = hook_slots,
	.constants = constants,
	.contents = contents,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
