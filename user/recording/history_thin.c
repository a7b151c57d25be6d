// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Older segments of a history are written again with fewer moments, one at a time and a part at a time. */
#include <errno.h>

#include "history_impl.h"

#define SEC	  1000000000ULL
#define DAY	  (86400 * SEC)
#define BUDGET_NS 10000000ULL /* of CPU time at each moment */
#define LOOK_NS	  (600 * SEC) /* between looks for segments that became older */

/* From that age on; the oldest first. */
static const struct level {
	uint64_t age_ns, every_ns;
} levels[] = { { 7 * DAY, 600 * SEC }, { DAY, 60 * SEC } };

/* A segment ended when the next one began; the last one has not been closed for long. */
static uint64_t wanted_ns(const struct history *history, size_t at, uint64_t wall_ns)
{
	const struct segments *closed = &history->closed;
	uint64_t end_ns;
	size_t i;

	if (at + 1 == closed->nr)
		return 0;
	end_ns = closed->list[at + 1].wall_s * SEC;
	for (i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (end_ns + levels[i].age_ns < wall_ns)
			return levels[i].every_ns;
	return 0;
}

/* Fills in what the segment is like, which is read once.  0 or -ENOMEM. */
static int look(struct history *history, struct segment *segment)
{
	struct rewrite_state state = { 0 };
	int err = segment->is_known ? 0 : rewrite__look(dirfd(history->dir), segment->name, &state);

	if (segment->is_known || err == -ENOMEM)
		return err;
	segment->is_known = true;
	segment->stays = err;
	segment->every_ns = state.tick_ns;
	return 0;
}

static uint64_t room(const struct history *history)
{
	uint64_t used = history->closed.bytes + segment__takes(history->file->bytes);

	return used < history->limits.max_bytes ? history->limits.max_bytes - used : 0;
}

/* It takes less afterwards, so that the oldest one goes for it is worth it; but not for itself. */
static bool make_room(struct history *history, const struct segment *segment)
{
	uint32_t number = segment->number;
	uint64_t takes = segment->bytes;

	while (room(history) < takes && history->closed.list[0].number != number)
		history__remove_first(history);
	return room(history) >= takes;
}

static struct segment *find_segment(struct history *history, uint32_t number)
{
	size_t i;

	for (i = 0; i < history->closed.nr; i++)
		if (history->closed.list[i].number == number)
			return &history->closed.list[i];
	return NULL;
}

/* 0 or -ENOMEM. */
static int begin(struct history *history, uint32_t number, uint64_t every_ns)
{
	struct segment *segment = find_segment(history, number);
	int err;

	if (!make_room(history, segment))
		return 0;
	segment = find_segment(history, number); /* it may have moved */
	err = rewrite__new(&history->rewrite, dirfd(history->dir), segment->name, every_ns);
	history->rewritten = number;
	segment->stays = err;
	return err == -ENOMEM ? err : 0;
}

/* The oldest first, as most is gained there. */
static int find(struct history *history, uint64_t now_ns, uint64_t wall_ns)
{
	struct segments *closed = &history->closed;
	uint64_t every_ns;
	size_t i;
	int err;

	if (history->looked_ns && now_ns < history->looked_ns + LOOK_NS)
		return 0;
	for (i = 0; i < closed->nr; i++) {
		struct segment *segment = &closed->list[i];

		every_ns = wanted_ns(history, i, wall_ns);
		if (!every_ns || segment->stays || (segment->is_known && segment->every_ns >= every_ns))
			continue;
		err = look(history, segment);
		if (err)
			return err;
		if (!segment->stays && segment->every_ns < every_ns)
			return begin(history, segment->number, every_ns);
	}
	history->looked_ns = now_ns;
	return 0;
}

/* The new one took the old one's place, or failed: then the old one stays. */
static void end(struct history *history, int err)
{
	struct segment *segment = find_segment(history, history->rewritten);

	if (segment && !err) {
		history->closed.bytes -= segment->bytes;
		segment->bytes = rewrite__takes(history->rewrite);
		history->closed.bytes += segment->bytes;
		segment->is_known = false;
	} else if (segment) {
		segment->is_known = segment->stays = true;
	}
	rewrite__free(history->rewrite);
	history->rewrite = NULL;
}

int history__thin(struct history *history, uint64_t now_ns, uint64_t wall_ns)
{
	int more;

	if (!history->rewrite)
		return find(history, now_ns, wall_ns);
	more = rewrite__step(history->rewrite, BUDGET_NS, room(history));
	if (more <= 0)
		end(history, more);
	return more == -ENOMEM ? more : 0;
}
