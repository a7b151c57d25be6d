// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace timeline: what happened in order, each event below what caused it. */
#include <errno.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/stream.h"
#include "../cli/command.h"
#include "../session/tracing.h"
#include "../views/interval_samples.h"
#include "../views/summary.h"
#include "../views/timeline_lines.h"
#include "events_end.h"

extern const struct command timeline_command;

#define MAX_GROUPS 16 /* nothing is grouped here */
#define MAX_EVENTS 65536
/* How long an event waits for others that began earlier: who looks on does not want to wait, a recording can. */
#define LIVE_HOLD_NS   (3 * NSEC_PER_SEC)
#define REPLAY_HOLD_NS (60 * NSEC_PER_SEC)

struct timeline_run {
	struct tracing tracing;
	struct timeline *timeline;
	struct timeline_lines lines;
	struct summary summary;
	struct interval_samples samples;
	bool any; /* line was printed */
};

static int emit(void *ctx, const struct timeline_entry *entry)
{
	struct timeline_run *run = ctx;

	run->any = true;
	return timeline_lines__write(&run->lines, &run->tracing.render.output, entry);
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct timeline_run *run = ctx;

	(void)session;
	return timeline__event(run->timeline, row, record);
}

static int on_interval(struct session *session, void *ctx)
{
	struct timeline_run *run = ctx;
	int err = timeline__interval(run->timeline, &session->view);

	if (!err)
		err = interval_samples__render(&run->samples, &session->view, &run->tracing.render);
	return err ? err : stream__flush(run->tracing.render.file.stream);
}

/* What is not traced has no line, which is not to be taken for that it did not happen. */
static void say_unavailable(const struct session *session)
{
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++) {
		const struct probe_status *status = &session->view.probes[id];

		if (schema__has_rare_event(id) && !probe_rows[id].opt_in && (!status->attached || status->partial))
			log_note("%s is%s traced: %s", probe_rows[id].name, status->attached ? " in part" : " not",
				 status->why[0] ? status->why : "it was not asked for");
	}
}

static int ready(struct tracing *tracing)
{
	struct timeline_run *run = (struct timeline_run *)tracing;
	const struct run_view *view = &tracing->session.view;
	const struct timeline_config config = {
		.names = view->names,
		.page_size = view->facts->page_size,
		.has_reclaim = view->probes[MT_PROBE_reclaim].attached,
		.hold_ns = tracing->session.options->replay ? REPLAY_HOLD_NS : LIVE_HOLD_NS,
		.max = MAX_EVENTS,
		.emit = emit,
		.ctx = run,
	};

	tracing->render.output.event_schema = "memtrace.timeline/1";
	run->lines.view = view;
	run->timeline = timeline__new(&config);
	if (!run->timeline) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	say_unavailable(&tracing->session);
	return EXIT_OK;
}

static void say_left_out(const struct timeline *timeline)
{
	const struct timeline_count sum = timeline_lines__sum(timeline);

	if (sum.late)
		log_note("%llu lines told late: their events ended long after they began",
			 (unsigned long long)sum.late);
	if (sum.left_out)
		log_warn("%llu events left out, as memory ran out", (unsigned long long)sum.left_out);
}

static int finish(struct tracing *tracing)
{
	struct timeline_run *run = (struct timeline_run *)tracing;
	struct session *session = &tracing->session;
	struct table counts;
	int err;

	session__end_interval(session);
	err = session->error ? session->error : timeline__finish(run->timeline);
	if (err)
		return err;
	counts = timeline_lines__counts(&run->lines, run->timeline);
	if (!run->any)
		log_note("no event was seen: no reclaim, no long stall, no session of kswapd, no OOM kill");
	say_left_out(run->timeline);
	events_end__say(&session->totals);
	summary__init(&run->summary, &session->view);
	return summary__render_end(&run->summary, &tracing->render, &counts);
}

static void done(struct tracing *tracing)
{
	timeline__free(((struct timeline_run *)tracing)->timeline);
}

static int run_timeline(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .done = done };
	const struct session_config config = {
		.rare_only = true,
		.no_rows = true,
		.samples = true,
		.default_interval_ns = NSEC_PER_SEC,
		.aggregate = {
			.by = BY_PROCESS,
			.hist_by = BY_ALL,
			.intervals = true,
			.max_groups = MAX_GROUPS,
		},
		.event = on_event,
		.interval = on_interval,
	};

	options->out.events = true;
	return tracing__run(sizeof(struct timeline_run), options, &config, &ops);
}

static const struct option_row *const option_groups[] = { duration_options, window_options, filter_options,
							  cmd_options,	    record_options, event_output_options,
							  stall_options,    ring_options,   attach_options,
							  kernel_options,   common_options, NULL };

static const struct example examples[] = {
	{ .text = "what happens when memory runs short, and why", .line = "memtrace timeline -d 30" },
	{ .text = "of a recording, the ten seconds of an incident",
	  .line = "memtrace replay oom.rec timeline --from 14:02:05 --to 14:02:15" },
	{ .text = "of one container, as JSON lines with causes", .line = "memtrace timeline -c 4f1c2d9a --json" },
	{},
};

const struct command timeline_command = {
	.name = "timeline",
	.question = "what led to this stall or this kill?",
	.summary = "events in order of time, each below what caused it",
	.usage = "[OPTIONS] [-- CMD...]",
	.details =
		"Prints reclaim, stalls, kswapd's sessions, pauses of writers and OOM kills in the order in which they "
		"began,\n"
		"each below what caused it. A cause that must have been there and was not seen has a line that says "
		"\"not\n"
		"seen\". After three events of one kind by one process the others stand in one line. An event is known "
		"when\n"
		"it ends, so lines come some seconds late. docs/timeline.md has the rules by which causes are told.",
	.options = option_groups,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_timeline,
};
