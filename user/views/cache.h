/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The page cache: what came and went, by file, by cgroup and by task. */
#ifndef MEMTRACE_VIEWS_CACHE_H
#define MEMTRACE_VIEWS_CACHE_H

#include "../count/cache_files.h"
#include "keyed.h"
#include "tasks_table.h"

#define CACHE_BY_FILE BY_ALL /* of a request: what text shows */
#define CACHE_NR_SUMS 7

/* Storage of what a report borrows; all zero at first. */
struct cache_view {
	const struct run_view *view;
	const struct cache_files *names; /* of files */
	enum scope scope;
	enum group_by by;
	size_t shown; /* rows of text; 0: all */
	const char *sort;
	struct tasks_table tasks;
	/* Files, then cgroups: */
	struct cache_table {
		struct cell_rows rows; /* first: what reads it gets at the rest */
		const struct column *columns;
		struct cell *cells; /* owned */
		size_t shown;
		char rest[32];
	} tables[2];
	char **texts; /* owned */
	size_t nr_texts;
	struct keyed_tables keyed;
	uint64_t sums[CACHE_NR_SUMS]; /* pages, in the order of enum mt_cache_op */
	const void **refaults;	      /* the kernel's own counts, of files and others; owned; NULL: unknown */
	size_t nr_refaults;
	struct cell facts[CACHE_NR_SUMS + 4];
};

/*
 * view and names must outlive it.  request->by is CACHE_BY_FILE for files.
 * EXIT_OK, or EXIT_USAGE after one line on stderr: there is no such column to sort by.
 */
int cache_view__init(struct cache_view *cache, const struct run_view *view, const struct cache_files *names,
		     const struct tasks_request *request);
/* Adds all of that scope to a report.  0 or -errno; cache_view__done() in any case. */
int cache_view__add(struct cache_view *cache, struct report *report, enum scope scope);
/* After the report was rendered. */
void cache_view__done(struct cache_view *cache);

#endif
