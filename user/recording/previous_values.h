/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The values of the last record of each kind about each task in a block, which
 * the next one is written against.  Writer and reader keep the same.
 */
#ifndef MEMTRACE_RECORDING_PREVIOUS_VALUES_H
#define MEMTRACE_RECORDING_PREVIOUS_VALUES_H

#include <stddef.h>
#include <stdint.h>

struct lasts {
	size_t nr_layouts;
	uint32_t *places; /* by task and layout: 1 + where its values begin; 0: none yet */
	size_t nr_places, room_places;
	uint64_t *values;
	size_t nr_values, room_values;
};

void lasts__init(struct lasts *lasts, size_t nr_layouts);
void lasts__free(struct lasts *lasts);
/* A new block begins. */
void lasts__reset(struct lasts *lasts);
/*
 * *last: the nr values for that task (its number in the block) and layout, zeroes if there was no
 * record; valid until the next call.  0, -ENOMEM, or -E2BIG: more than MAX_LASTS values in all.
 */
int lasts__get(struct lasts *lasts, size_t who, size_t layout, size_t nr, uint64_t **last);

#endif
