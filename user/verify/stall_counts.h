/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stalls for memory of the whole machine: what the kernel says and what memtrace's intervals are, both from the samples
 * with which the run begins and ends.
 */
#ifndef MEMTRACE_VERIFY_STALL_COUNTS_H
#define MEMTRACE_VERIFY_STALL_COUNTS_H

#include "../session/session.h"
#include "reconcile.h"

/* Whether memtrace sees all stalls, and not only reclaim and compaction. */
bool stall_counts__sees_all(const struct session *session);
/* For rows of PSI. */
void stall_counts__kernel(const struct session *session, const struct counter_row *row, struct kernel_figure *figure);
/* memtrace's figure of such a row; false: it is not known. */
bool stall_counts__own(const struct session *session, enum figure figure, uint64_t *ns);
/* Fills the bounds of rows of the machine's stalls; stalls: how many of tasks there were. */
void stall_counts__bounds(const struct session *session, uint64_t stalls, uint64_t bounds[NR_BOUNDS]);
/* By how much the time in stalls may differ because both sides read their clocks at different moments, in ns. */
uint64_t stall_counts__clocks(uint64_t ns, uint64_t stalls);

#endif
