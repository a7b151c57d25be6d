/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Faults of processes by address and time, as a section of a report for programs: a map of rows for each process. */
#ifndef MEMTRACE_VIEWS_FAULT_MAPS_H
#define MEMTRACE_VIEWS_FAULT_MAPS_H

#include "../count/fault_map.h"
#include "../count/map_recorded.h"
#include "../report/event.h"
#include "over_time.h"

#define FAULT_MAP_ROWS	64 /* of a process */
#define FAULT_MAP_AREAS 40 /* what further ones have is one row */

/* Mappings, or, where these are not known, addresses that lie near each other.  Rows divide it evenly. */
struct fault_area {
	const struct fault_block *first, *last; /* NULL: all further areas */
	uint64_t faults;
	size_t row, rows; /* the first one, and how many */
};

/* All zero at first. */
struct fault_maps_view {
	struct fault_maps maps;
	struct map_recorded look;
	enum mt_rec_id event;
	const struct fault_map *at;
	bool begun;
	struct fault_area *areas; /* owned: of the process that was read last, as are the next ones */
	size_t nr_areas;
	uint64_t cells[FAULT_MAP_ROWS][OVER_TIME_MAX];
	struct cell *area_cells; /* owned */
	struct cell_rows area_rows;
	struct table area_table;
	struct number_list numbers;
	size_t nr_shown, nr_cells;
	struct cell left_out[1];
};

/* An event came, of faults or of others; at: the stretch that it is in.  every: bits of the probes that have each
 * single event; page_size in bytes.  0 or -ENOMEM; fault_maps_view__done() in any case. */
int fault_maps_view__event(struct fault_maps_view *view, const struct event_row *row, const void *record,
			   const struct event_names *names, uint32_t every, uint64_t page_size, uint32_t at);
/* A record of a look at mappings (REC_MAP_*).  0 or -ENOMEM. */
int fault_maps_view__look(struct fault_maps_view *view, const void *record);
/* 0 or -ENOMEM. */
int fault_maps_view__add(struct fault_maps_view *view, struct report *report);
void fault_maps_view__done(struct fault_maps_view *view);

#endif
