/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* memtrace's counts between two moments, as figures to compare with the kernel's. */
#ifndef MEMTRACE_VERIFY_OWN_COUNTS_H
#define MEMTRACE_VERIFY_OWN_COUNTS_H

#include "../kernel/count_rules.h"
#include "reconcile.h"
#include "../session/session.h"

/*
 * Pages of kswapd's sessions on one node.  Some kernels never report them.  A kernel that does reports the first
 * pages that it finds; then earlier sessions without a report are known to have had none.
 */
struct session_pages {
	uint64_t sum;
	uint64_t silent; /* sessions without a report so far */
	bool known;
};

/* Events, as they come. */
struct event_counts {
	uint64_t rounds; /* kswapd's */
	struct session_pages scanned[MT_MAX_NODES], reclaimed[MT_MAX_NODES];
	uint64_t kills, cgroup_kills, group_kills;
	uint64_t placeless_kills; /* the kernel gave only the victim's thread id */
	uint64_t limit_pages;	  /* of reclaim for the limit of a cgroup that is known, and not the root */
};

struct own_checkpoint {
	uint64_t slots[MT_NR_SLOTS];
	struct totals totals;
	struct event_counts events;
	struct under_way under_way;
};

struct own_counts {
	struct session *session;
	const char *cgroup;  /* whose kills are counted separately; "": none */
	bool below;	     /* kills in cgroups below it count, too */
	const char *unified; /* where cgroup v2 is mounted with the memory controller; NULL: it is not */
	struct count_rules rules;
	struct event_counts events;
	struct own_checkpoint begin, end;
	uint64_t family[MT_NR_SLOTS]; /* CMD and its descendants */
	uint64_t cmd[MT_NR_SLOTS];    /* CMD's own process */
};

void own_counts__event(struct own_counts *own, const struct event_row *row, const void *record);
/* Waits some time for what is under way and is counted only at its end; 0 or -errno. */
int own_counts__settle(struct own_counts *own);
/* Fetches all counts up to now; 0 or -errno. */
int own_counts__take(struct own_counts *own, struct own_checkpoint *checkpoint);
/* CMD's rows, once it has ended; 0 or -errno. */
int own_counts__take_cmd(struct own_counts *own);
void own_counts__figure(const struct own_counts *own, const struct counter_row *row, struct own_figure *figure);
/* Whether memtrace has at least as many as the kernel; true if the kernel's figure is not known. */
bool own_counts__has(const struct own_counts *own, enum figure figure, const struct kernel_figure *kernel);
/*
 * Fills the bounds that memtrace measures, and completes those that come from the kernel's counters; for faults it
 * uses what the kernel says about exceptions, if that is known.
 */
void own_counts__bounds(const struct own_counts *own, const struct fault_exceptions *exceptions,
			uint64_t bounds[NR_BOUNDS]);

#endif
