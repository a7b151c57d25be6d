/* SPDX-License-Identifier: GPL-2.0 */
/* A process's resident memory. */
#ifndef MEMTRACE_COMPAT_MM_H
#define MEMTRACE_COMPAT_MM_H

#include "../prelude.h"

/* Parts of a counter that are added up; the verifier goes through each of them. */
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

/* An array of a per-CPU map: pptrs[0] is the address that a CPU's offset is added to (kernel/bpf/arraymap.c). */
struct bpf_array {
	void *pptrs[1];
} __attribute__((preserve_access_index));

/*
 * Used to find a CPU's part of a per-CPU object: the distance between this map's own value on a CPU and the address
 * that stands for all CPUs.  The kernel's table of offsets is in no BTF, and not in every kernel's kallsyms.  Storing
 * an address in this map and reading it back turns it into a plain number.
 */
struct mt_percpu_finder {
	u64 map, here;
};

/* Objects share maps by name; one that another program may interrupt in between has its own. */
#ifndef PERCPU_FINDER
#define PERCPU_FINDER percpu_finder
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_percpu_finder);
} PERCPU_FINDER SEC(".maps");

static __always_inline u64 percpu_base(volatile struct mt_percpu_finder *finder)
{
	u64 base = 0;

	finder->map = (u64)&PERCPU_FINDER;
	bpf_probe_read_kernel(&base, sizeof(base),
			      (void *)(finder->map + bpf_core_field_offset(struct bpf_array, pptrs)));
	return base;
}

/*
 * A counter with parts per CPU: a small process may have all of its pages in the parts. bpf_map_lookup_percpu_elem()
 * came with 5.19, these counters with 6.2.
 */
static __always_inline s64 percpu_counter__sum(const void *counter)
{
	const struct percpu_counter *c = counter;
	s64 sum = BPF_CORE_READ(c, count);
	u64 parts = (u64)BPF_CORE_READ(c, counters), base;
	volatile struct mt_percpu_finder *finder;
	u32 cpu, zero = 0;

	finder = bpf_map_lookup_elem(&PERCPU_FINDER, &zero);
	if (!finder)
		return sum;
	base = percpu_base(finder);
	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		void *there = cpu < cfg.nr_cpus ? bpf_map_lookup_percpu_elem(&PERCPU_FINDER, &zero, cpu) : NULL;
		s32 part = 0;

		if (!there)
			break;
		finder->here = (u64)there;
		bpf_probe_read_kernel(&part, sizeof(part), (void *)(parts + finder->here - base));
		sum += part;
	}
	return sum;
}

/*
 * Resident bytes of a kind: MM_FILEPAGES, MM_ANONPAGES or MM_SHMEMPAGES.  MT_UNKNOWN_U64 where there may be more
 * CPUs than parts are added up: a sum of some is too low.
 */
static __always_inline u64 mm__rss_bytes(struct mm_struct *mm, u32 kind)
{
	s64 pages;

	/*
	 * checks mm_struct, which every kernel has: libbpf would look for a missing type in modules, with
	 * CAP_SYS_ADMIN
	 */
	if (bpf_core_field_exists(((struct mm_struct___v5_10 *)0)->rss_stat.count)) {
		pages = 0;
		bpf_probe_read_kernel(&pages, sizeof(pages),
				      (void *)mm + bpf_core_field_offset(struct mm_struct___v5_10, rss_stat.count) +
					      kind * sizeof(pages));
	} else if (cfg.nr_cpus > MAX_CPUS) {
		return MT_UNKNOWN_U64;
	} else {
		pages = percpu_counter__sum((void *)mm + bpf_core_field_offset(struct mm_struct___v6_2, rss_stat) +
					    kind * bpf_core_type_size(struct percpu_counter));
	}
	return pages > 0 ? pages * cfg.page_size : 0;
}

/* How many counters a process has, in the order of the kernel's enum: files, anonymous, swap entries, shmem. */
#define MM_COUNTERS 4

/* What reading them takes; an iterator's stack has no room for it. */
struct mt_mm_work {
	s64 pages[MM_COUNTERS];
	u64 parts[MM_COUNTERS]; /* addresses */
	s32 part[MM_COUNTERS];
};

/* Adds the parts of the counters; where these lie side by side (6.6 on), a CPU's are read at once. */
static __always_inline void mm__add_parts(struct mt_mm_work *work)
{
	u64 *parts = work->parts;
	bool together = parts[1] == parts[0] + 4 && parts[2] == parts[0] + 8 && parts[3] == parts[0] + 12;
	volatile struct mt_percpu_finder *finder;
	u32 cpu, kind, zero = 0;
	u64 base;

	finder = bpf_map_lookup_elem(&PERCPU_FINDER, &zero);
	if (!finder)
		return;
	base = percpu_base(finder);
	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		void *there = cpu < cfg.nr_cpus ? bpf_map_lookup_percpu_elem(&PERCPU_FINDER, &zero, cpu) : NULL;
		u64 offset;

		if (!there)
			break;
		finder->here = (u64)there;
		offset = finder->here - base;
		if (together)
			bpf_probe_read_kernel(work->part, sizeof(work->part), (void *)(parts[0] + offset));
		for (kind = 0; kind < MM_COUNTERS && !together; kind++)
			bpf_probe_read_kernel(&work->part[kind], sizeof(*work->part), (void *)(parts[kind] + offset));
		for (kind = 0; kind < MM_COUNTERS; kind++)
			work->pages[kind] += work->part[kind];
	}
}

static __always_inline u64 mm__counter_bytes(const struct mt_mm_work *work, u32 kind)
{
	/* as in mm__rss_bytes() */
	if (!bpf_core_field_exists(((struct mm_struct___v5_10 *)0)->rss_stat.count) && cfg.nr_cpus > MAX_CPUS)
		return MT_UNKNOWN_U64;
	return work->pages[kind] > 0 ? work->pages[kind] * cfg.page_size : 0;
}

/*
 * All counters of a process, for mm__counter_bytes(); mm must be a pointer that the verifier knows: it is read without
 * a helper for each member.
 */
static __always_inline void mm__read_counters(struct mm_struct *mm, struct mt_mm_work *work)
{
	struct mm_struct___v5_10 *plain = (void *)mm;
	struct mm_struct___v6_2 *split = (void *)mm;

	if (bpf_core_field_exists(((struct mm_struct___v5_10 *)0)->rss_stat.count)) {
		bpf_core_read(work->pages, sizeof(work->pages), &plain->rss_stat.count);
		return;
	}
	work->pages[0] = split->rss_stat[0].count;
	work->pages[1] = split->rss_stat[1].count;
	work->pages[2] = split->rss_stat[2].count;
	work->pages[3] = split->rss_stat[3].count;
	work->parts[0] = (u64)split->rss_stat[0].counters;
	work->parts[1] = (u64)split->rss_stat[1].counters;
	work->parts[2] = (u64)split->rss_stat[2].counters;
	work->parts[3] = (u64)split->rss_stat[3].counters;
	mm__add_parts(work);
}

/* What a process has in memory, members that records have alike; known only where the counters are. */
#define mm__read_rss(rec, mm)                                                                                          \
	do {                                                                                                           \
		(rec)->anon_rss_bytes = mm__rss_bytes(mm, MM_ANONPAGES);                                               \
		(rec)->file_rss_bytes = mm__rss_bytes(mm, MM_FILEPAGES);                                               \
		(rec)->shmem_rss_bytes = mm__rss_bytes(mm, MM_SHMEMPAGES);                                             \
		(rec)->pgtables_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);                                     \
	} while (0)

#endif
