/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waits that PSI does not count: pauses of writers, the lock of the own address space, major faults on files, another
 * OOM kill; part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_BESIDE_H
#define MEMTRACE_PROBES_STALL_BESIDE_H

#include "core/prelude.h"
#include "core/compat/fault.h"
#include "core/compat/stall.h"
#include "core/keyed.h"
#include "core/state.h"
#include "stall_time.h"

/* The slot's count and time; the count comes first. */
static __always_inline void count_wait(struct mt_state *s, u32 slot, u64 ns)
{
	state__add(s, MT_PROBE_stall, slot, 1);
	state__add(s, MT_PROBE_stall, slot + 1, ns);
}

#define DEVICES_MAX 256
#define HOLDERS_MAX 512

KEYED_MAPS(dirty_by_device, DEVICES_MAX, 1);
KEYED_MAPS(mmap_lock_by_holder, HOLDERS_MAX, MT_NR_HOLDERS);

/* How long a task that writes is to sleep (mm/page-writeback.c, balance_dirty_pages()); below 0 it does not. */
SEC("tp/writeback/balance_dirty_pages")
int dirty_pause(struct trace_event_raw_balance_dirty_pages *ctx)
{
	struct mt_dirty_by_device_value *counts;
	struct mt_dirty_by_device_key key = {};
	long pause_ms = ctx->pause;
	u64 pause_ns = pause_ms * 1000000;
	struct mt_state *s;

	s = pause_ms > 0 && !is_over() ? state__counting(false) : NULL;
	if (!s)
		return TP_PASS_ON;
	count_wait(s, MT_SLOT_stall_dirty_count, pause_ns);
	bpf_probe_read_kernel_str(key.device, sizeof(key.device), ctx->bdi);
	counts = keyed__get(dirty_by_device, &key);
	if (!counts) {
		__builtin_memset(&key, 0, sizeof(key));
		counts = keyed__other(dirty_by_device, &key, 0);
	}
	if (counts) {
		__sync_fetch_and_add(&counts->ns, pause_ns);
		keyed__count(&counts->head);
	}
	return TP_PASS_ON;
}

/* A task begins to wait for the lock of its own address space: who has it is noted in the lock. */
SEC("tp_btf/contention_begin")
int BPF_PROG(lock_begin, void *lock)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct mm_struct___locked *mm = (void *)BPF_CORE_READ(task, mm);
	struct mt_stalled *stall;
	struct mt_state *s;
	u64 owner;

	if (!mm || (u64)lock != (u64)mm + bpf_core_field_offset(mm->mmap_lock))
		return 0;
	s = state__current();
	if (!s || !s->match || is_over())
		return 0;
	stall = state__stalled(s);
	stall->lock_ns = bpf_ktime_get_boot_ns();
	owner = BPF_CORE_READ(mm, mmap_lock.owner.counter);
	__builtin_memset(&stall->holder, 0, sizeof(stall->holder));
	if (!(owner & ~(u64)RWSEM_FLAGS))
		return 0;
	stall->holder.kind = owner & RWSEM_READER ? MT_HOLDER_READER : MT_HOLDER_WRITER;
	task = (void *)(owner & ~(u64)RWSEM_FLAGS);
	if (BPF_CORE_READ_STR_INTO(&stall->holder.comm, task, comm) < 0)
		__builtin_memset(&stall->holder, 0, sizeof(stall->holder));
	return 0;
}

static __always_inline void count_by_holder(const struct mt_mmap_lock_by_holder_key *holder, u64 ns)
{
	struct mt_mmap_lock_by_holder_value *counts;
	struct mt_mmap_lock_by_holder_key key = *holder;
	u32 kind = key.kind;

	counts = keyed__get(mmap_lock_by_holder, &key);
	if (!counts && kind < MT_NR_HOLDERS) {
		__builtin_memset(key.comm, 0, sizeof(key.comm));
		counts = keyed__other(mmap_lock_by_holder, &key, kind);
	}
	if (!counts)
		return;
	__sync_fetch_and_add(&counts->ns, ns);
	keyed__count(&counts->head);
}

/* Waits for a lock are not nested (kernel/locking/lockdep.c has no such event inside of another one of a task). */
SEC("tp_btf/contention_end")
int BPF_PROG(lock_end, void *lock)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct mm_struct___locked *mm = (void *)BPF_CORE_READ(task, mm);
	struct mt_state *s;
	u64 ns;

	if (!mm || (u64)lock != (u64)mm + bpf_core_field_offset(mm->mmap_lock))
		return 0;
	s = state__counting(false);
	if (!s || !state__stalled(s)->lock_ns)
		return 0;
	ns = stall_now() - state__stalled(s)->lock_ns;
	state__stalled(s)->lock_ns = 0;
	if (is_over())
		return 0;
	count_wait(s, MT_SLOT_stall_mmap_lock_count, ns);
	count_by_holder(&state__stalled(s)->holder, ns);
	return 0;
}

SEC("fentry/filemap_fault")
int BPF_PROG(file_fault_begin)
{
	struct mt_state *s = state__current();

	if (!s || !s->match)
		return 0;
	state__stalled(s)->fault_stalled_ns = 0;
	state__stalled(s)->file_fault_ns = bpf_ktime_get_boot_ns();
	return 0;
}

/* A major fault: it waited for the file to be read.  Stalls within it are PSI's. */
SEC("fexit/filemap_fault")
int BPF_PROG(file_fault_end, struct vm_fault *vmf, unsigned int result)
{
	struct mt_state *s = state__counting(false);
	u64 begin_ns, ns;

	if (!s)
		return 0;
	begin_ns = state__stalled(s)->file_fault_ns;
	state__stalled(s)->file_fault_ns = 0;
	if (!begin_ns || !(result & RESULT_MAJOR) || is_over())
		return 0;
	ns = stall_now() - begin_ns;
	if (ns > state__stalled(s)->fault_stalled_ns)
		count_wait(s, MT_SLOT_stall_file_fault_count, ns - state__stalled(s)->fault_stalled_ns);
	return 0;
}

SEC("fentry/mem_cgroup_out_of_memory")
int BPF_PROG(oom_wait_begin)
{
	struct mt_state *s = state__current();

	if (s && s->match)
		state__stalled(s)->oom_ns = bpf_ktime_get_boot_ns();
	return 0;
}

/* It has the lock, or gives up. */
static __always_inline int oom_wait_end(void)
{
	struct mt_state *s = state__current();
	u64 begin_ns = s ? state__stalled(s)->oom_ns : 0;

	if (!begin_ns)
		return 0;
	state__stalled(s)->oom_ns = 0;
	if (s->match && !is_over())
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_oom_wait_ns, bpf_ktime_get_boot_ns() - begin_ns);
	return 0;
}

SEC("fentry/out_of_memory")
int BPF_PROG(oom_wait_over)
{
	return oom_wait_end();
}

SEC("fexit/mem_cgroup_out_of_memory")
int BPF_PROG(oom_wait_given_up)
{
	return oom_wait_end();
}

#endif
