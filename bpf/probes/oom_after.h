/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of victims: when their last thread exits, the OOM reaper is done, and their address space is gone. */
#ifndef MEMTRACE_OOM_AFTER_H
#define MEMTRACE_OOM_AFTER_H

#include "core/prelude.h"
#include "core/emit.h"

#define VICTIMS	 64
#define KNOWN_NS (60 * 1000000000ULL) /* after the last kill, exits cost nothing any more */

struct victim {
	u64 mm; /* address of its address space; 0: not known, or gone */
	u64 kill_ns;
	u32 pid; /* 0: not known */
	u32 tid; /* the thread that was marked; 0: nobody */
	u32 exited, pad;
};

struct victims {
	u64 until_ns; /* 0: nobody was killed, or none lately */
	u32 nr;	      /* of all times: the place of the next one */
	u32 pad;
	struct victim of[VICTIMS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct victims);
} oom_victims SEC(".maps");

/* pid 0: only the thread is known. */
static __always_inline void victims__add(u32 pid, u32 tid, u64 mm)
{
	struct victims *all = map_only(&oom_victims);
	struct victim *v;

	if (!all)
		return;
	v = &all->of[all->nr++ % VICTIMS];
	v->mm = mm;
	v->kill_ns = bpf_ktime_get_boot_ns();
	v->pid = pid;
	v->tid = tid;
	v->exited = 0;
	all->until_ns = v->kill_ns + KNOWN_NS;
}

static __always_inline struct victims *victims__lately(void)
{
	struct victims *all = map_only(&oom_victims);

	if (!all || !all->until_ns)
		return NULL;
	if (bpf_ktime_get_boot_ns() > all->until_ns) {
		all->until_ns = 0;
		return NULL;
	}
	return all;
}

static __always_inline void victim__tell(struct victim *v, u32 pid, enum mt_oom_step step)
{
	struct mt_oom_after *rec = rare__reserve(&ring_oom, MT_RING_OOM, MT_REC_oom_after, struct mt_oom_after);

	if (!rec)
		return;
	rec->pid = pid;
	rec->step = step;
	rec->after_ns = rec->hdr.time_ns - v->kill_ns;
	bpf_ringbuf_submit(rec, 0);
}

static __always_inline int victims__exit(struct task_struct *task)
{
	struct victims *all = victims__lately();
	u32 pid, tid, i;

	if (!all || BPF_CORE_READ(task, signal, live.counter))
		return 0;
	pid = BPF_CORE_READ(task, tgid);
	tid = BPF_CORE_READ(task, pid);
	for (i = 0; i < VICTIMS; i++) {
		struct victim *v = &all->of[i];

		if (!v->tid || v->exited || (v->pid ? v->pid != pid : v->tid != tid && v->tid != pid))
			continue;
		v->pid = pid;
		v->exited = 1;
		victim__tell(v, pid, MT_OOM_EXITED);
	}
	return 0;
}

static __always_inline int victims__reaped(u32 tid, enum mt_oom_step step)
{
	struct victims *all = victims__lately();
	u32 i;

	if (!all)
		return 0;
	for (i = 0; i < VICTIMS; i++) {
		struct victim *v = &all->of[i];

		if (v->tid && v->tid == tid)
			victim__tell(v, v->pid ? v->pid : tid, step);
	}
	return 0;
}

static __always_inline int victims__freed(u64 mm)
{
	struct victims *all = victims__lately();
	u32 i;

	if (!all)
		return 0;
	for (i = 0; i < VICTIMS; i++) {
		struct victim *v = &all->of[i];

		if (v->mm != mm)
			continue;
		v->mm = 0;
		victim__tell(v, v->pid, MT_OOM_FREED);
	}
	return 0;
}

#endif
