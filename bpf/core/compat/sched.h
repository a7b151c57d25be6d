/* SPDX-License-Identifier: GPL-2.0 */
/* The scheduler's task events. */
#ifndef MEMTRACE_COMPAT_SCHED_H
#define MEMTRACE_COMPAT_SCHED_H

#include "../prelude.h"

/*
 * From 6.16 on sched_process_exit fires before exit_mm(), which can still
 * fault, and has an event class of its own; up to 6.15 it used the class
 * sched_process_template and fired after the last fault.
 */
struct trace_event_raw_sched_process_exit___v6_16 {
	bool group_dead;
} __attribute__((preserve_access_index));

static __always_inline bool exit_precedes_last_fault(void)
{
	return bpf_core_type_exists(struct trace_event_raw_sched_process_exit___v6_16);
}

#endif
