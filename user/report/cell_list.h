/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Rows of a table that are made before it is added, of which people see the first ones. */
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
 * Adds a table with these rows; of shown (0: of all) people see the cells, and of the others how many they are, in the
 * column name.  list must live as long as the report.
 */
void cell_list__add(struct cell_list *list, const struct table *table, size_t shown, size_t name,
		    struct report *report);
void cell_list__free(struct cell_list *list);

#endif
