/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which name a mapped file has, where /proc/PID/maps leaves it open. */
#ifndef MEMTRACE_KERNEL_MAPPED_NAME_H
#define MEMTRACE_KERNEL_MAPPED_NAME_H

#include "../model/process_map.h"

/*
 * The kernel writes " (deleted)" behind the name of a file that no directory has any more, and a file's own name may
 * end so: an area that was taken for deleted (map_reader__take_line()) gets that name back, if the process finds its
 * file by it.  dir: its /proc/PID.  From 5.12 on nothing waits for a disk or another machine; where it would, the
 * kernel is believed. 0 or -ENOMEM.
 */
int mapped_name__tell(struct process_map *map, int dir);

#endif
