// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace oom without a log: a run that waits for kills, remembers the last minute, and reports each. */
#include "oom_live.h"

#include <errno.h>
#include <string.h>

#include "../base/keeper.h"
#include "../base/log.h"
#include "../base/survive.h"
#include "../session/oom_watch.h"
#include "../session/tracing.h"
#include "../views/losses.h"
#include "../views/oom_files.h"
#include "../views/oom_report.h"

#define HISTORY_NS   60000000000ULL
#define HEAP_BYTES   (8U << 20)
#define MAX_REPORTS  100
#define REPORT_BYTES (64ULL << 20) /* of all files in --dir */
#define RECORD_BYTES (4U << 20)	   /* of a recording beside a report */

struct oom_live {
	struct tracing tracing;
	struct oom_watch *watch;
	struct keeper *keeper; /* NULL: no --dir */
	struct oom_view view;
	uint64_t reports, unwritten;
	struct mt_oom first; /* kill that no recording has yet */
	bool has_first;
};

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

static int found(void *ctx, const struct oom_found *found)
{
	struct oom_live *run = ctx;
	const struct oom_origin origin = {
		.live = true,
		.logged = found->logged,
		.source = found->logged ? "the kernel's events and its log" : "the kernel's events",
		.ranking = found->kernel_points ? "the kernel's points" : "computed from the log's table",
		.lost_records = found->lost_records,
		.first = !run->reports++,
	};
	struct report *report = report__new("memtrace.oom/1");
	int err;

	if (!report)
		return -ENOMEM;
	err = oom_view__add(&run->view, found->kill, &origin, report);
	if (!err && run->keeper)
		run->unwritten +=
			oom_files__keep(run->keeper, found->kill, report, run->tracing.render.output.wall_offset_ns);
	if (!err)
		err = render__report(&run->tracing.render, report);
	oom_view__done(&run->view);
	report__free(report);
	return err;
}

/* The first records come while the session opens, before ready(). */
static struct oom_watch *watch_of(struct oom_live *run)
{
	const struct options *options = run->tracing.session.options;
	const struct oom_watch_request request = { .history_ns = options->history_ns ? options->history_ns : HISTORY_NS,
						   .found = found,
						   .ctx = run };

	if (!run->watch)
		run->watch = oom_watch__new(&run->tracing.session, &request);
	return run->watch;
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct oom_watch *watch = watch_of(ctx);
	struct oom_live *run = ctx;

	(void)session;
	if (watch && (row->probe == MT_PROBE_oom || row->probe == MT_PROBE_memory))
		oom_watch__take(watch, record);
	if (row->id == MT_REC_oom && !run->has_first) {
		run->first = *(const struct mt_oom *)record;
		run->has_first = true;
	}
	return watch ? 0 : -ENOMEM;
}

static void on_recording(struct session *session, void *ctx, char *data, size_t size)
{
	struct oom_live *run = ctx;

	run->unwritten +=
		oom_files__keep_recording(run->keeper, &run->first, session->checkpoint.wall_offset_ns, data, size);
	run->has_first = false;
}

static int on_interval(struct session *session, void *ctx)
{
	struct oom_live *run = ctx;

	(void)session;
	oom_watch__tick(run->watch);
	say_failures(run);
	return 0;
}

static int open_keeper(struct oom_live *run, const struct options *options)
{
	const struct keeper_request request = {
		.dir = options->oom_dir,
		.prefix = OOM_FILES_PREFIX,
		.max_reports = options->max_reports ? options->max_reports : MAX_REPORTS,
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
	/* a recording is there twice: as it is remembered, and as it is written */
	int err = survive__lock(HEAP_BYTES + (options->oom_dir ? 2 * RECORD_BYTES : 0));

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
	int code = open_keeper(run, tracing->session.options);

	if (code != EXIT_OK)
		return code;
	if (!watch_of(run) || oom_watch__begin(run->watch)) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	survive(tracing->session.options);
	return EXIT_OK;
}

static int finish(struct tracing *tracing)
{
	struct oom_live *run = (struct oom_live *)tracing;
	int err = oom_watch__finish(run->watch);
	struct oom_watch_totals totals = oom_watch__totals(run->watch);
	char lost[LOSSES_TEXT_MAX];

	if (run->keeper)
		keeper__finish(run->keeper);
	say_failures(run);
	losses__text(&tracing->session.totals.losses, lost, sizeof(lost));
	if (totals.left_out)
		log_warn("%llu kills came faster than reports can be made: they have none",
			 (unsigned long long)totals.left_out);
	log_note("OOM kills: %llu, reports: %llu; %s", (unsigned long long)totals.kills,
		 (unsigned long long)totals.reports, lost);
	log_debug("the heap grew by %zu bytes since it was taken", survive__grown());
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
	oom_watch__free(run->watch);
}

int oom_live__run(const struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .verdict = verdict, .done = done };
	struct session_config config = {
		.probes = 1U << MT_PROBE_oom | 1U << MT_PROBE_memory,
		.probes_too = 1U << MT_PROBE_stall,
		.no_rows = true,
		.samples = true,
		.default_interval_ns = OOM_WATCH_TICK_NS,
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 16 },
		.event = on_event,
		.interval = on_interval,
	};

	if (options->oom_dir) {
		config.keep = on_recording;
		config.keep_ns = options->history_ns ? options->history_ns : HISTORY_NS;
		config.keep_bytes = RECORD_BYTES;
		config.probes_too |= 1U << MT_PROBE_reclaim | 1U << MT_PROBE_kswapd;
	}
	return tracing__run(sizeof(struct oom_live), options, &config, &ops);
}
