/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Call paths by weight as sections of a report: a tree, or what memory was for, in text; each path in JSON. */
#ifndef MEMTRACE_VIEWS_CALL_PATHS_H
#define MEMTRACE_VIEWS_CALL_PATHS_H

#include "../count/call_tree.h"
#include "../count/chain_ends.h"
#include "../count/memory_kinds.h"
#include "../report/report.h"

#define CALL_PATH_NUMBERS 4
#define CALL_PATH_COLUMNS (CALL_PATH_NUMBERS + 3)

/* Memory that a program touched for the first time. */
#define CALL_PATHS_TOUCHED "first touch"

struct call_kind {
	char name[MEMORY_KIND_MAX];
	uint64_t sum;
};

struct call_paths_view {
	const struct call_paths *paths;
	const char *probe, *weight_name;
	enum call_weight weight;
	const char *title; /* of the weight: FAULTS */
	enum unit unit;
	bool has[NR_CALL_WEIGHTS]; /* that the events have */
	uint64_t page_size;
	uint64_t rows; /* of text, at most; 0: all */
	bool kinds;    /* what memory was for, in place of the tree */
	/* NULL at the end: names of what the last part of a path says in their place, as "[copied]"; NULL: it does not
	 */
	const char *const *told;
	const char *only;     /* paths of kinds whose names begin so; NULL: all */
	const uint64_t *ends; /* events by enum chain_end; NULL: they have no chains of programs */
	uint64_t outside;     /* frames that were no code, and are left out */
	/* below: storage of what the report borrows */
	const struct call_path **sorted;
	size_t nr;
	uint64_t totals[NR_CALL_WEIGHTS]; /* of all paths, and of what found no room */
	struct call_tree tree;
	struct column columns[3], path_columns[CALL_PATH_COLUMNS];
	uint32_t at;
	size_t pos, shown;
	char *line;
	struct call_kind *list;
	size_t nr_kinds;
	struct cell sums[NR_CALL_WEIGHTS + 3], chains[NR_CHAIN_ENDS + 1];
};

/* The caller sets the members up to kinds.  0 or -errno; call_paths_view__done() in any case, once it was rendered. */
int call_paths_view__add(struct call_paths_view *view, struct report *report);
/* Notes on how the chains were found, and how many are whole. */
void call_paths_view__say_chains(const struct call_paths_view *view, struct report *report);
void call_paths_view__done(struct call_paths_view *view);

#endif
