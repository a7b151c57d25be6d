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

/* The counts of one run. */
struct side {
	const struct histogram *hist;
	const char *title;
	double scale;
	uint64_t total; /* of the buckets */
	int count_width;
};

struct bars {
	const struct histogram *hist;
	size_t first, end;    /* buckets with something in them, and all between */
	struct side sides[2]; /* with what it is compared with: before, then now */
	size_t nr_sides;
	double highest; /* count of a bucket */
	int range_width, bar_width;
};

static void measure(struct bars *bars, const struct histogram *hist, const char *title, double scale)
{
	struct side *side = &bars->sides[bars->nr_sides++];
	bool none = bars->first == bars->end;
	size_t first, end;

	*side = (struct side){ .hist = hist, .title = title, .scale = scale };
	for (size_t i = 0; i < hist->nr_counts; i++) {
		side->total += hist->counts[i];
		if ((double)hist->counts[i] * scale > bars->highest)
			bars->highest = (double)hist->counts[i] * scale;
	}
	histogram__range(hist, &first, &end);
	if (first < end && (none || first < bars->first))
		bars->first = first;
	if (end > bars->end)
		bars->end = end;
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

static uint64_t count_of(const struct side *side, size_t i)
{
	return i < side->hist->nr_counts ? side->hist->counts[i] : 0;
}

static char *format_scaled(char *buf, size_t size, const struct side *side, uint64_t count)
{
	return format_count(buf, size, side->scale == 1 ? count : (uint64_t)((double)count * side->scale + 0.5));
}

static int max(int a, int b)
{
	return a > b ? a : b;
}

static void fit(struct bars *bars, unsigned int width)
{
	int rest = (int)(width ? width : DEFAULT_WIDTH);
	char buf[RANGE_LEN];

	bars->range_width = (int)strlen("range");
	for (size_t i = bars->first; i < bars->end; i++) {
		format_range(buf, sizeof(buf), bars->hist, i);
		bars->range_width = max(bars->range_width, (int)strlen(buf));
	}
	rest -= bars->range_width + (int)strlen("  ");
	for (struct side *side = bars->sides; side < bars->sides + bars->nr_sides; side++) {
		side->count_width = (int)strlen(side->title);
		for (size_t i = bars->first; i < bars->end; i++)
			side->count_width = max(side->count_width,
						(int)strlen(format_scaled(buf, sizeof(buf), side, count_of(side, i))));
		rest -= side->count_width + (int)strlen("  ||");
	}
	rest /= (int)bars->nr_sides;
	bars->bar_width = rest < MIN_BAR ? MIN_BAR : rest > MAX_BAR ? MAX_BAR : rest;
}

/* The first bucket at or below which a share of the values lies. */
static size_t percentile(const struct side *side, unsigned int percent)
{
	uint64_t below = 0;
	/* Rounded up, without a product that overflows. */
	uint64_t wanted = side->total / 100 * percent + (side->total % 100 * percent + 99) / 100;
	size_t i;

	for (i = 0; i + 1 < side->hist->nr_counts; i++) {
		below += side->hist->counts[i];
		if (below >= wanted)
			break;
	}
	return i;
}

static void print_percentile(struct text *text, const struct side *side, unsigned int percent)
{
	const struct histogram *hist = side->hist;
	size_t i = percentile(side, percent);
	char buf[RANGE_LEN];

	if (hist->exact)
		snprintf(buf, sizeof(buf), "%zu", i);
	else
		format_edge(buf, sizeof(buf), hist->unit, (unsigned int)i, false);
	fprintf(text->stream, "  p%u %s%s", percent, hist->exact ? "" : "<= ", buf);
}

static void print_summary(struct text *text, const struct bars *bars, const struct side *side)
{
	const struct histogram *hist = side->hist;
	const struct column mean = { .unit = bars->hist->unit };
	const uint64_t values = hist->count ? hist->count : side->total;
	const struct cell value = cell_real((double)hist->sum / (double)values);
	char count[RANGE_LEN];

	if (bars->nr_sides > 1)
		fprintf(text->stream, "  %-*s", (int)strlen("before"), side->title);
	fprintf(text->stream, "  count %s", format_scaled(count, sizeof(count), side, hist->count));
	if (values) {
		fprintf(text->stream, "  mean %s", cell_text__format(&text->cells, &mean, &value));
		print_percentile(text, side, 50);
		print_percentile(text, side, 90);
		print_percentile(text, side, 99);
	}
	fputc('\n', text->stream);
}

static void print_bar(struct text *text, const struct bars *bars, const struct side *side, size_t i)
{
	static const char full[] = "****************************************************************";
	uint64_t n = count_of(side, i);
	int bar = (int)((double)n * side->scale / bars->highest * bars->bar_width);
	char count[RANGE_LEN];

	_Static_assert(sizeof(full) == MAX_BAR + 1, "the longest bar");
	/* A bucket that is not empty always has a visible bar: a rare long stall is what users look for. */
	if (n && !bar)
		bar = 1;
	format_scaled(count, sizeof(count), side, n);
	fprintf(text->stream, " %*s |%-*.*s|", side->count_width, count, bars->bar_width, bar, full);
}

static void print_bucket(struct text *text, const struct bars *bars, size_t i)
{
	char range[RANGE_LEN];

	format_range(range, sizeof(range), bars->hist, i);
	fprintf(text->stream, "  %*s", bars->range_width, range);
	for (size_t s = 0; s < bars->nr_sides; s++)
		print_bar(text, bars, &bars->sides[s], i);
	fputc('\n', text->stream);
}

static void print_head(struct text *text, const struct bars *bars)
{
	fprintf(text->stream, "\n  %*s", bars->range_width, "range");
	for (size_t s = 0; s < bars->nr_sides; s++)
		fprintf(text->stream, " %*s  %-*s", bars->sides[s].count_width, bars->sides[s].title,
			s + 1 < bars->nr_sides ? bars->bar_width + 1 : 0, "distribution");
	fputc('\n', text->stream);
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

	if (hist->before)
		measure(&bars, hist->before, "before", hist->before->scale);
	measure(&bars, hist, hist->before ? "now" : "count", 1);
	print_title(text, hist);
	if (bars.first == bars.end) {
		fputs(": none\n", text->stream);
		return;
	}
	fit(&bars, text->out->style.width);
	print_head(text, &bars);
	for (size_t i = bars.first; i < bars.end; i++)
		print_bucket(text, &bars, i);
	for (size_t s = 0; s < bars.nr_sides; s++)
		print_summary(text, &bars, &bars.sides[s]);
}
