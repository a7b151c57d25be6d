/* SPDX-License-Identifier: GPL-2.0 */
/* Where a signal comes from (include/linux/signal_types.h, include/uapi/asm-generic/siginfo.h). */
#ifndef MEMTRACE_COMPAT_SIGNAL_H
#define MEMTRACE_COMPAT_SIGNAL_H

#include "../prelude.h"

union __sifields {
	struct {
		void *_addr;
	} _sigfault;
} __attribute__((preserve_access_index));

struct kernel_siginfo {
	struct {
		int si_code;
		union __sifields _sifields;
	};
} __attribute__((preserve_access_index));

/* What stands for a siginfo where there is none: include/linux/sched/signal.h, SEND_SIG_NOINFO and SEND_SIG_PRIV. */
enum { SIGNAL_NO_INFO, SIGNAL_OF_KERNEL, SIGNAL_NR_SPECIAL };

/* Alike on all architectures here; codes of what a fault raises by itself. */
enum { SIGNAL_KILL = 9, SIGNAL_SEGV = 11 };
enum { FAULT_NOT_MAPPED = 1, FAULT_NOT_ALLOWED = 2 };

#endif
