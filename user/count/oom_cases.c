// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_cases.h"

#include <stdio.h>
#include <string.h>

#include "../base/clock.h"

#define FREED_SOON_NS 250000000ULL
/* What a program kills in one cgroup within such a time is one kill. */
#define SENT_NS 1000000000ULL

static bool is_same_kill(const struct oom_cases *cases, const struct oom_case *first, const struct mt_oom *kill)
{
	return first && !cases->nr_candidates && kill->points == MT_UNKNOWN_S32 &&
	       first->kill.trigger.tid == kill->trigger.tid && first->kill.limit_cgroup_id == kill->limit_cgroup_id &&
	       kill->hdr.time_ns - first->kill.hdr.time_ns <
		       (first->nr_candidates ? OOM_CASES_CHOICE_NS : OOM_CASES_GROUP_NS);
}

static struct oom_case *newest(struct oom_cases *cases)
{
	struct oom_case *found = NULL, *c;

	for (c = cases->list; c < cases->list + OOM_CASES_MAX; c++)
		if (c->used && !c->sent && (!found || c->kill.hdr.time_ns > found->kill.hdr.time_ns))
			found = c;
	return found;
}

static struct oom_case *find_room(struct oom_cases *cases)
{
	struct oom_case *c = cases->list;

	while (c < cases->list + OOM_CASES_MAX && c->used)
		c++;
	return c < cases->list + OOM_CASES_MAX ? c : NULL;
}

static void open_case(struct oom_case *c, const struct mt_oom *kill)
{
	memset(c, 0, sizeof(*c));
	memset(c->after_ns, 0xff, sizeof(c->after_ns));
	c->used = true;
	c->kill = *kill;
}

static void add_other(struct oom_case *c, const struct mt_who *who)
{
	if (c->nr_others < OOM_OTHERS_MAX) {
		c->others[c->nr_others].pid = who->pid;
		snprintf(c->others[c->nr_others].comm, sizeof(c->others->comm), "%s", who->comm);
	}
	c->nr_others++;
}

static struct oom_case *take_kill(struct oom_cases *cases, const struct mt_oom *kill)
{
	struct oom_case *first = newest(cases);
	bool same = is_same_kill(cases, first, kill);

	cases->killed[cases->nr % OOM_CASES_MAX] = kill->victim.pid;
	/* who is killed with another is none of the kills that follow */
	cases->kills_ns[cases->nr++ % OOM_CASES_MAX] = same ? first->kill.hdr.time_ns : kill->hdr.time_ns;
	if (same) {
		add_other(first, &kill->victim);
		return NULL;
	}
	first = find_room(cases);
	cases->left_out += !first;
	if (first) {
		open_case(first, kill);
		memcpy(first->candidates, cases->candidates, sizeof(first->candidates));
		first->nr_candidates = cases->nr_candidates;
	}
	cases->nr_candidates = 0;
	return first;
}

/* The first of a choice begins anew: that before it may have ended without a kill. */
static void take_candidate(struct oom_cases *cases, const struct mt_oom_candidate *candidate)
{
	if (cases->nr_candidates && (candidate->rank == 1 || cases->candidates[0].trigger != candidate->trigger))
		cases->nr_candidates = 0;
	if (cases->nr_candidates < OOM_CASE_CANDIDATES)
		cases->candidates[cases->nr_candidates++] = *candidate;
}

static void take_step(struct oom_cases *cases, const struct mt_oom_after *after)
{
	struct oom_case *c;

	for (c = cases->list; c < cases->list + OOM_CASES_MAX; c++)
		if (c->used && c->kill.victim.pid == after->pid && after->step < MT_NR_OOM_STEPS &&
		    after->hdr.time_ns - c->kill.hdr.time_ns >= after->after_ns / 2)
			c->after_ns[after->step] = after->after_ns;
}

struct oom_case *oom_cases__take(struct oom_cases *cases, const struct mt_hdr *record)
{
	if (record->id == MT_REC_oom)
		return take_kill(cases, (const struct mt_oom *)record);
	if (record->id == MT_REC_oom_candidate)
		take_candidate(cases, (const struct mt_oom_candidate *)record);
	else if (record->id == MT_REC_oom_after)
		take_step(cases, (const struct mt_oom_after *)record);
	return NULL;
}

/* Of a program's kill nothing but the two is known. */
static struct mt_oom kill_by(const struct mt_sigkill *sent)
{
	struct mt_oom kill;

	memset(&kill, 0xff, sizeof(kill));
	kill.hdr = sent->hdr;
	kill.victim = sent->receiver;
	kill.trigger = sent->sender;
	kill.limit_cgroup_id = 0;
	kill.oom_score_adj = kill.order = kill.constraint = MT_UNKNOWN_S32;
	return kill;
}

struct oom_case *oom_cases__take_sent(struct oom_cases *cases, const struct mt_sigkill *sent)
{
	struct mt_oom kill = kill_by(sent);
	struct oom_case *c, *opened;
	size_t nr = 0;

	for (c = cases->list; c < cases->list + OOM_CASES_MAX; c++) {
		if (!c->used || !c->sent)
			continue;
		nr++;
		if (strncmp(c->kill.trigger.comm, sent->sender.comm, MT_COMM_LEN) ||
		    c->kill.victim.cgroup_id != sent->receiver.cgroup_id ||
		    sent->hdr.time_ns - c->kill.hdr.time_ns >= SENT_NS)
			continue;
		if (c->kill.victim.pid != sent->receiver.pid)
			add_other(c, &sent->receiver);
		return NULL;
	}
	opened = nr < OOM_CASES_SENT_MAX ? find_room(cases) : NULL;
	cases->sent_left_out += !opened;
	if (opened)
		open_case(opened, &kill);
	if (opened)
		opened->sent = true;
	return opened;
}

/* Kernels differ in which of the two comes first, and not all tell both. */
static bool is_over(const struct oom_case *c, uint64_t now_ns)
{
	uint64_t exited_ns = c->after_ns[MT_OOM_EXITED];

	return exited_ns != MT_UNKNOWN_U64 && (c->after_ns[MT_OOM_FREED] != MT_UNKNOWN_U64 ||
					       now_ns > c->kill.hdr.time_ns + exited_ns + FREED_SOON_NS);
}

static struct oom_case *oldest_of(struct oom_cases *cases, bool sent)
{
	struct oom_case *oldest = NULL, *c;

	for (c = cases->list; c < cases->list + OOM_CASES_MAX; c++)
		if (c->used && c->sent == sent && (!oldest || c->kill.hdr.time_ns < oldest->kill.hdr.time_ns))
			oldest = c;
	return oldest;
}

static struct oom_case *due(struct oom_cases *cases, bool sent, uint64_t now_ns, uint64_t wait_ns)
{
	struct oom_case *oldest = oldest_of(cases, sent);

	if (!oldest || (!is_over(oldest, now_ns) && now_ns < oldest->kill.hdr.time_ns + wait_ns))
		return NULL;
	return oldest;
}

struct oom_case *oom_cases__due(struct oom_cases *cases, uint64_t now_ns, uint64_t wait_ns)
{
	struct oom_case *found = due(cases, false, now_ns, wait_ns);

	return found ? found : due(cases, true, now_ns, wait_ns);
}

void oom_cases__close(struct oom_case *closed)
{
	closed->used = false;
}
