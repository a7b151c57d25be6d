/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The output for monitoring: the text exposition format 0.0.4, as the
 * textfile collector takes it.  One wrong line costs the whole file there, so
 * families of the same name are written as one, and series whose labels have
 * become equal (two names that were cut in the middle of different
 * characters) are summed.  Nothing carries a timestamp.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../report/output.h"
#include "../base/sanitise.h"
#include "../base/stream.h"
#include "../base/text_buffer.h"

#define NS_PER_S 1000000000ULL
/*
 * Finite buckets of durations: 2^10 ns, the power of two next to 1 us, to
 * 2^36 ns (69 s).  A value of 2^i is counted at le = 2^i, as struct histogram
 * has it; le is that power in seconds exactly.
 */
#define FIRST_NS_BUCKET 10
#define LAST_NS_BUCKET	36
#define MAX_BUCKETS	64
#define AT_ONCE		(64 * 1024) /* bytes that are written together */

/* One sample and its labels as they are written, without braces: where in the family's text, then the text. */
struct series {
	const struct sample *sample;
	size_t at, size;
	const char *labels; /* NUL-terminated */
};

struct family {
	const struct metric *metric;
	struct series *series;
	size_t nr;
	struct text_buffer labels; /* of all series */
};

/* The bounds of a histogram's buckets, which are the same for each series of a family, as they are written. */
struct bounds {
	unsigned int first, last, nr; /* nr: 0, there are none yet */
	enum unit unit;
	bool exact;
	struct text_buffer text;
	size_t ends[MAX_BUCKETS]; /* of each in the text */
};

struct writer {
	FILE *stream;
	struct text_buffer text;
	struct bounds bounds;
};

static bool is_plain(const char *string, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (string[i] < ' ' || string[i] > '~' || string[i] == '\\' || string[i] == '"')
			return false;
	return true;
}

/* Help needs no quotes, so they are escaped only in labels. */
static int put_escaped(struct text_buffer *text, const char *string, bool quotes)
{
	size_t len = strlen(string);
	char *valid, *p;

	if (is_plain(string, len)) {
		text_buffer__add(text, string, len);
		return 0;
	}
	valid = sanitise_visible_dup(string);
	if (!valid)
		return -ENOMEM;
	for (p = valid; *p; p++) {
		if (*p == '\\' || (quotes && *p == '"'))
			text_buffer__add(text, "\\", 1);
		text_buffer__add(text, p, 1);
	}
	free(valid);
	return 0;
}

static int put_labels(struct text_buffer *text, const struct sample *sample)
{
	int err = 0;

	for (size_t i = 0; i < sample->nr_labels && !err; i++) {
		const struct label *label = &sample->labels[i];

		if (i)
			text_buffer__add(text, ",", 1);
		text_buffer__string(text, label->name);
		text_buffer__add(text, "=\"", 2);
		err = put_escaped(text, label->value ? label->value : "", true);
		text_buffer__add(text, "\"", 1);
	}
	return err;
}

/* What a line begins with, up to the value; le: NULL, or the value of one more label, without NUL. */
struct line {
	const char *name;
	size_t name_len;
	const char *labels;
	size_t labels_len;
};

static void put_start(struct text_buffer *text, const struct line *line, const char *suffix, const char *le,
		      size_t le_len)
{
	text_buffer__add(text, line->name, line->name_len);
	text_buffer__string(text, suffix);
	if (line->labels_len || le) {
		text_buffer__add(text, "{", 1);
		text_buffer__add(text, line->labels, line->labels_len);
		if (le) {
			text_buffer__string(text, line->labels_len ? ",le=\"" : "le=\"");
			text_buffer__add(text, le, le_len);
			text_buffer__add(text, "\"", 1);
		}
		text_buffer__add(text, "}", 1);
	}
	text_buffer__add(text, " ", 1);
}

static void put_count(struct text_buffer *text, const struct line *line, const char *suffix, uint64_t count)
{
	put_start(text, line, suffix, NULL, 0);
	text_buffer__digits(text, count, 1);
	text_buffer__add(text, "\n", 1);
}

static void put_bucket(struct text_buffer *text, const struct line *line, const char *le, size_t le_len, uint64_t count)
{
	put_start(text, line, "_bucket", le, le_len);
	text_buffer__digits(text, count, 1);
	text_buffer__add(text, "\n", 1);
}

static void add_hist(struct histogram *total, uint64_t *counts, const struct histogram *hist)
{
	*total = (struct histogram){ .unit = hist->unit,
				     .exact = hist->exact,
				     .counts = counts,
				     .nr_counts =
					     total->nr_counts > hist->nr_counts ? total->nr_counts : hist->nr_counts,
				     .sum = total->sum + hist->sum,
				     .count = total->count + hist->count };
	if (total->nr_counts > MAX_BUCKETS)
		total->nr_counts = MAX_BUCKETS;
	for (size_t i = 0; i < hist->nr_counts && i < MAX_BUCKETS; i++)
		counts[i] += hist->counts[i];
}

static double upper_bound(const struct histogram *hist, unsigned int i)
{
	if (hist->exact)
		return i;
	return (double)(1ULL << i) / (hist->unit == UNIT_NS ? (double)NS_PER_S : 1);
}

static void make_bounds(struct bounds *bounds, const struct histogram *hist)
{
	bool is_time = hist->unit == UNIT_NS && !hist->exact;
	unsigned int first = is_time ? FIRST_NS_BUCKET : 0, i;
	/* The last slot of 64 also holds what is above its bound: it is only part of +Inf. */
	unsigned int last = is_time			  ? LAST_NS_BUCKET :
			    hist->nr_counts < MAX_BUCKETS ? (unsigned int)hist->nr_counts - 1 :
							    MAX_BUCKETS - 2;

	if (bounds->nr && bounds->first == first && bounds->last == last && bounds->unit == hist->unit &&
	    bounds->exact == hist->exact)
		return;
	bounds->first = first;
	bounds->last = last;
	bounds->unit = hist->unit;
	bounds->exact = hist->exact;
	bounds->nr = 0;
	bounds->text.size = 0;
	for (i = first; i <= last; i++) {
		text_buffer__double(&bounds->text, upper_bound(hist, i));
		bounds->ends[bounds->nr++] = bounds->text.size;
	}
}

static void put_buckets(struct writer *writer, const struct line *line, const struct histogram *hist, uint64_t *below,
			size_t *next)
{
	const struct bounds *bounds = &writer->bounds;
	size_t at = 0, i = 0;

	for (unsigned int bound = bounds->first; bound <= bounds->last; bound++) {
		size_t end = bounds->ends[bound - bounds->first];

		for (; i <= bound && i < hist->nr_counts; i++)
			*below += hist->counts[i];
		put_bucket(&writer->text, line, bounds->text.data + at, end - at, *below);
		at = end;
	}
	*next = i;
}

/* Every bucket is there, also an empty one: rates over a bucket need its zero. */
static void put_histogram(struct writer *writer, const struct line *line, const struct histogram *hist)
{
	struct text_buffer *text = &writer->text;
	uint64_t all = 0;
	size_t i = 0;

	if (hist->nr_counts)
		make_bounds(&writer->bounds, hist);
	/* without memory for them the whole report fails */
	if (hist->nr_counts && !writer->bounds.text.failed)
		put_buckets(writer, line, hist, &all, &i);
	for (; i < hist->nr_counts; i++)
		all += hist->counts[i];
	/* The two must agree, and neither may be below a bucket, however counts were read while they grew. */
	if (hist->count > all)
		all = hist->count;
	put_bucket(text, line, "+Inf", strlen("+Inf"), all);
	put_start(text, line, "_sum", NULL, 0);
	text_buffer__digits(text, hist->unit == UNIT_NS ? hist->sum / NS_PER_S : hist->sum, 1);
	if (hist->unit == UNIT_NS) {
		text_buffer__add(text, ".", 1);
		text_buffer__digits(text, hist->sum % NS_PER_S, 9);
	}
	text_buffer__add(text, "\n", 1);
	put_count(text, line, "_count", all);
}

/* Writes the sum of series that have the same labels. */
static void put_equals(struct writer *writer, const struct metric *metric, const struct series *series, size_t nr)
{
	const struct line line = { metric->name, strlen(metric->name), series->labels, series->size };
	uint64_t counts[MAX_BUCKETS] = { 0 };
	struct histogram hist = { 0 };
	double value = 0;

	if (metric->type == METRIC_HISTOGRAM && nr == 1 && series->sample->hist->nr_counts <= MAX_BUCKETS) {
		put_histogram(writer, &line, series->sample->hist);
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		if (metric->type == METRIC_HISTOGRAM)
			add_hist(&hist, counts, series[i].sample->hist);
		else
			value += series[i].sample->value;
	}
	if (metric->type == METRIC_HISTOGRAM) {
		put_histogram(writer, &line, &hist);
		return;
	}
	put_start(&writer->text, &line, "", NULL, 0);
	text_buffer__double(&writer->text, value);
	text_buffer__add(&writer->text, "\n", 1);
}

static int put_head(struct text_buffer *text, const struct metric *metric)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};
	int err = 0;

	if (metric->help) {
		text_buffer__string(text, "# HELP ");
		text_buffer__string(text, metric->name);
		text_buffer__add(text, " ", 1);
		err = put_escaped(text, metric->help, false);
		text_buffer__add(text, "\n", 1);
	}
	text_buffer__string(text, "# TYPE ");
	text_buffer__string(text, metric->name);
	text_buffer__add(text, " ", 1);
	text_buffer__string(text, types[metric->type]);
	text_buffer__add(text, "\n", 1);
	return err;
}

static bool belongs(const struct section *section, const struct metric *metric)
{
	return section->kind == SECTION_METRIC && strcmp(section->metric.name, metric->name) == 0;
}

/* Unknown values are not exported: a counter that was NaN once has no rate for a long time. */
static bool is_known(const struct metric *metric, const struct sample *sample)
{
	return metric->type == METRIC_HISTOGRAM ? sample->hist != NULL : !isnan(sample->value);
}

static int add_series(struct family *family, const struct sample *sample)
{
	struct series *series = &family->series[family->nr];
	int err;

	series->sample = sample;
	series->at = family->labels.size;
	err = put_labels(&family->labels, sample);
	series->size = family->labels.size - series->at;
	text_buffer__add(&family->labels, "", 1);
	family->nr++;
	return err;
}

/* All samples of sections with the metric's name. */
static int gather(struct family *family, const struct report *report)
{
	size_t max = 0;
	int err = 0;

	for (size_t i = 0; i < report->nr_sections; i++) {
		if (belongs(&report->sections[i], family->metric))
			max += report->sections[i].metric.nr_samples;
	}
	family->series = calloc(max + 1, sizeof(*family->series));
	if (!family->series)
		return -ENOMEM;
	for (size_t i = 0; i < report->nr_sections && !err; i++) {
		const struct metric *metric = &report->sections[i].metric;

		if (!belongs(&report->sections[i], family->metric))
			continue;
		if (metric->type != family->metric->type)
			return -EINVAL;
		for (size_t j = 0; j < metric->nr_samples && !err; j++) {
			if (is_known(metric, &metric->samples[j]))
				err = add_series(family, &metric->samples[j]);
		}
	}
	if (!err && family->labels.failed)
		err = -ENOMEM;
	for (size_t i = 0; i < family->nr && !err; i++)
		family->series[i].labels = family->labels.data + family->series[i].at;
	return err;
}

static int compare_series(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

/* Written when there is enough of it: each write costs some system calls. */
static int write_text(struct writer *writer, size_t least)
{
	if (writer->text.failed || writer->bounds.text.failed)
		return -ENOMEM;
	return writer->text.size < least ? 0 : text_buffer__write(&writer->text, writer->stream);
}

static int put_family(struct writer *writer, const struct report *report, const struct metric *metric)
{
	struct family family = { .metric = metric };
	int err = gather(&family, report);
	size_t next;

	if (!err)
		err = put_head(&writer->text, metric);
	if (!err)
		qsort(family.series, family.nr, sizeof(*family.series), compare_series);
	for (size_t i = 0; i < family.nr && !err; i = next) {
		for (next = i + 1; next < family.nr; next++) {
			if (compare_series(&family.series[i], &family.series[next]) != 0)
				break;
		}
		put_equals(writer, metric, &family.series[i], next - i);
		err = write_text(writer, AT_ONCE);
	}
	text_buffer__free(&family.labels);
	free(family.series);
	return err;
}

static bool was_written(const struct report *report, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (belongs(&report->sections[j], &report->sections[i].metric))
			return true;
	}
	return false;
}

static int prometheus_report(struct output *out, const struct report *report)
{
	struct writer writer = { .stream = out->stream };
	int err = 0;

	if (report->failed)
		return -ENOMEM;
	for (size_t i = 0; i < report->nr_sections && !err; i++) {
		const struct section *section = &report->sections[i];

		if (section->kind == SECTION_METRIC && !was_written(report, i))
			err = put_family(&writer, report, &section->metric);
	}
	if (!err)
		err = write_text(&writer, 0);
	text_buffer__free(&writer.text);
	text_buffer__free(&writer.bounds.text);
	return err ? err : stream__flush(out->stream);
}

extern const struct output_ops prometheus_output;

const struct output_ops prometheus_output = {
	.name = "prometheus",
	.metrics_only = true,
	.report = prometheus_report,
};
