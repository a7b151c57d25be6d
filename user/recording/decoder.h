/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The bytes of a block to records.  Whatever the bytes are, nothing is read or written beyond what is there. */
#ifndef MEMTRACE_RECORDING_DECODER_H
#define MEMTRACE_RECORDING_DECODER_H

#include "lasts.h"
#include "layout.h"

struct decoder_who {
	uint64_t ref; /* 0: none */
	struct mt_who who;
	uint64_t told; /* decoder.moments when its reference was announced last */
};

struct decoder {
	const struct layouts *layouts; /* the recording's */
	/* The name of a cgroup, not terminated and anything in it. */
	void (*cgroup)(void *ctx, uint64_t id, const char *name, size_t len);
	void *ctx;

	const uint8_t *at, *end;
	uint64_t time_ns;
	uint32_t cpu;
	uint32_t last_who;
	uint64_t moments;	  /* so far, and 1 */
	struct decoder_who *whos; /* numbers from 1 */
	size_t nr_whos, room_whos;
	struct lasts lasts;
	void *record;	       /* of the largest size */
	bool pending;	       /* a reference was announced in its stead, and it comes next */
	struct mt_who_is told; /* that announcement */
	const char *why;       /* of -EBADMSG */
};

/* layouts must outlive it.  0 or -ENOMEM; decoder__free() in any case. */
int decoder__init(struct decoder *dec, const struct layouts *layouts);
void decoder__free(struct decoder *dec);
/* A block's bytes, which must stay until it is read. */
void decoder__start(struct decoder *dec, const void *bytes, size_t size);
/*
 * The next record in memtrace's own form, valid until the next call; a MT_REC_WHO comes
 * before the first record that refers to it.  1; 0 at the end; -EBADMSG with dec->why; -ENOMEM.
 */
int decoder__next(struct decoder *dec, const void **record);

#endif
