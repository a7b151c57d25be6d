/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* memory.stat lags: the kernel adds up the CPUs' counts from time to time, on some kernels only each 2 seconds. */
#ifndef MEMTRACE_KERNEL_MEMCG_FLUSH_H
#define MEMTRACE_KERNEL_MEMCG_FLUSH_H

/*
 * Returns once what was counted before the call is in the memory.stat files, but for what the kernel leaves for later
 * as too little (128 events a CPU).  Finds that out with page faults of its own, in root, the hierarchy's root
 * directory.  0; -ETIMEDOUT, or another -errno.
 */
int memcg_flush__wait(const char *root);

#endif
