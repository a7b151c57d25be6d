// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fault_events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The first leads a group of each CPU: one read gets all of them. */
static const uint64_t numbers[] = {
	PERF_COUNT_SW_PAGE_FAULTS,
	PERF_COUNT_SW_PAGE_FAULTS_MIN,
	PERF_COUNT_SW_PAGE_FAULTS_MAJ,
};
#define NR_EVENTS ((int)(sizeof(numbers) / sizeof(*numbers)))

static int open_event(uint64_t number, int cpu, int leader)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = number,
		.read_format = PERF_FORMAT_GROUP,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_cpu(struct fault_events *events, int cpu)
{
	int *members = &events->members[cpu * (NR_EVENTS - 1)];
	int fd = open_event(numbers[0], cpu, -1), i;

	if (fd == -ENODEV)
		return 0;
	if (fd < 0)
		return fd;
	events->leaders[cpu] = fd;
	for (i = 1; i < NR_EVENTS; i++) {
		fd = open_event(numbers[i], cpu, events->leaders[cpu]);
		if (fd < 0)
			return fd;
		members[i - 1] = fd;
	}
	return 0;
}

/* All -1; NULL without memory. */
static int *no_descriptors(int nr)
{
	int *fds = malloc(nr * sizeof(*fds));

	if (fds)
		memset(fds, 0xff, nr * sizeof(*fds));
	return fds;
}

int fault_events__open(struct fault_events *events)
{
	int cpu, err = 0;

	events->nr_cpus = sysconf(_SC_NPROCESSORS_CONF);
	events->leaders = no_descriptors(events->nr_cpus);
	events->members = no_descriptors(events->nr_cpus * (NR_EVENTS - 1));
	if (!events->leaders || !events->members)
		err = -ENOMEM;
	for (cpu = 0; !err && cpu < events->nr_cpus; cpu++)
		err = open_cpu(events, cpu);
	if (err)
		fault_events__close(events);
	return err;
}

int fault_events__read(const struct fault_events *events, struct fault_count *count)
{
	uint64_t values[1 + NR_EVENTS]; /* how many there are comes first */
	int cpu;

	*count = (struct fault_count){ 0 };
	if (!events->nr_cpus)
		return -ENOENT;
	for (cpu = 0; cpu < events->nr_cpus; cpu++) {
		if (events->leaders[cpu] < 0)
			continue;
		if (read(events->leaders[cpu], values, sizeof(values)) != sizeof(values))
			return -EIO;
		count->exceptions += values[1];
		count->accounted += values[2] + values[3];
	}
	return 0;
}

static void close_all(int *fds, int nr)
{
	int i;

	for (i = 0; fds && i < nr; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(fds);
}

void fault_events__close(struct fault_events *events)
{
	close_all(events->members, events->nr_cpus * (NR_EVENTS - 1));
	close_all(events->leaders, events->nr_cpus);
	*events = (struct fault_events){ 0 };
}
