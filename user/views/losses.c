// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "losses.h"

#include <stdio.h>

#include "../base/units.h"

const char *losses__text(const struct losses *losses, char *buf, size_t size)
{
	const struct {
		uint64_t nr;
		const char *what;
	} lost[] = {
		{ losses->rare, "rare events (no count has them)" },
		{ losses->hot, "hot events (in no row, or without a line)" },
		{ losses->tasks, "of tasks (events without a task's counters, or a task's last counts)" },
	};
	size_t i, len = 0;
	char count[32];

	for (i = 0; i < sizeof(lost) / sizeof(*lost) && len < size; i++) {
		if (!lost[i].nr)
			continue;
		format_count(count, sizeof(count), lost[i].nr);
		len += snprintf(buf + len, size - len, "%s %s %s", len ? "," : "lost:", count, lost[i].what);
	}
	if (!len)
		snprintf(buf, size, "nothing lost");
	return buf;
}

void losses__each_remedy(const struct totals *totals, void (*say)(void *ctx, const char *line), void *ctx)
{
	const char *line;
	enum mt_ring kind;
	char buf[256];

	for (kind = 0; kind < MT_NR_RINGS; kind++) {
		line = rings__say_full(&totals->rings, totals->losses.ring_records, kind, buf, sizeof(buf));
		if (line)
			say(ctx, line);
	}
	line = rings__say_folded(&totals->rings, totals->losses.folded, buf, sizeof(buf));
	if (line)
		say(ctx, line);
	if (totals->losses.stacks) {
		snprintf(buf, sizeof(buf),
			 "%llu events have no call chain, because the kernel's tables were full: a filter helps",
			 (unsigned long long)totals->losses.stacks);
		say(ctx, buf);
	}
	if (totals->losses.unmapped) {
		snprintf(buf, sizeof(buf),
			 "the call chains of %llu processes have only addresses: the processes ended before their "
			 "mappings were read",
			 (unsigned long long)totals->losses.unmapped);
		say(ctx, buf);
	}
}
