/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers pipeline.h: every id with the right size and with each wrong one,
 * unknown ids, what reaches the aggregate and what the event function.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/count/pipeline.h"
#include "records.h"

struct seen {
	size_t nr;
	enum mt_rec_id last;
};

static void see(void *ctx, const struct event_row *row, const void *record)
{
	struct seen *seen = ctx;
	struct mt_hdr hdr;

	memcpy(&hdr, record, sizeof(hdr));
	assert_int_equal(hdr.id, row->id);
	seen->nr++;
	seen->last = row->id;
}

static size_t size_of(size_t id)
{
	if (id == MT_REC_TASK)
		return sizeof(struct mt_task);
	if (id == MT_REC_CGROUP_GONE)
		return sizeof(struct mt_cgroup_gone);
	if (id == MT_REC_STACK_COPY)
		return sizeof(struct mt_stack_copy); /* never as a whole: it goes no further than to what unwinds it */
	if (id == MT_REC_WHO)
		return sizeof(struct mt_who_is);
	return event_rows[id].size;
}

/* A record of that id: its header says one size, that many bytes are delivered. */
static void give(struct pipeline *pipeline, uint16_t id, size_t said, size_t given)
{
	struct sink sink = pipeline__sink(pipeline);
	struct mt_hdr hdr = { .id = id, .size = (uint16_t)said };
	/* no byte more than that, so that reading behind its end is noticed */
	void *record = calloc(1, given);

	assert_non_null(record);
	memcpy(record, &hdr, given < sizeof(hdr) ? given : sizeof(hdr));
	sink.record(sink.ctx, record, given);
	free(record);
}

static void every_event_arrives(void **state)
{
	struct seen seen = { 0 };
	struct pipeline pipeline = { .event = see, .event_ctx = &seen };
	uint16_t id;

	(void)state;
	for (id = MT_REC_WHO + 1; id < MT_NR_RECS; id++) {
		give(&pipeline, id, size_of(id), size_of(id));
		assert_int_equal(seen.last, id);
	}
	assert_int_equal(seen.nr, MT_NR_RECS - MT_REC_WHO - 1);
	assert_int_equal(pipeline.malformed, 0);
	pipeline__done(&pipeline);
}

static void wrong_sizes_are_malformed(void **state)
{
	struct seen seen = { 0 };
	struct pipeline pipeline = { .event = see, .event_ctx = &seen };
	uint64_t expected = 0;
	uint16_t id;
	size_t size;

	(void)state;
	for (id = MT_REC_TASK; id < MT_NR_RECS; id++) {
		size = size_of(id);
		give(&pipeline, id, size, size - 1);
		give(&pipeline, id, size - 8, size);
		give(&pipeline, id, size - 8, size - 8);
		give(&pipeline, id, size + 8, size + 8);
		give(&pipeline, id, size, 0);
		give(&pipeline, id, size, sizeof(struct mt_hdr) - 1);
		expected += 6;
	}
	assert_int_equal(pipeline.malformed, expected);
	assert_int_equal(seen.nr, 0);
	pipeline__done(&pipeline);
}

static void samples_arrive_whole_or_not_at_all(void **state)
{
	struct sample_counts counts = { 0 };
	struct pipeline pipeline = { .samples = &counts };
	const size_t size = sizeof(struct sample_record);

	(void)state;
	give(&pipeline, REC_SAMPLES, size, size - 1);
	give(&pipeline, REC_SAMPLES, size - 8, size - 8);
	give(&pipeline, REC_SAMPLES, size + 8, size + 8);
	assert_int_equal(pipeline.malformed, 3);
	assert_false(counts.any);
	give(&pipeline, REC_SAMPLES, size, size);
	assert_int_equal(pipeline.malformed, 3);
	assert_true(counts.any);
}

static void samples_of_cgroups_arrive(void **state)
{
	struct cgroup_counts counts = { 0 };
	struct pipeline pipeline = { .cgroups = &counts };
	const size_t size = sizeof(struct cgroup_sample_record);

	(void)state;
	give(&pipeline, REC_CGROUP_SAMPLES, size - 8, size - 8);
	assert_int_equal(pipeline.malformed, 1);
	assert_false(counts.any);
	give(&pipeline, REC_CGROUP_SAMPLES, size, size);
	assert_int_equal(pipeline.malformed, 1);
	assert_true(counts.any);
	cgroup_counts__free(&counts);
}

static void unknown_ids_are_malformed(void **state)
{
	struct pipeline pipeline = { 0 };

	(void)state;
	give(&pipeline, MT_REC_NONE, 0, 16);
	give(&pipeline, MT_REC_NONE, 16, 16);
	give(&pipeline, MT_NR_RECS, 16, 16);
	give(&pipeline, UINT16_MAX, 64, 64);
	assert_int_equal(pipeline.malformed, 4);
}

static void each_goes_where_it_belongs(void **state)
{
	const struct aggregate_config config = { .by = BY_PROCESS };
	struct aggregate *agg = aggregate__new(&config);
	struct seen seen = { 0 };
	struct pipeline pipeline = { .aggregate = agg, .event = see, .event_ctx = &seen };
	struct mt_task task = minor_record(7, 7, "a", 1, 5);
	struct sink sink = pipeline__sink(&pipeline);
	struct hist_entry *list;
	size_t nr;

	(void)state;
	assert_non_null(agg);
	sink.record(sink.ctx, &task, sizeof(task));
	give(&pipeline, MT_REC_CGROUP_GONE, sizeof(struct mt_cgroup_gone), sizeof(struct mt_cgroup_gone));
	assert_int_equal(seen.nr, 0);
	assert_int_equal(aggregate__sums(agg, SCOPE_TOTAL)[MINOR], 5);
	give(&pipeline, MT_REC_reclaim, sizeof(struct mt_reclaim), sizeof(struct mt_reclaim));
	assert_int_equal(seen.nr, 1);
	assert_int_equal(aggregate__histograms(agg, SCOPE_TOTAL, &list, &nr), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(pipeline.malformed, 0);
	assert_int_equal(pipeline.error, 0);
	free(list);
	aggregate__free(agg);
}

static void nobody_need_listen(void **state)
{
	struct pipeline pipeline = { 0 };
	uint16_t id;

	(void)state;
	for (id = MT_REC_TASK; id < MT_NR_RECS; id++)
		if (id != MT_REC_STACK_COPY)
			give(&pipeline, id, size_of(id), size_of(id));
	assert_int_equal(pipeline.malformed, 0);
	pipeline__done(&pipeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_arrives),
		cmocka_unit_test(wrong_sizes_are_malformed),
		cmocka_unit_test(samples_arrive_whole_or_not_at_all),
		cmocka_unit_test(samples_of_cgroups_arrive),
		cmocka_unit_test(unknown_ids_are_malformed),
		cmocka_unit_test(each_goes_where_it_belongs),
		cmocka_unit_test(nobody_need_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
