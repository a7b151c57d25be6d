/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reads where the memory of a process is, from its directory in /proc: maps, status, pagemap, smaps_rollup. */
#ifndef MEMTRACE_KERNEL_MAP_READER_H
#define MEMTRACE_KERNEL_MAP_READER_H

#include "../model/process_map.h"
#include "page_scan.h"

/* Of one process at most so long; what there was no time for is unknown. */
#define MAP_READER_NS 2000000000ULL

/*
 * Of the process of that pid that began then (struct mt_who; 0: whenever).  Fills a map, which is zeroed or was read
 * before.  0; also with map->error set where its mappings cannot be read
 * (-EACCES, -EPERM: another user's) but its sums can; -ESRCH: the process is gone, or has no memory; or another
 * -errno.  map_reader__done() in any case.
 */
int map_reader__read(struct page_scan *scan, uint32_t pid, uint64_t start_ns, bool pss, struct process_map *map);
/* PSS and USS alone, of map->pid; they stay unknown if it is gone. */
void map_reader__read_pss(struct process_map *map, uint64_t start_ns);
void map_reader__done(struct process_map *map);

/* Its directory in /proc (O_PATH), the caller's to close, as proc__open(); start_ns 0: whenever it began.  Or -errno.
 */
int map_reader__open(uint32_t pid, uint64_t start_ns);

/* A line of /proc/PID/maps, which is changed, as an area of the map.  0, -EINVAL: no such line, or -ENOMEM. */
int map_reader__take_line(struct process_map *map, char *line);
/* The text of /proc/PID/status: false if the process has no memory. */
bool map_reader__take_status(struct process_map *map, const char *text);
/* The text of /proc/PID/smaps_rollup. */
void map_reader__take_rollup(struct process_map *map, const char *text);

/* Pids of all processes, or of those of a name (NULL: any), ascending: *list is the caller's to free().  0, -errno. */
int map_reader__find(const char *const *comms, size_t nr_comms, uint32_t **list, size_t *nr);

#endif
