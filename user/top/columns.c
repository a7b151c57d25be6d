// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../base/units.h"

/* A column that sorts has a mark behind its title: there is room for it. */
#define VALUE(title_, width_, value_, measure_)                                                                        \
	{                                                                                                              \
		.title = title_, .kind = TOP_COLUMN_VALUE, .width = width_, .value = value_, .measure = measure_       \
	}
#define RATE(title, width, value) VALUE(title, width, value, TOP_PER_SECOND)
#define SUM(title, width, value)  VALUE(title, width, value, TOP_SUM)

static const struct top_column pid = { .title = "PID", .kind = TOP_COLUMN_PID, .width = 7 };
static const struct top_column tid = { .title = "TID", .kind = TOP_COLUMN_TID, .width = 7 };
static const struct top_column processes = { .title = "PROCS", .kind = TOP_COLUMN_PROCESSES, .width = 6 };
static const struct top_column comm = { .title = "COMM", .kind = TOP_COLUMN_NAME, .width = 15, .left = true };
static const struct top_column cgroup = { .title = "CGROUP", .kind = TOP_COLUMN_CGROUP, .width = 12, .left = true };
static const struct top_column branch = { .title = "CGROUP", .kind = TOP_COLUMN_NAME, .width = 20, .left = true };
static const struct top_column unit = { .title = "UNIT", .kind = TOP_COLUMN_NAME, .width = 20, .left = true };
static const struct top_column spark = { .title = "LAST MINUTE", .kind = TOP_COLUMN_SPARK, .width = 11, .left = true };

/* What names a row, and what comes last. */
static const struct {
	const struct top_column *leads[4], *last;
} groups[NR_TOP_GROUPS] = {
	[TOP_BY_PROCESS] = { { &pid, &comm }, &cgroup }, [TOP_BY_THREAD] = { { &pid, &tid, &comm }, &cgroup },
	[TOP_BY_NAME] = { { &processes, &comm }, NULL }, [TOP_BY_CGROUP] = { { &processes, &branch }, NULL },
	[TOP_BY_UNIT] = { { &processes, &unit }, NULL },
};

#define STALL_SHARE                                                                                                    \
	{                                                                                                              \
		.title = "STALL%", .kind = TOP_COLUMN_VALUE, .width = 7, .value = TOP_STALLED, .measure = TOP_SHARE,   \
		.stall = true                                                                                          \
	}

#define OF_LIMIT                                                                                                       \
	{                                                                                                              \
		.title = "LIMIT%", .kind = TOP_COLUMN_OF_LIMIT, .width = 7                                             \
	}

static const struct top_column overview[] = {
	RATE("MINOR/s", 8, TOP_MINOR),
	RATE("MAJOR/s", 8, TOP_MAJOR),
	RATE("ALLOC/s", 8, TOP_ALLOCATED),
	STALL_SHARE,
	SUM("RSS", 8, TOP_RSS),
	OF_LIMIT,
	SUM("SWAP", 8, TOP_SWAP),
	{},
};

static const struct top_column faults[] = {
	RATE("MINOR/s", 8, TOP_MINOR),
	RATE("MAJOR/s", 8, TOP_MAJOR),
	RATE("USER/s", 8, TOP_USER_MODE),
	RATE("KERNEL/s", 9, TOP_KERNEL_MODE),
	RATE("WRITE/s", 8, TOP_WRITE),
	RATE("EXEC/s", 8, TOP_EXEC),
	{},
};

static const struct top_column allocation[] = {
	RATE("ALLOC/s", 8, TOP_ALLOCATED),
	RATE("CALLS/s", 8, TOP_ALLOCATIONS),
	RATE("USER/s", 8, TOP_FOR_USER),
	RATE("KERNEL/s", 9, TOP_FOR_KERNEL),
	RATE("UNMOV/s", 8, TOP_UNMOVABLE),
	RATE("ORDER4+/s", 10, TOP_HIGH_ORDER),
	SUM("FAILED", 7, TOP_FAILED),
	RATE("RECLAIM/s", 10, TOP_RECLAIMED),
	{},
};

static const struct top_column stalls[] = {
	SUM("STALLED", 8, TOP_STALLED), STALL_SHARE,
	SUM("MEMCG", 7, TOP_MEMCG),	SUM("HIGH", 7, TOP_HIGH),
	SUM("DIRECT", 7, TOP_DIRECT),	SUM("COMPACT", 8, TOP_COMPACT),
	SUM("SWAPIN", 7, TOP_SWAPIN),	SUM("REFAULT", 8, TOP_REFAULT),
	SUM("OTHER", 7, TOP_OTHER),	SUM("FILE", 7, TOP_FILE),
	SUM("DIRTY", 7, TOP_DIRTY),	SUM("MMAPLOCK", 9, TOP_MMAP_LOCK),
	SUM("OOM", 7, TOP_OOM_WAIT),	{},
};

static const struct top_column memory[] = {
	SUM("RSS", 8, TOP_RSS),
	OF_LIMIT,
	{ .title = "LIMIT", .kind = TOP_COLUMN_LIMIT, .width = 8 },
	{ .title = "USED", .kind = TOP_COLUMN_USED, .width = 8 },
	SUM("SWAP", 8, TOP_SWAP),
	SUM("ANON", 8, TOP_ANON),
	SUM("FILE", 8, TOP_FILE_RSS),
	SUM("SHMEM", 8, TOP_SHMEM),
	SUM("PTABLES", 8, TOP_PAGE_TABLES),
	{ .title = "ADJ", .kind = TOP_COLUMN_OOM_ADJ, .width = 5 },
	{},
};

const struct top_column_set top_column_sets[NR_TOP_SETS] = {
	[TOP_OVERVIEW] = { "overview", "a bit of each", overview, TOP_MINOR, "minor faults" },
	[TOP_FAULTS] = { "faults", "page faults, by what they were", faults, TOP_MINOR, "minor faults" },
	[TOP_ALLOCATION] = { "allocation", "memory allocated, for what", allocation, TOP_ALLOCATED,
			     "memory allocated" },
	[TOP_STALLS] = { "stalls", "time waited for memory, by cause", stalls, TOP_STALLED, "time stalled" },
	[TOP_MEMORY] = { "memory", "memory held, against limits", memory, TOP_RSS, "memory held" },
};

size_t top_columns__list(enum top_group group, enum top_set set, const struct top_column *list[TOP_MAX_COLUMNS])
{
	const struct top_column *column;
	size_t nr = 0, i;

	for (i = 0; groups[group].leads[i]; i++)
		list[nr++] = groups[group].leads[i];
	for (column = top_column_sets[set].columns; column->title; column++)
		list[nr++] = column;
	list[nr++] = &spark;
	if (groups[group].last)
		list[nr++] = groups[group].last;
	return nr;
}

const struct top_column *top_columns__default(enum top_set set)
{
	return &top_column_sets[set].columns[0];
}

static bool names(const struct top_column *column, const char *name)
{
	size_t len = strcspn(column->title, "/"), i;
	const struct top_value_row *value = &top_value_rows[column->value];

	if (len == strcspn(name, "/") && !strncasecmp(column->title, name, len) && column->kind != TOP_COLUMN_SPARK)
		return true;
	for (i = 0; column->kind == TOP_COLUMN_VALUE && i < value->nr_slots; i++)
		if (!strcmp(slot_rows[value->slots[i]].path, name))
			return true;
	return false;
}

const struct top_column *top_columns__find(enum top_group group, const char *name, enum top_set *set)
{
	const struct top_column *list[TOP_MAX_COLUMNS];
	size_t step, i, nr;

	for (step = 0; step < NR_TOP_SETS; step++) {
		enum top_set tried = (enum top_set)((*set + step) % NR_TOP_SETS);

		nr = top_columns__list(group, tried, list);
		for (i = 0; i < nr; i++) {
			if (!names(list[i], name))
				continue;
			*set = tried;
			return list[i];
		}
	}
	return NULL;
}

/* Of a cgroup what it uses, of a process what is resident. */
static double of_limit(const struct top_row *row)
{
	uint64_t used = row->label ? row->used : row->has_memory ? row->v[TOP_RSS] : MT_UNKNOWN_U64;

	if (row->limit == MT_UNKNOWN_U64 || row->limit == SAMPLE_UNLIMITED || !row->limit || used == MT_UNKNOWN_U64)
		return NAN;
	return (double)used / (double)row->limit;
}

static double value_weight(const struct top_column *column, const struct top_row *row, uint64_t duration_ns)
{
	if (column->value >= TOP_FIRST_MEMORY && !row->has_memory)
		return NAN;
	if (column->measure == TOP_SUM)
		return (double)row->v[column->value];
	if (!duration_ns)
		return NAN;
	return (double)row->v[column->value] / (double)duration_ns * (column->measure == TOP_SHARE ? 1 : 1e9);
}

/* Numbers that name a row begin with the lowest. */
double top_column__weight(const struct top_column *column, const struct top_row *row, uint64_t duration_ns)
{
	switch (column->kind) {
	case TOP_COLUMN_PID:
		return -(double)row->pid;
	case TOP_COLUMN_TID:
		return -(double)row->tid;
	case TOP_COLUMN_UID:
		return -(double)row->uid;
	case TOP_COLUMN_PROCESSES:
		return row->processes;
	case TOP_COLUMN_VALUE:
		return value_weight(column, row, duration_ns);
	case TOP_COLUMN_LIMIT:
		return row->limit == MT_UNKNOWN_U64 ? NAN : (double)row->limit;
	case TOP_COLUMN_USED:
		return row->used == MT_UNKNOWN_U64 ? NAN : (double)row->used;
	case TOP_COLUMN_OF_LIMIT:
		return of_limit(row);
	case TOP_COLUMN_OOM_ADJ:
		return row->has_memory ? row->oom_score_adj : NAN;
	default:
		return NAN;
	}
}

const char *top_column__name(const struct top_column *column, const struct top_row *row)
{
	if (column->kind == TOP_COLUMN_NAME)
		return row->label ? row->label : row->name;
	if (column->kind == TOP_COLUMN_CGROUP)
		return row->node ? row->node->path : "";
	return NULL;
}

static void value_text(const struct top_column *column, double weight, char *buf, size_t size)
{
	enum unit unit = top_value_rows[column->value].unit;
	bool is_time = unit == UNIT_NS && column->measure == TOP_SUM;

	if (weight == 0 && unit != UNIT_PAGES && unit != UNIT_BYTES)
		snprintf(buf, size, column->measure == TOP_SHARE ? "0%%" : is_time ? "0s" : "0");
	else if (column->measure == TOP_SHARE)
		format_share(buf, size, weight);
	else if (unit == UNIT_PAGES || unit == UNIT_BYTES)
		format_bytes(buf, size, weight);
	else if (column->measure == TOP_PER_SECOND)
		format_rate(buf, size, weight);
	else if (is_time)
		format_duration(buf, size, (uint64_t)weight);
	else
		format_count(buf, size, (uint64_t)weight);
}

/* A branch of a tree stands further to the right than what it is on. */
static void name_text(const struct top_row *row, char *buf, size_t size)
{
	snprintf(buf, size, "%*s%s", row->parent >= 0 ? 2 * (int)row->depth : 0, "",
		 row->label ? row->label : row->name);
}

static void number_text(const struct top_column *column, double weight, char *buf, size_t size)
{
	switch (column->kind) {
	case TOP_COLUMN_VALUE:
		value_text(column, weight, buf, size);
		break;
	case TOP_COLUMN_LIMIT:
		if (weight >= (double)SAMPLE_UNLIMITED)
			snprintf(buf, size, "none");
		else
			format_bytes(buf, size, weight);
		break;
	case TOP_COLUMN_USED:
		format_bytes(buf, size, weight);
		break;
	case TOP_COLUMN_OF_LIMIT:
		format_share(buf, size, weight);
		break;
	case TOP_COLUMN_PROCESSES:
	case TOP_COLUMN_OOM_ADJ:
		snprintf(buf, size, "%.0f", weight);
		break;
	default:
		snprintf(buf, size, "%.0f", weight ? -weight : 0);
	}
}

const char *top_column__text(const struct top_column *column, const struct top_row *row,
			     const struct top_moment *moment, char *buf, size_t size)
{
	double weight = top_column__weight(column, row, moment->duration_ns);

	if (column->kind == TOP_COLUMN_NAME)
		name_text(row, buf, size);
	else if (column->kind == TOP_COLUMN_CGROUP)
		snprintf(buf, size, "%s", row->node ? row->node->path : "-");
	else if (isnan(weight) || row->empty ||
		 (column->kind == TOP_COLUMN_VALUE && !top_moment__knows(moment, column->value)))
		snprintf(buf, size, "-");
	else
		number_text(column, weight, buf, size);
	return buf;
}
