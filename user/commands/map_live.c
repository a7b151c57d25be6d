// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * memtrace map for some time, live or of a recording: what processes do with their memory, and the processes of the
 * machine.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../session/replayed.h"
#include "events_end.h"
#include "map_live.h"

/* Looks are for processes that end: then the last one is shown.  They take a twentieth of the time at most. */
#define LOOK_NS	    NSEC_PER_SEC
#define CMD_LOOK_NS (NSEC_PER_SEC / 20)
#define LOOK_SHARE  20
/* Between the two looks at all processes, unless -d says otherwise. */
#define MACHINE_NS NSEC_PER_SEC
/* A look at single processes that is to be recorded: a run that ends at once. */
#define STILL_NS 1000000ULL

#define ACTIVITY_PROBES (1U << MT_PROBE_fault | 1U << MT_PROBE_minor | 1U << MT_PROBE_space)

/* Of single processes, with mappings: else of all, without. */
static bool is_single(const struct options *options)
{
	return options->pids.nr || options->tids.nr || options->comms.nr || options->cmd;
}

static void begin_interval(struct map_live *run, uint64_t now_ns);

/* The run begins with the first record that is not older: what came before is where it begins from. */
static bool is_in_run(struct map_live *run, uint64_t time_ns)
{
	const struct session *session = &run->tracing.session;

	if (session->filter.before || !session->view.start_ns || time_ns < session->view.start_ns)
		return false;
	if (!run->begun)
		begin_interval(run, session->view.start_ns);
	run->begun = true;
	return true;
}

static int take_activity(struct map_live *run, const struct event_row *row, const void *record)
{
	const struct event_names *names = &run->tracing.session.names;
	struct map_activities *all = &run->all;

	switch (row->id) {
	case MT_REC_fault:
		return map_activities__fault(all, names->who(names->ctx, ((const struct mt_fault *)record)->who.id),
					     record);
	case MT_REC_minor:
		return map_activities__minor(all, names->who(names->ctx, ((const struct mt_minor *)record)->who.id),
					     record);
	case MT_REC_space:
		return map_activities__space(all, names->who(names->ctx, ((const struct mt_space *)record)->who.id),
					     record);
	case MT_REC_major:
		return map_activities__major(all, record);
	default:
		return 0;
	}
}

/* The first records come while the session opens, before ready(). */
static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct map_live *run = ctx;
	bool counts = is_in_run(run, ((const struct mt_hdr *)record)->time_ns);

	(void)session;
	if (row->id == MT_REC_memory)
		return map_activities__memory(&run->all, record);
	return counts ? take_activity(run, row, record) : 0;
}

static int more_first(const void *a, const void *b)
{
	uint64_t first = map_activity__held(&(*(struct map_traced *const *)a)->last);
	uint64_t second = map_activity__held(&(*(struct map_traced *const *)b)->last);

	return (first < second) - (first > second);
}

int map_live__rank(const struct map_live *run, struct map_traced ***list, size_t *nr)
{
	struct map_traced *traced, *next;

	*nr = 0;
	*list = calloc(HASH_COUNT(run->all.processes) + 1, sizeof(struct map_traced *));
	if (!*list)
		return -ENOMEM;
	HASH_ITER (hh, run->all.processes, traced, next)
		(*list)[(*nr)++] = traced;
	qsort(*list, *nr, sizeof(struct map_traced *), more_first);
	return 0;
}

static const char *cgroup_of(struct map_live *run, const struct mt_who *who)
{
	const struct event_names *names = &run->tracing.session.names;
	const char *name = who->cgroup_id && names->cgroup ? names->cgroup(names->ctx, who->cgroup_id) : NULL;
	char *copy = name ? arena__zeroed(&run->names, strlen(name) + 1) : NULL;

	return copy ? strcpy(copy, name) : NULL;
}

/* What /proc says of a process that lives. */
static void take_command(struct map_live *run, const struct mt_who *who, struct map_process *process)
{
	const struct session *session = &run->tracing.session;
	const struct event_names *names = &session->names;
	const char *line;
	char *copy;

	process->parent = MT_UNKNOWN_U64;
	if (!session->options->command || process->ended || !names->command_line)
		return;
	process->parent = names->parent(names->ctx, who->pid, who->start_ns);
	line = names->command_line(names->ctx, who->pid, who->start_ns);
	copy = line ? arena__zeroed(&run->names, strlen(line) + 1) : NULL;
	process->command = copy ? strcpy(copy, line) : NULL;
}

/* PSS and USS, where they were asked for. */
static void take_pss(struct map_live *run, const struct map_traced *traced, struct process_map *map)
{
	struct process_map found;

	if (traced->last.ended || map_recorded__get(&run->maps, &traced->last.who, &found))
		return;
	map->pss = found.pss;
	map->uss = found.uss;
	map->cost_ns = found.cost_ns;
	process_map__done(&found);
}

/* What the iterator has found of a process, as a map without mappings. */
static int take_sums(struct map_live *run, struct map_look *look, const struct map_traced *traced)
{
	struct map_process *process = &look->processes[look->nr];
	const struct mt_memory *last = &traced->last;
	struct process_map *map = calloc(1, sizeof(*map));

	*process = (struct map_process){ .map = map, .cgroup = cgroup_of(run, &last->who) };
	if (!map)
		return -ENOMEM;
	look->nr++;
	process->grew_from = map_activity__held(&traced->first);
	process->swap_from = traced->first.swap_bytes;
	process->charged = map_recorded__charge(&run->maps, last->who.cgroup_id);
	process->ended = last->ended || run->single;
	take_command(run, &last->who, process);
	map->pid = last->who.pid;
	memcpy(map->comm, last->who.comm, sizeof(last->who.comm));
	map->pss = map->uss = MT_UNKNOWN_U64;
	memset(&map->kernel, 0xff, sizeof(map->kernel));
	if (!last->hdr.id)
		return 0; /* it was never found */
	map->kernel.anon = last->anon_rss_bytes;
	map->kernel.file = last->file_rss_bytes;
	map->kernel.shmem = last->shmem_rss_bytes;
	map->kernel.rss = map->kernel.anon + map->kernel.file + map->kernel.shmem;
	map->kernel.swap = last->swap_bytes;
	map->kernel.page_tables = last->pgtables_bytes;
	take_pss(run, traced, map);
	return 0;
}

/* What was found last of a process that cannot be looked at any more; it may have ended before there was a look. */
static int take_over(struct map_live *run, struct map_look *look, const struct map_traced *traced)
{
	struct map_process *before = map_look__find(&run->look, traced->last.who.pid);
	struct map_process *process = &look->processes[look->nr];

	if (!before)
		return take_sums(run, look, traced);
	*process = *before;
	process->ended = true;
	look->refused += process->map->error != 0;
	look->nr++;
	*before = run->look.processes[--run->look.nr];
	return 0;
}

static void tell_heap(struct map_live *run, const struct process_map *map)
{
	size_t i;

	for (i = 0; i < map->nr_areas; i++)
		if (map->areas[i].class == MAPPED_HEAP)
			map_activities__heap(&run->all, map->pid, map->areas[i].end);
}

static int take_map(struct map_live *run, struct map_look *look, const struct map_traced *traced)
{
	struct process_map map;
	int err;

	if (map_recorded__get(&run->maps, &traced->last.who, &map))
		return take_over(run, look, traced);
	err = map_look__add(look, &map);
	if (!err)
		tell_heap(run, look->processes[look->nr - 1].map);
	return err;
}

/* Another look, whose maps are there. */
static int take_look(struct map_live *run)
{
	struct map_traced **list;
	struct map_look look;
	size_t nr, i;
	int err = map_live__rank(run, &list, &nr);

	run->single = true;
	if (!err)
		err = map_look__init(&look, MAPPED_PROCESSES);
	if (!err) {
		for (i = 0; !err && i < nr && i < MAPPED_PROCESSES; i++)
			err = take_map(run, &look, list[i]);
		map_look__done(&run->look);
		run->look = look;
	}
	free(list);
	return err;
}

/* Before a moment that has the records of this look. */
static int look(struct map_live *run, bool shown)
{
	uint64_t began_ns = clock__boot_ns(), now_ns;
	int err = map_gather__mappings(run, shown);

	if (!err)
		err = take_look(run);
	now_ns = clock__boot_ns();
	run->next_look_ns = now_ns + LOOK_SHARE * (now_ns - began_ns);
	return err;
}

static int on_look(struct session *session, void *ctx, uint64_t due_ns, bool final)
{
	struct map_live *run = ctx;
	bool shown = final || session__interval_ends(session, due_ns);

	(void)is_in_run(run, UINT64_MAX);
	if (!run->single)
		return shown && (session->options->pss || run->cgroups) ? map_gather__machine(run) : 0;
	return shown || clock__boot_ns() >= run->next_look_ns ? look(run, shown) : 0;
}

/* Of a recording. */
static int on_map(struct session *session, void *ctx, const void *record)
{
	const uint64_t whole = MAP_LOOK_ENDS | MAP_LOOK_AREAS;
	const struct map_look_record *end = record;
	struct map_live *run = ctx;
	int err;

	(void)session;
	(void)is_in_run(run, end->hdr.time_ns);
	err = map_recorded__take(&run->maps, record);
	if (err || end->hdr.id != REC_MAP_LOOK || (end->flags & whole) != whole)
		return err;
	return take_look(run);
}

static int add_activity(struct map_live *run, struct map_process *process)
{
	uint32_t pid = process->map->pid;
	struct map_traced *traced;

	HASH_FIND(hh, run->all.processes, &pid, sizeof(pid), traced);
	if (!traced)
		return 0;
	process->cgroup = cgroup_of(run, &traced->last.who);
	process->ended |= traced->last.ended;
	if (!run->traced)
		return 0;
	process->grew_from = map_activity__held(&traced->first);
	process->swap_from = traced->first.swap_bytes;
	run->all.dropped += process->groups ? traced->dropped : traced->nr_faults;
	if (!process->groups)
		return 0;
	return map_activity__sum(&run->all, traced, process->map, process->groups, &process->activity);
}

static int sum_up(struct map_live *run)
{
	struct map_traced **list;
	size_t nr, i;
	int err = map_live__rank(run, &list, &nr);

	map_look__done(&run->look);
	if (!err)
		err = map_look__init(&run->look, nr);
	for (i = 0; !err && i < nr; i++)
		if (!list[i]->last.ended)
			err = take_sums(run, &run->look, list[i]);
	free(list);
	return err;
}

/* Of single processes the newest look with what happened since the interval began; or all processes. */
static int fill(struct map_live *run)
{
	size_t i;
	int err = run->single ? 0 : sum_up(run);

	for (i = 0; !err && run->single && i < run->look.nr; i++)
		err = add_activity(run, &run->look.processes[i]);
	return err;
}

/* What is of the interval alone: of a process that ends, its last look is shown in the next one too. */
static void forget_interval(struct map_process *process)
{
	struct map_groups *groups = process->groups;

	free(process->activity);
	process->activity = NULL;
	process->cgroup = process->command = NULL; /* they were the interval's */
	process->map->knows_referenced = false;
	process->map->cost_ns.wss = 0;
	if (groups && groups->nr && groups->list[groups->nr - 1].class == MAPPED_GONE)
		groups->nr--;
	if (groups)
		map_groups__take_referenced(groups, process->map);
}

static void begin_interval(struct map_live *run, uint64_t now_ns)
{
	size_t i;

	for (i = 0; i < run->look.nr; i++)
		forget_interval(&run->look.processes[i]);
	map_activities__begin(&run->all, now_ns);
	arena__reset(&run->names);
	run->begun_ns = now_ns;
	run->lost = run->tracing.session.totals.losses.hot;
}

static int show(struct map_live *run)
{
	struct session *session = &run->tracing.session;
	bool interval = run->traced || !run->single;
	uint64_t now_ns = session->checkpoint.now_ns;
	int err;

	(void)is_in_run(run, UINT64_MAX); /* no record may have come */
	err = fill(run);
	const struct map_request request = {
		.processes = run->look.processes,
		.nr = run->look.nr,
		.duration_ns = interval ? now_ns - run->begun_ns : 0,
		.lost = session->totals.losses.hot - run->lost + run->all.dropped,
		.traced = run->traced && run->single,
		.machine = !run->single,
		.command = session->options->command,
	};

	if (!err)
		err = map_look__show(&run->tracing.render, session->options, request);
	if (!session->options->replay)
		map_look__say_refused(&run->look);
	begin_interval(run, now_ns);
	if (session->options->wss && !session->options->replay)
		map_gather__clear_referenced(run);
	run->shown = true;
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	return session->options->interval_ns ? show(ctx) : 0;
}

static int ready(struct tracing *tracing)
{
	struct map_live *run = (struct map_live *)tracing;
	const struct session *session = &tracing->session;
	int err = 0;

	run->traced = session->facts.every & 1U << MT_PROBE_fault;
	run->all.has_codes = !strcmp(replayed__machine(session), "x86_64");
	run->all.has_calls = session->view.probes[MT_PROBE_space].attached;
	run->all.page_size = session->facts.page_size;
	if (session->options->replay)
		return EXIT_OK;
	run->single = is_single(session->options);
	page_scan__init(&run->scan);
	if (!run->single && session->options->by >= 0)
		run->cgroups = cgroups__new();
	if (run->single)
		err = look(run, false);
	if (session->options->wss)
		map_gather__clear_referenced(run);
	if (!err)
		return EXIT_OK;
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

/* Where a replay ends before its recording does, the last interval ends with it. */
static bool has_rest(const struct map_live *run)
{
	const struct options *options = run->tracing.session.options;

	if (!run->shown || !options->interval_ns)
		return true;
	return options->replay && (options->duration_ns || options->to.kind) &&
	       run->tracing.session.checkpoint.now_ns - run->begun_ns >= options->interval_ns / 2;
}

static int finish(struct tracing *tracing)
{
	struct map_live *run = (struct map_live *)tracing;
	int err = has_rest(run) ? show(run) : 0;

	if (run->traced && run->single)
		events_end__say(&tracing->session.totals);
	return err;
}

static void done(struct tracing *tracing)
{
	struct map_live *run = (struct map_live *)tracing;

	map_look__done(&run->look);
	map_recorded__done(&run->maps);
	map_activities__done(&run->all);
	arena__free(&run->names);
	cgroups__free(run->cgroups);
}

/* Processes are read where an interval ends: that of all of them is the whole run. */
static uint64_t look_every(const struct options *options)
{
	if (options->replay || !is_single(options))
		return options->replay ? 0 : options->duration_ns;
	return options->cmd ? CMD_LOOK_NS : LOOK_NS;
}

/* Of a recording, what it has of activity is shown. */
static int run(const struct options *options, bool traced)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .done = done };
	const struct session_config config = {
		.probes = 1U << MT_PROBE_memory,
		.probes_too = options->replay ? ACTIVITY_PROBES : 0,
		.every = traced ? ACTIVITY_PROBES : 0,
		.latency = traced,
		.no_rows = true,
		.events_before = true,
		.default_interval_ns = look_every(options),
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 16 },
		.event = on_event,
		.map = on_map,
		.look = on_look,
		.interval = on_interval,
	};

	return tracing__run(sizeof(struct map_live), options, &config, &ops);
}

int map_live__run(struct options *options, bool still)
{
	bool single = is_single(options);

	if (still)
		options->duration_ns = STILL_NS;
	else if (!single && !options->replay && !options->duration_ns && !options->interval_ns)
		options->duration_ns = MACHINE_NS;
	return run(options, single && !still && !options->replay);
}
