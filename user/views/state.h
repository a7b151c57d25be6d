/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The machine's memory on one screen: what two looks at it found. */
#ifndef MEMTRACE_VIEWS_STATE_H
#define MEMTRACE_VIEWS_STATE_H

#include "../count/cgroup_sums.h"
#include "../count/machine_sums.h"
#include "../report/report.h"
#include "fields.h"

#define STATE_NOW_MAX 3 /* sentences about what is abnormal */

struct state_finding;

/* What is to be shown. */
struct state_looks {
	const struct machine *before; /* NULL: there is no earlier look, so nothing is known of growth */
	const struct machine *now;
	int64_t wall_offset_ns;		      /* what to add to the boot time clock for the time of day */
	bool recorded;			      /* looks are of a recording, and what is no sample is missing */
	bool interval;			      /* one of several, as -i asks for */
	const struct cgroup_states *cgroups;  /* NULL: there are none */
	const struct cgroup_filling *filling; /* what the report is about; NULL: the machine */
	bool by_cgroup;			      /* text has the table of cgroups */
	size_t rows;			      /* of it; 0: all */
};

/* Storage of what reports borrow; all zero at first. */
struct state {
	struct state_looks looks;
	double seconds; /* between them */
	struct fields fields;
	/* Rows of tables for programs; owned. */
	struct state_table {
		struct cell *cells;
		struct cell_rows rows;
	} zones, nodes, blocks, orders, slabs, callers, swaps, zrams, cgroups, levels, processes, now, gaps;
	struct cgroup_state **ranked; /* the worst first; owned */
	size_t nr_ranked;
	char rest[64];
	struct cell census[6], swappiness;
	struct column cgroup_columns[32];
	struct state_finding *found; /* what is abnormal; owned */
};

/*
 * The whole report.  0 or -ENOMEM; state__done() in any case, after it was rendered.
 */
int state__add(struct state *state, const struct state_looks *looks, struct report *report);
void state__done(struct state *state);
/* One line about what happened between the looks (there are two), with the titles of its columns before it if that is
 * wanted. */
void state__add_line(const struct state_looks *looks, struct report *report, bool titles);

#endif
