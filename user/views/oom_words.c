// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What is said of a kill in words: why this victim, what the trigger was doing, what is not known. */
#include <stdio.h>
#include <string.h>

#include "oom_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static bool was_killed_before(const struct oom_kill *kill, uint32_t pid)
{
	size_t i;

	for (i = 0; i < kill->nr_earlier; i++)
		if (kill->earlier[i] == pid)
			return true;
	return false;
}

/* Only kernels that print a score killed a child in a process's place. */
static bool is_sacrificed(const struct oom_kill *kill)
{
	return kill->victim.score != MT_UNKNOWN_U64 && kill->chosen.pid && kill->victim.pid &&
	       kill->chosen.pid != kill->victim.pid;
}

const char *oom_view__why(const struct oom_view *view)
{
	const struct oom_kill *kill = view->kill;
	const struct oom_ranking *ranking = &view->ranking;
	size_t place = oom_ranking__find(ranking, kill->victim.pid);

	if (kill->outcome != OOM_OUTCOME_KILLED || !place)
		return "";
	if (kill->allocating)
		return "vm.oom_kill_allocating_task is set, so nobody was compared";
	if (is_sacrificed(kill))
		return "a child of the chosen process was killed in its place, as kernels before 5.1 do";
	if (!kill->has_tasks || !ranking->nr)
		return "";
	if (place == SIZE_MAX)
		return "the victim is not in the table";
	if (!ranking->list[place].known || !ranking->list[0].known)
		return "";
	if (ranking->list[place].points == ranking->list[0].points)
		return "it has as many points as the first";
	if (was_killed_before(kill, ranking->list[0].task->tgid))
		return "the first was already killed, and was still giving its memory back";
	return "the log does not say: the kernel passes over those that are dying, were reaped, or wait for a vfork";
}

/* Functions that say what a task was doing, the first that fits; innermost ones are tried first. */
const char *oom_view__doing(const struct oom_view *view)
{
	static const struct {
		const char *function, *what;
	} rows[] = {
		{ "copy_process", "fork" },
		{ "filemap_fault", "page fault on a file" },
		{ "shmem_fault", "page fault on shared memory" },
		{ "shmem_write_begin", "write to tmpfs" },
		{ "do_swap_page", "swap in" },
		{ "do_anonymous_page", "page fault" },
		{ "exc_page_fault", "page fault" },
		{ "do_page_fault", "page fault" },
		{ "__do_page_fault", "page fault" },
		{ "do_mem_abort", "page fault" },
		{ "pagefault_out_of_memory", "page fault" },
		{ "generic_file_read_iter", "read of a file" },
		{ "filemap_read", "read of a file" },
		{ "generic_file_write_iter", "write to a file" },
		{ "generic_perform_write", "write to a file" },
		{ "vfs_read", "read" },
		{ "vfs_write", "write" },
		{ "tcp_sendmsg", "send by TCP" },
		{ "sock_sendmsg", "send by a socket" },
		{ "mem_cgroup_resize_limit", "write of a limit" },
		{ "memory_max_write", "write of a limit" },
		{ "moom_callback", "sysrq" },
	};
	const struct oom_trigger *trigger = &view->kill->trigger;
	size_t i, frame;

	for (i = 0; i < NR(rows); i++)
		for (frame = 0; frame < trigger->nr_chain; frame++)
			if (!strcmp(trigger->chain[frame], rows[i].function))
				return rows[i].what;
	return "";
}

const char *oom_view__formula(const struct oom_view *view)
{
	const struct oom_rules *rules = &view->ranking.rules;

	if (rules->root_adj)
		return "rss + swap + page tables + total x adj / 1000, in pages; adj of root is 30 less (before 3.14)";
	if (rules->root_share)
		return "rss + swap + page tables + total x adj / 1000, in pages; root has 3% less (before 4.17)";
	return "rss + swap + page tables + total x adj / 1000, in pages";
}

static void miss(struct oom_view *view, bool is_missing, const char *what, const char *why)
{
	if (is_missing && view->nr_missing < OOM_MISSING_MAX)
		view->missing[view->nr_missing++] = (struct oom_missing){ .what = what, .why = why };
}

/* Why something is not known. */
static const struct {
	const char *no_log, *no_kind, *silent, *no_samples;
} reasons[NR_OOM_ORIGIN_KINDS] = {
	/* the kernel prints ten whole reports in five seconds: mm/oom_kill.c, oom_rs */
	[OOM_FROM_LOG] = {
		.no_log = "the log begins later, or there were ten reports in 5s",
		.no_kind = "the log does not say",
		.silent = "the kernel does not log it",
		.no_samples = "a log has only the moment of the kill",
	},
	[OOM_FROM_RUN] = {
		.no_log = "there were ten reports in 5s, or the kernel's log cannot be read",
		.no_kind = "this kernel's events do not say",
		.silent = "only those of the largest processes are kept",
		.no_samples = "the run had just begun",
	},
	[OOM_FROM_RECORDING] = {
		.no_log = "a recording does not have the kernel's log",
		.no_kind = "the recording does not say",
		.silent = "a recording does not have it",
		.no_samples = "the recording begins just before, or was made without the probe memory",
	},
};

/* Of a program's kill there is no choice and no log. */
static void find_missing_of_sent(struct oom_view *view)
{
	const struct oom_kill *kill = view->kill;

	miss(view, kill->some_avg10 == MT_UNKNOWN_U64, "PSI of that moment",
	     "the run had just begun, or the kernel does not tell it");
	miss(view, kill->victim.anon == MT_UNKNOWN_U64, "what the victim held", "no look at it came before");
	miss(view, !kill->victim.command_line[0], "the victim's command line", reasons[view->origin.kind].silent);
	miss(view, !kill->nr_samples, "what grew before", reasons[view->origin.kind].no_samples);
}

void oom_view__find_missing(struct oom_view *view)
{
	const char *rate = reasons[view->origin.kind].no_log, *silent = reasons[view->origin.kind].silent;
	const struct oom_kill *kill = view->kill;
	bool memcg = kill->kind == OOM_KIND_MEMCG, alone = !kill->has_trigger && !kill->has_tasks;

	if (kill->kind == OOM_KIND_USER) {
		find_missing_of_sent(view);
		return;
	}
	/* what programs see, the log's part of the report may lack */
	alone |= view->origin.kind != OOM_FROM_LOG && !view->origin.logged;

	miss(view, kill->outcome == OOM_OUTCOME_UNKNOWN, "what became of it",
	     "no kill follows: the log was cut, or the chosen one had ended");
	miss(view, kill->when.clock == OOM_CLOCK_NONE, "when it was", "the log has no times");
	miss(view, kill->kind == OOM_KIND_UNKNOWN, "whose memory ran out", reasons[view->origin.kind].no_kind);
	miss(view, alone && !kill->has_trigger, "who asked", rate);
	miss(view, alone && !kill->has_tasks, "whom the kernel compared", rate);
	miss(view, memcg && kill->limit.bytes == MT_UNKNOWN_U64, "the limit and what filled it",
	     alone ? rate : "the log does not say");
	miss(view, kill->kind == OOM_KIND_GLOBAL && !kill->has_machine, "what memory was used for",
	     alone ? rate : "the log does not say");
	miss(view, !alone && !kill->has_trigger, "who asked", "the log begins later");
	miss(view, !alone && !kill->has_tasks, "whom the kernel compared",
	     "no table of tasks: vm.oom_dump_tasks is 0, or the log was cut");
	miss(view, view->ranking.nr_unknown, "some points", "how much memory and swap there is, is not known");
	miss(view, kill->has_trigger && !kill->trigger.cgroup[0], "the cgroup of who asked", silent);
	miss(view, kill->victim.pid && !kill->victim.command_line[0], "the victim's command line", silent);
	miss(view, kill->victim.pid && kill->victim.age_ns == MT_UNKNOWN_U64, "its age", silent);
	miss(view, !kill->nr_samples, "what grew before", reasons[view->origin.kind].no_samples);
}
