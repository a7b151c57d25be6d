/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The part of `memtrace oom` that waits for kills. */
#ifndef MEMTRACE_COMMANDS_OOM_LIVE_H
#define MEMTRACE_COMMANDS_OOM_LIVE_H

#include "../cli/options.h"

/* The exit code. */
int oom_live__run(const struct options *options);

#endif
