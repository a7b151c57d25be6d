/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A run without a kernel, for tests: all probes are on, and the aggregate holds what a test gives it. */
#ifndef MEMTRACE_TESTS_FAKE_RUN_H
#define MEMTRACE_TESTS_FAKE_RUN_H

#include "../../user/count/run_view.h"
#include "../../user/metrics/metrics.h"

/* It lasted from 3 to 5 s of the boot clock, its last interval from 4 s on; what a test wants otherwise it changes. */
struct fake_run {
	struct run_facts facts;
	struct probe_status probes[MT_NR_PROBES];
	struct totals totals;
	struct checkpoint checkpoint;
	struct command_outcome command;
	struct event_names names;
	struct run_view view;
	enum group_by by, also;
};

/* Stays where it is in memory while it is open.  fake_run__close() also after -ENOMEM. */
int fake_run__open(struct fake_run *run, enum group_by by);
/* The same, counted by another group too: BY_COMM or BY_CGROUP. */
int fake_run__open_also(struct fake_run *run, enum group_by by, enum group_by also);
/* Metrics by the groups that it was opened with; NULL if memory ran out. */
struct metrics *fake_run__metrics(struct fake_run *run, size_t max_series);
void fake_run__close(struct fake_run *run);

/* Give the run's aggregate a record; 0 or -ENOMEM. */
int fake_run__kswapd(struct fake_run *run, int32_t node, uint64_t duration_ns);
int fake_run__task(struct fake_run *run, uint32_t pid, const char *comm, uint64_t minor);
/* The process counts minor faults and waits that long in direct reclaim, all in all. */
int fake_run__stall(struct fake_run *run, uint32_t pid, const char *comm, uint64_t minor, uint64_t stalled_ns);

#endif
