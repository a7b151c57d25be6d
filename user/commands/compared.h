/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* --against in commands whose report is a table of tasks: two recordings, or two times of one, side by side. */
#ifndef MEMTRACE_COMMANDS_COMPARED_H
#define MEMTRACE_COMMANDS_COMPARED_H

#include "../session/session.h"

/*
 * Runs such a command with --against in place of its own report.  config: of a session of either; stalls: the ledger
 * of stalls is compared, else what the probes count.  The exit code.
 */
int compared__run(const struct options *options, const struct session_config *config, bool stalls);

#endif
