/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The values of the last record of each kind about each task in a block; the next one is written as differences to
 * them.  Writer and reader keep the same values.
 */
#ifndef MEMTRACE_RECORDING_PREVIOUS_VALUES_H
#define MEMTRACE_RECORDING_PREVIOUS_VALUES_H

#include <stddef.h>
#include <stdint.h>

struct previous_values {
	size_t nr_layouts;
	uint32_t *places; /* by task and layout: 1 + where its values begin; 0: none yet */
	size_t nr_places, room_places;
	uint64_t *values;
	size_t nr_values, room_values;
};

void previous_values__init(struct previous_values *previous, size_t nr_layouts);
void previous_values__free(struct previous_values *previous);
/* A new block begins. */
void previous_values__reset(struct previous_values *previous);
/*
 * *last: the nr values for that task (its number in the block) and layout, zeroes if there was no
 * record; valid until the next call.  0, -ENOMEM, or -E2BIG: more than MAX_PREVIOUS_VALUES values in all.
 */
int previous_values__get(struct previous_values *previous, size_t who, size_t layout, size_t nr, uint64_t **last);

#endif
