// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "die_ranges.h"

#include <stdlib.h>
#include <time.h>

#include "starts.h"

/* Ranges that began before the one that holds an address, and do not hold it. */
#define MAX_OVERLAPS 8

uint64_t die_ranges__now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool add(struct die_ranges *ranges, const struct die_range *range)
{
	size_t cap = ranges->cap ? 2 * ranges->cap : 16;
	struct die_range *grown;

	if (ranges->nr == ranges->cap) {
		grown = realloc(ranges->list, cap * sizeof(*grown));
		if (!grown)
			return false;
		ranges->list = grown;
		ranges->cap = cap;
	}
	ranges->list[ranges->nr++] = *range;
	return true;
}

bool die_ranges__add(struct die_ranges *ranges, Dwarf_Die *die, uint64_t of, struct die_budget *budget)
{
	struct die_range range = { .of = of };
	ptrdiff_t at = 0;
	Dwarf_Addr base;

	while ((at = dwarf_ranges(die, at, &base, &range.start, &range.end)) > 0) {
		if (range.end <= range.start)
			continue;
		if (!budget->left || die_ranges__now_ns() > budget->until_ns || !add(ranges, &range))
			return false;
		budget->left--;
	}
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct die_range *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

void die_ranges__sort(struct die_ranges *ranges)
{
	if (ranges->nr)
		qsort(ranges->list, ranges->nr, sizeof(*ranges->list), compare);
}

void die_ranges__free(struct die_ranges *ranges)
{
	free(ranges->list);
	*ranges = (struct die_ranges){ 0 };
}

size_t die_ranges__count(const struct die_ranges *ranges, uint64_t address)
{
	return starts__count(ranges->list, ranges->nr, sizeof(*ranges->list), address);
}

const struct die_range *die_ranges__before(const struct die_ranges *ranges, uint64_t address, size_t *at)
{
	for (size_t tries = 0; *at && tries < MAX_OVERLAPS; tries++) {
		const struct die_range *range = &ranges->list[--*at];

		if (address < range->end)
			return range;
	}
	return NULL;
}
