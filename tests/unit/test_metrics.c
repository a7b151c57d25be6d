/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Metrics: each of the schema is reported, and what has no label of its own is in "other". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/metrics/metrics.h"
#include "fake_run.h"
#include "records.h"

#define NODE_LABELS 64

struct world {
	struct fake_run fake;
	struct metrics *metrics;
	struct report *report;
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(fake_run__open(&world->fake, BY_COMM), 0);
	world->metrics = fake_run__metrics(&world->fake, 1000);
	assert_non_null(world->metrics);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	report__free(world->report);
	metrics__free(world->metrics);
	fake_run__close(&world->fake);
	free(world);
	return 0;
}

static const struct program_cost two_costs[] = { { "first", 1000, 1 }, { "second", 2000, 2 } };

static void make_report(struct world *world)
{
	report__free(world->report);
	world->report = report__new("test/1");
	assert_non_null(world->report);
	assert_int_equal(metrics__add(world->metrics, world->report, two_costs, 2), 0);
	assert_false(world->report->failed);
}

/* How often a metric of that name is in the report; *found: the last. */
static size_t find(const struct report *report, const char *name, const struct metric **found)
{
	size_t i, nr = 0;

	*found = NULL;
	for (i = 0; i < report->nr_sections; i++) {
		const struct section *section = &report->sections[i];

		if (section->kind != SECTION_METRIC || strcmp(section->metric.name, name))
			continue;
		*found = &section->metric;
		nr++;
	}
	return nr;
}

static const struct sample *sample_of(const struct metric *metric, const char *name, const char *value)
{
	const struct sample *found = NULL;
	size_t i, l;

	for (i = 0; i < metric->nr_samples; i++) {
		const struct sample *sample = &metric->samples[i];

		for (l = 0; l < sample->nr_labels; l++)
			if (!strcmp(sample->labels[l].name, name) && !strcmp(sample->labels[l].value, value)) {
				assert_null(found);
				found = sample;
			}
	}
	assert_non_null(found);
	return found;
}

static void session_of_each_node(struct world *world, int nr)
{
	int node;

	for (node = 0; node < nr; node++)
		assert_int_equal(fake_run__kswapd(&world->fake, node, 1000 + node), 0);
}

static const struct metric *kswapd_sessions(struct world *world)
{
	const struct metric *metric;

	make_report(world);
	assert_int_equal(find(world->report, "memtrace_kswapd_session_seconds", &metric), 1);
	return metric;
}

static void expect_sessions(const struct metric *metric, uint64_t count, uint64_t sum)
{
	size_t i;

	for (i = 0; i < metric->nr_samples; i++) {
		count -= metric->samples[i].hist->count;
		sum -= metric->samples[i].hist->sum;
	}
	assert_int_equal(count, 0);
	assert_int_equal(sum, 0);
}

static void each_node_has_its_label(void **state)
{
	struct world *world = *state;
	const struct metric *metric;
	char label[8];
	int node;

	session_of_each_node(world, NODE_LABELS);
	metric = kswapd_sessions(world);
	assert_int_equal(metric->nr_samples, NODE_LABELS);
	for (node = 0; node < NODE_LABELS; node++) {
		snprintf(label, sizeof(label), "%d", node);
		assert_int_equal(sample_of(metric, "node", label)->hist->sum, 1000 + node);
	}
	expect_sessions(metric, NODE_LABELS, NODE_LABELS * 1000 + NODE_LABELS * (NODE_LABELS - 1) / 2);
}

/* One beyond, the last that a kernel can have, and what no kernel says. */
static void nodes_beyond_are_other(void **state)
{
	static const int32_t beyond[] = { NODE_LABELS, MT_MAX_NODES - 1, INT32_MAX, -1 };
	struct world *world = *state;
	const struct metric *metric;
	size_t i;

	session_of_each_node(world, NODE_LABELS);
	for (i = 0; i < 4; i++)
		assert_int_equal(fake_run__kswapd(&world->fake, beyond[i], 5), 0);
	metric = kswapd_sessions(world);
	assert_int_equal(metric->nr_samples, NODE_LABELS + 1);
	assert_int_equal(sample_of(metric, "node", "other")->hist->count, 4);
	assert_int_equal(sample_of(metric, "node", "other")->hist->sum, 20);
	expect_sessions(metric, NODE_LABELS + 4, NODE_LABELS * 1000 + NODE_LABELS * (NODE_LABELS - 1) / 2 + 20);
}

/* In a list of distinct ones. */
static size_t add_name(const char **names, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; name && i < nr; i++)
		if (!strcmp(names[i], name))
			return nr;
	if (name)
		names[nr++] = name;
	return nr;
}

static size_t names_of_schema(const char **names)
{
	size_t nr = 0, i;

	for (i = 0; i < MT_NR_SLOTS; i++)
		nr = add_name(names, nr, slot_rows[i].metric);
	for (i = 0; i < nr_hist_rows; i++)
		nr = add_name(names, nr, hist_rows[i].metric);
	for (i = 0; i < nr_count_rows; i++)
		nr = add_name(names, nr, count_rows[i].metric);
	for (i = 0; i < MT_NR_MACHINE_SLOTS; i++)
		nr = add_name(names, nr, machine_rows[i].metric);
	return nr;
}

/* However many the schema has: each once, and none but those and memtrace's own. */
static void all_of_the_schema_are_reported(void **state)
{
	const char *names[MT_NR_SLOTS + MT_NR_MACHINE_SLOTS + 64];
	struct world *world = *state;
	const struct metric *metric;
	size_t nr, i;

	assert_true(nr_hist_rows + nr_count_rows <= 64);
	nr = names_of_schema(names);
	make_report(world);
	for (i = 0; i < nr; i++)
		assert_int_equal(find(world->report, names[i], &metric), 1);
	for (i = 0; i < NR_SELF_METRICS; i++)
		nr += find(world->report, self_metrics[i].name, &metric);
	assert_int_equal(world->report->nr_sections, nr);
}

/* Gauges as they are, counters from where the run began, in base units; what is not known is no metric. */
static void take_cgroup(struct cgroup_counts *counts, uint64_t id, bool removed, uint64_t max, uint64_t kills)
{
	struct cgroup_sample_record record = { .cgroup_id = id, .removed = removed, .hdr = { .time_ns = id } };

	memset(record.values, 0xff, sizeof(record.values));
	record.values[CGROUP_SAMPLE_memory_max] = max;
	record.values[CGROUP_SAMPLE_memory_events_oom_kill] = kills;
	assert_int_equal(cgroup_counts__take(counts, &record), 0);
}

static const char *name_of_id(void *ctx, uint64_t id)
{
	static char name[32];

	(void)ctx;
	snprintf(name, sizeof(name), "/c%llu", (unsigned long long)id);
	return name;
}

/* The kernel's own counts, not since memtrace runs; a limit that is not set is infinite; what is gone has no series. */
static void samples_of_cgroups_are_metrics(void **state)
{
	struct world *world = *state;
	struct cgroup_counts counts = { 0 };
	const struct metric *metric;

	world->fake.view.cgroups = &counts;
	world->fake.names.cgroup = name_of_id;
	make_report(world);
	assert_int_equal(find(world->report, "memtrace_cgroups_left_out", &metric), 0);
	take_cgroup(&counts, 1, false, 4096, 7);
	take_cgroup(&counts, 2, false, SAMPLE_UNLIMITED, MT_UNKNOWN_U64);
	take_cgroup(&counts, 3, true, 8192, 9);
	take_cgroup(&counts, 1, false, 4096, 8);
	make_report(world);
	assert_int_equal(find(world->report, "memtrace_cgroup_memory_max_bytes", &metric), 1);
	assert_int_equal(metric->type, METRIC_GAUGE);
	assert_int_equal(metric->nr_samples, 2);
	assert_true(sample_of(metric, "cgroup", "/c1")->value == 4096);
	assert_true(sample_of(metric, "cgroup", "/c2")->value == INFINITY);
	assert_int_equal(find(world->report, "memtrace_cgroup_memory_events_oom_kill_total", &metric), 1);
	assert_int_equal(metric->type, METRIC_COUNTER);
	assert_int_equal(metric->nr_samples, 1);
	assert_true(sample_of(metric, "cgroup", "/c1")->value == 8);
	assert_int_equal(find(world->report, "memtrace_cgroup_memory_low_bytes", &metric), 0);
	assert_int_equal(find(world->report, "memtrace_cgroups_left_out", &metric), 1);
	assert_true(metric->samples[0].value == 0);
	metrics__free(world->metrics);
	world->metrics = fake_run__metrics(&world->fake, 1);
	make_report(world);
	assert_int_equal(find(world->report, "memtrace_cgroup_memory_max_bytes", &metric), 1);
	assert_int_equal(metric->nr_samples, 1);
	assert_int_equal(find(world->report, "memtrace_cgroups_left_out", &metric), 1);
	assert_true(metric->samples[0].value == 1);
	world->fake.view.cgroups = NULL;
	cgroup_counts__free(&counts);
}

static void samples_are_metrics(void **state)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES } };
	struct sample_counts counts = { 0 };
	struct world *world = *state;
	const struct metric *metric;

	memset(record.values, 0xff, sizeof(record.values));
	world->fake.view.samples = &counts;
	make_report(world);
	assert_int_equal(find(world->report, "memtrace_memory_free_bytes", &metric), 0);
	record.values[SAMPLE_memory_free] = 1000;
	record.values[SAMPLE_vm_pgsteal_kswapd] = 10;
	record.values[SAMPLE_pressure_memory_some_total] = 5000000000;
	record.values[SAMPLE_pressure_memory_some_avg10] = 5;
	sample_counts__take(&counts, &record);
	record.values[SAMPLE_memory_free] = 2000;
	record.values[SAMPLE_vm_pgsteal_kswapd] = 13;
	record.values[SAMPLE_pressure_memory_some_total] = 7500000000;
	sample_counts__take(&counts, &record);
	make_report(world);
	assert_int_equal(find(world->report, "memtrace_memory_free_bytes", &metric), 1);
	assert_int_equal(metric->type, METRIC_GAUGE);
	assert_int_equal(metric->nr_samples, 1);
	assert_true(metric->samples[0].value == 2000);
	assert_int_equal(find(world->report, "memtrace_vm_pgsteal_kswapd_bytes_total", &metric), 1);
	assert_int_equal(metric->type, METRIC_COUNTER);
	assert_true(metric->samples[0].value == 3 * 4096);
	assert_int_equal(find(world->report, "memtrace_pressure_memory_some_seconds_total", &metric), 1);
	assert_true(metric->samples[0].value == 2.5);
	assert_int_equal(find(world->report, "memtrace_memory_total_bytes", &metric), 0);
}

/* More names than there is room for: what they counted is in "other", and nothing is lost. */
static void names_without_a_series_are_other(void **state)
{
	struct world *world = *state;
	const struct metric *metric;
	double sum = 0;
	char comm[8];
	uint32_t i;

	metrics__free(world->metrics);
	world->metrics = fake_run__metrics(&world->fake, 20);
	assert_non_null(world->metrics);
	for (i = 0; i < 50; i++) {
		snprintf(comm, sizeof(comm), "c%u", i);
		assert_int_equal(fake_run__task(&world->fake, i + 1, comm, 100 + i), 0);
	}
	make_report(world);
	assert_int_equal(find(world->report, slot_rows[MT_SLOT_fault_minor].metric, &metric), 1);
	assert_int_equal(metric->nr_samples, 20);
	for (i = 0; i < metric->nr_samples; i++)
		sum += metric->samples[i].value;
	assert_true(sum == 50 * 100 + 50 * 49 / 2);
}

static double sum_of(const struct report *report, const char *name)
{
	const struct metric *metric;
	double sum = 0;
	size_t i;

	assert_int_equal(find(report, name, &metric), 1);
	for (i = 0; i < metric->nr_samples; i++)
		sum += metric->samples[i].value;
	return sum;
}

/* Each once: by the second group under a name of its own, and only what has groups. */
static void two_groups_in_one_report(void **state)
{
	struct world *world = *state;
	const struct metric *metric;
	size_t i;

	metrics__free(world->metrics);
	fake_run__close(&world->fake);
	assert_int_equal(fake_run__open_also(&world->fake, BY_COMM, BY_CGROUP), 0);
	world->fake.names.cgroup = name_of_id;
	world->metrics = fake_run__metrics(&world->fake, 100);
	assert_non_null(world->metrics);
	assert_int_equal(fake_run__stall(&world->fake, 1, "a", 7, 2000000000), 0);
	assert_int_equal(fake_run__task(&world->fake, 2, "b", 3), 0);
	assert_int_equal(fake_run__task(&world->fake, 3, "a", 5), 0);
	session_of_each_node(world, 2);
	make_report(world);
	assert_true(sum_of(world->report, "memtrace_page_faults_total") == 15);
	assert_true(sum_of(world->report, "memtrace_cgroup_page_faults_total") == 15);
	assert_int_equal(find(world->report, "memtrace_cgroup_page_faults_total", &metric), 1);
	for (i = 0; i < metric->nr_samples; i++)
		assert_string_equal(metric->samples[i].labels[0].name, "cgroup");
	assert_int_equal(find(world->report, "memtrace_cgroup_reclaim_seconds", &metric), 1);
	assert_int_equal(find(world->report, "memtrace_kswapd_session_seconds", &metric), 1);
	assert_int_equal(metric->nr_samples, 2);
	assert_int_equal(find(world->report, "memtrace_cgroup_kswapd_session_seconds", &metric), 0);
	for (i = 0; i < NR_SELF_METRICS; i++)
		assert_true(find(world->report, self_metrics[i].name, &metric) <= 1);
}

#define HOUR_NS 3600000000000ULL

static void count_task(struct world *world, uint32_t pid, const char *comm, uint64_t minor, bool final)
{
	struct mt_task task = minor_record(pid, pid, comm, 1, minor);

	task.flags = final ? MT_TASK_FINAL : 0;
	task.who.cgroup_id = pid;
	assert_int_equal(aggregate__task(world->fake.view.aggregate, &task), 0);
}

/* -1: there is no such series. */
static double value_of(struct world *world, const char *name, const char *label, const char *value)
{
	const struct metric *metric;
	double found = -1;
	size_t i, l;

	assert_int_equal(find(world->report, name, &metric), 1);
	for (i = 0; i < metric->nr_samples; i++)
		for (l = 0; l < metric->samples[i].nr_labels; l++)
			if (!strcmp(metric->samples[i].labels[l].name, label) &&
			    !strcmp(metric->samples[i].labels[l].value, value))
				found = (found < 0 ? 0 : found) + metric->samples[i].value;
	return found;
}

#define FAULTS "memtrace_page_faults_total"

/* An hour after its last count, and not while a task of it lives; what it counted goes nowhere else. */
static void names_that_are_gone_end(void **state)
{
	struct world *world = *state;

	count_task(world, 1, "gone", 100, true);
	count_task(world, 2, "sleeps", 10, false);
	make_report(world);
	assert_true(value_of(world, FAULTS, "comm", "gone") == 100);
	world->fake.checkpoint.now_ns += HOUR_NS - 1;
	make_report(world);
	assert_true(value_of(world, FAULTS, "comm", "gone") == 100);
	world->fake.checkpoint.now_ns += 1;
	make_report(world);
	assert_true(value_of(world, FAULTS, "comm", "gone") == -1);
	assert_true(value_of(world, FAULTS, "comm", "sleeps") == 10);
	assert_true(value_of(world, FAULTS, "comm", "other") == -1);
	assert_true(sum_of(world->report, "memtrace_series_ended_total") > 0);
	/* it comes back, and one that had stayed goes on */
	count_task(world, 3, "gone", 7, false);
	count_task(world, 2, "sleeps", 11, true);
	make_report(world);
	assert_true(value_of(world, FAULTS, "comm", "gone") == 7);
	assert_true(value_of(world, FAULTS, "comm", "sleeps") == 11);
	assert_true(value_of(world, "memtrace_series", "metric", FAULTS) >= 2);
}

static bool is_odd(void *ctx, uint64_t id)
{
	(void)ctx;
	return id % 2;
}

/* A cgroup without tasks, but there, may count again at any time. */
static void cgroups_end_when_they_are_gone(void **state)
{
	struct world *world = *state;

	metrics__free(world->metrics);
	fake_run__close(&world->fake);
	assert_int_equal(fake_run__open(&world->fake, BY_CGROUP), 0);
	world->fake.names.cgroup = name_of_id;
	world->fake.names.cgroup_lives = is_odd;
	world->metrics = fake_run__metrics(&world->fake, 100);
	assert_non_null(world->metrics);
	count_task(world, 1, "a", 5, true);
	count_task(world, 2, "b", 6, true);
	make_report(world);
	world->fake.checkpoint.now_ns += HOUR_NS;
	make_report(world);
	assert_true(value_of(world, FAULTS, "cgroup", "/c1") == 5);
	assert_true(value_of(world, FAULTS, "cgroup", "/c2") == -1);
}

#define CHURN_STEPS 100
#define CHURN_NAMES 1000

/* 100,000 names, each gone soon: a new one still finds a series, and nothing is lost. */
static void names_over_time_find_room(void **state)
{
	struct world *world = *state;
	const struct metric *metric;
	uint32_t step, i, pid = 1;
	double other = 0;
	char comm[16];

	metrics__free(world->metrics);
	world->metrics = fake_run__metrics(&world->fake, 100);
	assert_non_null(world->metrics);
	for (step = 0; step < CHURN_STEPS; step++) {
		for (i = 0; i < CHURN_NAMES; i++, pid++) {
			snprintf(comm, sizeof(comm), "n%u", pid);
			count_task(world, pid, comm, 1 + i, true);
		}
		make_report(world);
		assert_int_equal(find(world->report, FAULTS, &metric), 1);
		assert_true(metric->nr_samples <= 100);
		/* the largest of the step has a series of its own */
		assert_true(value_of(world, FAULTS, "comm", comm) == CHURN_NAMES);
		assert_true(value_of(world, FAULTS, "comm", "other") > other);
		other = value_of(world, FAULTS, "comm", "other");
		assert_true(sum_of(world->report, FAULTS) - other + other / (step + 1) ==
			    CHURN_NAMES * (CHURN_NAMES + 1) / 2);
		world->fake.checkpoint.now_ns += HOUR_NS;
		make_report(world);
	}
}

static void first_events_have_a_zero_before(void **state)
{
	struct world *world = *state;

	count_task(world, 1, "calm", 5, false);
	make_report(world);
	assert_true(value_of(world, "memtrace_stalled_seconds_total", "comm", "calm") == 0);
	assert_true(value_of(world, "memtrace_page_alloc_failures_total", "comm", "calm") == 0);
	assert_true(value_of(world, "memtrace_reclaimed_bytes_total", "comm", "calm") == -1);
}

static const char *name_of_docker(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 1 ? "/system.slice/docker-"
			 "0f3c1d5a7b9e8f2c4d6a8b0c1e3f5a7d9b2c4e6f8a0b1c3d5e7f9a1b3c5d7e9f.scope" :
			 "/plain";
}

/* Once a cgroup that the report names, however many metrics do; one whose path says nothing has none. */
static void cgroups_are_described_once(void **state)
{
	struct world *world = *state;
	const struct metric *metric;

	make_report(world);
	assert_int_equal(find(world->report, "memtrace_cgroup_info", &metric), 1);
	assert_int_equal(metric->nr_samples, 0);
	metrics__free(world->metrics);
	fake_run__close(&world->fake);
	assert_int_equal(fake_run__open_also(&world->fake, BY_COMM, BY_CGROUP), 0);
	world->fake.names.cgroup = name_of_docker;
	world->metrics = fake_run__metrics(&world->fake, 100);
	assert_non_null(world->metrics);
	count_task(world, 1, "a", 5, false);
	count_task(world, 2, "b", 5, false);
	make_report(world);
	assert_int_equal(find(world->report, "memtrace_cgroup_info", &metric), 1);
	assert_int_equal(metric->nr_samples, 1);
	assert_int_equal(metric->samples[0].nr_labels, 4);
	assert_true(metric->samples[0].value == 1);
	assert_true(value_of(world, "memtrace_cgroup_info", "runtime", "docker") == 1);
	assert_true(value_of(world, "memtrace_cgroup_info", "container_id",
			     "0f3c1d5a7b9e8f2c4d6a8b0c1e3f5a7d9b2c4e6f8a0b1c3d5e7f9a1b3c5d7e9f") == 1);
	assert_true(value_of(world, "memtrace_cgroup_info", "pod_uid", "") == -1);
}

#define KILLS "memtrace_oom_kills_total"

static void kill_in(struct world *world, uint64_t cgroup_id, int32_t constraint)
{
	const struct mt_oom kill = {
		.hdr = { .id = MT_REC_oom, .size = sizeof(kill), .time_ns = world->fake.checkpoint.now_ns },
		.victim = { .comm = "victim", .cgroup_id = cgroup_id },
		.constraint = constraint,
	};

	assert_int_equal(metrics__event(world->metrics, &event_rows[MT_REC_oom], &kill), 0);
}

static double kills(struct world *world, const char *cgroup, const char *kind)
{
	const struct metric *metric;
	size_t i;

	assert_int_equal(find(world->report, KILLS, &metric), 1);
	for (i = 0; i < metric->nr_samples; i++) {
		const struct label *labels = metric->samples[i].labels;

		assert_string_equal(labels[0].name, "cgroup");
		assert_string_equal(labels[1].name, "kind");
		if (!strcmp(labels[0].value, cgroup) && !strcmp(labels[1].value, kind))
			return metric->samples[i].value;
	}
	return -1;
}

static void use_cgroups(struct world *world)
{
	metrics__free(world->metrics);
	fake_run__close(&world->fake);
	assert_int_equal(fake_run__open(&world->fake, BY_COMM), 0);
	world->fake.names.cgroup = name_of_id;
	world->metrics = fake_run__metrics(&world->fake, 100);
	assert_non_null(world->metrics);
}

/* By cgroup and kind, whatever --by says; 0 before the first, as far as that may come; unknown kinds are said. */
static void kills_are_by_cgroup_and_kind(void **state)
{
	struct world *world = *state;
	struct cgroup_counts counts = { 0 };
	const struct metric *metric;

	use_cgroups(world);
	world->fake.view.cgroups = &counts;
	take_cgroup(&counts, 1, false, 4096, 0);
	make_report(world);
	assert_true(kills(world, "/c1", "memcg") == 0);
	assert_true(kills(world, "/c1", "global") == 0);
	assert_true(kills(world, "/c1", "unknown") == 0);
	assert_true(kills(world, "/c1", "cpuset") == -1);
	assert_int_equal(find(world->report, "memtrace_oom_last_timestamp_seconds", &metric), 0);
	kill_in(world, 1, 3);
	kill_in(world, 1, 3);
	kill_in(world, 1, 1);
	kill_in(world, 2, MT_UNKNOWN_S32);
	kill_in(world, 2, 77);
	make_report(world);
	assert_true(kills(world, "/c1", "memcg") == 2);
	assert_true(kills(world, "/c1", "cpuset") == 1);
	assert_true(kills(world, "/c1", "global") == 0);
	assert_true(kills(world, "/c2", "unknown") == 2);
	assert_true(sum_of(world->report, "memtrace_oom_last_timestamp_seconds") == 5);
	world->fake.view.cgroups = NULL;
	cgroup_counts__free(&counts);
}

/* A day, not an hour: somebody looks in the morning.  A cgroup that never had a kill has no series once it is gone. */
static void kills_stay_for_a_day(void **state)
{
	struct world *world = *state;
	struct cgroup_counts counts = { 0 };

	use_cgroups(world);
	world->fake.view.cgroups = &counts;
	take_cgroup(&counts, 1, false, 4096, 0);
	take_cgroup(&counts, 3, false, 4096, 0);
	kill_in(world, 1, 3);
	kill_in(world, 5, 3);
	make_report(world);
	take_cgroup(&counts, 1, true, 4096, 0);
	take_cgroup(&counts, 3, true, 4096, 0);
	world->fake.checkpoint.now_ns += 24 * HOUR_NS - 1;
	make_report(world);
	assert_true(kills(world, "/c1", "memcg") == 1);
	assert_true(kills(world, "/c3", "memcg") == -1);
	world->fake.names.cgroup_lives = is_odd; /* 5 is there */
	world->fake.checkpoint.now_ns += 1;
	make_report(world);
	assert_true(kills(world, "/c5", "memcg") == 1);
	world->fake.names.cgroup_lives = NULL;
	make_report(world);
	make_report(world);
	assert_true(kills(world, "/c1", "memcg") == -1);
	assert_true(kills(world, "/c5", "memcg") == -1);
	kill_in(world, 5, 0);
	make_report(world);
	assert_true(kills(world, "/c5", "memcg") == 0);
	assert_true(kills(world, "/c5", "global") == 1);
	world->fake.view.cgroups = NULL;
	cgroup_counts__free(&counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_node_has_its_label, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nodes_beyond_are_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_of_the_schema_are_reported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(samples_are_metrics, set_up, tear_down),
		cmocka_unit_test_setup_teardown(samples_of_cgroups_are_metrics, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_without_a_series_are_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_groups_in_one_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_that_are_gone_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cgroups_end_when_they_are_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_over_time_find_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(kills_are_by_cgroup_and_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(kills_stay_for_a_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cgroups_are_described_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(first_events_have_a_zero_before, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
