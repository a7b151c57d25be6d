/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Looks of memtrace map at processes, and how they are shown. */
#ifndef MEMTRACE_COMMANDS_MAP_LOOK_H
#define MEMTRACE_COMMANDS_MAP_LOOK_H

#include "../cli/options.h"
#include "../count/map_activity.h"
#include "../kernel/map_reader.h"
#include "../report/render.h"
#include "../views/map.h"

/* One look at some processes. */
struct map_look {
	struct map_process *processes; /* owned, as is what they have */
	size_t nr;
	size_t refused; /* whose mappings could not be read */
};

/* Zeroed, with room for that many processes; 0 or -ENOMEM. */
int map_look__init(struct map_look *look, size_t room);
void map_look__done(struct map_look *look);
/* Adds a process's map, whose parts are the look's from now on, also if it fails.  0 or -ENOMEM. */
int map_look__add(struct map_look *look, struct process_map *map);
/* Reads that of the process of that pid, and adds it; 0, -ESRCH: it is gone or has no memory, or another -errno. */
int map_look__read(struct map_look *look, struct page_scan *scan, uint32_t pid, bool pss);
/* On which nodes its pages are; they stay unknown if it is gone or does not tell.  start_ns 0: whenever it began. */
void map_look__read_nodes(struct map_process *process, uint64_t start_ns);
/* The place of a pid, or NULL. */
struct map_process *map_look__find(const struct map_look *look, uint32_t pid);
/* Renders a report; rows and pss of the request come from options.  0 or -errno. */
int map_look__show(struct render *render, const struct options *options, struct map_request request);
/* On standard error: what may not be read. */
void map_look__say_refused(const struct map_look *look);

/* A run for some time, with BPF, or a replay; still: one look alone, which is recorded.  The exit code. */
int map_live__run(struct options *options, bool still);

#endif
