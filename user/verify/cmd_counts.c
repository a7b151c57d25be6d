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
		if (!delays__take(&counts->delays, child->pid, &counts->delay))
			counts->why_no_delay = counts->delays.why;
	}
}

void cmd_counts__close(struct cmd_counts *counts)
{
	delays__close(&counts->delays);
}

void cmd_counts__figure(const struct cmd_counts *counts, const struct counter_row *row, struct kernel_figure *figure)
{
	const uint64_t values[NR_FIGURES] = {
		[FIGURE_CMD_MINOR] = counts->minor,
		[FIGURE_CMD_MAJOR] = counts->major,
		[FIGURE_CMD_STALLS] = counts->delay.count,
		[FIGURE_CMD_STALL_NS] = counts->delay.total_ns,
	};

	*figure = (struct kernel_figure){ .why = counts->why };
	if (!figure->why && row->file == COUNTERS_TASKSTATS)
		figure->why = counts->why_no_delay;
	figure->known = !figure->why;
	figure->low = figure->high = values[row->figure];
}
