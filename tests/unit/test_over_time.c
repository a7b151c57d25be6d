// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "user/count/paths_over_time.h"
#include "user/count/tasks_over_time.h"

#define SLOT  MT_SLOT_fault_minor
#define OTHER MT_SLOT_alloc_pages

static uint64_t value_at(const struct timed_counts *counts, uint32_t at, uint32_t key)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < counts->nr; i++)
		if (counts->list[i].at == at && counts->list[i].key == key)
			value += counts->list[i].value;
	return value;
}

static uint64_t sum_of(const struct timed_counts *counts, uint32_t key)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < counts->nr; i++)
		if (counts->list[i].key == key)
			sum += counts->list[i].value;
	return sum;
}

static void moments_have_stretches(void **state)
{
	struct stretches stretches = { .begin_ns = 1000 };
	uint64_t i;

	(void)state;
	for (i = 0; i < OVER_TIME_MAX; i++) {
		assert_false(stretches__is_full(&stretches));
		assert_int_equal(stretches__add(&stretches, 1000 + 10 * (i + 1)), i);
	}
	assert_true(stretches__is_full(&stretches));
	assert_int_equal(stretches.width, 1);
	assert_int_equal(stretches__at(&stretches, 0), 0);
	assert_int_equal(stretches__at(&stretches, 1010), 0);
	assert_int_equal(stretches__at(&stretches, 1011), 1);
	assert_int_equal(stretches__at(&stretches, 999999), OVER_TIME_MAX - 1);
}

static void full_stretches_are_halved(void **state)
{
	struct stretches stretches = { .begin_ns = 0 };
	uint64_t i;
	uint32_t at;

	(void)state;
	for (i = 0; i < 3 * OVER_TIME_MAX; i++) {
		if (stretches__is_full(&stretches))
			stretches__halve(&stretches);
		at = stretches__add(&stretches, i + 1);
		assert_int_equal(at, i / stretches.width);
		assert_in_range(stretches.nr, 1, OVER_TIME_MAX);
	}
	assert_int_equal(stretches.width, 4);
	assert_int_equal(stretches.nr, 3 * OVER_TIME_MAX / 4);
	for (i = 0; i < stretches.nr; i++)
		assert_int_equal(stretches.end_ns[i], 4 * (i + 1));
}

static void an_odd_stretch_stays_alone(void **state)
{
	struct stretches stretches = { .begin_ns = 0 };

	(void)state;
	stretches__add(&stretches, 1);
	stretches__add(&stretches, 2);
	stretches__add(&stretches, 3);
	stretches__halve(&stretches);
	assert_int_equal(stretches.nr, 2);
	assert_int_equal(stretches.end_ns[0], 2);
	assert_int_equal(stretches.end_ns[1], 3);
	/* the fourth moment belongs to the second stretch, the fifth to the next */
	assert_int_equal(stretches__add(&stretches, 4), 1);
	assert_int_equal(stretches__add(&stretches, 5), 2);
}

static void counts_of_a_key_are_added_up(void **state)
{
	struct timed_counts counts = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(timed_counts__add(&counts, 7, 3, 2), 0);
		assert_int_equal(timed_counts__add(&counts, 7, 1, 0), 0);
		assert_int_equal(timed_counts__add(&counts, 6, 5, 1), 0);
	}
	assert_in_range(counts.room, 2, 16); /* not a place for each */
	timed_counts__tidy(&counts);
	assert_int_equal(counts.nr, 2);
	assert_int_equal(counts.list[0].at, 6);
	assert_int_equal(counts.list[0].value, 1000);
	assert_int_equal(value_at(&counts, 7, 3), 2000);
	timed_counts__halve(&counts);
	assert_int_equal(value_at(&counts, 3, 3), 2000);
	assert_int_equal(value_at(&counts, 3, 5), 1000);
	timed_counts__done(&counts);
}

static int add(struct tasks_over_time *tasks, uint32_t pid, uint64_t cgroup, uint32_t at, uint64_t faults,
	       uint64_t pages)
{
	uint64_t v[MT_NR_SLOTS] = { [SLOT] = faults, [OTHER] = pages };
	const struct entity entity = { .pid = pid, .start_ns = 10, .cgroup_id = cgroup, .comm = "some", .v = v };

	return tasks_over_time__add(tasks, &entity, at);
}

static struct task_over_time *row_of(const struct tasks_over_time *tasks, uint32_t pid, uint64_t cgroup)
{
	struct task_over_time *row;

	for (row = tasks->table; row; row = row->hh.next)
		if (row->key.pid == pid && (pid || row->key.cgroup_id == cgroup))
			return row;
	return NULL;
}

static void a_process_has_what_it_counted(void **state)
{
	struct tasks_over_time tasks;
	struct task_over_time *row;

	(void)state;
	tasks_over_time__init(&tasks, 10, 10, 1000);
	assert_int_equal(add(&tasks, 1, 5, 0, 3, 0), 0);
	assert_int_equal(add(&tasks, 2, 5, 0, 1, 0), 0);
	assert_int_equal(add(&tasks, 1, 6, 4, 2, 9), 0);
	assert_int_equal(tasks_over_time__finish(&tasks), 0);
	row = tasks.table;
	assert_int_equal(row->key.pid, 1);
	assert_int_equal(row->processes, 1);
	assert_int_equal(row->cgroup_id, 6);
	assert_int_equal(value_at(&row->counts, 0, SLOT), 3);
	assert_int_equal(value_at(&row->counts, 4, SLOT), 2);
	assert_int_equal(value_at(&row->counts, 4, OTHER), 9);
	tasks_over_time__halve(&tasks);
	assert_int_equal(value_at(&row->counts, 2, SLOT), 2);
	tasks_over_time__free(&tasks);
}

/* Who has the largest share of anything stays, also if it is little of something else. */
static void the_small_ones_are_folded(void **state)
{
	struct tasks_over_time tasks;
	struct task_over_time *row;
	uint32_t pid;

	(void)state;
	tasks_over_time__init(&tasks, 2, 10, 100000);
	for (pid = 1; pid <= 100; pid++)
		assert_int_equal(add(&tasks, pid, pid % 2 + 1, pid, pid == 50 ? 1000 : 1, pid == 60 ? 5 : 0), 0);
	assert_int_equal(tasks_over_time__finish(&tasks), 0);
	assert_int_equal(tasks.nr_processes, 2);
	assert_non_null(row_of(&tasks, 50, 0));
	assert_non_null(row_of(&tasks, 60, 0));
	row = row_of(&tasks, 0, 1);
	assert_int_equal(row->processes, 48);
	assert_int_equal(sum_of(&row->counts, SLOT), 48);
	assert_int_equal(value_at(&row->counts, 2, SLOT), 1);
	assert_int_equal(value_at(&row->counts, 3, SLOT), 0);
	row = row_of(&tasks, 0, 2);
	assert_int_equal(row->processes, 50);
	assert_int_equal(value_at(&row->counts, 3, SLOT), 1);
	assert_int_equal(tasks.table->key.pid, 60); /* all of the pages */
	tasks_over_time__free(&tasks);
}

static void rows_of_cgroups_are_bounded(void **state)
{
	struct tasks_over_time tasks;
	uint32_t pid;

	(void)state;
	tasks_over_time__init(&tasks, 1, 3, 100000);
	for (pid = 1; pid <= 50; pid++)
		assert_int_equal(add(&tasks, pid, pid, 0, 1, 0), 0);
	assert_int_equal(tasks_over_time__finish(&tasks), 0);
	assert_int_equal(tasks.nr_groups, 4);
	assert_int_equal(row_of(&tasks, 0, 0)->processes, 46);
	tasks_over_time__free(&tasks);
}

/* Values are bounded, too, and whatever is folded, sums are exact. */
static void many_values_are_folded(void **state)
{
	struct tasks_over_time tasks;
	struct task_over_time *row;
	uint64_t sum = 0;
	uint32_t pid, at;

	(void)state;
	tasks_over_time__init(&tasks, 100, 10, 500);
	for (at = 0; at < 100; at++)
		for (pid = 1; pid <= 50; pid++)
			assert_int_equal(add(&tasks, pid, 1, at, pid, 0), 0);
	assert_int_equal(tasks_over_time__finish(&tasks), 0);
	assert_in_range(tasks.nr_values, 100, 600);
	for (row = tasks.table; row; row = row->hh.next)
		sum += sum_of(&row->counts, SLOT);
	assert_int_equal(sum, 100 * 50 * 51 / 2);
	tasks_over_time__free(&tasks);
}

/* Of what is shown there is less: then cgroups are added up as well. */
static void what_is_shown_is_bounded(void **state)
{
	struct tasks_over_time tasks;
	struct task_over_time *row;
	uint64_t sum = 0;
	uint32_t pid, at;

	(void)state;
	tasks_over_time__init(&tasks, 100, 40, 100000);
	for (at = 0; at < 10; at++)
		for (pid = 1; pid <= 80; pid++)
			assert_int_equal(add(&tasks, pid, 1 + pid % 30, at, pid, 0), 0);
	assert_int_equal(tasks_over_time__finish(&tasks), 0);
	assert_int_equal(tasks.nr_values, 800);
	assert_int_equal(tasks_over_time__bound(&tasks, 200), 0);
	assert_in_range(tasks.nr_values, 150, 200);
	assert_int_equal(tasks.nr_processes, 10);
	assert_int_equal(tasks.table->key.pid, 80); /* the heaviest stays */
	assert_non_null(row_of(&tasks, 0, 0));
	for (row = tasks.table; row; row = row->hh.next)
		sum += sum_of(&row->counts, SLOT);
	assert_int_equal(sum, 10 * 80 * 81 / 2);
	tasks_over_time__free(&tasks);
}

static int add_path(struct paths_over_time *paths, uint32_t source, uint32_t tid, const char *last, uint64_t events,
		    uint32_t at)
{
	const struct path_owner owner = { .source = source, .pid = tid ? 7 : 0, .tid = tid };
	const char *const parts[] = { "program", "main;work", last };
	const uint64_t sums[NR_PATH_WEIGHTS] = {
		[PATH_EVENTS] = events, [PATH_PAGES] = 4 * events, [PATH_NS] = 10 * events
	};

	return paths_over_time__add(paths, &owner, parts, 3, sums, at);
}

static const struct path_over_time *path_of(const struct paths_over_time *paths, const char *text, uint32_t tid)
{
	const struct path_over_time *path;

	for (path = paths->table; path; path = path->hh.next)
		if (path->key.owner.tid == tid && path->key.path->text && !strcmp(path->key.path->text, text))
			return path;
	return NULL;
}

static const struct path_limits wide = { .rows = 1000, .values = 100000, .bytes = 1 << 20 };

static void paths_have_what_happened_there(void **state)
{
	struct paths_over_time paths;
	const struct path_over_time *path;

	(void)state;
	assert_int_equal(paths_over_time__init(&paths, &wide), 0);
	assert_int_equal(add_path(&paths, 0, 1, "light", 1, 2), 0);
	assert_int_equal(add_path(&paths, 0, 1, "heavy", 5, 2), 0);
	assert_int_equal(add_path(&paths, 0, 1, "heavy", 2, 9), 0);
	assert_int_equal(add_path(&paths, 0, 2, "heavy", 3, 9), 0);
	assert_int_equal(add_path(&paths, 1, 1, "heavy", 4, 2), 0);
	paths_over_time__halve(&paths);
	assert_int_equal(paths_over_time__fold(&paths, &wide), 0);
	path = paths.table;
	assert_string_equal(path->key.path->text, "program;main;work;heavy");
	assert_int_equal(path->key.owner.tid, 1);
	assert_int_equal(value_at(&path->counts, 1, PATH_EVENTS), 5);
	assert_int_equal(value_at(&path->counts, 4, PATH_NS), 20);
	path = path->hh.next;
	assert_int_equal(path->key.owner.tid, 2);
	assert_int_equal(sum_of(&path->counts, PATH_EVENTS), 3);
	path = path->hh.next;
	assert_string_equal(path->key.path->text, "program;main;work;light");
	assert_int_equal(path->stands_for, 0);
	path = path->hh.next;
	assert_int_equal(path->key.owner.source, 1);
	assert_null(path->hh.next);
	paths_over_time__done(&paths);
}

/* By the kernel's functions; those that have no pages of that kind have none. */
static void first_touches_are_known_by_functions(void **state)
{
	struct paths_over_time paths;

	(void)state;
	assert_int_equal(paths_over_time__init(&paths, &wide), 0);
	assert_int_equal(add_path(&paths, 2, 1, "asm_exc_page_fault_[k];do_anonymous_page_[k]", 3, 0), 0);
	assert_int_equal(add_path(&paths, 2, 1, "do_syscall_64_[k];filemap_add_folio_[k]", 2, 0), 0);
	assert_int_equal(paths_over_time__fold(&paths, &wide), 0);
	assert_int_equal(sum_of(&paths.table->counts, PATH_TOUCHED), 12);
	assert_int_equal(sum_of(&((struct path_over_time *)paths.table->hh.next)->counts, PATH_TOUCHED), 0);
	assert_int_equal(sum_of(&((struct path_over_time *)paths.table->hh.next)->counts, PATH_PAGES), 8);
	paths_over_time__done(&paths);
}

/* First threads of light paths are added up, then what they called is left out. */
static void light_paths_are_folded(void **state)
{
	struct path_limits narrow = wide;
	const struct path_over_time *path;
	struct paths_over_time paths;
	char last[64];
	uint32_t i;

	(void)state;
	assert_int_equal(paths_over_time__init(&paths, &wide), 0);
	assert_int_equal(add_path(&paths, 0, 1, "a;heavy", 1000, 3), 0);
	for (i = 0; i < 20; i++)
		assert_int_equal(add_path(&paths, 0, 1 + i, "b;same", 1, i), 0);
	assert_int_equal(paths.nr, 21);
	narrow.rows = 3;
	assert_int_equal(paths_over_time__fold(&paths, &narrow), 0);
	assert_int_equal(paths.nr, 3);
	path = path_of(&paths, "program;main;work;b;same", 0);
	assert_int_equal(sum_of(&path->counts, PATH_EVENTS), 19);
	assert_int_equal(value_at(&path->counts, 19, PATH_EVENTS), 1);
	assert_int_equal(path->stands_for, 0);
	for (i = 0; i < 20; i++) {
		snprintf(last, sizeof(last), "c;%u", i);
		assert_int_equal(add_path(&paths, 0, 0, last, 1, i), 0);
	}
	assert_int_equal(paths_over_time__fold(&paths, &narrow), 0);
	assert_int_equal(paths.nr, 3);
	assert_int_equal(sum_of(&path_of(&paths, "program;main;work;a;heavy", 1)->counts, PATH_EVENTS), 1000);
	path = path_of(&paths, "program;main;work;" PATH_FOLDED, 0);
	assert_int_equal(path->stands_for, 20);
	assert_int_equal(sum_of(&path->counts, PATH_EVENTS), 20);
	assert_int_equal(value_at(&path->counts, 19, PATH_EVENTS), 1);
	narrow.bytes = 1;
	assert_int_equal(paths_over_time__fold(&paths, &narrow), 0);
	assert_int_equal(paths.nr, 1);
	assert_null(paths.table->key.path->text);
	assert_int_equal(sum_of(&paths.table->counts, PATH_EVENTS), 1040);
	paths_over_time__done(&paths);
}

/* While they come, they have no more room than the limits say. */
static void many_paths_take_bounded_memory(void **state)
{
	const struct path_limits few = { .rows = 64, .values = 4000, .bytes = 1 << 20 };
	struct paths_over_time paths;
	const struct path_over_time *path;
	uint64_t events = 0;
	char last[64];
	uint32_t i;

	(void)state;
	assert_int_equal(paths_over_time__init(&paths, &few), 0);
	for (i = 0; i < 20000; i++) {
		snprintf(last, sizeof(last), "a%u;b%u;c%u", i % 5, i % 50, i);
		assert_int_equal(add_path(&paths, i % PATH_SOURCES, 1 + i % 8, last, 1, i % OVER_TIME_MAX), 0);
		assert_in_range(paths.nr, 1, 64);
		assert_in_range(paths.nr_values, 1, 4000);
	}
	for (path = paths.table; path; path = path->hh.next)
		events += sum_of(&path->counts, PATH_EVENTS);
	assert_int_equal(events, 20000);
	paths_over_time__done(&paths);
}

/* The same functions of any thread; what only the other one has is there as well, by the weight that it has there. */
static void another_run_is_beside(void **state)
{
	struct paths_over_time paths, other;
	const struct path_over_time *path;

	(void)state;
	assert_int_equal(paths_over_time__init(&paths, &wide), 0);
	assert_int_equal(paths_over_time__init(&other, &wide), 0);
	assert_int_equal(add_path(&paths, 0, 1, "both", 5, 2), 0);
	assert_int_equal(add_path(&paths, 0, 1, "light", 1, 2), 0);
	assert_int_equal(add_path(&other, 0, 8, "both", 2, 1), 0);
	assert_int_equal(add_path(&other, 0, 9, "both", 1, 3), 0);
	assert_int_equal(add_path(&other, 0, 9, "gone", 7, 3), 0);
	assert_int_equal(add_path(&other, 1, 9, "both", 1, 3), 0);
	assert_int_equal(paths_over_time__compare(&paths, &other), 0);
	paths_over_time__done(&other);
	assert_int_equal(paths_over_time__fold(&paths, &wide), 0);
	path = path_of(&paths, "program;main;work;both", 0);
	assert_int_equal(path->before[PATH_EVENTS], 3);
	assert_int_equal(path->before[PATH_NS], 30);
	assert_int_equal(path->counts.nr, 0);
	path = path_of(&paths, "program;main;work;gone", 0);
	assert_int_equal(path->before[PATH_EVENTS], 7);
	assert_true(path->weight > 0.69 && path->weight < 0.71);
	path = path_of(&paths, "program;main;work;both", 1);
	assert_int_equal(sum_of(&path->counts, PATH_EVENTS), 5);
	assert_int_equal(path->before[PATH_EVENTS], 0);
	paths_over_time__done(&paths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_have_stretches),
		cmocka_unit_test(full_stretches_are_halved),
		cmocka_unit_test(an_odd_stretch_stays_alone),
		cmocka_unit_test(counts_of_a_key_are_added_up),
		cmocka_unit_test(a_process_has_what_it_counted),
		cmocka_unit_test(the_small_ones_are_folded),
		cmocka_unit_test(rows_of_cgroups_are_bounded),
		cmocka_unit_test(many_values_are_folded),
		cmocka_unit_test(what_is_shown_is_bounded),
		cmocka_unit_test(paths_have_what_happened_there),
		cmocka_unit_test(first_touches_are_known_by_functions),
		cmocka_unit_test(light_paths_are_folded),
		cmocka_unit_test(many_paths_take_bounded_memory),
		cmocka_unit_test(another_run_is_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
