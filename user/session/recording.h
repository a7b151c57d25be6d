/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The recordings that a live run writes beside, or instead of, its reports.  If it can no longer be written, one
 * message says so, and the run goes on without it, unless nothing else was wanted.  All but recording__open() are
 * fine without a recording.
 */
#ifndef MEMTRACE_SESSION_RECORDING_H
#define MEMTRACE_SESSION_RECORDING_H

#include "session.h"

/* Of a history, without named probes: days of it are to cost little.  Light: without hooks on hot paths. */
#define HISTORY_PROBES                                                                                                 \
	(1U << MT_PROBE_fault | 1U << MT_PROBE_stall | 1U << MT_PROBE_reclaim | 1U << MT_PROBE_kswapd |                \
	 1U << MT_PROBE_oom)
#define HISTORY_LIGHT	  (1U << MT_PROBE_fault)
#define HISTORY_TICK_NS	  10000000000ULL
#define HISTORY_MAX_BYTES (1ULL << 30)
#define HISTORY_KEEP_NS	  (7 * 86400 * 1000000000ULL)

/* The probes that it needs beside those that the run has: of --history-dir. */
uint32_t recording__probes(const struct session *session);
/* Opens it if --record was given, or the command keeps the last part: from now on all records also go there.  An exit
 * code, after one line on stderr. */
int recording__open(struct session *session);
void recording__begin(struct session *session);
/* Counts were brought up to date. */
void recording__checkpoint(struct session *session, uint64_t due_ns, bool final);
/* --last: the last part is to be written now. */
void recording__ask(struct session *session);
/* The run is over. */
void recording__finish(struct session *session);

#endif
