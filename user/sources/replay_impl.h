/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the files of replay: one recording, and segments that are read as one. */
#ifndef MEMTRACE_SOURCES_REPLAY_IMPL_H
#define MEMTRACE_SOURCES_REPLAY_IMPL_H

#include "../base/hash.h"
#include "../recording/reader.h"
#include "replay.h"
#include "replay_stacks.h"

struct cgroup_name {
	UT_hash_handle hh;
	uint64_t id;
	char *name;
};

struct replay {
	struct source source;
	struct sink sink;
	const char *path;
	FILE *stream;
	struct reader reader;
	struct recording_head head;
	struct checkpoint checkpoint;
	struct totals totals, base; /* as recorded; base: before the recorded part of the run */
	uint64_t own_cpu_ns;	    /* the same of memtrace's CPU time */
	/* of a history: */
	struct replay_segments segments;
	struct recording_head current;	   /* of the segment that is being read */
	struct decoder_moved moved;	   /* how its records are moved */
	uint64_t nr_runs, nr_boots;	   /* so far, less one */
	uint32_t end_of_stacks;		   /* ids of call chains so far are below it */
	struct totals done;		   /* of what came before base; all counts */
	uint64_t done_cpu_ns;		   /* the same of memtrace's CPU time */
	struct sample_record samples;	   /* the last ones, moved; hdr.id 0: none */
	uint64_t sample_moved[NR_SAMPLES]; /* is added to counters of the machine, which begin anew with each boot */
	struct cgroup_sample_record cgroups_said; /* the last one of the cgroup 0, moved; hdr.id 0: none */
	uint64_t left_out;			  /* cgroups that past runs left out: is added to those of this one */
	bool is_new_boot;			  /* since the last samples */
	bool is_new_run;			  /* since the last moment */
	bool stops_at_runs;			  /* where one begins is a moment */
	struct recorded_gap *gaps;		  /* owned */
	size_t nr_gaps;
	struct recorded_clock *clocks; /* owned */
	size_t nr_clocks;
	struct command_outcome outcome;
	struct cgroup_name *cgroups;
	size_t cgroup_bytes;
	bool is_brief;	    /* records of tasks are only counted */
	bool lacks_cgroups; /* there was no room for all of them */
	struct replay_stacks stacks;
};

void replay__close_reader(struct replay *replay);
/* Of the stream that is open; as reader__open(). */
int replay__open_reader(struct replay *replay, struct recording_head *head);

/* Adds what was counted since the base. */
void replay_history__add_totals(const struct replay *replay, struct totals *totals);
/* What comes next counts from another base. */
void replay_history__rebase(struct replay *replay, const struct totals *base, uint64_t own_cpu_ns);
/* The next moment of a segment is this one: if that is long after the last one, something is missing.  0 or -ENOMEM. */
int replay_history__moment(struct replay *replay, uint64_t now_ns);
/* A moment says how the wall's clock stands: if it was set since the last one, that is kept.  0 or -ENOMEM. */
int replay_history__clock(struct replay *replay, const struct checkpoint *checkpoint);
/* Opens the next segment: 1; 0: there is none; -errno. */
int replay_history__next(struct replay *replay);
/* The run that has begun makes a moment: when it began. */
uint64_t replay_history__begin_run(struct replay *replay);
/*
 * The record as it is in one recording of all: counters of the machine go on from boot to boot, and cgroups that are
 * left out from run to run.  Valid until the next call.
 */
const void *replay_history__move(struct replay *replay, const void *record);

#endif
