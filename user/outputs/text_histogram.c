/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Histograms: a line a bucket with its range, its count and a bar, then a summary. */
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "../base/units.h"

#define DEFAULT_WIDTH 80
#define MIN_BAR	      10
#define MAX_BAR	      64
#define EDGE_LEN      30 /* a u64 with commas takes 26 */
#define RANGE_LEN     64

struct bars {
	const struct histogram *hist;
	size_t first, last; /* buckets with something in them, and all between */
	uint64_t total;	    /* of the buckets */
	uint64_t highest;
	int range_width, count_width, bar_width;
};

static void measure(struct bars *bars)
{
	const struct histogram *hist = bars->hist;

	for (size_t i = 0; i < hist->nr_counts; i++) {
		if (!hist->counts[i])
			continue;
		if (!bars->total)
			bars->first = i;
		bars->last = i;
		bars->total += hist->counts[i];
		if (hist->counts[i] > bars->highest)
			bars->highest = hist->counts[i];
	}
}

/* A whole power of two needs no decimals in binary units. */
static void format_power(char *buf, size_t size, unsigned int power)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

	snprintf(buf, size, "%u%s", 1u << (power % 10), units[power / 10]);
}

/* 2^power, and more where whole numbers begin above it. */
static void format_edge(char *buf, size_t size, enum unit unit, unsigned int power, bool below)
{
	uint64_t value = 1ULL << power;

	switch (unit) {
	case UNIT_NS:
	case UNIT_TIME:
	case UNIT_DATE:
		format_duration(buf, size, value);
		break;
	case UNIT_BYTES:
	case UNIT_BYTES_PER_SECOND:
		format_power(buf, size, power);
		break;
	default:
		format_count(buf, size, value + below);
		break;
	}
}

/* What bucket i holds: a value (orders, and 2 alone is in (1, 2]), or a range of them. */
static void format_range(char *buf, size_t size, const struct histogram *hist, size_t i)
{
	char from[EDGE_LEN], to[EDGE_LEN];

	if (hist->exact) {
		snprintf(buf, size, "%zu", i);
		return;
	}
	format_edge(to, sizeof(to), hist->unit, (unsigned int)i, false);
	if (i == 0)
		snprintf(from, sizeof(from), "0");
	else
		format_edge(from, sizeof(from), hist->unit, (unsigned int)i - 1, true);
	if (strcmp(from, to) == 0)
		snprintf(buf, size, "%s", to);
	else
		snprintf(buf, size, "%s..%s", from, to);
}

static void fit(struct bars *bars, unsigned int width)
{
	char buf[RANGE_LEN];
	int rest;

	bars->range_width = (int)strlen("range");
	for (size_t i = bars->first; i <= bars->last; i++) {
		format_range(buf, sizeof(buf), bars->hist, i);
		if ((int)strlen(buf) > bars->range_width)
			bars->range_width = (int)strlen(buf);
	}
	bars->count_width = (int)strlen(format_count(buf, sizeof(buf), bars->highest));
	if (bars->count_width < (int)strlen("count"))
		bars->count_width = (int)strlen("count");
	rest = (int)(width ? width : DEFAULT_WIDTH) - bars->range_width - bars->count_width - (int)strlen("    ||");
	bars->bar_width = rest < MIN_BAR ? MIN_BAR : rest > MAX_BAR ? MAX_BAR : rest;
}

/* The first bucket at or below which a share of the values lies. */
static size_t percentile(const struct bars *bars, unsigned int percent)
{
	uint64_t below = 0;
	/* Rounded up, without a product that overflows. */
	uint64_t wanted = bars->total / 100 * percent + (bars->total % 100 * percent + 99) / 100;
	size_t i;

	for (i = bars->first; i < bars->last; i++) {
		below += bars->hist->counts[i];
		if (below >= wanted)
			break;
	}
	return i;
}

static void print_percentile(struct text *text, const struct bars *bars, unsigned int percent)
{
	const struct histogram *hist = bars->hist;
	size_t i = percentile(bars, percent);
	char buf[RANGE_LEN];

	if (hist->exact)
		snprintf(buf, sizeof(buf), "%zu", i);
	else
		format_edge(buf, sizeof(buf), hist->unit, (unsigned int)i, false);
	fprintf(text->stream, "  p%u %s%s", percent, hist->exact ? "" : "<= ", buf);
}

static void print_summary(struct text *text, const struct bars *bars)
{
	const struct histogram *hist = bars->hist;
	const struct column mean = { .unit = hist->unit };
	const struct cell value = cell_real((double)hist->sum / (double)(hist->count ? hist->count : bars->total));
	char count[RANGE_LEN];

	fprintf(text->stream, "  count %s", format_count(count, sizeof(count), hist->count));
	fprintf(text->stream, "  mean %s", cell_text__format(&text->cells, &mean, &value));
	print_percentile(text, bars, 50);
	print_percentile(text, bars, 90);
	print_percentile(text, bars, 99);
	fputc('\n', text->stream);
}

static void print_bucket(struct text *text, const struct bars *bars, size_t i)
{
	static const char full[] = "****************************************************************";
	uint64_t n = bars->hist->counts[i];
	char range[RANGE_LEN], count[RANGE_LEN];
	int bar = (int)((double)n / (double)bars->highest * bars->bar_width);

	_Static_assert(sizeof(full) == MAX_BAR + 1, "the longest bar");
	/* A bucket that is not empty always has a visible bar: a rare long stall is what users look for. */
	if (n && !bar)
		bar = 1;
	format_range(range, sizeof(range), bars->hist, i);
	format_count(count, sizeof(count), n);
	fprintf(text->stream, "  %*s %*s |%-*.*s|\n", bars->range_width, range, bars->count_width, count,
		bars->bar_width, bar, full);
}

static void print_title(struct text *text, const struct histogram *hist)
{
	FILE *stream = text->stream;

	fputs(text__style(text, TEXT_BOLD), stream);
	fputs(cell_text__safe(&text->cells, hist->help ? hist->help : hist->name), stream);
	for (size_t i = 0; i < hist->nr_labels; i++) {
		fprintf(stream, "%s%s", i ? ", " : " (", cell_text__safe(&text->cells, hist->labels[i].name));
		fprintf(stream, " %s",
			cell_text__safe(&text->cells, hist->labels[i].value ? hist->labels[i].value : "-"));
	}
	fputs(hist->nr_labels ? ")" : "", stream);
	fputs(text__style(text, TEXT_RESET), stream);
}

void text__histogram(struct text *text, const struct histogram *hist)
{
	struct bars bars = { .hist = hist };

	measure(&bars);
	print_title(text, hist);
	if (!bars.total) {
		fputs(": none\n", text->stream);
		return;
	}
	fit(&bars, text->out->style.width);
	fprintf(text->stream, "\n  %*s %*s  distribution\n", bars.range_width, "range", bars.count_width, "count");
	for (size_t i = bars.first; i <= bars.last; i++)
		print_bucket(text, &bars, i);
	print_summary(text, &bars);
}
