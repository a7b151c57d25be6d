/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reads /proc: processes, and memtrace itself. */
#ifndef MEMTRACE_KERNEL_PROC_H
#define MEMTRACE_KERNEL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/wire.h"

bool proc__pid_exists(uint32_t pid); /* a thread group */
bool proc__tid_exists(uint32_t tid); /* any thread */
/* Whether memtrace is in it, by its inode number, which is fixed; also false where that is not known. */
bool proc__initial_pid_namespace(void);
/*
 * Whether /proc is that of the initial pid namespace, whose pids the kernel's records have: elsewhere /proc/PID is
 * another process.  The functions below look up no pid where it is not; also false where that is not known.
 */
bool proc__shows_initial_pids(void);
/*
 * The directory (O_PATH) of the process of that pid that began then (struct mt_who), for openat(): the caller's to
 * close; it stays that process's when the pid is used again.  -ESRCH if it is gone, or cannot be found here.
 */
int proc__open(uint32_t pid, uint64_t start_ns);
/* Fills pid, tid, uid and comm of a thread that lives, and did at time_ns; 0 or -errno. */
int proc__who(uint32_t tid, uint64_t time_ns, struct mt_who *who);
/* The command line of the process that began then, spaces between arguments, at most size bytes; "" if there is none.
 */
void proc__cmdline(uint32_t pid, uint64_t start_ns, char *buf, int size);
/* The same, and "" if the process now has another name than comm (MT_COMM_LEN bytes): it runs another program. */
void proc__title(uint32_t pid, uint64_t start_ns, const char *comm, char *buf, int size);
/* The pid of its parent now, 0 for one outside this pid namespace or none.  0 or -errno. */
int proc__parent(uint32_t pid, uint64_t start_ns, uint32_t *parent);
void proc__own_cmdline(char *buf, int size); /* the same for memtrace itself */
/* How memtrace itself was called, as somebody would type it again; false, with "" in buf, if it does not fit. */
bool proc__own_command(char *buf, size_t size);
/* CPU time that memtrace itself has used. */
uint64_t proc__own_cpu_ns(void);

#endif
