/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A run's counts and facts: everything that the sections of a report are made of.  A session fills one in; a test can
 * make one up.
 */
#ifndef MEMTRACE_COUNT_RUN_VIEW_H
#define MEMTRACE_COUNT_RUN_VIEW_H

#include "aggregate.h"
#include "../model/probe.h"
#include "../report/event.h"
#include "../model/source.h"
#include "keyed_counts.h"
#include "cgroup_counts.h"
#include "sample_counts.h"
#include "task_roles.h"

/* It owns nothing of what it points to. */
struct run_view {
	const struct run_facts *facts;
	const struct probe_status *probes; /* by enum mt_probe */
	const struct totals *totals;
	const struct checkpoint *checkpoint; /* when counts were last brought up to date */
	const struct command_outcome *command;
	const struct event_names *names;
	struct aggregate *aggregate;
	const struct task_roles *roles; /* by role: names of them; else NULL */
	const struct sample_counts *samples;
	struct keyed_counts *keyed;
	const struct cgroup_counts *cgroups;	     /* their samples */
	enum group_by hist_by;			     /* as in the aggregate's config */
	bool by_kind;				     /* histograms by kind are shown, where an event has them */
	uint32_t asked;				     /* probes that are shown, a bit each */
	uint64_t start_ns;			     /* boot time clock, as the others */
	uint64_t interval_start_ns, interval_end_ns; /* of the last one that is complete */
};

/* Whether a probe is shown. */
bool run_view__asked(const struct run_view *view, enum mt_probe probe);
/* Whether a slot's count is known: its probe is attached, and hooked unless the kernel counts by itself. */
bool run_view__knows(const struct run_view *view, enum mt_slot slot);
/* Whether a probe's column is shown, if the probe is. */
bool run_view__shows(const struct run_view *view, const struct probe_column *column);
/* The sum of a column's counters, in its unit; false: none of them is known. */
bool run_view__sum(const struct run_view *view, const struct probe_column *column, const uint64_t *counts,
		   uint64_t *sum);
/* When the scope began, boot time clock. */
uint64_t run_view__begin_ns(const struct run_view *view, enum scope scope);
/* How long the scope is. */
uint64_t run_view__duration_ns(const struct run_view *view, enum scope scope);
double run_view__seconds(const struct run_view *view, enum scope scope);

#endif
