// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults: exceptions by mode and cause, and on request the latency of
 * major ones.  Minor and major themselves need no hook: the core reads them.
 */
#include "core/prelude.h"
#include "core/compat/fault.h"
#include "core/emit.h"
#include "core/every.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* The kernel's call chain to its tracepoint of programs' exceptions, plus one; 0: not known yet. */
static u32 entry_stack;

/* entry: the exception has just been taken. */
static __always_inline void emit_fault(void *ctx, struct mt_state *s, u64 address, u64 ip, u64 error_code, bool kernel,
				       bool entry)
{
	struct mt_fault *rec;

	if (!every__is_sampled(address / cfg.page_size))
		return;
	rec = every__reserve_chained(s, MT_REC_fault, struct mt_fault);
	if (!rec)
		return;
	rec->address = address;
	rec->ip = ip;
	rec->error_code = error_code;
	rec->kernel = kernel;
	rec->kernel_stack = entry && !kernel ? every__same_kernel_stack(ctx, &entry_stack) : every__kernel_stack(ctx);
	/*
	 * In kernel mode the user stack is not read.  Reading it may raise an exception; this program is already
	 * running, so it would be skipped for that exception, and that would count as a loss.
	 */
	rec->user_stack = every__user_stack(ctx, s, !kernel, rec + 1);
	bpf_ringbuf_submit(rec, every__wake(s, rec->hdr.time_ns, rec->user_stack));
}

/* The cause of a fault, as the hook reports it. */
struct cause {
	bool write, exec, write_present;
	u32 error_code; /* all bits set: unknown */
};

#define CAUSE(code)                                                                                                    \
	((struct cause){ .write = (code)&PF_WRITE,                                                                     \
			 .exec = (code)&PF_INSTR,                                                                      \
			 .write_present = ((code) & (PF_PRESENT | PF_WRITE)) == (PF_PRESENT | PF_WRITE),               \
			 .error_code = (code) })

static __always_inline void count_cause(struct mt_state *s, const struct cause *cause, bool kernel)
{
	u64 *c = state__counters(s, MT_PROBE_fault);

	c[kernel ? MT_SLOT_fault_kernel : MT_SLOT_fault_user]++;
	if (cause->write)
		c[MT_SLOT_fault_write]++;
	if (cause->exec)
		c[MT_SLOT_fault_exec]++;
	if (cause->write_present && !kernel)
		c[MT_SLOT_fault_write_present]++;
}

/* ip is an expression: it is evaluated only when a record needs it.  begins: the fault has not been handled yet. */
#define count_fault(address, ip, why, kernel_mode, begins)                                                             \
	({                                                                                                             \
		struct mt_state *s = state__counting(!(kernel_mode));                                                  \
		struct cause cause = why;                                                                              \
		if (s && !(kernel_mode && s->walking)) {                                                               \
			count_cause(s, &cause, kernel_mode);                                                           \
			if (begins && probe_wants_latency(MT_PROBE_fault)) {                                           \
				s->fault_ns = bpf_ktime_get_boot_ns();                                                 \
				s->fault_address = (address);                                                          \
			}                                                                                              \
			if (probe_wants_every(MT_PROBE_fault))                                                         \
				emit_fault(ctx, s, address, ip, cause.error_code, kernel_mode, begins);                \
		}                                                                                                      \
		0;                                                                                                     \
	})

SEC("tp_btf/page_fault_user")
int BPF_PROG(user_btf, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), CAUSE(error_code), false, true);
}

SEC("tp_btf/page_fault_kernel")
int BPF_PROG(kernel_btf, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), CAUSE(error_code), true, true);
}

SEC("raw_tp/page_fault_user")
int BPF_PROG(user_raw, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), CAUSE(error_code), false, true);
}

SEC("raw_tp/page_fault_kernel")
int BPF_PROG(kernel_raw, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), CAUSE(error_code), true, true);
}

#define FAULT_TP(name, mode, kernel_mode, context)                                                                     \
	SEC("tp/exceptions/page_fault_" #mode)                                                                         \
	int name(struct context *ctx)                                                                                  \
	{                                                                                                              \
		count_fault(ctx->address, ctx->ip, CAUSE(ctx->error_code), kernel_mode, true);                         \
		return TP_PASS_ON;                                                                                     \
	}

FAULT_TP(user_tp, user, false, trace_event_raw_exceptions)
FAULT_TP(kernel_tp, kernel, true, trace_event_raw_exceptions)
FAULT_TP(user_tp_x86, user, false, trace_event_raw_x86_exceptions)
FAULT_TP(kernel_tp_x86, kernel, true, trace_event_raw_x86_exceptions)

/*
 * For kernels without a tracepoint for the exception (arm64): the function that handles a fault, at its end, when it
 * is known that the fault is not retried.  Faults that the kernel takes on other tasks' memory have no registers and
 * are no exceptions.  A fault on an unmapped address does not reach this function.
 */
static __always_inline bool is_taken(unsigned int flags, struct pt_regs *regs, unsigned int result, bool kernel)
{
	return regs && !(result & RESULT_RETRY) && !(flags & FLAG_USER) == kernel;
}

#define CAUSE_OF_FLAGS(flags)                                                                                          \
	((struct cause){                                                                                               \
		.write = (flags)&FLAG_WRITE, .exec = (flags)&FLAG_INSTRUCTION, .error_code = (u32)MT_UNKNOWN_U64 })

SEC("fexit/handle_mm_fault")
int BPF_PROG(user_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs,
	     unsigned int result)
{
	if (!is_taken(flags, regs, result, false))
		return 0;
	return count_fault(address, PT_REGS_IP_CORE(regs), CAUSE_OF_FLAGS(flags), false, false);
}

SEC("fexit/handle_mm_fault")
int BPF_PROG(kernel_mm, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs,
	     unsigned int result)
{
	if (!is_taken(flags, regs, result, true))
		return 0;
	return count_fault(address, PT_REGS_IP_CORE(regs), CAUSE_OF_FLAGS(flags), true, false);
}

/* The counters of a task that takes a fault by itself, while latencies are asked for; else NULL. */
static __always_inline struct mt_state *timed(struct pt_regs *regs)
{
	struct mt_state *s = regs ? state__current() : NULL;

	return s && s->match ? s : NULL;
}

/*
 * What a fault is on.  A fault that waits is handled twice, the second time with FLAG_TRIED.  Without a tracepoint
 * for the exception, its time begins here.
 */
SEC("fentry/handle_mm_fault")
int BPF_PROG(map_begin, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs)
{
	struct mt_state *s = timed(regs);

	if (!s)
		return 0;
	s->fault_vma = (u64)vma;
	if (flags & FLAG_TRIED)
		return 0;
	s->fault_swapped = 0;
	if (!s->fault_ns || (s->fault_address ^ address) / cfg.page_size) {
		s->fault_ns = bpf_ktime_get_boot_ns();
		s->fault_address = address;
	}
	return 0;
}

SEC("fexit/handle_mm_fault")
int BPF_PROG(map_end, struct vm_area_struct *vma, unsigned long address, unsigned int flags, struct pt_regs *regs,
	     unsigned int result)
{
	struct mt_state *s = timed(regs);

	if (!s)
		return 0;
	s->fault_vma = 0;
	if (!(result & RESULT_RETRY))
		s->fault_ns = 0;
	return 0;
}

/* Also called for pages under migration; but such a fault is not a major one. */
SEC("fentry/do_swap_page")
int BPF_PROG(map_swap)
{
	struct mt_state *s = state__current();

	if (s)
		s->fault_swapped = 1;
	return 0;
}

static __always_inline void tell_file(struct mt_major *rec, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	u32 device = BPF_CORE_READ(inode, i_sb, s_dev);

	rec->backing = backing_but_swap(backing_of(inode));
	rec->device_major = device >> 20;
	rec->device_minor = device & 0xfffff;
	rec->inode = BPF_CORE_READ(inode, i_ino);
	bpf_probe_read_kernel_str(rec->file_name, sizeof(rec->file_name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
}

/*
 * The mapping is locked while the fault is handled.  The exception are faults that release it and end without a
 * second try (VM_FAULT_COMPLETED): these are not major.  If one is, the mapping that is found must contain this
 * address.
 */
static __always_inline struct vm_area_struct *mapping_of(const struct mt_state *s, u64 address)
{
	struct vm_area_struct *vma = (void *)s->fault_vma;
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!vma || BPF_CORE_READ(vma, vm_mm) != BPF_CORE_READ(task, mm))
		return NULL;
	return address >= BPF_CORE_READ(vma, vm_start) && address < BPF_CORE_READ(vma, vm_end) ? vma : NULL;
}

static __always_inline void tell_mapping(struct mt_major *rec, const struct mt_state *s, u64 address)
{
	struct vm_area_struct *vma = mapping_of(s, address);
	struct file *file;

	rec->backing = MT_UNKNOWN_S32;
	rec->device_major = rec->device_minor = (u32)MT_UNKNOWN_U64;
	rec->pad = 0;
	rec->inode = MT_UNKNOWN_U64;
	__builtin_memset(rec->file_name, 0, sizeof(rec->file_name));
	if (!vma)
		return;
	file = BPF_CORE_READ(vma, vm_file);
	if (s->fault_swapped)
		rec->backing = MT_BACKING_SWAP;
	else if (file)
		tell_file(rec, file);
	else
		rec->backing = backing_but_swap(MT_BACKING_ANON);
}

/*
 * The software event for major faults comes at a fault's end, in the same
 * task, for faults that began as an exception (mm/memory.c, mm_account_fault()).
 */
SEC("perf_event")
int major_end(struct bpf_perf_event_data *ctx)
{
	struct mt_state *s = state__current();
	void *ring = hot_ring();
	struct mt_major *rec;
	u64 begin_ns;

	if (!s || !ring || !s->match)
		return 0;
	begin_ns = s->fault_ns;
	/* attached in the middle of it, or not the fault that the exception began */
	if (!begin_ns || (s->fault_address ^ ctx->addr) / cfg.page_size)
		return 0;
	s->fault_ns = 0;
	rec = hot__reserve(ring, MT_REC_major, struct mt_major);
	if (!rec)
		return 0;
	rec->who = s->who;
	rec->address = ctx->addr;
	rec->duration_ns = bpf_ktime_get_boot_ns() - begin_ns;
	tell_mapping(rec, s, ctx->addr);
	hot__submit(ring, rec);
	return 0;
}
