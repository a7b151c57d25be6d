// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_kill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void forget(void *numbers, size_t size)
{
	memset(numbers, 0xff, size);
}

static void forget_limit(struct oom_limit *limit)
{
	forget(&limit->bytes, sizeof(*limit) - offsetof(struct oom_limit, bytes));
}

static void forget_victim(struct oom_victim *victim)
{
	victim->adj = OOM_ADJ_UNKNOWN;
	forget(&victim->uid, sizeof(*victim) - offsetof(struct oom_victim, uid));
}

void oom_kill__init(struct oom_kill *kill)
{
	memset(kill, 0, sizeof(*kill));
	kill->when.wall_ns = kill->when.boot_ns = MT_UNKNOWN_U64;
	kill->page_size = kill->total_pages = kill->some_avg10 = MT_UNKNOWN_U64;
	forget_limit(&kill->limit);
	forget(&kill->charge, sizeof(kill->charge));
	forget(&kill->machine, offsetof(struct oom_machine, zones));
	kill->trigger.adj = OOM_ADJ_UNKNOWN;
	kill->trigger.gfp = MT_UNKNOWN_U64;
	forget_victim(&kill->victim);
	kill->evaluated = MT_UNKNOWN_U64;
	kill->exit_ns = kill->reaped_ns = kill->freed_ns = kill->left_bytes = kill->further_kills = MT_UNKNOWN_U64;
	kill->further_ns = OOM_FURTHER_NS;
}

void oom_task__init(struct oom_task *task)
{
	memset(task, 0, sizeof(*task));
	task->adj = OOM_ADJ_UNKNOWN;
	forget(&task->uid, offsetof(struct oom_task, has_points) - offsetof(struct oom_task, uid));
}

void oom_kill__done(struct oom_kill *kill)
{
	free(kill->tasks);
	free(kill->samples);
	kill->tasks = NULL;
	kill->samples = NULL;
	kill->nr_tasks = kill->nr_samples = 0;
}

const char *oom_kind__name(enum oom_kind kind)
{
	static const char *const names[NR_OOM_KINDS] = {
		[OOM_KIND_GLOBAL] = "global", [OOM_KIND_MEMCG] = "memcg",
		[OOM_KIND_CPUSET] = "cpuset", [OOM_KIND_MEMORY_POLICY] = "memory_policy",
		[OOM_KIND_SYSRQ] = "sysrq",   [OOM_KIND_USER] = "user",
	};

	return names[kind];
}

const char *oom_outcome__name(enum oom_outcome outcome)
{
	static const char *const names[NR_OOM_OUTCOMES] = {
		[OOM_OUTCOME_KILLED] = "killed",
		[OOM_OUTCOME_NOBODY] = "nobody",
		[OOM_OUTCOME_EXITED] = "exited",
		[OOM_OUTCOME_PANIC] = "panic",
	};

	return names[outcome];
}

const char *oom_sent__name(enum oom_sent sent)
{
	static const char *const names[NR_OOM_SENT] = {
		[OOM_SENT_NAME] = "name",
		[OOM_SENT_MARK] = "mark",
		[OOM_SENT_PRESSURE] = "pressure",
	};

	return names[sent];
}

static uint64_t difference(uint64_t from, uint64_t to)
{
	return from == MT_UNKNOWN_U64 || to == MT_UNKNOWN_U64 || to < from ? MT_UNKNOWN_U64 : to - from;
}

uint64_t oom_moment__between(const struct oom_moment *from, const struct oom_moment *to)
{
	if (from->clock == OOM_CLOCK_NONE || from->clock != to->clock)
		return MT_UNKNOWN_U64;
	return difference(from->clock_ns, to->clock_ns);
}
