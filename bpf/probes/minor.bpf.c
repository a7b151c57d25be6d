// SPDX-License-Identifier: GPL-2.0
/*
 * Minor faults one by one: how long each took, and what it was on.  Faults that the kernel takes without an exception
 * (get_user_pages) have no record.
 */
#include "core/prelude.h"
#include "core/compat/fault.h"
#include "core/emit.h"
#include "core/every.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* A fault begins: at its exception, or, where that has no tracepoint, when its handling begins. */
static __always_inline void begin(u64 address)
{
	struct mt_state *s = state__current();

	if (!s || !s->match || s->walking)
		return;
	s->minor_ns = bpf_ktime_get_boot_ns();
	s->minor_address = address;
	s->minor_swapped = 0;
}

#define BEGIN(mode)                                                                                                    \
	SEC("tp_btf/page_fault_" #mode)                                                                                \
	int BPF_PROG(mode##_btf, unsigned long address)                                                                \
	{                                                                                                              \
		begin(address);                                                                                        \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC("raw_tp/page_fault_" #mode)                                                                                \
	int BPF_PROG(mode##_raw, unsigned long address)                                                                \
	{                                                                                                              \
		begin(address);                                                                                        \
		return 0;                                                                                              \
	}

#define BEGIN_TP(name, mode, context)                                                                                  \
	SEC("tp/exceptions/page_fault_" #mode)                                                                         \
	int name(struct context *ctx)                                                                                  \
	{                                                                                                              \
		begin(ctx->address);                                                                                   \
		return TP_PASS_ON;                                                                                     \
	}

BEGIN(user)
BEGIN(kernel)
BEGIN_TP(user_tp, user, trace_event_raw_exceptions)
BEGIN_TP(kernel_tp, kernel, trace_event_raw_exceptions)
BEGIN_TP(user_tp_x86, user, trace_event_raw_x86_exceptions)
BEGIN_TP(kernel_tp_x86, kernel, trace_event_raw_x86_exceptions)

/*
 * A fault that has to be handled again (VM_FAULT_RETRY) keeps its first start; what an earlier fault left was cleared
 * at its end.
 */
static __always_inline int begin_handling(u64 address, unsigned int flags, struct pt_regs *regs, bool kernel)
{
	struct mt_state *s;

	if (!regs || flags & FLAG_TRIED || !(flags & FLAG_USER) != kernel)
		return 0;
	s = state__current();
	if (s && s->minor_ns && s->minor_address == address)
		return 0;
	begin(address);
	return 0;
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(user_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs)
{
	return begin_handling(address, flags, regs, false);
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(kernel_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs)
{
	return begin_handling(address, flags, regs, true);
}

/* Also called for pages under migration: those faults are on anonymous memory too. */
SEC("fentry/do_swap_page")
int BPF_PROG(swap_begin)
{
	struct mt_state *s = state__current();

	if (s)
		s->minor_swapped = 1;
	return 0;
}

static __always_inline void emit(struct mt_state *s, u64 address, s32 backing)
{
	u64 begin_ns = s->minor_ns, now_ns;
	struct mt_minor *rec;

	s->minor_ns = 0;
	/* attached in the middle of it, or not the fault that the exception began */
	if (!begin_ns || (s->minor_address ^ address) / cfg.page_size)
		return;
	now_ns = bpf_ktime_get_boot_ns();
	if (!state__counting(false) || !every__is_sampled(address / cfg.page_size))
		return;
	rec = every__reserve(s, MT_REC_minor, struct mt_minor);
	if (!rec)
		return;
	rec->address = address;
	rec->duration_ns = now_ns - begin_ns;
	rec->backing = backing;
	rec->pad = 0;
	bpf_ringbuf_submit(rec, every__wake(s, rec->hdr.time_ns));
}

/* After VM_FAULT_COMPLETED the mapping was released, and may have been reused. */
static __always_inline s32 backing_of_fault(const struct mt_state *s, struct vm_area_struct *vma, unsigned int result)
{
	struct file *file;

	if (s->minor_swapped)
		return MT_BACKING_SWAP;
	if (result & RESULT_COMPLETED)
		return MT_UNKNOWN_S32;
	file = BPF_CORE_READ(vma, vm_file);
	return backing_but_swap(file ? backing_of(BPF_CORE_READ(file, f_inode)) : MT_BACKING_ANON);
}

/* Minor and major are told apart as in mm_account_fault() (mm/memory.c). */
SEC("fexit/handle_mm_fault")
int BPF_PROG(end_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs,
	     unsigned int result)
{
	struct mt_state *s;

	if (!regs || result & RESULT_RETRY)
		return 0;
	s = state__current();
	if (!s)
		return 0;
	if (result & (RESULT_ERROR | RESULT_MAJOR) || flags & FLAG_TRIED)
		s->minor_ns = 0;
	else
		emit(s, address, backing_of_fault(s, vma, result));
	return 0;
}

/* The software event comes at a fault's end, in the same task, for faults that began as an exception. */
SEC("perf_event")
int end_perf(struct bpf_perf_event_data *ctx)
{
	struct mt_state *s = state__current();

	if (s)
		emit(s, ctx->addr, MT_UNKNOWN_S32);
	return 0;
}
