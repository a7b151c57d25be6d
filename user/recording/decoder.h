/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The bytes of a block to records.  Whatever the bytes are, nothing is read or written beyond what is there. */
#ifndef MEMTRACE_RECORDING_DECODER_H
#define MEMTRACE_RECORDING_DECODER_H

#include "../symbols/maps.h"
#include "../symbols/symtab.h"
#include "previous_values.h"
#include "layout.h"

struct decoder_who {
	uint64_t ref; /* 0: none */
	struct mt_who who;
	uint64_t announced_at; /* decoder.moments when its reference was announced last */
};

/*
 * Receives what a block defines besides tasks; any function may be NULL.  Names are not terminated, and may hold any
 * bytes.  0 or -ENOMEM.
 */
struct definitions {
	int (*cgroup)(void *ctx, uint64_t id, const char *name, size_t len);
	/* Addresses of a call chain, the leaf first. */
	int (*stack)(void *ctx, int32_t id, const uint64_t *addresses, size_t nr);
	/* The mappings of a process, which are the callee's from now on. */
	int (*maps)(void *ctx, uint32_t pid, uint64_t start_ns, struct proc_maps *maps);
	/* A function of the kernel. */
	int (*symbol)(void *ctx, const struct symbol *symbol);
	void *ctx;
};

/* Records of one run or boot are told apart from those of another, and their times follow on each other. */
struct decoder_moved {
	uint64_t time_ns;      /* is added to times, and taken from how far the wall's clock is ahead */
	uint64_t life, cgroup; /* change the numbers of lives and references, and of cgroups; 0: they stay */
	uint32_t stack;	       /* is added to ids of call chains; one that is too large then is none */
};

/* A cgroup's name that stands for one that was not known, as "[gone:7]": it takes no other's place.  Paths have a
 * slash. */
static inline bool definition__is_no_name(const char *name, size_t len)
{
	return len && name[0] == '[';
}

struct decoder {
	const struct layouts *layouts; /* the recording's */
	struct decoder_moved moved;
	struct definitions definitions;
	bool brief_tasks; /* records of tasks are wanted for their number alone: but for the header they are blank */

	const uint8_t *at, *end;
	uint64_t time_ns;
	uint32_t cpu;
	uint32_t last_who;
	uint64_t checkpoints;	       /* so far, and 1 */
	struct decoder_who *task_refs; /* numbers from 1 */
	size_t nr_task_refs, room_task_refs;
	struct previous_values previous;
	void *record;		       /* of the largest size */
	bool pending;		       /* an announcement was returned first; this record comes next */
	struct mt_who_is announcement; /* that announcement */
	const char *why;	       /* reason of -EBADMSG */
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
