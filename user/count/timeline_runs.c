// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* From entries of a timeline to lines: runs of one kind stand in one line, and lines come in order. */
#include <stdlib.h>
#include <string.h>

#include "timeline_impl.h"
#include "../base/hash.h"

#define SHOWN 3 /* entries of a run that have a line of their own */

static uint64_t run_key(const struct timeline_entry *entry)
{
	struct {
		uint64_t kind, pid, start_ns, cgroup_id, node;
	} key = { .kind = entry->kind };

	if (timeline_folds[entry->kind] == FOLD_NODE) {
		key.node = (uint32_t)entry->node;
	} else {
		key.pid = entry->who.pid;
		key.start_ns = entry->who.start_ns;
		key.cgroup_id = entry->cgroup_id;
	}
	return hash__keyed(&key, sizeof(key));
}

static bool folds(const struct timeline_entry *entry)
{
	return timeline_folds[entry->kind] == FOLD_NODE || timeline_folds[entry->kind] == FOLD_TASK;
}

static void add(uint64_t *sum, uint64_t more)
{
	*sum = *sum == MT_UNKNOWN_U64 || more == MT_UNKNOWN_U64 ? MT_UNKNOWN_U64 : *sum + more;
}

static void merge_task(struct mt_who *who, const struct mt_who *other)
{
	if (who->pid != other->pid || who->start_ns != other->start_ns)
		memset(who, 0, sizeof(*who));
	if (who->tid == other->tid)
		return;
	who->tid = 0;
	memset(who->tcomm, 0, sizeof(who->tcomm));
}

/* What is not the same in all of a run is unknown. */
static void merge(struct timeline_entry *run, const struct timeline_entry *entry)
{
	run->events += entry->events;
	run->number += entry->number;
	run->duration_ns += entry->duration_ns;
	if (run->start_ns > entry->start_ns)
		run->start_ns = entry->start_ns;
	if (run->end_ns < entry->end_ns)
		run->end_ns = entry->end_ns;
	run->partial |= entry->partial;
	run->seen |= entry->seen;
	add(&run->scanned_pages, entry->scanned_pages);
	add(&run->reclaimed_pages, entry->reclaimed_pages);
	merge_task(&run->who, &entry->who);
	if (run->order != entry->order)
		run->order = MT_UNKNOWN_S32;
	if (run->gfp_flags != entry->gfp_flags)
		run->gfp_flags = MT_UNKNOWN_U64;
	if (strcmp(run->function, entry->function) != 0)
		run->function[0] = '\0';
}

static struct timeline_run *run_of(struct timeline *timeline, uint64_t key)
{
	return &timeline->runs[key % TIMELINE_RUNS];
}

/* The run that the entry goes on with, or begins. */
static struct timeline_run *continued(struct timeline *timeline, const struct timeline_entry *entry)
{
	uint64_t key = run_key(entry);
	struct timeline_run *run = run_of(timeline, key);
	bool over = entry->start_ns > run->end_ns && entry->start_ns - run->end_ns > TIMELINE_RUN_NS;

	if (run->key != key || over)
		*run = (struct timeline_run){ .key = key };
	if (run->end_ns < entry->end_ns)
		run->end_ns = entry->end_ns;
	return run;
}

uint64_t timeline__line(struct timeline *timeline, struct timeline_entry *entry, bool *is_line)
{
	struct timeline_run *run = folds(entry) ? continued(timeline, entry) : NULL;

	*is_line = false;
	/* what began before the run's line did would be found below what it caused */
	if (run && run->more && run->more->place <= entry->place) {
		merge(run->more, entry);
		return run->more->id;
	}
	entry->id = ++timeline->next_id;
	if (timeline_queue__add(&timeline->lines, entry)) {
		timeline->counts[entry->kind].left_out += entry->events;
		return 0;
	}
	*is_line = true;
	if (run && run->shown++ >= SHOWN)
		run->more = entry;
	return entry->id;
}

/* Nothing is added to a line that is out. */
static void end_run(struct timeline *timeline, const struct timeline_entry *entry)
{
	struct timeline_run *run = folds(entry) ? run_of(timeline, run_key(entry)) : NULL;

	if (run && run->more == entry)
		run->more = NULL;
}

static bool is_due(const struct timeline *timeline, const struct timeline_entry *entry)
{
	return timeline->lines.nr > timeline->config.max ||
	       (timeline->now_ns > entry->place &&
		timeline->now_ns - entry->place >= timeline->config.hold_ns + TIMELINE_RUN_NS);
}

static int emit(struct timeline *timeline, struct timeline_entry *entry)
{
	struct timeline_count *count = &timeline->counts[entry->kind];

	end_run(timeline, entry);
	entry->late = entry->place < timeline->emitted_ns;
	if (!entry->late)
		timeline->emitted_ns = entry->place;
	count->lines++;
	count->late += entry->late;
	return timeline->config.emit(timeline->config.ctx, entry);
}

int timeline__emit(struct timeline *timeline, bool all)
{
	struct timeline_entry *entry;
	int err = 0;

	while (!err && (entry = timeline_queue__first(&timeline->lines)) && (all || is_due(timeline, entry))) {
		timeline_queue__take(&timeline->lines);
		err = emit(timeline, entry);
		free(entry);
	}
	return err;
}
