/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* hist --against: the histograms of two recordings, or of two times of one, side by side. */
#ifndef MEMTRACE_COMMANDS_HIST_COMPARED_H
#define MEMTRACE_COMMANDS_HIST_COMPARED_H

#include "../session/session.h"

/* Runs the command with --against in place of its own report.  config: of a session of either.  The exit code. */
int hist_compared__run(const struct options *options, const struct session_config *config);

#endif
