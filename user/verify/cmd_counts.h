/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel's counts of CMD, reported when it ends. */
#ifndef MEMTRACE_VERIFY_CMD_COUNTS_H
#define MEMTRACE_VERIFY_CMD_COUNTS_H

#include "../kernel/delays.h"
#include "../session/child.h"
#include "reconcile.h"

struct cmd_counts {
	struct delays delays;
	struct task_delays waits;
	const char *why, *why_no_delay; /* the reason if it is not known; NULL: it is known */
	uint64_t minor, major;
	uint64_t preempted; /* times that it and descendants lost their CPU */
};

/* Before CMD starts; cmd NULL: there is none. */
void cmd_counts__open(struct cmd_counts *counts, char *const *cmd);
/* All zero is fine. */
void cmd_counts__close(struct cmd_counts *counts);
/* Called when it has ended. */
void cmd_counts__take(struct cmd_counts *counts, const struct child *child);
void cmd_counts__figure(const struct cmd_counts *counts, const struct counter_row *row, struct kernel_figure *figure);

#endif
