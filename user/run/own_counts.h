/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What memtrace counted between two moments, as figures to compare with the kernel's. */
#ifndef MEMTRACE_RUN_OWN_COUNTS_H
#define MEMTRACE_RUN_OWN_COUNTS_H

#include "reconcile.h"
#include "session.h"

/* Events, as they come. */
struct event_counts {
	uint64_t rounds, scanned_pages, reclaimed_pages; /* kswapd's */
	uint64_t pageless_sessions;			 /* the kernel said nothing of the pages of these */
	uint64_t kills, cgroup_kills;
	uint64_t placeless_kills; /* the kernel named the victim's thread alone */
};

struct own_moment {
	uint64_t slots[MT_NR_SLOTS];
	struct totals totals;
	struct event_counts events;
	struct under_way under_way;
};

struct own_counts {
	struct session *session;
	const char *cgroup; /* whose kills are told apart; "": nobody's */
	bool below;	    /* kills in cgroups below it count, too */
	struct event_counts events;
	struct own_moment begin, end;
	uint64_t family[MT_NR_SLOTS]; /* CMD and its descendants */
	uint64_t cmd[MT_NR_SLOTS];    /* CMD's own process */
};

void own_counts__event(struct own_counts *own, const struct event_row *row, const void *record);
/* Gives what is under way, and counted at its end alone, some time to end; 0 or -errno. */
int own_counts__settle(struct own_counts *own);
/* Fetches what there is up to now; 0 or -errno. */
int own_counts__take(struct own_counts *own, struct own_moment *moment);
/* CMD's rows, once it has ended; 0 or -errno. */
int own_counts__take_cmd(struct own_counts *own);
void own_counts__figure(const struct own_counts *own, const struct counter_row *row, struct own_figure *figure);
/* Fills those facts that memtrace measures; of faults with what the kernel says of exceptions, if it does. */
void own_counts__facts(const struct own_counts *own, const struct fault_exceptions *exceptions,
		       uint64_t facts[NR_FACTS]);

#endif
