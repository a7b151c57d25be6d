/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is in a recording: how many records of each kind, and what it says about itself. */
#ifndef MEMTRACE_COUNT_RECORDING_SUMMARY_H
#define MEMTRACE_COUNT_RECORDING_SUMMARY_H

#include "../model/map_record.h"
#include "../model/recording_head.h"
#include "cgroup_counts.h"

/* Of samples, which are no events. */
struct samples_summary {
	uint64_t nr;
	uint64_t first_ns, last_ns;  /* boot time clock */
	bool known[NR_SAMPLE_FILES]; /* the kernel told something of it */
	struct cgroup_counts cgroups;
};

struct history_summary;

/* All zero at first. */
struct recording_summary {
	const struct recording_head *head; /* borrowed */
	struct run_facts facts;
	struct checkpoint end; /* the last moment of which something is known */
	struct totals totals;  /* up to then */
	uint64_t counts[MT_NR_RECS];
	struct samples_summary samples;
	uint64_t looks, looks_at;	       /* at mappings, and processes in them */
	const struct history_summary *history; /* the caller's: it is a history; NULL: one recording */
	int error;			       /* the first -errno of a record that could not be taken */
};

/* As struct sink's record; ctx is the summary.  Takes the counts and the samples. */
void recording_summary__take(void *summary, const void *record, size_t size);
/* What it owns; not the summary itself. */
void recording_summary__free(struct recording_summary *summary);

#endif
