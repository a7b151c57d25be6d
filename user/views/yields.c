// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "yields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/units.h"

#define LINES_MAX 3

/* Of one reclaimer for one target, anonymous pages and those of files together. */
struct yield {
	uint64_t target, scanned, reclaimed;
	uint32_t by;
	bool others; /* for targets that found no room */
};

static struct yield *yield_of(struct yield *yields, size_t *nr, const struct mt_reclaim_yield *record)
{
	bool others = record->value.head.flags & MT_KEYED_OTHER;
	size_t i;

	for (i = 0; i < *nr; i++)
		if (yields[i].target == record->key.target_cgroup_id && yields[i].by == record->key.by &&
		    yields[i].others == others)
			return &yields[i];
	yields[*nr] = (struct yield){ .target = record->key.target_cgroup_id, .by = record->key.by, .others = others };
	return &yields[(*nr)++];
}

static int by_scanned(const void *a, const void *b)
{
	const struct yield *x = a, *y = b;

	return x->scanned < y->scanned ? 1 : x->scanned > y->scanned ? -1 : 0;
}

static const char *who(char *buf, size_t size, const struct run_view *view, const struct yield *yield)
{
	static const char *const names[] = {
		[MT_RECLAIM_DIRECT] = "direct reclaim",
		[MT_RECLAIM_MEMCG] = "memcg reclaim",
		[MT_RECLAIM_SOFTLIMIT] = "soft limit reclaim",
		[MT_RECLAIM_NODE] = "node reclaim",
		[MT_RECLAIMER_KSWAPD] = "kswapd",
		[MT_RECLAIMER_PROACTIVE] = "proactive reclaim",
		[MT_RECLAIMER_OTHER] = "other reclaim",
	};
	const char *name = yield->by < MT_NR_RECLAIMERS ? names[yield->by] : "unknown reclaim";

	if (yield->target)
		snprintf(buf, size, "%s for %s", name, view->names->cgroup(view->names->ctx, yield->target));
	else
		snprintf(buf, size, "%s%s", name, yield->others ? " for other cgroups" : "");
	return buf;
}

static void say(const struct run_view *view, struct report *report, const struct yield *yield)
{
	char name[512], scanned[32], reclaimed[32], share[32];

	report__add_note(report, "%s scanned %s, got back %s (%s)", who(name, sizeof(name), view, yield),
			 format_bytes(scanned, sizeof(scanned), (double)yield->scanned * view->facts->page_size),
			 format_bytes(reclaimed, sizeof(reclaimed), (double)yield->reclaimed * view->facts->page_size),
			 format_share(share, sizeof(share), (double)yield->reclaimed / yield->scanned));
}

int yields__say(const struct run_view *view, struct report *report, enum scope scope)
{
	const struct keyed_row *row = &keyed_rows[MT_KEYED_reclaim_yield];
	const void **records = NULL;
	struct yield *yields;
	size_t nr = 0, nr_yields = 0, i;
	int err;

	if (!view->keyed || !keyed_counts__knows(view->keyed, row))
		return 0;
	err = keyed_counts__list(view->keyed, row, scope, &records, &nr);
	yields = err ? NULL : calloc(nr + 1, sizeof(*yields));
	for (i = 0; yields && i < nr; i++) {
		const struct mt_reclaim_yield *record = records[i];
		struct yield *yield = yield_of(yields, &nr_yields, record);

		yield->scanned += record->value.scanned_pages;
		yield->reclaimed += record->value.reclaimed_pages;
	}
	if (yields)
		qsort(yields, nr_yields, sizeof(*yields), by_scanned);
	for (i = 0; i < nr_yields && i < LINES_MAX && yields[i].scanned; i++)
		say(view, report, &yields[i]);
	if (!err && !yields)
		err = -ENOMEM;
	free(yields);
	free(records);
	return err;
}
