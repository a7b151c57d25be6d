// SPDX-License-Identifier: GPL-2.0
/*
 * Minor faults one by one: how long each took, what it was on, and what the kernel did.  Faults that the kernel takes
 * without an exception (get_user_pages) have no record.
 */
#include "core/prelude.h"
#include "core/compat/fault.h"
#include "core/emit.h"
#include "core/every.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* A fault begins: at its exception, or, where that has no tracepoint, when its handling begins. */
static __always_inline void begin(void *ctx, u64 address, u16 code, bool kernel)
{
	struct mt_state *s = state__current();

	if (!s || !s->match || s->walking)
		return;
	s->minor_ns = bpf_ktime_get_boot_ns();
	s->minor_address = address;
	s->minor_code = code;
	s->minor_marks = kernel ? MT_MINOR_KERNEL : 0;
	s->minor_stack = MT_UNKNOWN_S32;
	if (kernel && every__is_sampled(address / cfg.page_size))
		s->minor_stack = every__kernel_stack(ctx);
}

#define NO_CODE ((u16)MT_UNKNOWN_U64)

#define BEGIN(mode, kernel)                                                                                            \
	SEC("tp_btf/page_fault_" #mode)                                                                                \
	int BPF_PROG(mode##_btf, unsigned long address, struct pt_regs *regs, unsigned long error_code)                \
	{                                                                                                              \
		begin(ctx, address, error_code, kernel);                                                               \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC("raw_tp/page_fault_" #mode)                                                                                \
	int BPF_PROG(mode##_raw, unsigned long address, struct pt_regs *regs, unsigned long error_code)                \
	{                                                                                                              \
		begin(ctx, address, error_code, kernel);                                                               \
		return 0;                                                                                              \
	}

#define BEGIN_TP(name, mode, kernel, context)                                                                          \
	SEC("tp/exceptions/page_fault_" #mode)                                                                         \
	int name(struct context *ctx)                                                                                  \
	{                                                                                                              \
		begin(ctx, ctx->address, ctx->error_code, kernel);                                                     \
		return TP_PASS_ON;                                                                                     \
	}

BEGIN(user, false)
BEGIN(kernel, true)
BEGIN_TP(user_tp, user, false, trace_event_raw_exceptions)
BEGIN_TP(kernel_tp, kernel, true, trace_event_raw_exceptions)
BEGIN_TP(user_tp_x86, user, false, trace_event_raw_x86_exceptions)
BEGIN_TP(kernel_tp_x86, kernel, true, trace_event_raw_x86_exceptions)

/*
 * A fault that has to be handled again (VM_FAULT_RETRY) keeps its first start; what an earlier fault left was cleared
 * at its end.
 */
static __always_inline int begin_handling(void *ctx, u64 address, unsigned int flags, struct pt_regs *regs, bool kernel)
{
	struct mt_state *s;

	if (!regs || flags & FLAG_TRIED || !(flags & FLAG_USER) != kernel)
		return 0;
	s = state__current();
	if (s && s->minor_ns && s->minor_address == address)
		return 0;
	begin(ctx, address, NO_CODE, kernel);
	return 0;
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(user_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs)
{
	return begin_handling(ctx, address, flags, regs, false);
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(kernel_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs)
{
	return begin_handling(ctx, address, flags, regs, true);
}

/* The task's fault that is being handled turns out to be of that kind. */
static __always_inline void mark(enum mt_minor_kind kind)
{
	struct mt_state *s = state__current();

	if (s && s->minor_ns)
		s->minor_marks |= 1U << kind;
}

/* Also called for pages under migration: those faults are on anonymous memory too. */
SEC("fentry/do_swap_page")
int BPF_PROG(swap_begin)
{
	mark(MT_MINOR_SWAP);
	return 0;
}

/* Of small and of huge pages; the kernel has then moved the page, or not. */
SEC("fentry/task_numa_fault")
int BPF_PROG(numa)
{
	mark(MT_MINOR_NUMA);
	return 0;
}

/* Whether a huge page was given; the huge zero page is told by its being read. */
SEC("fexit/do_huge_pmd_anonymous_page")
int BPF_PROG(huge_end, struct vm_fault *vmf, unsigned int result)
{
	if (!(result & (RESULT_RETRY | RESULT_ERROR)))
		mark(MT_MINOR_HUGE);
	return 0;
}

/*
 * A write to a page that is there has copied it if another one stands in the page table now.  The page that was there
 * is the zero page if nobody owns it.
 */
SEC("fexit/do_wp_page")
int BPF_PROG(write_end, struct vm_fault *vmf, unsigned int result)
{
	u64 before = BPF_CORE_READ(vmf, orig_pte.pte), now = 0;

	if (result & (RESULT_RETRY | RESULT_ERROR))
		return 0;
	if (bpf_probe_read_kernel(&now, sizeof(now), BPF_CORE_READ(vmf, pte)))
		return 0;
	if (!((before ^ now) & ENTRY_PAGE))
		mark(MT_MINOR_REUSED);
	else
		mark(before & ENTRY_SPECIAL ? MT_MINOR_ZERO_WRITTEN : MT_MINOR_COPIED);
	return 0;
}

/* A huge page is not copied: the kernel makes small ones of it (a fall-back), which do_wp_page() copies; but the huge
 * zero page is replaced (from 6.13 on). */
SEC("fexit/do_huge_pmd_wp_page")
int BPF_PROG(huge_write_end, struct vm_fault *vmf, unsigned int result)
{
	u64 before = BPF_CORE_READ(vmf, orig_pmd.pmd), now = 0;

	if (result & (RESULT_RETRY | RESULT_ERROR))
		return 0;
	if (bpf_probe_read_kernel(&now, sizeof(now), BPF_CORE_READ(vmf, pmd)))
		return 0;
	mark((before ^ now) & ENTRY_PAGE ? MT_MINOR_HUGE : MT_MINOR_REUSED);
	return 0;
}

/*
 * A file's page is about to be mapped: of a private mapping that is written to, a copy of it.  The mapping may be gone
 * when such a fault ends (VM_FAULT_COMPLETED).
 */
SEC("fentry/finish_fault")
int BPF_PROG(file_mapped, struct vm_fault *vmf)
{
	struct file *file = BPF_CORE_READ(vmf, vma, vm_file);

	if (BPF_CORE_READ(vmf, cow_page))
		mark(MT_MINOR_COPIED);
	if (file)
		mark(backing_of(BPF_CORE_READ(file, f_inode)) == MT_BACKING_SHMEM ? MT_MINOR_SHMEM : MT_MINOR_FILE);
	return 0;
}

static __always_inline void emit(void *ctx, struct mt_state *s, u64 address, s32 backing, s32 kind)
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
	rec = every__reserve_chained(s, MT_REC_minor, struct mt_minor);
	if (!rec)
		return;
	rec->address = address;
	rec->duration_ns = now_ns - begin_ns;
	rec->backing = backing;
	rec->kind = kind;
	rec->error_code = s->minor_code == NO_CODE ? (u32)MT_UNKNOWN_U64 : s->minor_code;
	rec->kernel = (s->minor_marks & MT_MINOR_KERNEL) != 0;
	rec->kernel_stack = s->minor_stack;
	/* as in the probe fault, none in kernel mode */
	rec->user_stack = every__user_stack(ctx, s, !rec->kernel, rec + 1);
	bpf_ringbuf_submit(rec, every__wake(s, rec->hdr.time_ns, rec->user_stack));
}

/* After VM_FAULT_COMPLETED the mapping was released, and may have been reused. */
static __always_inline s32 backing_of_fault(const struct mt_state *s, struct vm_area_struct *vma, unsigned int result)
{
	struct file *file;

	if (s->minor_marks & 1U << MT_MINOR_SHMEM)
		return MT_BACKING_SHMEM;
	if (s->minor_marks & 1U << MT_MINOR_FILE)
		return MT_BACKING_FILE;
	if (s->minor_marks & 1U << MT_MINOR_SWAP)
		return MT_BACKING_SWAP;
	if (result & RESULT_COMPLETED)
		return MT_UNKNOWN_S32;
	file = BPF_CORE_READ(vma, vm_file);
	return backing_but_swap(file ? backing_of(BPF_CORE_READ(file, f_inode)) : MT_BACKING_ANON);
}

/* Where no page was, by what the mapping is of. */
static __always_inline s32 kind_of_backing(s32 backing, bool write)
{
	switch (backing) {
	case MT_BACKING_ANON:
		return write ? MT_MINOR_FIRST_TOUCH : MT_MINOR_ZERO_PAGE;
	case MT_BACKING_FILE:
		return MT_MINOR_FILE;
	case MT_BACKING_SHMEM:
		return MT_MINOR_SHMEM;
	default:
		return MT_UNKNOWN_S32;
	}
}

/*
 * What functions have told comes first.  Without the one that tells of writes to pages that are there, such a write is
 * known by the error code, if there is one, and what it did is not.
 */
static __always_inline s32 kind_of_fault(const struct mt_state *s, unsigned int flags, s32 backing)
{
	u32 marks = s->minor_marks, code = s->minor_code;
	s32 kind;

	if (backing == MT_BACKING_HUGETLB)
		return MT_MINOR_HUGETLB;
	if (marks & 1U << MT_MINOR_HUGE)
		return flags & FLAG_WRITE ? MT_MINOR_HUGE : MT_MINOR_ZERO_PAGE;
#pragma unroll
	for (kind = 0; kind < MT_NR_MARKED_MINORS; kind++)
		if (marks & 1U << kind)
			return kind;
	/* without a code all of its bits are set */
	if (!cfg.tells_writes && code & PF_PRESENT)
		return MT_UNKNOWN_S32;
	return code != NO_CODE && code & PF_PRESENT ? MT_MINOR_OTHER : kind_of_backing(backing, flags & FLAG_WRITE);
}

/* Minor and major are told apart as in mm_account_fault() (mm/memory.c). */
SEC("fexit/handle_mm_fault")
int BPF_PROG(end_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs,
	     unsigned int result)
{
	struct mt_state *s;
	s32 backing;

	if (!regs || result & RESULT_RETRY)
		return 0;
	s = state__current();
	if (!s)
		return 0;
	if (result & (RESULT_ERROR | RESULT_MAJOR) || flags & FLAG_TRIED) {
		s->minor_ns = 0;
		return 0;
	}
	backing = backing_of_fault(s, vma, result);
	emit(ctx, s, address, backing, kind_of_fault(s, flags, backing));
	return 0;
}

/* The software event comes at a fault's end, in the same task, for faults that began as an exception. */
SEC("perf_event")
int end_perf(struct bpf_perf_event_data *ctx)
{
	struct mt_state *s = state__current();

	if (s)
		emit(ctx, s, ctx->addr, MT_UNKNOWN_S32, MT_UNKNOWN_S32);
	return 0;
}
