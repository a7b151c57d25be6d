// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak: which processes grow, and how. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leak.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* In the order of fill(). */
static const struct column columns[] = {
	{ .title = "PID", .path = "pid", .key = true },
	{ .title = "COMM", .path = "comm", .left = true, .key = true },
	{ .title = "GREW", .path = "grown_bytes", .unit = UNIT_BYTES, .key = true, .main = true },
	{ .title = "A SECOND", .path = "slope_bytes_per_second", .unit = UNIT_BYTES, .key = true },
	{ .title = "HOW", .path = "verdict", .left = true, .key = true },
	{ .title = "RSS", .path = "rss_bytes", .unit = UNIT_BYTES },
	{ .title = "SWAP", .path = "swap_bytes", .unit = UNIT_BYTES },
	{ .title = "ANON+", .path = "grown.anon_bytes", .unit = UNIT_BYTES },
	{ .title = "FILE+", .path = "grown.file_bytes", .unit = UNIT_BYTES },
	{ .title = "SHMEM+", .path = "grown.shmem_bytes", .unit = UNIT_BYTES },
	{ .title = "SWAP+", .path = "grown.swap_bytes", .unit = UNIT_BYTES },
	{ .title = "TABLES+", .path = "grown.page_tables_bytes", .unit = UNIT_BYTES },
	{ .title = "CGROUP", .path = "cgroup", .left = true },
	{ .path = "most_bytes", .unit = UNIT_BYTES },
	{ .path = "ended" },
};

static struct cell difference(uint64_t last, uint64_t first)
{
	return cell_int((int64_t)(last - first));
}

/* Names of cgroups are the source's only until it is asked for the next. */
static const char *cgroup_of(struct leak_run *run, const struct mt_who *who)
{
	const struct event_names *names = &run->tracing.session.names;
	const char *name = who->cgroup_id && names->cgroup ? names->cgroup(names->ctx, who->cgroup_id) : NULL;
	char *copy = name ? arena__zeroed(&run->growth_view.names, strlen(name) + 1) : NULL;

	return copy ? strcpy(copy, name) : NULL;
}

static void fill(struct leak_run *run, const struct grown *grown, struct cell *c)
{
	const struct mt_memory *last = &grown->last, *first = &grown->first;
	struct growth growth = growth_table__judge(&run->growth, grown, run->ended_ns);

	*c++ = cell_uint(last->who.pid);
	*c++ = cell_string(last->who.comm);
	*c++ = difference(growth__held(last), growth__held(first));
	*c++ = growth.has_slope ? cell_int((int64_t)growth.slope) : cell_none();
	*c++ = cell_string(growth_verdict_names[growth.verdict]);
	*c++ = cell_uint(growth__held(last) - last->swap_bytes);
	*c++ = cell_uint(last->swap_bytes);
	*c++ = difference(last->anon_rss_bytes, first->anon_rss_bytes);
	*c++ = difference(last->file_rss_bytes, first->file_rss_bytes);
	*c++ = difference(last->shmem_rss_bytes, first->shmem_rss_bytes);
	*c++ = difference(last->swap_bytes, first->swap_bytes);
	*c++ = difference(last->pgtables_bytes, first->pgtables_bytes);
	*c++ = cell_string(cgroup_of(run, &last->who));
	*c++ = cell_uint(grown->most);
	*c++ = cell_bool(last->ended);
}

static int add(struct leak_run *run, struct report *report)
{
	struct leak_growth_view *view = &run->growth_view;
	struct grown **list;
	struct cell *cells;
	size_t nr, i, ended = 0;
	int err = growth_table__end(&run->growth, run->ended_ns);

	if (!err)
		err = growth_table__rank(&run->growth, &list, &nr);
	if (err)
		return err;
	cells = cell_list__make(&view->rows, nr, NR(columns));
	for (i = 0; cells && i < nr; i++) {
		fill(run, list[i], &cells[i * NR(columns)]);
		ended += list[i]->last.ended;
	}
	free(list);
	if (!cells)
		return -ENOMEM;
	cell_list__add(&view->rows,
		       &(struct table){ .path = "growth",
					.columns = columns,
					.nr_columns = NR(columns),
					.empty = "no process was seen while it lived" },
		       run->tracing.session.options->rows, 1 /* COMM */, report);
	/* of a command that is no news */
	if (ended && !run->tracing.session.options->cmd)
		report__add_note(report, "%zu of %zu processes ended: above they count with what they held last", ended,
				 nr);
	if (run->growth.left_out)
		report__add_note(report, "%zu processes that have ended, and held little, are left out",
				 run->growth.left_out);
	return 0;
}

static int begin(struct leak_run *run, uint64_t now_ns)
{
	growth_table__begin(&run->growth, now_ns);
	return 0;
}

static int on_event(struct leak_run *run, const struct event_row *row, const void *record, bool counts)
{
	(void)counts;
	return row->id == MT_REC_memory ? growth_table__take(&run->growth, record) : 0;
}

static void done(struct leak_run *run)
{
	growth_table__done(&run->growth);
	arena__free(&run->growth_view.names);
	cell_list__free(&run->growth_view.rows);
}

const struct leak_section leak_growth_section = {
	.name = "growth",
	.probes = 1U << MT_PROBE_memory,
	.begin = begin,
	.event = on_event,
	.add = add,
	.done = done,
};
