/* SPDX-License-Identifier: GPL-2.0 */
/* A process's resident memory. */
#ifndef MEMTRACE_COMPAT_MM_H
#define MEMTRACE_COMPAT_MM_H

#include "../prelude.h"

#define MAX_CPUS 1024

/* From 6.2 on: a counter per kind, with parts per CPU (commit f1a7941243c1). */
struct mm_struct___v6_2 {
	struct percpu_counter rss_stat[4];
} __attribute__((preserve_access_index));

/* Up to 6.1: plain counters. */
struct mm_rss_stat___v5_10 {
	atomic_long_t count[4];
} __attribute__((preserve_access_index));

struct mm_struct___v5_10 {
	struct mm_rss_stat___v5_10 rss_stat;
} __attribute__((preserve_access_index));

extern const void __per_cpu_offset __ksym __weak;

/*
 * A counter with its parts: a small process may have all of its pages in
 * them.  Without the array of offsets the sum alone, off by at most a batch per CPU.
 */
static __always_inline s64 percpu_counter__sum(const void *counter)
{
	const struct percpu_counter *c = counter;
	s64 sum = BPF_CORE_READ(c, count);
	void *parts = BPF_CORE_READ(c, counters);
	u32 cpu;

	if (!&__per_cpu_offset)
		return sum;
	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		unsigned long offset = 0;
		s32 part = 0;

		if (cpu >= cfg.nr_cpus)
			break;
		bpf_probe_read_kernel(&offset, sizeof(offset), (void *)&__per_cpu_offset + cpu * sizeof(offset));
		bpf_probe_read_kernel(&part, sizeof(part), parts + offset);
		sum += part;
	}
	return sum;
}

/* Resident pages of a kind: MM_FILEPAGES, MM_ANONPAGES or MM_SHMEMPAGES. */
static __always_inline u64 mm__rss(struct mm_struct *mm, u32 kind)
{
	s64 pages;

	if (bpf_core_field_exists(struct mm_rss_stat___v5_10, count)) {
		struct mm_struct___v5_10 *old = (void *)mm;

		pages = 0;
		bpf_probe_read_kernel(&pages, sizeof(pages),
				      (void *)old + bpf_core_field_offset(struct mm_struct___v5_10, rss_stat) +
					      bpf_core_field_offset(struct mm_rss_stat___v5_10, count) +
					      kind * sizeof(pages));
	} else {
		pages = percpu_counter__sum((void *)mm + bpf_core_field_offset(struct mm_struct___v6_2, rss_stat) +
					    kind * bpf_core_type_size(struct percpu_counter));
	}
	return pages > 0 ? pages : 0;
}

#endif
