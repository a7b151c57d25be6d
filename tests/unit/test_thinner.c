// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers thinner.h: what a task counted under each of its names stays exact, through exec, exit and what comes behind
 * it; moments are as far apart as was asked for, and the last one is there; peaks of samples stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../user/count/pipeline.h"
#include "../../user/recording/thinner.h"
#include "recordings.h"
#include "records.h"

#define SEC	 1000000000ULL
#define NR_LIVES 40

struct side {
	struct aggregate *aggregate;
	struct pipeline pipeline;
	uint64_t records, moments, last_moment_ns, least_apart_ns, first_ns;
};

static void open_side(struct side *side)
{
	const struct aggregate_config config = { .by = BY_PROCESS, .max_groups = 1000, .keep_dead = true };

	*side = (struct side){ .aggregate = aggregate__new(&config), .least_apart_ns = UINT64_MAX };
	assert_non_null(side->aggregate);
	side->pipeline.aggregate = side->aggregate;
}

static void close_side(struct side *side)
{
	pipeline__done(&side->pipeline);
	aggregate__free(side->aggregate);
}

static int take(void *ctx, const void *record)
{
	const struct mt_hdr *hdr = record;
	struct side *side = ctx;
	struct sink sink = pipeline__sink(&side->pipeline);

	side->records++;
	if (hdr->id != REC_CHECKPOINT) {
		sink.record(sink.ctx, record, hdr->size);
		return 0;
	}
	if (side->moments++ && hdr->time_ns - side->last_moment_ns < side->least_apart_ns)
		side->least_apart_ns = hdr->time_ns - side->last_moment_ns;
	side->first_ns = side->first_ns ? side->first_ns : hdr->time_ns;
	side->last_moment_ns = hdr->time_ns;
	return 0;
}

static void send(struct side *whole, struct thinner *thinner, const void *record)
{
	take(whole, record);
	assert_int_equal(thinner__take(thinner, record), 0);
}

static void send_moment(struct side *whole, struct thinner *thinner, uint64_t now_ns, uint64_t flags)
{
	const struct checkpoint_record record = { .hdr = { .id = REC_CHECKPOINT, .time_ns = now_ns },
						  .due_ns = now_ns,
						  .flags = flags,
						  .checkpoint = { .now_ns = now_ns } };

	send(whole, thinner, &record);
}

struct lives {
	uint64_t minor[NR_LIVES + 1], generation[NR_LIVES + 1], name[NR_LIVES + 1], seed;
};

/* A task counts; now and then it takes another name, or ends and leaves a rest, and another life begins. */
static void step_life(struct lives *lives, size_t i, struct side *whole, struct thinner *thinner, uint64_t now_ns)
{
	uint64_t chance = next_number(&lives->seed) % 100;
	struct mt_task task;
	char name[16];

	if (chance < 50)
		return;
	lives->minor[i] += chance;
	lives->name[i] += chance > 90;
	snprintf(name, sizeof(name), "n%llu", (unsigned long long)lives->name[i] % 5);
	task = minor_record((uint32_t)(100 + i), (uint32_t)(100 + i), name, now_ns, lives->minor[i]);
	task.life = (lives->generation[i] + 1) * 1000 + i;
	task.flags = chance > 97 ? MT_TASK_FINAL : 0;
	send(whole, thinner, &task);
	if (!task.flags)
		return;
	task.flags = MT_TASK_REST;
	task.c[MT_SLOT_fault_minor] = 3;
	send(whole, thinner, &task);
	lives->generation[i]++;
	lives->minor[i] = 0;
}

static void assert_same_counts(const struct side *one, const struct side *other)
{
	const uint64_t *a = aggregate__sums(one->aggregate, SCOPE_TOTAL);
	const uint64_t *b = aggregate__sums(other->aggregate, SCOPE_TOTAL);

	assert_true(a[MT_SLOT_fault_minor] > 1000);
	assert_memory_equal(a, b, MT_NR_SLOTS * sizeof(*a));
}

static void assert_same_groups(struct side *one, struct side *other)
{
	struct selection *a = aggregate__select(one->aggregate, SCOPE_TOTAL, &by_minor_faults);
	struct selection *b = aggregate__select(other->aggregate, SCOPE_TOTAL, &by_minor_faults);
	struct entity x, y;
	size_t i;

	assert_int_equal(selection__nr(a), 5);
	assert_int_equal(selection__nr(b), 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(selection__at(a, i, &x), 0);
		assert_int_equal(selection__at(b, i, &y), 0);
		assert_string_equal(x.comm, y.comm);
		assert_memory_equal(x.v, y.v, MT_NR_SLOTS * sizeof(*x.v));
	}
	selection__free(a);
	selection__free(b);
}

/* By name, so that what was counted under a name stays under it. */
static void counts_by_name_stay_exact(void **state)
{
	const struct aggregate_config by_comm = { .by = BY_COMM, .max_groups = 1000, .keep_dead = true };
	struct lives lives = { .seed = 7 };
	struct side whole, thin;
	struct thinner thinner;
	uint64_t now_ns, i;

	(void)state;
	open_side(&whole);
	open_side(&thin);
	aggregate__free(whole.aggregate);
	aggregate__free(thin.aggregate);
	whole.pipeline.aggregate = whole.aggregate = aggregate__new(&by_comm);
	thin.pipeline.aggregate = thin.aggregate = aggregate__new(&by_comm);
	thinner__init(&thinner, 60 * SEC, take, &thin);
	for (now_ns = 10 * SEC; now_ns <= 7205 * SEC; now_ns += 10 * SEC) {
		for (i = 1; i <= NR_LIVES; i++)
			step_life(&lives, i, &whole, &thinner, now_ns - i);
		send_moment(&whole, &thinner, now_ns, 0);
	}
	assert_int_equal(thinner__end(&thinner), 0);
	thinner__free(&thinner);
	assert_same_counts(&whole, &thin);
	assert_same_groups(&whole, &thin);
	assert_int_equal(whole.moments, 720);
	assert_in_range(thin.moments, 119, 121);
	assert_int_equal(thin.last_moment_ns, whole.last_moment_ns);
	assert_true(thin.records < whole.records);
	close_side(&whole);
	close_side(&thin);
}

static struct records taken;

static int keep(void *ctx, const void *record)
{
	(void)ctx;
	if (((const struct mt_hdr *)record)->id == REC_CGROUP_SAMPLES)
		records__take(&taken, record);
	return 0;
}

static uint64_t got(size_t at, enum cgroup_sample_id id)
{
	return ((struct cgroup_sample_record *)&taken.list[at])->values[id];
}

static void take_usage(struct thinner *thinner, uint64_t time_ns, uint64_t usage, uint64_t removed)
{
	struct cgroup_sample_record record = {
		.hdr = { .id = REC_CGROUP_SAMPLES, .size = sizeof(record), .time_ns = time_ns },
		.cgroup_id = 5,
		.removed = removed
	};

	record.values[CGROUP_SAMPLE_memory_current] = usage;
	assert_int_equal(thinner__take(thinner, &record), 0);
}

static void the_most_that_a_cgroup_took_stays(void **state)
{
	static const uint64_t usages[] = { 10, 50, 90, 40 }, expected[] = { 10, 90, 40, 7, 3 };
	const struct checkpoint_record moment = { .hdr = { .id = REC_CHECKPOINT, .time_ns = 100 * SEC },
						  .due_ns = 100 * SEC };
	struct thinner thinner;
	size_t i;

	(void)state;
	thinner__init(&thinner, 60 * SEC, keep, NULL);
	for (i = 0; i < 4; i++)
		take_usage(&thinner, (i + 1) * SEC, usages[i], 0);
	assert_int_equal(thinner__take(&thinner, &moment), 0);
	take_usage(&thinner, 110 * SEC, 7, 0);
	take_usage(&thinner, 120 * SEC, 3, 1);
	assert_int_equal(thinner__end(&thinner), 0);
	/* the first one, from which its counters grow; the most, the last; before it was gone, and then */
	assert_int_equal(taken.nr, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(got(i, CGROUP_SAMPLE_memory_current), expected[i]);
	/* the same id again is another one */
	take_usage(&thinner, 130 * SEC, 8, 0);
	assert_int_equal(taken.nr, 6);
	thinner__free(&thinner);
	records__free(&taken);
}

static uint64_t available[16];
static size_t nr_available;

static int keep_samples(void *ctx, const void *record)
{
	const struct sample_record *sample = record;

	(void)ctx;
	if (sample->hdr.id == REC_SAMPLES)
		available[nr_available++] = sample->values[SAMPLE_memory_available];
	return 0;
}

static void take_available(struct thinner *thinner, uint64_t time_ns, uint64_t value)
{
	struct sample_record record = { .hdr = { .id = REC_SAMPLES, .size = sizeof(record), .time_ns = time_ns } };
	const struct checkpoint_record moment = { .hdr = { .id = REC_CHECKPOINT, .time_ns = time_ns },
						  .due_ns = time_ns };

	record.values[SAMPLE_memory_available] = value;
	assert_int_equal(thinner__take(thinner, &record), 0);
	assert_int_equal(thinner__take(thinner, &moment), 0);
}

/* Moments ten minutes apart; samples of the machine come each minute still, with the least of it. */
static void samples_of_the_machine_stay_each_minute(void **state)
{
	static const uint64_t values[] = { 100, 90, 20, 70, 60, 50, 40, 80, 30 }, expected[] = { 100, 20, 50, 30 };
	struct thinner thinner;
	size_t i;

	(void)state;
	nr_available = 0;
	thinner__init(&thinner, 600 * SEC, keep_samples, NULL);
	thinner.last_due_ns = 1000 * SEC;
	for (i = 0; i < 9; i++)
		take_available(&thinner, (1000 + 10 * i) * SEC, values[i]);
	assert_int_equal(thinner__end(&thinner), 0);
	assert_int_equal(nr_available, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(available[i], expected[i]);
	thinner__free(&thinner);
}

static void a_base_and_the_end_stay(void **state)
{
	struct side whole, thin;
	struct thinner thinner;

	(void)state;
	open_side(&whole);
	open_side(&thin);
	thinner__init(&thinner, 600 * SEC, take, &thin);
	send_moment(&whole, &thinner, 1000 * SEC, CHECKPOINT_BASE);
	send_moment(&whole, &thinner, 1010 * SEC, 0);
	send_moment(&whole, &thinner, 1020 * SEC, 0);
	assert_int_equal(thin.moments, 1);
	send_moment(&whole, &thinner, 1030 * SEC, CHECKPOINT_FINAL);
	assert_int_equal(thin.moments, 2);
	/* none is left then */
	assert_int_equal(thinner__end(&thinner), 0);
	assert_int_equal(thin.moments, 2);
	thinner__free(&thinner);
	close_side(&whole);
	close_side(&thin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_name_stay_exact),
		cmocka_unit_test(the_most_that_a_cgroup_took_stays),
		cmocka_unit_test(samples_of_the_machine_stay_each_minute),
		cmocka_unit_test(a_base_and_the_end_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
