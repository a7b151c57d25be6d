/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What keeps memtrace running while memory runs out. */
#ifndef MEMTRACE_BASE_SURVIVE_H
#define MEMTRACE_BASE_SURVIVE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes heap_bytes for malloc() beforehand, and locks all memory, also what comes later: then neither asks the kernel
 * for pages while there are none.  Nothing that is taken later fails for RLIMIT_MEMLOCK, also when CAP_IPC_LOCK is
 * given up (mm/mmap.c, mlock_future_ok()): where the limit is not and cannot be made unlimited, what comes later is not
 * locked.  alone: no other program inherits limits from this process, so they may be raised; and capabilities may be
 * given up.  0; 1: what comes later is not locked; or -errno of mlockall(2).  The heap is taken in any case.
 */
int survive__lock(size_t heap_bytes, bool alone);
/* Makes memtrace the last that the OOM killer chooses, until it ends.  0 or -errno. */
int survive__last(void);
/* Whether the heap had to grow since survive__lock(): a test's question. */
size_t survive__grown(void);

#endif
