/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where functions of the kernel lie, for kernels whose programs cannot ask for a function's name. */
#ifndef MEMTRACE_KERNEL_FUNCTION_RANGES_H
#define MEMTRACE_KERNEL_FUNCTION_RANGES_H

#include "../../bpf/wire.h"
#include "../model/probe.h"

/*
 * Finds the functions of classes (names of MT_FUNCTION_LEN bytes, and 32 bits each that say what they mean) in a file
 * like /proc/kallsyms.  A name there may begin with "__", and go on behind a dot.  Returns how many it found, at most
 * max - 1, or -errno; -EACCES: the file hides addresses.
 */
int function_ranges__read(const char *path, const struct map_content *classes, struct mt_stall_range *ranges, int max);

#endif
