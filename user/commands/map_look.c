// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_look.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/log.h"
#include "../kernel/numa_maps.h"

int map_look__init(struct map_look *look, size_t room)
{
	*look = (struct map_look){ .processes = calloc(room + 1, sizeof(*look->processes)) };
	return look->processes ? 0 : -ENOMEM;
}

static void free_process(struct map_process *process)
{
	if (process->map)
		process_map__done(process->map);
	if (process->groups)
		map_groups__done(process->groups);
	free(process->map);
	free(process->groups);
	free(process->activity);
	*process = (struct map_process){ 0 };
}

void map_look__done(struct map_look *look)
{
	size_t i;

	for (i = 0; i < look->nr; i++)
		free_process(&look->processes[i]);
	free(look->processes);
	*look = (struct map_look){ 0 };
}

int map_look__add(struct map_look *look, struct process_map *map)
{
	struct map_process *process = &look->processes[look->nr];
	int err;

	*process = (struct map_process){ .map = calloc(1, sizeof(*process->map)),
					 .groups = calloc(1, sizeof(*process->groups)),
					 .grew_from = MT_UNKNOWN_U64,
					 .swap_from = MT_UNKNOWN_U64,
					 .charged = MT_UNKNOWN_U64 };
	err = process->map && process->groups ? 0 : -ENOMEM;
	if (!err) {
		*process->map = *map;
		*map = (struct process_map){ 0 };
		map_class__tell(process->map);
		err = map_groups__make(process->groups, process->map);
	}
	if (!err) {
		map_groups__take_referenced(process->groups, process->map);
		map_groups__take_nodes(process->groups, process->map);
	}
	if (err) {
		free_process(process);
		process_map__done(map);
		return err;
	}
	look->nr++;
	look->refused += process->map->error != 0;
	return 0;
}

void map_look__read_nodes(struct map_process *process, uint64_t start_ns)
{
	if (process->groups && !process->map->error && !numa_maps__read(process->map, start_ns))
		map_groups__take_nodes(process->groups, process->map);
}

int map_look__read(struct map_look *look, struct page_scan *scan, uint32_t pid, bool pss)
{
	struct process_map map = { 0 };
	int err = map_reader__read(scan, pid, 0, pss, &map);

	if (!err)
		return map_look__add(look, &map);
	map_reader__done(&map);
	return err;
}

struct map_process *map_look__find(const struct map_look *look, uint32_t pid)
{
	size_t i;

	for (i = 0; i < look->nr; i++)
		if (look->processes[i].map->pid == pid)
			return &look->processes[i];
	return NULL;
}

int map_look__show(struct render *render, const struct options *options, struct map_request request)
{
	struct report *report = report__new("memtrace.map/1");
	struct map_view view = { 0 };
	size_t i;
	int err;

	if (!report)
		return -ENOMEM;
	report->width = render->output.style.width;
	request.rows = options->rows;
	for (i = 0; i < request.nr; i++) {
		request.pss |= request.processes[i].map->cost_ns.pss != 0;
		request.wss |= request.processes[i].map->knows_referenced;
		if (request.processes[i].map->nodes)
			request.nodes |= (uint32_t)request.processes[i].map->nodes_online;
	}
	/* also where a recording does not have it */
	request.pss |= options->pss;
	request.wss |= options->wss;
	if (options->nodes && !request.nodes)
		request.nodes = options->replay ? 1 : numa_maps__online();
	request.sort = options->sort;
	request.by_cgroup = options->by >= 0;
	err = map_view__add(&view, &request, report);
	if (!err)
		err = render__report(render, report);
	report__free(report);
	map_view__done(&view);
	return err;
}

void map_look__say_refused(const struct map_look *look)
{
	if (look->refused)
		log_warn("the mappings of %zu of %zu processes cannot be read: it takes CAP_SYS_PTRACE, or to be that "
			 "user",
			 look->refused, look->nr);
}
