// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../count/event_log.h"
#include "../model/probe.h"

#include <stdlib.h>

#include "oom.skel.h"

#define EVENT "oom:mark_victim"

static const struct attach_alt victim_alts[] = {
	{ .program = "victim_btf",
	  .kind = ATTACH_TP_BTF,
	  .event = EVENT,
	  .proto = "struct task_struct *task,uid_t uid" },
	{ .program = "victim_pid_btf", .kind = ATTACH_TP_BTF, .event = EVENT, .proto = "int pid" },
	{ .program = "victim_tp", .kind = ATTACH_TP, .event = EVENT, .context = "trace_event_raw_mark_victim" },
	{},
};

static const struct attach_alt kill_begin[] = {
	{ .program = "kill_begin",
	  .kind = ATTACH_FENTRY,
	  .event = "oom_kill_process",
	  .proto = "struct oom_control *oc" },
	{},
};
/* its end reads no argument and no result, so any prototype fits */
static const struct attach_alt kill_end[] = {
	{ .program = "kill_end",
	  .kind = ATTACH_FENTRY,
	  .event = "oom_kill_process",
	  .proto = "struct oom_control *oc" },
	{},
};

static const struct attach_alt choice_begin[] = {
	{ .program = "choice_begin",
	  .kind = ATTACH_FENTRY,
	  .event = "out_of_memory",
	  .proto = "struct oom_control *oc" },
	{},
};
static const struct attach_alt choice_end[] = {
	{ .program = "choice_end", .kind = ATTACH_FENTRY, .event = "out_of_memory", .proto = "struct oom_control *oc" },
	{},
};
static const struct attach_alt choice[] = {
	{ .program = "choice_add",
	  .kind = ATTACH_FENTRY,
	  .event = "oom_badness",
	  .proto = "struct task_struct *p,long unsigned int totalpages" },
	{},
};
static const struct attach_alt victim_exit[] = {
	{ .program = "victim_exit",
	  .kind = ATTACH_TP_BTF,
	  .event = "sched:sched_process_exit",
	  .proto = "struct task_struct *p" },
	{},
};
static const struct attach_alt victim_reaped[] = {
	{ .program = "victim_reaped", .kind = ATTACH_TP_BTF, .event = "oom:finish_task_reaping", .proto = "int pid" },
	{},
};
static const struct attach_alt victim_reap_skipped[] = {
	{ .program = "victim_reap_skipped",
	  .kind = ATTACH_TP_BTF,
	  .event = "oom:skip_task_reaping",
	  .proto = "int pid" },
	{},
};
static const struct attach_alt victim_freed[] = {
	{ .program = "victim_freed", .kind = ATTACH_FENTRY, .event = "exit_mmap", .proto = "struct mm_struct *mm" },
	{},
};

#define CONTROL "order, gfp flags, limit and points of a kill"
#define CHOICE	"whom the OOM killer compared"
#define REAPER	"when the OOM reaper has taken victims' memory"

static const struct attach_hook hooks[] = {
	{ .name = "victim", .need = HOOK_REQUIRED, .alts = victim_alts, .loss = "OOM kills" },
	{ .name = "kill end", .need = HOOK_GAIN, .alts = kill_end, .loss = CONTROL },
	{ .name = "kill begin", .need = HOOK_GAIN, .alts = kill_begin, .loss = CONTROL },
	{ .name = "choice begin", .need = HOOK_GAIN, .alts = choice_begin, .loss = CHOICE },
	{ .name = "choice end", .need = HOOK_GAIN, .alts = choice_end, .loss = CHOICE },
	{ .name = "choice", .need = HOOK_GAIN, .alts = choice, .loss = CHOICE },
	{ .name = "victim exit", .need = HOOK_GAIN, .alts = victim_exit, .loss = "when victims exit" },
	{ .name = "victim reaped", .need = HOOK_GAIN, .alts = victim_reaped, .loss = REAPER },
	{ .name = "victim not reaped", .need = HOOK_GAIN, .alts = victim_reap_skipped, .loss = REAPER },
	{ .name = "victim freed", .need = HOOK_GAIN, .alts = victim_freed, .loss = "when victims' memory is back" },
	{},
};

/* A begin without its end would be told of kills that come later. */
static const struct hook_dependency dependencies[] = {
	{ .hook = "kill begin", .needs = "kill end" },
	/* candidates are sent when a kill begins */
	{ .hook = "choice begin", .needs = "kill begin" },
	{ .hook = "choice begin", .needs = "choice end" },
	{ .hook = "choice", .needs = "choice begin" },
	{},
};

/* The kinds of pages in a process's counters. */
static const struct kernel_constant constants[] = {
	{ .program = "victim_btf", .name = "MM_FILEPAGES", .value = 0 },
	{ .program = "victim_btf", .name = "MM_ANONPAGES", .value = 1 },
	{ .program = "victim_btf", .name = "MM_SHMEMPAGES", .value = 3 },
	{ .program = "choice_add", .name = "MM_SWAPENTS", .value = 2 },
	{},
};

static const struct column count_columns[] = { { .title = "", .path = "count", .unit = UNIT_COUNT } };

struct kills {
	struct event_log log;
	struct cell count;
};

static void *kills__new(void)
{
	struct kills *kills = calloc(1, sizeof(*kills));

	if (kills)
		event_log__init(&kills->log, &event_rows[MT_REC_oom]);
	return kills;
}

static void kills__event(void *state, const void *record)
{
	struct kills *kills = state;
	const struct mt_hdr *hdr = record;

	if (hdr->id != MT_REC_oom)
		return;
	event_log__add(&kills->log, record);
}

static void kills__report(void *state, struct report *report, const struct event_names *names)
{
	struct kills *kills = state;
	struct table table = event_log__table(&kills->log, names, "oom");
	struct values values = {
		.heading = "OOM kills:", .columns = count_columns, .cells = &kills->count, .nr_columns = 1
	};

	kills->count = cell_uint(kills->log.total);
	report__add_values(report, &values);
	report__add_table(report, &table);
}

static void kills__free(void *state)
{
	struct kills *kills = state;

	if (!kills)
		return;
	event_log__free(&kills->log);
	free(kills);
}

static const struct probe_gather gather = {
	.new_state = kills__new, .event = kills__event, .report = kills__report, .free_state = kills__free
};

const struct probe oom_probe = {
	.id = MT_PROBE_oom,
	.object = oom_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.gather = &gather,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
