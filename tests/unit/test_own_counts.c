/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* memtrace verify: events as they are summed up, and which cgroup's a kill is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/run/own_counts.h"

static const char *const paths[] = { "-", "/", "/a", "/a/b", "/ab", "/c" };

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return paths[id];
}

/* How many of one kill in each of the paths are the cgroup's. */
static uint64_t kills_of(const char *cgroup, bool below)
{
	struct session session = { .names = { .cgroup = name_cgroup } };
	struct own_counts own = { .session = &session, .cgroup = cgroup, .below = below };
	uint64_t id;

	for (id = 1; id < sizeof(paths) / sizeof(*paths); id++) {
		struct mt_oom oom = { .victim.cgroup_id = id };

		own_counts__event(&own, &event_rows[MT_REC_oom], &oom);
	}
	assert_int_equal(own.events.kills, 5);
	assert_int_equal(own.events.placeless_kills, 0);
	return own.events.cgroup_kills;
}

static void a_kill_belongs_to_its_cgroup_and_to_those_above(void **state)
{
	(void)state;
	assert_int_equal(kills_of("/", true), 5);
	assert_int_equal(kills_of("/a", true), 2);
	assert_int_equal(kills_of("/a/b", true), 1);
	assert_int_equal(kills_of("/d", true), 0);
	assert_int_equal(kills_of("/", false), 1);
	assert_int_equal(kills_of("/a", false), 1);
}

static void a_kill_without_a_place_is_nobodys(void **state)
{
	struct session session = { .names = { .cgroup = name_cgroup } };
	struct own_counts own = { .session = &session, .cgroup = "/a", .below = true };
	struct mt_oom oom = { .victim.cgroup_id = 0 };

	(void)state;
	own_counts__event(&own, &event_rows[MT_REC_oom], &oom);
	assert_int_equal(own.events.kills, 1);
	assert_int_equal(own.events.cgroup_kills, 0);
	assert_int_equal(own.events.placeless_kills, 1);
}

static void sessions_add_up_and_others_do_not_count(void **state)
{
	struct session session = { .names = { .cgroup = name_cgroup } };
	struct own_counts own = { .session = &session, .cgroup = "/" };
	struct mt_kswapd kswapd = { .rounds = 2, .scanned_pages = 30, .reclaimed_pages = 20 };
	struct mt_reclaim reclaim = { .reclaimed_pages = 1000 };

	(void)state;
	own_counts__event(&own, &event_rows[MT_REC_kswapd], &kswapd);
	own_counts__event(&own, &event_rows[MT_REC_kswapd], &kswapd);
	own_counts__event(&own, &event_rows[MT_REC_reclaim], &reclaim);
	assert_int_equal(own.events.rounds, 4);
	assert_int_equal(own.events.scanned_pages, 60);
	assert_int_equal(own.events.reclaimed_pages, 40);
	assert_int_equal(own.events.kills, 0);
}

static void sessions_without_pages_are_told_apart(void **state)
{
	struct own_counts own = { .cgroup = "/" };
	struct mt_kswapd kswapd = { .rounds = 2, .scanned_pages = MT_UNKNOWN_U64, .reclaimed_pages = MT_UNKNOWN_U64 };

	(void)state;
	own_counts__event(&own, &event_rows[MT_REC_kswapd], &kswapd);
	assert_int_equal(own.events.rounds, 2);
	assert_int_equal(own.events.scanned_pages, 0);
	assert_int_equal(own.events.reclaimed_pages, 0);
	assert_int_equal(own.events.pageless_sessions, 1);
}

/* 60 exceptions, 50 accounted faults, one kill; what the kernel says of exceptions, and whether a cgroup is watched. */
static void fault_facts(bool known, bool of_cgroup, uint64_t facts[NR_FACTS])
{
	struct options options = { .cgroups.nr = of_cgroup };
	struct session session = { .options = &options };
	const struct fault_exceptions exceptions = { .known = known, .unaccounted = 15, .accounted = 43 };
	struct own_counts own = { .session = &session, .end.events.kills = 1 };

	own.end.slots[MT_SLOT_fault_user] = 40;
	own.end.slots[MT_SLOT_fault_kernel] = 20;
	own.end.slots[MT_SLOT_fault_minor] = 48;
	own.end.slots[MT_SLOT_fault_major] = 2;
	own_counts__facts(&own, &exceptions, facts);
}

static void what_the_kernel_says_of_exceptions_comes_before_an_estimate(void **state)
{
	uint64_t facts[NR_FACTS] = { 0 };

	(void)state;
	fault_facts(true, false, facts);
	assert_int_equal(facts[FACT_FAILED_FAULTS], 16);
	assert_int_equal(facts[FACT_SILENT_FAULTS], 7);
	fault_facts(false, false, facts);
	assert_int_equal(facts[FACT_FAILED_FAULTS], 11);
	assert_int_equal(facts[FACT_SILENT_FAULTS], 0);
	fault_facts(true, true, facts);
	assert_int_equal(facts[FACT_FAILED_FAULTS], 16);
	assert_int_equal(facts[FACT_SILENT_FAULTS], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_belongs_to_its_cgroup_and_to_those_above),
		cmocka_unit_test(a_kill_without_a_place_is_nobodys),
		cmocka_unit_test(sessions_add_up_and_others_do_not_count),
		cmocka_unit_test(sessions_without_pages_are_told_apart),
		cmocka_unit_test(what_the_kernel_says_of_exceptions_comes_before_an_estimate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
