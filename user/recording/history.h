/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Days of history: a directory of segments, each a recording, one after the other.  The oldest go when they are too
 * old, or when the space is used up.  The directory has one writer, and is for its user alone.
 */
#ifndef MEMTRACE_RECORDING_HISTORY_H
#define MEMTRACE_RECORDING_HISTORY_H

#include "../base/outfile.h"
#include "rewrite.h"
#include "segments.h"

#define HISTORY_MIN_BYTES (8ULL << 20)

struct history_limits {
	uint64_t keep_ns;   /* a segment that ended so long ago goes */
	uint64_t max_bytes; /* of all segments, at least HISTORY_MIN_BYTES */
	uint64_t every_ns;  /* moments are at least so far apart; 0: all that come */
	uint32_t probes;    /* a bit per enum mt_probe: events of others are left out; 0: of none */
};

struct history {
	struct outfile *file; /* borrowed: of the segment that is written */
	DIR *dir;	      /* stays open: closing any descriptor of the directory would give up its lock */
	struct history_limits limits;
	struct segments closed;
	struct segment current;	 /* name "": none is written */
	uint64_t began_ns;	 /* boot time clock: when current began */
	uint64_t start_bytes;	 /* what its beginning took */
	uint32_t number;	 /* of the next one */
	uint32_t of_run;	 /* how many segments this run has begun */
	struct rewrite *rewrite; /* of a segment that is thinned; NULL: of none */
	uint32_t rewritten;	 /* its number */
	uint64_t looked_ns;	 /* boot time clock: when nothing was found to be thinned */
};

/*
 * Finds or makes the directory at path, and locks it: file then stands for the segment that is written, but nothing is.
 * 0 or -errno for outfile__report(); outfile__close() in any case.
 */
int history__open(struct outfile *file, const char *path);

/* file: from history__open(), borrowed.  0 or -errno; history__free() in any case. */
int history__init(struct history *history, struct outfile *file, const struct history_limits *limits);
void history__free(struct history *history);

/* The next segment begins at that time of both clocks.  0 or -errno of outfile__begin_as(). */
int history__begin(struct history *history, uint64_t now_ns, uint64_t wall_ns);
/* Writes to the segment that began.  0; -ENOSPC: there is no room within the limits; another -errno. */
int history__write(struct history *history, const void *data, size_t size);
/* What a segment has at its beginning is written. */
void history__begun(struct history *history);
/* Whether it is time for the next segment. */
bool history__is_due(const struct history *history, uint64_t now_ns);
/* The segment ends; err as in outfile__put(), whose result is returned.  What was written of it stays. */
int history__end(struct history *history, int err);
/* The segment ends before it could begin: nothing of it stays. */
void history__drop(struct history *history);
/*
 * What is older than a day has a moment a minute, what is older than a week one in ten minutes: a step on that way,
 * which takes some milliseconds, at that time of both clocks.  A segment that fails stays as it is.  0 or -ENOMEM.
 */
int history__thin(struct history *history, uint64_t now_ns, uint64_t wall_ns);
/* Whether the disk has room to go on, after it was full. */
bool history__has_room(const struct history *history);

#endif
