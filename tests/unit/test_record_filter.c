/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers record_filter.h and, with a pipeline, what it does to counts: each condition, all of them together, paths and
 * short names of cgroups, events, and what came before the part that is wanted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/pipeline.h"
#include "records.h"

static const char *const cgroups[] = {
	"",
	"/",
	"/a",
	"/a/b",
	"/ab",
	"/system.slice/nginx.service",
	"/system.slice/nginx.service/worker",
	"/docker-0123456789abcdef.scope",
	"/docker-0123456789ffffff.scope",
	"[id:9]",
};

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return cgroups[id];
}

static struct mt_who task(uint32_t pid, uint32_t tid, uint64_t cgroup, const char *comm, const char *tcomm)
{
	struct mt_who who = { .pid = pid, .tid = tid, .cgroup_id = cgroup, .uid = 7 };

	set_comm(who.comm, comm);
	set_comm(who.tcomm, tcomm);
	return who;
}

static void each_condition(void **state)
{
	struct record_filter filter = { .cgroup = name_cgroup };
	struct mt_who who = task(1, 2, 3, "name", "thread"), other = task(3, 3, 4, "names", "nam");

	(void)state;
	assert_false(record_filter__has_tasks(&filter));
	assert_true(record_filter__task(&filter, &other));
	assert_int_equal(filter_values__add(&filter.comms, "thread", 0), 0);
	assert_true(record_filter__has_tasks(&filter));
	assert_true(record_filter__task(&filter, &who));
	assert_false(record_filter__task(&filter, &other));
	assert_int_equal(filter_values__add(&filter.comms, "names", 0), 0);
	assert_true(record_filter__task(&filter, &other));
	assert_int_equal(filter_values__add(&filter.pids, "1", 1), 0);
	assert_false(record_filter__task(&filter, &other));
	assert_true(record_filter__task(&filter, &who));
	assert_int_equal(filter_values__add(&filter.tids, "2", 2), 0);
	assert_true(record_filter__task(&filter, &who));
	assert_int_equal(filter_values__add(&filter.cgroups, "/a", 0), 0);
	assert_true(record_filter__task(&filter, &who));
	assert_int_equal(filter_values__add(&filter.uids, "8", 8), 0);
	assert_false(record_filter__task(&filter, &who));
	assert_false(filter.uids.list[0].seen);
	assert_true(filter.pids.list[0].seen);
	record_filter__free(&filter);
}

/* Which cgroups one name means, a bit each. */
static uint32_t meant_by(const char *text, const char **ambiguous)
{
	struct record_filter filter = { .cgroup = name_cgroup };
	uint32_t meant = 0;
	uint64_t id;

	assert_int_equal(filter_values__add(&filter.cgroups, text, 0), 0);
	for (id = 1; id < sizeof(cgroups) / sizeof(*cgroups); id++)
		meant |= (uint32_t)record_filter__cgroup(&filter, id) << id;
	assert_true(filter.cgroups.list[0].seen == (meant != 0));
	*ambiguous = filter.ambiguous ? cgroups[8] : NULL;
	if (filter.ambiguous)
		assert_string_equal(filter.ambiguous, *ambiguous);
	record_filter__free(&filter);
	return meant;
}

static void cgroups_and_what_is_below(void **state)
{
	const char *ambiguous;

	(void)state;
	assert_int_equal(meant_by("/a", &ambiguous), 1 << 2 | 1 << 3);
	assert_int_equal(meant_by("/", &ambiguous), 0x1fe);
	assert_int_equal(meant_by("/a/b/c", &ambiguous), 0);
	assert_int_equal(meant_by("b", &ambiguous), 1 << 3);
	assert_int_equal(meant_by("nginx.service", &ambiguous), 1 << 5 | 1 << 6);
	assert_int_equal(meant_by("nginx", &ambiguous), 1 << 5 | 1 << 6);
	assert_int_equal(meant_by("ngin", &ambiguous), 0);
	assert_int_equal(meant_by("0123456789a", &ambiguous), 1 << 7);
	assert_null(ambiguous);
	assert_int_equal(meant_by("012345", &ambiguous), 1 << 7);
	assert_non_null(ambiguous);
}

static uint64_t minor_faults(struct aggregate *agg)
{
	return aggregate__sums(agg, SCOPE_TOTAL)[MINOR];
}

static void give_task(struct pipeline *pipeline, uint32_t pid, const char *comm, uint64_t minor, uint32_t flags)
{
	struct mt_task record = minor_record(pid, pid, comm, 1, minor);
	struct sink sink = pipeline__sink(pipeline);

	record.flags = flags;
	sink.record(sink.ctx, &record, sizeof(record));
}

/* A task that changes its name counts under the one that is wanted alone. */
static void counts_of_one_name(void **state)
{
	const struct aggregate_config config = { .by = BY_PROCESS };
	struct record_filter filter = { 0 };
	struct pipeline pipeline = { .aggregate = aggregate__new(&config), .filter = &filter };

	(void)state;
	assert_int_equal(filter_values__add(&filter.comms, "one", 0), 0);
	give_task(&pipeline, 1, "one", 10, 0);
	give_task(&pipeline, 1, "two", 30, 0);
	give_task(&pipeline, 1, "one", 35, 0);
	give_task(&pipeline, 1, "two", 40, MT_TASK_FINAL);
	give_task(&pipeline, 2, "two", 40, MT_TASK_FINAL);
	assert_int_equal(minor_faults(pipeline.aggregate), 15);
	give_task(&pipeline, 2, "two", 2, MT_TASK_REST);
	assert_int_equal(minor_faults(pipeline.aggregate), 15);
	give_task(&pipeline, 1, "one", 2, MT_TASK_REST);
	assert_int_equal(minor_faults(pipeline.aggregate), 17);
	record_filter__free(&filter);
	aggregate__free(pipeline.aggregate);
	pipeline__done(&pipeline);
}

static void counts_of_a_part(void **state)
{
	const struct aggregate_config config = { .by = BY_PROCESS };
	struct record_filter filter = { .before = true };
	struct pipeline pipeline = { .aggregate = aggregate__new(&config), .filter = &filter };

	(void)state;
	give_task(&pipeline, 1, "one", 10, 0);
	give_task(&pipeline, 2, "two", 10, MT_TASK_FINAL);
	filter.before = false;
	give_task(&pipeline, 1, "one", 12, 0);
	give_task(&pipeline, 2, "two", 10, 0); /* late: its life is over */
	give_task(&pipeline, 3, "new", 5, 0);
	assert_int_equal(minor_faults(pipeline.aggregate), 7);
	aggregate__free(pipeline.aggregate);
	pipeline__done(&pipeline);
}

static void count_event(void *ctx, const struct event_row *row, const void *record)
{
	(void)row;
	(void)record;
	++*(int *)ctx;
}

static void give_oom(struct pipeline *pipeline, uint32_t victim, uint32_t trigger)
{
	struct mt_oom record = { .hdr = { .id = MT_REC_oom, .size = sizeof(record) },
				 .victim = task(victim, victim, 0, "victim", "victim"),
				 .trigger = task(trigger, trigger, 0, "trigger", "trigger") };
	struct sink sink = pipeline__sink(pipeline);

	sink.record(sink.ctx, &record, sizeof(record));
}

static void give_fault(struct pipeline *pipeline, uint64_t ref)
{
	struct mt_fault record = { .hdr = { .id = MT_REC_fault, .size = sizeof(record) }, .who.id = ref };
	struct sink sink = pipeline__sink(pipeline);

	sink.record(sink.ctx, &record, sizeof(record));
}

/* A kill is about two tasks, kswapd about none; a single event knows its task by reference. */
static void events(void **state)
{
	int nr = 0;
	struct record_filter filter = { 0 };
	struct pipeline pipeline = { .filter = &filter, .event = count_event, .event_ctx = &nr };
	struct mt_kswapd kswapd = { .hdr = { .id = MT_REC_kswapd, .size = sizeof(kswapd) } };
	struct mt_who_is is = { .hdr = { .id = MT_REC_WHO, .size = sizeof(is) }, .ref.id = 5 };
	struct sink sink = pipeline__sink(&pipeline);

	(void)state;
	is.who = task(1, 1, 0, "one", "one");
	sink.record(sink.ctx, &is, sizeof(is));
	assert_int_equal(filter_values__add(&filter.pids, "1", 1), 0);
	give_oom(&pipeline, 1, 2);
	give_oom(&pipeline, 2, 1);
	assert_int_equal(nr, 2);
	give_oom(&pipeline, 2, 3);
	give_oom(&pipeline, 0, 0);
	assert_int_equal(nr, 2);
	sink.record(sink.ctx, &kswapd, sizeof(kswapd));
	assert_int_equal(nr, 3);
	give_fault(&pipeline, 5);
	assert_int_equal(nr, 4);
	give_fault(&pipeline, 6);
	give_fault(&pipeline, 0);
	assert_int_equal(nr, 4);
	record_filter__free(&filter);
	pipeline__done(&pipeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_condition),
		cmocka_unit_test(cgroups_and_what_is_below),
		cmocka_unit_test(counts_of_one_name),
		cmocka_unit_test(counts_of_a_part),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
