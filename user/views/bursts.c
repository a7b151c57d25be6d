// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "bursts.h"

#include <stdio.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

static void add_columns(struct bursts *bursts, const struct probe_column *column)
{
	for (; column && column->title && bursts->nr < BURSTS_MAX; column++)
		if (column->measure != MEASURE_SUM)
			bursts->of[bursts->nr++].column = column;
}

void bursts__init(struct bursts *bursts, const struct run_view *view)
{
	enum mt_probe id;

	*bursts = (struct bursts){ .view = view };
	for (id = 0; id < MT_NR_PROBES; id++)
		if (run_view__asked(view, id))
			add_columns(bursts, probes[id]->columns);
}

static uint64_t sum_of(const struct run_view *view, const struct probe_column *column, enum scope scope)
{
	uint64_t sum;

	run_view__sum(view, column, aggregate__sums(view->aggregate, scope), &sum);
	return sum;
}

/* A second; in bytes, not pages. */
static double rate_of(const struct run_view *view, const struct probe_column *column, uint64_t sum, double seconds)
{
	if (seconds <= 0)
		return 0;
	if (column->measure == MEASURE_SHARE)
		return sum / 1e9 / seconds;
	return (column->unit == UNIT_PAGES ? (double)view->facts->page_size : 1.0) * sum / seconds;
}

static double rate(const struct run_view *view, const struct probe_column *column, enum scope scope)
{
	return rate_of(view, column, sum_of(view, column, scope), run_view__seconds(view, scope));
}

/* Of the run up to the last interval. */
static double rate_before(const struct run_view *view, const struct probe_column *column)
{
	uint64_t sum = sum_of(view, column, SCOPE_TOTAL) - sum_of(view, column, SCOPE_INTERVAL);

	return rate_of(view, column, sum,
		       run_view__seconds(view, SCOPE_TOTAL) - run_view__seconds(view, SCOPE_INTERVAL));
}

/* Of very little there are no bursts: ten events, or a hundredth of the time. */
static bool is_much(const struct run_view *view, const struct probe_column *column)
{
	if (column->measure == MEASURE_SHARE)
		return rate(view, column, SCOPE_INTERVAL) > 0.01;
	return sum_of(view, column, SCOPE_INTERVAL) >= 10;
}

void bursts__note(struct bursts *bursts)
{
	size_t i;

	bursts->intervals++;
	for (i = 0; i < bursts->nr; i++) {
		struct burst *burst = &bursts->of[i];
		double now = rate(bursts->view, burst->column, SCOPE_INTERVAL);

		if (now <= burst->peak || !is_much(bursts->view, burst->column))
			continue;
		burst->peak = now;
		burst->from_ns = run_view__begin_ns(bursts->view, SCOPE_INTERVAL);
	}
}

static enum unit unit_of(const struct probe_column *column)
{
	if (column->measure == MEASURE_SHARE)
		return UNIT_SHARE;
	return column->unit == UNIT_PAGES ? UNIT_BYTES_PER_SECOND : UNIT_COUNT_PER_SECOND;
}

/* "burst: MINOR/s 12.3k before 2.1k" */
static void add_mark(struct burst *burst, struct report *report, double now, double before)
{
	enum unit unit = unit_of(burst->column);

	snprintf(burst->heading, sizeof(burst->heading), "burst: %s", burst->column->title);
	burst->columns[0] = (struct column){ .title = "", .unit = unit };
	burst->columns[1] = (struct column){ .title = "before", .unit = unit };
	burst->cells[0] = cell_real(now);
	burst->cells[1] = cell_real(before);
	report__add_values(report, &(struct values){ .heading = burst->heading,
						     .columns = burst->columns,
						     .cells = burst->cells,
						     .nr_columns = 2 });
}

void bursts__mark(struct bursts *bursts, struct report *report)
{
	const struct run_view *view = bursts->view;
	size_t i;

	for (i = 0; i < bursts->nr && bursts->intervals >= BURST_INTERVALS; i++) {
		struct burst *burst = &bursts->of[i];
		double now = rate(view, burst->column, SCOPE_INTERVAL), before = rate_before(view, burst->column);

		if (now >= BURST_TIMES * before && is_much(view, burst->column))
			add_mark(burst, report, now, before);
	}
}

/* "burst: MINOR/s 12.3k mean 2.1k in the interval from 12:00:01.000" */
static void add_text(struct burst *burst, struct report *report)
{
	enum unit unit = unit_of(burst->column);

	snprintf(burst->heading, sizeof(burst->heading), "burst: %s", burst->column->title);
	burst->columns[0] = (struct column){ .title = "", .unit = unit };
	burst->columns[1] = (struct column){ .title = "mean", .unit = unit };
	burst->columns[2] = (struct column){ .title = "in the interval from", .unit = UNIT_TIME };
	report__add_values(report, &(struct values){ .heading = burst->heading,
						     .columns = burst->columns,
						     .cells = burst->cells + 1,
						     .nr_columns = NR(burst->columns) });
}

static void add_row(struct bursts *bursts, const struct burst *burst)
{
	memcpy(bursts->cells + bursts->rows.nr++ * NR(burst->cells), burst->cells, sizeof(burst->cells));
}

void bursts__add(struct bursts *bursts, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "of" },
		{ .path = "peak" },
		{ .path = "mean" },
		{ .path = "from_ns", .unit = UNIT_TIME },
	};
	struct table table = { .path = "bursts", .not_in_text = true, .columns = columns, .nr_columns = NR(columns) };
	size_t i;

	if (bursts->intervals < BURST_INTERVALS)
		return;
	bursts->rows = (struct cell_rows){ .cells = bursts->cells, .nr_columns = NR(columns) };
	for (i = 0; i < bursts->nr; i++) {
		struct burst *burst = &bursts->of[i];
		double mean = rate(bursts->view, burst->column, SCOPE_TOTAL);

		if (mean <= 0 || burst->peak < BURST_TIMES * mean)
			continue;
		burst->cells[0] = cell_string(burst->column->title);
		burst->cells[1] = cell_real(burst->peak);
		burst->cells[2] = cell_real(mean);
		burst->cells[3] = cell_uint(burst->from_ns);
		add_text(burst, report);
		add_row(bursts, burst);
	}
	table.rows = cell_rows__source(&bursts->rows);
	report__add_table(report, &table);
}
