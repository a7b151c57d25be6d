/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Reads a recording: its head, then record by record.  Files come from other
 * machines and may be cut off, damaged or made up.
 */
#ifndef MEMTRACE_RECORDING_READER_H
#define MEMTRACE_RECORDING_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "block.h"
#include "decoder.h"

enum reader_end {
	READER_READING,
	READER_COMPLETE, /* it was closed when the run was over */
	READER_CUT_OFF,	 /* it ends in the middle: its writer was stopped, or the file is incomplete */
	READER_DAMAGED,	 /* what follows cannot be trusted */
};

struct reader {
	FILE *stream; /* borrowed */
	json_t *head;
	json_t *end; /* NULL: it has none, or not yet */
	struct layouts own, layouts;
	struct decoder decoder;
	ZSTD_DCtx *zstd;
	void *payload, *raw;
	size_t payload_room;
	uint64_t offset;    /* in the file: of the block that is being read, or could not be read */
	uint64_t next;	    /* offset of what is read next */
	uint64_t nr_blocks; /* read whole */
	uint64_t end_ns;    /* of the last of them */
	bool in_digest;	    /* that alone is read */
	enum reader_end state;
	char why[200]; /* why it cannot be read, or not any further */
};

/*
 * Reads up to the head.  stream is borrowed and read from where it is.  0; -EBADMSG with why if it
 * is no recording that can be read; another -errno (of reading, or -ENOMEM).  reader__close() in any case.
 */
int reader__open(struct reader *reader, FILE *stream);
void reader__close(struct reader *reader);
/*
 * Before the first record: goes on to the digest of what follows, if there is a whole one, and leaves all else out.  1;
 * 0: it has none, or cannot be sought in: nothing has changed; -errno.
 */
int reader__to_digest(struct reader *reader);
/* Where definitions go. */
void reader__on_definitions(struct reader *reader, const struct definitions *definitions);
/*
 * The next record, as from decoder__next().  1; 0 at the end (see state); -errno of reading, -ENOMEM, or -ECANCELED:
 * the run was over.
 */
int reader__next(struct reader *reader, const void **record);

#endif
