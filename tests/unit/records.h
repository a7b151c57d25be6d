/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Records as the probes write them, for tests. */
#ifndef MEMTRACE_TESTS_RECORDS_H
#define MEMTRACE_TESTS_RECORDS_H

#include "../../user/count/aggregate.h"

#define MINOR  MT_SLOT_fault_minor
#define PAGES  MT_SLOT_alloc_pages
#define ORDER0 MT_SLOT_alloc_order0

/* A thread of a process; its life is its tid, and so is the process' start time its pid. */
struct mt_task task_record(uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns);
/* The same with that many minor faults. */
struct mt_task minor_record(uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns, uint64_t minor);
void set_comm(char *comm, const char *name);

/* Gives the record to the aggregate, which must take it. */
void take_minor(struct aggregate *agg, uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns, uint64_t minor);
void take_final(struct aggregate *agg, uint32_t pid, uint32_t tid, const char *comm, uint64_t time_ns, uint64_t minor);

extern const struct order by_minor_faults;

#endif
