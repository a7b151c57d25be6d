// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What was before a kill: only a run that was there can tell. */
#include <stdio.h>
#include <string.h>

#include "../base/units.h"
#include "oom_impl.h"

#define NR(array)    (sizeof(array) / sizeof(*(array)))
#define LAST_SAMPLES 10
#define WORTH	     20 /* what grew by less than such a part of the first one is in JSON alone */

static const struct column sample_columns[] = {
	{ .path = "before_kill_ns", .unit = UNIT_NS },
	{ .path = "free_bytes", .unit = UNIT_BYTES },
	{ .path = "available_bytes", .unit = UNIT_BYTES },
	{ .path = "swap_free_bytes", .unit = UNIT_BYTES },
	{ .path = "victim_rss_bytes", .unit = UNIT_BYTES },
	{ .path = "some_ns", .unit = UNIT_NS },
	{ .path = "full_ns", .unit = UNIT_NS },
	{ .path = "stalled_ns", .unit = UNIT_NS },
	{ .path = "scanned_pages", .unit = UNIT_PAGES },
	{ .path = "reclaimed_pages", .unit = UNIT_PAGES },
	{ .path = "allocated_pages", .unit = UNIT_PAGES },
	{ .path = "faults", .unit = UNIT_COUNT },
	{ .path = "major_faults", .unit = UNIT_COUNT },
};

static void add_samples(struct oom_view *view, struct report *report)
{
	const struct oom_kill *kill = view->kill;
	struct cell *c = oom__add_table(&view->samples, report, "before.samples", sample_columns, NR(sample_columns),
					kill->nr_samples);
	const struct oom_sample *s;
	size_t i;

	for (s = kill->samples; c && s < kill->samples + kill->nr_samples; s++, c += NR(sample_columns)) {
		const uint64_t numbers[NR(sample_columns)] = {
			s->before_ns,  s->free,	   s->available, s->swap_free, s->victim_rss, s->some_ns, s->full_ns,
			s->stalled_ns, s->scanned, s->reclaimed, s->allocated, s->faults,     s->major,
		};

		for (i = 0; i < NR(sample_columns); i++)
			c[i] = oom__number(numbers[i]);
	}
}

static void add_growers(struct oom_view *view, struct report *report)
{
	static const struct column columns[] = {
		{ .path = "pid" },
		{ .path = "comm" },
		{ .path = "cgroup" },
		{ .path = "from_bytes", .unit = UNIT_BYTES },
		{ .path = "to_bytes", .unit = UNIT_BYTES },
		{ .path = "grown_bytes", .unit = UNIT_BYTES },
		{ .path = "over_ns", .unit = UNIT_NS },
	};
	const struct oom_kill *kill = view->kill;
	struct cell *c = oom__add_table(&view->grew, report, "before.grew", columns, NR(columns), kill->nr_growers);
	const struct oom_grower *g;

	for (g = kill->growers; c && g < kill->growers + kill->nr_growers; g++, c += NR(columns)) {
		c[0] = cell_uint(g->pid);
		c[1] = oom__text(g->comm);
		c[2] = oom__text(g->cgroup);
		c[3] = cell_uint(g->from_bytes);
		c[4] = cell_uint(g->to_bytes);
		c[5] = cell_uint(g->to_bytes - g->from_bytes);
		c[6] = cell_uint(g->over_ns);
	}
}

void oom_view__add_before(struct oom_view *view, struct report *report)
{
	add_samples(view, report);
	add_growers(view, report);
}

/* Each step as one of eight bars, the least as the lowest. */
static const char *bars(char buf[4 * OOM_STEPS + 1], const struct oom_grower *grower)
{
	static const char *const levels[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	uint64_t least = UINT64_MAX, most = 0;
	size_t i, level;

	buf[0] = '\0';
	for (i = 0; i < grower->nr_steps; i++) {
		least = grower->steps[i] < least ? grower->steps[i] : least;
		most = grower->steps[i] > most ? grower->steps[i] : most;
	}
	for (i = 0; i < grower->nr_steps; i++) {
		level = most > least ? (size_t)((double)(grower->steps[i] - least) / (double)(most - least) * 7.99) : 0;
		strcat(buf, levels[level]);
	}
	return buf;
}

static uint64_t grown(const struct oom_grower *grower)
{
	return grower->to_bytes - grower->from_bytes;
}

static void say_grower(const struct oom_grower *grower, const char *label, struct report *report)
{
	char size[OOM_WORD], over[OOM_WORD], rate[OOM_WORD], steps[4 * OOM_STEPS + 1];
	uint64_t bytes = grown(grower);
	struct wrapped line;

	wrapped__begin(&line, report, label);
	wrapped__add(&line, "", "%s[%u] grew %s in %s", *grower->comm ? grower->comm : "-", grower->pid,
		     oom__bytes(size, bytes), format_duration(over, sizeof(over), grower->over_ns));
	if (grower->over_ns)
		wrapped__add(&line, " ", "(%s/s)",
			     format_bytes(rate, sizeof(rate), (double)bytes / ((double)grower->over_ns / 1e9)));
	wrapped__add(&line, " ", "%s", bars(steps, grower));
	wrapped__end(&line);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == MT_UNKNOWN_U64 || b == MT_UNKNOWN_U64 ? MT_UNKNOWN_U64 : a + b;
}

/*
 * The last ten seconds, in which it was decided; counts of the first one are of the second before it.  What came after
 * the last sample is not in them.
 */
static struct oom_sample last_of(const struct oom_kill *kill, uint64_t *from_ns, uint64_t *to_ns)
{
	size_t nr = kill->nr_samples < LAST_SAMPLES ? kill->nr_samples : LAST_SAMPLES, i;
	struct oom_sample all = { 0 };
	const struct oom_sample *s;

	*from_ns = kill->samples[kill->nr_samples - nr].before_ns;
	*to_ns = kill->samples[kill->nr_samples - 1].before_ns;
	for (i = kill->nr_samples - nr + 1; i < kill->nr_samples; i++) {
		s = &kill->samples[i];
		all.some_ns = sum(all.some_ns, s->some_ns);
		all.stalled_ns = sum(all.stalled_ns, s->stalled_ns);
		all.scanned = sum(all.scanned, s->scanned);
		all.reclaimed = sum(all.reclaimed, s->reclaimed);
	}
	return all;
}

static void say_reclaim(const struct oom_kill *kill, struct report *report)
{
	char scanned[OOM_WORD], share[OOM_WORD], from[OOM_WORD], to[OOM_WORD], some[OOM_WORD], stalled[OOM_WORD];
	struct oom_sample last;
	struct wrapped line;
	uint64_t from_ns, to_ns;

	if (kill->nr_samples < 2)
		return;
	last = last_of(kill, &from_ns, &to_ns);
	wrapped__begin(&line, report, kill->nr_growers ? "" : "before");
	wrapped__add(&line, "", "from %s to %s before it:", format_duration(from, sizeof(from), from_ns),
		     format_duration(to, sizeof(to), to_ns));
	if (last.scanned == 0)
		wrapped__add(&line, " ", "reclaim scanned nothing");
	else if (last.scanned != MT_UNKNOWN_U64)
		wrapped__add(&line, " ", "reclaim scanned %s and got back %s of it",
			     oom__pages(scanned, kill, last.scanned),
			     oom__percent(share, last.reclaimed, last.scanned));
	if (last.some_ns != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "PSI some %s", format_duration(some, sizeof(some), last.some_ns));
	if (last.stalled_ns != MT_UNKNOWN_U64)
		wrapped__add(&line, ", ", "tasks waited %s for memory",
			     format_duration(stalled, sizeof(stalled), last.stalled_ns));
	wrapped__end(&line);
}

void oom_view__say_before(const struct oom_view *view, struct report *report)
{
	const struct oom_kill *kill = view->kill;
	size_t i;

	for (i = 0; i < kill->nr_growers; i++)
		if (grown(&kill->growers[i]) >= grown(&kill->growers[0]) / WORTH)
			say_grower(&kill->growers[i], i ? "" : "before", report);
	say_reclaim(kill, report);
}
