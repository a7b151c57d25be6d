/* SPDX-License-Identifier: GPL-2.0 */
/* Types that only arm64 has in this form. */
#ifndef MEMTRACE_VMLINUX_ARM64_H
#define MEMTRACE_VMLINUX_ARM64_H

struct pt_regs {
	u64 regs[31];
	u64 orig_x0;
	s32 syscallno;
} __attribute__((preserve_access_index));

/* How a struct pt_regs begins, and what bpf_tracing.h takes one for. */
struct user_pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
} __attribute__((preserve_access_index));

#endif
