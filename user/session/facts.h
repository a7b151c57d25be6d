/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a live run is about, for its reports and for a recording of it. */
#ifndef MEMTRACE_SESSION_FACTS_H
#define MEMTRACE_SESSION_FACTS_H

#include "session.h"

/* From what the session was asked for: its options, config and probes. */
void facts__of_request(struct run_facts *facts, const struct session *session);
/* A recording is replayed with filters of tasks: it is about those that match them. */
void facts__add_filters(struct run_facts *facts, const struct options *options);
void facts__of_outcome(struct command_outcome *outcome, const struct child *child);

#endif
