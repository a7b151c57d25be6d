// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "state_recorded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void forget_all(struct machine *machine, uint64_t page_size)
{
	memset(machine, 0, sizeof(*machine));
	memset(machine->values, 0xff, sizeof(machine->values));
	memset(machine->settings, 0xff, sizeof(machine->settings));
	memset(machine->within, 0xff, sizeof(machine->within));
	machine->extfrag = MT_UNKNOWN_U64;
	machine->page_size = page_size;
}

static void fill_machines(struct state_recorded *recorded, const struct run_view *view, enum scope scope)
{
	enum sample_id id;

	forget_all(&recorded->before, view->facts->page_size);
	forget_all(&recorded->now, view->facts->page_size);
	recorded->before.time_ns = run_view__begin_ns(view, scope);
	recorded->now.time_ns = recorded->before.time_ns + run_view__duration_ns(view, scope);
	for (id = 0; id < NR_SAMPLES; id++) {
		recorded->before.values[id] = view->samples->extents[scope][id].begin;
		recorded->now.values[id] = view->samples->extents[scope][id].end;
	}
}

static int fill_cgroup(struct cgroup_state *state, const struct cgroup_count *count, const struct run_view *view,
		       enum scope scope)
{
	uint64_t begin_ns = run_view__begin_ns(view, scope);
	enum cgroup_sample_id id;

	memset(&state->before, 0xff, sizeof(state->before));
	memset(&state->now, 0xff, sizeof(state->now));
	state->path = strdup(view->names->cgroup(view->names->ctx, count->id));
	state->id = count->id;
	state->gone = count->removed_ns;
	state->before.time_ns = count->since_ns > begin_ns ? count->since_ns : begin_ns;
	state->now.time_ns = begin_ns + run_view__duration_ns(view, scope);
	for (id = 0; id < NR_CGROUP_SAMPLES; id++) {
		state->before.values[id] = count->extents[scope][id].begin;
		state->now.values[id] = count->extents[scope][id].end;
	}
	return state->path ? 0 : -ENOMEM;
}

static int fill_cgroups(struct state_recorded *recorded, const struct run_view *view, enum scope scope)
{
	size_t nr = view->cgroups ? view->cgroups->nr : 0, i;
	struct cgroup_states *states = &recorded->cgroups;
	int err = 0;

	recorded->list = calloc(nr + 1, sizeof(*recorded->list));
	states->list = calloc(nr + 1, sizeof(struct cgroup_state *));
	if (!recorded->list || !states->list)
		return -ENOMEM;
	for (i = 0; !err && i < nr; i++) {
		states->list[states->nr++] = &recorded->list[i];
		err = fill_cgroup(&recorded->list[i], &view->cgroups->list[i], view, scope);
	}
	states->nr_read = states->nr;
	states->left_out = view->cgroups ? view->cgroups->left_out : 0;
	states->dying = MT_UNKNOWN_U64;
	return err;
}

int state_recorded__fill(struct state_recorded *recorded, const struct run_view *view, enum scope scope)
{
	int err;

	if (!view->samples || !view->samples->any)
		return 0;
	fill_machines(recorded, view, scope);
	err = fill_cgroups(recorded, view, scope);
	return err ? err : 1;
}

void state_recorded__done(struct state_recorded *recorded)
{
	size_t i;

	for (i = 0; i < recorded->cgroups.nr; i++)
		free((char *)recorded->cgroups.list[i]->path);
	free(recorded->cgroups.list);
	free(recorded->list);
	memset(recorded, 0, sizeof(*recorded));
}
