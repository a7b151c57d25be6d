// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/count/oom_cases.h"
#include "../../user/count/oom_ranking.h"

#define PAGE   4096
#define MS     1000000ULL
#define SECOND (1000 * MS)

static struct oom_cases *cases;

static int begin(void **state)
{
	(void)state;
	cases = calloc(1, sizeof(*cases));
	return cases ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(cases);
	return 0;
}

static struct mt_oom kill_of(uint32_t pid, uint64_t time_ns)
{
	struct mt_oom kill = {
		.hdr = { .id = MT_REC_oom, .size = sizeof(kill), .time_ns = time_ns },
		.victim = { .pid = pid,
			    .tid = pid,
			    .start_ns = 1 * SECOND,
			    .cgroup_id = 7,
			    .uid = 1000,
			    .comm = "java" },
		.trigger = { .pid = 90, .tid = 91, .cgroup_id = 8, .comm = "envoy" },
		.total_vm_bytes = 100 * PAGE,
		.anon_rss_bytes = 50 * PAGE,
		.file_rss_bytes = 5 * PAGE,
		.shmem_rss_bytes = 0,
		.pgtables_bytes = PAGE,
		.oom_score_adj = 300,
		.order = 2,
		.gfp_flags = 0xcc0,
		.limit_cgroup_id = 6,
		.total_pages = 1000,
		.points = 400,
		.constraint = 3,
	};

	return kill;
}

static struct oom_case *takes_kill(uint32_t pid, uint64_t time_ns, int64_t points)
{
	struct mt_oom kill = kill_of(pid, time_ns);

	kill.points = points;
	return oom_cases__take(cases, &kill.hdr);
}

static void takes_candidate(uint32_t pid, uint32_t rank, int64_t points, uint32_t trigger)
{
	struct mt_oom_candidate candidate = {
		.hdr = { .id = MT_REC_oom_candidate, .size = sizeof(candidate) },
		.who = { .pid = pid, .tid = pid, .comm = "c" },
		.anon_rss_bytes = pid * PAGE,
		.swap_bytes = PAGE,
		.pgtables_bytes = PAGE,
		.points = points,
		.oom_score_adj = rank ? 0 : -1000,
		.rank = rank,
		.evaluated = 9,
		.exempt = 1,
		.trigger = trigger,
	};

	assert_null(oom_cases__take(cases, &candidate.hdr));
}

static void takes_step(uint32_t pid, enum mt_oom_step step, uint64_t kill_ns, uint64_t after_ns)
{
	struct mt_oom_after after = {
		.hdr = { .id = MT_REC_oom_after, .size = sizeof(after), .time_ns = kill_ns + after_ns },
		.pid = pid,
		.step = step,
		.after_ns = after_ns,
	};

	assert_null(oom_cases__take(cases, &after.hdr));
}

static const char *cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	return id == 6 ? "/pod" : id == 7 ? "/pod/api" : id == 8 ? "/pod/proxy" : id == 9 ? "/podium" : NULL;
}

static const char *gfp(void *ctx, uint64_t flags)
{
	(void)ctx;
	return flags == 0xcc0 ? "GFP_KERNEL" : "?";
}

static const struct event_names names = { .cgroup = cgroup, .gfp = gfp };

static struct oom_kill *filled(const struct oom_case *c, const struct flight *flight, uint64_t now_ns)
{
	static struct oom_kill kill;
	const struct oom_scene scene = {
		.names = &names, .flight = flight, .wall_offset_ns = 5000, .page_size = PAGE, .now_ns = now_ns
	};

	oom_kill__init(&kill);
	assert_int_equal(oom_case__fill(cases, c, &scene, &kill), 0);
	return &kill;
}

static void when_a_report_is_due(void **state)
{
	struct oom_case *c;

	(void)state;
	c = takes_kill(5, 10 * SECOND, 400);
	assert_non_null(c);
	assert_null(oom_cases__due(cases, 11 * SECOND, 2 * SECOND));
	takes_step(5, MT_OOM_EXITED, 10 * SECOND, 3 * MS);
	/* its memory may be told a moment later */
	assert_null(oom_cases__due(cases, 10 * SECOND + 4 * MS, 2 * SECOND));
	assert_ptr_equal(oom_cases__due(cases, 10 * SECOND + 300 * MS, 2 * SECOND), c);
	takes_step(5, MT_OOM_FREED, 10 * SECOND, 20 * MS);
	assert_ptr_equal(oom_cases__due(cases, 10 * SECOND + 21 * MS, 2 * SECOND), c);
	oom_cases__close(c);
	assert_null(oom_cases__due(cases, 100 * SECOND, 2 * SECOND));
	/* a victim that does not go */
	c = takes_kill(6, 20 * SECOND, 400);
	assert_null(oom_cases__due(cases, 21 * SECOND, 2 * SECOND));
	assert_ptr_equal(oom_cases__due(cases, 22 * SECOND, 2 * SECOND), c);
}

static void what_records_say(void **state)
{
	struct oom_case *c;
	struct oom_kill *kill;

	(void)state;
	c = takes_kill(5, 10 * SECOND, 400);
	takes_step(5, MT_OOM_EXITED, 10 * SECOND, 3 * MS);
	takes_step(5, MT_OOM_REAP_SKIPPED, 10 * SECOND, 4 * MS);
	kill = filled(c, NULL, 12 * SECOND);
	assert_int_equal(kill->when.wall_ns, 10 * SECOND + 5000);
	assert_int_equal(kill->kind, OOM_KIND_MEMCG);
	assert_string_equal(kill->limit.cgroup, "/pod");
	assert_int_equal(kill->victim.pid, 5);
	assert_string_equal(kill->victim.cgroup, "/pod/api");
	assert_int_equal(kill->victim.age_ns, 9 * SECOND);
	assert_int_equal(kill->victim.uid, 1000);
	assert_int_equal(kill->victim.adj, 300);
	assert_int_equal(kill->victim.anon, 50 * PAGE);
	assert_true(kill->victim.swap == MT_UNKNOWN_U64);
	assert_string_equal(kill->trigger.cgroup, "/pod/proxy");
	assert_int_equal(kill->trigger.order, 2);
	assert_string_equal(kill->trigger.gfp_names, "GFP_KERNEL");
	assert_int_equal(kill->exit_ns, 3 * MS);
	assert_true(kill->reap_skipped);
	assert_true(kill->freed_ns == MT_UNKNOWN_U64);
	assert_false(kill->has_tasks);
	assert_int_equal(kill->further_kills, 0);
	assert_int_equal(kill->further_ns, 2 * SECOND);
	oom_kill__done(kill);
}

static void what_nobody_knows_stays_unknown(void **state)
{
	struct mt_oom record = { .hdr = { .id = MT_REC_oom, .time_ns = SECOND }, .victim = { .tid = 44 } };
	struct oom_kill *kill;

	(void)state;
	record.total_vm_bytes = record.anon_rss_bytes = record.file_rss_bytes = record.shmem_rss_bytes = MT_UNKNOWN_U64;
	record.pgtables_bytes = record.gfp_flags = MT_UNKNOWN_U64;
	record.oom_score_adj = record.order = record.constraint = MT_UNKNOWN_S32;
	record.points = MT_UNKNOWN_S32;
	kill = filled(oom_cases__take(cases, &record.hdr), NULL, 2 * SECOND);
	assert_int_equal(kill->victim.pid, 44);
	assert_int_equal(kill->kind, OOM_KIND_UNKNOWN);
	assert_int_equal(kill->victim.adj, OOM_ADJ_UNKNOWN);
	assert_true(kill->victim.uid == MT_UNKNOWN_U64);
	assert_true(kill->victim.age_ns == MT_UNKNOWN_U64);
	assert_false(kill->trigger.order_known);
	assert_true(kill->trigger.gfp == MT_UNKNOWN_U64);
	assert_true(kill->evaluated == MT_UNKNOWN_U64);
	oom_kill__done(kill);
}

static void sysrq_is_no_shortage(void **state)
{
	struct mt_oom record = kill_of(5, SECOND);
	struct oom_kill *kill;

	(void)state;
	record.order = -1;
	record.constraint = 0;
	kill = filled(oom_cases__take(cases, &record.hdr), NULL, 2 * SECOND);
	assert_int_equal(kill->kind, OOM_KIND_SYSRQ);
	oom_kill__done(kill);
}

/* Of a table that the log has as well: each process once, those that the kernel compared with its points. */
static void points_of_the_kernel(void **state)
{
	const struct oom_scene scene = { .names = &names, .page_size = PAGE, .now_ns = 2 * SECOND };
	struct oom_ranking ranking;
	struct oom_kill kill;
	struct oom_case *c;

	(void)state;
	takes_candidate(77, 1, 999, 13); /* of a choice that ended without a kill */
	takes_candidate(5, 1, 400, 91);
	takes_candidate(6, 2, 400, 91);
	takes_candidate(7, 3, 30, 91);
	takes_candidate(8, 0, MT_UNKNOWN_S32, 91);
	c = takes_kill(5, SECOND, 400);
	oom_kill__init(&kill);
	kill.kind = OOM_KIND_MEMCG;
	snprintf(kill.release, sizeof(kill.release), "6.12.1");
	kill.tasks = calloc(2, sizeof(*kill.tasks));
	kill.nr_tasks = 2;
	kill.has_tasks = true;
	kill.tasks[0] = (struct oom_task){ .pid = 6, .tgid = 6, .rss = 3, .comm = "of the log" };
	kill.tasks[1] = (struct oom_task){ .pid = 99, .tgid = 99, .rss = 9999 }; /* nobody's candidate */
	assert_int_equal(oom_case__fill(cases, c, &scene, &kill), 0);
	assert_int_equal(kill.evaluated, 9);
	assert_int_equal(kill.nr_tasks, 5);
	assert_int_equal(oom_ranking__compute(&ranking, &kill), 0);
	assert_int_equal(ranking.nr, 3);
	assert_int_equal(ranking.list[0].points, 400);
	assert_int_equal(ranking.list[2].task->tgid, 7);
	assert_int_equal(ranking.list[2].points, 30);
	assert_int_equal(ranking.nr_exempt, 1);
	assert_int_equal(ranking.exempt[0]->tgid, 8);
	assert_string_equal(kill.tasks[0].comm, "of the log");
	oom_ranking__done(&ranking);
	oom_kill__done(&kill);
}

/* Members of one cgroup that are killed together have one report. */
static void a_group_is_one_kill(void **state)
{
	struct oom_kill *kill;
	struct oom_case *c;

	(void)state;
	takes_candidate(5, 1, 400, 91);
	c = takes_kill(5, SECOND, 400);
	assert_null(takes_kill(6, SECOND + MS, MT_UNKNOWN_S32));
	/* the console was slow */
	assert_null(takes_kill(7, SECOND + 400 * MS, MT_UNKNOWN_S32));
	/* the next choice is another kill */
	takes_candidate(9, 1, 300, 91);
	assert_non_null(takes_kill(9, SECOND + 403 * MS, 300));
	/* and so is one that comes later */
	assert_non_null(takes_kill(10, 2 * SECOND, MT_UNKNOWN_S32));
	kill = filled(c, NULL, 12 * SECOND);
	assert_int_equal(kill->nr_others, 2);
	assert_int_equal(kill->others[1].pid, 7);
	assert_int_equal(kill->further_kills, 2);
	assert_int_equal(kill->further_ns, OOM_FURTHER_NS);
	oom_kill__done(kill);
}

/* Then time alone tells one choice from the next. */
static void a_group_where_no_candidates_are_seen(void **state)
{
	(void)state;
	assert_non_null(takes_kill(5, SECOND, MT_UNKNOWN_S32));
	assert_null(takes_kill(6, SECOND + 19 * MS, MT_UNKNOWN_S32));
	assert_non_null(takes_kill(7, SECOND + 21 * MS, MT_UNKNOWN_S32));
}

static void more_kills_than_there_is_room_for(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < OOM_CASES_MAX; i++)
		assert_non_null(takes_kill(100 + i, (i + 1) * SECOND, 400));
	assert_null(takes_kill(9, 1000 * SECOND, 400));
	assert_int_equal(cases->left_out, 1);
	assert_int_equal(cases->nr, OOM_CASES_MAX + 1);
	/* the oldest comes first */
	assert_int_equal(oom_cases__due(cases, 5000 * SECOND, 2 * SECOND)->kill.victim.pid, 100);
}

static void what_was_before(void **state)
{
	struct flight *flight = flight__new(10, 64 << 10, PAGE);
	struct mt_memory rec = { .who = { .pid = 5, .start_ns = 1 * SECOND, .comm = "java", .cgroup_id = 7 } };
	uint64_t samples[NR_SAMPLES], i;
	struct oom_kill *kill;
	struct oom_case *c;

	(void)state;
	assert_non_null(flight);
	memset(samples, 0xff, sizeof(samples));
	for (i = 1; i <= 4; i++) {
		rec.anon_rss_bytes = i * 100 * PAGE;
		flight__memory(flight, &rec);
		samples[SAMPLE_memory_free] = 1000 - i;
		samples[SAMPLE_vm_pgfault] = i * i;
		flight__tick(flight, i * SECOND, samples, i * 7);
	}
	c = takes_kill(5, 3 * SECOND + 500 * MS, 400); /* the fourth tick came later */
	kill = filled(c, flight, 4 * SECOND);
	assert_int_equal(kill->nr_samples, 3);
	assert_int_equal(kill->samples[0].before_ns, 2500 * MS);
	assert_int_equal(kill->samples[2].free, 997);
	assert_int_equal(kill->samples[2].victim_rss, 300 * PAGE);
	assert_true(kill->samples[0].faults == MT_UNKNOWN_U64);
	assert_int_equal(kill->samples[2].faults, 5);
	assert_int_equal(kill->samples[2].stalled_ns, 7);
	assert_true(kill->samples[2].scanned == MT_UNKNOWN_U64);
	assert_int_equal(kill->nr_growers, 1);
	assert_int_equal(kill->growers[0].to_bytes - kill->growers[0].from_bytes, 200 * PAGE);
	assert_int_equal(kill->growers[0].over_ns, 2 * SECOND);
	assert_string_equal(kill->growers[0].cgroup, "/pod/api");
	assert_int_equal(kill->growers[0].nr_steps, 3);
	assert_int_equal(kill->growers[0].steps[1], 200 * PAGE);
	oom_kill__done(kill);
	flight__free(flight);
}

static void grows(struct flight *flight, uint32_t pid, uint64_t cgroup_id, uint64_t pages)
{
	struct mt_memory rec = { .who = { .pid = pid, .start_ns = 1 * SECOND, .cgroup_id = cgroup_id } };

	rec.anon_rss_bytes = pages * PAGE;
	flight__memory(flight, &rec);
}

/* What others hold is not what filled a cgroup. */
static void who_grew_where_the_limit_was(void **state)
{
	struct flight *flight = flight__new(10, 64 << 10, PAGE);
	uint64_t samples[NR_SAMPLES], i, pid;
	struct oom_kill *kill;
	struct oom_case *c;

	(void)state;
	assert_non_null(flight);
	memset(samples, 0xff, sizeof(samples));
	for (i = 1; i <= 2; i++) {
		grows(flight, 5, 7, i * 10);
		grows(flight, 6, 6, i * 20);
		/* more of them than a report has room for */
		for (pid = 100; pid < 130; pid++)
			grows(flight, (uint32_t)pid, 9, i * 1000);
		flight__tick(flight, i * SECOND, samples, 0);
	}
	c = takes_kill(5, 3 * SECOND, 400);
	kill = filled(c, flight, 4 * SECOND);
	assert_int_equal(kill->nr_growers, 2);
	assert_int_equal(kill->growers[0].pid, 6);
	assert_int_equal(kill->growers[1].pid, 5);
	oom_kill__done(kill);
	c->kill.constraint = 0; /* the machine's memory */
	kill = filled(c, flight, 4 * SECOND);
	assert_int_equal(kill->nr_growers, OOM_GROWERS_MAX);
	assert_string_equal(kill->growers[0].cgroup, "/podium");
	oom_kill__done(kill);
	flight__free(flight);
}

static struct oom_case *takes_sent(uint32_t pid, const char *sender, uint64_t cgroup_id, uint64_t time_ns)
{
	struct mt_sigkill sent = { .hdr = { .id = MT_REC_sigkill, .size = sizeof(sent), .time_ns = time_ns },
				   .sender = { .pid = 60, .tid = 61, .cgroup_id = 3 },
				   .receiver = { .pid = pid, .tid = pid, .start_ns = SECOND, .cgroup_id = cgroup_id } };

	strcpy(sent.sender.comm, sender);
	strcpy(sent.receiver.comm, "java");
	return oom_cases__take_sent(cases, &sent);
}

/* What one program kills in one cgroup within a second is one kill; the kernel's kills stay apart. */
static void what_programs_kill(void **state)
{
	struct oom_case *c = takes_sent(50, "earlyoom", 7, 10 * SECOND), *other;
	struct oom_kill *kill;

	(void)state;
	assert_non_null(c);
	assert_null(takes_sent(51, "earlyoom", 7, 10 * SECOND + 900 * MS));
	assert_null(takes_sent(50, "earlyoom", 7, 10 * SECOND + 950 * MS)); /* once more, the same one */
	other = takes_sent(52, "earlyoom", 8, 10 * SECOND + 950 * MS);
	assert_non_null(other);
	assert_non_null(takes_sent(53, "sh", 7, 10 * SECOND + 960 * MS));
	assert_non_null(takes_sent(54, "earlyoom", 7, 11 * SECOND));
	assert_int_equal(c->nr_others, 1);
	assert_int_equal(c->others[0].pid, 51);
	assert_int_equal(other->nr_others, 0);
	assert_int_equal(cases->nr, 0);
	c->why = OOM_SENT_NAME;
	c->some_avg10 = 1234;
	kill = filled(c, NULL, 12 * SECOND);
	assert_int_equal(kill->kind, OOM_KIND_USER);
	assert_int_equal(kill->sent, OOM_SENT_NAME);
	assert_int_equal(kill->some_avg10, 1234);
	assert_int_equal(kill->victim.pid, 50);
	assert_int_equal(kill->trigger.pid, 60);
	assert_int_equal(kill->victim.adj, OOM_ADJ_UNKNOWN);
	assert_true(kill->victim.anon == MT_UNKNOWN_U64);
	assert_true(kill->further_kills == MT_UNKNOWN_U64);
	assert_string_equal(kill->limit.cgroup, "");
	oom_kill__done(kill);
}

/* A flood of SIGKILLs takes no room from the kernel's kills, and delays no report of one. */
static void a_flood_of_sigkills(void **state)
{
	uint32_t pid;

	(void)state;
	for (pid = 1; pid <= 1000; pid++)
		takes_sent(pid, "sh", pid, 10 * SECOND + pid);
	assert_int_equal(cases->sent_left_out, 1000 - OOM_CASES_SENT_MAX);
	assert_int_equal(cases->left_out, 0);
	assert_non_null(takes_kill(2000, 11 * SECOND, 400));
	assert_null(oom_cases__due(cases, 11 * SECOND, 2 * SECOND));
	cases->list[OOM_CASES_SENT_MAX].after_ns[MT_OOM_EXITED] = MS;
	cases->list[OOM_CASES_SENT_MAX].after_ns[MT_OOM_FREED] = MS;
	assert_int_equal(oom_cases__due(cases, 11 * SECOND, 2 * SECOND)->kill.victim.pid, 2000);
	oom_cases__close(&cases->list[OOM_CASES_SENT_MAX]);
	assert_int_equal(oom_cases__due(cases, 13 * SECOND, 2 * SECOND)->kill.victim.pid, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(when_a_report_is_due, begin, end),
		cmocka_unit_test_setup_teardown(what_records_say, begin, end),
		cmocka_unit_test_setup_teardown(what_nobody_knows_stays_unknown, begin, end),
		cmocka_unit_test_setup_teardown(sysrq_is_no_shortage, begin, end),
		cmocka_unit_test_setup_teardown(points_of_the_kernel, begin, end),
		cmocka_unit_test_setup_teardown(a_group_is_one_kill, begin, end),
		cmocka_unit_test_setup_teardown(a_group_where_no_candidates_are_seen, begin, end),
		cmocka_unit_test_setup_teardown(more_kills_than_there_is_room_for, begin, end),
		cmocka_unit_test_setup_teardown(what_was_before, begin, end),
		cmocka_unit_test_setup_teardown(who_grew_where_the_limit_was, begin, end),
		cmocka_unit_test_setup_teardown(what_programs_kill, begin, end),
		cmocka_unit_test_setup_teardown(a_flood_of_sigkills, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
