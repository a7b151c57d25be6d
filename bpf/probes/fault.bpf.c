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

static __always_inline void emit_fault(void *ctx, struct mt_state *s, u64 address, u64 ip, u64 error_code, bool kernel)
{
	struct mt_fault *rec;

	if (!every__is_sampled(address / cfg.page_size))
		return;
	rec = every__reserve(s, MT_REC_fault, struct mt_fault);
	if (!rec)
		return;
	rec->address = address;
	rec->ip = ip;
	rec->error_code = error_code;
	rec->kernel = kernel;
	rec->kernel_stack = every__kernel_stack(ctx);
	/*
	 * In kernel mode the user stack is left alone: reading it may raise an exception, for which this
	 * program, that runs already, would be skipped, and that would count as a loss.
	 */
	rec->user_stack = kernel ? MT_UNKNOWN_S32 : every__user_stack(ctx, s);
	bpf_ringbuf_submit(rec, every__wake(s, rec->hdr.time_ns));
}

/* ip is an expression: it is only read when a record wants it. */
#define count_fault(address, ip, error_code, kernel_mode)                                                              \
	({                                                                                                             \
		struct mt_state *s = state__counting();                                                                \
		u64 code = (error_code);                                                                               \
		if (s && !(kernel_mode && s->walking)) {                                                               \
			s->c[kernel_mode ? MT_SLOT_fault_kernel : MT_SLOT_fault_user]++;                               \
			if (code & PF_WRITE)                                                                           \
				s->c[MT_SLOT_fault_write]++;                                                           \
			if (code & PF_INSTR)                                                                           \
				s->c[MT_SLOT_fault_exec]++;                                                            \
			if (probe_wants_latency(MT_PROBE_fault)) {                                                     \
				s->fault_ns = bpf_ktime_get_boot_ns();                                                 \
				s->fault_address = (address);                                                          \
			}                                                                                              \
			if (probe_wants_every(MT_PROBE_fault))                                                         \
				emit_fault(ctx, s, address, ip, code, kernel_mode);                                    \
		}                                                                                                      \
		0;                                                                                                     \
	})

SEC("tp_btf/page_fault_user")
int BPF_PROG(user_btf, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), error_code, false);
}

SEC("tp_btf/page_fault_kernel")
int BPF_PROG(kernel_btf, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), error_code, true);
}

SEC("raw_tp/page_fault_user")
int BPF_PROG(user_raw, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), error_code, false);
}

SEC("raw_tp/page_fault_kernel")
int BPF_PROG(kernel_raw, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return count_fault(address, PT_REGS_IP_CORE(regs), error_code, true);
}

#define FAULT_TP(name, mode, kernel_mode, context)                                                                     \
	SEC("tp/exceptions/page_fault_" #mode)                                                                         \
	int name(struct context *ctx)                                                                                  \
	{                                                                                                              \
		count_fault(ctx->address, ctx->ip, ctx->error_code, kernel_mode);                                      \
		return TP_PASS_ON;                                                                                     \
	}

FAULT_TP(user_tp, user, false, trace_event_raw_exceptions)
FAULT_TP(kernel_tp, kernel, true, trace_event_raw_exceptions)
FAULT_TP(user_tp_x86, user, false, trace_event_raw_x86_exceptions)
FAULT_TP(kernel_tp_x86, kernel, true, trace_event_raw_x86_exceptions)

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
	hot__submit(ring, rec);
	return 0;
}
