// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace map for some time: what processes do with their memory, and the processes of the machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/arena.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../kernel/referenced.h"
#include "../session/tracing.h"
#include "events_end.h"
#include "map_look.h"

/* Of so many processes at most mappings are shown: those that hold most. */
#define MAPPED_PROCESSES 64
/* Looks are for processes that end: then the last one is shown.  They take a twentieth of the time at most. */
#define LOOK_NS	    NSEC_PER_SEC
#define CMD_LOOK_NS (NSEC_PER_SEC / 20)
#define LOOK_SHARE  20
/* Between the two looks at all processes, unless -d says otherwise. */
#define MACHINE_NS NSEC_PER_SEC
/* All processes together get so long for PSS. */
#define PSS_NS (2 * NSEC_PER_SEC)

struct map_live {
	struct tracing tracing;
	struct map_activities all;
	struct page_scan scan;
	struct map_look look;  /* the newest */
	struct arena names;    /* of cgroups */
	uint64_t begun_ns;     /* the interval */
	uint64_t next_look_ns; /* not before */
	uint64_t lost;	       /* events until the interval began */
	bool single;
	bool set_up;
	bool shown; /* something was */
};

/* Of single processes, with mappings: else of all, without. */
static bool is_single(const struct options *options)
{
	return options->pids.nr || options->tids.nr || options->comms.nr || options->cmd;
}

/* The first records come while the session opens, before ready(). */
static void set_up(struct map_live *run)
{
	if (run->set_up)
		return;
	run->set_up = true;
	run->single = is_single(run->tracing.session.options);
#ifdef __x86_64__
	run->all.has_codes = true;
#endif
	run->all.page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	run->all.begun_ns = run->begun_ns = clock__boot_ns();
	page_scan__init(&run->scan);
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct map_live *run = ctx;
	struct map_activities *all = &run->all;
	const struct event_names *names = &session->names;

	set_up(run);
	switch (row->id) {
	case MT_REC_memory:
		return map_activities__memory(all, record);
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

static int more_first(const void *a, const void *b)
{
	uint64_t first = map_activity__held(&(*(struct map_traced *const *)a)->last);
	uint64_t second = map_activity__held(&(*(struct map_traced *const *)b)->last);

	return (first < second) - (first > second);
}

/* All that were there within the interval, those that hold most first: *list is the caller's to free(). */
static int rank(const struct map_live *run, struct map_traced ***list, size_t *nr)
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

/* What the iterator has found of a process, as a map without mappings. */
static int take_sums(struct map_live *run, struct map_look *look, const struct map_traced *traced, uint64_t until_ns)
{
	struct map_process *process = &look->processes[look->nr];
	const struct mt_memory *last = &traced->last;
	struct process_map *map = calloc(1, sizeof(*map));

	*process = (struct map_process){ .map = map, .cgroup = cgroup_of(run, &last->who) };
	if (!map)
		return -ENOMEM;
	look->nr++;
	process->grew_from = map_activity__held(&traced->first);
	process->ended = last->ended || !until_ns;
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
	if (run->tracing.session.options->pss && !last->ended && clock__boot_ns() < until_ns)
		map_reader__read_pss(map, last->who.start_ns);
	return 0;
}

/* What was found last of a process that cannot be looked at any more; it may have ended before there was a look. */
static int take_over(struct map_live *run, struct map_look *look, const struct map_traced *traced)
{
	struct map_process *before = map_look__find(&run->look, traced->last.who.pid);
	struct map_process *process = &look->processes[look->nr];

	if (!before)
		return take_sums(run, look, traced, 0);
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

static int look_at_all(struct map_live *run, struct map_look *look, struct map_traced **list, size_t nr)
{
	bool pss = run->tracing.session.options->pss;
	int err = 0, one;

	for (size_t i = 0; !err && i < nr && look->nr < MAPPED_PROCESSES; i++) {
		const struct mt_who *who = &list[i]->last.who;

		one = list[i]->last.ended ? -ESRCH : map_look__add(look, &run->scan, who->pid, who->start_ns, pss);
		if (!one)
			tell_heap(run, look->processes[look->nr - 1].map);
		err = one == -ESRCH ? take_over(run, look, list[i]) : one;
	}
	return err;
}

static int take_look(struct map_live *run)
{
	uint64_t began_ns = clock__boot_ns(), now_ns;
	struct map_traced **list;
	struct map_look look;
	size_t nr;
	int err = rank(run, &list, &nr);

	if (!err)
		err = map_look__init(&look, MAPPED_PROCESSES);
	if (!err) {
		err = look_at_all(run, &look, list, nr);
		map_look__done(&run->look);
		run->look = look;
	}
	free(list);
	now_ns = clock__boot_ns();
	run->next_look_ns = now_ns + LOOK_SHARE * (now_ns - began_ns);
	return err;
}

static int add_activity(struct map_live *run, struct map_process *process)
{
	uint32_t pid = process->map->pid;
	struct map_traced *traced;

	HASH_FIND(hh, run->all.processes, &pid, sizeof(pid), traced);
	if (!traced)
		return 0;
	process->grew_from = map_activity__held(&traced->first);
	process->cgroup = cgroup_of(run, &traced->last.who);
	process->ended |= traced->last.ended;
	run->all.dropped += process->groups ? traced->dropped : traced->nr_faults;
	if (!process->groups)
		return 0;
	return map_activity__sum(&run->all, traced, process->map, process->groups, &process->activity);
}

static int sum_up(struct map_live *run)
{
	uint64_t until_ns = clock__boot_ns() + PSS_NS;
	struct map_traced **list;
	size_t nr, i;
	int err = rank(run, &list, &nr);

	map_look__done(&run->look);
	if (!err)
		err = map_look__init(&run->look, nr);
	for (i = 0; !err && i < nr; i++)
		if (!list[i]->last.ended)
			err = take_sums(run, &run->look, list[i], until_ns);
	free(list);
	return err;
}

/* What it used since its marks were cleared, or since it began. */
static void read_referenced(struct map_live *run, struct map_process *process)
{
	uint32_t pid = process->map->pid;
	struct map_traced *traced;

	HASH_FIND(hh, run->all.processes, &pid, sizeof(pid), traced);
	if (!traced || process->ended || !process->groups ||
	    (!traced->clear_ns && traced->last.who.start_ns < run->all.begun_ns))
		return;
	process->map->cost_ns.wss = traced->clear_ns;
	if (!referenced__read(process->map, traced->last.who.start_ns))
		map_groups__take_referenced(process->groups, process->map);
}

static void read_nodes(struct map_live *run, struct map_process *process)
{
	uint32_t pid = process->map->pid;
	struct map_traced *traced;

	HASH_FIND(hh, run->all.processes, &pid, sizeof(pid), traced);
	if (traced && !process->ended)
		map_look__read_nodes(process, traced->last.who.start_ns);
}

static void clear_referenced(struct map_live *run)
{
	struct map_traced *traced, *next;
	uint64_t took_ns;

	HASH_ITER (hh, run->all.processes, traced, next)
		if (!traced->last.ended &&
		    !referenced__clear(traced->last.who.pid, traced->last.who.start_ns, &took_ns))
			traced->clear_ns = took_ns;
}

/* Of single processes the newest look with what happened since the interval began; or all processes. */
static int fill(struct map_live *run)
{
	size_t i;
	bool wss = run->tracing.session.options->wss;
	int err = run->single ? take_look(run) : sum_up(run);

	for (i = 0; !err && wss && i < run->look.nr; i++)
		read_referenced(run, &run->look.processes[i]);
	for (i = 0; !err && run->tracing.session.options->nodes && i < run->look.nr; i++)
		read_nodes(run, &run->look.processes[i]);
	for (i = 0; !err && run->single && i < run->look.nr; i++)
		err = add_activity(run, &run->look.processes[i]);
	return err;
}

/* Counts are of an interval, a look outlives it: of a process that ends it is shown in the next one. */
static void begin_interval(struct map_live *run, uint64_t now_ns)
{
	size_t i;

	for (i = 0; i < run->look.nr; i++) {
		struct map_groups *groups = run->look.processes[i].groups;

		free(run->look.processes[i].activity);
		run->look.processes[i].activity = NULL;
		if (groups && groups->nr && groups->list[groups->nr - 1].class == MAPPED_GONE)
			groups->nr--;
		/* its name was of the last interval */
		run->look.processes[i].cgroup = NULL;
	}
	map_activities__begin(&run->all, now_ns);
	if (run->tracing.session.options->wss)
		clear_referenced(run);
	arena__reset(&run->names);
	run->begun_ns = now_ns;
	run->lost = run->tracing.session.totals.losses.hot;
}

static int show(struct map_live *run)
{
	struct session *session = &run->tracing.session;
	uint64_t now_ns = clock__boot_ns(), lost = session->totals.losses.hot;
	int err = fill(run);
	const struct map_request request = {
		.processes = run->look.processes,
		.nr = run->look.nr,
		.duration_ns = now_ns - run->begun_ns,
		.lost = lost - run->lost + run->all.dropped,
		.traced = run->single,
		.machine = !run->single,
	};

	if (!err)
		err = map_look__show(&run->tracing.render, session->options, request);
	map_look__say_refused(&run->look);
	begin_interval(run, now_ns);
	run->shown = true;
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	struct map_live *run = ctx;
	int err = 0;

	if (session->options->interval_ns)
		err = show(run);
	else if (run->single && clock__boot_ns() >= run->next_look_ns)
		err = take_look(run);
	return err;
}

static int ready(struct tracing *tracing)
{
	struct map_live *run = (struct map_live *)tracing;
	int err;

	set_up(run);
	run->all.has_calls = tracing->session.view.probes[MT_PROBE_space].attached;
	err = run->single ? take_look(run) : 0;
	begin_interval(run, clock__boot_ns());
	if (!err)
		return EXIT_OK;
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

static int finish(struct tracing *tracing)
{
	struct map_live *run = (struct map_live *)tracing;
	int err = run->shown && tracing->session.options->interval_ns ? 0 : show(run);

	if (run->single)
		events_end__say(&tracing->session.totals);
	return err;
}

static void done(struct tracing *tracing)
{
	struct map_live *run = (struct map_live *)tracing;

	map_look__done(&run->look);
	map_activities__done(&run->all);
	arena__free(&run->names);
}

/* Processes are read where an interval ends: that of all of them is the whole run. */
static uint64_t look_every(const struct options *options)
{
	if (!is_single(options))
		return options->duration_ns;
	return options->cmd ? CMD_LOOK_NS : LOOK_NS;
}

static int run(const struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .done = done };
	bool single = is_single(options);
	const struct session_config config = {
		.probes = 1U << MT_PROBE_memory,
		.every = single ? 1U << MT_PROBE_fault | 1U << MT_PROBE_minor | 1U << MT_PROBE_space : 0,
		.latency = single,
		.no_rows = true,
		.default_interval_ns = look_every(options),
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 16 },
		.event = on_event,
		.interval = on_interval,
	};

	return tracing__run(sizeof(struct map_live), options, &config, &ops);
}

int map_live__run(struct options *options)
{
	if (!is_single(options) && !options->duration_ns && !options->interval_ns)
		options->duration_ns = MACHINE_NS;
	return run(options);
}
