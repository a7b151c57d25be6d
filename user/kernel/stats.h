/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel's accounting of what BPF programs cost. */
#ifndef MEMTRACE_KERNEL_STATS_H
#define MEMTRACE_KERNEL_STATS_H

/*
 * Has the kernel time each run of a BPF program, as long as the descriptor that
 * it returns is open.  -errno where it cannot: kernels before 5.8 have no such command.
 */
int stats__enable(void);

#endif
