/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * How this kernel counts, where kernels differ.  Decided by types that came with the change or that it needs, never
 * by the version: distributions backport single changes.
 */
#ifndef MEMTRACE_KERNEL_COUNT_RULES_H
#define MEMTRACE_KERNEL_COUNT_RULES_H

#include <stdbool.h>

struct btf;
struct btf_names;

struct count_rules {
	/* /proc/vmstat's pgscan_* and pgsteal_* are of the nodes: all reclaim is in them, and they lag by CPU */
	bool node_reclaim_counters;
	/* memory.stat lacks up to 32 of each counter for each cgroup below it and each CPU, for good */
	bool cgroups_hold_back;
	/* pages that reclaim for a cgroup's limit freed in slabs count as reclaimed (mm/vmscan.c, shrink_node()) */
	bool cgroup_slab_pages;
	/* pgfault has each attempt of a fault that is retried (mm/memory.c, handle_mm_fault()) */
	bool attempts_count;
	/* the multi-generational LRU fires the events of isolating and shrinking pages */
	bool generations_tell;
	/* delay accounting's thrashing has waits for what was swapped out as well (mm/filemap.c, mm/page_io.c) */
	bool swapins_thrash;
	/* a task may lose its CPU between the kernel's clock and a program that follows */
	bool preempts;
	/* how often do_try_to_free_pages() may start over at most (mm/vmscan.c) */
	unsigned int restarts;
};

/* Of all types that count_rules__read() looks at. */
void count_rules__add_names(struct btf_names *names);
void count_rules__read(struct count_rules *rules, const struct btf *btf);

#endif
