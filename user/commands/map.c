// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace map: where the memory of processes is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../base/stop.h"
#include "../cli/command.h"
#include "../count/map_class.h"
#include "../kernel/map_reader.h"
#include "../report/render.h"
#include "../views/map.h"

extern const struct command map_command;

/* The kernel's PID_MAX_LIMIT on 64 bits: no pid is ever higher. */
#define PID_LIMIT (4 * 1024 * 1024)

/* One look at some processes. */
struct map_look {
	struct map_process *processes; /* owned, as is what they have */
	size_t nr;
	size_t refused; /* whose mappings could not be read */
};

static void free_look(struct map_look *look)
{
	size_t i;

	for (i = 0; i < look->nr; i++) {
		map_reader__done((struct process_map *)look->processes[i].map);
		map_groups__done((struct map_groups *)look->processes[i].groups);
		free((void *)look->processes[i].map);
		free((void *)look->processes[i].groups);
	}
	free(look->processes);
	*look = (struct map_look){ 0 };
}

/* Adds the process to the look; 0, -ESRCH: it is gone, or another -errno. */
static int look_at(struct map_look *look, struct page_scan *scan, uint32_t pid, bool pss)
{
	struct map_process *process = &look->processes[look->nr];
	struct process_map *map = calloc(1, sizeof(*map));
	struct map_groups *groups = calloc(1, sizeof(*groups));
	int err = map && groups ? map_reader__read(scan, pid, pss, map) : -ENOMEM;

	*process = (struct map_process){ .map = map, .groups = groups, .grew_from = MT_UNKNOWN_U64 };
	if (!err) {
		map_class__tell(map);
		err = map_groups__make(groups, map);
	}
	look->nr++;
	if (!err) {
		look->refused += map->error != 0;
		return 0;
	}
	look->nr--;
	if (map)
		map_reader__done(map);
	if (groups)
		map_groups__done(groups);
	free(map);
	free(groups);
	return err;
}

static int show(struct render *render, const struct options *options, const struct map_look *look)
{
	const struct map_request request = {
		.processes = look->processes,
		.nr = look->nr,
		.rows = options->rows,
		.pss = options->pss,
	};
	struct report *report = report__new("memtrace.map/1");
	struct map_view view = { 0 };
	int err;

	if (!report)
		return -ENOMEM;
	err = map_view__add(&view, &request, report);
	if (!err)
		err = render__report(render, report);
	report__free(report);
	map_view__done(&view);
	return err;
}

/* Pids that were asked for; *list is the caller's to free().  0 or -errno. */
static int find_pids(const struct options *options, uint32_t **list, size_t *nr)
{
	const struct uint_list *pids = &options->pids;
	size_t i;

	if (options->comms.nr)
		return map_reader__find(options->comms.list, options->comms.nr, list, nr);
	*nr = 0;
	*list = calloc(pids->nr + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (i = 0; i < pids->nr; i++)
		(*list)[(*nr)++] = (uint32_t)pids->list[i];
	return 0;
}

/* An exit code; *err: of what failed without a message. */
static int look_once(struct render *render, const struct options *options, const uint32_t *pids, size_t nr, int *err)
{
	struct map_look look = { .processes = calloc(nr + 1, sizeof(*look.processes)) };
	int code = EXIT_OK, one;
	struct page_scan scan;
	size_t i;

	page_scan__init(&scan);
	*err = look.processes ? 0 : -ENOMEM;
	for (i = 0; !*err && i < nr && !stop__asked(); i++) {
		one = look_at(&look, &scan, pids[i], options->pss);
		if (one == -ESRCH && !options->comms.nr)
			log_warn("-p %u: no such process, or it has no memory of its own", pids[i]);
		else if (one != -ESRCH)
			*err = one;
	}
	if (!*err && !look.nr) {
		log_error("map: there is no such process, or it has no memory of its own");
		code = EXIT_USAGE;
	} else if (!*err) {
		*err = show(render, options, &look);
		code = look.refused == look.nr ? EXIT_FAILED : EXIT_OK;
	}
	if (look.refused)
		log_warn("the mappings of %zu of %zu processes cannot be read: it takes CAP_SYS_PTRACE, or to be that "
			 "user",
			 look.refused, look.nr);
	free_look(&look);
	return code;
}

static int run_map(struct options *options)
{
	struct render render = { 0 };
	uint32_t *pids = NULL;
	size_t nr = 0;
	int code = render__open(&render, &options->out), err = 0;

	if (code == EXIT_OK)
		err = find_pids(options, &pids, &nr);
	if (code == EXIT_OK && !err)
		code = look_once(&render, options, pids, nr, &err);
	free(pids);
	return render__close(&render, err, code);
}

static const struct option_row own_options[] = {
	{ .name = "pid",
	  .short_name = 'p',
	  .type = OPT_UINTS,
	  .offset = offsetof(struct options, pids),
	  .min = 1,
	  .max = PID_LIMIT,
	  .arg = "PID",
	  .help = "this process; repeatable, or with commas: -p 1,2" },
	{ .name = "comm",
	  .short_name = 'n',
	  .type = OPT_STRINGS,
	  .offset = offsetof(struct options, comms),
	  .arg = "COMM",
	  .help = "processes of this name, as in /proc/PID/comm; repeatable" },
	{ .name = "pss",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, pss),
	  .help = "also PSS and USS of each process, from smaps_rollup: the kernel looks at each page for that, and "
		  "the process cannot change its mappings meanwhile" },
	{ .name = "rows",
	  .short_name = 'k',
	  .type = OPT_UINT,
	  .offset = offsetof(struct options, rows),
	  .max = 1000000,
	  .arg = "N",
	  .help = "show N rows of a table, 20 by default, or all with 0; JSON always has all" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = { own_options, output_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "where the memory of a process is", .line = "memtrace map -p 812" },
	{ .text = "all of its mappings, for programs", .line = "memtrace map -p 812 --json" },
	{ .text = "of all processes of a name, with what they share divided",
	  .line = "memtrace map -n postgres --pss" },
	{},
};

const struct command map_command = {
	.name = "map",
	.question = "where is the memory of this process?",
	.summary = "mappings of processes: what is resident, what is swapped",
	.usage = "-p PID | -n COMM [OPTIONS]",
	.details = "Shows each mapping of a process, or those that belong together, with its size and how much of it "
		   "is in\n"
		   "memory and in swap: the heap, arenas of malloc, stacks, anonymous memory, memory that programs "
		   "are compiled to,\n"
		   "each file, shared memory. Sums are those of the kernel (/proc/PID/status).\n"
		   "\n"
		   "Needs no BPF; processes of other users need root.",
	.options = option_groups,
	.examples = examples,
	.run = run_map,
};
