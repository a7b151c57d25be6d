/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The single place that checks each record's id and size, and then passes it on. */
#ifndef MEMTRACE_COUNT_PIPELINE_H
#define MEMTRACE_COUNT_PIPELINE_H

#include "aggregate.h"
#include "../model/map_record.h"
#include "../model/source.h"
#include "../model/task_refs.h"
#include "../model/titles.h"
#include "keyed_counts.h"
#include "cgroup_counts.h"
#include "record_filter.h"
#include "sample_counts.h"
#include "task_roles.h"

struct pipeline {
	struct aggregate *aggregate;   /* may be NULL */
	struct sample_counts *samples; /* may be NULL */
	struct keyed_counts *keyed;    /* may be NULL */
	struct cgroup_counts *cgroups; /* may be NULL */
	struct task_roles *roles;      /* may be NULL */
	/* Each event (not task records) of a task that counts, also one that came before what is wanted, in order of
	 * arrival; may be NULL. */
	void (*event)(void *ctx, const struct event_row *row, const void *record);
	/* Each record of a look at memory (REC_MAP_*), the same; 0 or -errno; may be NULL. */
	int (*map)(void *ctx, const void *record);
	void *event_ctx; /* of both */
	/* Each well-formed record, after the others took it; may be NULL. */
	void (*every_record)(void *ctx, const void *record);
	void *every_record_ctx;
	struct record_filter *filter; /* may be NULL: all records count */
	struct task_refs task_refs;   /* freed by pipeline__done() */
	struct titles *titles;	      /* takes them; NULL: nobody asks */
	uint64_t malformed;	      /* records of an unknown id or a wrong size; counted as lost */
	int error;		      /* the first -errno of an aggregate call */
};

/* A sink that feeds the pipeline, which the caller owns. */
struct sink pipeline__sink(struct pipeline *pipeline);
void pipeline__done(struct pipeline *pipeline);

#endif
