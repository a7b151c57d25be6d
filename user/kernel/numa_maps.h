/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * On which NUMA nodes the pages of a process are: /proc/PID/numa_maps (fs/proc/task_mmu.c: show_numa_map()).  The
 * kernel looks at each page for that, and the process cannot change its mappings meanwhile.  move_pages(2), which also
 * tells it, took five times as long in the same process.
 */
#ifndef MEMTRACE_KERNEL_NUMA_MAPS_H
#define MEMTRACE_KERNEL_NUMA_MAPS_H

#include "../model/process_map.h"

/*
 * Of the process map->pid that began then (0: whenever).  Makes map->nodes, a row for each area, and fills
 * cost_ns.nodes.  0; or -errno, and nodes stays NULL: -ENOENT: a kernel without NUMA; -ETIME: it took more than two
 * seconds.
 */
int numa_maps__read(struct process_map *map, uint64_t start_ns);

/* A line of numa_maps, which is changed; lines about no area of the map are passed over.  map->nodes must be there. */
void numa_maps__take_line(struct process_map *map, char *line);

/* The nodes that are online, as bits; those from MAP_NODES - 1 on are one. */
uint32_t numa_maps__online(void);
/* The same of a list as in /sys/devices/system/node/online, "0-1,4"; 1 if it is none. */
uint32_t numa_maps__nodes_of(const char *list);

#endif
