/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Looks at processes' memory: as records for a recording, and from those of a recording, which may be made up. */
#ifndef MEMTRACE_COUNT_MAP_RECORDED_H
#define MEMTRACE_COUNT_MAP_RECORDED_H

#include "../base/hash.h"
#include "../model/map_record.h"
#include "../model/source.h"

/* What a look takes in memory at most: a process that goes beyond has no map. */
#define MAP_RECORDED_BYTES (128UL * 1024 * 1024)

struct map_recorded_process;

/* The maps of one look; all zero at first. */
struct map_recorded {
	struct map_recorded_process *processes; /* owned, by pid */
	struct map_recorded_cgroup *cgroups;	/* owned, by id */
	size_t bytes;
};

/* Sends a map that was read then as records; who: the process, of which the name is taken from the map. */
void map_recorded__send(const struct process_map *map, const struct mt_who *who, uint64_t now_ns, struct sink to);
/* The begin or the end of a look, of enum map_look_flags. */
void map_recorded__send_look(uint64_t flags, uint64_t now_ns, struct sink to);

/* Takes a record of REC_MAP_*; those of one that is not whole, or contradicts itself, leave no map.  0 or -ENOMEM. */
int map_recorded__take(struct map_recorded *look, const void *record);
/* Puts in a map of the process, whose parts are the look's from now on, also if it fails.  0 or -ENOMEM. */
int map_recorded__put(struct map_recorded *look, const struct mt_who *who, struct process_map *map);
/*
 * Takes the map of the process out of the look; it is the caller's from now on (process_map__done()).  0, or -ESRCH:
 * it has none, and *map is empty.
 */
int map_recorded__get(struct map_recorded *look, const struct mt_who *who, struct process_map *map);
/* Puts in what is charged to a cgroup for mapped memory, in bytes; the first one counts.  0 or -ENOMEM. */
int map_recorded__put_charge(struct map_recorded *look, uint64_t cgroup_id, uint64_t mapped);
bool map_recorded__has_charge(const struct map_recorded *look, uint64_t cgroup_id);
/* Unknown: it is not there, or not known. */
uint64_t map_recorded__charge(const struct map_recorded *look, uint64_t cgroup_id);
/* Sends it as a record. */
void map_recorded__send_charge(uint64_t cgroup_id, uint64_t mapped, uint64_t now_ns, struct sink to);
void map_recorded__done(struct map_recorded *look);

#endif
