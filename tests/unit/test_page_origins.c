// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers page_runs.h and page_origins.h: sets of pages, who touched what is held, and what adds up to the growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/count/page_origins.h"

#define PAGE 4096ULL

static void add(struct page_runs *runs, uint64_t start, uint64_t end, uint32_t flags)
{
	assert_int_equal(page_runs__add(runs, start, end, flags), 0);
}

static void is_run(const struct page_runs *runs, size_t i, uint64_t start, uint64_t end, uint32_t flags)
{
	assert_true(i < runs->nr);
	assert_int_equal(runs->list[i].start, start);
	assert_int_equal(runs->list[i].end, end);
	assert_int_equal(runs->list[i].flags, flags);
}

static void test_runs_are_sorted_and_disjoint(void **state)
{
	struct page_runs runs = { 0 };

	(void)state;
	add(&runs, 100, 110, 0);
	add(&runs, 110, 120, 0); /* goes on */
	add(&runs, 10, 20, 0);
	add(&runs, 15, 30, PAGE_RUN_FILE); /* its first part is known */
	add(&runs, 12, 14, 0);
	add(&runs, 50, 50, 0);
	add(&runs, 60, 40, 0);
	add(&runs, 1ULL << 60, (1ULL << 60) + 5, 0);
	assert_int_equal(runs.nr, 4);
	page_runs__sort(&runs);
	assert_int_equal(runs.nr, 3);
	is_run(&runs, 0, 10, 20, 0);
	is_run(&runs, 1, 20, 30, PAGE_RUN_FILE);
	is_run(&runs, 2, 100, 120, 0);
	assert_int_equal(page_runs__pages(&runs, false), 30);
	assert_int_equal(page_runs__pages(&runs, true), 10);
	assert_null(page_runs__find(&runs, 9));
	assert_ptr_equal(page_runs__find(&runs, 10), &runs.list[0]);
	assert_ptr_equal(page_runs__find(&runs, 20), &runs.list[1]);
	assert_null(page_runs__find(&runs, 30));
	assert_ptr_equal(page_runs__find(&runs, 119), &runs.list[2]);
	assert_null(page_runs__find(&runs, 120));
	assert_int_equal(page_runs__within(&runs, 0, 1000), 40);
	assert_int_equal(page_runs__within(&runs, 19, 101), 12);
	page_runs__done(&runs);
}

static void test_runs_without_others(void **state)
{
	struct page_runs one = { 0 }, other = { 0 };

	(void)state;
	add(&one, 0, 10, 0);
	add(&one, 20, 30, PAGE_RUN_FILE);
	add(&one, 40, 50, 0);
	assert_int_equal(page_runs__without(&one, &other, false), 20);
	add(&other, 5, 25, PAGE_RUN_SWAPPED);
	add(&other, 28, 45, 0);
	assert_int_equal(page_runs__without(&one, &other, false), 5 + 5);
	assert_int_equal(page_runs__without(&one, &other, true), 3);
	assert_int_equal(page_runs__without(&one, &one, true), 0);
	page_runs__done(&one);
	page_runs__done(&other);
}

static void test_runs_are_bounded(void **state)
{
	struct page_runs runs = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < PAGE_RUNS_MAX + 5; i++)
		add(&runs, 2 * i, 2 * i + 1, 0);
	assert_int_equal(runs.nr, PAGE_RUNS_MAX);
	assert_true(runs.cut);
	page_runs__done(&runs);
}

struct fixture {
	struct page_origins origins;
	struct call_path *leak, *churn;
	struct mt_who who, other;
	uint64_t now_ns;
};

static struct call_path *path(struct fixture *f, const char *name)
{
	return call_paths__at(f->origins.paths, &name, 1);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->origins =
		(struct page_origins){ .paths = call_paths__new(1 << 20), .page_size = PAGE, .pages_of_huge = 512 };
	assert_non_null(f->origins.paths);
	f->leak = path(f, "leak");
	f->churn = path(f, "churn");
	f->who = (struct mt_who){ .pid = 5, .start_ns = 7 };
	f->other = (struct mt_who){ .pid = 6, .start_ns = 2000 };
	f->now_ns = 100;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	page_origins__done(&f->origins);
	call_paths__free(f->origins.paths);
	free(f);
	return 0;
}

static void touch(struct fixture *f, const struct mt_who *who, uint64_t page, enum touch how, struct call_path *path)
{
	assert_int_equal(page_origins__touch(&f->origins, who, ++f->now_ns, page * PAGE + 8, how, path), 0);
}

/* A look that has found these pages, of which the kernel has as many; it frees runs. */
static void look(struct fixture *f, const struct mt_who *who, struct page_runs runs)
{
	struct page_look look = { .runs = runs, .time_ns = ++f->now_ns };

	page_runs__sort(&look.runs);
	look.bytes[PAGES_ANON] = page_runs__pages(&look.runs, false) * PAGE;
	look.bytes[PAGES_OF_FILES] = page_runs__pages(&look.runs, true) * PAGE;
	assert_int_equal(page_origins__look(&f->origins, who, &look), 0);
}

static struct page_runs runs_of(uint64_t start, uint64_t end, uint64_t more, uint64_t more_end)
{
	struct page_runs runs = { 0 };

	add(&runs, start, end, 0);
	add(&runs, more, more_end, 0);
	return runs;
}

static void adds_up(const struct page_sums *sums, int64_t grown, uint64_t held, uint64_t again, uint64_t gone,
		    int64_t not_seen)
{
	assert_int_equal(sums->grown[PAGES_ANON], grown * (int64_t)PAGE);
	assert_int_equal(sums->held, held * PAGE);
	assert_int_equal(sums->again[PAGES_ANON], again * PAGE);
	assert_int_equal(sums->gone[PAGES_ANON], gone * PAGE);
	assert_int_equal(sums->not_seen[PAGES_ANON], not_seen * (int64_t)PAGE);
}

/* 100 pages are there; 10 of them go, 5 are given back and touched again; the rest is new. */
static void test_what_grew(void **state)
{
	struct fixture *f = *state;
	struct page_sums sums;
	uint64_t i;

	touch(f, &f->who, 50, TOUCH_WRITE, f->leak); /* before the run */
	look(f, &f->who, runs_of(0, 100, 0, 0));
	page_origins__begin(&f->origins, 1000);
	f->now_ns = 1000;
	for (i = 200; i < 300; i++)
		touch(f, &f->who, i, TOUCH_WRITE, i % 10 ? f->churn : f->leak);
	for (i = 0; i < 5; i++)
		touch(f, &f->who, i, TOUCH_WRITE, f->churn);
	for (i = 5; i < 25; i++)
		touch(f, &f->who, i, TOUCH_READ, f->churn); /* gone again, the first five not */
	/* late, and of before the first look */
	assert_int_equal(page_origins__touch(&f->origins, &f->who, 101, 30 * PAGE, TOUCH_WRITE, f->leak), 0);
	/* what the churn held is touched again, now by the leak */
	touch(f, &f->who, 201, TOUCH_WRITE, f->leak);
	/* a copy after fork changes nothing */
	touch(f, &f->who, 200, TOUCH_PRESENT, f->churn);
	/* 90 .. 99 and most of the churn are gone; 3 pages have come by themselves */
	look(f, &f->who, runs_of(0, 90, 200, 203));
	look(f, &f->who, runs_of(0, 90, 200, 206));
	page_origins__sum(&f->origins, &sums);
	assert_int_equal(f->leak->sums[CALL_EVENTS], 11);
	assert_int_equal(f->leak->sums[CALL_PAGES], 2);
	assert_int_equal(f->churn->sums[CALL_EVENTS], 90 + 5 + 20);
	assert_int_equal(f->churn->sums[CALL_PAGES], 4 + 25);
	adds_up(&sums, 96 - 100, 31, 25, 10, 0);
	assert_int_equal(sums.processes, 1);
}

static void test_what_no_fault_brought(void **state)
{
	struct fixture *f = *state;
	struct page_sums sums;

	look(f, &f->who, runs_of(0, 100, 0, 0));
	page_origins__begin(&f->origins, 1000);
	f->now_ns = 1000;
	touch(f, &f->who, 200, TOUCH_WRITE, f->leak);
	look(f, &f->who, runs_of(0, 100, 200, 216)); /* 15 around it */
	/* born within the run: it had nothing, and has what its parent had */
	f->now_ns = 2001;
	touch(f, &f->other, 7, TOUCH_PRESENT, f->leak);
	look(f, &f->other, runs_of(0, 50, 0, 0));
	page_origins__sum(&f->origins, &sums);
	adds_up(&sums, 16 + 50, 2, 0, 0, 15 + 49);
	assert_int_equal(f->leak->sums[CALL_EVENTS], 2);
}

/* What is touched after the last look may be held or not; a page that was only read has no owner yet. */
static void test_waiting_and_zero_page(void **state)
{
	struct fixture *f = *state;
	struct page_sums sums;

	page_origins__begin(&f->origins, 1);
	touch(f, &f->who, 10, TOUCH_READ, f->churn);
	touch(f, &f->who, 10, TOUCH_PRESENT, f->leak);
	touch(f, &f->who, 11, TOUCH_WRITE, f->leak);
	look(f, &f->who, runs_of(10, 12, 20, 21));
	touch(f, &f->who, 11, TOUCH_WRITE, f->churn);
	touch(f, &f->who, 12, TOUCH_WRITE, f->churn);
	/* which came late: it is of before the look */
	assert_int_equal(page_origins__touch(&f->origins, &f->who, 102, 20 * PAGE, TOUCH_WRITE, f->leak), 0);
	page_origins__end(&f->origins, &f->who);
	page_origins__sum(&f->origins, &sums);
	assert_int_equal(f->leak->sums[CALL_PAGES], 3);
	assert_int_equal(f->churn->sums[CALL_PAGES], 0);
	assert_int_equal(f->churn->sums[CALL_EVENTS], 3);
	assert_int_equal(sums.held, 3 * PAGE);
}

/* A huge page is of its only touch; of one made of small ones each touch has its own. */
static void test_huge_pages(void **state)
{
	struct fixture *f = *state;
	struct page_runs runs = { 0 };
	struct page_sums sums;
	uint64_t i;

	page_origins__begin(&f->origins, 1);
	touch(f, &f->who, 512 + 77, TOUCH_WRITE, f->leak);
	for (i = 1024; i < 1024 + 100; i++)
		touch(f, &f->who, i, TOUCH_WRITE, f->churn);
	add(&runs, 512, 1536, PAGE_RUN_HUGE);
	look(f, &f->who, runs);
	page_origins__sum(&f->origins, &sums);
	assert_int_equal(f->leak->sums[CALL_PAGES], 512);
	assert_int_equal(f->churn->sums[CALL_PAGES], 100);
	adds_up(&sums, 1024, 612, 0, 0, 412);
}

static void test_a_sample_is_scaled(void **state)
{
	struct fixture *f = *state;
	struct page_sums sums;

	f->origins.sample = 8;
	page_origins__begin(&f->origins, 1);
	touch(f, &f->who, 16, TOUCH_WRITE, f->leak);
	touch(f, &f->who, 24, TOUCH_WRITE, f->leak);
	look(f, &f->who, runs_of(0, 20, 0, 0));
	page_origins__sum(&f->origins, &sums);
	assert_int_equal(f->leak->sums[CALL_EVENTS], 16);
	assert_int_equal(f->leak->sums[CALL_PAGES], 8);
	adds_up(&sums, 20, 8, 0, 0, 12);
}

/* Processes that have ended make room; what then finds none is counted. */
static void test_room(void **state)
{
	struct fixture *f = *state;
	struct page_sums sums;
	uint64_t i;

	page_origins__begin(&f->origins, 1);
	for (i = 0; i < PAGE_ORIGINS_MAX; i++)
		touch(f, i < 1000 ? &f->other : &f->who, i, TOUCH_WRITE, f->leak);
	assert_int_equal(f->origins.kept, PAGE_ORIGINS_MAX);
	touch(f, &f->who, i, TOUCH_WRITE, f->churn);
	assert_int_equal(f->origins.no_room, 1);
	look(f, &f->other, runs_of(0, 1000, 0, 0));
	page_origins__end(&f->origins, &f->other);
	f->origins.no_room = 0;
	touch(f, &f->other, 5000, TOUCH_WRITE, f->leak); /* which does not make room for itself */
	assert_int_equal(f->origins.left_out, 0);
	for (i = 0; i < 6000; i++)
		touch(f, &f->who, PAGE_ORIGINS_MAX + i, TOUCH_WRITE, f->churn);
	assert_int_equal(f->origins.left_out, 1);
	assert_int_equal(f->origins.kept, PAGE_ORIGINS_MAX);
	look(f, &f->who, runs_of(0, PAGE_ORIGINS_MAX + 6000, 0, 0));
	page_origins__sum(&f->origins, &sums);
	assert_int_equal(sums.processes, 1);
	assert_int_equal(sums.held / PAGE, PAGE_ORIGINS_MAX);
	assert_int_equal(f->churn->sums[CALL_PAGES] + f->origins.no_room, 6001);
	assert_int_equal(f->churn->sums[CALL_EVENTS], 6001);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_are_sorted_and_disjoint),
		cmocka_unit_test(test_runs_without_others),
		cmocka_unit_test(test_runs_are_bounded),
		TEST(test_what_grew),
		TEST(test_what_no_fault_brought),
		TEST(test_waiting_and_zero_page),
		TEST(test_huge_pages),
		TEST(test_a_sample_is_scaled),
		TEST(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
