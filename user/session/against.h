/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What --against names: another recording, or another time of the same one. */
#ifndef MEMTRACE_SESSION_AGAINST_H
#define MEMTRACE_SESSION_AGAINST_H

#include "session.h"

/* Whether --against goes together with the other options.  EXIT_OK, or the exit code after one line on stderr. */
int against__check(const struct options *options);
/* Whether it is a time: of the same recording, from then on. */
bool against__is_time(const struct options *options);
/*
 * Reads it, once the run of now is over, in a session of its own with that configuration: all of a file or a directory;
 * from a time on as long as now is.  take() sees that session at its end, and returns 0 or -errno.  *damaged: what was
 * read is. EXIT_OK, or the exit code after one line on stderr.
 */
int against__read(const struct session *now, const struct session_config *config,
		  int (*take)(void *ctx, struct session *other), void *ctx, bool *damaged);

#endif
