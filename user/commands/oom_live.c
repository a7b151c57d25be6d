// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace oom without a log: a run that waits for kills, remembers the last minute, and reports each. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/keeper.h"
#include "../base/log.h"
#include "../base/loop.h"
#include "../kernel/kmsg.h"
#include "../kernel/oom_parser.h"
#include "../kernel/proc.h"
#include "../kernel/survive.h"
#include "../session/tracing.h"
#include "../views/losses.h"
#include "../views/oom_report.h"
#include "../count/oom_cases.h"
#include "oom_live.h"

#define TICK_NS	      NSEC_PER_SEC
#define DUE_STEP_NS   50000000ULL
#define WAIT_NS	      (2 * NSEC_PER_SEC) /* for what becomes of a victim */
#define HISTORY_BYTES (8U << 20)
#define HEAP_BYTES    (8U << 20)
#define REPORT_BYTES  (64ULL << 20) /* of all files in --dir */
#define PREFIX	      "oom-"
#define COMMANDS      64 /* command lines of the largest processes */
#define READ_AT_ONCE  4
#define SAME_KILL_NS  (10 * (int64_t)NSEC_PER_SEC) /* the clock of the log and that of records run apart */

struct known_command {
	uint32_t pid;
	uint64_t start_ns, bytes;
	char line[OOM_PATH];
};

struct oom_live {
	struct tracing tracing;
	struct oom_cases cases;
	struct flight *flight;
	struct keeper *keeper;
	struct loop_timer *timer;
	struct oom_view view;
	struct oom_kill kill;	   /* of the report that is made */
	const struct oom_case *of; /* that it is about, while the log is read */
	struct known_command commands[COMMANDS];
	uint64_t page_size, reports, unwritten;
	bool log_failed;
};

/* PSI's causes: time that all tasks spent in them. */
static uint64_t stalled_ns(const struct session *session)
{
	static const enum mt_slot slots[] = {
		MT_SLOT_stall_memcg_ns,	 MT_SLOT_stall_high_ns,	   MT_SLOT_stall_direct_ns, MT_SLOT_stall_compact_ns,
		MT_SLOT_stall_swapin_ns, MT_SLOT_stall_refault_ns, MT_SLOT_stall_other_ns,
	};
	const uint64_t *sums = aggregate__sums(session->view.aggregate, SCOPE_TOTAL);
	uint64_t sum = MT_UNKNOWN_U64;
	size_t i;

	for (i = 0; i < sizeof(slots) / sizeof(*slots); i++)
		if (run_view__knows(&session->view, slots[i]))
			sum = (sum == MT_UNKNOWN_U64 ? 0 : sum) + sums[slots[i]];
	return sum;
}

static struct known_command *find_command(struct oom_live *run, const struct mt_who *who)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (run->commands[i].pid == who->pid && run->commands[i].start_ns == who->start_ns)
			return &run->commands[i];
	return NULL;
}

static uint64_t rss_of(const struct flight_process *process)
{
	return process->last.anon_rss_bytes + process->last.file_rss_bytes + process->last.shmem_rss_bytes;
}

static const struct flight_process *largest_without_command(struct oom_live *run)
{
	const struct flight_process *largest = NULL, *p;

	for (p = run->flight->processes + 1; p <= run->flight->processes + run->flight->max_processes; p++)
		if (p->used && !p->last.ended && (!largest || rss_of(p) > rss_of(largest)) &&
		    !find_command(run, &p->last.who))
			largest = p;
	return largest;
}

/* A victim's command line is gone with its memory: those of the largest are read beforehand, a few at each tick. */
static void read_commands(struct oom_live *run)
{
	const struct flight_process *process;
	struct known_command *place, *c;
	size_t i;

	for (i = 0; i < READ_AT_ONCE; i++) {
		process = largest_without_command(run);
		if (!process)
			return;
		for (place = c = run->commands; c < run->commands + COMMANDS; c++)
			if (c->bytes < place->bytes)
				place = c;
		if (rss_of(process) <= place->bytes)
			return;
		place->pid = process->last.who.pid;
		place->start_ns = process->last.who.start_ns;
		place->bytes = rss_of(process);
		proc__cmdline(place->pid, place->start_ns, place->line, sizeof(place->line));
	}
}

static int on_interval(struct session *session, void *ctx)
{
	struct oom_live *run = ctx;
	uint64_t samples[NR_SAMPLES];
	size_t i;

	for (i = 0; i < NR_SAMPLES; i++)
		samples[i] = session->samples.extents[SCOPE_TOTAL][i].end;
	flight__tick(run->flight, session->checkpoint.now_ns, samples, stalled_ns(session));
	read_commands(run);
	return 0;
}

static void know_command(struct oom_live *run, struct oom_case *c)
{
	const struct known_command *known = find_command(run, &c->kill.victim);

	proc__cmdline(c->kill.victim.pid, c->kill.victim.start_ns, c->command_line, sizeof(c->command_line));
	if (!c->command_line[0] && known)
		snprintf(c->command_line, sizeof(c->command_line), "%s", known->line);
}

/* The first records come while the session opens. */
static int make_room(struct oom_live *run)
{
	const struct options *options = run->tracing.session.options;
	uint64_t history_ns = options->history_ns ? options->history_ns : 60 * NSEC_PER_SEC;

	run->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if (!run->flight)
		run->flight = flight__new((uint32_t)(history_ns / TICK_NS) + 4, HISTORY_BYTES, run->page_size);
	return run->flight ? 0 : -ENOMEM;
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct oom_live *run = ctx;
	struct oom_case *opened;

	(void)session;
	if (make_room(run))
		return -ENOMEM;
	if (row->id == MT_REC_memory) {
		flight__memory(run->flight, record);
		return 0;
	}
	opened = oom_cases__take(&run->cases, record);
	if (opened)
		know_command(run, opened);
	if (run->timer)
		loop_timer__set(run->timer, clock__boot_ns() + DUE_STEP_NS);
	return 0;
}

static int64_t apart(uint64_t a, uint64_t b)
{
	int64_t difference = (int64_t)(a - b);

	return difference < 0 ? -difference : difference;
}

/* What the log says of the case's kill. */
static int take_logged(void *ctx, const struct oom_kill *logged)
{
	struct oom_live *run = ctx;
	const struct mt_oom *kill = &run->of->kill;
	uint64_t wall_ns = kill->hdr.time_ns + (uint64_t)run->tracing.session.checkpoint.wall_offset_ns;
	uint64_t logged_ns = logged->when.boot_ns + (uint64_t)kmsg__wall_offset_ns();
	struct oom_task *tasks = NULL;

	if (logged->victim.pid != (kill->victim.pid ? kill->victim.pid : kill->victim.tid) ||
	    logged->when.boot_ns == MT_UNKNOWN_U64 || apart(logged_ns, wall_ns) > SAME_KILL_NS)
		return 0;
	if (logged->nr_tasks) {
		tasks = malloc(logged->nr_tasks * sizeof(*tasks));
		if (!tasks)
			return -ENOMEM;
		memcpy(tasks, logged->tasks, logged->nr_tasks * sizeof(*tasks));
	}
	oom_kill__done(&run->kill);
	run->kill = *logged;
	run->kill.tasks = tasks;
	return 0;
}

static int feed(void *ctx, const char *record, size_t len)
{
	return oom_parser__feed(ctx, record, len);
}

static void read_log(struct oom_live *run, const struct oom_case *c, struct oom_origin *origin)
{
	struct oom_parser *parser = oom_parser__new(take_logged, run);
	int err;

	run->of = c;
	err = parser ? kmsg__each(feed, parser, &origin->lost_records) : -ENOMEM;
	if (!err)
		err = oom_parser__end(parser);
	oom_parser__free(parser);
	if (err && !run->log_failed)
		log_warn("the kernel's log cannot be read: %s; reports have what programs see alone", strerror(-err));
	run->log_failed |= err != 0;
}

/* The report as one output has it: owned by the caller; NULL: no memory. */
static char *as_text(const struct oom_live *run, const struct report *report, const char *format, size_t *size)
{
	struct output output = { .ops = output__find(format),
				 .wall_offset_ns = run->tracing.render.output.wall_offset_ns };
	char *text = NULL;
	int err;

	output.stream = open_memstream(&text, size);
	if (!output.stream)
		return NULL;
	err = output.ops->report(&output, report);
	if (fclose(output.stream) || err) {
		free(text);
		return NULL;
	}
	return text;
}

/* "oom-20261128T031244-java-812.json": of a name what every file system takes. */
static void name_file(char buf[KEEPER_NAME_MAX], const struct oom_kill *kill, const char *format)
{
	time_t seconds = (time_t)(kill->when.wall_ns / NSEC_PER_SEC);
	char when[24] = "", comm[20];
	struct tm tm;
	size_t i;

	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &tm);
	snprintf(comm, sizeof(comm), "%.16s", kill->victim.comm);
	for (i = 0; comm[i]; i++)
		if (!isalnum((unsigned char)comm[i]))
			comm[i] = '_';
	snprintf(buf, KEEPER_NAME_MAX, PREFIX "%s-%s-%u.%s", when, comm, kill->victim.pid, format);
}

static void keep(struct oom_live *run, const struct report *report)
{
	static const char *const formats[][2] = { { "text", "txt" }, { "json", "json" } };
	char name[KEEPER_NAME_MAX], *text;
	size_t i, size;

	for (i = 0; run->keeper && i < 2; i++) {
		name_file(name, &run->kill, formats[i][1]);
		text = as_text(run, report, formats[i][0], &size);
		if (!text || !keeper__put(run->keeper, name, text, size))
			run->unwritten++;
	}
}

static void say_failures(struct oom_live *run)
{
	char name[KEEPER_NAME_MAX];
	uint64_t nr;
	int err;

	if (!run->keeper)
		return;
	nr = keeper__failures(run->keeper, &err, name);
	if (nr)
		log_error("%llu files of reports could not be written to %s, the last one %s: %s",
			  (unsigned long long)nr, run->tracing.session.options->oom_dir, name, strerror(-err));
	run->unwritten += nr;
}

static int render(struct oom_live *run, struct oom_origin *origin)
{
	struct report *report = report__new("memtrace.oom/1");
	int err;

	if (!report)
		return -ENOMEM;
	origin->first = !run->reports++ || run->tracing.session.options->oom_dir;
	err = oom_view__add(&run->view, &run->kill, origin, report);
	if (!err) {
		keep(run, report);
		err = render__report(&run->tracing.render, report);
	}
	oom_view__done(&run->view);
	report__free(report);
	return err;
}

static int report(struct oom_live *run, const struct oom_case *c)
{
	struct session *session = &run->tracing.session;
	const struct oom_scene scene = {
		.names = &session->names,
		.flight = run->flight,
		.wall_offset_ns = session->checkpoint.wall_offset_ns,
		.page_size = run->page_size,
		.now_ns = clock__boot_ns(),
	};
	struct oom_origin origin = { .live = true };
	int err;

	oom_kill__init(&run->kill);
	read_log(run, c, &origin);
	origin.logged = run->kill.victim.pid != 0;
	origin.ranking = c->nr_candidates ? "the kernel's points" : "computed from the log's table";
	origin.source = origin.logged ? "the kernel's events and its log" : "the kernel's events";
	err = oom_case__fill(&run->cases, c, &scene, &run->kill);
	if (!err)
		err = render(run, &origin);
	oom_kill__done(&run->kill);
	return err;
}

/* All that are due; at the end of the run those that wait as well. */
static int report_due(struct oom_live *run, uint64_t wait_ns)
{
	struct oom_case *c;
	int err = 0;

	while (!err && (c = oom_cases__due(&run->cases, clock__boot_ns(), wait_ns))) {
		err = report(run, c);
		oom_cases__close(c);
	}
	say_failures(run);
	return err;
}

static bool any_waits(const struct oom_cases *cases)
{
	size_t i;

	for (i = 0; i < OOM_CASES_MAX; i++)
		if (cases->list[i].used)
			return true;
	return false;
}

static void on_due(void *ctx, uint64_t now_ns)
{
	struct oom_live *run = ctx;

	session__fail_callback(&run->tracing.session, report_due(run, WAIT_NS));
	loop_timer__set(run->timer, any_waits(&run->cases) ? now_ns + DUE_STEP_NS : LOOP_NEVER);
}

static int open_keeper(struct oom_live *run, const struct options *options)
{
	const struct keeper_request request = {
		.dir = options->oom_dir,
		.prefix = PREFIX,
		.max_reports = options->max_reports ? options->max_reports : 100,
		.max_bytes = REPORT_BYTES,
	};
	int err = options->oom_dir ? keeper__open(&run->keeper, &request) : 0;

	if (!err)
		return EXIT_OK;
	log_error("--dir: '%s' cannot be written to: %s", options->oom_dir, strerror(-err));
	return EXIT_USAGE;
}

/* CMD would inherit what makes memtrace the last to be killed. */
static void survive(const struct options *options)
{
	int err = survive__lock(HEAP_BYTES);

	if (err)
		log_note("memory is not locked: %s; while memory is short memtrace may wait for its own",
			 strerror(-err));
	err = options->cmd ? 0 : survive__last();
	if (options->cmd)
		log_note("memtrace itself can be killed: its oom_score_adj is left as it is, as CMD inherits it");
	else if (err)
		log_note("memtrace itself can be killed: its oom_score_adj cannot be lowered: %s", strerror(-err));
}

static int ready(struct tracing *tracing)
{
	struct oom_live *run = (struct oom_live *)tracing;
	const struct options *options = tracing->session.options;
	int code = open_keeper(run, options);

	if (code != EXIT_OK)
		return code;
	run->timer = loop__timer(tracing->session.loop, on_due, run);
	if (make_room(run) || !run->timer) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	survive(options);
	return EXIT_OK;
}

static int finish(struct tracing *tracing)
{
	struct oom_live *run = (struct oom_live *)tracing;
	char lost[LOSSES_TEXT_MAX];
	int err = report_due(run, 0);

	keeper__close(run->keeper);
	losses__text(&tracing->session.totals.losses, lost, sizeof(lost));
	if (run->cases.left_out)
		log_warn("%llu kills came faster than reports can be made: they have none",
			 (unsigned long long)run->cases.left_out);
	log_note("%llu reports of OOM kills, %llu kills; %s", (unsigned long long)run->reports,
		 (unsigned long long)run->cases.nr, lost);
	log_debug("the heap grew by %zu bytes since it was taken", survive__grown());
	run->keeper = NULL;
	return err;
}

static int verdict(struct tracing *tracing)
{
	return ((struct oom_live *)tracing)->unwritten ? EXIT_FAILED : EXIT_OK;
}

static void done(struct tracing *tracing)
{
	struct oom_live *run = (struct oom_live *)tracing;

	keeper__close(run->keeper);
	flight__free(run->flight);
}

int oom_live__run(const struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .verdict = verdict, .done = done };
	const struct session_config config = {
		.probes = 1U << MT_PROBE_oom | 1U << MT_PROBE_memory,
		.probes_too = 1U << MT_PROBE_stall,
		.no_rows = true,
		.samples = true,
		.default_interval_ns = TICK_NS,
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 16 },
		.event = on_event,
		.interval = on_interval,
	};

	return tracing__run(sizeof(struct oom_live), options, &config, &ops);
}
