// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_recorded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct map_recorded_process {
	UT_hash_handle hh;
	uint32_t pid;
	uint64_t start_ns;
	uint64_t nr_areas; /* that it should have */
	bool has_nodes;	   /* they have map.nodes */
	size_t nodes_room;
	bool broken; /* it cannot be what memtrace has written */
	struct process_map map;
	char **names; /* by number, from 1 on; in map.names */
	size_t nr_names, names_room;
	bool more; /* of the last name */
};

struct map_recorded_cgroup {
	UT_hash_handle hh;
	uint64_t id;
	uint64_t mapped;
};

static const uint64_t *value_in(const void *from, const struct map_value_row *row)
{
	return (const uint64_t *)((const char *)from + row->offset);
}

static void fill_values(uint64_t *values, const void *from, const struct map_value_row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		values[i] = *value_in(from, &rows[i]);
}

static void take_values(void *to, const uint64_t *values, const struct map_value_row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		*(uint64_t *)((char *)to + rows[i].offset) = values[i];
}

static void send(struct sink to, const void *record)
{
	to.record(to.ctx, record, ((const struct mt_hdr *)record)->size);
}

static struct mt_hdr head(uint16_t id, uint64_t now_ns)
{
	return (struct mt_hdr){ .id = id, .size = (uint16_t)map_record__size(id), .time_ns = now_ns };
}

void map_recorded__send_look(uint64_t flags, uint64_t now_ns, struct sink to)
{
	const struct map_look_record record = { .hdr = head(REC_MAP_LOOK, now_ns), .flags = flags };

	send(to, &record);
}

static void send_name(const char *name, uint64_t number, struct map_name_record *record, struct sink to)
{
	size_t len = strnlen(name, MAP_NAME_LENGTH - 1), part;

	record->number = number;
	for (record->at = 0; record->at <= len; record->at += MAP_NAME_PART) {
		part = len - record->at < MAP_NAME_PART ? len - record->at : MAP_NAME_PART;
		memset(record->text, 0, sizeof(record->text));
		memcpy(record->text, name + record->at, part);
		send(to, record);
	}
}

static void send_areas(const struct process_map *map, const struct mt_who *who, uint64_t now_ns, struct sink to)
{
	struct map_name_record name = { .hdr = head(REC_MAP_NAME, now_ns), .who = *who };
	struct map_area_record record = { .hdr = head(REC_MAP_AREA, now_ns), .who = *who };
	uint64_t names = 0;
	size_t i;

	memset(record.nodes, 0xff, sizeof(record.nodes));
	for (i = 0; i < map->nr_areas; i++) {
		const struct map_area *area = &map->areas[i];

		/* areas of a file follow each other, and have one name */
		if (area->name[0] && (!i || area[-1].name != area->name))
			send_name(area->name, ++names, &name, to);
		record.start = area->start;
		record.size = area->end - area->start;
		record.name = area->name[0] ? names : 0;
		record.flags =
			area->permissions | (area->known ? MAP_AREA_KNOWN : 0) | (area->deleted ? MAP_AREA_DELETED : 0);
		fill_values(record.values, area, map_area_rows, NR_MAP_AREA_VALUES);
		if (map->nodes)
			memcpy(record.nodes, map->nodes[i], sizeof(record.nodes));
		send(to, &record);
	}
}

void map_recorded__send(const struct process_map *map, const struct mt_who *who, uint64_t now_ns, struct sink to)
{
	struct map_process_record record = {
		.hdr = head(REC_MAP_PROCESS, now_ns),
		.who = *who,
		.flags = (map->scanned ? MAP_PROCESS_SCANNED : 0) |
			 (map->knows_referenced ? MAP_PROCESS_REFERENCED : 0) | (map->nodes ? MAP_PROCESS_NODES : 0) |
			 (map->knows_deleted ? MAP_PROCESS_DELETED : 0),
		.error = (uint64_t)map->error,
		.areas = map->nr_areas,
	};

	memset(record.who.comm, 0, sizeof(record.who.comm));
	memcpy(record.who.comm, map->comm, strnlen(map->comm, sizeof(record.who.comm)));
	fill_values(record.values, map, map_process_rows, NR_MAP_PROCESS_VALUES);
	send(to, &record);
	send_areas(map, &record.who, now_ns, to);
}

void map_recorded__send_charge(uint64_t cgroup_id, uint64_t mapped, uint64_t now_ns, struct sink to)
{
	const struct map_cgroup_record record = { .hdr = head(REC_MAP_CGROUP, now_ns),
						  .cgroup_id = cgroup_id,
						  .mapped = mapped };

	send(to, &record);
}

static struct map_recorded_cgroup *find_cgroup(const struct map_recorded *look, uint64_t id)
{
	struct map_recorded_cgroup *cgroup;

	HASH_FIND(hh, look->cgroups, &id, sizeof(id), cgroup);
	return cgroup;
}

bool map_recorded__has_charge(const struct map_recorded *look, uint64_t cgroup_id)
{
	return find_cgroup(look, cgroup_id);
}

uint64_t map_recorded__charge(const struct map_recorded *look, uint64_t cgroup_id)
{
	const struct map_recorded_cgroup *cgroup = find_cgroup(look, cgroup_id);

	return cgroup ? cgroup->mapped : MT_UNKNOWN_U64;
}

int map_recorded__put_charge(struct map_recorded *look, uint64_t cgroup_id, uint64_t mapped)
{
	struct map_recorded_cgroup *cgroup = find_cgroup(look, cgroup_id);

	if (cgroup || sizeof(*cgroup) > MAP_RECORDED_BYTES - look->bytes)
		return 0;
	cgroup = calloc(1, sizeof(*cgroup));
	if (!cgroup)
		return -ENOMEM;
	cgroup->id = cgroup_id;
	cgroup->mapped = mapped;
	HASH_ADD(hh, look->cgroups, id, sizeof(cgroup->id), cgroup);
	if (!cgroup->hh.tbl) {
		free(cgroup);
		return -ENOMEM;
	}
	look->bytes += sizeof(*cgroup);
	return 0;
}

static struct map_recorded_process *find(const struct map_recorded *look, uint32_t pid)
{
	struct map_recorded_process *process;

	HASH_FIND(hh, look->processes, &pid, sizeof(pid), process);
	return process;
}

static void forget(struct map_recorded *look, struct map_recorded_process *process)
{
	HASH_DEL(look->processes, process);
	process_map__done(&process->map);
	free(process->names);
	free(process);
}

void map_recorded__done(struct map_recorded *look)
{
	struct map_recorded_process *process, *next;
	struct map_recorded_cgroup *cgroup, *next_cgroup;

	HASH_ITER (hh, look->processes, process, next)
		forget(look, process);
	HASH_ITER (hh, look->cgroups, cgroup, next_cgroup) {
		HASH_DEL(look->cgroups, cgroup);
		free(cgroup);
	}
	*look = (struct map_recorded){ 0 };
}

/* A process that the look has already is replaced. */
static struct map_recorded_process *add(struct map_recorded *look, const struct mt_who *who)
{
	struct map_recorded_process *process = find(look, who->pid);

	if (process)
		forget(look, process);
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->pid = who->pid;
	process->start_ns = who->start_ns;
	HASH_ADD(hh, look->processes, pid, sizeof(process->pid), process);
	if (process->hh.tbl)
		return process;
	free(process);
	return NULL;
}

/* Whether there is room for that much more. */
static bool charge(struct map_recorded *look, struct map_recorded_process *process, size_t bytes)
{
	if (bytes > MAP_RECORDED_BYTES - look->bytes)
		process->broken = true;
	else
		look->bytes += bytes;
	return !process->broken;
}

static int take_process(struct map_recorded *look, const struct map_process_record *record)
{
	struct map_recorded_process *process;
	struct process_map *map;

	if (sizeof(*process) > MAP_RECORDED_BYTES - look->bytes)
		return 0;
	process = add(look, &record->who);
	if (!process)
		return -ENOMEM;
	look->bytes += sizeof(*process);
	process->nr_areas = record->areas;
	process->has_nodes = record->flags & MAP_PROCESS_NODES;
	process->broken = record->error > 4095; /* MAX_ERRNO of the kernel */
	map = &process->map;
	map->pid = record->who.pid;
	memcpy(map->comm, record->who.comm, sizeof(record->who.comm));
	map->error = process->broken ? 0 : (int)record->error;
	map->scanned = record->flags & MAP_PROCESS_SCANNED;
	map->knows_referenced = record->flags & MAP_PROCESS_REFERENCED;
	map->knows_deleted = record->flags & MAP_PROCESS_DELETED;
	take_values(map, record->values, map_process_rows, NR_MAP_PROCESS_VALUES);
	return 0;
}

/* Room for one more pointer in a list of names; 0 or -ENOMEM. */
static int make_room(struct map_recorded_process *process)
{
	size_t room = process->names_room ? 2 * process->names_room : 64;
	char **names;

	if (process->nr_names < process->names_room)
		return 0;
	names = reallocarray(process->names, room, sizeof(*names));
	if (!names)
		return -ENOMEM;
	process->names = names;
	process->names_room = room;
	return 0;
}

/* What a name has so far, and room for a part. */
static char *longer(struct map_recorded_process *process, const char *so_far, size_t len)
{
	char *name = arena__zeroed(&process->map.names, len + MAP_NAME_PART + 1);

	return name ? memcpy(name, so_far, len) : NULL;
}

static int take_name(struct map_recorded *look, const struct map_name_record *record)
{
	struct map_recorded_process *process = find(look, record->who.pid);
	const char *so_far = "";
	char *name;

	if (!process || process->broken)
		return 0;
	if (record->at) {
		process->broken = !process->more || record->number != process->nr_names;
		so_far = process->broken ? "" : process->names[process->nr_names - 1];
		process->broken |= strlen(so_far) != record->at || record->at + MAP_NAME_PART > MAP_NAME_LENGTH;
	} else {
		process->broken = process->more || record->number != process->nr_names + 1;
	}
	if (process->broken || !charge(look, process, sizeof(name) + record->at + MAP_NAME_PART + 1))
		return 0;
	name = make_room(process) ? NULL : longer(process, so_far, record->at);
	if (!name)
		return -ENOMEM;
	memcpy(name + record->at, record->text, MAP_NAME_PART);
	process->more = !memchr(record->text, 0, MAP_NAME_PART);
	process->nr_names += !record->at;
	process->names[process->nr_names - 1] = name;
	return 0;
}

/* Whether an area can follow those that the map has. */
static bool fits(const struct map_recorded_process *process, const struct map_area_record *record)
{
	const struct process_map *map = &process->map;
	uint64_t end = record->start + record->size;

	return end > record->start && record->name <= process->nr_names && !process->more &&
	       map->nr_areas < process->nr_areas &&
	       (!map->nr_areas || record->start >= map->areas[map->nr_areas - 1].end);
}

/* As many rows as there is room for areas; 0 or -ENOMEM. */
static int take_nodes(struct map_recorded_process *process, const struct map_area_record *record)
{
	struct process_map *map = &process->map;
	void *nodes;

	if (!process->has_nodes)
		return 0;
	if (map->room > process->nodes_room) {
		nodes = reallocarray(map->nodes, map->room, sizeof(*map->nodes));
		if (!nodes)
			return -ENOMEM;
		map->nodes = nodes;
		process->nodes_room = map->room;
	}
	memcpy(map->nodes[map->nr_areas - 1], record->nodes, sizeof(record->nodes));
	return 0;
}

static int take_area(struct map_recorded *look, const struct map_area_record *record)
{
	struct map_recorded_process *process = find(look, record->who.pid);
	struct map_area *area;

	if (!process || process->broken)
		return 0;
	process->broken = !fits(process, record);
	if (process->broken || !charge(look, process, sizeof(*area) + sizeof(record->nodes) * process->has_nodes))
		return 0;
	area = process_map__add(&process->map);
	if (!area)
		return -ENOMEM;
	area->start = record->start;
	area->end = record->start + record->size;
	area->name = record->name ? process->names[record->name - 1] : "";
	area->permissions = record->flags & MAP_AREA_PERMISSIONS;
	area->known = record->flags & MAP_AREA_KNOWN;
	area->deleted = record->flags & MAP_AREA_DELETED;
	take_values(area, record->values, map_area_rows, NR_MAP_AREA_VALUES);
	process->map.unknown += !area->known;
	return take_nodes(process, record);
}

int map_recorded__take(struct map_recorded *look, const void *record)
{
	switch (((const struct mt_hdr *)record)->id) {
	case REC_MAP_LOOK:
		if (((const struct map_look_record *)record)->flags & MAP_LOOK_BEGINS)
			map_recorded__done(look);
		return 0;
	case REC_MAP_PROCESS:
		return take_process(look, record);
	case REC_MAP_NAME:
		return take_name(look, record);
	case REC_MAP_AREA:
		return take_area(look, record);
	case REC_MAP_CGROUP:
		return map_recorded__put_charge(look, ((const struct map_cgroup_record *)record)->cgroup_id,
						((const struct map_cgroup_record *)record)->mapped);
	default:
		return 0;
	}
}

int map_recorded__put(struct map_recorded *look, const struct mt_who *who, struct process_map *map)
{
	struct map_recorded_process *process = add(look, who);

	if (!process) {
		process_map__done(map);
		return -ENOMEM;
	}
	process->map = *map;
	process->nr_areas = map->nr_areas;
	*map = (struct process_map){ 0 };
	return 0;
}

int map_recorded__get(struct map_recorded *look, const struct mt_who *who, struct process_map *map)
{
	struct map_recorded_process *process = find(look, who->pid);
	bool whole = process && !process->broken && process->start_ns == who->start_ns &&
		     process->map.nr_areas == process->nr_areas && !process->more;

	*map = (struct process_map){ 0 };
	if (!whole)
		return -ESRCH;
	*map = process->map;
	process->map = (struct process_map){ 0 };
	forget(look, process);
	return 0;
}
