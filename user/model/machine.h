/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The machine's memory as one look at the kernel's files found it: what the command state shows.  A look is made of
 * samples (samples.def) and of files that have lists in them: zones, slab caches, swap devices.
 *
 * MT_UNKNOWN_U64 is what the kernel does not tell, or not to this user.  Lists are bounded; what found no room is
 * counted.  Names are as the kernel prints them: those of slab caches and devices are chosen by others.
 */
#ifndef MEMTRACE_MODEL_MACHINE_H
#define MEMTRACE_MODEL_MACHINE_H

#include "samples.h"

#define MACHINE_ORDERS	    16 /* more than any kernel has (MAX_PAGE_ORDER is 10 by default) */
#define MACHINE_ZONES_MAX   128
#define MACHINE_NODES_MAX   64
#define MACHINE_SLABS_MAX   1024
#define MACHINE_CALLERS_MAX 256
#define MACHINE_SWAPS_MAX   32
#define MACHINE_ZRAMS_MAX   32
#define MACHINE_GAPS_MAX    16
#define MACHINE_NAME_MAX    64
#define MACHINE_SWAP_NAME   256

/* In pages. */
struct machine_zone {
	uint32_t node;
	char name[16];
	uint64_t free, min, low, high;	 /* the watermarks as they are now, boosts in them */
	uint64_t managed;		 /* by the allocator; 0: the zone is empty */
	uint64_t lists;			 /* free, but in the CPUs' own lists (pcp): not in "free" */
	uint64_t blocks[MACHINE_ORDERS]; /* free ones, by order */
	uint32_t nr_orders;		 /* 0: not known */
};

struct machine_node {
	uint32_t id;
	uint64_t local, other;	    /* pages that tasks on this node's CPUs, on others, allocated here */
	uint64_t missed;	    /* of them, for want of memory on the node that was wanted */
	uint64_t promoted, demoted; /* pages that came from a slower node; that went to one */
	uint64_t kswapd_ns;	    /* CPU time of its kswapd */
	uint64_t given_up;	    /* not 0: that is not woken, as it reclaimed nothing too often */
};

struct machine_slab {
	char name[MACHINE_NAME_MAX];
	uint64_t bytes, objects, active;
};

/* A function that called vmalloc(). */
struct machine_caller {
	char name[MACHINE_NAME_MAX];
	uint64_t pages;
};

struct machine_callers {
	struct machine_caller list[MACHINE_CALLERS_MAX];
	size_t nr;
	uint64_t rest; /* pages of those that found no room */
	bool known;
	bool has_stacks; /* stacks of tasks are among what vmalloc() gave out */
};

struct machine_swap {
	char name[MACHINE_SWAP_NAME]; /* as in /proc/swaps: a space is \040 */
	char type[16];
	uint64_t size, used; /* bytes */
	int32_t priority;
};

/* A zram device, in bytes. */
struct machine_zram {
	char name[16];
	uint64_t stored; /* what was put in, uncompressed */
	uint64_t compressed, used;
};

/* Settings that a look shows.  MT_SETTING(id, path of the file, JSON path, unit, one of the file's unit in it) */
#define MACHINE_SETTINGS(MT_SETTING)                                                                                   \
	MT_SETTING(swappiness, "/proc/sys/vm/swappiness", "settings.swappiness", UNIT_NONE, 1)                         \
	MT_SETTING(overcommit, "/proc/sys/vm/overcommit_memory", "settings.overcommit_memory", UNIT_NONE, 1)           \
	MT_SETTING(panic_on_oom, "/proc/sys/vm/panic_on_oom", "settings.panic_on_oom", UNIT_NONE, 1)                   \
	MT_SETTING(oom_dump_tasks, "/proc/sys/vm/oom_dump_tasks", "settings.oom_dump_tasks", UNIT_NONE, 1)             \
	MT_SETTING(oom_kill_allocating, "/proc/sys/vm/oom_kill_allocating_task", "settings.oom_kill_allocating_task",  \
		   UNIT_NONE, 1)                                                                                       \
	MT_SETTING(watermark_scale, "/proc/sys/vm/watermark_scale_factor", "settings.watermark_scale_factor",          \
		   UNIT_NONE, 1)                                                                                       \
	MT_SETTING(min_free, "/proc/sys/vm/min_free_kbytes", "settings.min_free_bytes", UNIT_BYTES, 1024)              \
	MT_SETTING(dirty_expire, "/proc/sys/vm/dirty_expire_centisecs", "settings.dirty_expire_ns", UNIT_NS, 10000000) \
	MT_SETTING(dirty_writeback, "/proc/sys/vm/dirty_writeback_centisecs", "settings.dirty_writeback_ns", UNIT_NS,  \
		   10000000)                                                                                           \
	MT_SETTING(numa_stat, "/proc/sys/vm/numa_stat", "settings.numa_stat", UNIT_NONE, 1)

/* What lies within other parts, or in no counter.  MT_WITHIN(id, name as a kernel item, JSON path) */
#define MACHINE_WITHIN(MT_WITHIN)                                                                                      \
	MT_WITHIN(tcp, "sockets: TCP", "within.tcp_bytes")                                                             \
	MT_WITHIN(udp, "sockets: UDP", "within.udp_bytes")                                                             \
	MT_WITHIN(fragments, "sockets: fragments", "within.fragments_bytes")                                           \
	MT_WITHIN(dma_buf, "dma-buf", "within.dma_buf_bytes")

enum machine_within {
#define MT_WITHIN(id, ...) WITHIN_##id,
	MACHINE_WITHIN(MT_WITHIN)
#undef MT_WITHIN
		NR_WITHIN
};

enum machine_setting {
#define MT_SETTING(id, ...) SETTING_##id,
	MACHINE_SETTINGS(MT_SETTING)
#undef MT_SETTING
		NR_SETTINGS
};

/* A file that could not be read. */
struct machine_gap {
	const char *path;
	int err; /* -errno */
};

struct machine {
	uint64_t time_ns; /* boot time clock: when the look began */
	uint64_t took_ns; /* CPU time of it */
	uint64_t page_size;
	uint64_t values[NR_SAMPLES];
	uint64_t settings[NR_SETTINGS];
	uint64_t within[NR_WITHIN]; /* bytes */
	uint64_t extfrag; /* allocations that broke up blocks of another mobility, since memtrace began to count */

	struct machine_zone zones[MACHINE_ZONES_MAX];
	struct machine_node nodes[MACHINE_NODES_MAX];
	struct machine_slab slabs[MACHINE_SLABS_MAX];
	struct machine_swap swaps[MACHINE_SWAPS_MAX];
	struct machine_zram zrams[MACHINE_ZRAMS_MAX];
	struct machine_gap gaps[MACHINE_GAPS_MAX];
	size_t nr_zones, nr_nodes, nr_slabs, nr_swaps, nr_zrams, nr_gaps;
	bool slabs_known, swaps_known;
	struct machine_callers callers; /* as they were when they were read last */
	size_t left_out;		/* zones, nodes, slabs, devices that found no room */
};

#endif
