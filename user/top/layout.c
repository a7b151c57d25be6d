// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which columns fit. */
#include "columns.h"

#define SPARK_MIN 11
#define SPARK_MAX 60
#define LAST_MIN  12
#define ROOMY	  60 /* a terminal that wide keeps room for the line of the last minute */
#define NAME_MAX  48
#define NARROW	  50 /* below that names are cut */
#define NAME_MIN  10

static unsigned int put(struct top_layout *layout, const struct top_column *column, unsigned int x, unsigned int width)
{
	layout->places[layout->nr++] = (struct top_place){ .column = column, .x = x, .width = width };
	return x + width + 1;
}

static bool is_measure(const struct top_column *column)
{
	return column->kind != TOP_COLUMN_NAME && column->kind != TOP_COLUMN_SPARK &&
	       column->kind != TOP_COLUMN_CGROUP && column->kind != TOP_COLUMN_PID && column->kind != TOP_COLUMN_TID &&
	       column->kind != TOP_COLUMN_PROCESSES;
}

/* Paths need more room than names of processes; where there is little, numbers come first. */
static unsigned int name_width(const struct top_column *column, enum top_group group, unsigned int width)
{
	unsigned int wanted = width / 4;

	if (column->kind == TOP_COLUMN_NAME && width < NARROW)
		return NAME_MIN;
	if (column->kind != TOP_COLUMN_NAME || (group != TOP_BY_CGROUP && group != TOP_BY_UNIT))
		return column->width;
	if (wanted > NAME_MAX)
		wanted = NAME_MAX;
	return wanted > column->width ? wanted : column->width;
}

/* The first of the measures that are shown, so that the one that is sorted by is among them. */
static size_t first_measure(const struct top_column *const *list, size_t from, size_t to,
			    const struct top_column *sorted, unsigned int room)
{
	size_t first = from, i;
	unsigned int used;

	for (i = from; i < to && list[i] != sorted; i++)
		;
	if (i == to)
		return from;
	for (; first < i; first++) {
		size_t at;

		used = 0;
		for (at = first; at <= i; at++)
			used += list[at]->width + 1;
		if (used <= room)
			break;
	}
	return first;
}

/* The line of the last minute, then what comes last. */
static void put_rest(struct top_layout *layout, const struct top_column *spark, const struct top_column *last,
		     unsigned int x, unsigned int width)
{
	unsigned int room = width > x ? width - x : 0, spark_width = room;

	if (room < SPARK_MIN)
		return;
	if (last && room >= SPARK_MIN + 1 + LAST_MIN)
		spark_width = room * 3 / 5 > SPARK_MIN ? room * 3 / 5 : SPARK_MIN;
	if (spark_width > SPARK_MAX)
		spark_width = SPARK_MAX;
	x = put(layout, spark, x, spark_width);
	if (last && x + LAST_MIN <= width)
		put(layout, last, x, width - x);
}

void top_layout__make(struct top_layout *layout, enum top_group group, enum top_set set,
		      const struct top_column *sorted, unsigned int width)
{
	const struct top_column *list[TOP_MAX_COLUMNS];
	size_t nr = top_columns__list(group, set, list), i, first, end;
	unsigned int x = 0, reserved = width >= ROOMY ? 1 + SPARK_MIN : 0;

	layout->nr = 0;
	for (i = 0; i < nr && !is_measure(list[i]); i++)
		x = put(layout, list[i], x, name_width(list[i], group, width));
	for (end = i; end < nr && is_measure(list[end]); end++)
		;
	first = first_measure(list, i, end, sorted, width > x + reserved ? width + 1 - x - reserved : 0);
	for (i = first; i < end && x + list[i]->width + reserved <= width; i++)
		x = put(layout, list[i], x, list[i]->width);
	put_rest(layout, list[end], end + 1 < nr ? list[end + 1] : NULL, x, width);
}
