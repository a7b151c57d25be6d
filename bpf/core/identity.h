/* SPDX-License-Identifier: GPL-2.0 */
/* The identity of a task: read from the task itself, never from the task that happens to run. */
#ifndef MEMTRACE_CORE_IDENTITY_H
#define MEMTRACE_CORE_IDENTITY_H

#include "compat/cgroup.h"

/* include/linux/sched.h; the same on all kernels that have BPF rings */
#define PF_EXITING  0x00000004
#define PF_MEMALLOC 0x00000800
#define PF_KTHREAD  0x00200000
#define EXIT_ZOMBIE 0x00000020

static __always_inline void who__read(struct mt_who *who, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	who->pid = BPF_CORE_READ(task, tgid);
	who->tid = BPF_CORE_READ(task, pid);
	who->start_ns = BPF_CORE_READ(leader, start_boottime);
	who->cgroup_id = css_cgroup_id(memory_css(BPF_CORE_READ(task, cgroups)));
	who->uid = BPF_CORE_READ(task, real_cred, uid.val);
	who->flags = BPF_CORE_READ(task, flags) & PF_KTHREAD ? MT_WHO_KTHREAD : 0;
	BPF_CORE_READ_STR_INTO(&who->comm, leader, comm);
	BPF_CORE_READ_STR_INTO(&who->tcomm, task, comm);
}

static __always_inline void who__read_current(struct mt_who *who)
{
	who__read(who, (struct task_struct *)bpf_get_current_task());
}

#endif
