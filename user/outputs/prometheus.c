/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The output for monitoring: the text exposition format 0.0.4, as the
 * textfile collector takes it.  One wrong line costs the whole file there, so
 * families of the same name are written as one, and series whose labels have
 * become equal (two names that were cut in the middle of different
 * characters) are summed.  Nothing carries a timestamp.
 */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../report/output.h"
#include "../base/sanitise.h"
#include "../base/stream.h"

#define NS_PER_S 1000000000ULL
/*
 * Finite buckets of durations: 2^10 ns, the power of two next to 1 us, to
 * 2^36 ns (69 s).  A value of 2^i is counted at le = 2^i, as struct histogram
 * has it; le is that power in seconds exactly.
 */
#define FIRST_NS_BUCKET 10
#define LAST_NS_BUCKET	36
#define MAX_BUCKETS	64
#define NUMBER_LEN	40

/* One sample and its labels as they are written, without braces. */
struct series {
	char *labels;
	const struct sample *sample;
};

struct family {
	const struct metric *metric;
	struct series *series;
	size_t nr;
};

/* Help needs no quotes, so they are escaped only in labels. */
static int put_escaped(FILE *stream, const char *string, bool quotes)
{
	char *valid = sanitise_visible_dup(string);

	if (!valid)
		return -ENOMEM;
	for (const char *p = valid; *p; p++) {
		if (*p == '\\' || (quotes && *p == '"'))
			fprintf(stream, "\\%c", *p);
		else
			fputc(*p, stream);
	}
	free(valid);
	return 0;
}

static int put_labels(FILE *stream, const struct sample *sample)
{
	int err = 0;

	for (size_t i = 0; i < sample->nr_labels && !err; i++) {
		const struct label *label = &sample->labels[i];

		fprintf(stream, "%s%s=\"", i ? "," : "", label->name);
		err = put_escaped(stream, label->value ? label->value : "", true);
		fputc('"', stream);
	}
	return err;
}

/* Integers in full; else the fewest digits that read back as the same number.  Always with a point, in any locale. */
static const char *format_value(char buf[NUMBER_LEN], double value)
{
	const char *point = localeconv()->decimal_point;
	char *at;

	if (isnan(value))
		return "NaN";
	if (isinf(value))
		return value < 0 ? "-Inf" : "+Inf";
	if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
		snprintf(buf, NUMBER_LEN, "%.0f", value);
		return buf;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, NUMBER_LEN, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	at = strstr(buf, point);
	if (at) {
		*at = '.';
		memmove(at + 1, at + strlen(point), strlen(at + strlen(point)) + 1);
	}
	return buf;
}

/* Name, labels, and one more label if le is not NULL, up to the value. */
static void put_series(FILE *stream, const char *name, const char *suffix, const char *labels, const char *le)
{
	fprintf(stream, "%s%s", name, suffix);
	if (*labels || le)
		fprintf(stream, "{%s%s%s%s%s}", labels, *labels && le ? "," : "", le ? "le=\"" : "", le ? le : "",
			le ? "\"" : "");
	fputc(' ', stream);
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

/* Every bucket is there, also an empty one: rates over a bucket need its zero. */
static void put_histogram(FILE *stream, const char *name, const char *labels, const struct histogram *hist)
{
	bool is_time = hist->unit == UNIT_NS && !hist->exact;
	unsigned int first = is_time ? FIRST_NS_BUCKET : 0;
	/* The last slot of 64 also holds what is above its bound: it is only part of +Inf. */
	unsigned int last = is_time			  ? LAST_NS_BUCKET :
			    hist->nr_counts < MAX_BUCKETS ? (unsigned int)hist->nr_counts - 1 :
							    MAX_BUCKETS - 2;
	uint64_t below = 0, all;
	char buf[NUMBER_LEN];
	size_t i = 0;

	for (unsigned int bound = first; bound <= last && hist->nr_counts; bound++) {
		for (; i <= bound && i < hist->nr_counts; i++)
			below += hist->counts[i];
		put_series(stream, name, "_bucket", labels, format_value(buf, upper_bound(hist, bound)));
		fprintf(stream, "%llu\n", (unsigned long long)below);
	}
	for (all = below; i < hist->nr_counts; i++)
		all += hist->counts[i];
	/* The two must agree, and neither may be below a bucket, however counts were read while they grew. */
	if (hist->count > all)
		all = hist->count;
	put_series(stream, name, "_bucket", labels, "+Inf");
	fprintf(stream, "%llu\n", (unsigned long long)all);
	put_series(stream, name, "_sum", labels, NULL);
	if (hist->unit == UNIT_NS)
		fprintf(stream, "%llu.%09llu\n", (unsigned long long)(hist->sum / NS_PER_S),
			(unsigned long long)(hist->sum % NS_PER_S));
	else
		fprintf(stream, "%llu\n", (unsigned long long)hist->sum);
	put_series(stream, name, "_count", labels, NULL);
	fprintf(stream, "%llu\n", (unsigned long long)all);
}

/* Writes the sum of series that have the same labels. */
static void put_equals(FILE *stream, const struct metric *metric, const struct series *series, size_t nr)
{
	uint64_t counts[MAX_BUCKETS] = { 0 };
	struct histogram hist = { 0 };
	char buf[NUMBER_LEN];
	double value = 0;

	for (size_t i = 0; i < nr; i++) {
		if (metric->type == METRIC_HISTOGRAM)
			add_hist(&hist, counts, series[i].sample->hist);
		else
			value += series[i].sample->value;
	}
	if (metric->type == METRIC_HISTOGRAM) {
		put_histogram(stream, metric->name, series->labels, &hist);
		return;
	}
	put_series(stream, metric->name, "", series->labels, NULL);
	fprintf(stream, "%s\n", format_value(buf, value));
}

static int put_head(FILE *stream, const struct metric *metric)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};
	int err = 0;

	if (metric->help) {
		fprintf(stream, "# HELP %s ", metric->name);
		err = put_escaped(stream, metric->help, false);
		fputc('\n', stream);
	}
	fprintf(stream, "# TYPE %s %s\n", metric->name, types[metric->type]);
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
	size_t size;
	FILE *stream = open_memstream(&series->labels, &size);
	int err;

	if (!stream)
		return -ENOMEM;
	series->sample = sample;
	family->nr++;
	err = put_labels(stream, sample);
	if (ferror(stream))
		err = -ENOMEM;
	/* without memory to shorten the text, there is none, and no error */
	if (fclose(stream) != 0 || !series->labels)
		err = -ENOMEM;
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
	return err;
}

static int compare_series(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->labels, ((const struct series *)b)->labels);
}

static int put_family(FILE *stream, const struct report *report, const struct metric *metric)
{
	struct family family = { .metric = metric };
	int err = gather(&family, report);
	size_t next;

	if (err)
		goto out;
	err = put_head(stream, metric);
	qsort(family.series, family.nr, sizeof(*family.series), compare_series);
	for (size_t i = 0; i < family.nr; i = next) {
		for (next = i + 1; next < family.nr; next++) {
			if (compare_series(&family.series[i], &family.series[next]) != 0)
				break;
		}
		put_equals(stream, metric, &family.series[i], next - i);
	}
out:
	for (size_t i = 0; i < family.nr; i++)
		free(family.series[i].labels);
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
	int err = 0;

	if (report->failed)
		return -ENOMEM;
	for (size_t i = 0; i < report->nr_sections && !err; i++) {
		const struct section *section = &report->sections[i];

		if (section->kind == SECTION_METRIC && !was_written(report, i))
			err = put_family(out->stream, report, &section->metric);
	}
	return err ? err : stream__flush(out->stream);
}

extern const struct output_ops prometheus_output;

const struct output_ops prometheus_output = {
	.name = "prometheus",
	.metrics_only = true,
	.report = prometheus_report,
};
