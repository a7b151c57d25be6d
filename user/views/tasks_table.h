/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The table of processes (or threads, comms, cgroups): the probes' columns for people, all counters for programs. */
#ifndef MEMTRACE_VIEWS_TASKS_TABLE_H
#define MEMTRACE_VIEWS_TASKS_TABLE_H

#include "../report/report.h"
#include "../count/run_view.h"

#define TASKS_MAX_COLUMNS  (MT_NR_SLOTS + 32)
#define TASKS_MAX_MEASURES 32

/* What is to be shown. */
struct tasks_request {
	enum group_by by;
	size_t rows;	  /* in text; 0: all */
	const char *sort; /* a column's title or path; NULL: who waits longest, then who does most */
	bool wide;	  /* with each process's command line */
	bool command;	  /* the same, and its parent, also in JSON */
	bool counts;	  /* in text, counts and sums in place of rates */
	/* What a view of its own shows in place of the probes' columns and of all counters; NULL: those. */
	const struct tasks_view *view;
	void *ctx; /* for its functions */
};

struct tasks_view {
	const struct probe_column *columns;
	const char *bar_before; /* the title of the column before which a bar stands, or NULL */
	/* The part of the time that is comparable with PSI, by row; MT_UNKNOWN_U64: unknown.  NULL: no such column. */
	uint64_t (*some_ns)(void *ctx, const struct entity *entity);
	/* Rows at the table's end, in text alone: fills the cells of the one with that number; 0: there is none. */
	int (*foot)(void *ctx, size_t nr, struct cell *cells);
};

struct tasks_table {
	const struct run_view *view;
	enum scope scope;
	enum group_by by;
	double seconds;
	struct column columns[TASKS_MAX_COLUMNS];
	/* What fills a column: */
	struct tasks_source {
		int kind; /* enum in tasks_table.c */
		const struct probe_column *measure;
		enum mt_slot slot;
	} sources[TASKS_MAX_COLUMNS];
	size_t nr_columns;
	char titles[TASKS_MAX_MEASURES][16]; /* of measures */
	size_t nr_measures;
	bool counts;
	/* Columns to sort by, rows that are equal in one by the next. */
	size_t order[TASKS_MAX_COLUMNS];
	size_t nr_order;
	struct tasks_request request;
	bool sorted;		     /* as the user says: the first of these stays the first */
	size_t shown;		     /* rows that text prints; 0: all */
	struct selection *selection; /* of the report in progress */
	size_t pos;
	struct entity entity;
	char cgroup[512], rest[64];
	uint64_t rest_counts[MT_NR_SLOTS];
};

/*
 * Columns by the probes that are shown.  view must outlive the table.
 * EXIT_OK, or EXIT_USAGE after one line on stderr that names what --sort accepts.
 */
int tasks_table__init(struct tasks_table *table, const struct run_view *view, const struct tasks_request *request);
/* The cell of a row at the table's end: name for its first column of text, sum or NULL for the others. */
void tasks_table__foot(struct tasks_table *table, const char *name, const uint64_t *counts, uint64_t some_ns,
		       struct cell *cells);
/* Selects the rows of that scope, and adds the table to the report at that path.  0 or -errno. */
int tasks_table__add(struct tasks_table *table, struct report *report, enum scope scope, const char *path);
/* After the report was rendered. */
void tasks_table__done(struct tasks_table *table);

/* A probe's column of a sum over slots, or "not known". */
struct cell tasks_table__measure(const struct tasks_table *table, const struct probe_column *column,
				 const uint64_t *counts);

#endif
