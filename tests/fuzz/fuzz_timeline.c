/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Events in any order, of few tasks, cgroups and nodes, through a timeline with a small window.  Whatever comes: each
 * event is in one line, lines are in order or say that they are late, and a cause is a line that is above its effect.
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/count/timeline.h"

#define MS	  1000000ULL
#define MAX_LINES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One event: what the bytes say, in small numbers, so that events have much in common. */
struct step {
	uint8_t record, kind, task, cgroup, order, pages;
	uint16_t ends_ms, lasts_ms;
};

struct seen {
	uint64_t events[NR_TIMELINE_KINDS], last_place;
	uint64_t places[MAX_LINES]; /* by id; 0: it was not emitted */
	size_t nr;
};

static const char *name_cgroup(void *ctx, uint64_t id)
{
	static const char *const paths[] = { "/", "/a", "/a/b", "", "//", "/a/" };

	(void)ctx;
	return id < sizeof(paths) / sizeof(*paths) ? paths[id] : NULL;
}

static int check(void *ctx, const struct timeline_entry *entry)
{
	struct seen *seen = ctx;

	if (!entry->late && entry->place < seen->last_place)
		abort();
	if (!entry->late)
		seen->last_place = entry->place;
	if (!entry->id || entry->cause >= MAX_LINES || entry->cause == entry->id || entry->end_ns < entry->start_ns)
		abort();
	/* a late one may come before its cause's line, or after it */
	if (entry->cause && !entry->late && !seen->places[entry->cause])
		abort();
	if (entry->cause && seen->places[entry->cause] > entry->place + 1 && !entry->late)
		abort();
	if (entry->id < MAX_LINES)
		seen->places[entry->id] = entry->place + 1;
	seen->events[entry->kind] += entry->events;
	seen->nr++;
	return 0;
}

static struct mt_who task(uint8_t number)
{
	return (struct mt_who){ .pid = number / 2 % 8, .tid = number % 16, .start_ns = 1, .cgroup_id = number % 7 };
}

static void give(struct timeline *timeline, const struct step *step, uint64_t now_ns)
{
	uint64_t start_ns = now_ns - step->lasts_ms * MS;
	struct mt_hdr hdr = { .time_ns = now_ns };
	struct mt_reclaim reclaim = { hdr,
				      task(step->task),
				      .start_ns = start_ns,
				      .duration_ns = now_ns - start_ns,
				      .reclaimed_pages = step->pages % 3,
				      .order = step->order % 4 - 1,
				      .kind = step->kind % 6,
				      .target_cgroup_id = step->cgroup % 8,
				      .throttled_ns = step->pages * MS };
	struct mt_kswapd kswapd = { hdr,
				    .start_ns = start_ns,
				    .duration_ns = now_ns - start_ns,
				    .node = step->task % 3,
				    .partial = step->kind % 2,
				    .waker = task(step->pages),
				    .waker_order = step->order % 2 ? MT_UNKNOWN_S32 : 0 };
	struct mt_stall stall = { hdr,
				  task(step->task),
				  .start_ns = start_ns,
				  .duration_ns = now_ns - start_ns,
				  .cause = step->kind % 9,
				  .target_cgroup_id = step->cgroup % 8 };
	struct mt_oom oom = { hdr,
			      .victim = task(step->pages),
			      .trigger = task(step->task),
			      .order = step->order % 3 ? step->order % 3 - 2 : MT_UNKNOWN_S32,
			      .constraint = step->kind % 5,
			      .limit_cgroup_id = step->cgroup % 8 };

	if (step->order & 128)
		memcpy(stall.function, "__mem_cgroup_handle_over_high", 30);
	switch (step->record % 4) {
	case 0:
		timeline__event(timeline, &event_rows[MT_REC_reclaim], &reclaim);
		break;
	case 1:
		timeline__event(timeline, &event_rows[MT_REC_kswapd], &kswapd);
		break;
	case 2:
		timeline__event(timeline, &event_rows[MT_REC_stall], &stall);
		break;
	default:
		timeline__event(timeline, &event_rows[MT_REC_oom], &oom);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seen seen;
	const struct event_names names = { .cgroup = name_cgroup };
	struct timeline_config config = { .names = &names, .page_size = 4096, .emit = check, .ctx = &seen };
	struct timeline *timeline;
	struct step step;
	uint64_t now_ns = 1000000 * MS;
	enum timeline_kind kind;

	if (size < 2)
		return 0;
	memset(&seen, 0, sizeof(seen));
	config.has_reclaim = data[0] & 1;
	config.max = data[0] % 32;
	config.hold_ns = data[1] * 10 * MS;
	timeline = timeline__new(&config);
	if (!timeline)
		abort();
	for (data += 2, size -= 2; size >= sizeof(step); data += sizeof(step), size -= sizeof(step)) {
		memcpy(&step, data, sizeof(step));
		now_ns += step.ends_ms * MS;
		give(timeline, &step, now_ns);
	}
	timeline__finish(timeline);
	for (kind = 0; kind < NR_TIMELINE_KINDS; kind++)
		if (seen.events[kind] != timeline__count(timeline, kind)->events)
			abort();
	timeline__free(timeline);
	return 0;
}
