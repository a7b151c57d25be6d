/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rules of a run about roles: memtrace's own, and those of a file. */
#ifndef MEMTRACE_SESSION_ROLE_RULES_H
#define MEMTRACE_SESSION_ROLE_RULES_H

#include "session.h"

/* Whether rows or histograms are by role. */
bool role_rules__shown(const struct session *session);
/* Whether titles are wanted: where roles are shown, and in recordings, whose replay may be by role. */
bool role_rules__needed(const struct session *session);
/*
 * Reads the rules of --roles or else of /etc/memtrace/roles, if that is there, where they are needed.  The file must
 * belong to root or the user and be writable for no one else.  EXIT_OK, or the exit code after one line on stderr.
 */
int role_rules__open(struct session *session);

#endif
