/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Records to the bytes of a block.  Each block can be read by itself. */
#ifndef MEMTRACE_RECORDING_ENCODER_H
#define MEMTRACE_RECORDING_ENCODER_H

#include <stdbool.h>

#include "../model/stack_lookup.h"
#include "../model/task_refs.h"
#include "previous_values.h"
#include "layout.h"

struct encoder {
	const struct layouts *layouts;
	const struct layout *by_id[MT_NR_RECS]; /* NULL: such records are left out */
	/* The name of a cgroup; NULL: not now.  Without it names are left out. */
	const char *(*cgroup)(void *ctx, uint64_t id);
	/* The task that a reference stands for; NULL: unknown. */
	const struct mt_who *(*who)(void *ctx, uint64_t id);
	void *ctx;
	struct stack_lookup stacks; /* zeroes: call chains have ids only */
	struct digest *digest;	    /* is told of each record that is added; NULL: there is none */

	uint8_t *buf; /* the block so far */
	size_t size, room;
	uint32_t nr; /* records in it */
	uint64_t time_ns;
	uint32_t cpu;
	uint32_t last_who;
	struct encoder_who *task_refs, *refs;
	struct encoder_seen *seen; /* what this block has defined besides tasks */
	uint32_t nr_task_refs;
	struct previous_values previous;
	struct {
		uint64_t id;
		uint32_t number;
	} ref_cache[256];
	/* Chains that this block has, with all that they need while stacks.version is the same. */
	struct {
		uint64_t ref, version;
		int32_t id;
		uint32_t code; /* 0: none */
	} stack_cache[256];
};

/* layouts must outlive it. */
void encoder__init(struct encoder *enc, const struct layouts *layouts);
void encoder__free(struct encoder *enc);
/* Adds a record of MT_REC_* or REC_*, already checked for id and size.  0 or -ENOMEM. */
int encoder__add(struct encoder *enc, const void *record);
/* Whether the block should be closed before more is added. */
bool encoder__is_full(const struct encoder *enc);
/* A new block begins. */
void encoder__reset(struct encoder *enc);

#endif
