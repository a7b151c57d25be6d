// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cpu_events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../base/small_file.h"

#define ONLINE_FILE "/sys/devices/system/cpu/online" /* what cannot be read counts as "" */

static __u64 event_number(const char *name)
{
	return strcmp(name, "major-faults") ? PERF_COUNT_SW_PAGE_FAULTS_MIN : PERF_COUNT_SW_PAGE_FAULTS_MAJ;
}

static int open_event(int cpu, const char *name)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = event_number(name),
		.sample_period = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* 1, 0 if the CPU is offline, or -errno. */
static int attach_one(struct cpu_events *events, int cpu)
{
	int fd = open_event(cpu, events->event), err;

	if (fd == -ENODEV)
		return 0;
	if (fd < 0)
		return fd;
	events->links[cpu] = bpf_program__attach_perf_event(events->prog, fd);
	if (events->links[cpu])
		return 1;
	err = -errno;
	close(fd);
	return err;
}

int cpu_events__attach(struct cpu_events *events, struct bpf_program *prog, const char *event)
{
	int cpu, attached = 0, err = 0;

	events->prog = prog;
	events->event = event;
	events->nr_links = libbpf_num_possible_cpus();
	events->links = calloc(events->nr_links, sizeof(*events->links));
	if (!events->links)
		return -ENOMEM;
	small_file__read_line(ONLINE_FILE, events->online, sizeof(events->online));
	for (cpu = 0; err >= 0 && cpu < events->nr_links; cpu++) {
		err = attach_one(events, cpu);
		attached += err > 0;
	}
	if (err >= 0 && attached)
		return 0;
	cpu_events__detach(events);
	return err < 0 ? err : -ENODEV;
}

int cpu_events__refresh(struct cpu_events *events)
{
	struct bpf_program *prog = events->prog;
	const char *event = events->event;
	char online[CPU_LIST_LEN];

	if (!prog)
		return 0;
	small_file__read_line(ONLINE_FILE, online, sizeof(online));
	if (!strcmp(online, events->online))
		return 0;
	cpu_events__detach(events);
	return cpu_events__attach(events, prog, event);
}

void cpu_events__detach(struct cpu_events *events)
{
	int cpu;

	for (cpu = 0; events->links && cpu < events->nr_links; cpu++)
		bpf_link__destroy(events->links[cpu]);
	free(events->links);
	memset(events, 0, sizeof(*events));
}
