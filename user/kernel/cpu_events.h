/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A program on a software event of perf's, on every CPU that is online. */
#ifndef MEMTRACE_KERNEL_CPU_EVENTS_H
#define MEMTRACE_KERNEL_CPU_EVENTS_H

struct bpf_link;
struct bpf_program;

#define CPU_LIST_LEN 256

/* All zero: attached nowhere. */
struct cpu_events {
	struct bpf_program *prog; /* borrowed */
	const char *event;	  /* static */
	struct bpf_link **links;  /* by CPU, NULL where there is none; owned */
	int nr_links;
	char online[CPU_LIST_LEN]; /* the CPUs that were online when it was attached */
};

/* event: as perf calls it, "major-faults" or "minor-faults".  0 or -errno. */
int cpu_events__attach(struct cpu_events *events, struct bpf_program *prog, const char *event);
/*
 * An event is lost when its CPU goes offline, and does not come back with the CPU.  If other CPUs are online than
 * before, all events are attached again.  0 or -errno.
 */
int cpu_events__refresh(struct cpu_events *events);
void cpu_events__detach(struct cpu_events *events);

#endif
