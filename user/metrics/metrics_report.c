// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Metrics as they are reported: samples with labels, and memtrace's own. */
#include "metrics_impl.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NSEC_PER_SEC 1e9

const struct metric_row self_metrics[NR_SELF_METRICS] = {
	[SELF_BUILD_INFO] = { .name = "memtrace_build_info",
			      .help = "the version of memtrace, always 1",
			      .type = METRIC_GAUGE,
			      .label = "version" },
	[SELF_LAST_UPDATE] = { .name = "memtrace_last_update_timestamp_seconds",
			       .help = "when this file was written, Unix time",
			       .type = METRIC_GAUGE },
	[SELF_CPU] = { .name = "memtrace_cpu_seconds_total",
		       .help = "CPU time of memtrace's own process",
		       .type = METRIC_COUNTER },
	[SELF_PROBE_ATTACHED] = { .name = "memtrace_probe_attached",
				  .help = "whether a probe runs: 1, or 0",
				  .type = METRIC_GAUGE,
				  .label = "probe" },
	[SELF_LOST_RECORDS] = { .name = "memtrace_lost_records_total",
				.help = "records that were dropped because their ring was full",
				.type = METRIC_COUNTER,
				.label = "ring" },
	[SELF_LOST_EVENTS] = { .name = "memtrace_lost_events_total",
			       .help = "events that are counted for no process, by what they belong to",
			       .type = METRIC_COUNTER,
			       .label = "kind" },
	[SELF_BPF_RUN_TIME] = { .name = "memtrace_bpf_run_time_seconds_total",
				.help = "CPU time of memtrace's BPF programs, in the tasks that they trace",
				.type = METRIC_COUNTER,
				.label = "program" },
	[SELF_CGROUPS_LEFT_OUT] = { .name = "memtrace_cgroups_left_out",
				    .help = "cgroups without samples, as there were too many or they were gone too "
					    "soon",
				    .type = METRIC_GAUGE },
	[SELF_CGROUP_INFO] = { .name = "memtrace_cgroup_info",
			       .help = "what the path of a cgroup says: container, pod, systemd unit; always 1",
			       .type = METRIC_GAUGE },
	[SELF_EXPORT_ERRORS] = { .name = "memtrace_export_errors_total",
				 .help = "times that this file could not be written",
				 .type = METRIC_COUNTER },
	[SELF_SERIES] = { .name = "memtrace_series",
			  .help = "label sets of a metric in this file, of those that have names of tasks, cgroups or "
				  "keys",
			  .type = METRIC_GAUGE,
			  .label = "metric" },
	[SELF_SERIES_ENDED] = { .name = "memtrace_series_ended_total",
				.help = "names whose series have ended, over all metrics",
				.type = METRIC_COUNTER },
	[SELF_BPF_RUNS] = { .name = "memtrace_bpf_runs_total",
			    .help = "runs of memtrace's BPF programs",
			    .type = METRIC_COUNTER,
			    .label = "program" },
};

static double in_base_unit(const struct metrics *m, uint64_t value, enum unit unit)
{
	if (unit == UNIT_PAGES)
		return (double)value * m->view->facts->page_size;
	return unit == UNIT_NS ? value / NSEC_PER_SEC : value;
}

/* A sample with at most two labels, the second left out if its value is NULL. */
static struct sample make_sample(struct metrics *m, const char *name, const char *value, const char *name2,
				 const char *value2, double number)
{
	struct label *labels = arena__zeroed(&m->arena, 2 * sizeof(*labels));
	struct sample sample = { .labels = labels, .value = number };

	if (!labels)
		return sample;
	if (value)
		labels[sample.nr_labels++] = (struct label){ name, value };
	if (value2)
		labels[sample.nr_labels++] = (struct label){ name2, value2 };
	return sample;
}

/* Of a keyed counter most pairs of values never come, and some kinds of kills seldom do. */
static bool is_shown(const struct family *family, size_t i, uint64_t value)
{
	return value || !(family->keyed || (family->count && !(family->count->zeros & 1U << i)));
}

static size_t counter_samples(struct metrics *m, const struct family *family, struct sample *samples)
{
	const char *label = family->group ? family->group->path : metrics__group_label(family->by);
	uint64_t values[MT_NR_SLOTS];
	size_t i, j, nr = 0;

	for (i = 0; i < series__nr(family->series); i++) {
		series__copy(family->series, i, 0, values);
		for (j = 0; j < family->width; j++)
			if (is_shown(family, j, values[j]))
				samples[nr++] =
					make_sample(m, label, series__name(family->series, i), family->label,
						    family->values[j], in_base_unit(m, values[j], family->unit));
	}
	return nr;
}

static const char *hist_label_value(struct metrics *m, const struct family *family, size_t label)
{
	const char *const *names = family->hist->label_names;
	char *text;

	if (!family->hist->label)
		return NULL;
	if (label == family->nr_labels)
		return "other";
	if (names)
		return names[label];
	text = arena__zeroed(&m->arena, 24);
	if (text)
		snprintf(text, 24, "%zu", label);
	return text;
}

/* NULL: it has counted nothing, or memory ran out, which the arena remembers. */
static struct histogram *copy_hist(struct metrics *m, const struct family *family, size_t i, size_t label)
{
	uint64_t values[HIST_WIDTH], *counts;
	struct histogram *hist;

	if (!series__copy(family->series, i, label, values) || !values[HIST_COUNT])
		return NULL;
	hist = arena__zeroed(&m->arena, sizeof(*hist));
	counts = arena__zeroed(&m->arena, MT_HIST_SLOTS * sizeof(*counts));
	if (!hist || !counts)
		return NULL;
	memcpy(counts, values + HIST_FIRST, MT_HIST_SLOTS * sizeof(*counts));
	*hist = (struct histogram){ .unit = family->unit,
				    .counts = counts,
				    .nr_counts = MT_HIST_SLOTS,
				    .sum = values[HIST_SUM],
				    .count = values[HIST_COUNT] };
	return hist;
}

static size_t hist_samples(struct metrics *m, const struct family *family, struct sample *samples)
{
	size_t i, label, nr = 0;

	for (i = 0; i < series__nr(family->series); i++) {
		const char *name = series__name(family->series, i);

		for (label = 0; label <= family->nr_labels; label++) {
			struct histogram *hist = copy_hist(m, family, i, label);

			if (!hist)
				continue;
			samples[nr] = make_sample(m, metrics__group_label(family->by), family->grouped ? name : NULL,
						  family->hist->label, hist_label_value(m, family, label), 0);
			samples[nr++].hist = hist;
		}
	}
	return nr;
}

static int show_cgroups(struct metrics *m, const struct family *family)
{
	bool has_cgroups = family->keyed ? family->group && family->group->type == FIELD_CGROUP :
					   family->grouped && family->by == BY_CGROUP;
	size_t i;
	int err = 0;

	for (i = 0; !err && has_cgroups && i < series__nr(family->series); i++)
		err = metrics__show_cgroup(m, series__name(family->series, i));
	return err;
}

static int add_family_metric(struct metrics *m, struct family *family, struct report *report)
{
	size_t per_series = family->hist ? family->nr_labels + 1 : family->width;
	struct metric metric = {
		.name = family->name,
		.help = family->help,
		.type = family->hist ? METRIC_HISTOGRAM : METRIC_COUNTER,
	};
	struct sample *samples;

	if (family->keyed && !(m->view->keyed && keyed_counts__knows(m->view->keyed, family->keyed)))
		return 0;
	samples = arena__zeroed(&m->arena, (series__nr(family->series) * per_series + 1) * sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	metric.nr_samples = family->hist ? hist_samples(m, family, samples) : counter_samples(m, family, samples);
	metric.samples = samples;
	family->nr_shown = metric.nr_samples;
	report__add_metric(report, &metric);
	return show_cgroups(m, family);
}

static struct sample *plain_samples(struct metrics *m, size_t nr)
{
	return arena__zeroed(&m->arena, nr * sizeof(struct sample));
}

static int add_plain(struct report *report, const struct metric_row *row, const struct sample *samples, size_t nr)
{
	struct metric metric = {
		.name = row->name, .help = row->help, .type = row->type, .samples = samples, .nr_samples = nr
	};

	if (!samples)
		return -ENOMEM;
	report__add_metric(report, &metric);
	return 0;
}

static int add_single(struct metrics *m, struct report *report, const struct metric_row *row, const char *value,
		      double number)
{
	struct sample *sample = plain_samples(m, 1);

	if (sample)
		*sample = make_sample(m, row->label, value, NULL, NULL, number);
	return add_plain(report, row, sample, 1);
}

/* Until the first event nothing is known. */
static int add_newest(struct metrics *m, const struct family *family, struct report *report)
{
	const struct metric_row row = { .type = METRIC_GAUGE,
					.name = family->count ? family->count->last_metric : NULL,
					.help = family->count ? family->count->last_help : NULL };

	if (!row.name || !family->newest_ns)
		return 0;
	return add_single(m, report, &row, NULL,
			  (family->newest_ns + m->view->checkpoint->wall_offset_ns) / NSEC_PER_SEC);
}

static int add_machine(struct metrics *m, struct report *report)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < MT_NR_MACHINE_SLOTS; i++) {
		const struct slot_row *row = &machine_rows[i];
		struct metric_row metric = { .name = row->metric,
					     .help = row->metric ? metrics__slot_help(row) : NULL,
					     .type = METRIC_COUNTER };

		if (row->metric && run_view__asked(m->view, row->probe) && m->view->probes[row->probe].hooked)
			err = add_single(m, report, &metric, NULL,
					 in_base_unit(m, m->view->totals->machine[i], row->unit));
	}
	return err;
}

static int add_sample(struct metrics *m, struct report *report, enum sample_id id)
{
	const struct sample_row *row = &sample_rows[id];
	const struct metric_row metric = {
		.name = row->metric,
		.help = row->help,
		.type = row->kind == SAMPLE_GAUGE ? METRIC_GAUGE : METRIC_COUNTER,
	};
	const struct sample_extent *extent = &m->view->samples->extents[SCOPE_TOTAL][id];
	uint64_t value = row->kind == SAMPLE_GAUGE ? extent->end : sample_extent__growth(extent);

	if (!row->metric || value == MT_UNKNOWN_U64)
		return 0;
	return add_single(m, report, &metric, NULL, in_base_unit(m, value, row->unit));
}

static int add_samples(struct metrics *m, struct report *report)
{
	enum sample_id id;
	int err = 0;

	if (!m->view->samples || !m->view->samples->any)
		return 0;
	for (id = 0; !err && id < NR_SAMPLES; id++)
		err = add_sample(m, report, id);
	return err;
}

/* Cgroups that are reported, at most m->max_series, with copies of their names. */
struct shown_cgroups {
	const struct cgroup_count **list;
	char **names;
	size_t nr, left_out;
};

static char *copy_name(struct metrics *m, const char *name)
{
	char *copy = arena__zeroed(&m->arena, strlen(name) + 1);

	return copy ? strcpy(copy, name) : NULL;
}

/* Those that are gone would stay as they were for ever. */
static int choose_cgroups(struct metrics *m, struct shown_cgroups *shown)
{
	const struct cgroup_counts *counts = m->view->cgroups;
	const struct event_names *names = m->view->names;
	const struct cgroup_count *count;

	*shown = (struct shown_cgroups){
		.list = arena__zeroed(&m->arena, (counts->nr + 1) * sizeof(*shown->list)),
		.names = arena__zeroed(&m->arena, (counts->nr + 1) * sizeof(*shown->names)),
		.left_out = counts->left_out,
	};
	if (!shown->list || !shown->names)
		return -ENOMEM;
	for (count = counts->list; count < counts->list + counts->nr; count++) {
		if (count->removed_ns)
			continue;
		if (shown->nr == m->max_series) {
			shown->left_out++;
			continue;
		}
		shown->names[shown->nr] = copy_name(m, names->cgroup(names->ctx, count->id));
		shown->list[shown->nr++] = count;
	}
	return 0;
}

/* In the base unit, which is the sample's own. */
static double cgroup_value(uint64_t value)
{
	return value == SAMPLE_UNLIMITED ? INFINITY : (double)value;
}

static int add_cgroup_sample(struct metrics *m, struct report *report, const struct shown_cgroups *shown,
			     enum cgroup_sample_id id)
{
	const struct cgroup_sample_row *row = &cgroup_sample_rows[id];
	struct metric metric = {
		.name = row->metric,
		.help = row->help,
		.type = row->kind == SAMPLE_GAUGE ? METRIC_GAUGE : METRIC_COUNTER,
	};
	struct sample *samples = plain_samples(m, shown->nr + 1);
	size_t i;

	if (!samples)
		return -ENOMEM;
	for (i = 0; i < shown->nr; i++) {
		uint64_t value = shown->list[i]->extents[SCOPE_TOTAL][id].end;

		if (value != MT_UNKNOWN_U64)
			samples[metric.nr_samples++] =
				make_sample(m, "cgroup", shown->names[i], NULL, NULL, cgroup_value(value));
	}
	metric.samples = samples;
	if (metric.nr_samples)
		report__add_metric(report, &metric);
	return 0;
}

static int add_cgroups(struct metrics *m, struct report *report)
{
	struct shown_cgroups shown;
	enum cgroup_sample_id id;
	size_t i;
	int err;

	if (!m->view->cgroups || !m->view->cgroups->any)
		return 0;
	err = choose_cgroups(m, &shown);
	for (i = 0; !err && i < shown.nr; i++)
		err = shown.names[i] ? metrics__show_cgroup(m, shown.names[i]) : -ENOMEM;
	for (id = 0; !err && id < NR_CGROUP_SAMPLES; id++)
		err = add_cgroup_sample(m, report, &shown, id);
	return err ? err : add_single(m, report, &self_metrics[SELF_CGROUPS_LEFT_OUT], NULL, shown.left_out);
}

static int add_attached(struct metrics *m, struct report *report)
{
	const struct metric_row *row = &self_metrics[SELF_PROBE_ATTACHED];
	struct sample *samples = plain_samples(m, MT_NR_PROBES);
	enum mt_probe id;
	size_t nr = 0;

	for (id = 0; samples && id < MT_NR_PROBES; id++) {
		const struct probe_status *status = &m->view->probes[id];

		if (status->wanted)
			samples[nr++] = make_sample(m, row->label, probe_rows[id].name, NULL, NULL, status->attached);
	}
	return add_plain(report, row, samples, nr);
}

static int add_lost(struct metrics *m, struct report *report)
{
	const struct metric_row *records = &self_metrics[SELF_LOST_RECORDS];
	const struct metric_row *events = &self_metrics[SELF_LOST_EVENTS];
	const struct losses *losses = &m->view->totals->losses;
	size_t nr = rings__nr(&m->view->totals->rings), i;
	struct sample *r = plain_samples(m, nr), *e = plain_samples(m, 3);
	char *names = arena__zeroed(&m->arena, nr * RING_NAME_LEN);
	int err;

	for (i = 0; r && names && i < nr; i++)
		r[i] = make_sample(m, records->label, rings__name(i, names + i * RING_NAME_LEN, RING_NAME_LEN), NULL,
				   NULL, losses->ring_records[i]);
	if (e) {
		e[0] = make_sample(m, events->label, "rare", NULL, NULL, losses->rare);
		e[1] = make_sample(m, events->label, "hot", NULL, NULL, losses->hot);
		e[2] = make_sample(m, events->label, "tasks", NULL, NULL, losses->tasks);
	}
	err = add_plain(report, records, names ? r : NULL, nr);
	return err ? err : add_plain(report, events, e, 3);
}

static int add_costs(struct metrics *m, struct report *report, const struct program_cost *costs, size_t nr)
{
	const struct metric_row *time = &self_metrics[SELF_BPF_RUN_TIME];
	const struct metric_row *runs = &self_metrics[SELF_BPF_RUNS];
	struct sample *t = plain_samples(m, nr), *r = plain_samples(m, nr);
	size_t i;
	int err;

	for (i = 0; t && r && i < nr; i++) {
		t[i] = make_sample(m, time->label, costs[i].name, NULL, NULL, costs[i].run_ns / NSEC_PER_SEC);
		r[i] = make_sample(m, runs->label, costs[i].name, NULL, NULL, costs[i].runs);
	}
	err = add_plain(report, time, t, nr);
	return err ? err : add_plain(report, runs, r, nr);
}

static int add_series(struct metrics *m, struct report *report)
{
	const struct metric_row *row = &self_metrics[SELF_SERIES];
	struct sample *samples = plain_samples(m, m->nr_families + 1);
	uint64_t ended = 0;
	size_t i;
	int err;

	for (i = 0; samples && i < m->nr_families; i++) {
		samples[i] = make_sample(m, row->label, m->families[i].name, NULL, NULL, m->families[i].nr_shown);
		ended += series__nr_ended(m->families[i].series);
	}
	err = add_plain(report, row, samples, m->nr_families);
	return err ? err : add_single(m, report, &self_metrics[SELF_SERIES_ENDED], NULL, ended);
}

static int add_self(struct metrics *m, struct report *report)
{
	int err = add_single(m, report, &self_metrics[SELF_BUILD_INFO], MEMTRACE_VERSION, 1);

	if (!err)
		err = add_single(m, report, &self_metrics[SELF_LAST_UPDATE], NULL,
				 (m->view->checkpoint->now_ns + m->view->checkpoint->wall_offset_ns) / NSEC_PER_SEC);
	if (!err)
		err = add_single(m, report, &self_metrics[SELF_CPU], NULL,
				 m->view->checkpoint->own_cpu_ns / NSEC_PER_SEC);
	if (!err)
		err = add_attached(m, report);
	if (!err)
		err = add_lost(m, report);
	if (!err)
		err = add_series(m, report);
	if (!err)
		err = add_single(m, report, &self_metrics[SELF_EXPORT_ERRORS], NULL, m->not_written);
	return err;
}

/* A sample that lacks a label because memory ran out would be a different one: then none is reported. */
int metrics__add(struct metrics *m, struct report *report, const struct program_cost *costs, size_t nr_costs)
{
	size_t i;
	int err = metrics__count(m);

	arena__reset(&m->arena);
	for (i = 0; !err && i < m->nr_families; i++)
		err = add_family_metric(m, &m->families[i], report);
	for (i = 0; !err && i < m->nr_families; i++)
		err = add_newest(m, &m->families[i], report);
	if (!err)
		err = add_machine(m, report);
	if (!err)
		err = add_samples(m, report);
	if (!err)
		err = add_cgroups(m, report);
	if (!err)
		err = metrics__add_cgroup_names(m, report);
	metrics__forget_shown(m);
	if (!err)
		err = add_self(m, report);
	if (!err && nr_costs)
		err = add_costs(m, report, costs, nr_costs);
	return !err && m->arena.failed ? -ENOMEM : err;
}
