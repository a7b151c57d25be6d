/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Who of those that a row stands for waited for memory.  The waits of one thread do not overlap, so their sum is also
 * the time in which any of the row waited; of several threads that time cannot be told.
 */
#ifndef MEMTRACE_COUNT_WAITER_H
#define MEMTRACE_COUNT_WAITER_H

#include <stdint.h>

#define WAITER_NONE    0u
#define WAITER_SEVERAL UINT32_MAX

/* Of counts that are added, MT_NR_SLOTS: that thread if stalls are among them, else WAITER_NONE. */
uint32_t waiter__of(uint32_t tid, const uint64_t *add);
/* Of both together.  A thread that takes the id of one that has ended waits after it, and counts as the same. */
uint32_t waiter__join(uint32_t a, uint32_t b);

#endif
