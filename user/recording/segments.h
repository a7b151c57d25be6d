/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The names of a history's segments, and which there are in a directory. */
#ifndef MEMTRACE_RECORDING_SEGMENTS_H
#define MEMTRACE_RECORDING_SEGMENTS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_NAME_MAX   40
#define SEGMENT_NUMBER_MAX 99999999

/* "20261128T031000Z-00000042.rec". */
struct segment {
	char name[SEGMENT_NAME_MAX];
	uint64_t wall_s;   /* when it began, seconds since the Unix epoch */
	uint32_t number;   /* grows from each to the next, whatever the clock does */
	uint64_t bytes;	   /* what it takes on the disk, in whole pages */
	bool is_known;	   /* the following is; of history.h */
	bool stays;	   /* it cannot be written again */
	uint64_t every_ns; /* moments in it are at least so far apart */
};

struct segments {
	struct segment *list; /* by number; owned */
	size_t nr, room;
	uint64_t bytes; /* of all of them */
};

/* Fills all but bytes.  false: it is not the name of a segment. */
bool segment__parse(struct segment *segment, const char *name);
/* Fills name, wall_s and number; false: there is no such name (a number or a year that is too large). */
bool segment__name(struct segment *segment, uint64_t wall_s, uint32_t number);
/* What a file of so many bytes takes. */
uint64_t segment__takes(uint64_t bytes);

/*
 * Regular files with one name in that directory that are called like segments; own: only those of the caller.  0 or
 * -errno; segments__free() in any case.
 */
int segments__read(struct segments *segments, DIR *dir, bool own);
/* Adds one behind the last.  0 or -ENOMEM. */
int segments__add(struct segments *segments, const struct segment *segment);
/* Forgets the first ones. */
void segments__drop(struct segments *segments, size_t nr);
void segments__free(struct segments *segments);

#endif
