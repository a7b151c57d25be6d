// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace map: where the memory of processes is. */
#include <errno.h>
#include <stdlib.h>

#include "../base/log.h"
#include "../base/stop.h"
#include "../cli/command.h"
#include "map_look.h"

extern const struct command map_command;

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
static int show_look(struct render *render, const struct options *options, const struct map_look *look, int *err)
{
	const struct map_request request = { .processes = look->processes, .nr = look->nr };

	if (!look->nr) {
		log_error("map: there is no such process, or it has no memory of its own");
		return EXIT_USAGE;
	}
	*err = map_look__show(render, options, request);
	map_look__say_refused(look);
	return look->refused == look->nr ? EXIT_FAILED : EXIT_OK;
}

/* The same. */
static int look_once(struct render *render, const struct options *options, const uint32_t *pids, size_t nr, int *err)
{
	int code = EXIT_OK, one;
	struct page_scan scan;
	struct map_look look;
	size_t i;

	page_scan__init(&scan);
	*err = map_look__init(&look, nr);
	for (i = 0; !*err && i < nr && !stop__asked(); i++) {
		one = map_look__read(&look, &scan, pids[i], options->pss);
		if (!one && options->nodes)
			map_look__read_nodes(&look.processes[look.nr - 1], 0);
		if (one == -ESRCH && !options->comms.nr)
			log_warn("-p %u: no such process, or it has no memory of its own", pids[i]);
		else if (one != -ESRCH)
			*err = one;
	}
	if (!*err)
		code = show_look(render, options, &look, err);
	map_look__done(&look);
	return code;
}

/* Mappings as they are now, which needs no BPF. */
static int run_look(const struct options *options)
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

static int run_map(struct options *options)
{
	const struct options *o = options;
	bool single = o->pids.nr || o->tids.nr || o->comms.nr || o->cmd;
	bool others = o->tids.nr || o->users.nr || o->cgroups.nr || o->follow || o->cmd;
	bool still;

	if (o->sort && !map_view__sorts_by(o->sort)) {
		log_error(
			"--sort '%s': expected one of RSS, SWAP, GREW, SWAP-GREW, ANON, FILE, SHMEM, TABLES, PSS, USS, "
			"CHARGED",
			o->sort);
		return EXIT_USAGE;
	}
	if (o->replay)
		return map_live__run(options, false);
	if (single && (o->sort || o->by >= 0)) {
		log_error("map: --sort and --by are about the table of all processes: expected no -p, -n, -t and CMD");
		return EXIT_USAGE;
	}
	if (single && o->command) {
		log_error("map: --command is about the table of all processes: expected no -p, -n, -t and CMD");
		return EXIT_USAGE;
	}
	if (o->nodes && !single) {
		log_error("map: --nodes is about the mappings of processes: expected -p, -n, -t or CMD");
		return EXIT_USAGE;
	}
	if (o->wss && (!single || (!o->cmd && !o->duration_ns && !o->interval_ns))) {
		log_error("map: --wss is about processes within an interval: expected -p, -n or -t with -d or -i, or "
			  "CMD");
		return EXIT_USAGE;
	}
	if (o->pids.nr && o->comms.nr)
		others = true;
	still = single && !others && !o->duration_ns && !o->interval_ns;
	return still && !o->record ? run_look(o) : map_live__run(options, still);
}

static const char *const cgroup_alone[] = { "cgroup", NULL };

static const struct option_row own_options[] = {
	{ .name = "pss",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, pss),
	  .help = "also PSS and USS of each process, from smaps_rollup: the kernel looks at each page for that, and "
		  "the process cannot change its mappings meanwhile" },
	{ .name = "wss",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, wss),
	  .help = "also what of each mapping was used within -d, -i or CMD (the working set): clears the marks of its "
		  "pages (clear_refs), which the kernel's reclaim uses too, and reads smaps" },
	{ .name = "nodes",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = offsetof(struct options, nodes),
	  .help = "also on which NUMA nodes the pages of each mapping are, from numa_maps: the kernel looks at each "
		  "page for that, and the process cannot change its mappings meanwhile" },
	OPTION_ROWS(.help = "show N rows of a table, 20 by default, or all with 0; JSON always has all"),
	{ .name = "sort",
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, sort),
	  .arg = "FIELD",
	  .help = "sort processes, or cgroups, by this column of sizes, named as in the header; by RSS by default" },
	{ .name = "by",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct options, by),
	  .min = BY_CGROUP,
	  .choices = cgroup_alone,
	  .arg = "GROUP",
	  .help = "a table of cgroups, sums of their processes, in which what those share is counted for each, and "
		  "what "
		  "the kernel charges to a cgroup for it, each page once" },
	{ .name = "command",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = offsetof(struct options, command),
	  .help = "show also who is the parent (PPID) and the command line of each process, also in JSON" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = {
	time_options, window_options, filter_options, record_options, own_options, output_options,
	ring_options, attach_options, kernel_options, common_options, NULL
};

static const struct example examples[] = {
	{ .text = "where the memory of a process is", .line = "memtrace map -p 812" },
	{ .text = "what it does with it within ten seconds", .line = "memtrace map -p 812 -d 10" },
	{ .text = "what of its memory it uses within a minute", .line = "memtrace map -p 812 -d 60 --wss" },
	{ .text = "on which NUMA nodes it is", .line = "memtrace map -p 812 --nodes" },
	{ .text = "who holds most of the machine's memory, and who grows", .line = "memtrace map --sort GREW -d 10" },
	{ .text = "with the command lines, as PostgreSQL's processes say there what they do",
	  .line = "memtrace map -c postgresql.service --pss --command" },
	{ .text = "the same by cgroup", .line = "memtrace map --by cgroup" },
	{ .text = "beside that, a recording of it", .line = "memtrace map -p 812 -d 60 --record map.rec" },
	{ .text = "of all processes of a name, with what they share divided",
	  .line = "memtrace map -n postgres --pss" },
	{},
};

const struct command map_command = {
	.name = "map",
	.question = "where is the memory of this process, and of all?",
	.summary = "mappings of processes: what is resident, what is swapped",
	.usage = "[-p PID | -n COMM] [OPTIONS] [-- CMD...]",
	.details =
		"Shows each mapping of a process, or those that belong together, with its size and how much of it "
		"is in\n"
		"memory and in swap: the heap, arenas of malloc, stacks, anonymous memory, memory that programs "
		"are compiled to,\n"
		"each file, shared memory. Sums are those of the kernel (/proc/PID/status).\n"
		"\n"
		"With -d, -i or CMD also what happened to each within that time: minor and major faults, writes to "
		"pages that\n"
		"were present, bytes that were touched for the first time.\n"
		"\n"
		"Without a process, the processes of the machine, or of a cgroup or user, by what they hold, and what "
		"they grow\n"
		"by within a second, or within -d.\n"
		"\n"
		"A look at single processes needs no BPF; those of other users need root.",
	.takes_cmd = true,
	.replays = true,
	.options = option_groups,
	.examples = examples,
	.run = run_map,
};
