/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MEMTRACE_BASE_CLOCK_H
#define MEMTRACE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000ULL

/* Nanoseconds of a clock of clock_gettime(2). */
uint64_t clock__ns(clockid_t id);
/* What memtrace's time namespace adds to a clock.  What BPF programs and the kernel's log tell is without it. */
int64_t clock__shift_ns(clockid_t id);
/* Of CLOCK_BOOTTIME as the kernel has it, the clock of every record. */
uint64_t clock__boot_ns(void);
/* What to add to it for nanoseconds since the Unix epoch, by the clocks as they are now. */
int64_t clock__wall_offset_ns(void);

#endif
