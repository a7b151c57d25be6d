/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sections that every report has: duration, totals, losses, cost, unavailable probes. */
#ifndef MEMTRACE_VIEWS_SUMMARY_H
#define MEMTRACE_VIEWS_SUMMARY_H

#include "../report/render.h"
#include "../count/run_view.h"
#include "losses.h"

#define SUMMARY_MAX_TOTALS 16

/* Storage of what reports borrow; one per report that is being rendered. */
struct summary {
	const struct run_view *view;
	struct cell run[8];
	struct column total_columns[SUMMARY_MAX_TOTALS];
	char total_titles[SUMMARY_MAX_TOTALS][24];
	struct cell totals[SUMMARY_MAX_TOTALS];
	struct column slot_columns[MT_NR_SLOTS];
	struct cell slots[MT_NR_SLOTS];
	struct column machine_columns[MT_NR_MACHINE_SLOTS];
	struct cell machine[MT_NR_MACHINE_SLOTS];
	struct cell command[5], difference[4];
	struct cell lost[16], end[3];
	char lost_text[LOSSES_TEXT_MAX];
	char unavailable[512];
	struct cell probes[MT_NR_PROBES * 5];
	struct cell_rows probe_rows;
	struct cell rings[RINGS_MAX * 3];
	char ring_names[RINGS_MAX][RING_NAME_LEN];
	struct cell_rows ring_rows;
};

void summary__init(struct summary *summary, const struct run_view *view);
/* The run: what was traced and for how long; first in a report. */
void summary__add_run(struct summary *summary, struct report *report, enum scope scope);
/* Totals over all rows. */
void summary__add_totals(struct summary *summary, struct report *report, enum scope scope);
/* CMD's own accounting by the kernel; nothing without CMD. */
void summary__add_command(struct summary *summary, struct report *report);
/* Losses, own cost, unavailable probes; last in a report. */
void summary__add_end(struct summary *summary, struct report *report);

/* The summary at the end of a stream of events, for programs: text has it on standard error. */
int summary__render_end(struct summary *summary, struct render *render, const struct table *events);

#endif
