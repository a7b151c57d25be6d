// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel_counts.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/perf_event.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/cgroup_find.h"
#include "../kernel/memcg_flush.h"

#define REFRESH_FILE	   "/proc/sys/vm/stat_refresh"
#define HELD_BACK	   32  /* by each cgroup and CPU (MEMCG_CHARGE_BATCH) */
#define STALE_PER_CPU_NODE 125 /* what a CPU keeps to itself at most (mm/vmstat.c, calculate_normal_threshold()) */

static const struct perf_wish alloc_wish = { .type = PERF_TYPE_TRACEPOINT, .tracepoint = "kmem:mm_page_alloc" };
static const struct perf_wish throttle_wish = { .type = PERF_TYPE_TRACEPOINT,
						.tracepoint = "vmscan:mm_vmscan_throttled" };

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

/* In a cgroup namespace the visible root is not the real one. */
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

static uint64_t nr_below(char *dir)
{
	char *const roots[] = { dir, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	uint64_t nr = 0;

	while (walk && (entry = fts_read(walk)))
		nr += entry->fts_info == FTS_D && entry->fts_level > 0;
	if (walk)
		fts_close(walk);
	return nr;
}

/* Up to 5.10, cgroup v1: whether each level has only its own counts. */
static bool is_flat(const struct kernel_counts *counts)
{
	char path[PATH_MAX];
	uint64_t value;

	return counts->v1 && file_in(counts->cgroup_dir, "memory.use_hierarchy", path) &&
	       !counters__read_one(path, &value) && !value;
}

/* Whether the hierarchy is mounted so that events count only in the cgroup itself (memory_localevents). */
static bool has_local_events(const char *mount)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	bool found = false;

	while (mounts && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_dir, mount))
			found = !strcmp(entry->mnt_type, "cgroup2") && hasmntopt(entry, "memory_localevents");
	if (mounts)
		endmntent(mounts);
	return found;
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
	counts->local_events = !counts->v1 && has_local_events(mount);
	look_for_files(counts, !options->cgroups.nr);
	if (is_flat(counts) && nr_below(counts->cgroup_dir))
		counts->missing[COUNTERS_MEMORY_STAT] = "memory.use_hierarchy is 0 there: those below it are not in it";
	return 0;
}

int kernel_counts__open(struct kernel_counts *counts, const struct options *options, const struct count_rules *rules)
{
	memset(counts, 0, sizeof(*counts));
	counts->rules = *rules;
	counts->faults_known = !fault_events__open(&counts->fault_events);
	counts->throttles_known = !perf_counts__open(&counts->throttles, &throttle_wish, 1);
	if (perf_counts__open(&counts->allocs, &alloc_wish, 1))
		counts->missing[COUNTERS_TRACEPOINTS] = "perf cannot count it: no tracefs is mounted, or it is refused";
	counts->cgroups = cgroups__new();
	return counts->cgroups ? find_cgroup(counts, options) : -ENOMEM;
}

void kernel_counts__close(struct kernel_counts *counts)
{
	perf_counts__close(&counts->fault_events);
	perf_counts__close(&counts->throttles);
	perf_counts__close(&counts->allocs);
	cgroups__free(counts->cgroups);
}

static const char *names_of(const struct kernel_counts *counts, const struct counter_row *row)
{
	return counts->v1 && row->names_v1 ? row->names_v1 : row->names;
}

static void read_file(struct kernel_counts *counts, enum reading reading, enum counter_file file, const char *path)
{
	struct counter_sum sums[COUNTER_ROWS_MAX + NR_BOUND_ROWS];
	size_t i, nr = 0, nr_bounds = file == COUNTERS_VMSTAT ? NR_BOUND_ROWS : 0;

	for (i = 0; i < nr_counter_rows; i++)
		if (counter_rows[i].file == file)
			sums[nr++] = (struct counter_sum){ .names = names_of(counts, &counter_rows[i]) };
	for (i = 0; i < nr_bounds; i++)
		sums[nr++] = (struct counter_sum){ .names = bound_rows[i].names };
	if (counters__read(path, sums, nr))
		return; /* none is found */
	for (i = nr_bounds; i-- > 0;)
		counts->bounds[reading][i] = sums[--nr];
	for (i = nr_counter_rows; i-- > 0;)
		if (counter_rows[i].file == file)
			counts->sums[reading][i] = sums[--nr];
}

/* Events at the ancestors' own limits, not below them. */
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

/* Adds the CPUs' own counts to /proc/vmstat (mm/vmstat.c, vmstat_refresh()). */
static int refresh_vmstat(void)
{
	char nothing;
	int fd = open(REFRESH_FILE, O_RDONLY | O_CLOEXEC), err = fd < 0 || read(fd, &nothing, 1) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static void read_tracepoints(struct kernel_counts *counts, enum reading reading)
{
	uint64_t allocs = 0;
	size_t i;

	if (!counts->missing[COUNTERS_TRACEPOINTS] && perf_counts__read(&counts->allocs, &allocs))
		counts->missing[COUNTERS_TRACEPOINTS] = "perf's count could not be read";
	for (i = 0; i < nr_counter_rows; i++)
		if (counter_rows[i].file == COUNTERS_TRACEPOINTS)
			counts->sums[reading][i] = (struct counter_sum){ .found = true, .sum = allocs };
	if (counts->throttles_known && perf_counts__read(&counts->throttles, &counts->throttled[reading]))
		counts->throttles_known = false;
}

static void keep_nr_below(struct kernel_counts *counts)
{
	uint64_t now = counts->missing[COUNTERS_MEMORY_STAT] ? 0 : nr_below(counts->cgroup_dir);

	if (counts->nr_below < now)
		counts->nr_below = now;
}

/* memory.stat may take seconds to come up to date, so /proc/vmstat is read next to memtrace's own counts. */
void kernel_counts__read(struct kernel_counts *counts, enum reading reading)
{
	bool before_own = reading == OUTER_BEGIN || reading == INNER_END;

	if (before_own)
		read_cgroup(counts, reading);
	if (counts->rules.node_reclaim_counters && refresh_vmstat())
		counts->stale = true;
	read_file(counts, reading, COUNTERS_VMSTAT, "/proc/vmstat");
	if (counts->rules.cgroups_hold_back && (reading == OUTER_BEGIN || reading == OUTER_END))
		keep_nr_below(counts);
	read_tracepoints(counts, reading);
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
		figure->why = reading ? "it disappeared during the run" : "this kernel does not count that";
		return;
	}
	figure->known = true;
	figure->low = growth(counts->sums[INNER_BEGIN][row].sum, counts->sums[INNER_END][row].sum);
	figure->high = growth(counts->sums[OUTER_BEGIN][row].sum, counts->sums[OUTER_END][row].sum);
}

static int nr_nodes(void)
{
	char path[64];
	int nr = 0;

	do
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", nr++);
	while (nr < MT_MAX_NODES && !access(path, F_OK));
	return nr;
}

void kernel_counts__bounds(const struct kernel_counts *counts, uint64_t bounds[NR_BOUNDS])
{
	uint64_t cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t i;

	bounds[BOUND_LOCAL_EVENTS] = counts->local_events;
	bounds[BOUND_STALE] = counts->rules.cgroups_hold_back ? cpus * HELD_BACK * (1 + counts->nr_below) : 0;
	bounds[BOUND_THROTTLED] = counts->throttles_known ?
					  growth(counts->throttled[OUTER_BEGIN], counts->throttled[OUTER_END]) :
					  BOUND_UNKNOWN;
	bounds[BOUND_VMSTAT_STALE] = counts->stale ? STALE_PER_CPU_NODE * cpus * nr_nodes() : 0;

	for (i = 0; i < NR_BOUND_ROWS; i++)
		bounds[bound_rows[i].bound] =
			growth(counts->bounds[OUTER_BEGIN][i].sum, counts->bounds[OUTER_END][i].sum);
	bounds[BOUND_ANCESTOR_EVENTS] =
		growth(counts->ancestor_events[OUTER_BEGIN], counts->ancestor_events[OUTER_END]);
}

/* Below 0 if faults were under way when perf's events were opened. */
static int64_t unaccounted(const struct kernel_counts *counts, enum reading reading)
{
	return counts->faults[reading].exceptions - counts->faults[reading].accounted;
}

/*
 * memtrace's own counts are from between two readings: of faults under way it may have seen as many as either of
 * them.
 */
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
	return !counts->v1 && !counts->local_events;
}

const char *kernel_counts__unified(const struct kernel_counts *counts)
{
	return counts->v1 ? NULL : cgroups__mount(counts->cgroups);
}
