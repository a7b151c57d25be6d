/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What /proc says of processes and of memtrace itself. */
#ifndef MEMTRACE_KERNEL_PROC_H
#define MEMTRACE_KERNEL_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/wire.h"

bool proc__pid_exists(uint32_t pid); /* a thread group */
/* By its inode number, which is fixed; true also where that cannot be told. */
bool proc__initial_pid_namespace(void);
bool proc__tid_exists(uint32_t tid); /* any thread */
/* Fills pid, uid and comm of a thread that lives; 0 or -errno. */
int proc__who(uint32_t tid, struct mt_who *who);
/* The command line, spaces between arguments, at most size bytes; "" if there is none. */
void proc__cmdline(uint32_t pid, char *buf, int size);
/* CPU time that memtrace itself has used. */
uint64_t proc__own_cpu_ns(void);
/* Nanoseconds of CLOCK_BOOTTIME, the clock of every record. */
uint64_t clock__boot_ns(void);
/* What must be added to it for nanoseconds since the Unix epoch, by how the clocks stand now. */
int64_t clock__wall_offset_ns(void);

#endif
