// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cmd_counts.h"

#include <string.h>

void cmd_counts__open(struct cmd_counts *counts, char *const *cmd)
{
	memset(counts, 0, sizeof(*counts));
	if (cmd)
		delays__open(&counts->delays);
	else
		counts->why = "there is no CMD";
}

void cmd_counts__take(struct cmd_counts *counts, const struct child *child)
{
	if (!counts->why && child->running)
		counts->why = "CMD has not ended";
	if (!counts->why) {
		counts->minor = child->rusage.ru_minflt;
		counts->major = child->rusage.ru_majflt;
		counts->preempted = child->rusage.ru_nivcsw;
		if (!delays__take(&counts->delays, child->pid, &counts->waits))
			counts->why_no_delay = counts->delays.why;
	}
}

void cmd_counts__close(struct cmd_counts *counts)
{
	delays__close(&counts->delays);
}

void cmd_counts__figure(const struct cmd_counts *counts, const struct counter_row *row, struct kernel_figure *figure)
{
	const struct task_delays *waits = &counts->waits;
	const uint64_t values[NR_FIGURES] = {
		[FIGURE_NONE] = waits->swapin.total_ns,
		[FIGURE_CMD_MINOR] = counts->minor,
		[FIGURE_CMD_MAJOR] = counts->major,
		[FIGURE_CMD_STALLS] = waits->reclaim.count,
		[FIGURE_CMD_STALL_NS] = waits->reclaim.total_ns,
		[FIGURE_CMD_RECLAIM_WAIT_NS] = waits->reclaim.total_ns,
		[FIGURE_CMD_THRASHES] = waits->thrashing.count,
		[FIGURE_CMD_THRASH_NS] = waits->thrashing.total_ns,
		[FIGURE_CMD_COMPACTIONS] = waits->compaction.count,
		[FIGURE_CMD_COMPACTION_NS] = waits->compaction.total_ns,
	};
	bool of_compaction = row->figure == FIGURE_CMD_COMPACTIONS || row->figure == FIGURE_CMD_COMPACTION_NS;

	*figure = (struct kernel_figure){ .why = counts->why };
	if (!figure->why && row->file == COUNTERS_TASKSTATS)
		figure->why = counts->why_no_delay;
	if (!figure->why && of_compaction && !waits->has_compaction)
		figure->why = "this kernel does not account that";
	figure->known = !figure->why;
	figure->low = figure->high = values[row->figure];
}
