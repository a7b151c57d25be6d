// SPDX-License-Identifier: GPL-2.0
/*
 * Memory and threads that were refused without a kill: calls that failed with ENOMEM or EAGAIN, and allocations of
 * pages that failed.  Which limit a call has hit, the kernel does not say; the limits as they are right after the call
 * do.
 */
#include "core/prelude.h"
#include "core/compat/gfp.h"
#include "core/compat/pids.h"
#include "core/compat/rlimit.h"
#include "core/compat/syscall.h"
#include "core/emit.h"
#include "core/identity.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* include/uapi/asm-generic/mman-common.h, errno-base.h: alike on all architectures here */
enum { PROTECT_WRITE = 2, MAPPED_PRIVATE = 2 };
enum { AGAIN = 11, NO_MEMORY = 12 };

struct call {
	u32 call;
	u64 bytes;
	bool data; /* private memory that can be written to: RLIMIT_DATA counts it */
};

static __always_inline bool is_clone(s64 number)
{
	return number == NR_CLONE || number == NR_CLONE3 || number == NR_FORK || number == NR_VFORK;
}

static __always_inline bool read_call(const struct pt_regs *regs, s64 number, s64 result, struct call *call)
{
	u64 first = syscall__first(regs), second = syscall__second(regs), third = syscall__third(regs);

	call->bytes = second;
	call->data = false;
	if (number == NR_MMAP) {
		call->call = MT_DENIED_MMAP;
		call->data = third & PROTECT_WRITE && syscall__fourth(regs) & MAPPED_PRIVATE;
	} else if (number == NR_BRK) {
		/* it returns the break as it is: a failure is one below what was asked for */
		if (!first || (u64)result >= first)
			return false;
		call->call = MT_DENIED_BRK;
		call->bytes = first - result;
		call->data = true;
	} else if (number == NR_MREMAP) {
		call->call = MT_DENIED_MREMAP;
		call->bytes = third > second ? third - second : 0;
		call->data = true;
	} else if (number == NR_MPROTECT) {
		call->call = MT_DENIED_MPROTECT;
		call->data = third & PROTECT_WRITE;
	} else if (number == NR_MLOCK_CALL) {
		call->call = MT_DENIED_MLOCK;
	} else if (is_clone(number)) {
		call->call = MT_DENIED_CLONE;
		call->bytes = MT_UNKNOWN_U64;
	} else {
		return false;
	}
	return true;
}

static __always_inline void blame(struct mt_denied *rec, enum mt_denied_reason reason, u64 limit)
{
	rec->reason = reason;
	rec->limit = limit;
}

static __always_inline void blame_thread(struct mt_denied *rec, struct task_struct *task)
{
	s64 pids = pids__limit_hit(task);

	if (pids >= 0)
		blame(rec, MT_DENIED_PIDS_MAX, pids);
	else if (rec->error)
		blame(rec, MT_DENIED_RLIMIT_NPROC, limit_of(task, LIMIT_NPROC));
	else
		blame(rec, MT_DENIED_NO_MEMORY, MT_UNKNOWN_U64);
}

/* may_expand_vm(), mlock_future_ok() and do_mmap() of mm/mmap.c compare in this way. */
static __always_inline void blame_memory(struct mt_denied *rec, const struct call *call, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	u64 space = limit_of(task, LIMIT_AS), data = limit_of(task, LIMIT_DATA), locked = limit_of(task, LIMIT_MEMLOCK);
	u64 more = call->call == MT_DENIED_MPROTECT ? 0 : call->bytes;
	u32 mappings = BPF_CORE_READ(mm, map_count);

	if (rec->error ||
	    (call->call == MT_DENIED_MLOCK && BPF_CORE_READ(mm, locked_vm) * cfg.page_size + call->bytes > locked))
		blame(rec, MT_DENIED_RLIMIT_MEMLOCK, locked);
	else if (call->call != MT_DENIED_MLOCK && rec->total_vm_bytes + more > space)
		blame(rec, MT_DENIED_RLIMIT_AS, space);
	else if (call->data && BPF_CORE_READ(mm, data_vm) * cfg.page_size + call->bytes > data)
		blame(rec, MT_DENIED_RLIMIT_DATA, data);
	else if (cfg.max_map_count && mappings >= cfg.max_map_count)
		blame(rec, MT_DENIED_MAP_COUNT, cfg.max_map_count);
	else
		blame(rec, MT_DENIED_OVERCOMMIT, MT_UNKNOWN_U64);
}

static __always_inline void tell(const struct call *call, bool again)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct mt_denied *rec;

	if (!mm)
		return;
	rec = rare__reserve(&ring_rare, MT_RING_RARE, MT_REC_denied, struct mt_denied);
	if (!rec)
		return;
	who__read_current(&rec->who);
	rec->call = call->call;
	rec->error = again;
	rec->pad = 0;
	rec->bytes = call->bytes;
	rec->total_vm_bytes = BPF_CORE_READ(mm, total_vm) * cfg.page_size;
	if (call->call == MT_DENIED_CLONE)
		blame_thread(rec, task);
	else
		blame_memory(rec, call, task);
	bpf_ringbuf_submit(rec, 0);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(denied, struct pt_regs *regs, long result)
{
	struct mt_state *s;
	struct call call;
	s64 number;

	number = syscall__number(regs);
	if (result != -NO_MEMORY && result != -AGAIN && number != NR_BRK)
		return 0;
	if (!read_call(regs, number, result, &call))
		return 0;
	s = state__counting(false);
	if (s)
		state__counters(s, MT_PROBE_denied)[MT_SLOT_denied_count]++;
	if (s || !cfg.filter)
		tell(&call, result == -AGAIN);
	return 0;
}

/*
 * Of those that failed, the ones for which the kernel prints "page allocation failure" (mm/page_alloc.c, warn_alloc()):
 * others are tried, and have something else to fall back to.
 */
static __always_inline int alloc_failed(u32 order, u64 gfp, int migratetype)
{
	struct mt_alloc_failed *rec;
	struct mt_state *s;

	if (gfp & GFP_BIT(NOWARN))
		return 0;
	s = state__current();
	if (cfg.filter && !(s && s->match))
		return 0;
	rec = rare__reserve(&ring_rare, MT_RING_RARE, MT_REC_alloc_failed, struct mt_alloc_failed);
	if (!rec)
		return 0;
	__builtin_memset(&rec->who, 0, sizeof(rec->who));
	if (gfp & GFP_BIT(DIRECT_RECLAIM))
		who__read_current(&rec->who);
	rec->gfp_flags = gfp;
	rec->order = order;
	rec->migratetype = migratetype;
	bpf_ringbuf_submit(rec, 0);
	return 0;
}

SEC("tp_btf/mm_page_alloc")
int BPF_PROG(failed_btf, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	return page ? 0 : alloc_failed(order, gfp, migratetype);
}

SEC("raw_tp/mm_page_alloc")
int BPF_PROG(failed_raw, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	return page ? 0 : alloc_failed(order, gfp, migratetype);
}
