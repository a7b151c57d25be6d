/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A table of each keyed counter. */
#ifndef MEMTRACE_VIEWS_KEYED_H
#define MEMTRACE_VIEWS_KEYED_H

#include "../report/report.h"
#include "../count/run_view.h"

#define KEYED_MAX_COLUMNS 16

/* What a report borrows; all zero at first. */
struct keyed_tables {
	struct keyed_table {
		struct cell_rows rows; /* first: what reads it gets at the rest */
		struct column columns[KEYED_MAX_COLUMNS];
		struct cell *cells;
		struct histogram *hists;
		char rest[48];
	} tables[MT_NR_KEYED];
	char **texts; /* names of cgroups */
	size_t nr_texts;
};

/*
 * Those of the probes that are shown.  Unless not_in_text, text has the first rows of each, and one that sums up the
 * others, between empty lines; nothing of a table without a row of which the key is known.
 * 0 or -ENOMEM; keyed_tables__done() in any case, after the report was rendered.
 */
int keyed_tables__add(struct keyed_tables *tables, const struct run_view *view, struct report *report, enum scope scope,
		      bool not_in_text);
/* The same for one counter, in JSON alone, at that path; all counters of a struct keyed_tables are to be different. */
int keyed_tables__add_one(struct keyed_tables *tables, const struct run_view *view, struct report *report,
			  enum scope scope, enum mt_keyed id, const char *path);
void keyed_tables__done(struct keyed_tables *tables);

#endif
