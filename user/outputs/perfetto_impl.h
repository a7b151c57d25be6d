/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of the output for Perfetto share: packets of its file, and the tracks that it describes. */
#ifndef MEMTRACE_OUTPUTS_PERFETTO_IMPL_H
#define MEMTRACE_OUTPUTS_PERFETTO_IMPL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "perfetto.pb-c.h"

#define PERFETTO_TRACKS_MAX 65536 /* more have none of their own */
#define PERFETTO_KEY_MAX    320

struct report;

struct perfetto_file {
	FILE *stream;
	struct perfetto_entry *tracks;
	size_t nr_tracks;
	bool begun;
	int err;
};

/* A track that the file describes. */
struct perfetto_track {
	uint64_t uuid;
	double last;	 /* of a counter, the value that was written; NaN: none yet */
	uint64_t end_ns; /* of slices, where the last one ends */
};

/* Writes a packet. */
void perfetto__put(struct perfetto_file *file, PerfettoFile__TracePacket *packet);
/* Which time of day a moment is, NULL: not known. Written once, before all else. */
void perfetto__put_clocks(struct perfetto_file *file, const int64_t *wall_offset_ns, uint64_t boot_ns);
/*
 * The track of that key, after it was described as about says, if it is new.  NULL: there is no room or, with
 * file->err, no memory.
 */
struct perfetto_track *perfetto__track(struct perfetto_file *file, const char *key,
				       PerfettoFile__TrackDescriptor *about);
/* Its number; without one 0, the number of a track of all. */
uint64_t perfetto__uuid(struct perfetto_file *file, const char *key, PerfettoFile__TrackDescriptor *about);
/* Whether the file describes it. */
bool perfetto__has_track(const struct perfetto_file *file, const char *key);
void perfetto__free_tracks(struct perfetto_file *file);

/* The samples of an interval, at its end. */
void perfetto__put_samples(struct perfetto_file *file, const int64_t *wall_offset_ns, const struct report *report);

#endif
