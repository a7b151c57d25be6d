/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Looks at the machine's memory: reads all files of the kernel that a struct machine is made of. */
#ifndef MEMTRACE_KERNEL_MACHINE_FILES_H
#define MEMTRACE_KERNEL_MACHINE_FILES_H

#include "../model/machine.h"
#include "perf_counts.h"
#include "sample_files.h"

struct machine_files {
	struct sample_files samples;
	int zoneinfo, buddyinfo, slabinfo, vmallocinfo, swaps, sockstat, sockstat6; /* descriptors, or -errno */
	int settings[NR_SETTINGS];
	int kswapd[MACHINE_NODES_MAX]; /* by node: its /proc/PID/schedstat, or < 0 */
	struct perf_counts extfrag;    /* all zero: not open */
	int extfrag_err;
	struct machine_callers callers; /* read by machine_files__read_callers() */
	int callers_err;
};

/* Opens what can be opened; files is all zero at first.  machine_files__close() must follow. */
void machine_files__open(struct machine_files *files);
void machine_files__close(struct machine_files *files);
/* One look; lists: also at slab caches and dma-buf. */
void machine_files__read(struct machine_files *files, struct machine *machine, bool lists);
/*
 * Reads who called vmalloc(), for the looks to come.  The kernel writes the whole file at once: with thousands of
 * tasks, each of which has a stack, that takes it tens of milliseconds.
 */
void machine_files__read_callers(struct machine_files *files);

#endif
