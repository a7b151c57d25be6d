// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "perf_counts.h"

#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"

static const char *const tracefs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* The number by which perf knows a tracepoint. */
static int find_tracepoint(const char *event, uint64_t *id)
{
	const char *name = strchr(event, ':');
	char path[PATH_MAX];
	size_t i;
	int err = -ENOENT;

	for (i = 0; err && i < sizeof(tracefs) / sizeof(*tracefs); i++) {
		snprintf(path, sizeof(path), "%s/events/%.*s/%s/id", tracefs[i], (int)(name - event), event, name + 1);
		err = counters__read_one(path, id);
	}
	return err;
}

static int open_event(const struct perf_wish *wish, int cpu, int leader)
{
	struct perf_event_attr attr = { .type = wish->type, .size = sizeof(attr), .read_format = PERF_FORMAT_GROUP };
	uint64_t config = wish->config;
	int err = wish->tracepoint ? find_tracepoint(wish->tracepoint, &config) : 0, fd;

	if (err)
		return err;
	attr.config = config;
	fd = syscall(SYS_perf_event_open, &attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_cpu(struct perf_counts *counts, const struct perf_wish *wishes, int cpu)
{
	int *fds = &counts->fds[cpu * counts->nr_events], i, fd;

	for (i = 0; i < counts->nr_events; i++) {
		fd = open_event(&wishes[i], cpu, i ? fds[0] : -1);
		if (fd == -ENODEV && !i)
			return 0;
		if (fd < 0)
			return fd;
		fds[i] = fd;
	}
	return 0;
}

int perf_counts__open(struct perf_counts *counts, const struct perf_wish *wishes, int nr)
{
	size_t size;
	int cpu, err = 0;

	*counts = (struct perf_counts){ .nr_cpus = sysconf(_SC_NPROCESSORS_CONF), .nr_events = nr };
	size = sizeof(*counts->fds) * counts->nr_cpus * nr;
	counts->fds = malloc(size);
	if (!counts->fds)
		err = -ENOMEM;
	else
		memset(counts->fds, 0xff, size);
	for (cpu = 0; !err && cpu < counts->nr_cpus; cpu++)
		err = open_cpu(counts, wishes, cpu);
	if (err)
		perf_counts__close(counts);
	return err;
}

int perf_counts__read(const struct perf_counts *counts, uint64_t *sums)
{
	uint64_t values[1 + PERF_COUNTS_MAX]; /* how many there are comes first */
	ssize_t size = (1 + counts->nr_events) * sizeof(*values);
	int cpu, i;

	memset(sums, 0, counts->nr_events * sizeof(*sums));
	if (!counts->fds)
		return -ENOENT;
	for (cpu = 0; cpu < counts->nr_cpus; cpu++) {
		if (counts->fds[cpu * counts->nr_events] < 0)
			continue;
		if (read(counts->fds[cpu * counts->nr_events], values, sizeof(values)) != size)
			return -EIO;
		for (i = 0; i < counts->nr_events; i++)
			sums[i] += values[1 + i];
	}
	return 0;
}

/* Members of a group before the one that leads it. */
void perf_counts__close(struct perf_counts *counts)
{
	int i;

	for (i = counts->nr_cpus * counts->nr_events; counts->fds && i-- > 0;)
		if (counts->fds[i] >= 0)
			close(counts->fds[i]);
	free(counts->fds);
	*counts = (struct perf_counts){ 0 };
}
