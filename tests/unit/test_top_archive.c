// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers top/archive.h: moments come back as they were, and are found by their times. And top/story.h: events up to
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/top/archive.h"
#include "../../user/top/story.h"

#define SECOND 1000000000ULL

/* Moment n has n tasks, one process less, and one cgroup; it ends at n seconds. */
static struct top_moment made(unsigned int n)
{
	struct top_moment moment = { .time_ns = n * SECOND, .duration_ns = SECOND, .page_size = 4096, .nr_tasks = n };
	size_t i;

	moment.tasks = calloc(n + 1, sizeof(*moment.tasks));
	moment.nr_processes = n ? n - 1 : 0;
	moment.processes = calloc(n + 1, sizeof(*moment.processes));
	moment.nr_cgroups = 1;
	moment.cgroups = calloc(1, sizeof(*moment.cgroups));
	assert_true(moment.tasks && moment.processes && moment.cgroups);
	for (i = 0; i < n; i++) {
		moment.tasks[i].pid = (uint32_t)(100 * n + i);
		moment.tasks[i].v[TOP_MINOR] = i * i;
	}
	for (i = 0; i < moment.nr_processes; i++)
		moment.processes[i].v[TOP_RSS - TOP_FIRST_MEMORY] = n << 20;
	moment.cgroups[0].id = n;
	moment.samples[SAMPLE_memory_free] = 1000 - n;
	strcpy(moment.lost, "nothing lost");
	return moment;
}

static void same(const struct top_moment *a, const struct top_moment *b)
{
	struct top_moment x = *a, y = *b;

	assert_int_equal(a->nr_tasks, b->nr_tasks);
	assert_int_equal(a->nr_processes, b->nr_processes);
	assert_memory_equal(a->cgroups, b->cgroups, sizeof(*a->cgroups));
	if (a->nr_tasks)
		assert_memory_equal(a->tasks, b->tasks, a->nr_tasks * sizeof(*a->tasks));
	if (a->nr_processes)
		assert_memory_equal(a->processes, b->processes, a->nr_processes * sizeof(*a->processes));
	x.tasks = y.tasks = NULL;
	x.processes = y.processes = NULL;
	x.cgroups = y.cgroups = NULL;
	assert_memory_equal(&x, &y, sizeof(x));
}

static struct top_archive *filled(unsigned int nr)
{
	struct top_archive *archive = top_archive__new();
	unsigned int n;

	assert_non_null(archive);
	for (n = 1; n <= nr; n++) {
		struct top_moment moment = made(n);

		assert_int_equal(top_archive__add(archive, &moment), 0);
		top_moment__free(&moment);
	}
	return archive;
}

static void comes_back(void **state)
{
	struct top_archive *archive = filled(100);
	struct top_moment got = { 0 };
	static const unsigned int which[] = { 100, 1, 50, 2 };

	(void)state;
	assert_int_equal(top_archive__nr(archive), 100);
	for (size_t i = 0; i < sizeof(which) / sizeof(*which); i++) {
		struct top_moment expected = made(which[i]);

		assert_int_equal(top_archive__get(archive, which[i] - 1, &got), 0);
		same(&got, &expected);
		top_moment__free(&expected);
	}
	top_moment__free(&got);
	top_archive__free(archive);
}

static void is_found_by_time(void **state)
{
	struct top_archive *archive = filled(5);

	(void)state;
	assert_int_equal(top_archive__find(archive, 0), 0);
	assert_int_equal(top_archive__find(archive, SECOND), 0);
	assert_int_equal(top_archive__find(archive, 2 * SECOND - 1), 0);
	assert_int_equal(top_archive__find(archive, 2 * SECOND), 1);
	assert_int_equal(top_archive__find(archive, 5 * SECOND), 4);
	assert_int_equal(top_archive__find(archive, UINT64_MAX), 4);
	assert_int_equal(top_archive__time_ns(archive, 3), 4 * SECOND);
	top_archive__free(archive);
}

static const char *name_cgroup(void *ctx, uint64_t id)
{
	(void)ctx;
	(void)id;
	return "/";
}

/* Details of a row have no event that came after the moment that is shown. */
static void events_of_then(void **state)
{
	const struct event_names names = { .cgroup = name_cgroup };
	const struct mt_oom kill = { .hdr = { .id = MT_REC_oom, .size = sizeof(kill), .time_ns = 2 * SECOND },
				     .victim = { .pid = 100, .tid = 100, .cgroup_id = 1 } };
	struct top_story story = { 0 };
	struct top_model model;

	(void)state;
	assert_int_equal(top_model__init(&model, name_cgroup, NULL), 0);
	top_story__add(&story, &event_rows[MT_REC_oom], &kill);
	for (unsigned int n = 1; n <= 2; n++) {
		struct top_moment moment = made(n);
		struct top_lines lines = { .nr = 0 };

		moment.tasks[0].pid = moment.tasks[0].tid = 100;
		moment.nr_tasks = 1;
		moment.nr_processes = 0;
		assert_int_equal(top_model__take(&model, &moment), 0);
		top_story__describe(&story, &model, top_model__at(&model, 0), &names, &lines);
		assert_string_equal(lines.list[0].text, n < 2 ? "Last events: none" : "Last events, the newest first");
		top_lines__clear(&lines);
		top_moment__free(&moment);
	}
	top_story__free(&story);
	top_model__free(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(is_found_by_time),
		cmocka_unit_test(events_of_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
