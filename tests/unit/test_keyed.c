// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Keyed counters: rows, differences by life of an element, what is shown of a
 * key, bounds, scopes, and the histograms that get events without records.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/pipeline.h"

#define ROW (&keyed_rows[MT_KEYED_reclaim_by_target])

static struct mt_reclaim_by_target record_of(uint64_t cgroup, uint32_t folded, uint64_t since_ns, uint64_t count)
{
	return (struct mt_reclaim_by_target){
		.hdr = { .id = REC_KEYED + MT_KEYED_reclaim_by_target, .size = sizeof(struct mt_reclaim_by_target) },
		.key = { .target_cgroup_id = cgroup, .kind = MT_RECLAIM_MEMCG, .folded = folded },
		.value = { .head = { .since_ns = since_ns, .count = count },
			   .ns = 10 * count,
			   .duration_ns = 12 * count,
			   .reclaimed_pages = 32 * count,
			   .hist[4] = count },
	};
}

static int take_flagged(struct keyed_counts *counts, struct mt_reclaim_by_target record, uint32_t flags)
{
	const void *added;

	record.value.head.flags = flags;
	return keyed_counts__take(counts, ROW, &record, &added);
}

static void take(struct keyed_counts *counts, uint64_t cgroup, uint32_t folded, uint64_t since_ns, uint64_t count)
{
	assert_int_equal(take_flagged(counts, record_of(cgroup, folded, since_ns, count), 0), 0);
}

/* The rows of a scope, of which there must be nr; *list is to be freed. */
static const struct mt_reclaim_by_target **listed(const struct keyed_counts *counts, enum scope scope, size_t expected)
{
	const void **list;
	size_t nr;

	assert_int_equal(keyed_counts__list(counts, ROW, scope, &list, &nr), 0);
	assert_int_equal(nr, expected);
	return (const struct mt_reclaim_by_target **)list;
}

static void expect(const struct mt_reclaim_by_target *row, uint64_t cgroup, uint64_t count)
{
	assert_int_equal(row->key.target_cgroup_id, cgroup);
	assert_int_equal(row->key.kind, MT_RECLAIM_MEMCG);
	assert_int_equal(row->value.head.count, count);
	assert_int_equal(row->value.ns, 10 * count);
	assert_int_equal(row->value.duration_ns, 12 * count);
	assert_int_equal(row->value.reclaimed_pages, 32 * count);
	assert_int_equal(row->value.hist[4], count);
}

static void expect_one(const struct keyed_counts *counts, enum scope scope, uint64_t cgroup, uint64_t count)
{
	const struct mt_reclaim_by_target **rows = listed(counts, scope, 1);

	expect(rows[0], cgroup, count);
	free(rows);
}

static void rows_are_of_their_structs(void **state)
{
	const struct keyed_row *row;
	size_t i;

	(void)state;
	for (row = keyed_rows; row < keyed_rows + MT_NR_KEYED; row++) {
		assert_true(row->key_size <= KEYED_KEY_MAX && row->key_size % sizeof(uint64_t) == 0);
		assert_int_equal(row->head_offset, sizeof(struct mt_hdr) + row->key_size);
		assert_true(row->size % sizeof(uint64_t) == 0);
		assert_ptr_equal(keyed_row__of_record(REC_KEYED + row->id), row);
		for (i = 0; i < row->nr_keys; i++)
			assert_true((row->keys[i].size <= sizeof(uint64_t) || row->keys[i].type == FIELD_TEXT) &&
				    (row->keys[i].type != FIELD_CODE || row->keys[i].names));
		for (i = 0; i < row->nr_values; i++)
			assert_true(row->values[i].size == sizeof(uint64_t) && row->values[i].path);
	}
	assert_null(keyed_row__of_record(REC_KEYED + MT_NR_KEYED));
	assert_null(keyed_row__of_record(REC_KEYED - 1));
}

static void absolute_counts_are_credited_once(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 10);

	(void)state;
	assert_false(keyed_counts__knows(counts, ROW));
	take(counts, 7, 0, 100, 5);
	take(counts, 7, 0, 100, 5);
	take(counts, 7, 0, 100, 8);
	take(counts, 7, 0, 100, 6); /* late */
	take(counts, 7, 0, 100, 9);
	assert_true(keyed_counts__knows(counts, ROW));
	expect_one(counts, SCOPE_TOTAL, 7, 9);
	keyed_counts__free(counts);
}

static void a_new_life_starts_from_nothing(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 10);

	(void)state;
	take(counts, 7, 0, 100, 5);
	take(counts, 7, 0, 200, 3);
	expect_one(counts, SCOPE_TOTAL, 7, 8);
	/* the same life after its end is one that nothing is known of */
	assert_int_equal(take_flagged(counts, record_of(7, 0, 200, 4), MT_KEYED_LAST), 0);
	take(counts, 7, 0, 200, 2);
	expect_one(counts, SCOPE_TOTAL, 7, 11);
	keyed_counts__free(counts);
}

static void what_was_before_the_run_is_nobodys(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 10);

	(void)state;
	assert_int_equal(take_flagged(counts, record_of(7, 0, 100, 5), MT_KEYED_BASE), 0);
	free(listed(counts, SCOPE_TOTAL, 0));
	assert_true(keyed_counts__knows(counts, ROW));
	take(counts, 7, 0, 100, 7);
	expect_one(counts, SCOPE_TOTAL, 7, 2);
	keyed_counts__free(counts);
}

/* Of an older recording: only histograms have them. */
static void folds_alone_are_no_count_of_all(void **state)
{
	struct mt_reclaim_by_target record = record_of(0, 1, 0, 5);
	struct keyed_counts *counts = keyed_counts__new(false, 10);
	const void *added;

	(void)state;
	record.value.head.flags = MT_KEYED_FOLDS;
	assert_int_equal(keyed_counts__take(counts, ROW, &record, &added), 0);
	assert_non_null(added);
	free(listed(counts, SCOPE_TOTAL, 0));
	assert_false(keyed_counts__knows(counts, ROW));
	keyed_counts__free(counts);
}

static void rows_that_differ_in_what_is_not_shown_are_one(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 10);
	const struct mt_reclaim_by_target **rows;

	(void)state;
	take(counts, 7, 0, 100, 5);
	take(counts, 7, 1, 110, 4);
	take(counts, 8, 1, 120, 20);
	rows = listed(counts, SCOPE_TOTAL, 2);
	expect(rows[0], 8, 20);
	expect(rows[1], 7, 9);
	free(rows);
	keyed_counts__free(counts);
}

static void beyond_the_bound_is_other(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 2);
	const struct mt_reclaim_by_target **rows;

	(void)state;
	take(counts, 7, 0, 100, 5);
	take(counts, 0, 0, 100, 4);
	take(counts, 8, 0, 100, 2);
	take(counts, 9, 0, 100, 1);
	assert_int_equal(take_flagged(counts, record_of(0, 0, 0, 10), MT_KEYED_OTHER), 0);
	rows = listed(counts, SCOPE_TOTAL, 3);
	expect(rows[0], 0, 13);
	assert_int_equal(rows[0]->value.head.flags, MT_KEYED_OTHER);
	expect(rows[1], 7, 5);
	expect(rows[2], 0, 4);
	assert_int_equal(rows[2]->value.head.flags, 0);
	free(rows);
	take(counts, 7, 0, 100, 6); /* known ones go on */
	take(counts, 8, 0, 100, 3);
	rows = listed(counts, SCOPE_TOTAL, 3);
	expect(rows[0], 0, 14);
	expect(rows[1], 7, 6);
	free(rows);
	keyed_counts__free(counts);
}

static void elements_are_bounded(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 10);
	uint64_t i;

	(void)state;
	for (i = 0; i < 16384; i++)
		take(counts, i + 1, 0, 1, 1);
	assert_int_equal(take_flagged(counts, record_of(20000, 0, 1, 1), 0), -E2BIG);
	assert_int_equal(take_flagged(counts, record_of(1, 0, 1, 1), MT_KEYED_LAST), 0);
	take(counts, 20000, 0, 1, 1);
	keyed_counts__free(counts);
}

static void intervals_have_their_own(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(true, 10);

	(void)state;
	take(counts, 7, 0, 100, 5);
	free(listed(counts, SCOPE_INTERVAL, 0));
	keyed_counts__next_interval(counts);
	take(counts, 7, 0, 100, 8);
	expect_one(counts, SCOPE_INTERVAL, 7, 5);
	keyed_counts__next_interval(counts);
	expect_one(counts, SCOPE_INTERVAL, 7, 3);
	keyed_counts__next_interval(counts);
	free(listed(counts, SCOPE_INTERVAL, 0));
	expect_one(counts, SCOPE_TOTAL, 7, 8);
	keyed_counts__free(counts);
}

static void without_intervals_there_are_none(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 10);
	const void **list;
	size_t nr;

	(void)state;
	take(counts, 7, 0, 100, 5);
	keyed_counts__next_interval(counts);
	assert_int_equal(keyed_counts__list(counts, ROW, SCOPE_INTERVAL, &list, &nr), -EINVAL);
	assert_null(list);
	keyed_counts__free(counts);
}

static void give(struct pipeline *pipeline, struct mt_reclaim_by_target record, size_t size)
{
	struct sink sink = pipeline__sink(pipeline);

	record.hdr.size = size;
	sink.record(sink.ctx, &record, size);
}

/* Those that have a record are counted by it. */
static void folded_elements_are_in_histograms(void **state)
{
	const struct aggregate_config config = { .by = BY_PROCESS };
	struct pipeline pipeline = { .aggregate = aggregate__new(&config), .keyed = keyed_counts__new(false, 10) };
	struct hist_entry *list;
	size_t nr;

	(void)state;
	give(&pipeline, record_of(7, 0, 100, 50), sizeof(struct mt_reclaim_by_target));
	give(&pipeline, record_of(7, 1, 100, 3), sizeof(struct mt_reclaim_by_target));
	give(&pipeline, record_of(7, 1, 100, 5), sizeof(struct mt_reclaim_by_target));
	assert_int_equal(aggregate__histograms(pipeline.aggregate, SCOPE_TOTAL, &list, &nr), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(list[0].row->event, MT_REC_reclaim);
	assert_int_equal(list[0].label, MT_RECLAIM_MEMCG);
	assert_int_equal(list[0].counts[4], 5);
	assert_int_equal(list[0].count, 5);
	assert_int_equal(list[0].sum, 60);
	free(list);
	expect_one(pipeline.keyed, SCOPE_TOTAL, 7, 55);
	assert_int_equal(pipeline.malformed, 0);
	aggregate__free(pipeline.aggregate);
	keyed_counts__free(pipeline.keyed);
	pipeline__done(&pipeline);
}

static void records_arrive_whole_or_not_at_all(void **state)
{
	struct pipeline pipeline = { .keyed = keyed_counts__new(false, 10) };

	(void)state;
	give(&pipeline, record_of(7, 0, 100, 1), sizeof(struct mt_reclaim_by_target) - 8);
	assert_int_equal(pipeline.malformed, 1);
	assert_false(keyed_counts__knows(pipeline.keyed, ROW));
	give(&pipeline, record_of(7, 0, 100, 1), sizeof(struct mt_reclaim_by_target));
	assert_int_equal(pipeline.malformed, 1);
	expect_one(pipeline.keyed, SCOPE_TOTAL, 7, 1);
	keyed_counts__free(pipeline.keyed);
	pipeline__done(&pipeline);
}

static bool is_first(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 1;
}

static void end_groups(struct keyed_counts *counts, uint64_t now_ns)
{
	keyed_counts__mark_ended(counts, &(struct ending){ .now_ns = now_ns, .idle_ns = 100, .lives = is_first });
	keyed_counts__drop_ended(counts);
}

/* Those of cgroups that are gone, after a while; that which names none stays, and a place is free again. */
static void keys_of_cgroups_that_are_gone_end(void **state)
{
	struct keyed_counts *counts = keyed_counts__new(false, 3);

	(void)state;
	assert_non_null(counts);
	take(counts, 0, 0, 1, 5);
	take(counts, 1, 0, 1, 6);
	take(counts, 2, 0, 1, 7);
	end_groups(counts, 1000);
	end_groups(counts, 1099);
	free(listed(counts, SCOPE_TOTAL, 3));
	/* it has counted again */
	take(counts, 2, 0, 1, 8);
	end_groups(counts, 1100);
	free(listed(counts, SCOPE_TOTAL, 3));
	end_groups(counts, 1200);
	free(listed(counts, SCOPE_TOTAL, 2));
	take(counts, 3, 0, 1, 9);
	free(listed(counts, SCOPE_TOTAL, 3));
	/* from 0, as differences go on */
	take(counts, 2, 0, 1, 10);
	free(listed(counts, SCOPE_TOTAL, 4));
	keyed_counts__free(counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_of_their_structs),
		cmocka_unit_test(absolute_counts_are_credited_once),
		cmocka_unit_test(a_new_life_starts_from_nothing),
		cmocka_unit_test(what_was_before_the_run_is_nobodys),
		cmocka_unit_test(folds_alone_are_no_count_of_all),
		cmocka_unit_test(rows_that_differ_in_what_is_not_shown_are_one),
		cmocka_unit_test(beyond_the_bound_is_other),
		cmocka_unit_test(keys_of_cgroups_that_are_gone_end),
		cmocka_unit_test(elements_are_bounded),
		cmocka_unit_test(intervals_have_their_own),
		cmocka_unit_test(without_intervals_there_are_none),
		cmocka_unit_test(folded_elements_are_in_histograms),
		cmocka_unit_test(records_arrive_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
