/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Named values for programs, put together one by one. */
#ifndef MEMTRACE_VIEWS_FIELDS_H
#define MEMTRACE_VIEWS_FIELDS_H

#include "../report/report.h"

#define FIELDS_MAX 96

/* What a report borrows; all zero at first. */
struct fields {
	struct column columns[FIELDS_MAX];
	struct cell cells[FIELDS_MAX];
	size_t nr;
};

/* path must outlive the report; what finds no room is left out. */
static inline void fields__add(struct fields *fields, const char *path, enum unit unit, struct cell cell)
{
	if (fields->nr == FIELDS_MAX)
		return;
	fields->columns[fields->nr] = (struct column){ .path = path, .unit = unit };
	fields->cells[fields->nr++] = cell;
}

/* A number that may be unknown. */
static inline void fields__number(struct fields *fields, const char *path, enum unit unit, uint64_t number)
{
	fields__add(fields, path, unit, number == MT_UNKNOWN_U64 ? cell_none() : cell_uint(number));
}

static inline void fields__report(const struct fields *fields, struct report *report)
{
	report__add_values(report, &(struct values){ .path = "",
						     .columns = fields->columns,
						     .cells = fields->cells,
						     .nr_columns = fields->nr });
}

#endif
