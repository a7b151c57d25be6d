/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oom:mark_victim.  First (int pid); with (task, uid) and the victim's figures
 * from 6.9 on, and backported: seen on 5.10.262 and 6.1.192, not on 5.10.223.
 */
#ifndef MEMTRACE_COMPAT_OOM_H
#define MEMTRACE_COMPAT_OOM_H

#include "../prelude.h"

struct trace_event_raw_mark_victim {
	int pid;
} __attribute__((preserve_access_index));

/* The allocation that invoked the OOM killer (include/linux/oom.h). */
struct mem_cgroup;
enum oom_constraint { CONSTRAINT_NONE };
struct oom_control {
	struct mem_cgroup *memcg;
	gfp_t gfp_mask;
	int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
	enum oom_constraint constraint;
} __attribute__((preserve_access_index));

/* The form that has the victim's figures. */
struct trace_event_raw_mark_victim___figures {
	u32 __data_loc_comm;
	unsigned long total_vm;
	unsigned long anon_rss;
	unsigned long file_rss;
	unsigned long shmem_rss;
	uid_t uid;
	unsigned long pgtables;
	s16 oom_score_adj;
} __attribute__((preserve_access_index));

#endif
