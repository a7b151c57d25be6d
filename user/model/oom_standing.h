/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whom the OOM killer would compare now: all processes that hold memory, and what of the machine decides. */
#ifndef MEMTRACE_MODEL_OOM_STANDING_H
#define MEMTRACE_MODEL_OOM_STANDING_H

#include "oom_kill.h"

#define OOM_STANDING_MAX 131072 /* processes; of more it is known how many */

struct oom_standing {
	uint64_t wall_ns; /* since the Unix epoch: when it was read */
	bool all_seen;	  /* pids are the machine's; else only those of a pid namespace are seen */
	char release[64];
	uint64_t page_size;
	uint64_t total_pages;					   /* memory and swap */
	uint64_t swap_total;					   /* bytes; 0: there is none, or it is not known */
	uint64_t committed, commit_limit;			   /* bytes */
	uint64_t overcommit, panic_on_oom, allocating, dump_tasks; /* /proc/sys/vm */
	struct oom_task *tasks; /* owned, with their oom_score; in the order of their pids */
	bool *inside;		/* owned: whether each is in the cgroup of limit, or below it */
	size_t nr_tasks, nr_inside, left_out;
	size_t nr_kernel; /* kernel threads and processes that have ended: without memory, never chosen */
	/* of the process that was asked about; pid 0: of none */
	uint32_t pid;
	char cgroup[OOM_PATH]; /* its own */
	struct oom_limit
		limit; /* of the cgroup at or above its own that has least room left; cgroup "": none has a limit */
	uint64_t cgroup_pages; /* the limit, and the swap that may be used */
};

#endif
