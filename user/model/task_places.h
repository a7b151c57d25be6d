/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where a task's counters are in what programs write: those of the probes that are on lie one behind the other, and the
 * others have no place.  All other code knows them by their slots.
 */
#ifndef MEMTRACE_MODEL_TASK_PLACES_H
#define MEMTRACE_MODEL_TASK_PLACES_H

#include "schema.h"

/* Fills the members of cfg that tell programs; probes has a bit per enum mt_probe. */
void task_places__plan(struct mt_cfg *cfg, uint32_t probes);

/* Bytes of a record (struct mt_task) and of a task's counters (struct mt_state), as programs know them. */
size_t task_places__record_size(const struct mt_cfg *cfg);
size_t task_places__state_size(const struct mt_cfg *cfg);

/* From counters at their places to slots[MT_NR_SLOTS], 0 for those that have none. */
void task_places__spread(const struct mt_cfg *cfg, const uint64_t *counters, uint64_t *slots);
/* The record as other code knows it; false if its size is wrong. */
bool task_places__read(const struct mt_cfg *cfg, const void *record, size_t size, struct mt_task *task);

#endif
