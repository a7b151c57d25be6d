/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Each fork, exec, executable mapping and exit on the machine as the kernel tells it (perf_event_open(2),
 * kernel/events/core.c: perf_event_mmap(), perf_event_fork(), perf_event_comm()), so that what a process
 * had mapped is known also when it is gone before anybody looks.
 */
#ifndef MEMTRACE_KERNEL_MMAP_EVENTS_H
#define MEMTRACE_KERNEL_MMAP_EVENTS_H

#include "../symbols/images.h"

struct mmap_events;

/* One small ring a CPU.  0; -errno, with NULL: the kernel does not tell (kernel.perf_event_paranoid, a container). */
int mmap_events__open(struct mmap_events **events);
void mmap_events__close(struct mmap_events *events); /* NULL is fine */
/* Polls readable when a ring begins to fill. */
int mmap_events__fd(const struct mmap_events *events);
/* Puts into images what happened until now, in its order.  Until when that is, CLOCK_BOOTTIME in ns. */
uint64_t mmap_events__read(struct mmap_events *events, struct images *images);
/* What found its ring full, in records. */
uint64_t mmap_events__lost(const struct mmap_events *events);

/* Of a record's bytes, behind which its time is; for tests. */
void mmap_events__apply(struct images *images, const void *record, size_t size);

#endif
