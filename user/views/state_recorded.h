/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The machine's state from samples, as a recording has them: without zones, slab caches, devices and settings. */
#ifndef MEMTRACE_VIEWS_STATE_RECORDED_H
#define MEMTRACE_VIEWS_STATE_RECORDED_H

#include "../count/run_view.h"
#include "state.h"

/* All zero at first. */
struct state_recorded {
	struct machine before, now; /* as it was at the begin and at the end of a run or an interval */
	struct cgroup_states cgroups;
	struct cgroup_state *list; /* owned, as are paths of cgroups */
};

/* 1; 0: the recording has no samples; or -ENOMEM.  state_recorded__done() in any case. */
int state_recorded__fill(struct state_recorded *recorded, const struct run_view *view, enum scope scope);
void state_recorded__done(struct state_recorded *recorded);

#endif
