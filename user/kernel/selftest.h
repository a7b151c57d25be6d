/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Touches a known number of fresh pages and checks what the programs counted. */
#ifndef MEMTRACE_KERNEL_SELFTEST_H
#define MEMTRACE_KERNEL_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "object.h"

struct selftest {
	unsigned int pages;
	uint64_t counted[MT_NR_SLOTS];
};

/*
 * Gives memtrace itself counters that no filter hides, touches pages, and
 * takes the counters away again.  To be run before the tasks get their bases.  0 or -errno.
 */
int selftest__run(struct selftest *test, const struct object *core, const struct mt_cfg *cfg);

/* At least one count a page, and no more than the few that the touching itself may add. */
bool selftest__passed(const struct selftest *test, enum mt_slot slot);

#endif
