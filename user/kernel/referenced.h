/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a process refers to within an interval: the processor marks each page that is used.  The marks are cleared by
 * /proc/PID/clear_refs (fs/proc/task_mmu.c: clear_refs_write()) and counted by /proc/PID/smaps, both of which look at
 * each page and hold the address space meanwhile.  The kernel's reclaim uses the same marks: what is cleared looks
 * unused to it.
 */
#ifndef MEMTRACE_KERNEL_REFERENCED_H
#define MEMTRACE_KERNEL_REFERENCED_H

#include "../model/process_map.h"

/* Of the process of that pid that began then.  0 or -errno; *took_ns: how long it took. */
int referenced__clear(uint32_t pid, uint64_t start_ns, uint64_t *took_ns);
/*
 * Fills referenced of all areas, and knows_referenced, and adds to cost_ns.wss.  Areas that are gone have nothing.  0
 * or -errno: they stay unknown.
 */
int referenced__read(struct process_map *map, uint64_t start_ns);

/* The text of smaps, line by line: *area is the place of the one that lines are about, of which there are nr_areas. */
void referenced__take_line(struct process_map *map, size_t *area, const char *line);

#endif
