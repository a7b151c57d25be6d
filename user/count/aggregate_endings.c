// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Groups by comm, cgroup or role that end, so that a run of months has room for new ones.  A row and the histograms of
 * the same group end together.  A histogram can be without a row: of the cgroup whose limit an episode was for.
 */
#include "aggregate_impl.h"
#include "hist_groups.h"

static bool can_end(const struct aggregate *agg)
{
	return agg->config.by == BY_COMM || agg->config.by == BY_CGROUP || agg->config.by == BY_ROLE;
}

/* Whether it was silent for so long.  What has just counted is as old as this look. */
static bool is_idle(const struct ending *ending, bool *counted, uint64_t *counted_ns)
{
	if (*counted)
		*counted_ns = ending->now_ns;
	*counted = false;
	return ending->now_ns - *counted_ns >= ending->idle_ns;
}

/* A cgroup that is there begins another hour: it is not asked for at each look. */
static bool lives(const struct aggregate *agg, const struct ending *ending, uint64_t cgroup_id, uint64_t *counted_ns)
{
	if (agg->config.by != BY_CGROUP || !ending->lives || !ending->lives(ending->ctx, cgroup_id))
		return false;
	*counted_ns = ending->now_ns;
	return true;
}

static void mark_row(struct aggregate *agg, const struct ending *ending, struct row *row, struct hist_group *group)
{
	bool idle = is_idle(ending, &row->counted, &row->counted_ns);

	if (group)
		idle &= group->ended;
	row->ended = idle && !row->lives && !lives(agg, ending, row->cgroup_id, &row->counted_ns);
	if (group)
		group->ended = row->ended;
}

void aggregate__mark_ended(struct aggregate *agg, const struct ending *ending)
{
	struct hist_groups *groups = hists__groups(agg->hists);
	bool has_groups = groups->by == agg->config.by;
	struct hist_group *group;
	struct row *row;

	if (!can_end(agg))
		return;
	for (group = groups->table; group && has_groups; group = group->hh.next)
		group->ended = is_idle(ending, &group->counted, &group->counted_ns);
	for (row = agg->rows.table; row; row = row->hh.next)
		mark_row(agg, ending, row, has_groups ? hist_groups__find(groups, &row->key) : NULL);
	for (group = groups->table; group && has_groups; group = group->hh.next)
		if (group->ended && !rows__find(&agg->rows, &group->key))
			group->ended = !lives(agg, ending, group->key.a, &group->counted_ns);
}

/* Whether a row or a histogram is of that role. */
static bool has_role(const void *ctx, uint64_t id)
{
	const struct aggregate *agg = ctx;
	const struct row_key key = { id, 0 };

	return rows__find(&agg->rows, &key) || hist_groups__find(hists__groups(agg->hists), &key);
}

void aggregate__drop_ended(struct aggregate *agg)
{
	struct row *row, *next;

	hists__drop_ended(agg->hists);
	HASH_ITER (hh, agg->rows.table, row, next)
		if (row->ended)
			rows__remove(&agg->rows, row);
	if (agg->config.by == BY_ROLE)
		task_roles__keep(agg->config.roles, has_role, agg);
}
