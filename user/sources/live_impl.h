/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the parts of the live source. */
#ifndef MEMTRACE_SOURCES_LIVE_IMPL_H
#define MEMTRACE_SOURCES_LIVE_IMPL_H

#include <bpf/libbpf.h>

#include "../kernel/cgroup_sampler.h"
#include "../kernel/count_rules.h"
#include "../kernel/filters.h"
#include "../kernel/kernel_btf.h"
#include "../kernel/object.h"
#include "../kernel/oom_log.h"
#include "../kernel/ring_maps.h"
#include "../kernel/sample_files.h"
#include "../model/keyed.h"
#include "../model/roles.h"
#include "../model/titles.h"
#include "live.h"
#include "live_readers.h"

/* The iterator's last pass over all tasks. */
struct live_pass {
	size_t records;
	uint64_t kernel_ns; /* in read(2) */
};

/* Runs of programs that the kernel skipped as a program was running already, by what they would have counted. */
struct live_misses {
	uint64_t all, rare, hot, tasks;
	uint64_t read_ns;
};

/* One keyed counter. */
struct live_keyed {
	char *elements; /* nr records, the first nr_other of what found no element; mapped, NULL: it is not counted */
	size_t nr, nr_other;
	uint64_t *counts; /* of each element, as it was last read */
	bool again;	  /* an element waits for its end */
};

/* A CPU's time in stalls, as the kernel counts it. */
struct psi_time {
	uint32_t last; /* as the kernel has it */
	uint64_t sum_ns;
};

struct psi_times {
	struct psi_time *some, *full; /* a CPU each; owned */
	uint64_t read_ns;	      /* 0: not yet */
	bool broken;		      /* some of it was missed */
};

struct live {
	struct source source;
	struct sink sink;
	struct mt_cfg cfg;
	struct kernel_btf types; /* only while objects are loaded */
	struct count_rules count_rules;
	struct cgroups *cgroups;
	struct oom_log oom_log;
	struct filters filters;
	struct rings ring_plan;
	struct ring_maps ring_maps; /* only while objects are loaded */
	struct object core;
	struct object objects[MT_NR_PROBES];
	struct readers readers;
	volatile struct mt_control *control;
	int control_fd, iter_link_fd;
	struct live_stack *stacks;  /* call chains that were read */
	uint64_t nr_known_stacks;   /* that programs were told */
	struct live_images *images; /* what processes had mapped; NULL: call chains were not asked for */
	void *iter_buf;
	struct live_keyed keyed[MT_NR_KEYED];
	uint64_t keyed_changes; /* of all CPUs when keyed counters were last read */
	struct live_pass pass;
	struct sample_files sample_files;
	struct psi_times *psi;	    /* NULL: the kernel's times are not readable */
	struct live_memory *memory; /* NULL: the probe is off */
	struct live_heap *heap;	    /* the same */
	uint64_t kpages_age_ns;	    /* of the probe kpages, younger allocations are left out; 0: none are */
	int look_link_fd;	    /* of the iterator that looks for stalls */
	/* What programs need where no helper names functions; empty elsewhere. */
	struct map_content stall_contents[3];
	struct mt_stall_range *stall_ranges; /* owned */
	struct cgroup_sampler cgroup_sampler;
	const struct roles *roles; /* that ask for titles; NULL: none are read */
	bool all_titles;
	struct titles titles;	   /* as they were last read */
	uint64_t ticks;		   /* of which some read more samples */
	const struct mt_cpu *cpus; /* cfg.nr_cpus of them, mapped: programs write to them */
	uint64_t undrained;	   /* tasks whose last faults may be missing */
	uint64_t taken;		   /* of control->held */
	uint64_t start_cpu_ns;
	struct totals base;		  /* what was counted while programs were attached, before the run */
	struct totals end;		  /* what was counted until the run ended */
	struct checkpoint end_checkpoint; /* when it ended */
	struct live_misses misses;	  /* as they were at misses.read_ns */
	bool samples;			  /* are asked for */
	bool all_cgroups, lazy_memory;	  /* as in the request */
	bool running, ended;
	struct hook_report hook; /* the last that was asked for */
};

static inline int live__map_fd(const struct object *object, const char *name)
{
	return bpf_object__find_map_fd_by_name(object->bpf, name);
}

static inline struct live *live_of(struct source *src)
{
	return (struct live *)((char *)src - offsetof(struct live, source));
}

/* The kernel's types that the probes which are asked for need.  0 or -errno. */
int live__add_names(struct btf_names *names, const struct live_request *request);
/*
 * Opens the probes that are asked for, and detaches those that count something wrong; the result is in
 * live->source.probes.
 */
void live__open_probes(struct live *live, const struct live_request *request);
/* Everything that programs counted since they were loaded. */
void live__read_totals(struct live *live, struct totals *totals);
/* After the probes were opened.  0 or -errno; live__close_keyed() in any case, before the core is closed. */
int live__open_keyed(struct live *live);
void live__close_keyed(struct live *live);
/* Delivers what has changed of them since the last call, before the run all of it as what comes before. */
void live__read_keyed(struct live *live);
/* That cgroup is removed: elements that are about it are given back, once they are read. */
void live__end_keyed(struct live *live, uint64_t cgroup_id);
/*
 * The iterator that finds stalls which were under way at the beginning of the run, and at ticks those whose end was
 * missed.  0 or -errno.
 */
int live__look_at_stalls(struct live *live);
/* Before the probes are opened: where no helper names functions, those that matter are looked up. */
void live__find_stall_functions(struct live *live);
int live__open_stalls(struct live *live); /* after the probes were opened: 0 or -ENOMEM */
void live__close_stalls(struct live *live);
/* The samples that are not in files; those of a kernel that does not tell stay unknown. */
void live__sample_stalls(struct live *live, uint64_t values[NR_SAMPLES]);
/* After the probes were opened: 0 or -errno. */
/* The cgroup of that id has samples from now on, and those above it. */
void live__sample_cgroup(struct live *live, uint64_t id);
int live__open_memory(struct live *live);
void live__close_memory(struct live *live);
/* Delivers the memory of each process that has other numbers, or another name, than the last time. */
void live__read_memory(struct live *live);
/*
 * The same in a pass of the iterator of tasks, where the kernel has task storage and types that its program knows:
 * before it, of each of its records with that id (0 or -ENOMEM), and after it, with its error.  Elsewhere all is done
 * after it.
 */
void live__begin_memory(struct live *live);
int live__take_memory(struct live *live, const struct mt_hdr *hdr);
void live__end_memory(struct live *live, int err);
/* As source_ops.each_memory. */
void live__each_memory(struct live *live, void (*visit)(void *ctx, const struct mt_memory *record), void *ctx);
/* Everything that waits in the rings when this starts; what comes meanwhile may stay.  0 or -errno. */
int live__consume_all(struct live *live);

/* As the probe heap's object_request.prepare; ctx: the options. */
struct heap_room {
	const struct options *options;
	const struct kernel_btf *types; /* with live__heap_names() */
};

void live__heap_names(struct btf_names *names);
/* ctx: a struct heap_room */
int live__prepare_heap(struct bpf_object *bpf, void *ctx);
/* After the probes were opened: finds what is to be traced.  0 or -errno; -EINVAL if the request was wrong, which was
 * said. */
int live__open_heap(struct live *live, const struct live_request *request);
void live__close_heap(struct live *live);
/* As struct stack_lookup's learn; ctx: the struct live. */
void live__learn_caller(void *ctx, uint64_t space, uint64_t address, const struct cfi_rule *rule);
void live__tell_heap(struct live *live); /* delivers the counts, which are 0, with what a call costs */
/* Delivers what processes held that have ended; all: and what the others hold, and the counts. */
void live__read_heap(struct live *live, bool all);
/* As the probe kpages' object_request.prepare; ctx: the options. */
int live__prepare_kpages(struct bpf_object *bpf, void *ctx);
/* After the probes were opened: detaches it if its hooks do not fit each other. */
void live__open_kpages(struct live *live, const struct live_request *request);
/* At the end of the run: delivers what the kernel holds, and the counts. */
void live__read_kpages(struct live *live);
/* Before a task's record: delivers its process's title, if roles depend on it and it is new. */
void live__read_title(struct live *live, const struct mt_task *task);
/* At a tick, what all processes are called that have a new name; not while memory is short (samples of now). */
void live__read_titles(struct live *live, const uint64_t samples[NR_SAMPLES]);
void live__forget_titles(struct live *live); /* of processes that have ended */
/* The operations of the source that read what programs counted and cost. */
int live__totals(struct source *src, struct totals *totals);
int live__costs(struct source *src, struct program_cost *costs, size_t max);
/* ... and the one for call chains. */
struct stack_lookup live__stacks(struct source *src);
uint64_t live__unmapped(const struct live *live); /* as in struct losses */
void live__free_stacks(struct live *live);
/* From now on what processes map is followed; 0 or -errno.  Without call chains it does nothing. */
int live__open_stacks(struct live *live, const struct live_request *request);
void live__follow_stacks(struct live *live); /* reads what the kernel reported about mappings since the last call */

/*
 * When what is as old as --longer-than says was born at the latest; 0: any age will do.  1, when nothing was born yet,
 * on a machine that has not run for so long.
 */
static inline uint64_t born_until_ns(uint64_t age_ns, uint64_t now_ns)
{
	return !age_ns ? 0 : now_ns > age_ns ? now_ns - age_ns : 1;
}

#endif
