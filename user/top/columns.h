/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What columns the table has: sets of them as tables, which of them fit, what stands in them. */
#ifndef MEMTRACE_TOP_COLUMNS_H
#define MEMTRACE_TOP_COLUMNS_H

#include "model.h"

#define TOP_MAX_COLUMNS 24

enum top_column_kind {
	TOP_COLUMN_PID,
	TOP_COLUMN_TID,
	TOP_COLUMN_UID,
	TOP_COLUMN_PROCESSES,
	TOP_COLUMN_NAME,
	TOP_COLUMN_VALUE,
	TOP_COLUMN_LIMIT,
	TOP_COLUMN_USED,
	TOP_COLUMN_OF_LIMIT,
	TOP_COLUMN_OOM_ADJ,
	TOP_COLUMN_SPARK,
	TOP_COLUMN_CGROUP,
};

enum top_measure {
	TOP_SUM,
	TOP_PER_SECOND,
	TOP_SHARE, /* a time, of the interval */
};

struct top_column {
	const char *title; /* NULL ends a set */
	enum top_column_kind kind;
	unsigned int width; /* at least */
	bool left;	    /* aligned */
	enum top_value value;
	enum top_measure measure;
	bool stall; /* who waits long comes first */
};

struct top_column_set {
	const char *name, *help;
	const struct top_column *columns; /* beside those that name a row */
	enum top_value spark;		  /* what the line of the last minute is about */
	const char *spark_name;
};

extern const struct top_column_set top_column_sets[NR_TOP_SETS];

/* The columns of a table from left to right; how many. */
size_t top_columns__list(enum top_group group, enum top_set set, const struct top_column *list[TOP_MAX_COLUMNS]);
/* The column that rows are in the order of by themselves. */
const struct top_column *top_columns__default(enum top_set set);
/* The column with that title, "/s" or not, or a counter's path in JSON; in the set first, else in any, which *set then
 * is.  NULL: none. */
const struct top_column *top_columns__find(enum top_group group, const char *name, enum top_set *set);

/* A number that grows with what is in the column; NAN: not known, or no number. */
double top_column__weight(const struct top_column *column, const struct top_row *row, uint64_t duration_ns);
/* Text that is sorted by, or NULL. */
const char *top_column__name(const struct top_column *column, const struct top_row *row);
/* Its text, "-" if it is not known.  known: of the moment.  Returns buf. */
const char *top_column__text(const struct top_column *column, const struct top_row *row,
			     const struct top_moment *moment, char *buf, size_t size);

struct top_layout {
	struct top_place {
		const struct top_column *column;
		unsigned int x, width;
	} places[TOP_MAX_COLUMNS];
	size_t nr;
};

/*
 * What fits into so many columns of a terminal: what names a row, then the set's columns, of which the one that is
 * sorted by is always there; then the line of the last minute, and the cgroup with what is left.
 */
void top_layout__make(struct top_layout *layout, enum top_group group, enum top_set set,
		      const struct top_column *sorted, unsigned int width);

#endif
