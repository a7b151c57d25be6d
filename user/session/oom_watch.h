/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Waits for OOM kills in a run with the probes "oom" and "memory", or in a recording of one, remembers what was
 * before, and makes of each kill, when its victim is gone, all that is known of it: events, the history, and live also
 * the kernel's log.
 */
#ifndef MEMTRACE_SESSION_OOM_WATCH_H
#define MEMTRACE_SESSION_OOM_WATCH_H

#include "../model/oom_kill.h"
#include "session.h"

#define OOM_WATCH_TICK_NS 1000000000ULL /* the interval that the session needs */

struct oom_watch;

struct oom_found {
	const struct oom_kill *kill; /* the watch's, gone after the call */
	bool logged;		     /* the kernel's log has it, too */
	bool kernel_points;	     /* points are the kernel's own */
	uint64_t lost_records;	     /* of the log; MT_UNKNOWN_U64 */
};

struct oom_watch_request {
	uint64_t history_ns; /* what is remembered, 2 s to an hour */
	/* A kill whose victim is gone, or was waited for long enough.  0, or -errno, which ends the run. */
	int (*found)(void *ctx, const struct oom_found *found);
	unsigned int at_percent; /* of a cgroup's limit; 0: not wanted */
	/* A cgroup has passed it: its limit, its usage and what was before.  Likewise. */
	int (*crossed)(void *ctx, const struct oom_kill *at);
	void *ctx;
};

/* All memory is taken here.  NULL: there is none.  session need not be open yet, and must outlive it. */
struct oom_watch *oom_watch__new(struct session *session, const struct oom_watch_request *request);
void oom_watch__free(struct oom_watch *watch); /* NULL is fine */
/* When all is attached.  0 or -ENOMEM. */
int oom_watch__begin(struct oom_watch *watch);
/*
 * Each event of the two probes, and "sigkill" of the probe "signal"; also before the run begins.  Of a recording, what
 * was due before it is reported first.  0 or -errno of found().
 */
int oom_watch__take(struct oom_watch *watch, const struct mt_hdr *record);
/* Each interval.  0 or -errno of crossed() or, of a recording, of found(). */
int oom_watch__tick(struct oom_watch *watch);
/* The run is over: what waits is told as far as it is known.  0 or -errno of found(). */
int oom_watch__finish(struct oom_watch *watch);

struct oom_watch_totals {
	uint64_t kills, reports;
	uint64_t left_out;	/* kills that came faster than reports can be made */
	uint64_t sent_left_out; /* the same of SIGKILLs that programs sent */
};
struct oom_watch_totals oom_watch__totals(const struct oom_watch *watch);

#endif
