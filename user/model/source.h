/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where records come from: the live kernel, or a recording. */
#ifndef MEMTRACE_MODEL_SOURCE_H
#define MEMTRACE_MODEL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rings.h"
#include "schema.h"
#include "stack_lookup.h"

/* Where a source delivers each record; data is valid during the call only. */
struct sink {
	void (*record)(void *ctx, const void *data, size_t size);
	void *ctx;
};

/* What was lost since the start, in events unless said otherwise, and what was seen of the machine. */
struct losses {
	uint64_t rare;	     /* events of the rare rings that no record carries, nor a histogram */
	uint64_t hot;	     /* hot events that were seen and that no record carries, apart from unattributed */
	uint64_t events;     /* part of hot: single events that found their ring full */
	uint64_t tasks;	     /* hot events of tasks without counters, and tasks whose last faults may be missing */
	uint64_t folded;     /* episodes in histograms and totals without a record of their own */
	uint64_t unfinished; /* episodes whose begin or end was not seen */
	uint64_t stacks;     /* call chains that found no room: their events have no chain */
	uint64_t unmapped; /* processes whose call chains have addresses only: they were gone, or may not be looked into
			    */
	uint64_t recursion;		    /* runs that the kernel skipped because a program was already running */
	uint64_t ring_records[RINGS_MAX];   /* records dropped because their ring was full */
	uint64_t unattributed[MT_NR_SLOTS]; /* counts of lost final records: in the totals, in no row */
};

struct totals {
	struct losses losses;
	uint64_t machine[MT_NR_MACHINE_SLOTS];
	struct rings rings; /* not a count: the rings themselves; the last member */
};

/* The clocks when counts were brought up to date. */
struct checkpoint {
	uint64_t now_ns;
	uint64_t own_cpu_ns;	/* memtrace's own CPU time since the start */
	int64_t wall_offset_ns; /* how far CLOCK_REALTIME was ahead of CLOCK_BOOTTIME */
};

#define WHY_MAX 200

/* The state of one probe. */
struct probe_status {
	bool wanted;
	bool attached;
	bool hooked;		 /* a hook of its own is attached; if not, only what the kernel accounts is known */
	bool partial;		 /* attached, but something of it is missing: why */
	bool lacks[MT_NR_SLOTS]; /* counters that are unknown, because a hook is missing */
	bool lacks_latency;	 /* latencies were requested, but cannot be measured */
	int error;		 /* -errno if it was wanted and is not attached */
	char why[WHY_MAX];	 /* "" if all is well */
};

/* What a run was asked for, as far as reports show it; a recording has that of its run. */
struct run_facts {
	char subject[512]; /* what the run is about: "make -j8 and descendants" */
	uint32_t probes;   /* bit per enum mt_probe */
	uint32_t every;	   /* probes whose single events are recorded */
	uint64_t sample;   /* one single event in so many; 0 or 1: all */
	bool latency;
	bool stacks;
	bool parents;	    /* tasks' records name who started them */
	bool command_alone; /* all tasks of a command and no others */
	bool whole_machine; /* all tasks */
	uint64_t page_size; /* bytes */
	uint64_t tick_ns;   /* how often counts are read, or more often; 0: once a second */
};

/* How the traced command ended. */
struct command_outcome {
	uint32_t pid; /* 0: there was none */
	bool running; /* it went on */
	int status;   /* as in a shell: the exit status, or 128 + signal */
	uint64_t minor, major;
};

/* CPU time and runs of one BPF program, since it was loaded. */
struct program_cost {
	const char *name;
	uint64_t run_ns;
	uint64_t runs;
};

struct source;

struct source_ops {
	/* An fd that polls readable when records wait; or -1. */
	int (*fd)(struct source *src);
	/* Delivers the records that wait; 0 or -errno. */
	int (*consume)(struct source *src);
	/* Delivers what each task counted since the last call; 0 or -errno. */
	int (*tick)(struct source *src);
	/* Delivers the last counts of tasks that are gone, waiting for them for a bounded time; 0 or -errno. */
	int (*drain)(struct source *src);
	int (*totals)(struct source *src, struct totals *totals);
	/* Fills at most max programs; how many there are, or -errno. */
	int (*costs)(struct source *src, struct program_cost *costs, size_t max);
	uint64_t (*now_ns)(struct source *src);
	/* Of the last tick or drain. */
	void (*checkpoint)(struct source *src, struct checkpoint *checkpoint);
	/*
	 * Of a recording: delivers the records up to the next moment at which counts were brought up to
	 * date, and when that was due; 1, 0 at the last one, or -errno.  NULL: the source is live.
	 */
	int (*next)(struct source *src, uint64_t *due_ns);
	/* Of a recording: what became of the command.  NULL: the source is live. */
	const struct command_outcome *(*outcome)(struct source *src);
	/* What is known of call chains, if they were asked for. */
	struct stack_lookup (*stacks)(struct source *src);
	/* A cgroup's path; never NULL, valid until the next call. */
	const char *(*cgroup)(struct source *src, uint64_t id);
	/* Whether the cgroup is there now; NULL: the source does not know. */
	bool (*cgroup_lives)(struct source *src, uint64_t id);
	/* Live: the newest record of the memory of each process that lives, whose delivery may be held back. */
	void (*each_memory)(struct source *src, void (*visit)(void *ctx, const struct mt_memory *record), void *ctx);
	void (*free)(struct source *src);
};

struct source {
	const struct source_ops *ops;
	/* Called whenever records were delivered, and for the last time when all were; NULL: not needed. */
	void (*attend)(void *ctx, bool last);
	void *attend_ctx;
	struct probe_status probes[MT_NR_PROBES];
	bool behind;  /* records from before the last tick still wait */
	bool damaged; /* a recording that could not be read to its end, which was said */
};

#endif
