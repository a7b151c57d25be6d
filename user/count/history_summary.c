// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "history_summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../model/digest_record.h"

#define MINUTE_NS    60000000000LL
#define CORRECTED_NS 1000000000ULL /* a clock that moves by less was not set */

static int take_kill(struct history_summary *summary, const struct mt_oom *oom, const char *cgroup)
{
	struct history_kill *kills, *kill;

	summary->nr_kills++;
	if (summary->nr_listed == HISTORY_MAX_KILLS)
		return 0;
	kills = reallocarray(summary->kills, summary->nr_listed + 1, sizeof(*kills));
	if (!kills)
		return -ENOMEM;
	summary->kills = kills;
	kill = &kills[summary->nr_listed++];
	*kill = (struct history_kill){ .time_ns = oom->hdr.time_ns,
				       .pid = oom->victim.pid,
				       .cgroup = cgroup ? strdup(cgroup) : NULL };
	memcpy(kill->comm, oom->victim.comm, MT_COMM_LEN);
	return cgroup && !kill->cgroup ? -ENOMEM : 0;
}

/* The minute that is over takes its place among the worst; of equal ones the earlier stands first. */
static void close_minute(struct history_summary *summary)
{
	size_t at = HISTORY_MINUTES;

	while (at && summary->worst[at - 1].waited_ns < summary->open.waited_ns)
		at--;
	if (at == HISTORY_MINUTES || !summary->open.waited_ns)
		return;
	memmove(&summary->worst[at + 1], &summary->worst[at], (HISTORY_MINUTES - at - 1) * sizeof(*summary->worst));
	summary->worst[at] = summary->open;
}

int64_t history_summary__wall_offset(const struct history_summary *summary, uint64_t ns)
{
	return recorded_clock__offset(summary->clocks, summary->nr_clocks, ns);
}

/* By a clock that is corrected it may begin a little earlier or later than it seemed to. */
static bool is_open(const struct history_summary *summary, uint64_t from_ns)
{
	return from_ns - summary->open.from_ns + CORRECTED_NS <= 2 * CORRECTED_NS;
}

/* What grew between two looks did so about halfway between them: most looks are a little after full minutes. */
static void take_look(struct history_summary *summary, uint64_t time_ns, uint64_t total_ns)
{
	uint64_t middle_ns = summary->last_ns ? summary->last_ns + (time_ns - summary->last_ns) / 2 : time_ns;
	uint64_t offset_ns = (uint64_t)history_summary__wall_offset(summary, time_ns);
	uint64_t from_ns = (middle_ns + offset_ns) / MINUTE_NS * MINUTE_NS - offset_ns;

	if (total_ns == MT_UNKNOWN_U64)
		return;
	if (!is_open(summary, from_ns)) {
		close_minute(summary);
		summary->open = (struct history_minute){ .from_ns = from_ns };
	}
	if (summary->last_ns && time_ns - summary->last_ns <= MINUTE_NS && total_ns > summary->last_total_ns)
		summary->open.waited_ns += total_ns - summary->last_total_ns;
	summary->last_ns = time_ns;
	summary->last_total_ns = total_ns;
}

int history_summary__take(struct history_summary *summary, const void *record,
			  const char *(*cgroup)(void *ctx, uint64_t id), void *ctx)
{
	const struct mt_hdr *hdr = record;
	const struct mt_oom *oom = record;
	const struct digest_record *digest = record;
	const struct sample_record *sample = record;

	if (hdr->id == MT_REC_oom)
		return take_kill(summary, oom, cgroup(ctx, oom->victim.cgroup_id));
	if (hdr->id == REC_DIGEST)
		summary->nr_kills += digest->events[MT_REC_oom];
	if (hdr->id == REC_SAMPLES)
		take_look(summary, hdr->time_ns, sample->values[SAMPLE_pressure_memory_some_total]);
	return 0;
}

void history_summary__end(struct history_summary *summary)
{
	close_minute(summary);
	summary->open.waited_ns = 0;
}

void history_summary__free(struct history_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->nr_listed; i++)
		free(summary->kills[i].cgroup);
	free(summary->kills);
	summary->kills = NULL;
	summary->nr_kills = summary->nr_listed = 0;
}
