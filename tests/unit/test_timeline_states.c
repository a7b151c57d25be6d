/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers timeline__interval(): watermarks, limits of cgroups and dirty pages out of samples, pauses of writers out of
 * counts; and what they cause.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/timeline_impl.h"
#include "fake_run.h"
#include "records.h"

#define MS	  1000000ULL
#define PAGE	  4096ULL
#define MAX_LINES 64

struct made_up {
	struct fake_run run;
	struct sample_counts samples;
	struct cgroup_counts cgroups;
	struct cgroup_count list[2];
	struct timeline *timeline;
	struct timeline_entry lines[MAX_LINES];
	size_t nr;
};

static int keep(void *ctx, const struct timeline_entry *entry)
{
	struct made_up *m = ctx;

	assert_in_range(m->nr, 0, MAX_LINES - 1);
	m->lines[m->nr++] = *entry;
	return 0;
}

static int make_up(void **state)
{
	struct made_up *m = calloc(1, sizeof(*m));
	const struct timeline_config config = { .names = &m->run.names,
						.page_size = PAGE,
						.has_reclaim = true,
						.hold_ns = 3000 * MS,
						.max = 100,
						.emit = keep,
						.ctx = m };

	assert_non_null(m);
	assert_int_equal(fake_run__open(&m->run, BY_PROCESS), 0);
	m->run.view.samples = &m->samples;
	m->run.view.cgroups = &m->cgroups;
	memset(m->samples.extents, 0xff, sizeof(m->samples.extents));
	memset(m->list, 0xff, sizeof(m->list));
	m->samples.any = true;
	m->cgroups.list = m->list;
	m->timeline = timeline__new(&config);
	assert_non_null(m->timeline);
	*state = m;
	return 0;
}

static int forget(void **state)
{
	struct made_up *m = *state;

	timeline__free(m->timeline);
	fake_run__close(&m->run);
	free(m);
	return 0;
}

static struct sample_extent always(uint64_t value)
{
	return (struct sample_extent){ value, value, value, value };
}

static struct sample_extent *sample(struct made_up *m, enum sample_id id)
{
	return &m->samples.extents[SCOPE_INTERVAL][id];
}

static struct sample_extent *of_cgroup(struct made_up *m, size_t nr, enum cgroup_sample_id id)
{
	return &m->list[nr].extents[SCOPE_INTERVAL][id];
}

/* One second long, from that one on. */
static void interval(struct made_up *m, uint64_t second)
{
	m->run.view.interval_start_ns = second * 1000 * MS;
	m->run.view.interval_end_ns = (second + 1) * 1000 * MS;
	assert_int_equal(timeline__interval(m->timeline, &m->run.view), 0);
}

static void reclaim(struct made_up *m, enum mt_reclaim_kind kind, uint64_t start, uint64_t target)
{
	struct mt_reclaim record = { .hdr = { .id = MT_REC_reclaim, .time_ns = (start + 10) * MS },
				     .who = { .pid = 9, .tid = 9 },
				     .start_ns = start * MS,
				     .duration_ns = 10 * MS,
				     .kind = kind,
				     .target_cgroup_id = target };

	assert_int_equal(timeline__event(m->timeline, &event_rows[MT_REC_reclaim], &record), 0);
}

static void end(struct made_up *m)
{
	assert_int_equal(timeline__finish(m->timeline), 0);
}

static const struct timeline_entry *line(const struct made_up *m, size_t at, enum timeline_kind kind, uint64_t ms)
{
	assert_in_range(at, 0, m->nr - 1);
	assert_string_equal(timeline_kind_names[m->lines[at].kind], timeline_kind_names[kind]);
	assert_int_equal(m->lines[at].place, ms * MS);
	return &m->lines[at];
}

static void nothing_known_is_no_state(void **state)
{
	struct made_up *m = *state;

	m->cgroups.nr = 2;
	interval(m, 4);
	end(m);
	assert_int_equal(m->nr, 0);
}

static void low_memory_is_seen_in_samples(void **state)
{
	struct made_up *m = *state;

	*sample(m, SAMPLE_vm_free) = (struct sample_extent){ .begin = 500, .end = 500, .min = 99, .max = 500 };
	*sample(m, SAMPLE_zones_low) = always(100);
	*sample(m, SAMPLE_zones_min) = always(99);
	interval(m, 4);
	end(m);
	assert_int_equal(m->nr, 1);
	assert_true(line(m, 0, TIMELINE_low, 4000)->seen);
	assert_int_equal(m->lines[0].value_bytes, 99 * PAGE);
	assert_int_equal(m->lines[0].bound_bytes, 100 * PAGE);
}

static void what_was_seen_needs_no_line_that_it_was_not(void **state)
{
	struct made_up *m = *state;

	*sample(m, SAMPLE_vm_free) = always(98);
	*sample(m, SAMPLE_zones_min) = always(99);
	reclaim(m, MT_RECLAIM_DIRECT, 4500, 0);
	interval(m, 4);
	end(m);
	assert_int_equal(m->nr, 2);
	assert_true(line(m, 0, TIMELINE_min, 4000)->seen);
	line(m, 1, TIMELINE_direct, 4500);
	assert_int_equal(m->lines[1].cause, m->lines[0].id);
}

/* Only a pause makes it a new one. */
static void a_state_that_lasts_has_one_line(void **state)
{
	struct made_up *m = *state;

	*sample(m, SAMPLE_vm_free) = always(98);
	*sample(m, SAMPLE_zones_min) = always(99);
	interval(m, 4);
	interval(m, 5);
	interval(m, 6);
	interval(m, 9);
	end(m);
	assert_int_equal(m->nr, 2);
	line(m, 0, TIMELINE_min, 4000);
	line(m, 1, TIMELINE_min, 9000);
}

static void limits_are_seen_in_samples(void **state)
{
	struct made_up *m = *state;

	m->cgroups.nr = 2;
	m->list[0].id = 1;
	m->list[1].id = 2;
	*of_cgroup(m, 0, CGROUP_SAMPLE_memory_events_max) = (struct sample_extent){ 3, 5, 3, 5 };
	*of_cgroup(m, 0, CGROUP_SAMPLE_memory_max) = always(64 * PAGE);
	*of_cgroup(m, 0, CGROUP_SAMPLE_memory_events_high) = always(3);
	*of_cgroup(m, 1, CGROUP_SAMPLE_memory_events_high) = (struct sample_extent){ 3, 4, 3, 4 };
	*of_cgroup(m, 1, CGROUP_SAMPLE_memory_high) = always(SAMPLE_UNLIMITED);
	interval(m, 4);
	reclaim(m, MT_RECLAIM_MEMCG, 4500, 1);
	reclaim(m, MT_RECLAIM_MEMCG, 4600, 2);
	end(m);
	assert_int_equal(m->nr, 4);
	assert_int_equal(line(m, 0, TIMELINE_limit, 4000)->cgroup_id, 1);
	assert_int_equal(m->lines[0].bound_bytes, 64 * PAGE);
	assert_int_equal(line(m, 1, TIMELINE_above_high, 4000)->cgroup_id, 2);
	assert_int_equal(m->lines[1].bound_bytes, MT_UNKNOWN_U64);
	assert_int_equal(line(m, 2, TIMELINE_memcg, 4500)->cause, m->lines[0].id);
	assert_string_equal(m->lines[2].rule->name, "at_limit");
	assert_int_equal(line(m, 3, TIMELINE_memcg, 4600)->cause, m->lines[1].id);
	assert_string_equal(m->lines[3].rule->name, "over_high");
}

static void pause(struct made_up *m, uint32_t pid, uint64_t nr, uint64_t ns)
{
	struct mt_task task = minor_record(pid, pid, "writer", 1, 1);

	task.c[MT_SLOT_stall_dirty_count] = nr;
	task.c[MT_SLOT_stall_dirty_ns] = ns;
	assert_int_equal(aggregate__task(m->run.view.aggregate, &task), 0);
}

static void writers_are_paused_as_too_much_is_dirty(void **state)
{
	struct made_up *m = *state;

	*sample(m, SAMPLE_vm_dirty_threshold) = always(100);
	*sample(m, SAMPLE_vm_dirty_background_threshold) = always(50);
	*sample(m, SAMPLE_memory_dirty) = always(40 * PAGE);
	*sample(m, SAMPLE_memory_writeback) = always(36 * PAGE);
	pause(m, 7, 3, 60 * MS);
	pause(m, 8, 0, 0);
	aggregate__next_interval(m->run.view.aggregate);
	interval(m, 4);
	end(m);
	assert_int_equal(m->nr, 2);
	assert_true(line(m, 0, TIMELINE_dirty_limit, 4000)->seen);
	assert_int_equal(m->lines[0].value_bytes, 76 * PAGE);
	assert_int_equal(m->lines[0].bound_bytes, 75 * PAGE);
	assert_int_equal(line(m, 1, TIMELINE_dirty, 4000)->who.pid, 7);
	assert_int_equal(m->lines[1].number, 3);
	assert_int_equal(m->lines[1].duration_ns, 60 * MS);
	assert_string_equal(m->lines[1].who.comm, "writer");
	assert_int_equal(m->lines[1].cause, m->lines[0].id);
	assert_string_equal(m->lines[1].rule->name, "too_dirty");
}

/* A device may be slower than the machine's thresholds say, a cgroup may have its own. */
static void too_much_dirty_may_be_unseen(void **state)
{
	struct made_up *m = *state;

	*sample(m, SAMPLE_vm_dirty_threshold) = always(100);
	*sample(m, SAMPLE_vm_dirty_background_threshold) = always(50);
	*sample(m, SAMPLE_memory_dirty) = always(40 * PAGE);
	*sample(m, SAMPLE_memory_writeback) = always(35 * PAGE);
	pause(m, 7, 3, 60 * MS);
	aggregate__next_interval(m->run.view.aggregate);
	interval(m, 4);
	pause(m, 7, 5, 90 * MS);
	aggregate__next_interval(m->run.view.aggregate);
	interval(m, 5);
	end(m);
	assert_int_equal(m->nr, 3);
	assert_false(line(m, 0, TIMELINE_dirty_limit, 4000)->seen);
	assert_int_equal(line(m, 1, TIMELINE_dirty, 4000)->number, 3);
	assert_int_equal(line(m, 2, TIMELINE_dirty, 5000)->number, 2);
	assert_int_equal(m->lines[2].cause, m->lines[0].id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_up, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_known_is_no_state),
		TEST(low_memory_is_seen_in_samples),
		TEST(what_was_seen_needs_no_line_that_it_was_not),
		TEST(a_state_that_lasts_has_one_line),
		TEST(limits_are_seen_in_samples),
		TEST(writers_are_paused_as_too_much_is_dirty),
		TEST(too_much_dirty_may_be_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
