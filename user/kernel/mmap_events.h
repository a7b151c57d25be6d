/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Each fork, exec, executable mapping and exit on the machine, as the kernel reports it (perf_event_open(2),
 * kernel/events/core.c: perf_event_mmap(), perf_event_fork(), perf_event_comm()).  So a process's mappings are known
 * even if it is gone before memtrace looks.
 */
#ifndef MEMTRACE_KERNEL_MMAP_EVENTS_H
#define MEMTRACE_KERNEL_MMAP_EVENTS_H

#include "../symbols/images.h"

struct mmap_events;

/*
 * One small ring a CPU. 0; -errno, with NULL: the kernel does not allow it (kernel.perf_event_paranoid, a container).
 */
int mmap_events__open(struct mmap_events **events);
void mmap_events__close(struct mmap_events *events); /* NULL is fine */
/* Polls readable when a ring begins to fill. */
int mmap_events__fd(const struct mmap_events *events);
/*
 * Puts into images what happened until now, in order.  Returns the time up to which that is complete, CLOCK_BOOTTIME
 * in ns.
 */
uint64_t mmap_events__read(struct mmap_events *events, struct images *images);
/* How many records found their ring full. */
uint64_t mmap_events__lost(const struct mmap_events *events);

/* Handles one record's bytes, with its time behind them; for tests. */
void mmap_events__apply(struct images *images, const void *record, size_t size);

#endif
