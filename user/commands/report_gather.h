/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a page has of a recording: counts of tasks over time, and call paths.  Of one run, or of two that are compared.
 */
#ifndef MEMTRACE_COMMANDS_REPORT_GATHER_H
#define MEMTRACE_COMMANDS_REPORT_GATHER_H

#include "../session/session.h"
#include "../views/over_time.h"
#include "../views/paths.h"

/* All zero at first. */
struct report_gather {
	struct run_over_time *over_time;
	struct paths_view paths;
};

/* What a session of a page wants, but for its callbacks and their ctx. */
struct session_config report_gather__config(void);
/* 0 or -ENOMEM; when called again it does nothing.  report_gather__done() in any case. */
int report_gather__begin(struct report_gather *gather);
void report_gather__done(struct report_gather *gather);
/* The stretch that an event is in. */
uint32_t report_gather__at(const struct report_gather *gather, const void *record);
/* An event came; 0 or -errno. */
int report_gather__event(struct report_gather *gather, const struct session *session, const struct event_row *row,
			 const void *record);
/* An interval ended; 0 or -errno. */
int report_gather__interval(struct report_gather *gather, const struct session *session);

#endif
