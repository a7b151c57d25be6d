// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace export: a file of metrics for node_exporter's textfile collector, rewritten each interval. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cli/command.h"
#include "../cli/own_rules.h"
#include "../base/capabilities.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/outfile.h"
#include "../base/units.h"
#include "../report/output.h"
#include "../metrics/metrics.h"
#include "../session/power.h"
#include "../session/session.h"
#include "oom_box.h"

extern const struct command export_command;

#define DEFAULT_INTERVAL_NS 15000000000ULL
#define MAX_GROUPS	    4096
#define SOME_COSTS	    64 /* BPF programs: room for so many at first */

#define BIT(probe) (1U << MT_PROBE_##probe)
/* What may run for ever on any machine: nothing on the paths of page faults and of allocations. */
#define DEFAULT_PROBES (BIT(fault) | BIT(stall) | BIT(reclaim) | BIT(kswapd) | BIT(oom))

#define CLOCK_SET_NS ((int64_t)NSEC_PER_SEC) /* what NTP corrects meanwhile is less */

#define WRITING "STATUS=counting, and writing the file each interval\n"

struct export_run {
	struct session session;
	struct metrics *metrics;
	struct outfile file;
	bool written;		    /* at least once */
	int error;		    /* of the last write */
	struct oom_box box;	    /* with --oom-dir */
	int64_t wall_offset_ns;	    /* of the last interval; 0: there was none */
	bool uncounted;		    /* metrics could not be made: what would be written from now on would not be true */
	struct program_cost *costs; /* owned, with room for max_costs */
	size_t max_costs;
};

/*
 * A directory that was removed may come back, as another one, when a service is installed anew: then the file is opened
 * as at the start, by the same rules.
 */
static int begin_file(struct outfile *file, const char *path)
{
	int err = file->is_open ? outfile__begin(file) : -ENOENT;

	if (err != -ENOENT || (file->is_open && outfile__is_direct(file)))
		return err;
	outfile__close(file);
	return outfile__open(file, path, OUTFILE_SHARED);
}

static int write_file(struct export_run *run, const struct report *report)
{
	struct outfile *file = &run->file;
	struct output output = { .ops = output__find("prometheus") };
	int err = begin_file(file, run->session.options->textfile);

	if (err)
		return err;
	output.stream = file->stream;
	return outfile__put(file, output.ops->report(&output, report));
}

/* Of each program, however many there are: how many, or -errno. */
static int read_costs(struct export_run *run)
{
	struct source *src = run->session.source;
	struct program_cost *more;
	int nr = 0;

	if (run->session.stats_fd < 0)
		return 0;
	while (!run->max_costs || (size_t)(nr = src->ops->costs(src, run->costs, run->max_costs)) == run->max_costs) {
		size_t max = run->max_costs ? 2 * run->max_costs : SOME_COSTS;

		more = reallocarray(run->costs, max, sizeof(*more));
		if (!more)
			return -ENOMEM;
		run->costs = more;
		run->max_costs = max;
	}
	return nr;
}

static int add_metrics(struct export_run *run, struct report *report)
{
	int nr = read_costs(run);

	return nr < 0 ? nr : metrics__add(run->metrics, report, run->costs, nr);
}

static int export(struct export_run *run)
{
	struct report *report = report__new("memtrace.export/1");
	uint64_t begin_ns = clock__boot_ns(), made_ns;
	int err = -ENOMEM;

	if (report)
		err = add_metrics(run, report);
	run->uncounted = err;
	made_ns = clock__boot_ns();
	if (!err)
		err = write_file(run, report);
	log_debug("metrics made in %.2f ms, written in %.2f ms", (made_ns - begin_ns) / 1e6,
		  (clock__boot_ns() - made_ns) / 1e6);
	report__free(report);
	return err;
}

/* Intervals and counters do not follow it; times of files and the metric of the last update do. */
static void say_clock_was_set(struct export_run *run)
{
	int64_t now_ns = run->session.checkpoint.wall_offset_ns, by_ns = now_ns - run->wall_offset_ns;
	char text[32];

	if (run->wall_offset_ns && !run->session.options->replay && (by_ns > CLOCK_SET_NS || by_ns < -CLOCK_SET_NS))
		log_warn("the machine's clock was set %s by %s; counters go on as before",
			 by_ns < 0 ? "back" : "forward",
			 format_duration(text, sizeof(text), (uint64_t)(by_ns < 0 ? -by_ns : by_ns)));
	run->wall_offset_ns = now_ns;
}

/*
 * A disk that is full for a while does not stop the export; a reader that left does, and so does what cannot be
 * counted. The message comes once.
 */
static int on_interval(struct session *session, void *ctx)
{
	struct export_run *run = ctx;
	int err = export(run);

	(void)session;
	say_clock_was_set(run);
	if (run->uncounted) {
		if (err != -ECANCELED)
			log_error("metrics cannot be counted: %s", strerror(-err));
		run->error = err;
		return err;
	}
	if (err && err != run->error) {
		outfile__report(&run->file, err);
		manager__tell(&run->session.manager, "STATUS=the file cannot be written\n");
	}
	if (err)
		metrics__not_written(run->metrics);
	if (!err && run->error) {
		log_note("%s is written again", run->file.path);
		manager__tell(&run->session.manager, WRITING);
	}
	run->written |= !err;
	run->error = err;
	return err == -EPIPE ? err : 0;
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct export_run *run = ctx;
	int err = session->options->oom_dir ? oom_box__event(&run->box, session, row, record) : 0;

	return err || !run->metrics ? err : metrics__event(run->metrics, row, record);
}

static void on_tick(struct session *session, void *ctx)
{
	session__fail_callback(session, oom_box__tick(&((struct export_run *)ctx)->box));
}

static void on_recording(struct session *session, void *ctx, char *data, size_t size)
{
	(void)session;
	oom_box__recording(&((struct export_run *)ctx)->box, data, size);
}

static bool may_keep(struct session *session, void *ctx)
{
	(void)session;
	return oom_box__may_keep(&((struct export_run *)ctx)->box);
}

/* The report is in the directory; one line of it is for the log. */
static int on_kill(void *ctx, const struct oom_kill *kill, const struct report *report)
{
	struct export_run *run = ctx;

	(void)report;
	log_note("%s of %s[%u] in %s: its report is in %s",
		 kill->kind == OOM_KIND_USER ? "kill by a program" : "OOM kill",
		 kill->victim.comm[0] ? kill->victim.comm : "-", kill->victim.pid,
		 kill->victim.cgroup[0] ? kill->victim.cgroup : "-", run->session.options->oom_dir);
	return 0;
}

/* Also checks, before anything is attached, whether it can be written. */
static int open_file(struct export_run *run, const struct options *options)
{
	const char *path = options->textfile;
	size_t len = path ? strlen(path) : 0;
	int err;

	if (!len) {
		log_error("export: --textfile FILE is missing; expected the file to write, such as "
			  "/var/lib/prometheus/node-exporter/memtrace.prom");
		return EXIT_USAGE;
	}
	if (outfile__same(path, options->replay)) {
		log_error("--textfile '%s': is the recording itself; expected another file", path);
		return EXIT_USAGE;
	}
	err = outfile__open(&run->file, path, OUTFILE_SHARED);
	if (err) {
		outfile__report(&run->file, err);
		return outfile__exit_code(&run->file);
	}
	if (!outfile__is_direct(&run->file) && (len < 5 || strcmp(path + len - 5, ".prom")))
		log_warn("--textfile '%s': node_exporter reads only names that end in .prom", path);
	return EXIT_OK;
}

/* A stale file would be served forever. */
static int remove_file(struct export_run *run)
{
	int err = outfile__remove(&run->file);

	if (err > 0)
		log_warn("'%s' is no longer the file that memtrace wrote: not removed", run->file.path);
	if (err >= 0)
		return EXIT_OK;
	log_error("cannot remove '%s': %s", run->file.path,
		  run->file.place.why[0] ? run->file.place.why : strerror(-err));
	return EXIT_FAILED;
}

static int end_file(struct export_run *run, bool keep)
{
	int code = EXIT_OK;

	if (keep && run->error != -EPIPE)
		on_interval(&run->session, run);
	else if (!keep && run->written && run->file.is_open)
		code = remove_file(run);
	return run->error && run->error != -EPIPE ? EXIT_FAILED : code;
}

/* A recording is over: what it has is exported, however long ago it was. */
static uint64_t idle_ns(const struct options *options)
{
	return options->replay ? UINT64_MAX : options->idle_ns;
}

static struct metrics_config metrics_config(const struct options *options)
{
	struct metrics_config config = {
		.by = { BY_COMM }, .nr_by = 1, .max_series = options->max_series, .idle_ns = idle_ns(options)
	};
	size_t i;

	for (i = 0; i < options->labels.nr && i < METRICS_MAX_GROUPS; i++)
		config.by[i] = (enum group_by)options->labels.list[i];
	config.nr_by = i ? i : 1;
	return config;
}

/* Who expects a file at once would wait. */
static void say_when(const struct options *options)
{
	if (options->once && !options->replay && !options->duration_ns && !options->cmd && !options->pids.nr)
		log_note("--once: the file is written at the end of the run; with -d TIME it ends by itself");
}

/* They cost what they cost all the same: a hook on malloc slows each program of the machine. */
static void say_without_metrics(uint32_t named)
{
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++)
		if (named & 1U << id && !schema__has_metrics(id))
			log_warn("the probe %s has no metrics: nothing of what it sees is in the file",
				 probe_rows[id].name);
}

static int run_export_session(struct export_run *run, const struct options *options,
			      const struct metrics_config *config)
{
	int code, ended;

	run->metrics = metrics__new(&run->session.view, config);
	run->session.source->ops->checkpoint(run->session.source, &run->session.checkpoint);
	run->wall_offset_ns = run->session.checkpoint.wall_offset_ns;
	run->error = run->metrics ? 0 : -ENOMEM;
	if (!run->error && !options->once)
		run->error = export(run);
	if (!run->error) {
		/* the box reads the kernel's log at a kill */
		power__give_up(&run->session, &run->file, options->oom_dir ? CAPABILITY(SYSLOG) : 0);
		if (run->box.keeper)
			keeper__give_up(run->box.keeper);
	}
	if (run->error) {
		outfile__report(&run->file, run->error);
		return run->error == -EPIPE ? EXIT_OK : EXIT_FAILED;
	}
	run->written = !options->once;
	say_when(options);
	say_without_metrics(session__named_probes(options));
	code = session__run(&run->session);
	if (options->oom_dir)
		session__fail_callback(&run->session, oom_box__finish(&run->box));
	ended = end_file(run, (options->keep || options->once) && code != EXIT_USAGE);
	/* -EPIPE: of an interval whose reader left */
	if (code == EXIT_OK && run->session.error && run->session.error != -EPIPE) {
		if (!run->uncounted)
			log_error("an event could not be counted: %s", strerror(-run->session.error));
		return EXIT_FAILED;
	}
	return code != EXIT_OK ? code : ended != EXIT_OK || !run->box.unwritten ? ended : EXIT_FAILED;
}

/* An exit code. */
static int check_box(const struct options *options)
{
	if (options->oom_dir && options->record)
		log_error("--oom-dir: keeps recordings of its own; expected no --record with it");
	else if (!options->oom_dir && (options->max_reports || options->history_ns))
		log_error("--max-reports and --history are about reports of OOM kills; expected --oom-dir as well");
	else
		return EXIT_OK;
	return EXIT_USAGE;
}

/* Beside the counts, kills are waited for: what that takes must be there.  An exit code. */
static int open_box(struct export_run *run)
{
	static const enum mt_probe needed[] = { MT_PROBE_oom, MT_PROBE_memory };
	const struct probe_status *status;
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		status = &run->session.source->probes[needed[i]];
		if (status->attached)
			continue;
		log_error("--oom-dir: the probe %s cannot be attached: %s; `memtrace doctor` says more",
			  probe_rows[needed[i]].name, status->why);
		return EXIT_NOT_ATTACHED;
	}
	return oom_box__ready(&run->box, &run->session, "--oom-dir");
}

static void want_box(struct session_config *config, const struct options *options)
{
	oom_box__configure(config, options);
	config->probes_too = BIT(oom) | BIT(memory) | BIT(signal);
	config->tick = on_tick;
	config->keep = on_recording;
	config->may_keep = may_keep;
}

/* What is written seldom and recorded nowhere needs few looks in between: they bring the extremes of gauges. */
static uint64_t tick_ns(const struct options *options)
{
	bool seldom = !options->interval_ns || options->interval_ns >= 10 * NSEC_PER_SEC;

	return seldom && !options->oom_dir && !options->record ? 2 * NSEC_PER_SEC : 0;
}

static int run_export(struct options *options)
{
	const struct metrics_config metrics = metrics_config(options);
	struct export_run run = { .box = { .show = on_kill, .ctx = &run } };
	struct session_config config = {
		.defaults = DEFAULT_PROBES,
		.light = BIT(fault),
		/* that of major faults needs the hook on exceptions */
		.latency = session__named_probes(options) & (BIT(fault) | BIT(swap)),
		.metrics = true,
		.samples = true,
		.bpf_stats = !options->no_bpf_stats,
		.default_interval_ns = DEFAULT_INTERVAL_NS,
		.tick_ns = tick_ns(options),
		.aggregate = { .by = metrics.by[0],
			       .hist_by = metrics.by[0],
			       .also = metrics.nr_by > 1 ? metrics.by[1] : BY_ALL,
			       .max_groups = MAX_GROUPS },
		.event = on_event,
		.interval = options->once ? NULL : on_interval,
		.status = WRITING,
		.reload = own_rules__read,
		.ctx = &run,
	};
	int code = check_box(options);

	if (code == EXIT_OK && options->labels.nr > METRICS_MAX_GROUPS) {
		log_error("--by: expected one group or two");
		code = EXIT_USAGE;
	}
	if (code == EXIT_OK)
		code = own_rules__read(options);
	if (code == EXIT_OK)
		code = open_file(&run, options);
	if (code != EXIT_OK)
		return code;
	if (options->oom_dir)
		want_box(&config, options);
	config.reports_to_stdout = outfile__is_stdout(&run.file);
	code = session__open(&run.session, options, &config);
	if (code == EXIT_OK && options->oom_dir)
		code = open_box(&run);
	if (code == EXIT_OK)
		code = session__exit_code(&run.session, run_export_session(&run, options, &metrics));
	oom_box__done(&run.box);
	session__close(&run.session);
	metrics__free(run.metrics);
	free(run.costs);
	outfile__close(&run.file);
	return code;
}

static const struct option_row *const option_groups[] = { export_options, oom_report_options, history_options,
							  time_options,	  window_options,     filter_options,
							  cmd_options,	  record_options,     label_options,
							  naming_options, ring_options,	      attach_options,
							  kernel_options, common_options,     NULL };

static const struct example examples[] = {
	{ .text = "for node_exporter, by process name, until stopped",
	  .line = "memtrace export --textfile /var/lib/prometheus/node-exporter/memtrace.prom" },
	{ .text = "by cgroup, every 30 s, at most 500 label sets per metric",
	  .line = "memtrace export --textfile /var/lib/prometheus/node-exporter/memtrace.prom --by cgroup -i 30 "
		  "--max-series 500" },
	{ .text = "by process name and by cgroup in one file, from one run",
	  .line = "memtrace export --textfile /var/lib/prometheus/node-exporter/memtrace.prom --by comm,cgroup" },
	{ .text = "by cgroup, and a report of each OOM kill",
	  .line = "memtrace export --textfile /var/lib/prometheus/node-exporter/memtrace.prom --by cgroup --oom-dir "
		  "/var/lib/memtrace/oom" },
	{ .text = "one file about one minute, kept",
	  .line = "memtrace export --textfile /tmp/memtrace.prom --keep -d 60" },
	{},
};

const struct command export_command = {
	.name = "export",
	.question = "how do I keep watching it with Prometheus?",
	.summary = "write a Prometheus text file for node_exporter's textfile collector",
	.usage = "[PROBE...] --textfile FILE [OPTIONS] [-- CMD...]",
	.details =
		"Without PROBE: page faults as the kernel accounts them, stalls, reclaim, kswapd and OOM kills, which "
		"need no\n"
		"hook on the paths of page faults and allocations.\n"
		"\n"
		"Writes FILE at once and then every 15 s, or every -i, until stopped; FILE is replaced as a whole. "
		"A clean\n"
		"stop removes it, unless --keep is given. A device, a FIFO or - (standard output) gets one text "
		"after the\n"
		"other. Metrics have the label comm, or cgroup with --by cgroup. With both, those by "
		"the first keep\n"
		"their names and those by the other have it in their names (memtrace_cgroup_page_faults_total), so "
		"that no sum\n"
		"counts twice. Each metric has at most --max-series label sets: the first names keep theirs, the "
		"rest is\n"
		"summed up in \"other\". The series of a name that is gone ends after an hour. No counter goes down "
		"before.\n"
		"\n"
		"With --oom-dir it is the black box as well that `memtrace oom --dir` is: one process for both. "
		"The probes\n"
		"oom, memory and signal are then on, its memory is locked, and it takes 16 MiB for reports "
		"beforehand.\n"
		"\n"
		"The kernel times memtrace's BPF programs meanwhile, which costs two clock reads per run of a "
		"program;\n"
		"--no-bpf-stats turns that off, and leaves out the metrics made from it.",
	.options = option_groups,
	.takes_probes = true,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_export,
};
