/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Turns an event's record into columns and cells, for any output. */
#ifndef MEMTRACE_REPORT_EVENT_H
#define MEMTRACE_REPORT_EVENT_H

#include "report.h"

/* No event has more columns. */
#define EVENT_MAX_COLUMNS 32

/*
 * Functions that turn numbers in records into names.  Any function may be NULL, and may return NULL for a name that
 * it does not know.  What they return is copied at once, so it may live in one buffer that the next call overwrites.
 */
struct event_names {
	const char *(*cgroup)(void *ctx, uint64_t id); /* without it a cgroup is not shown */
	/* Whether the cgroup is there; NULL: it cannot be asked for, as in a replay. */
	bool (*cgroup_lives)(void *ctx, uint64_t id);
	const char *(*gfp)(void *ctx, uint64_t flags);	     /* without it flags are hexadecimal */
	const struct mt_who *(*who)(void *ctx, uint64_t id); /* the task that a struct mt_ref stands for */
	/*
	 * The functions of a call chain of task who, the root first, with ";" between.  NULL if call chains were not
	 * asked for: then events have no columns for them.
	 */
	const char *(*stack)(void *ctx, bool kernel, int32_t id, const struct mt_who *who);
	/*
	 * What the process that began then (boot time clock) was called with; of a recording also one that has ended.
	 * Without it there is no such column.
	 */
	const char *(*command_line)(void *ctx, uint32_t pid, uint64_t start_ns);
	/* Its parent now, MT_UNKNOWN_U64: not known; NULL in a replay. */
	uint64_t (*parent)(void *ctx, uint32_t pid, uint64_t start_ns);
	void *ctx;
};

/*
 * The columns of an event: "time_ns" first, then its fields in the order of probes.def, where a WHO or REF stands
 * for pid, tid, start_time_ns, comm (the process's), thread_comm, cgroup and uid under its prefix. start_time_ns
 * has no unit on purpose: with pid it names a process, so that no output may turn it into a time of day that shifts
 * when the clock is set.
 *
 * stacks: also the columns of call chains, at the end.  Fills at most max of them and returns how many there are;
 * paths are static.
 */
size_t event__columns(const struct event_row *row, bool stacks, struct column *columns, size_t max);

/*
 * The cells of one record (of the row's size), one a column.  Returns how
 * many.  Strings in them stay valid until this thread calls it again.
 */
size_t event__cells(const struct event_row *row, const void *record, const struct event_names *names,
		    struct cell *cells);

#endif
