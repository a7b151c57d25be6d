/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a traced call of an allocator costs on this machine. */
#ifndef MEMTRACE_KERNEL_HEAP_TRIAL_H
#define MEMTRACE_KERNEL_HEAP_TRIAL_H

#include <stdint.h>

struct bpf_object;

/*
 * Attaches the programs to two functions of memtrace itself, calls these some thousand times, and takes the programs
 * off again.  How many ns one allocation and its free take longer than without; 0: it could not be measured.  It takes
 * some tens of ms.
 */
uint64_t heap_trial__run(struct bpf_object *bpf);

#endif
