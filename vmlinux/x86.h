/* SPDX-License-Identifier: GPL-2.0 */
/* Types that only x86 has in this form. */
#ifndef MEMTRACE_VMLINUX_X86_H
#define MEMTRACE_VMLINUX_X86_H

struct pt_regs {
	unsigned long r10;
	unsigned long ax;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long sp;
} __attribute__((preserve_access_index));

#endif
