/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The file in which a just-in-time compiler names what it made, /tmp/perf-PID.map (Linux,
 * tools/perf/Documentation/jit-interface.txt): that of a process in its own /tmp and by its own pid.  A process that
 * has ended, of which /proc shows nothing, has the one below a root that others share with it.
 */
#ifndef MEMTRACE_KERNEL_JIT_FILE_H
#define MEMTRACE_KERNEL_JIT_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* As struct mt_who has it. */
struct jit_process {
	uint32_t pid, uid;
	uint64_t start_ns; /* 0: unknown */
};

/*
 * Opens the file of a process.  It must be regular, and belong to who the process runs as; a symbolic link leads to
 * files of the same user at most.
 * through: pids.  The first one is that of the process itself, if it was there when the caller asked.  Others may have
 * the same root, as its parent, and memtrace itself.  What is found by these must not be older than the process.
 * A file descriptor, with its state in *found; -ESRCH: the process has ended, and there is none, or its pid is another
 * one's by now; -EACCES: the file is another user's; or another -errno.
 */
int jit_file__open(const struct jit_process *process, const uint32_t *through, size_t nr, struct stat *found);

#endif
