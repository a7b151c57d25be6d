/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Zones and nodes, of /proc/zoneinfo and /proc/buddyinfo.  Each function takes one line, as from line_file__each();
 * what it does not know it passes over.
 */
#ifndef MEMTRACE_KERNEL_ZONE_FILES_H
#define MEMTRACE_KERNEL_ZONE_FILES_H

#include "../model/machine.h"

struct zone_reading {
	struct machine *machine;
	struct machine_zone *zone; /* that lines are about; NULL: none so far, or there is no room */
	struct machine_node *node;
};

/* ctx: a struct zone_reading, of which all but machine is zero at first. */
void zone_files__zoneinfo(void *ctx, char *line);
/* The same; zoneinfo comes first. */
void zone_files__buddyinfo(void *ctx, char *line);
/* The node of that id, made if it is new; NULL: there is no room. */
struct machine_node *zone_files__node(struct machine *machine, uint32_t id);

#endif
