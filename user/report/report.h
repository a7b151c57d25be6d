/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A command's result as typed cells, before any output renders it.  Commands and probes build reports and know no
 * format; outputs render them and know neither commands nor probes.
 *
 * A report borrows every string and array that it is given: they must live until it was rendered.  Strings in cells
 * may hold any bytes (names of processes are hostile); each output escapes in its own way.
 */
#ifndef MEMTRACE_REPORT_REPORT_H
#define MEMTRACE_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../model/schema.h"

enum cell_kind {
	CELL_NONE, /* not known, or this kernel cannot show it: "-" in text, null in JSON */
	CELL_UINT,
	CELL_INT,
	CELL_REAL,
	CELL_STRING,
	CELL_BOOL,
	CELL_ADDRESS,	/* u, in hexadecimal; a "0x..." string in JSON */
	CELL_HISTOGRAM, /* for JSON alone */
	CELL_TABLE,	/* for JSON alone: an array of its rows, held in memory */
	CELL_NUMBERS,	/* for JSON alone: an array of numbers in the column's unit, MT_UNKNOWN_U64 for null */
};

struct histogram;
struct table;
struct numbers;

struct cell {
	enum cell_kind kind;
	union {
		uint64_t u;
		int64_t i;
		double r;
		const char *s;
		bool b;
		const struct histogram *h;
		const struct table *t;
		const struct numbers *n;
	};
};

static inline struct cell cell_none(void)
{
	return (struct cell){ .kind = CELL_NONE };
}
static inline struct cell cell_uint(uint64_t u)
{
	return (struct cell){ .kind = CELL_UINT, .u = u };
}
static inline struct cell cell_int(int64_t i)
{
	return (struct cell){ .kind = CELL_INT, .i = i };
}
static inline struct cell cell_real(double r)
{
	return (struct cell){ .kind = CELL_REAL, .r = r };
}
static inline struct cell cell_string(const char *s)
{
	return s ? (struct cell){ .kind = CELL_STRING, .s = s } : cell_none();
}
static inline struct cell cell_bool(bool b)
{
	return (struct cell){ .kind = CELL_BOOL, .b = b };
}
static inline struct cell cell_address(uint64_t u)
{
	return (struct cell){ .kind = CELL_ADDRESS, .u = u };
}

static inline struct cell cell_histogram(const struct histogram *h)
{
	return (struct cell){ .kind = CELL_HISTOGRAM, .h = h };
}

static inline struct cell cell_table(const struct table *t)
{
	return t ? (struct cell){ .kind = CELL_TABLE, .t = t } : cell_none();
}

struct numbers {
	const uint64_t *list;
	size_t nr;
};

static inline struct cell cell_numbers(const struct numbers *n)
{
	return n ? (struct cell){ .kind = CELL_NUMBERS, .n = n } : cell_none();
}

/* A column of a table, or a field of an object. */
struct column {
	const char *title; /* in text; NULL: text leaves it out */
	const char *path;  /* in JSON, dots between levels; NULL: JSON leaves it out */
	enum unit unit;
	bool left;	    /* aligned to the left in text */
	bool key;	    /* text shows it also when it may not fit; printed first */
	bool main;	    /* what the table is about: viewers show this number first */
	bool rows;	    /* cells are tables */
	bool path_of_calls; /* JSON has an array of a string's parts, between which is ';' */
};

/*
 * Where a table's rows come from, so that none needs them all in memory.
 * next() fills one cell a column and returns 1, or 0 at the end, or -errno;
 * strings in cells stay valid until the next call.
 */
struct row_source {
	int (*rewind)(void *ctx);
	int (*next)(void *ctx, struct cell *cells);
	void *ctx;
};

/*
 * A table.  Text prints titles and rows, at most text_rows of them (0: all),
 * then, if rest is set, the rows that it fills; with a template,
 * instead, one line a row.  JSON prints an array of objects at path.
 */
struct table {
	const char *path; /* NULL: not in JSON */
	bool not_in_text;
	const char *heading; /* a line above the table, or NULL */
	const char *text;    /* template of a row's line, {path} or {title} where a cell goes; NULL: a table */
	const char *empty;   /* the line in place of a table without rows, or NULL */
	const struct column *columns;
	size_t nr_columns;
	struct row_source rows;
	size_t text_rows;
	/*
	 * Fills the cells of the rows at the end, which stand for those not shown or for all; called after text_rows
	 * (or all) were read, with nr from 0 on, as long as it returns 1; 0: there is none with that number; or
	 * -errno.  NULL: none.
	 */
	int (*rest)(void *ctx, size_t nr, struct cell *cells);
};

/* A row of named values: "lost: rare 0 hot 0"; in JSON one object at path. */
struct values {
	const char *path;    /* NULL: not in JSON; "": at the top level */
	const char *heading; /* text before it; NULL: not in text */
	const struct column *columns;
	const struct cell *cells;
	size_t nr_columns;
};

struct label {
	const char *name;
	const char *value;
};

/* count[i] holds the values in (2^(i-1), 2^i], count[0] those up to 1 (order: exactly i). */
struct histogram {
	const char *name;
	const char *help;
	enum unit unit;
	const struct label *labels;
	size_t nr_labels;
	const uint64_t *counts;
	size_t nr_counts;
	uint64_t sum;
	uint64_t count;
	bool exact; /* bucket i holds the value i, not a range: orders */
	/* The same in another run, which it is compared with; NULL: it is not compared, or was not measured there. */
	const struct histogram *before;
	double scale; /* of before: text multiplies its counts by it, so that both runs are as long */
};

/* From its first bucket with something in it up to the one behind the last; both 0: it is empty. */
void histogram__range(const struct histogram *hist, size_t *first, size_t *end);

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
};

/* A sample of a metric: a value, or a histogram of which hist gives counts, sum and count. */
struct sample {
	const struct label *labels;
	size_t nr_labels;
	double value; /* in the metric's base unit */
	const struct histogram *hist;
};

/* A family of samples with one HELP and TYPE; rendered by outputs for metrics only. */
struct metric {
	const char *name;
	const char *help;
	enum metric_type type;
	const struct sample *samples;
	size_t nr_samples;
};

enum section_kind {
	SECTION_TABLE,
	SECTION_VALUES,
	SECTION_HISTOGRAMS,
	SECTION_METRIC,
	SECTION_NOTE, /* a line for people, in text only */
};

struct section {
	enum section_kind kind;
	union {
		struct table table;
		struct values values;
		struct {
			const struct histogram *list;
			size_t nr;
			bool not_in_text;
		} hists;
		struct metric metric;
		char *note; /* owned */
	};
};

struct report {
	const char *schema; /* "memtrace.stat/1" */
	struct section *sections;
	size_t nr_sections;
	bool not_in_text;   /* only for programs */
	unsigned int width; /* of the terminal that its text is for, in columns; 0: of none */
	bool failed;	    /* memory ran out while it was built: outputs refuse it with -ENOMEM */
};

struct report *report__new(const char *schema); /* NULL if memory ran out */
void report__free(struct report *report);	/* NULL is fine */
void report__add_table(struct report *report, const struct table *table);
void report__add_values(struct report *report, const struct values *values);
void report__add_histograms(struct report *report, const struct histogram *list, size_t nr, bool not_in_text);
void report__add_metric(struct report *report, const struct metric *metric);
void report__add_note(struct report *report, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * A row source over an array of nr * nr_columns cells.  The struct must live
 * as long as the report.
 */
struct cell_rows {
	const struct cell *cells;
	size_t nr, nr_columns, pos;
};
struct row_source cell_rows__source(struct cell_rows *rows);
/*
 * The row behind shown rows (0: all are), "12 more (-k 0)" in the column name and nothing in the others: text, of size
 * bytes, is the caller's and borrowed by it.  1, or 0: no row was left out.
 */
int cell_rows__rest(const struct cell_rows *rows, size_t shown, size_t name, char *text, size_t size,
		    struct cell *cells);

#endif
