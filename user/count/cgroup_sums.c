// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_sums.h"

#include <stdlib.h>
#include <string.h>

const struct cgroup_kind_row cgroup_kind_rows[NR_CGROUP_KINDS] = {
	[CGROUP_KIND_ANON] = { "anon", "anon_bytes" },
	[CGROUP_KIND_CACHE] = { "cache", "cache_bytes" },
	[CGROUP_KIND_SHARED] = { "tmpfs and shared", "shared_bytes" },
	[CGROUP_KIND_SLAB_RECLAIMABLE] = { "slab (reclaimable)", "slab_reclaimable_bytes" },
	[CGROUP_KIND_SLAB_UNRECLAIMABLE] = { "slab (not reclaimable)", "slab_unreclaimable_bytes" },
	[CGROUP_KIND_KERNEL_STACKS] = { "kernel stacks", "kernel_stacks_bytes" },
	[CGROUP_KIND_PAGE_TABLES] = { "page tables", "page_tables_bytes" },
	[CGROUP_KIND_PERCPU] = { "per-CPU", "percpu_bytes" },
	[CGROUP_KIND_VMALLOC] = { "vmalloc", "vmalloc_bytes" },
	[CGROUP_KIND_ZSWAP] = { "zswap", "zswap_bytes" },
	[CGROUP_KIND_KERNEL] = { "kernel", "kernel_bytes" },
	[CGROUP_KIND_SOCKETS] = { "sockets", "sockets_bytes" },
	[CGROUP_KIND_HUGETLB] = { "hugetlb", "hugetlb_bytes" },
};

/* Kinds that memory.stat has as they are. */
static const int stat_of_kind[NR_CGROUP_KINDS] = {
	[CGROUP_KIND_ANON] = CGROUP_STAT_ANON,
	[CGROUP_KIND_CACHE] = -1,
	[CGROUP_KIND_SHARED] = CGROUP_STAT_SHMEM,
	[CGROUP_KIND_SLAB_RECLAIMABLE] = CGROUP_STAT_SLAB_RECLAIMABLE,
	[CGROUP_KIND_SLAB_UNRECLAIMABLE] = CGROUP_STAT_SLAB_UNRECLAIMABLE,
	[CGROUP_KIND_KERNEL_STACKS] = CGROUP_STAT_KERNEL_STACK,
	[CGROUP_KIND_PAGE_TABLES] = -1,
	[CGROUP_KIND_PERCPU] = CGROUP_STAT_PERCPU,
	[CGROUP_KIND_VMALLOC] = CGROUP_STAT_VMALLOC,
	[CGROUP_KIND_ZSWAP] = CGROUP_STAT_ZSWAP,
	[CGROUP_KIND_KERNEL] = -1,
	[CGROUP_KIND_SOCKETS] = CGROUP_STAT_SOCK,
	[CGROUP_KIND_HUGETLB] = CGROUP_STAT_HUGETLB,
};

static uint64_t less(uint64_t a, uint64_t b)
{
	if (a == MT_UNKNOWN_U64 || b == MT_UNKNOWN_U64)
		return a;
	return a > b ? a - b : 0;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	if (a == MT_UNKNOWN_U64)
		return b;
	return b == MT_UNKNOWN_U64 ? a : a + b;
}

/* Before 5.18 there is no number for the whole kernel in v2: then nothing is left over. */
static uint64_t other_kernel(const uint64_t *stats)
{
	uint64_t left = stats[CGROUP_STAT_KERNEL];
	enum cgroup_stat stat;

	for (stat = CGROUP_STAT_SLAB_RECLAIMABLE; stat < CGROUP_STAT_KERNEL; stat++)
		left = less(left, stats[stat]);
	return left;
}

uint64_t cgroup_reading__kind(const struct cgroup_reading *reading, enum cgroup_kind kind)
{
	const uint64_t *stats = reading->stats;

	if (stat_of_kind[kind] >= 0)
		return stats[stat_of_kind[kind]];
	if (kind == CGROUP_KIND_CACHE)
		return less(stats[CGROUP_STAT_FILE], stats[CGROUP_STAT_SHMEM]);
	if (kind == CGROUP_KIND_PAGE_TABLES)
		return sum(stats[CGROUP_STAT_PAGETABLES], stats[CGROUP_STAT_SEC_PAGETABLES]);
	return other_kernel(stats);
}

bool cgroup_reading__not_accounted(const struct cgroup_reading *reading, int64_t *bytes)
{
	uint64_t current = reading->values[CGROUP_SAMPLE_memory_current], part;
	enum cgroup_kind kind;

	if (current == MT_UNKNOWN_U64 || reading->stats[CGROUP_STAT_ANON] == MT_UNKNOWN_U64)
		return false;
	*bytes = (int64_t)current;
	for (kind = 0; kind < NR_CGROUP_KINDS; kind++) {
		part = cgroup_reading__kind(reading, kind);
		if (part != MT_UNKNOWN_U64)
			*bytes = (int64_t)((uint64_t)*bytes - part);
	}
	return true;
}

uint64_t cgroup_reading__reclaimable(const struct cgroup_reading *reading)
{
	const uint64_t *stats = reading->stats;

	return sum(sum(stats[CGROUP_STAT_INACTIVE_FILE], stats[CGROUP_STAT_ACTIVE_FILE]),
		   stats[CGROUP_STAT_SLAB_RECLAIMABLE]);
}

uint64_t cgroup_reading__swap(const struct cgroup_reading *reading)
{
	uint64_t both = reading->values[CGROUP_SAMPLE_memsw_current];
	uint64_t memory = reading->values[CGROUP_SAMPLE_memory_current];

	if (reading->values[CGROUP_SAMPLE_swap_current] != MT_UNKNOWN_U64)
		return reading->values[CGROUP_SAMPLE_swap_current];
	return memory == MT_UNKNOWN_U64 ? memory : less(both, memory);
}

uint64_t cgroup_reading__limit(const struct cgroup_reading *reading)
{
	uint64_t max = reading->values[CGROUP_SAMPLE_memory_max], high = reading->values[CGROUP_SAMPLE_memory_high];

	return high < max ? high : max;
}

double cgroup_reading__fullness(const struct cgroup_reading *reading)
{
	uint64_t limit = cgroup_reading__limit(reading), current = reading->values[CGROUP_SAMPLE_memory_current];

	if (limit >= SAMPLE_UNLIMITED || current == MT_UNKNOWN_U64 || !limit)
		return -1;
	return (double)current / (double)limit;
}

bool cgroup_state__grew(const struct cgroup_state *state, enum cgroup_sample_id id, int64_t *growth)
{
	uint64_t before = state->before.values[id], now = state->now.values[id];

	if (!state->before.time_ns || before == MT_UNKNOWN_U64 || now == MT_UNKNOWN_U64)
		return false;
	*growth = (int64_t)(now - before);
	return true;
}

double cgroup_state__seconds(const struct cgroup_state *state)
{
	return state->before.time_ns ? (state->now.time_ns - state->before.time_ns) / 1e9 : 0;
}

static bool was_killed(const struct cgroup_state *state)
{
	int64_t kills;

	return cgroup_state__grew(state, CGROUP_SAMPLE_memory_events_oom_kill, &kills) && kills > 0;
}

#define NEARLY_FULL 0.9

/* What comes first has the larger key. */
static int compare_keys(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_badness(const void *a, const void *b)
{
	const struct cgroup_state *first = *(struct cgroup_state *const *)a;
	const struct cgroup_state *second = *(struct cgroup_state *const *)b;
	double full_a = cgroup_reading__fullness(&first->now), full_b = cgroup_reading__fullness(&second->now);
	uint64_t memory_a = first->now.values[CGROUP_SAMPLE_memory_current] + 1; /* unknown: 0 */
	uint64_t memory_b = second->now.values[CGROUP_SAMPLE_memory_current] + 1;
	int order = compare_keys(was_killed(first), was_killed(second));

	if (!order)
		order = compare_keys(full_a >= NEARLY_FULL, full_b >= NEARLY_FULL);
	if (!order)
		order = compare_keys((double)memory_a, (double)memory_b);
	return order ? order : strcmp(first->path, second->path);
}

size_t cgroup_states__rank(const struct cgroup_states *states, struct cgroup_state **ranked)
{
	size_t i, nr = 0;

	for (i = 0; i < states->nr; i++)
		if (states->list[i]->now.time_ns && !states->list[i]->gone && states->list[i]->path[1])
			ranked[nr++] = states->list[i];
	qsort(ranked, nr, sizeof(struct cgroup_state *), by_badness);
	return nr;
}
