/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Fewer moments: records of a run go in, and those come out that a run has whose counts were brought up to date less
 * often.  Counts stay exact, since those of tasks and of keyed counters are absolute: of each life, under one name in
 * one cgroup, the last record before a moment stays.  Of samples the last one stays, and the one of a peak: of the
 * machine that with the least memory available, of a cgroup that with the most memory.  Single events stay.
 */
#ifndef MEMTRACE_RECORDING_THINNER_H
#define MEMTRACE_RECORDING_THINNER_H

#include <stdbool.h>

#include "../base/hash.h"
#include "../count/keyed_elements.h"
#include "../model/samples.h"
#include "layout.h"

/* Samples of the machine stay that often, a minute apart at most: what stands out is found in those
 * (history_summary.h). */
#define THINNER_SAMPLES_NS 45000000000ULL

/* Records of further cgroups all stay: a recording may say anything. */
#define THINNER_CGROUPS_MAX 1024

struct thinner {
	uint64_t every_ns; /* moments are at least so far apart; 0: all stay */
	uint64_t last_due_ns;
	/* Takes what stays.  0 or -errno. */
	int (*emit)(void *ctx, const void *record);
	void *ctx;
	/* what is held: */
	struct thinner_task *tasks;
	struct thinner_cgroup *cgroups;
	struct keyed_elements keyed;
	struct sample_record samples, least; /* hdr.id 0: none */
	uint64_t samples_ns;		     /* when samples were emitted last */
	struct checkpoint_record moment;     /* the last one, if it did not stay; hdr.id 0: it did */
};

/* thinner__free() in any case. */
void thinner__init(struct thinner *thinner, uint64_t every_ns, int (*emit)(void *ctx, const void *record), void *ctx);
void thinner__free(struct thinner *thinner);
/*
 * Takes a record that was checked for id and size, or a moment; one that is final or a base stays.  0, -ENOMEM, or what
 * emit returned.
 */
int thinner__take(struct thinner *thinner, const void *record);
/* Whether a moment that is due then stays. */
bool thinner__keeps(const struct thinner *thinner, const struct checkpoint_record *moment);
/* All that is held comes out, the last moment as well.  0 or as above. */
int thinner__end(struct thinner *thinner);

#endif
