/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a report of one OOM kill knows, wherever it comes from: the kernel's log, or what was recorded live.  Every
 * number may be unknown: MT_UNKNOWN_U64.  Every text may be: "".  Names are as the kernel prints them, and chosen by
 * others.
 */
#ifndef MEMTRACE_MODEL_OOM_KILL_H
#define MEMTRACE_MODEL_OOM_KILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/wire.h"

#define OOM_COMM	64   /* a name may have escapes of four bytes each */
#define OOM_PATH	1024 /* what is longer is cut */
#define OOM_ZONES_MAX	64
#define OOM_ORDERS	16
#define OOM_CHAIN_MAX	32
#define OOM_OTHERS_MAX	32
#define OOM_EARLIER_MAX 16
#define OOM_SLABS_MAX	3
#define OOM_GROWERS_MAX 5
#define OOM_STEPS	10
#define OOM_ADJ_UNKNOWN INT32_MIN
#define OOM_ADJ_NEVER	(-1000) /* OOM_SCORE_ADJ_MIN: never killed */

enum oom_kind {
	OOM_KIND_UNKNOWN,
	OOM_KIND_GLOBAL,
	OOM_KIND_MEMCG,
	OOM_KIND_CPUSET,
	OOM_KIND_MEMORY_POLICY,
	OOM_KIND_SYSRQ, /* somebody asked for it; nothing had run out */
	OOM_KIND_USER,	/* a program killed, not the kernel */
	NR_OOM_KINDS
};

enum oom_outcome {
	OOM_OUTCOME_UNKNOWN, /* nothing says that it came to a kill */
	OOM_OUTCOME_KILLED,
	OOM_OUTCOME_NOBODY, /* there was nobody to be killed */
	OOM_OUTCOME_EXITED, /* the chosen process had ended by itself meanwhile */
	OOM_OUTCOME_PANIC,
	NR_OOM_OUTCOMES
};

/* Why a SIGKILL of a program is reported as one about memory (OOM_KIND_USER). */
enum oom_sent {
	OOM_SENT_NONE,	   /* it is not */
	OOM_SENT_NAME,	   /* the sender's name is that of a program that does so */
	OOM_SENT_MARK,	   /* systemd-oomd or oomd has marked the cgroup */
	OOM_SENT_PRESSURE, /* memory was short; the reason is not known */
	NR_OOM_SENT
};
#define OOM_SENT_PSI 10 /* percent of ten seconds in which some task waited for memory: what counts as short */

enum oom_clock {
	OOM_CLOCK_NONE,
	OOM_CLOCK_BOOT, /* since boot */
	OOM_CLOCK_WALL, /* since the Unix epoch */
	OOM_CLOCK_YEAR, /* a date without its year: since the begin of a year without February 29 */
};

/* When something happened. */
struct oom_moment {
	char text[48];	  /* as the log has it */
	uint64_t wall_ns; /* since the Unix epoch */
	uint64_t boot_ns; /* since boot, by the clock of the kernel's log, which stands still while suspended */
	/* The clock that is good for differences. */
	enum oom_clock clock;
	uint64_t clock_ns;
	bool fine; /* it has fractions of seconds */
};

/* A process that could have been killed.  In pages, but for page tables. */
struct oom_task {
	uint32_t pid, tgid; /* pid: the thread that stands for the process */
	int32_t adj;
	uint64_t uid;
	uint64_t total_vm, rss, anon, file, shmem, swap;
	uint64_t table_bytes; /* page tables; older kernels tell pages: */
	uint64_t table_pages;
	uint64_t score;	 /* /proc/PID/oom_score, of a process that runs */
	bool has_points; /* the kernel's own are known: */
	int64_t points;
	char comm[OOM_COMM];
};

/* What memory was charged for, or used for on the whole machine.  Bytes. */
struct oom_charge {
	uint64_t anon, file, shmem, slab_reclaimable, slab_unreclaimable, page_tables, sockets, kernel, kernel_stack;
	uint64_t unevictable, dirty, writeback;
};

struct oom_limit {
	char cgroup[OOM_PATH];
	uint64_t bytes, usage, failcnt;
	uint64_t swap_bytes, swap_usage;   /* limit and use of swap alone (cgroup v2) */
	uint64_t memsw_bytes, memsw_usage; /* of memory and swap together (v1) */
	uint64_t kmem_usage;		   /* what v1 counts of the kernel's memory */
};

/* In bytes. */
struct oom_zone {
	uint32_t node;
	char name[16];
	uint64_t free, min, low, high, managed;
	uint64_t blocks[OOM_ORDERS]; /* free ones, by order */
	uint32_t nr_orders;	     /* 0: not known */
};

/* The whole machine.  Bytes. */
struct oom_machine {
	uint64_t ram, reserved; /* ram: with what is reserved */
	uint64_t swap_total, swap_free, free;
	struct oom_zone zones[OOM_ZONES_MAX];
	size_t nr_zones;
};

/* Who asked for memory. */
struct oom_trigger {
	uint32_t pid, tid; /* 0: not known */
	int32_t adj;
	int32_t order; /* -1: sysrq */
	bool order_known;
	char comm[OOM_COMM];
	char cgroup[OOM_PATH];
	uint64_t gfp;
	char gfp_names[256];
	char chain[OOM_CHAIN_MAX][48]; /* functions of the kernel, the innermost first */
	size_t nr_chain;
};

struct oom_victim {
	uint32_t pid; /* 0: not known */
	int32_t adj;
	char comm[OOM_COMM];
	char command_line[OOM_PATH];
	char cgroup[OOM_PATH];
	uint64_t uid, age_ns;
	uint64_t total_vm, anon, file, shmem, swap, page_tables; /* bytes */
	uint64_t score; /* that kernels before 5.1 print: points * 1000 / pages */
};

struct oom_other {
	uint32_t pid;
	char comm[OOM_COMM];
};

struct oom_slab {
	char name[OOM_COMM];
	uint64_t bytes;
};

/* A second before the kill, and what happened since the one before it. */
struct oom_sample {
	uint64_t before_ns;				 /* the kill */
	uint64_t free, available, swap_free, victim_rss; /* bytes */
	uint64_t some_ns, full_ns;			 /* PSI */
	uint64_t stalled_ns;				 /* of all tasks */
	uint64_t scanned, reclaimed, allocated;		 /* pages */
	uint64_t faults, major;
};

/* A process that grew before the kill. */
struct oom_grower {
	uint32_t pid;
	char comm[OOM_COMM];
	char cgroup[OOM_PATH];
	uint64_t from_bytes, to_bytes, over_ns;
	uint64_t steps[OOM_STEPS]; /* what it held, from the first moment to the last one; bytes */
	size_t nr_steps;
};

struct oom_kill {
	struct oom_moment when;
	enum oom_kind kind;
	enum oom_outcome outcome;
	enum oom_sent sent;  /* of OOM_KIND_USER: the trigger is who sent the signal */
	uint64_t some_avg10; /* PSI then, of SAMPLE_WHOLE; MT_UNKNOWN_U64 */
	bool allocating;     /* oom_kill_allocating_task: nobody was compared */
	char release[64];    /* of the kernel */
	uint64_t page_size;
	char group[OOM_PATH];			 /* the cgroup all of whose processes were killed (memory.oom.group) */
	struct oom_other others[OOM_OTHERS_MAX]; /* they */
	size_t nr_others;			 /* of them all */
	struct oom_other chosen;		 /* whose child was killed in its place; pid 0: nobody's */
	struct oom_limit limit;
	struct oom_charge charge; /* of the limit's cgroup, or of the machine */
	bool has_charge;
	struct oom_machine machine;
	bool has_machine;
	struct oom_trigger trigger;
	bool has_trigger;
	struct oom_victim victim;
	struct oom_task *tasks; /* owned: who was compared, in the order in which the kernel looked */
	size_t nr_tasks, tasks_left_out;
	bool has_tasks;
	uint64_t total_pages;		      /* what adj is a share of, by the kernel's own word */
	struct oom_slab slabs[OOM_SLABS_MAX]; /* the largest that cannot be reclaimed, the largest first */
	size_t nr_slabs;
	uint32_t earlier[OOM_EARLIER_MAX]; /* pids that were killed shortly before */
	size_t nr_earlier;
	uint64_t evaluated; /* processes that the kernel compared; those that have points are the first of them */
	/* before it, as a run saw it that was there */
	struct oom_sample *samples; /* owned: the oldest first */
	size_t nr_samples;
	struct oom_grower growers[OOM_GROWERS_MAX]; /* that which grew most first */
	size_t nr_growers;
	/* after it */
	uint64_t exit_ns, reaped_ns; /* from the kill on */
	uint64_t freed_ns;	     /* until the victim's address space was gone */
	bool reap_skipped;	     /* the reaper could not take it */
	uint64_t left_bytes;	     /* resident after it was reaped */
	uint64_t further_kills;	     /* within further_ns */
	uint64_t further_ns;	     /* OOM_FURTHER_NS, or as long as it was waited */
};

#define OOM_FURTHER_NS 10000000000ULL

/* All of it unknown. */
void oom_kill__init(struct oom_kill *kill);
void oom_task__init(struct oom_task *task);
/* Frees what it owns. */
void oom_kill__done(struct oom_kill *kill);

/* As JSON has them: "memcg", "killed". */
const char *oom_kind__name(enum oom_kind kind);
const char *oom_outcome__name(enum oom_outcome outcome);
const char *oom_sent__name(enum oom_sent sent);

/* From one moment to a later one; MT_UNKNOWN_U64 where the two have no clock in common, or time went back. */
uint64_t oom_moment__between(const struct oom_moment *from, const struct oom_moment *to);

#endif
