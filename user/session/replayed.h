/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What of a recording is wanted: of which tasks, and which part of its time. */
#ifndef MEMTRACE_SESSION_REPLAYED_H
#define MEMTRACE_SESSION_REPLAYED_H

#include "session.h"

/*
 * Sets the session's filter and part, whose source is open, and what the run is about.  EXIT_OK, or the exit code after
 * one line on stderr.
 */
int replayed__open(struct session *session);
/*
 * Goes on to the part that is wanted.  *due_ns: when the moment was due where it begins, boot time clock; UINT64_MAX:
 * all was read on the way.  EXIT_OK, or the exit code after one line on stderr.
 */
int replayed__skip(struct session *session, uint64_t *due_ns);
/* What a reader of the report has to know.  EXIT_OK, or the exit code after one line on stderr: it says nothing. */
int replayed__end(const struct session *session);

/* The machine of a recording, as uname(2) says it: "x86_64"; of a live run this one's. */
const char *replayed__machine(const struct session *session);
/* What a recording says of itself, valid as long as the session is open; NULL: the run is live. */
const struct recording_head *replayed__head(const struct session *session);

#endif
