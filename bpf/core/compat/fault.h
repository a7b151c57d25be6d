/* SPDX-License-Identifier: GPL-2.0 */
/* Page-fault exceptions (x86, riscv) and what follows them. */
#ifndef MEMTRACE_COMPAT_FAULT_H
#define MEMTRACE_COMPAT_FAULT_H

#include "../prelude.h"

/* Bits of the x86 page-fault error code (arch/x86/include/asm/trap_pf.h). */
enum {
	PF_WRITE = 1 << 1,
	PF_INSTR = 1 << 4,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Seen from 6.16 on; up to 6.14 it was called trace_event_raw_x86_exceptions, with the same fields. */
struct trace_event_raw_exceptions {
	unsigned long address;
	unsigned long ip;
	unsigned long error_code;
};

struct trace_event_raw_x86_exceptions {
	unsigned long address;
	unsigned long ip;
	unsigned long error_code;
};

/* The context of a program on a perf event: addr is the address that faulted. */
struct bpf_perf_event_data {
	u64 addr;
};

#pragma clang attribute pop

#endif
