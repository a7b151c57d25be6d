/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rows of a table, made before it is added; text shows the first of them. */
#ifndef MEMTRACE_REPORT_CELL_LIST_H
#define MEMTRACE_REPORT_CELL_LIST_H

#include "report.h"

struct cell_list {
	struct cell *cells; /* owned */
	struct cell_rows rows;
	size_t shown, name;
	char rest[48];
};

/* Room for nr rows of nr_columns cells, which the caller fills in before it adds them.  NULL: no memory. */
struct cell *cell_list__make(struct cell_list *list, size_t nr, size_t nr_columns);
/*
 * Adds a table with these rows.  Text shows the first ones, as many as shown (0: all); a last row says how many more
 * there are, in the column with the number name.  list must live as long as the report.
 */
void cell_list__add(struct cell_list *list, const struct table *table, size_t shown, size_t name,
		    struct report *report);
void cell_list__free(struct cell_list *list);

#endif
