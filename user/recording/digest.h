/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The digest of a segment: what a list of days needs of it, so that the list need not read all that it has.  It is made
 * of records as any block, but for all those of one kind there is a number: the first and the last moment, and those
 * around missing ones; samples where the pressure grew; OOM kills; each cgroup once.
 */
#ifndef MEMTRACE_RECORDING_DIGEST_H
#define MEMTRACE_RECORDING_DIGEST_H

#include "../model/digest_record.h"
#include "encoder.h"

/* All zero at first. */
struct digest {
	uint64_t start_ns;	/* the owner's: when the segment begins */
	int64_t wall_offset_ns; /* the same: how far the wall's clock is ahead then; of the last kept moment */
	uint64_t tick_ns;	/* the same: how far moments are apart; 0: not known, so none is missing */
	struct digest_record left_out;
	struct checkpoint_record base, last; /* hdr.id 0: none */
	/* Moments before and after a time in which some are missing, and where the wall's clock was set; owned. */
	struct checkpoint_record *kept;
	struct sample_record sample; /* the first one; hdr.id 0: none */
	struct digest_look *looks;   /* the pressure in those behind it; owned */
	struct mt_oom *kills;	     /* owned */
	uint64_t *cgroups;	     /* ids; owned */
	size_t nr_kept, nr_looks, nr_kills, nr_cgroups;
	uint64_t left_out_cgroups; /* as in cgroup_sample_record */
	bool sampled_cgroups;	   /* any */
	bool is_flat;		   /* the pressure did not grow since the look before the last */
	int error;		   /* none can be made: -errno, of memory or as there is too much of something */
};

/* Takes a record that is written to the segment. */
void digest__take(struct digest *digest, const void *record);
/* Adds all of it to a block that is empty.  0; -errno, also of digest__take(): then there is none. */
int digest__encode(const struct digest *digest, struct encoder *enc);
/* Forgets all, and what it owns. */
void digest__reset(struct digest *digest);

#endif
