/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The report of one OOM kill. */
#ifndef MEMTRACE_VIEWS_OOM_REPORT_H
#define MEMTRACE_VIEWS_OOM_REPORT_H

#include "../count/oom_ranking.h"
#include "../model/cgroup_path.h"
#include "../report/report.h"
#include "fields.h"

#define OOM_CAUSES_MAX	24
#define OOM_MISSING_MAX 16
#define OOM_TEXT	1536 /* a sentence with a path in it */

enum oom_origin_kind {
	OOM_FROM_LOG,
	OOM_FROM_RUN,	    /* that was there */
	OOM_FROM_RECORDING, /* of such a run */
	NR_OOM_ORIGIN_KINDS
};

/* Where what is known of a kill comes from. */
struct oom_origin {
	enum oom_origin_kind kind;
	const char *source;    /* "kernel log" */
	const char *ranking;   /* where points come from: "computed from the log's table" */
	uint64_t lost_records; /* of the source; MT_UNKNOWN_U64 */
	bool first;	       /* no report stands above this one */
	bool logged;	       /* of a run: the kernel's log has the kill, too */
};

struct oom_cause_found {
	const char *rule;
	char text[OOM_TEXT];
};

struct oom_missing {
	const char *what, *why;
};

/* Storage of what a report borrows; all zero at first. */
struct oom_view {
	const struct oom_kill *kill;
	struct oom_origin origin;
	struct oom_ranking ranking;
	struct oom_cause_found *causes; /* owned */
	size_t nr_causes;
	struct oom_missing missing[OOM_MISSING_MAX];
	size_t nr_missing;
	struct cgroup_path path; /* the victim's */
	char chain[OOM_CHAIN_MAX * 48], gfp[32];
	struct fields fields;
	struct oom_view_table {
		struct cell *cells;
		struct cell_rows rows;
	} others, zones, slabs, candidates, exempt, found, samples, grew, sources, gaps;
};

/* kill must live until the report was rendered.  0 or -ENOMEM; oom_view__done() in any case, after that. */
int oom_view__add(struct oom_view *view, const struct oom_kill *kill, const struct oom_origin *origin,
		  struct report *report);
void oom_view__done(struct oom_view *view);

#endif
