/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The maps that all objects share.  The core object creates them; the loader
 * gives their fds to each probe's object, by name, before it loads that.
 */
#ifndef MEMTRACE_CORE_MAPS_H
#define MEMTRACE_CORE_MAPS_H

#include "prelude.h"

/* The loader makes one whose values have room for the counters of the probes that are on. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mt_state);
} task_state SEC(".maps");

/*
 * By tid: for kernels without task storage (before 5.11); on the others, for tasks that the
 * storage refuses.  It refuses what comes while another task is preempted in it on that CPU (kernel/bpf/
 * bpf_task_storage.c, bpf_task_storage_trylock()), as an iterator may be.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(struct mt_state)); /* as above */
} tid_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_control);
} control SEC(".maps");

/* By number of CPU; the loader sizes it by the number of possible CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_cpu);
} cpus SEC(".maps");

/* Rare events and OOM kills have a ring each, so that a flood of one does not evict the other. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* the loader replaces it by one of the size that is wanted */
} ring_rare SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, MT_OOM_RING_BYTES);
} ring_oom SEC(".maps");

/* The hot rings; the loader makes cfg.nr_hot_rings of them, one for cfg.cpus_per_ring CPUs. */
struct hot_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* as above */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MT_MAX_HOT_RINGS);
	__type(key, u32);
	__array(values, struct hot_ring);
} rings_hot SEC(".maps");

/* Call chains of single events, by id; the loader sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__type(key, u32);
	__uint(value_size, MT_STACK_DEPTH * sizeof(u64));
} stacks SEC(".maps");

/* Chains that found another one in their place there: see chain.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, struct mt_chain);
} more_stacks SEC(".maps");

/*
 * The same for the kernel's: there are some thousands of them, and they stay.  Those of programs have other addresses
 * with each process that starts, so they fill any table.
 */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__type(key, u32);
	__uint(value_size, MT_STACK_DEPTH * sizeof(u64));
} kernel_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct mt_chain);
} more_kernel_stacks SEC(".maps");

/* Scratch space for such a chain. */
struct chain_draft {
	u64 users;
	struct mt_chain chain;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct chain_draft);
} chain_drafts SEC(".maps");

/* Scratch space for a copy of a user stack.  Pieces are up to 4 KiB, so the verifier wants room for one more. */
#define STACK_PIECE 4096
struct copy_draft {
	u64 users;
	u64 nr; /* of copies on this CPU */
	struct mt_stack_copy rec;
	char bytes[MT_MAX_STACK_BYTES + STACK_PIECE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct copy_draft);
} copy_drafts SEC(".maps");

/* Chains of stacks that need no copy: see known.h.  The least recently used ones go.  Only user space adds to it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MT_MAX_KNOWN);
	__type(key, struct mt_known_place);
	__type(value, struct mt_known_stack);
} known_stacks SEC(".maps");

#define FILTER_MAP(name, key_type)                                                                                     \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_HASH);                                                                       \
		__uint(max_entries, MT_FILTER_ENTRIES);                                                                \
		__type(key, key_type);                                                                                 \
		__type(value, u8);                                                                                     \
	} name SEC(".maps")

struct comm_key {
	char comm[MT_COMM_LEN];
};

FILTER_MAP(filter_pid, u32);
FILTER_MAP(filter_tid, u32);
FILTER_MAP(filter_uid, u32);
FILTER_MAP(filter_comm, struct comm_key);
FILTER_MAP(filter_cgroup, u64);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct mt_filter_levels);
} filter_levels SEC(".maps");

#define map_only(map)                                                                                                  \
	({                                                                                                             \
		u32 zero_ = 0;                                                                                         \
		bpf_map_lookup_elem(map, &zero_);                                                                      \
	})

static __always_inline struct mt_cpu *cpu_here(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

/* NULL: as for cpu_here(); the verifier does not know that it always finds something. */
static __always_inline struct mt_lost *lost_here(void)
{
	struct mt_cpu *cpu = cpu_here();

	return cpu ? &cpu->lost : NULL;
}

/* Atomic: an interrupt on the same CPU may count in the middle of it. */
static __always_inline void machine__add(enum mt_machine_slot slot, u64 n)
{
	struct mt_cpu *cpu = cpu_here();

	if (cpu)
		__sync_fetch_and_add(&cpu->machine[slot], n);
}

#endif
