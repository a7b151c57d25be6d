// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../count/event_log.h"
#include "../model/probe.h"

#include <stdlib.h>

#include "oom.skel.h"

#define EVENT "oom:mark_victim"

static const struct attach_alt victim_alts[] = {
	{ "victim_btf", ATTACH_TP_BTF, EVENT, "struct task_struct *task,uid_t uid", NULL },
	{ "victim_pid_btf", ATTACH_TP_BTF, EVENT, "int pid", NULL },
	{ "victim_tp", ATTACH_TP, EVENT, NULL, "trace_event_raw_mark_victim" },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attach_alt kill_begin[] = {
	{ "kill_begin", ATTACH_FENTRY, "oom_kill_process", "struct oom_control *oc", NULL },
	{ NULL, 0, NULL, NULL, NULL },
};
/* its end reads no argument and no result, so any prototype fits */
static const struct attach_alt kill_end[] = {
	{ "kill_end", ATTACH_FENTRY, "oom_kill_process", "struct oom_control *oc", NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

#define CONTROL "order, gfp flags, limit and points of a kill"

static const struct attach_hook hooks[] = {
	{ "victim", HOOK_REQUIRED, victim_alts, "OOM kills", false },
	{ "kill end", HOOK_GAIN, kill_end, CONTROL, false },
	{ "kill begin", HOOK_GAIN, kill_begin, CONTROL, false },
	{ NULL, 0, NULL, NULL, false },
};

/* A begin without its end would apply to kills that come later. */
static const struct hook_dependency dependencies[] = { { "kill begin", "kill end" }, { NULL, NULL } };

/* The kinds of pages in a process's counters. */
static const struct kernel_constant constants[] = {
	{ "victim_btf", "MM_FILEPAGES", 0, false },
	{ "victim_btf", "MM_ANONPAGES", 1, false },
	{ "victim_btf", "MM_SHMEMPAGES", 3, false },
	{ NULL, NULL, 0, false },
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

	event_log__add(&kills->log, record);
}

static void kills__report(void *state, struct report *report, const struct event_names *names)
{
	struct kills *kills = state;
	struct table table = event_log__table(&kills->log, names, "oom");
	struct values facts = {
		.heading = "OOM kills:", .columns = count_columns, .cells = &kills->count, .nr_columns = 1
	};

	kills->count = cell_uint(kills->log.total);
	report__add_values(report, &facts);
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

static const struct probe_gather gather = { kills__new, kills__event, kills__report, kills__free };

const struct probe oom_probe = {
	.id = MT_PROBE_oom,
	.object = oom_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.gather = &gather,
	.constants = constants,
	.selftest_slot = MT_NR_SLOTS,
};
