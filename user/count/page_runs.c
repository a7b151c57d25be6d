// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "page_runs.h"

#include <errno.h>
#include <stdlib.h>

/* Numbers of pages are below that: addresses have 64 bits, pages 4 KiB or more. */
#define PAGES_END (1ULL << 52)

int page_runs__add(struct page_runs *runs, uint64_t start, uint64_t end, uint32_t flags)
{
	struct page_run *last = runs->nr ? &runs->list[runs->nr - 1] : NULL, *more;
	size_t room = runs->room ? 2 * runs->room : 256;

	if (start >= end || end > PAGES_END)
		return 0;
	if (last && last->end == start && last->flags == flags) {
		last->end = end;
		return 0;
	}
	if (runs->nr == PAGE_RUNS_MAX) {
		runs->cut = true;
		return 0;
	}
	if (runs->nr == runs->room) {
		more = reallocarray(runs->list, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		runs->list = more;
		runs->room = room;
	}
	runs->list[runs->nr++] = (struct page_run){ .start = start, .end = end, .flags = flags };
	return 0;
}

static int by_page(const void *a, const void *b)
{
	const struct page_run *one = a, *two = b;

	if (one->start != two->start)
		return (one->start > two->start) - (one->start < two->start);
	return (one->end < two->end) - (one->end > two->end);
}

void page_runs__sort(struct page_runs *runs)
{
	size_t i, nr = 0;
	uint64_t done = 0;

	if (runs->nr)
		qsort(runs->list, runs->nr, sizeof(*runs->list), by_page);
	for (i = 0; i < runs->nr; i++) {
		struct page_run run = runs->list[i];

		run.start = run.start > done ? run.start : done;
		if (run.start >= run.end)
			continue;
		done = run.end;
		if (nr && runs->list[nr - 1].end == run.start && runs->list[nr - 1].flags == run.flags)
			runs->list[nr - 1].end = run.end;
		else
			runs->list[nr++] = run;
	}
	runs->nr = nr;
}

void page_runs__done(struct page_runs *runs)
{
	free(runs->list);
	*runs = (struct page_runs){ 0 };
}

/* The first run that does not end before the page, or at it. */
static size_t place(const struct page_runs *runs, uint64_t page)
{
	size_t low = 0, high = runs->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (runs->list[middle].end <= page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct page_run *page_runs__find(const struct page_runs *runs, uint64_t page)
{
	size_t at = place(runs, page);

	return at < runs->nr && runs->list[at].start <= page ? &runs->list[at] : NULL;
}

static uint64_t within_from(const struct page_runs *runs, size_t at, uint64_t start, uint64_t end)
{
	uint64_t pages = 0, from, to;

	for (; at < runs->nr && runs->list[at].start < end; at++) {
		from = runs->list[at].start > start ? runs->list[at].start : start;
		to = runs->list[at].end < end ? runs->list[at].end : end;
		pages += from < to ? to - from : 0;
	}
	return pages;
}

uint64_t page_runs__within(const struct page_runs *runs, uint64_t start, uint64_t end)
{
	return within_from(runs, place(runs, start), start, end);
}

static bool is_of(const struct page_run *run, bool file)
{
	return (run->flags & PAGE_RUN_FILE) == (file ? PAGE_RUN_FILE : 0);
}

uint64_t page_runs__pages(const struct page_runs *runs, bool file)
{
	uint64_t pages = 0;
	size_t i;

	for (i = 0; i < runs->nr; i++)
		if (is_of(&runs->list[i], file))
			pages += runs->list[i].end - runs->list[i].start;
	return pages;
}

uint64_t page_runs__without(const struct page_runs *runs, const struct page_runs *other, bool file)
{
	uint64_t pages = 0;
	size_t i, at = 0;

	for (i = 0; i < runs->nr; i++) {
		const struct page_run *run = &runs->list[i];

		while (at < other->nr && other->list[at].end <= run->start)
			at++;
		if (is_of(run, file))
			pages += run->end - run->start - within_from(other, at, run->start, run->end);
	}
	return pages;
}
