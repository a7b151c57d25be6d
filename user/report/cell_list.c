// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <stddef.h>
#include <stdlib.h>

#include "cell_list.h"

struct cell *cell_list__make(struct cell_list *list, size_t nr, size_t nr_columns)
{
	free(list->cells);
	list->cells = calloc(nr + 1, nr_columns * sizeof(*list->cells));
	list->rows = (struct cell_rows){ .cells = list->cells, .nr = nr, .nr_columns = nr_columns };
	return list->cells;
}

static int rest(void *ctx, size_t nr, struct cell *cells)
{
	struct cell_list *list = (void *)((char *)ctx - offsetof(struct cell_list, rows));

	return nr ? 0 : cell_rows__rest(&list->rows, list->shown, list->name, list->rest, sizeof(list->rest), cells);
}

void cell_list__add(struct cell_list *list, const struct table *table, size_t shown, size_t name, struct report *report)
{
	struct table own = *table;

	list->shown = shown;
	list->name = name;
	own.rows = cell_rows__source(&list->rows);
	own.text_rows = shown;
	own.rest = rest;
	report__add_table(report, &own);
}

void cell_list__free(struct cell_list *list)
{
	free(list->cells);
}
