// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "limit_watch.h"

static uint64_t value_of(const struct cgroup_count *cgroup, enum cgroup_sample_id id)
{
	return cgroup->extents[SCOPE_TOTAL][id].end;
}

/* A limit that was raised since is as good as memory that was given back. */
static bool fell(uint64_t usage, uint64_t limit, unsigned int percent)
{
	unsigned int back = percent > 2 * LIMIT_WATCH_BACK ? LIMIT_WATCH_BACK : percent / 2;

	return usage / 100 < limit / 10000 * (percent - back);
}

static bool has_passed(uint64_t usage, uint64_t limit, unsigned int percent)
{
	return usage / 100 >= limit / 10000 * percent;
}

size_t limit_watch__look(struct limit_watch *watch, const struct cgroup_counts *counts, unsigned int percent,
			 struct limit_crossing *crossings, size_t max)
{
	size_t i, nr = 0;

	for (i = 0; i < counts->nr && i < CGROUPS_MAX; i++) {
		const struct cgroup_count *cgroup = &counts->list[i];
		uint64_t usage = value_of(cgroup, CGROUP_SAMPLE_memory_current);
		uint64_t limit = value_of(cgroup, CGROUP_SAMPLE_memory_max);
		bool first = watch->list[i].id != cgroup->id, passed;

		if (cgroup->removed_ns || usage == MT_UNKNOWN_U64 || limit >= SAMPLE_UNLIMITED || !limit)
			continue;
		passed = has_passed(usage, limit, percent);
		if (first) {
			watch->list[i].id = cgroup->id;
			watch->list[i].above = passed;
		} else if (passed && !watch->list[i].above && nr < max) {
			watch->list[i].above = true;
			crossings[nr++] = (struct limit_crossing){ cgroup->id, usage, limit };
		} else if (fell(usage, limit, percent)) {
			watch->list[i].above = false;
		}
	}
	return nr;
}
