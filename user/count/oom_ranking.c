// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_ranking.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oom_rules oom_rules__of(const char *release)
{
	struct oom_rules rules = { 0 };
	unsigned int major, minor, version;

	if (sscanf(release, "%3u.%3u", &major, &minor) != 2)
		return rules;
	version = major * 1000 + minor;
	rules.known = true;
	rules.root_adj = version < 3014;
	rules.root_share = version >= 3014 && version < 4017;
	rules.at_least_one = version < 5009;
	rules.first_wins = version < 5003;
	return rules;
}

static bool known(uint64_t value)
{
	return value != MT_UNKNOWN_U64;
}

/* Page tables count as pages of their own. */
static uint64_t table_pages(const struct oom_task *task, uint64_t page_size)
{
	if (known(task->table_pages))
		return task->table_pages;
	if (!known(task->table_bytes) || !known(page_size))
		return MT_UNKNOWN_U64;
	return task->table_bytes / page_size;
}

/* oom_badness(): what the process holds, and a share of all for its adj. */
static bool compute_points(const struct oom_ranking *ranking, const struct oom_task *task, uint64_t page_size,
			   int64_t *points)
{
	uint64_t tables = table_pages(task, page_size);
	int64_t adj = task->adj;

	if (task->has_points) {
		*points = task->points;
		return true;
	}
	if (task->adj == OOM_ADJ_UNKNOWN || !known(task->rss) || !known(task->swap) || !known(tables) ||
	    task->rss > INT64_MAX / 4 || task->swap > INT64_MAX / 4 || tables > INT64_MAX / 4)
		return false;
	*points = (int64_t)(task->rss + task->swap + tables);
	if (task->uid == 0 && ranking->rules.root_share)
		*points -= *points * 3 / 100;
	if (task->uid == 0 && ranking->rules.root_adj)
		adj -= 30;
	if (adj && (!known(ranking->total_pages) || ranking->total_pages > INT64_MAX / 4))
		return false;
	/* in this order: the division cuts */
	if (adj)
		*points += adj * (int64_t)(ranking->total_pages / 1000);
	if (ranking->rules.at_least_one && *points < 1)
		*points = 1;
	return true;
}

static int compare(const struct oom_candidate *first, const struct oom_candidate *second, bool first_wins)
{
	if (first->known != second->known)
		return first->known ? -1 : 1;
	if (first->known && first->points != second->points)
		return first->points > second->points ? -1 : 1;
	/* qsort() does not keep an order by itself */
	return (first->place < second->place) == first_wins ? -1 : 1;
}

static int compare_first(const void *a, const void *b)
{
	return compare(a, b, true);
}

static int compare_last(const void *a, const void *b)
{
	return compare(a, b, false);
}

const char *oom_exempt__why(const struct oom_task *task)
{
	return task->adj == OOM_ADJ_NEVER ? "adj -1000" : "init";
}

static void add(struct oom_ranking *ranking, const struct oom_task *task, size_t place, uint64_t page_size)
{
	struct oom_candidate *candidate;

	if (task->adj == OOM_ADJ_NEVER || (ranking->init_is_1 && task->tgid == 1)) {
		ranking->exempt[ranking->nr_exempt++] = task;
		return;
	}
	candidate = &ranking->list[ranking->nr++];
	candidate->task = task;
	candidate->place = place;
	candidate->known = compute_points(ranking, task, page_size, &candidate->points);
	ranking->nr_unknown += !candidate->known;
}

/* inside: which of them; NULL: all. */
static int rank(struct oom_ranking *ranking, const struct oom_task *tasks, const bool *inside, size_t nr,
		uint64_t page_size)
{
	size_t i;

	ranking->list = calloc(nr + 1, sizeof(*ranking->list));
	ranking->exempt = calloc(nr + 1, sizeof(struct oom_task *));
	if (!ranking->list || !ranking->exempt)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		if (!inside || inside[i])
			add(ranking, &tasks[i], i, page_size);
	qsort(ranking->list, ranking->nr, sizeof(*ranking->list),
	      ranking->rules.first_wins ? compare_first : compare_last);
	return 0;
}

static uint64_t in_pages(const struct oom_kill *kill, uint64_t bytes)
{
	return known(bytes) && known(kill->page_size) ? bytes / kill->page_size : MT_UNKNOWN_U64;
}

/* Whether a process, or the cgroup, has anything in swap. */
static bool is_swapped(const struct oom_kill *kill)
{
	const struct oom_limit *limit = &kill->limit;
	size_t i;

	if (known(limit->swap_usage) && limit->swap_usage)
		return true;
	/* the two are read one after the other */
	if (known(limit->memsw_usage) && known(limit->usage) && limit->memsw_usage > limit->usage + (1 << 20))
		return true;
	for (i = 0; i < kill->nr_tasks; i++)
		if (known(kill->tasks[i].swap) && kill->tasks[i].swap)
			return true;
	return false;
}

/*
 * mm/memcontrol.c:mem_cgroup_get_max(): the limit, and the swap that may be used, which is no more than there is.  How
 * much swap there is, the report of a cgroup does not say.
 */
static uint64_t limit_pages(struct oom_ranking *ranking, const struct oom_kill *kill)
{
	const struct oom_limit *limit = &kill->limit;
	uint64_t swap = limit->swap_bytes, use = limit->swap_usage;

	if (known(limit->memsw_bytes) && known(limit->bytes)) {
		swap = limit->memsw_bytes > limit->bytes ? limit->memsw_bytes - limit->bytes : 0;
		use = known(limit->memsw_usage) && known(limit->usage) && limit->memsw_usage > limit->usage ?
			      limit->memsw_usage - limit->usage :
			      MT_UNKNOWN_U64;
	}
	/* where all that is allowed is in use, there is as much */
	if (known(swap) && known(limit->bytes) && (!swap || (known(use) && use >= swap)))
		return in_pages(kill, limit->bytes + swap);
	if (known(swap) && known(kill->machine.swap_total) && known(limit->bytes))
		return in_pages(kill,
				limit->bytes + (swap < kill->machine.swap_total ? swap : kill->machine.swap_total));
	if (is_swapped(kill))
		return MT_UNKNOWN_U64;
	ranking->without_swap = true;
	return in_pages(kill, limit->bytes);
}

/* mm/oom_kill.c:constrained_alloc(): all memory and swap; that of some nodes is not known. */
static uint64_t machine_pages(const struct oom_kill *kill)
{
	const struct oom_machine *machine = &kill->machine;

	if (kill->kind == OOM_KIND_CPUSET || kill->kind == OOM_KIND_MEMORY_POLICY || !known(machine->ram) ||
	    !known(machine->reserved) || !known(machine->swap_total) || machine->reserved > machine->ram)
		return MT_UNKNOWN_U64;
	return in_pages(kill, machine->ram - machine->reserved + machine->swap_total);
}

/* Beside the kernel's own points none are computed: the two are not of the same moment. */
static int rank_by_kernel(struct oom_ranking *ranking, const struct oom_kill *kill)
{
	bool *inside = calloc(kill->nr_tasks + 1, sizeof(*inside)), any = false;
	size_t i;
	int err;

	if (!inside)
		return -ENOMEM;
	for (i = 0; i < kill->nr_tasks; i++) {
		inside[i] = kill->tasks[i].has_points || kill->tasks[i].adj == OOM_ADJ_NEVER;
		any |= kill->tasks[i].has_points;
	}
	err = rank(ranking, kill->tasks, any ? inside : NULL, kill->nr_tasks, kill->page_size);
	free(inside);
	return err;
}

int oom_ranking__compute(struct oom_ranking *ranking, const struct oom_kill *kill)
{
	memset(ranking, 0, sizeof(*ranking));
	ranking->rules = oom_rules__of(kill->release);
	ranking->init_is_1 = true;
	if (known(kill->total_pages))
		ranking->total_pages = kill->total_pages;
	else
		ranking->total_pages = kill->kind == OOM_KIND_MEMCG ? limit_pages(ranking, kill) : machine_pages(kill);
	return rank_by_kernel(ranking, kill);
}

int oom_ranking__of(struct oom_ranking *ranking, const struct oom_standing *standing, bool inside)
{
	memset(ranking, 0, sizeof(*ranking));
	ranking->rules = oom_rules__of(standing->release);
	ranking->init_is_1 = standing->all_seen;
	ranking->total_pages = inside ? standing->cgroup_pages : standing->total_pages;
	return rank(ranking, standing->tasks, inside ? standing->inside : NULL, standing->nr_tasks,
		    standing->page_size);
}

void oom_ranking__done(struct oom_ranking *ranking)
{
	free(ranking->list);
	free(ranking->exempt);
	memset(ranking, 0, sizeof(*ranking));
}

size_t oom_ranking__find(const struct oom_ranking *ranking, uint32_t pid)
{
	size_t i;

	for (i = 0; pid && i < ranking->nr; i++)
		if (ranking->list[i].task->pid == pid || ranking->list[i].task->tgid == pid)
			return i;
	return SIZE_MAX;
}
