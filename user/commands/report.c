// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace report: a recording as a page for a browser. */
#include <errno.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../cli/command.h"
#include "../session/against.h"
#include "../session/replayed.h"
#include "../session/tracing.h"
#include "../views/fault_maps.h"
#include "../views/marks.h"
#include "../views/samples.h"
#include "../views/summary.h"
#include "report_against.h"

extern const struct command report_command;

#define MAX_EVENTS 65536
#define HOLD_NS	   (60 * NSEC_PER_SEC) /* an event waits so long for others that began earlier */

struct report_run {
	struct tracing tracing;
	struct report_gather gather;
	struct report_against against;
	struct timeline *timeline;
	struct marks marks;
	struct over_time_view view;
	struct fault_maps_view faults;
	struct samples samples;
	struct summary summary;
};

/* The first records come while the session opens, before ready(). */
static int begin(struct report_run *run, struct session *session)
{
	const struct timeline_config config = {
		.names = &session->names,
		.page_size = session->facts.page_size,
		.has_reclaim = session->source && session->source->probes[MT_PROBE_reclaim].attached,
		.hold_ns = HOLD_NS,
		.max = MAX_EVENTS,
		.emit = marks__take,
		.ctx = &run->marks,
	};

	if (run->timeline)
		return 0;
	run->marks.lines.view = &session->view;
	run->timeline = timeline__new(&config);
	return run->timeline ? report_gather__begin(&run->gather) : -ENOMEM;
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct report_run *run = ctx;
	int err = begin(run, session);

	if (!err)
		err = report_gather__event(&run->gather, session, row, record);
	if (!err)
		err = fault_maps_view__event(&run->faults, row, record, &session->names, session->facts.every,
					     session->facts.page_size, report_gather__at(&run->gather, record));
	return err ? err : timeline__event(run->timeline, row, record);
}

static int on_map(struct session *session, void *ctx, const void *record)
{
	(void)session;
	return fault_maps_view__look(&((struct report_run *)ctx)->faults, record);
}

static int on_interval(struct session *session, void *ctx)
{
	struct report_run *run = ctx;
	bool full = stretches__is_full(&run->gather.over_time->stretches);
	int err = report_gather__interval(&run->gather, session);

	if (full && !stretches__is_full(&run->gather.over_time->stretches))
		fault_maps__halve(&run->faults.maps);

	return err ? err : timeline__interval(run->timeline, &session->view);
}

static int ready(struct tracing *tracing)
{
	struct report_run *run = (struct report_run *)tracing;

	if (!begin(run, &tracing->session))
		return EXIT_OK;
	log_error("cannot start: out of memory");
	return EXIT_FAILED;
}

static int read_other(struct tracing *tracing)
{
	struct report_run *run = (struct report_run *)tracing;

	return tracing->session.options->against ? report_against__read(&run->against, &tracing->session) : EXIT_OK;
}

static int show(struct report_run *run)
{
	struct session *session = &run->tracing.session;
	struct report_against *other = run->against.is_read ? &run->against : NULL;
	struct report *report = report__new("memtrace.report/1");
	int err;

	if (!report)
		return -ENOMEM;
	summary__init(&run->summary, &session->view);
	summary__add_run(&run->summary, report, SCOPE_TOTAL);
	err = over_time_view__add(&run->view, run->gather.over_time, &session->view, replayed__head(session), report);
	marks__add(&run->marks, report);
	if (!err)
		err = paths_view__add(&run->gather.paths, other ? &other->gather.paths : NULL, report);
	if (!err)
		err = fault_maps_view__add(&run->faults, report);
	if (!err && other)
		err = against_view__add(&run->against.view, &run->view, report);
	summary__add_command(&run->summary, report);
	summary__add_end(&run->summary, report);
	if (!err)
		err = render__report(&run->tracing.render, report);
	over_time_view__done(&run->view);
	report__free(report);
	return err;
}

static int finish(struct tracing *tracing)
{
	struct report_run *run = (struct report_run *)tracing;
	struct session *session = &tracing->session;
	int err;

	session__end_interval(session);
	err = session->error ? session->error : timeline__finish(run->timeline);
	if (!err)
		err = run_over_time__finish(run->gather.over_time);
	if (!err)
		err = run_over_time__bound(run->gather.over_time);
	return err ? err : show(run);
}

static void done(struct tracing *tracing)
{
	struct report_run *run = (struct report_run *)tracing;

	timeline__free(run->timeline);
	report_gather__done(&run->gather);
	fault_maps_view__done(&run->faults);
	report_against__done(&run->against);
	marks__done(&run->marks);
}

static int verdict(struct tracing *tracing)
{
	return ((struct report_run *)tracing)->against.damaged ? EXIT_FAILED : EXIT_OK;
}

static int run_report(struct options *options)
{
	static const struct tracing_ops ops = {
		.ready = ready, .read_on = read_other, .finish = finish, .verdict = verdict, .done = done
	};
	struct session_config config = report_gather__config();
	int code;

	config.event = on_event;
	config.interval = on_interval;
	config.map = on_map;
	if (!options->replay) {
		log_error("report: expected a recording, as in memtrace replay memtrace.rec report -o report.html");
		return EXIT_USAGE;
	}
	code = against__check(options);
	if (code != EXIT_OK)
		return code;
	config.goes_on = options->against;
	options->out.page = true;
	options->stacks = STACKS_FP;
	return tracing__run(sizeof(struct report_run), options, &config, &ops);
}

static const struct option_row own_options[] = {
	{ .name = "output",
	  .short_name = 'o',
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, out.path),
	  .arg = "FILE",
	  .help = "write to FILE instead of standard output (-); FILE appears when it is complete" },
	{ .name = "json",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, out.json),
	  .help = "print what is in the page as JSON, without the page" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = {
	duration_options, window_options, against_options, filter_options, own_options, common_options, NULL
};

static const struct example examples[] = {
	{ .text = "a page of a recording", .line = "memtrace replay build.rec report -o build.html" },
	{ .text = "the data of it, as JSON", .line = "memtrace replay build.rec report --json" },
	{ .text = "what is different from a run of yesterday",
	  .line = "memtrace replay build.rec report --against yesterday.rec -o build.html" },
	{ .text = "of ten seconds of it, and one unit",
	  .line = "memtrace replay oom.rec report --from 14:02:05 --to 14:02:15 -c nginx.service -o oom.html" },
	{},
};

const struct command report_command = {
	.name = "report",
	.question = "what happened, as a page to look at and to pass on?",
	.summary = "a recording as one page for a browser",
	.usage = "[OPTIONS]",
	.details = "Only of a recording: memtrace replay FILE report -o report.html. The page is one file, needs no "
		   "network "
		   "and\n"
		   "opens from anywhere. It has the machine's memory over time, what each process and cgroup counted, "
		   "and what\n"
		   "happened; a part of the time can be chosen in it.",
	.options = option_groups,
	.replays = true,
	.examples = examples,
	.run = run_report,
};
