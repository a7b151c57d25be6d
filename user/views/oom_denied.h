/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What was refused without an OOM kill, as a part of a report. */
#ifndef MEMTRACE_VIEWS_OOM_DENIED_H
#define MEMTRACE_VIEWS_OOM_DENIED_H

#include "../count/denied_counts.h"
#include "../report/report.h"

#define OOM_DENIED_COLUMNS 13

/* Storage of what a report borrows. */
struct oom_denied_view {
	struct cell cells[DENIED_ROWS * OOM_DENIED_COLUMNS], dropped;
	struct cell_rows rows;
	char gfp[DENIED_ROWS][64];
};

/* counts must live until the report was rendered. */
void oom_denied__add(struct oom_denied_view *view, const struct denied_counts *counts, const struct event_names *names,
		     int64_t wall_offset_ns, struct report *report);

#endif
