/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The executable mappings of living processes, with what is in their files.  A file is opened through
 * /proc/PID/map_files, which knows it in every mount namespace and when it is deleted, else by path below the root of
 * a process; and only if it is the one that is mapped, by its device and inode.  All of it may block, and take long:
 * user/kernel/apart.h.
 */
#ifndef MEMTRACE_KERNEL_PROC_MAPS_H
#define MEMTRACE_KERNEL_PROC_MAPS_H

#include <stddef.h>
#include <stdint.h>

#include "../symbols/maps.h"
#include "elf_cache.h"

/* The processes through which files are opened, and how long that may take. */
#define MAPS_ACCESS_PIDS 4

struct maps_access {
	uint32_t pids[MAPS_ACCESS_PIDS]; /* have the file mapped, or at least see it by its path */
	size_t nr;
	uint64_t until_ns;	 /* CLOCK_BOOTTIME; 0: any time */
	struct elf_cache *cache; /* may be NULL */
	uint64_t unread;	 /* count of mappings whose files there was no time for */
};

/*
 * Reads all executable mappings of the process of that pid that began then (struct mt_who; 0: whenever),
 * except those beyond PROC_MAPS_MAX_BYTES.  0; with NULL, -ESRCH if the process is gone or has no memory of its own, or
 * -errno.
 */
int proc_maps__read_with(uint32_t pid, uint64_t start_ns, struct maps_access *access, struct proc_maps **maps);
int proc_maps__read(uint32_t pid, struct proc_maps **maps); /* through itself, with any time */

/* Fills in what the mapped file says, if it can be opened. */
void proc_maps__describe(struct maps_access *access, struct mapping *mapping);

/* Opens the file behind a mapping for reading: a file descriptor or -errno. */
int proc_maps__open_file(const struct maps_access *access, const struct mapping *mapping);
/* Whether that file is the mapping's, by device and inode. */
bool proc_maps__is_file(int fd, const struct mapping *mapping);

#endif
