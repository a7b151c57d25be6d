/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Writes a recording while a run goes on: all of it, block by block, so that
 * a file that is cut off anywhere can be read up to there; or only the last part, kept in memory.
 */
#ifndef MEMTRACE_RECORDING_RECORDER_H
#define MEMTRACE_RECORDING_RECORDER_H

#include "../base/outfile.h"
#include "../model/stack_lookup.h"
#include "head.h"
#include "history.h"

struct recorder;

struct recorder_request {
	struct outfile *file; /* borrowed, open: of OUTFILE_RECORDING, with last_ns of OUTFILE_DUMP; NULL: keep() */
	uint64_t last_ns;     /* keep only this much; 0: all */
	uint64_t max_bytes;   /* with last_ns: and of that what takes so much, packed; 0: any */
	/* max_bytes 0: none; else file is from history__open(). */
	struct history_limits history;
	const bool *has;   /* by record id: which events the recording can have; NULL: all */
	bool whole_blocks; /* blocks end when they are full alone: smaller, but it can be read only when it is finished
			    */
	/*
	 * Without file: takes over the last part, a whole recording from malloc(), a second after an OOM kill, or at
	 * the end of the run if that is earlier.
	 */
	void (*keep)(void *ctx, char *data, size_t size);
	bool (*may_keep)(void *ctx); /* whether keep() may be called now; until then it waits.  NULL: always */
	const char *(*cgroup)(void *ctx, uint64_t id);
	const struct mt_who *(*who)(void *ctx, uint64_t id);
	void *ctx;
};

/* What was written so far. */
struct recorder_stats {
	uint64_t events; /* records without tasks' counts and moments */
	uint64_t bytes;	 /* of the last file; of a history: written in all */
	unsigned int files;
	const char *path; /* of the last file, as people know it; NULL: none yet */
};

/* 0 or -ENOMEM.  What is in the file stays until there is something to write. */
int recorder__new(struct recorder **rec, const struct recorder_request *request);
/* Where call chains come from; without it only their ids are recorded. */
void recorder__set_stacks(struct recorder *rec, struct stack_lookup stacks);
/*
 * A record from before the run begins, which is a part of another one: counts start from it.  With head.window only;
 * the last one is a moment.  0 or -errno.
 */
int recorder__start_from(struct recorder *rec, const void *record);
/* The run begins: from now on blocks are written.  0 or -errno. */
int recorder__begin(struct recorder *rec, const struct recording_head *head);
/* A record that was checked for id and size; records may come before recorder__begin(). */
void recorder__take(void *rec, const void *record);
/*
 * Counts were brought up to date.  0, or the first -errno since the last call; after an error nothing more is
 * written.
 */
int recorder__checkpoint(struct recorder *rec, const struct checkpoint *checkpoint, const struct totals *totals,
			 uint64_t due_ns, bool final);
/* With last_ns: the last part is to be written at the next moment. */
void recorder__ask(struct recorder *rec);
/* The run is over: puts the file into its place; 0 or -errno.  With last_ns it is written unless it was already. */
int recorder__finish(struct recorder *rec, const struct command_outcome *outcome);
/* With last_ns: -errno of a file that could not be written since the last call, or 0; recording continues. */
int recorder__dump_error(struct recorder *rec);
/* Of a history: why nothing is written now, though counts go on: -ENOSPC, -EDQUOT; 0: all is written. */
int recorder__paused(const struct recorder *rec);
struct recorder_stats recorder__stats(const struct recorder *rec);
/* NULL is fine. */
void recorder__free(struct recorder *rec);

#endif
