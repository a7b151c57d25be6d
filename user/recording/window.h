/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The last part of a run, as blocks in memory, and the counts that it starts from. */
#ifndef MEMTRACE_RECORDING_WINDOW_H
#define MEMTRACE_RECORDING_WINDOW_H

#include "../count/cgroup_counts.h"
#include "../count/keyed_elements.h"
#include "../count/task_counts.h"
#include "../model/titles.h"
#include "block.h"
#include "decoder.h"
#include "encoder.h"

struct window {
	const struct layouts *layouts;
	uint64_t last_ns;
	uint64_t max_bytes; /* of its blocks; 0: any */
	uint64_t bytes;	    /* of its blocks */
	struct window_block *first, *last;
	struct task_counts base;	/* what each life had counted when the window began */
	struct keyed_elements keyed;	/* what each element had counted then */
	struct sample_record samples;	/* the newest from before that; hdr.id 0: none */
	struct cgroup_counts cgroups;	/* the newest samples of each cgroup from before that */
	struct titles titles;		/* what processes that live were called then */
	struct checkpoint_record start; /* the moment at which it began; hdr.id 0: the run's start */
	struct decoder decoder;
	ZSTD_DCtx *zstd;
};

/* layouts must outlive it; 0 or -ENOMEM; window__free() in any case. */
int window__init(struct window *window, const struct layouts *layouts, uint64_t last_ns);
void window__free(struct window *window);
/* Counts a record as if its block had left already.  0 or -errno. */
int window__take(struct window *window, const void *record);
/* Forgets its blocks, and keeps what it starts from. */
void window__drop_blocks(struct window *window);
/* Forgets what is gone by now_ns, and is not needed to start from. */
void window__tidy(struct window *window, uint64_t now_ns);
/* Takes over a block, also when it fails; at_checkpoint: it ends with one.  0 or -errno. */
int window__add(struct window *window, struct block *block, bool at_checkpoint);
/* Drops blocks up to the last moment that is older than last_ns, or behind which max_bytes are left.  0 or -errno. */
int window__slide(struct window *window, uint64_t now_ns);
/*
 * Adds what the window starts from, as records: base counts and the moment.  Calls full whenever the encoder is full;
 * full must empty it.  0 or -errno.
 */
int window__encode_start(const struct window *window, struct encoder *enc, int (*full)(void *ctx, struct encoder *enc),
			 void *ctx);
/* Its blocks, oldest first, to write; stops at the first -errno. */
int window__each(const struct window *window, int (*write)(void *ctx, const void *data, size_t size), void *ctx);

#endif
