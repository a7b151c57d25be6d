// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the programs counted beside the tasks' counters, what was lost, and what they cost. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "../base/clock.h"
#include "../model/task_places.h"
#include "live_impl.h"

#define SPANS_MAX 4096		      /* entries of the map spans: bpf/core/span.h */
#define MISSES_NS (5 * 1000000000ULL) /* reports within a run may be late by that with runs that were skipped */

/* Adds what a CPU counted, nr counters, to sums. */
static void add_counts(uint64_t *sums, const void *counts, size_t nr)
{
	const volatile uint64_t *counted = counts; /* programs write to it */
	size_t i;

	for (i = 0; i < nr; i++)
		sums[i] += counted[i];
}
#define ADD_COUNTS(sums, counts) add_counts((uint64_t *)(sums), counts, sizeof(*(sums)) / sizeof(uint64_t))

static uint64_t program_misses(const struct bpf_program *prog)
{
	struct bpf_prog_info info;

	return program__info(prog, &info) ? info.recursion_misses : 0;
}

static uint64_t recursion_misses(const struct object *object)
{
	struct bpf_program *prog;
	uint64_t misses = 0;

	if (!object->bpf)
		return 0;
	bpf_object__for_each_program (prog, object->bpf)
		misses += program_misses(prog);
	return misses;
}

/* A skipped birth is not a loss by itself: events of a task without counters are counted as lost one by one. */
static uint64_t missed_births(const struct object *core)
{
	static const char *const births[] = { "core_newtask", "core_fork" };
	const struct bpf_program *prog;
	uint64_t misses = 0;
	size_t i;

	for (i = 0; core->bpf && i < sizeof(births) / sizeof(*births); i++) {
		prog = bpf_object__find_program_by_name(core->bpf, births[i]);
		misses += prog ? program_misses(prog) : 0;
	}
	return misses;
}

/*
 * Where programs on psi_memstall_enter() and _leave() are there twice, one that was skipped has another behind it; what
 * both have missed is found at a tick, and counted as unfinished.
 */
static uint64_t missed_by_one(const struct live *live)
{
	static const char *const twice[] = { "enter_balanced", "enter_again", "leave_balanced", "leave_again" };
	const struct bpf_object *bpf = live->cfg.twice ? live->objects[MT_PROBE_stall].bpf : NULL;
	uint64_t misses = 0;
	size_t i;

	for (i = 0; bpf && i < sizeof(twice) / sizeof(*twice); i++)
		misses += program_misses(bpf_object__find_program_by_name(bpf, twice[i]));
	return misses;
}

/* The same of requests to swap: only what the second misses can be lost. */
static uint64_t missed_requests(const struct live *live)
{
	const struct bpf_object *bpf = live->objects[MT_PROBE_swap].bpf;
	const struct bpf_program *again = bpf ? bpf_object__find_program_by_name(bpf, "swap_queued_again") : NULL;

	if (!again || bpf_program__fd(again) < 0)
		return 0;
	return program_misses(bpf_object__find_program_by_name(bpf, "swap_queued"));
}

/* The same of frees. */
static uint64_t missed_frees(const struct live *live)
{
	const struct object *object = &live->objects[MT_PROBE_kpages];
	const struct hook_state *again = object->bpf ? object__hook(object, "free again") : NULL;

	if (!again || !hook__is_attached(again))
		return 0;
	return program_misses(bpf_object__find_program_by_name(object->bpf, "kp_free_raw")) +
	       program_misses(bpf_object__find_program_by_name(object->bpf, "kp_free_again"));
}

/* One system call a program, so not at each tick. */
static void read_misses(struct live *live)
{
	struct live_misses *misses = &live->misses;
	uint64_t runs;
	int i;

	*misses = (struct live_misses){ .all = recursion_misses(&live->core), .read_ns = clock__boot_ns() };
	misses->tasks = misses->all - missed_births(&live->core);
	for (i = 0; i < MT_NR_PROBES; i++) {
		runs = recursion_misses(&live->objects[i]);
		misses->all += runs;
		if (i == MT_PROBE_stall)
			runs -= missed_by_one(live);
		if (i == MT_PROBE_swap)
			runs -= missed_requests(live);
		if (i == MT_PROBE_kpages)
			runs -= missed_frees(live);
		*(schema__has_rare_event(i) ? &misses->rare : &misses->hot) += runs;
	}
}

static bool misses_are_fresh(const struct live *live)
{
	return live->running && live->control->phase == MT_PHASE_RUN &&
	       clock__boot_ns() - live->misses.read_ns < MISSES_NS;
}

static void add_recursion(struct live *live, struct losses *losses)
{
	const struct live_misses *misses = &live->misses;

	if (!misses_are_fresh(live))
		read_misses(live);
	losses->recursion = misses->all;
	losses->tasks += misses->tasks;
	losses->rare += misses->rare;
	losses->hot += misses->hot;
}

/* Each CPU counts for itself, and has one hot ring. */
static void add_cpu(struct live *live, uint32_t nr, struct totals *totals, struct mt_lost *lost)
{
	const struct mt_cpu *cpu = &live->cpus[nr];
	uint64_t *ring_records = totals->losses.ring_records;

	ADD_COUNTS(lost, &cpu->lost);
	ADD_COUNTS(&totals->machine, cpu->machine);
	ring_records[rings__of_cpu(&live->ring_plan, nr)] += cpu->lost.records[MT_RING_HOT] + cpu->lost.events;
}

void live__read_totals(struct live *live, struct totals *totals)
{
	struct losses *losses = &totals->losses;
	struct mt_lost lost = { 0 };
	uint32_t nr;

	memset(totals, 0, sizeof(*totals));
	for (nr = 0; nr < live->cfg.nr_cpus; nr++)
		add_cpu(live, nr, totals, &lost);
	losses->ring_records[MT_RING_RARE] = lost.records[MT_RING_RARE];
	losses->ring_records[MT_RING_OOM] = lost.records[MT_RING_OOM];
	task_places__spread(&live->cfg, (const uint64_t *)lost.unattributed, losses->unattributed);
	losses->rare = lost.records[MT_RING_RARE] + lost.records[MT_RING_OOM] + lost.span_overflow;
	losses->events = lost.events;
	losses->hot = losses->events;
	losses->tasks = lost.tasks + live->control->late + live->undrained;
	losses->folded = lost.folded;
	losses->unfinished = lost.span_unfinished;
	losses->stacks = lost.stacks;
	losses->unmapped = live__unmapped(live);
	add_recursion(live, losses);
}

/* After the end of the run: what was counted until then, and what only the last counts of tasks show. */
static void keep_to_end(const struct live *live, struct totals *totals)
{
	const struct losses now = totals->losses;

	*totals = live->end;
	totals->losses.tasks += live->undrained;
	memcpy(totals->losses.ring_records, now.ring_records, sizeof(now.ring_records));
	memcpy(totals->losses.unattributed, now.unattributed, sizeof(now.unattributed));
}

/* All counters in it are 64 bits wide and only grow; what comes after them is none. */
int live__totals(struct source *src, struct totals *totals)
{
	struct live *live = live_of(src);
	uint64_t *now = (uint64_t *)totals;
	const uint64_t *base = (const uint64_t *)&live->base;
	size_t i;

	live__read_totals(live, totals);
	if (live->ended)
		keep_to_end(live, totals);
	for (i = 0; i < offsetof(struct totals, rings) / sizeof(*now); i++)
		now[i] -= base[i];
	totals->rings = live->ring_plan;
	return 0;
}

static uint64_t nr_keys(const struct object *object, const char *map)
{
	int fd = object->bpf ? live__map_fd(object, map) : -1;
	uint64_t nr = 0;
	__u32 key = 0;

	/* a key that is deleted meanwhile restarts the walk: more entries than there can be are not an answer */
	while (fd >= 0 && nr < SPANS_MAX && !bpf_map_get_next_key(fd, nr ? &key : NULL, &key))
		nr++;
	return nr;
}

struct under_way live__under_way(struct live *live)
{
	return (struct under_way){
		.episodes = nr_keys(&live->core, "spans"),
		.sessions = nr_keys(&live->objects[MT_PROBE_kswapd], "kswapd_tids"),
	};
}

const struct count_rules *live__count_rules(const struct live *live)
{
	return &live->count_rules;
}

static size_t object_costs(const struct object *object, struct program_cost *costs, size_t nr, size_t max)
{
	struct bpf_prog_info info;
	struct bpf_program *prog;

	if (!object->bpf)
		return nr;
	bpf_object__for_each_program (prog, object->bpf) {
		if (nr == max || !program__info(prog, &info))
			continue;
		costs[nr].name = bpf_program__name(prog);
		costs[nr].run_ns = info.run_time_ns;
		costs[nr++].runs = info.run_cnt;
	}
	return nr;
}

int live__costs(struct source *src, struct program_cost *costs, size_t max)
{
	struct live *live = live_of(src);
	size_t nr = object_costs(&live->core, costs, 0, max);
	int i;

	for (i = 0; i < MT_NR_PROBES; i++)
		nr = object_costs(&live->objects[i], costs, nr, max);
	return nr;
}
