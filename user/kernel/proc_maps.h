/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The executable mappings of living processes, with what their files say of
 * themselves.  Files are opened through /proc/PID/map_files, which knows them
 * in every mount namespace and when they are deleted; without the capability
 * for that (CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN), by path below
 * /proc/PID/root.
 */
#ifndef MEMTRACE_KERNEL_PROC_MAPS_H
#define MEMTRACE_KERNEL_PROC_MAPS_H

#include <stddef.h>
#include <stdint.h>

#include "../core/maps.h"

/*
 * Reads all executable mappings, except those beyond PROC_MAPS_MAX_BYTES.  0;
 * with NULL, -ESRCH if the process is gone or has no memory of its own, or
 * -errno.
 */
int proc_maps__read(uint32_t pid, struct proc_maps **maps);

/* Opens the file behind a mapping for reading while the process has it mapped: a file descriptor or -errno. */
int proc_maps__open_file(uint32_t pid, const struct mapping *mapping);

/* Those of many processes, kept for when they are gone. */
struct live_maps;

/* Keeps at most max_bytes, and forgets first whom nobody asked for the longest time.  NULL if memory ran out. */
struct live_maps *live_maps__new(size_t max_bytes);
void live_maps__free(struct live_maps *live);

/*
 * The mappings of a process that started then: they are read when they were not
 * yet, and again, after ever longer pauses, up to a second, when ip is in none of them.  ip is the
 * address that the process was at: callers are not asked for, as code without
 * frame pointers makes them up.  NULL if they cannot be read and never were.
 * Valid until the next call for any process.
 */
const struct proc_maps *live_maps__get(struct live_maps *live, uint32_t pid, uint64_t start_ns, uint64_t ip);

/*
 * It has executed another program: what was read is of no use.  Mappings that
 * were read after an exec must not name what is from before it.
 */
void live_maps__forget(struct live_maps *live, uint32_t pid);

/* Whose mappings could not be read when they were asked for first, in processes. */
struct live_maps_misses {
	uint64_t gone;	  /* they had ended */
	uint64_t refused; /* memtrace may not look into them: CAP_SYS_PTRACE is missing */
};

struct live_maps_misses live_maps__misses(const struct live_maps *live);

#endif
