// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Looks of a live run of memtrace map at processes. */
#include <errno.h>
#include <stdlib.h>

#include "../base/clock.h"
#include "../kernel/cgroup_charge.h"
#include "../kernel/numa_maps.h"
#include "../kernel/referenced.h"
#include "map_live.h"

/* All processes together get so long for PSS. */
#define PSS_NS (2 * NSEC_PER_SEC)
/* All cgroups for what is charged to them. */
#define CHARGES_NS (NSEC_PER_SEC / 2)

/* What it used since its marks were cleared, or since it began. */
static void read_referenced(struct map_live *run, const struct map_traced *traced, struct process_map *map)
{
	if (map->error || (!traced->clear_ns && traced->last.who.start_ns < run->all.begun_ns))
		return;
	map->cost_ns.wss = traced->clear_ns;
	(void)referenced__read(map, traced->last.who.start_ns);
}

void map_gather__clear_referenced(struct map_live *run)
{
	struct map_traced *traced, *next;

	HASH_ITER (hh, run->all.processes, traced, next) {
		traced->clear_ns = 0;
		if (!traced->last.ended)
			(void)referenced__clear(traced->last.who.pid, traced->last.who.start_ns, &traced->clear_ns);
	}
}

static void send_look(struct map_live *run, uint64_t flags)
{
	if (run->tracing.session.recorder)
		map_recorded__send_look(flags, clock__boot_ns(), pipeline__sink(&run->tracing.session.pipeline));
}

static int keep(struct map_live *run, const struct map_traced *traced, struct process_map *map)
{
	const struct mt_who *who = &traced->last.who;

	if (run->tracing.session.recorder)
		map_recorded__send(map, who, clock__boot_ns(), pipeline__sink(&run->tracing.session.pipeline));
	return map_recorded__put(&run->maps, who, map);
}

/* A process that is gone is left out. */
static int read_mappings(struct map_live *run, const struct map_traced *traced, bool shown)
{
	const struct options *options = run->tracing.session.options;
	const struct mt_who *who = &traced->last.who;
	struct process_map map = { 0 };
	int err =
		traced->last.ended ? -ESRCH : map_reader__read(&run->scan, who->pid, who->start_ns, options->pss, &map);

	if (!err) {
		if (shown && options->wss)
			read_referenced(run, traced, &map);
		if (shown && options->nodes && !map.error)
			(void)numa_maps__read(&map, who->start_ns);
		return keep(run, traced, &map);
	}
	map_reader__done(&map);
	return err == -ESRCH ? 0 : err;
}

int map_gather__mappings(struct map_live *run, bool shown)
{
	struct map_traced **list;
	size_t nr, i;
	int err = map_live__rank(run, &list, &nr);

	map_recorded__done(&run->maps);
	send_look(run, MAP_LOOK_BEGINS | MAP_LOOK_AREAS);
	for (i = 0; !err && i < nr && i < MAPPED_PROCESSES; i++)
		err = read_mappings(run, list[i], shown);
	send_look(run, MAP_LOOK_ENDS | MAP_LOOK_AREAS);
	free(list);
	return err;
}

/* As a map of which no more is known. */
static int read_pss(struct map_live *run, const struct map_traced *traced)
{
	struct process_map map = { .pid = traced->last.who.pid };

	memcpy(map.comm, traced->last.who.comm, sizeof(traced->last.who.comm));
	memset(&map.kernel, 0xff, sizeof(map.kernel));
	map.pss = map.uss = MT_UNKNOWN_U64;
	map_reader__read_pss(&map, traced->last.who.start_ns);
	return keep(run, traced, &map);
}

static int read_all_pss(struct map_live *run, struct map_traced *const *list, size_t nr)
{
	uint64_t until_ns = clock__boot_ns() + PSS_NS;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < nr && clock__boot_ns() < until_ns; i++)
		if (!list[i]->last.ended)
			err = read_pss(run, list[i]);
	return err;
}

static int keep_charge(struct map_live *run, uint64_t id, uint64_t mapped)
{
	if (run->tracing.session.recorder)
		map_recorded__send_charge(id, mapped, clock__boot_ns(), pipeline__sink(&run->tracing.session.pipeline));
	return map_recorded__put_charge(&run->maps, id, mapped);
}

/* Each cgroup once. */
static int read_charges(struct map_live *run, struct map_traced *const *list, size_t nr)
{
	uint64_t until_ns = clock__boot_ns() + CHARGES_NS, id;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < nr && clock__boot_ns() < until_ns; i++) {
		id = list[i]->last.who.cgroup_id;
		if (!list[i]->last.ended && id && !map_recorded__has_charge(&run->maps, id))
			err = keep_charge(run, id, cgroup_charge__mapped(run->cgroups, id));
	}
	return err;
}

int map_gather__machine(struct map_live *run)
{
	struct map_traced **list;
	size_t nr;
	int err = map_live__rank(run, &list, &nr);

	map_recorded__done(&run->maps);
	send_look(run, MAP_LOOK_BEGINS);
	if (!err && run->tracing.session.options->pss)
		err = read_all_pss(run, list, nr);
	if (!err && run->cgroups)
		err = read_charges(run, list, nr);
	send_look(run, MAP_LOOK_ENDS);
	free(list);
	return err;
}
