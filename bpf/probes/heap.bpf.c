// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that programs get from their allocator and have not given back.  Each of its functions has a program at its
 * begin, which keeps what was asked for, and one at its end, which knows the address.  Where functions of an allocator
 * call each other, the outermost one counts.
 */
#include "core/prelude.h"
#include "core/compat/call.h"
#include "core/every.h"
#include "core/state.h"
#include "heap_mapped.h"
#include "heap_objects.h"
#include "heap_probes.h"

char LICENSE[] SEC("license") = "GPL";

/* The thread's call, if it still goes on and the one that begins now is a part of it. */
static __always_inline struct mt_heap_call *surrounding(u64 thread, u64 sp)
{
	struct mt_heap_call *call = bpf_map_lookup_elem(&heap_calls, &thread);

	return call && sp < call->sp && call__is_awaited(call->sp) ? call : NULL;
}

/*
 * A call that began before has not ended.  At the same place of the stack, it has jumped to the one that begins now,
 * which ends for both; else longjmp() has left it.
 */
static __always_inline void replace(struct mt_heap_call *now, const struct mt_heap_call *before)
{
	bool jumped = now->sp == before->sp && call__is_awaited(now->sp);

	if (!jumped)
		heap__count(missed);
	if (now->sp != before->sp || now->kind != MT_HEAP_MOVES || !before->moves || now->address != before->address)
		return;
	now->old = before->old;
	now->moves = 1;
}

/* Until the call ends, its older object is in no map: another thread may be given that address before. */
static __always_inline int begin(struct pt_regs *ctx, enum mt_heap_kind kind, u64 bytes, u64 address)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct mt_heap_call call = { .sp = PT_REGS_SP(ctx), .bytes = bytes, .address = address, .kind = kind };
	const struct mt_heap_call *before;

	if (!heap__is_traced() || surrounding(thread, call.sp))
		return 0;
	before = bpf_map_lookup_elem(&heap_calls, &thread);
	if (before)
		replace(&call, before);
	if (kind == MT_HEAP_MOVES && address && !call.moves)
		call.moves = heap__take(address, &call.old);
	if (bpf_map_update_elem(&heap_calls, &thread, &call, BPF_ANY))
		heap__count(missed);
	return 0;
}

/* The address of what was allocated; 0: nothing was. */
static __always_inline u64 result_of(struct pt_regs *ctx, const struct mt_heap_call *call)
{
	u64 result = PT_REGS_RC(ctx), address = 0;

	if (call->kind != MT_HEAP_STORES)
		return result;
	if ((u32)result)
		return 0;
	bpf_probe_read_user(&address, sizeof(address), (void *)call->address);
	return address;
}

/* What realloc() could not do leaves the older object as it was; with a size of 0 it has freed that. */
static __always_inline void put_back(const struct mt_heap_call *call)
{
	if (call->bytes)
		heap__count(failed);
	if (!call->moves)
		return;
	if (call->bytes)
		heap__put_object(call->address, &call->old);
	else
		heap__count(freed);
}

SEC("uretprobe")
int heap_end(struct pt_regs *ctx)
{
	u64 thread = bpf_get_current_pid_tgid(), address;
	struct mt_heap_call *known = bpf_map_lookup_elem(&heap_calls, &thread), call;

	if (!known || !call__ends(known->sp, PT_REGS_SP(ctx)))
		return 0;
	call = *known;
	bpf_map_delete_elem(&heap_calls, &thread);
	address = result_of(ctx, &call);
	if (!address) {
		put_back(&call);
		return 0;
	}
	if (call.moves)
		heap__count(freed);
	if (every__is_sampled(address >> HEAP_GRAIN)) {
		heap__count(allocated);
		heap__put(ctx, address, call.bytes);
	}
	return 0;
}

SEC("uprobe")
int heap_first(struct pt_regs *ctx)
{
	return begin(ctx, MT_HEAP_RETURNS, PT_REGS_PARM1(ctx), 0);
}

SEC("uprobe")
int heap_second(struct pt_regs *ctx)
{
	return begin(ctx, MT_HEAP_RETURNS, PT_REGS_PARM2(ctx), 0);
}

SEC("uprobe")
int heap_product(struct pt_regs *ctx)
{
	return begin(ctx, MT_HEAP_RETURNS, PT_REGS_PARM1(ctx) * PT_REGS_PARM2(ctx), 0);
}

SEC("uprobe")
int heap_move(struct pt_regs *ctx)
{
	return begin(ctx, MT_HEAP_MOVES, PT_REGS_PARM2(ctx), PT_REGS_PARM1(ctx));
}

SEC("uprobe")
int heap_move_product(struct pt_regs *ctx)
{
	return begin(ctx, MT_HEAP_MOVES, PT_REGS_PARM2(ctx) * PT_REGS_PARM3(ctx), PT_REGS_PARM1(ctx));
}

SEC("uprobe")
int heap_store(struct pt_regs *ctx)
{
	return begin(ctx, MT_HEAP_STORES, PT_REGS_PARM3(ctx), PT_REGS_PARM1(ctx));
}

/* Before it is freed: from then on another thread may be given the address. */
SEC("uprobe")
int heap_free(struct pt_regs *ctx)
{
	u64 address = PT_REGS_PARM1(ctx);
	struct mt_heap_object object;

	if (!address || !heap__is_traced() || surrounding(bpf_get_current_pid_tgid(), PT_REGS_SP(ctx)))
		return 0;
	if (heap__take(address, &object))
		heap__count(freed);
	return 0;
}

/*
 * Probes that a program brings itself: otel_memory:alloc(address, size, weight), for objects that it samples, and
 * otel_memory:free(address), for those of them that are freed.  weight: how many bytes the object stands for.
 */
SEC("uprobe")
int heap_sampled(struct pt_regs *ctx)
{
	u64 address = heap__argument(ctx, 0), weight = heap__argument(ctx, 2);

	if (!address || !heap__is_traced() || !every__is_sampled(address >> HEAP_GRAIN))
		return 0;
	heap__count(allocated);
	heap__put(ctx, address, weight);
	return 0;
}

SEC("uprobe")
int heap_unsampled(struct pt_regs *ctx)
{
	u64 address = heap__argument(ctx, 0);
	struct mt_heap_object object;

	if (address && heap__is_traced() && heap__take(address, &object))
		heap__count(freed);
	return 0;
}

/* All of the process's memory is gone; what it allocates from now on belongs to another life. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(heap_exec, struct task_struct *task)
{
	u32 pid = BPF_CORE_READ(task, tgid);
	struct mt_heap_process *process = bpf_map_lookup_elem(&heap_processes, &pid);

	if (!process || process->state != MT_HEAP_LIVES)
		return 0;
	process->state = MT_HEAP_REPLACED;
	heap__count(dropped);
	heap__tell_end(MT_HEAP_EXEC);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(heap_exit, struct task_struct *task)
{
	u64 thread = (u64)BPF_CORE_READ(task, tgid) << 32 | BPF_CORE_READ(task, pid);
	u32 pid = thread >> 32;
	struct mt_heap_process *process = bpf_map_lookup_elem(&heap_processes, &pid);

	if (!process)
		return 0;
	if (bpf_map_lookup_elem(&heap_calls, &thread))
		bpf_map_delete_elem(&heap_calls, &thread);
	if (BPF_CORE_READ(task, signal, live.counter) || process->state != MT_HEAP_LIVES)
		return 0;
	process->ended_ns = bpf_ktime_get_boot_ns();
	process->state = MT_HEAP_ENDED;
	heap__tell_end(MT_HEAP_EXIT);
	return 0;
}

/* Where an allocator moves the break, too, that is where it is then. */
SEC("tp_btf/sys_exit")
int BPF_PROG(heap_mapped, struct pt_regs *regs, long result)
{
	s64 number = syscall__number(regs);
	struct heap_change change = {};
	struct mt_state *s;
	bool own;

	if (number != NR_MMAP && number != NR_MUNMAP && number != NR_BRK && number != NR_MREMAP)
		return 0;
	if (syscall__failed(result) || !probe_wants_every(MT_PROBE_heap))
		return 0;
	s = state__counting(false);
	if (!s)
		return 0;
	own = !surrounding(bpf_get_current_pid_tgid(), PT_REGS_SP_CORE(regs));
	if (heap__read_change(regs, number, result, own, &change) && own)
		heap__tell_change(ctx, s, &change);
	return 0;
}
