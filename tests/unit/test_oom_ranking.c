/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers oom_ranking.h: points by the rules of each kernel, ties, who is never killed, what adj is a share of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/oom_ranking.h"

#define PAGE 4096
#define MIB  (1024 * 1024ULL)

static struct oom_task task(uint32_t pid, uint64_t uid, uint64_t rss, uint64_t swap, uint64_t tables, int32_t adj)
{
	return (struct oom_task){ .pid = pid,
				  .tgid = pid,
				  .uid = uid,
				  .rss = rss,
				  .swap = swap,
				  .table_bytes = tables * PAGE,
				  .table_pages = MT_UNKNOWN_U64,
				  .adj = adj };
}

static void init(struct oom_kill *kill, struct oom_task *tasks, size_t nr)
{
	oom_kill__init(kill);
	kill->page_size = PAGE;
	kill->kind = OOM_KIND_GLOBAL;
	kill->machine.ram = 5 * MIB * 1024;
	kill->machine.reserved = MIB * 1024;
	kill->machine.swap_total = 0;
	kill->tasks = tasks;
	kill->nr_tasks = nr;
}

/* "3:120 2:100": pids and points */
static void assert_ranking(const struct oom_kill *kill, const char *expected)
{
	struct oom_ranking ranking;
	char text[256] = "";
	size_t i, len = 0;

	assert_int_equal(oom_ranking__compute(&ranking, kill), 0);
	for (i = 0; i < ranking.nr; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u:", i ? " " : "",
					ranking.list[i].task->pid);
		if (ranking.list[i].known)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%lld",
						(long long)ranking.list[i].points);
		else
			len += (size_t)snprintf(text + len, sizeof(text) - len, "-");
	}
	assert_string_equal(text, expected);
	oom_ranking__done(&ranking);
}

static void rules_of_kernels(void **state)
{
	/* 1,048,576 pages in all: a thousandth is 1,048 */
	static const struct {
		const char *release, *expected;
	} rows[] = {
		{ "7.3.4", "3:105300 2:1210 4:-1046942" },
		{ "", "3:105300 2:1210 4:-1046942" },
		{ "6.1.0-18-amd64", "3:105300 2:1210 4:-1046942" },
		{ "5.8.18", "3:105300 2:1210 4:1" },
		{ "4.16.0", "3:105285 2:1210 4:1" },
		{ "4.17.0", "3:105300 2:1210 4:1" },
		{ "3.14.0", "3:105285 2:1210 4:1" },
		{ "3.10.0-1160.el7.x86_64", "3:73860 2:1210 4:1" },
	};
	struct oom_task tasks[] = {
		task(1, 0, 9000, 0, 9, 0),	task(2, 1000, 1000, 200, 10, 0), task(3, 0, 400, 100, 0, 100),
		task(4, 5, 5, 0, 5, -1000 + 1), task(5, 0, 90000, 0, 90, -1000),
	};
	struct oom_kill kill;
	size_t i;

	(void)state;
	init(&kill, tasks, 5);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(kill.release, sizeof(kill.release), "%s", rows[i].release);
		print_message("%s\n", rows[i].release);
		assert_ranking(&kill, rows[i].expected);
	}
}

static void ties(void **state)
{
	struct oom_task tasks[] = { task(7, 1, 10, 0, 0, 0), task(8, 1, 10, 0, 0, 0), task(9, 1, 10, 0, 0, 0) };
	struct oom_kill kill;

	(void)state;
	init(&kill, tasks, 3);
	snprintf(kill.release, sizeof(kill.release), "5.3.0");
	assert_ranking(&kill, "9:10 8:10 7:10");
	snprintf(kill.release, sizeof(kill.release), "5.2.0");
	assert_ranking(&kill, "7:10 8:10 9:10");
}

static void pages_of_tables(void **state)
{
	struct oom_task tasks[] = { task(7, 1, 10, 0, 4, 0), task(8, 1, 10, 0, 0, 0) };
	struct oom_kill kill;

	(void)state;
	init(&kill, tasks, 2);
	tasks[1].table_bytes = MT_UNKNOWN_U64;
	tasks[1].table_pages = 3;
	assert_ranking(&kill, "7:14 8:13");
	/* bytes mean nothing without the size of a page; such ones are last */
	kill.page_size = MT_UNKNOWN_U64;
	assert_ranking(&kill, "8:13 7:-");
}

static uint64_t total_of(const struct oom_kill *kill, bool *without_swap)
{
	struct oom_ranking ranking;
	uint64_t total;

	assert_int_equal(oom_ranking__compute(&ranking, kill), 0);
	total = ranking.total_pages;
	*without_swap = ranking.without_swap;
	oom_ranking__done(&ranking);
	return total;
}

/* mem_cgroup_get_max() */
static void limit_with_swap(void **state)
{
	const uint64_t unknown = MT_UNKNOWN_U64, max = 1ULL << 63;
	const struct {
		uint64_t swap_bytes, swap_usage, memsw_bytes, memsw_usage, swapped, total;
		bool without_swap;
	} rows[] = {
		{ 0, 0, unknown, unknown, 0, 2560, false },
		{ max, 0, unknown, unknown, 0, 2560, true },
		{ max, 4096, unknown, unknown, 1, unknown, false },
		{ max, 0, unknown, unknown, 1, unknown, false },
		{ 5 * MIB, 5 * MIB, unknown, unknown, 9, 3840, false },
		{ 5 * MIB, 4 * MIB, unknown, unknown, 9, unknown, false },
		{ unknown, unknown, 10 * MIB, 10 * MIB, 0, 2560, false },
		{ unknown, unknown, max, 10 * MIB, 0, 2560, true },
		{ unknown, unknown, max, 18 * MIB, 0, unknown, false },
		{ unknown, unknown, 20 * MIB, 20 * MIB, 5, 5120, false },
		{ unknown, unknown, unknown, unknown, 0, 2560, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct oom_task tasks[] = { task(7, 1, 10, rows[i].swapped, 0, 0) };
		struct oom_kill kill;
		bool without_swap;

		init(&kill, tasks, 1);
		kill.kind = OOM_KIND_MEMCG;
		kill.machine.swap_total = unknown;
		kill.limit.bytes = kill.limit.usage = 10 * MIB;
		kill.limit.swap_bytes = rows[i].swap_bytes;
		kill.limit.swap_usage = rows[i].swap_usage;
		kill.limit.memsw_bytes = rows[i].memsw_bytes;
		kill.limit.memsw_usage = rows[i].memsw_usage;
		print_message("row %zu\n", i);
		assert_int_equal(total_of(&kill, &without_swap), rows[i].total);
		assert_int_equal(without_swap, rows[i].without_swap);
	}
}

static void adj_of_unknown_total(void **state)
{
	struct oom_task tasks[] = { task(7, 1, 10, 0, 0, 1), task(8, 1, 9, 0, 0, 0) };
	struct oom_kill kill;

	(void)state;
	init(&kill, tasks, 2);
	kill.kind = OOM_KIND_CPUSET;
	assert_ranking(&kill, "8:9 7:-");
}

static void word_of_the_kernel(void **state)
{
	struct oom_task tasks[] = { task(7, 1, 10, 0, 0, 0), task(8, 1, 9, 0, 0, 100) };
	struct oom_kill kill;

	(void)state;
	init(&kill, tasks, 2);
	kill.kind = OOM_KIND_CPUSET;
	kill.total_pages = 5000;
	assert_ranking(&kill, "8:509 7:10");
	/* beside its own points none are computed */
	tasks[0].has_points = true;
	tasks[0].points = 510;
	assert_ranking(&kill, "7:510");
}

static void of_a_cgroup(void **state)
{
	struct oom_task tasks[] = { task(7, 1, 10, 0, 0, 0), task(8, 1, 9, 0, 0, 100), task(1, 0, 5, 0, 0, 0) };
	bool inside[] = { false, true, true };
	struct oom_standing standing = { .page_size = PAGE,
					 .total_pages = 1000000,
					 .cgroup_pages = 2000,
					 .tasks = tasks,
					 .inside = inside,
					 .nr_tasks = 3,
					 .all_seen = true };
	struct oom_ranking ranking;

	(void)state;
	assert_int_equal(oom_ranking__of(&ranking, &standing, false), 0);
	assert_int_equal(ranking.nr, 2);
	assert_int_equal(ranking.list[0].points, 9 + 100 * 1000);
	assert_int_equal(oom_ranking__find(&ranking, 7), 1);
	assert_int_equal(oom_ranking__find(&ranking, 1), SIZE_MAX);
	assert_string_equal(oom_exempt__why(ranking.exempt[0]), "init");
	oom_ranking__done(&ranking);
	assert_int_equal(oom_ranking__of(&ranking, &standing, true), 0);
	assert_int_equal(ranking.nr, 1);
	assert_int_equal(ranking.list[0].points, 9 + 100 * 2);
	oom_ranking__done(&ranking);
	/* in a pid namespace 1 is somebody else */
	standing.all_seen = false;
	assert_int_equal(oom_ranking__of(&ranking, &standing, true), 0);
	assert_int_equal(ranking.nr, 2);
	oom_ranking__done(&ranking);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_kernels),	cmocka_unit_test(ties),
		cmocka_unit_test(pages_of_tables),	cmocka_unit_test(limit_with_swap),
		cmocka_unit_test(adj_of_unknown_total), cmocka_unit_test(of_a_cgroup),
		cmocka_unit_test(word_of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
