/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel's log still holds: /dev/kmsg. */
#ifndef MEMTRACE_KERNEL_KMSG_H
#define MEMTRACE_KERNEL_KMSG_H

#include <stddef.h>
#include <stdint.h>

/*
 * Calls take for each record that the log holds, the oldest first, with the lines of its dictionary behind it; it does
 * not wait for more.  take returns 0, or -errno, which ends the reading.  *lost: how many records have been
 * overwritten since boot, or were while it was read.  0, -errno of opening or reading, or what take returned.
 */
int kmsg__each(int (*take)(void *ctx, const char *record, size_t len), void *ctx, uint64_t *lost);

/* What to add to a time of the log (nanoseconds since boot) for the time since the Unix epoch, as clocks are now. */
int64_t kmsg__wall_offset_ns(void);

#endif
