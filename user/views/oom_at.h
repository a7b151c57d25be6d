/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The report of a cgroup that has passed a share of its limit. */
#ifndef MEMTRACE_VIEWS_OOM_AT_H
#define MEMTRACE_VIEWS_OOM_AT_H

#include "../count/cgroup_paths.h"
#include "call_paths.h"
#include "oom_report.h"

/*
 * kill: what was before, the limit, and when that was; nobody was killed.  paths: of what led to page faults there
 * before, or NULL.  As oom_view__add(): 0 or -ENOMEM, and oom_view__done() and call_paths_view__done() in any case.
 */
int oom_at__add(struct oom_view *view, const struct oom_kill *kill, unsigned int percent, bool first,
		struct call_paths_view *paths, struct report *report);

#endif
