/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What reclaim went through and got back, in words. */
#ifndef MEMTRACE_VIEWS_YIELDS_H
#define MEMTRACE_VIEWS_YIELDS_H

#include "../count/run_view.h"
#include "../report/report.h"

/*
 * Adds a line for each of the largest: "kswapd scanned 342MiB, got back 41MiB (12%)"; none where nothing was reclaimed
 * or the kernel does not tell.  0 or -ENOMEM.
 */
int yields__say(const struct run_view *view, struct report *report, enum scope scope);

#endif
