// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/hash.h"
#include "../core/series.h"
#include "../kernel/proc.h"
#include "arena.h"

#define NAME_LEN     512
#define MAX_FAMILIES 16
#define MAX_COSTS    64
#define HIST_WIDTH   (MT_HIST_SLOTS + 2) /* counts, sum, count */
#define MAX_LABELS   16			 /* values of a histogram's own label: kinds of reclaim, NUMA nodes */
#define NSEC_PER_SEC 1e9

const struct metric_row self_metrics[NR_SELF_METRICS] = {
	[SELF_BUILD_INFO] = { "memtrace_build_info", "the version of memtrace, always 1", METRIC_GAUGE, "version" },
	[SELF_LAST_UPDATE] = { "memtrace_last_update_timestamp_seconds", "when this file was written, Unix time",
			       METRIC_GAUGE, NULL },
	[SELF_CPU] = { "memtrace_cpu_seconds_total", "CPU time of memtrace's own process", METRIC_COUNTER, NULL },
	[SELF_PROBE_ATTACHED] = { "memtrace_probe_attached", "whether a probe runs: 1, or 0", METRIC_GAUGE, "probe" },
	[SELF_LOST_RECORDS] = { "memtrace_lost_records_total", "records that found their ring full", METRIC_COUNTER,
				"ring" },
	[SELF_LOST_EVENTS] = { "memtrace_lost_events_total",
			       "events that no process was credited with, by what they belong to", METRIC_COUNTER,
			       "kind" },
	[SELF_BPF_RUN_TIME] = { "memtrace_bpf_run_time_seconds_total",
				"CPU time of memtrace's BPF programs, in the tasks that they trace", METRIC_COUNTER,
				"program" },
	[SELF_BPF_RUNS] = { "memtrace_bpf_runs_total", "runs of memtrace's BPF programs", METRIC_COUNTER, "program" },
};

/* One metric with a label for the group: its series, and the fixed label values that each series has. */
struct family {
	const char *name, *help;
	const char *label;		 /* the fixed label's name, or NULL */
	const char *values[MT_NR_SLOTS]; /* its values, one a counter; NULL without */
	size_t width;			 /* counters a series */
	enum unit unit;
	const struct hist_row *hist;	 /* a histogram: NULL for counters */
	const struct count_row *count;	 /* counts events: NULL else */
	int64_t hist_labels[MAX_LABELS]; /* the values of the histogram's label seen so far */
	size_t nr_hist_labels;
	struct series_set *series;
	bool grouped;
};

/* What the sources of one name add up to in this round, or, for events, since the start. */
struct sum {
	UT_hash_handle hh;
	char *name;
	uint64_t values[];
};

/* A cgroup's name as it was first seen: it must not change under a series. */
struct cgroup_name {
	UT_hash_handle hh;
	uint64_t id;
	char *name;
};

struct metrics {
	struct session *session;
	enum group_by by;
	struct family families[MAX_FAMILIES];
	size_t nr_families;
	struct sum *events[MAX_FAMILIES]; /* of families that count events */
	struct cgroup_name *cgroup_names;
	struct arena arena; /* what the last report borrows */
};

static void sums__free(struct sum **sums)
{
	struct sum *sum, *next;

	HASH_ITER (hh, *sums, sum, next) {
		HASH_DEL(*sums, sum);
		free(sum->name);
		free(sum);
	}
}

/* The values of a name, made with zeroes if it is new; NULL if memory ran out. */
static uint64_t *sums__get(struct sum **sums, const char *name, size_t width)
{
	struct sum *sum;

	HASH_FIND_STR(*sums, name, sum);
	if (sum)
		return sum->values;
	sum = calloc(1, sizeof(*sum) + width * sizeof(uint64_t));
	if (!sum)
		return NULL;
	sum->name = strdup(name);
	if (sum->name)
		HASH_ADD_KEYPTR(hh, *sums, sum->name, strlen(sum->name), sum);
	if (sum->name && sum->hh.tbl)
		return sum->values;
	free(sum->name);
	free(sum);
	return NULL;
}

static double sum_weight(const uint64_t *values, size_t width)
{
	double weight = 0;

	while (width)
		weight += values[--width];
	return weight;
}

/* One round: each name once, then what did not get a series goes to "other". */
static int family__offer(struct family *family, struct sum *sums)
{
	struct sum *sum, *next;
	int err = 0;

	series__begin(family->series);
	HASH_ITER (hh, sums, sum, next) {
		err = series__offer(family->series, sum->name, sum_weight(sum->values, family->width), sum->values);
		if (err)
			break;
	}
	return err ? err : series__end(family->series);
}

static const char *cgroup_name(struct metrics *m, uint64_t id)
{
	struct cgroup_name *name;

	HASH_FIND(hh, m->cgroup_names, &id, sizeof(id), name);
	if (name)
		return name->name;
	name = calloc(1, sizeof(*name));
	if (!name)
		return NULL;
	name->id = id;
	name->name = strdup(m->session->names.cgroup(m->session->names.ctx, id));
	if (name->name)
		HASH_ADD(hh, m->cgroup_names, id, sizeof(name->id), name);
	if (name->name && name->hh.tbl)
		return name->name;
	free(name->name);
	free(name);
	return NULL;
}

static const char *group_name(struct metrics *m, bool other, uint64_t cgroup_id, const char *comm)
{
	if (other)
		return "other";
	return m->by == BY_CGROUP ? cgroup_name(m, cgroup_id) : comm;
}

/* Families of slots: rows with the same metric are one, a counter for each value of its fixed label. */

static struct family *find_family(struct metrics *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nr_families; i++)
		if (!strcmp(m->families[i].name, name))
			return &m->families[i];
	return NULL;
}

static struct family *add_family(struct metrics *m, const char *name, const char *help)
{
	struct family *family = find_family(m, name);

	if (family || m->nr_families == MAX_FAMILIES)
		return family;
	family = &m->families[m->nr_families++];
	family->name = name;
	family->help = help;
	return family;
}

/* The counter of a slot within its family; rows without a label, or with the same value, share one. */
static size_t slot_counter(const struct family *family, const struct slot_row *row)
{
	size_t i;

	for (i = 0; i < family->width; i++)
		if (!row->value || !strcmp(family->values[i], row->value))
			break;
	return i;
}

static const char *slot_metric_help(const struct slot_row *row)
{
	const char *help = schema__metric_help(row->metric);

	return help ? help : row->help;
}

static void add_slot_families(struct metrics *m)
{
	enum mt_slot slot;

	for (slot = 0; slot < MT_NR_SLOTS; slot++) {
		const struct slot_row *row = &slot_rows[slot];
		struct family *family;
		size_t i;

		if (!row->metric || !session__asked(m->session, row->probe) || !session__knows(m->session, slot))
			continue;
		family = add_family(m, row->metric, slot_metric_help(row));
		if (!family)
			continue;
		family->label = row->label;
		family->unit = row->unit;
		family->grouped = true;
		i = slot_counter(family, row);
		family->values[i] = row->value;
		if (i == family->width)
			family->width++;
	}
}

static void add_hist_families(struct metrics *m)
{
	size_t i;

	for (i = 0; i < nr_hist_rows; i++) {
		const struct hist_row *row = &hist_rows[i];
		struct family *family;

		if (!row->metric || !session__asked(m->session, row->probe))
			continue;
		family = add_family(m, row->metric, row->help);
		if (!family)
			continue;
		family->hist = row;
		family->unit = row->unit;
		family->width = MAX_LABELS * HIST_WIDTH;
	}
}

static void add_count_families(struct metrics *m)
{
	size_t i;

	for (i = 0; i < nr_count_rows; i++) {
		struct family *family;

		if (!session__asked(m->session, count_rows[i].probe))
			continue;
		family = add_family(m, count_rows[i].metric, count_rows[i].help);
		if (!family)
			continue;
		family->count = &count_rows[i];
		family->width = 1;
		family->grouped = true;
	}
}

/* Label sets that one name takes. */
static size_t family__sets(const struct family *family)
{
	size_t nr;

	if (!family->hist)
		return family->width;
	if (!family->hist->label[0])
		return 1;
	for (nr = 0; family->hist->label_names && family->hist->label_names[nr];)
		nr++;
	return nr ? nr : 1;
}

static int open_series(struct metrics *m, size_t max_series)
{
	size_t i, max;

	for (i = 0; i < m->nr_families; i++) {
		/* "other" is one of them */
		max = max_series / family__sets(&m->families[i]);
		m->families[i].series = series__new(max > 1 ? max - 1 : 0, m->families[i].width);
		if (!m->families[i].series)
			return -ENOMEM;
	}
	return 0;
}

struct metrics *metrics__new(struct session *session, enum group_by by, size_t max_series)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->session = session;
	m->by = by;
	add_slot_families(m);
	add_hist_families(m);
	add_count_families(m);
	if (!open_series(m, max_series))
		return m;
	metrics__free(m);
	return NULL;
}

void metrics__free(struct metrics *m)
{
	struct cgroup_name *name, *next;
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->nr_families; i++) {
		series__free(m->families[i].series);
		sums__free(&m->events[i]);
	}
	HASH_ITER (hh, m->cgroup_names, name, next) {
		HASH_DEL(m->cgroup_names, name);
		free(name->name);
		free(name);
	}
	arena__free(&m->arena);
	free(m);
}

/* A task's name as comm: bytes that may lack an end. */
static const char *who_name(struct metrics *m, const struct mt_who *who, char *comm)
{
	memcpy(comm, who->comm, MT_COMM_LEN);
	comm[MT_COMM_LEN] = '\0';
	return group_name(m, false, who->cgroup_id, comm);
}

int metrics__event(struct metrics *m, const struct event_row *row, const void *record)
{
	char comm[MT_COMM_LEN + 1];
	size_t i;

	for (i = 0; i < m->nr_families; i++) {
		const struct count_row *count = m->families[i].count;
		const char *name;
		uint64_t *value;

		if (!count || count->event != row->id)
			continue;
		name = who_name(m, (const struct mt_who *)((const char *)record + count->who_offset), comm);
		value = name ? sums__get(&m->events[i], name, 1) : NULL;
		if (!value)
			return -ENOMEM;
		++*value;
	}
	return 0;
}

/* Rounds */

static int add_counts(struct metrics *m, struct family *family, struct sum **sums, const char *name,
		      const uint64_t *counts)
{
	uint64_t *values = name ? sums__get(sums, name, family->width) : NULL;
	enum mt_slot slot;

	if (!values)
		return -ENOMEM;
	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (slot_rows[slot].metric && !strcmp(slot_rows[slot].metric, family->name) &&
		    session__knows(m->session, slot))
			values[slot_counter(family, &slot_rows[slot])] += counts[slot];
	return 0;
}

static int add_entity(struct metrics *m, struct family *family, struct sum **sums, const struct entity *entity)
{
	return add_counts(m, family, sums, group_name(m, entity->other, entity->cgroup_id, entity->comm), entity->v);
}

static int round_of_slots(struct metrics *m, struct family *family, struct selection *selection)
{
	struct sum *sums = NULL;
	struct entity entity;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < selection__nr(selection); i++) {
		err = selection__at(selection, i, &entity);
		if (!err)
			err = add_entity(m, family, &sums, &entity);
	}
	/* what nobody can be named for is "other" too */
	if (!err && schema__nr_events(m->session->totals.losses.unattributed))
		err = add_counts(m, family, &sums, "other", m->session->totals.losses.unattributed);
	if (!err)
		err = family__offer(family, sums);
	sums__free(&sums);
	return err;
}

/* Where a histogram's label value has its counters; MAX_LABELS if there is no room left. */
static size_t label_index(struct family *family, int64_t label)
{
	size_t i;

	for (i = 0; i < family->nr_hist_labels; i++)
		if (family->hist_labels[i] == label)
			return i;
	if (i < MAX_LABELS) {
		family->hist_labels[i] = label;
		family->nr_hist_labels++;
	}
	return i;
}

static int add_hist_entry(struct metrics *m, struct family *family, struct sum **sums, const struct hist_entry *entry)
{
	const char *name = "";
	uint64_t *values;
	size_t label, i;

	if (entry->other || entry->comm[0] || entry->cgroup_id)
		name = group_name(m, entry->other, entry->cgroup_id, entry->comm);
	family->grouped |= name && name[0];
	label = label_index(family, entry->label);
	if (label == MAX_LABELS)
		return 0;
	values = name ? sums__get(sums, name, family->width) : NULL;
	if (!values)
		return -ENOMEM;
	values += label * HIST_WIDTH;
	for (i = 0; i < MT_HIST_SLOTS; i++)
		values[i] += entry->counts[i];
	values[MT_HIST_SLOTS] += entry->sum;
	values[MT_HIST_SLOTS + 1] += entry->count;
	return 0;
}

static int round_of_hist(struct metrics *m, struct family *family, const struct hist_entry *entries, size_t nr)
{
	struct sum *sums = NULL;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < nr; i++)
		if (entries[i].row == family->hist)
			err = add_hist_entry(m, family, &sums, &entries[i]);
	if (!err)
		err = family__offer(family, sums);
	sums__free(&sums);
	return err;
}

static double no_weight(const struct entity *entity, void *ctx)
{
	(void)entity;
	(void)ctx;
	return 0;
}

static int run_round(struct metrics *m)
{
	struct aggregate *agg = m->session->aggregate;
	struct selection *selection = aggregate__select(agg, SCOPE_TOTAL, no_weight, NULL);
	struct hist_entry *entries = NULL;
	size_t i, nr = 0;
	int err = selection ? aggregate__histograms(agg, SCOPE_TOTAL, &entries, &nr) : -errno;

	for (i = 0; !err && i < m->nr_families; i++) {
		struct family *family = &m->families[i];

		if (family->hist)
			err = round_of_hist(m, family, entries, nr);
		else if (family->count)
			err = family__offer(family, m->events[i]);
		else
			err = round_of_slots(m, family, selection);
	}
	selection__free(selection);
	free(entries);
	return err;
}

/* Samples */

static double in_base_unit(const struct metrics *m, uint64_t value, enum unit unit)
{
	if (unit == UNIT_PAGES)
		return (double)value * m->session->facts.page_size;
	return unit == UNIT_NS ? value / NSEC_PER_SEC : value;
}

static const char *group_label(const struct metrics *m)
{
	return m->by == BY_CGROUP ? "cgroup" : "comm";
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

static size_t counter_samples(struct metrics *m, const struct family *family, struct sample *samples)
{
	size_t i, j, nr = 0;

	for (i = 0; i < series__nr(family->series); i++)
		for (j = 0; j < family->width; j++)
			samples[nr++] = make_sample(
				m, group_label(m), series__name(family->series, i), family->label, family->values[j],
				in_base_unit(m, series__values(family->series, i)[j], family->unit));
	return nr;
}

static const char *hist_label_value(struct metrics *m, const struct family *family, size_t label)
{
	const char *const *names = family->hist->label_names;
	int64_t value = family->hist_labels[label], i;
	char *text;

	if (!family->hist->label[0])
		return NULL;
	for (i = 0; names && names[i]; i++)
		if (i == value)
			return names[i];
	text = arena__zeroed(&m->arena, 24);
	if (text)
		snprintf(text, 24, "%lld", (long long)value);
	return text;
}

static size_t hist_samples(struct metrics *m, const struct family *family, struct sample *samples)
{
	size_t i, label, nr = 0;

	for (i = 0; i < series__nr(family->series); i++) {
		const char *name = series__name(family->series, i);

		for (label = 0; label < family->nr_hist_labels; label++) {
			const uint64_t *values = series__values(family->series, i) + label * HIST_WIDTH;
			struct histogram *hist = arena__zeroed(&m->arena, sizeof(*hist));

			if (!hist || !values[MT_HIST_SLOTS + 1])
				continue;
			hist->unit = family->unit;
			hist->counts = values;
			hist->nr_counts = MT_HIST_SLOTS;
			hist->sum = values[MT_HIST_SLOTS];
			hist->count = values[MT_HIST_SLOTS + 1];
			samples[nr] = make_sample(m, group_label(m), family->grouped ? name : NULL, family->hist->label,
						  hist_label_value(m, family, label), 0);
			samples[nr++].hist = hist;
		}
	}
	return nr;
}

static int add_family_metric(struct metrics *m, const struct family *family, struct report *report)
{
	size_t per_series = family->hist ? family->nr_hist_labels : family->width;
	struct metric metric = {
		.name = family->name,
		.help = family->help,
		.type = family->hist ? METRIC_HISTOGRAM : METRIC_COUNTER,
	};
	struct sample *samples;

	samples = arena__zeroed(&m->arena, (series__nr(family->series) * per_series + 1) * sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	metric.nr_samples = family->hist ? hist_samples(m, family, samples) : counter_samples(m, family, samples);
	metric.samples = samples;
	report__add_metric(report, &metric);
	return 0;
}

static struct sample *plain_samples(struct metrics *m, size_t nr)
{
	return arena__zeroed(&m->arena, nr * sizeof(struct sample));
}

static int add_plain(struct report *report, const struct metric_row *row, const struct sample *samples, size_t nr)
{
	struct metric metric = { row->name, row->help, row->type, samples, nr };

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

static int add_machine(struct metrics *m, struct report *report)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < MT_NR_MACHINE_SLOTS; i++) {
		const struct slot_row *row = &machine_rows[i];
		struct metric_row metric = { row->metric, row->metric ? slot_metric_help(row) : NULL, METRIC_COUNTER,
					     NULL };

		if (row->metric && session__asked(m->session, row->probe) &&
		    m->session->source->probes[row->probe].hooked)
			err = add_single(m, report, &metric, NULL,
					 in_base_unit(m, m->session->totals.machine[i], row->unit));
	}
	return err;
}

static int add_attached(struct metrics *m, struct report *report)
{
	const struct metric_row *row = &self_metrics[SELF_PROBE_ATTACHED];
	struct sample *samples = plain_samples(m, MT_NR_PROBES);
	enum mt_probe id;
	size_t nr = 0;

	for (id = 0; samples && id < MT_NR_PROBES; id++) {
		const struct probe_status *status = &m->session->source->probes[id];

		if (status->wanted)
			samples[nr++] = make_sample(m, row->label, probe_rows[id].name, NULL, NULL, status->attached);
	}
	return add_plain(report, row, samples, nr);
}

static int add_lost(struct metrics *m, struct report *report)
{
	const struct metric_row *records = &self_metrics[SELF_LOST_RECORDS];
	const struct metric_row *events = &self_metrics[SELF_LOST_EVENTS];
	const struct losses *losses = &m->session->totals.losses;
	size_t nr = rings__nr(&m->session->totals.rings), i;
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

/* What the programs cost; nothing while the kernel does not time them, as 0 would be a lie. */
static int add_costs(struct metrics *m, struct report *report)
{
	const struct metric_row *time = &self_metrics[SELF_BPF_RUN_TIME];
	const struct metric_row *runs = &self_metrics[SELF_BPF_RUNS];
	struct program_cost costs[MAX_COSTS];
	int nr = m->session->source->ops->costs(m->session->source, costs, MAX_COSTS), i, err;
	struct sample *t = plain_samples(m, MAX_COSTS), *r = plain_samples(m, MAX_COSTS);

	if (nr < 0 || m->session->stats_fd < 0)
		return nr < 0 ? nr : 0;
	for (i = 0; t && r && i < nr; i++) {
		t[i] = make_sample(m, time->label, costs[i].name, NULL, NULL, costs[i].run_ns / NSEC_PER_SEC);
		r[i] = make_sample(m, runs->label, costs[i].name, NULL, NULL, costs[i].runs);
	}
	err = add_plain(report, time, t, nr);
	return err ? err : add_plain(report, runs, r, nr);
}

static int add_self(struct metrics *m, struct report *report)
{
	int err = add_single(m, report, &self_metrics[SELF_BUILD_INFO], MEMTRACE_VERSION, 1);

	if (!err)
		err = add_single(m, report, &self_metrics[SELF_LAST_UPDATE], NULL,
				 (m->session->moment.now_ns + m->session->moment.wall_offset_ns) / NSEC_PER_SEC);
	if (!err)
		err = add_single(m, report, &self_metrics[SELF_CPU], NULL,
				 m->session->moment.own_cpu_ns / NSEC_PER_SEC);
	if (!err)
		err = add_attached(m, report);
	if (!err)
		err = add_lost(m, report);
	return err ? err : add_costs(m, report);
}

int metrics__add(struct metrics *m, struct report *report)
{
	size_t i;
	int err = run_round(m);

	arena__reset(&m->arena);
	for (i = 0; !err && i < m->nr_families; i++)
		err = add_family_metric(m, &m->families[i], report);
	if (!err)
		err = add_machine(m, report);
	return err ? err : add_self(m, report);
}
