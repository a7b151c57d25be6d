// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How many processes are behind a row that stands for several; by parent also whose row that is. */
#include <errno.h>
#include <string.h>

#include "aggregate_impl.h"
#include "waiter.h"

int aggregate__find_member(struct aggregate *agg, const struct mt_task *task, struct member **member)
{
	*member = NULL;
	if (!agg->config.processes)
		return 0;
	*member = members__get(&agg->members, task);
	return *member ? 0 : -ENOMEM;
}

void aggregate__attach_member(struct life *life, struct member *member)
{
	if (!member || life->member == member)
		return;
	if (life->member)
		life->member->lives--;
	life->member = member;
	member->lives++;
}

void aggregate__count_process(struct aggregate *agg, struct row *row, struct member *member)
{
	/* a process has one starter, whatever row that one's children are in by now */
	uint64_t id = agg->config.by == BY_PARENT ? 0 : row->id;
	enum member_news news = member ? member__count(member, id, agg->interval) : MEMBER_NO_NEWS;

	row->processes[SCOPE_TOTAL] += news == MEMBER_NEW_IN_ROW;
	row->processes[SCOPE_OPEN] += news != MEMBER_NO_NEWS;
}

/* Counts of all scopes together or, without memory, of none. */
static int merge_rows(struct aggregate *agg, struct row *into, struct row *from)
{
	struct packed_change changes[NR_SCOPES];
	uint64_t v[MT_NR_SLOTS];
	enum scope scope;
	int err;

	for (scope = 0; scope < NR_SCOPES; scope++) {
		packed__get(row__counts(from, scope), v);
		err = packed__prepare(row__counts(into, scope), v, &changes[scope]);
		if (err)
			return err;
	}
	for (scope = 0; scope < NR_SCOPES; scope++) {
		packed__commit(&changes[scope]);
		into->processes[scope] += from->processes[scope];
		into->waiter[scope] = waiter__join(into->waiter[scope], from->waiter[scope]);
	}
	rows__remove(&agg->rows, from);
	return 0;
}

/* The process has ended, so what it started is of whoever is above it from now on. */
static void inherit_row(struct aggregate *agg, const struct member *member)
{
	const struct mt_who *who = members__ancestor(&agg->members, &member->who);
	struct row_key own = row_key__of(BY_PARENT, &member->who, 0);
	struct row_key above = row_key__of(BY_PARENT, who, 0);
	struct row *from = rows__find(&agg->rows, &own), *into;

	if (!from || !memcmp(&own, &above, sizeof(own)))
		return;
	into = rows__get(&agg->rows, &above);
	if (into && !merge_rows(agg, into, from))
		row__refresh(into, BY_PARENT, who, member->newest_ns);
}

void aggregate__finish_member(struct aggregate *agg, struct life *life, const struct mt_task *task)
{
	struct member *member = members__find(&agg->members, &task->who);

	if (life && life->member)
		life->member->lives--;
	if (!member)
		return;
	member->leader_gone |= task->who.tid == task->who.pid;
	if (agg->config.by == BY_PARENT && member__ended(member))
		inherit_row(agg, member);
}
