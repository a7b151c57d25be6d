// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel_counts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/cgroup_find.h"
#include "../kernel/memcg_flush.h"

/* False: the name is too long for any cgroup to have it. */
static bool file_in(const char *dir, const char *name, char *path)
{
	return snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

static bool has_file(const char *dir, const char *name)
{
	char path[PATH_MAX];

	return file_in(dir, name, path) && !access(path, R_OK);
}

/* In a cgroup namespace the root that is seen is one of many. */
static bool is_true_root(const struct kernel_counts *counts)
{
	return counts->v1 ? has_file(counts->cgroup_dir, "release_agent") :
			    !has_file(counts->cgroup_dir, "cgroup.type");
}

static void look_for_files(struct kernel_counts *counts, bool root)
{
	const char **missing = counts->missing;

	if (root && counts->v1)
		missing[COUNTERS_MEMORY_STAT] = "the root cgroup's on cgroup v2 alone; -c names another";
	if (!has_file(counts->cgroup_dir, "memory.stat"))
		missing[COUNTERS_MEMORY_STAT] = missing[COUNTERS_MEMORY_EVENTS] =
			"the memory controller is not enabled there";
	else if (root && !is_true_root(counts))
		missing[COUNTERS_MEMORY_STAT] = missing[COUNTERS_MEMORY_EVENTS] =
			"the root cgroup cannot be seen from this cgroup namespace; -c names another";
	else if (!counts->v1 && !has_file(counts->cgroup_dir, "memory.events"))
		missing[COUNTERS_MEMORY_EVENTS] = "the root cgroup has no memory.events; -c names another";
}

static int find_cgroup(struct kernel_counts *counts, const struct options *options)
{
	const char *mount = cgroups__mount(counts->cgroups);
	char *candidates = NULL;
	struct cgroup_dir dir;
	int err;

	if (!mount) {
		counts->missing[COUNTERS_MEMORY_STAT] = counts->missing[COUNTERS_MEMORY_EVENTS] =
			"the memory controller's hierarchy is not mounted";
		return 0;
	}
	snprintf(counts->cgroup_path, sizeof(counts->cgroup_path), "/");
	if (options->cgroups.nr) {
		err = cgroups__find(counts->cgroups, options->cgroups.list[0], &dir, &candidates);
		free(candidates);
		if (err)
			return err;
		close(dir.fd);
		snprintf(counts->cgroup_path, sizeof(counts->cgroup_path), "%s",
			 cgroups__name(counts->cgroups, dir.id));
	}
	if (!file_in(mount, counts->cgroup_path + 1, counts->cgroup_dir))
		return -ENAMETOOLONG;
	counts->v1 = has_file(counts->cgroup_dir, "memory.oom_control");
	look_for_files(counts, !options->cgroups.nr);
	return 0;
}

int kernel_counts__open(struct kernel_counts *counts, const struct options *options)
{
	memset(counts, 0, sizeof(*counts));
	counts->faults_known = !fault_events__open(&counts->fault_events);
	counts->cgroups = cgroups__new();
	return counts->cgroups ? find_cgroup(counts, options) : -ENOMEM;
}

void kernel_counts__close(struct kernel_counts *counts)
{
	fault_events__close(&counts->fault_events);
	cgroups__free(counts->cgroups);
}

static const char *names_of(const struct kernel_counts *counts, const struct counter_row *row)
{
	return counts->v1 && row->names_v1 ? row->names_v1 : row->names;
}

static void read_file(struct kernel_counts *counts, enum reading reading, enum counter_file file, const char *path)
{
	struct counter_sum sums[COUNTER_ROWS_MAX + NR_FACT_ROWS];
	size_t i, nr = 0, nr_facts = file == COUNTERS_VMSTAT ? NR_FACT_ROWS : 0;

	for (i = 0; i < nr_counter_rows; i++)
		if (counter_rows[i].file == file)
			sums[nr++] = (struct counter_sum){ .names = names_of(counts, &counter_rows[i]) };
	for (i = 0; i < nr_facts; i++)
		sums[nr++] = (struct counter_sum){ .names = fact_rows[i].names };
	if (counters__read(path, sums, nr))
		return; /* none is found */
	for (i = nr_facts; i-- > 0;)
		counts->facts[reading][i] = sums[--nr];
	for (i = nr_counter_rows; i-- > 0;)
		if (counter_rows[i].file == file)
			counts->sums[reading][i] = sums[--nr];
}

/* Of the ancestors' own limits, not of what is below them. */
static uint64_t ancestor_events(const struct kernel_counts *counts)
{
	char dir[PATH_MAX], path[PATH_MAX];
	struct counter_sum sum = { .names = "max high" };
	char *slash;

	snprintf(dir, sizeof(dir), "%s", counts->cgroup_dir);
	while ((slash = strrchr(dir, '/')) && slash - dir > (ptrdiff_t)strlen(cgroups__mount(counts->cgroups))) {
		*slash = '\0';
		if (file_in(dir, "memory.events.local", path))
			counters__read(path, &sum, 1);
	}
	return sum.sum;
}

static void read_cgroup(struct kernel_counts *counts, enum reading reading)
{
	const char *events = counts->v1 ? "memory.oom_control" : "memory.events";
	char path[PATH_MAX];

	if (!counts->missing[COUNTERS_MEMORY_STAT] && memcg_flush__wait(cgroups__mount(counts->cgroups)))
		counts->missing[COUNTERS_MEMORY_STAT] = "memory.stat did not come up to date";
	if (!counts->missing[COUNTERS_MEMORY_STAT] && file_in(counts->cgroup_dir, "memory.stat", path))
		read_file(counts, reading, COUNTERS_MEMORY_STAT, path);
	if (counts->missing[COUNTERS_MEMORY_EVENTS])
		return;
	if (file_in(counts->cgroup_dir, events, path))
		read_file(counts, reading, COUNTERS_MEMORY_EVENTS, path);
	if (!counts->v1)
		counts->ancestor_events[reading] = ancestor_events(counts);
}

/* memory.stat may take seconds to come up to date, so /proc/vmstat is read next to memtrace's own counts. */
void kernel_counts__read(struct kernel_counts *counts, enum reading reading)
{
	bool before_own = reading == OUTER_BEGIN || reading == INNER_END;

	if (before_own)
		read_cgroup(counts, reading);
	read_file(counts, reading, COUNTERS_VMSTAT, "/proc/vmstat");
	if (fault_events__read(&counts->fault_events, &counts->faults[reading]))
		counts->faults_known = false;
	if (!before_own)
		read_cgroup(counts, reading);
}

static uint64_t growth(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

void kernel_counts__figure(const struct kernel_counts *counts, size_t row, struct kernel_figure *figure)
{
	const struct counter_row *counter = &counter_rows[row];
	enum reading reading;

	*figure = (struct kernel_figure){ .why = counts->missing[counter->file] };
	if (figure->why)
		return;
	if (!names_of(counts, counter)[0]) {
		figure->why = counter->none_why;
		return;
	}
	for (reading = 0; reading < NR_READINGS; reading++) {
		if (counts->sums[reading][row].found)
			continue;
		figure->why = reading ? "it vanished in the middle" : "this kernel does not count that";
		return;
	}
	figure->known = true;
	figure->low = growth(counts->sums[INNER_BEGIN][row].sum, counts->sums[INNER_END][row].sum);
	figure->high = growth(counts->sums[OUTER_BEGIN][row].sum, counts->sums[OUTER_END][row].sum);
}

void kernel_counts__facts(const struct kernel_counts *counts, uint64_t facts[NR_FACTS])
{
	size_t i;

	for (i = 0; i < NR_FACT_ROWS; i++)
		facts[fact_rows[i].fact] = growth(counts->facts[OUTER_BEGIN][i].sum, counts->facts[OUTER_END][i].sum);
	facts[FACT_ANCESTOR_EVENTS] = growth(counts->ancestor_events[OUTER_BEGIN], counts->ancestor_events[OUTER_END]);
}

/* Below 0 if faults were under way when perf's events were opened. */
static int64_t unaccounted(const struct kernel_counts *counts, enum reading reading)
{
	return counts->faults[reading].exceptions - counts->faults[reading].accounted;
}

/* memtrace's own counts are from between two readings: of faults under way it may have seen what either has. */
void kernel_counts__exceptions(const struct kernel_counts *counts, struct fault_exceptions *exceptions)
{
	int64_t from = unaccounted(counts, OUTER_BEGIN), to = unaccounted(counts, OUTER_END);

	*exceptions = (struct fault_exceptions){ .known = counts->faults_known };
	if (!exceptions->known)
		return;
	if (from > unaccounted(counts, INNER_BEGIN))
		from = unaccounted(counts, INNER_BEGIN);
	if (to < unaccounted(counts, INNER_END))
		to = unaccounted(counts, INNER_END);
	exceptions->unaccounted = to > from ? to - from : 0;
	exceptions->accounted = growth(counts->faults[INNER_BEGIN].accounted, counts->faults[INNER_END].accounted);
}

bool kernel_counts__kills_below(const struct kernel_counts *counts)
{
	return !counts->v1;
}
