// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace trace: one line an event, as it comes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../cli/command.h"
#include "../report/event.h"
#include "../base/log.h"
#include "../base/stream.h"
#include "../views/interval_samples.h"
#include "../views/summary.h"
#include "../session/tracing.h"
#include "events_end.h"

extern const struct command trace_command;

#define MAX_GROUPS	  16 /* nothing is grouped here */
#define PRINTED_COLUMNS	  3
#define FLUSH_INTERVAL_NS 100000000ULL /* hot events are fetched this often, without a wake-up for each */

struct event_columns {
	struct column columns[EVENT_MAX_COLUMNS];
	size_t nr;
	char text[512]; /* template of its line, and of its call chains */
};

struct trace_run {
	struct tracing tracing;
	struct event_columns events[MT_NR_RECS];
	uint64_t printed[MT_NR_RECS];
	struct cell printed_cells[MT_NR_RECS * PRINTED_COLUMNS];
	struct cell_rows printed_rows;
	struct summary summary;
	struct interval_samples samples;
};

/* Call chains stand below the event's line; the line is the same without them. */
static void set_text(struct event_columns *event, const struct event_row *row, bool stacks)
{
	size_t at = (size_t)snprintf(event->text, sizeof(event->text), "%s", row->text), i;

	for (i = 0; stacks && i < row->nr_fields; i++)
		if (row->fields[i].type == FIELD_KERNEL_STACK || row->fields[i].type == FIELD_USER_STACK)
			at += (size_t)snprintf(event->text + at, sizeof(event->text) - at, "\n    %s {%s}",
					       row->fields[i].path, row->fields[i].path);
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct trace_run *run = ctx;
	struct event_columns *event = &run->events[row->id];
	struct output *out = &run->tracing.render.output;
	struct cell cells[EVENT_MAX_COLUMNS];

	if (!event->nr)
		set_text(event, row, session->names.stack);
	if (!event->nr)
		event->nr = event__columns(row, session->names.stack, event->columns, EVENT_MAX_COLUMNS);
	event__cells(row, record, &session->names, cells);
	run->printed[row->id]++;
	return out->ops->event(out, row->name, event->text, event->columns, cells, event->nr);
}

static int on_interval(struct session *session, void *ctx)
{
	struct trace_run *run = ctx;
	int err = interval_samples__render(&run->samples, &session->view, &run->tracing.render);

	return err ? err : stream__flush(run->tracing.render.file.stream);
}

/* An estimate is never shown as a count. */
static void say_sample(const struct trace_run *run)
{
	uint64_t sample = run->tracing.session.facts.sample, nr = 0;
	int id;

	for (id = 0; id < MT_NR_RECS; id++)
		if (event_rows[id].use == EVENT_EVERY)
			nr += run->printed[id];
	if (sample > 1)
		log_note("a sample of one page in %llu: %llu events printed, about %llu happened (estimate)",
			 (unsigned long long)sample, (unsigned long long)nr, (unsigned long long)(nr * sample));
}

/* The same for programs, an object for each kind of events that was printed. */
static struct table printed_table(struct trace_run *run)
{
	static const struct column columns[PRINTED_COLUMNS] = {
		{ .path = "name" },
		{ .path = "count", .unit = UNIT_COUNT },
		{ .path = "estimate", .unit = UNIT_COUNT },
	};
	uint64_t sample = run->tracing.session.facts.sample;
	struct cell *c = run->printed_cells;
	int id;

	run->printed_rows = (struct cell_rows){ .cells = c, .nr_columns = PRINTED_COLUMNS };
	for (id = 0; id < MT_NR_RECS; id++) {
		if (!run->printed[id])
			continue;
		*c++ = cell_string(event_rows[id].name);
		*c++ = cell_uint(run->printed[id]);
		*c++ = event_rows[id].use == EVENT_EVERY && sample > 1 ? cell_uint(run->printed[id] * sample) :
									 cell_none();
		run->printed_rows.nr++;
	}
	return (struct table){ .path = "events",
			       .columns = columns,
			       .nr_columns = PRINTED_COLUMNS,
			       .rows = cell_rows__source(&run->printed_rows) };
}

static int finish(struct tracing *tracing)
{
	struct trace_run *run = (struct trace_run *)tracing;
	struct table printed = printed_table(run);

	if (tracing->render.output.ops->intervals)
		session__end_interval(&tracing->session);
	say_sample(run);
	events_end__say(&tracing->session.totals);
	summary__init(&run->summary, &tracing->session.view);
	return summary__render_end(&run->summary, &tracing->render, &printed);
}

/* "fault, alloc": what is neither named nor printed, as there may be millions a second. */
static void list_frequent(const struct session *session, char *buf, size_t size)
{
	enum mt_probe id;
	size_t at = 0;

	buf[0] = '\0';
	for (id = 0; id < MT_NR_PROBES && at < size; id++)
		if (!(session->facts.every & (1U << id)) && schema__has_single_event(id))
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "", probe_rows[id].name);
}

/* Why nothing may come while much happens. */
static void say_frequent(const struct session *session)
{
	char names[64];

	if (session->named || session->options->replay)
		return;
	list_frequent(session, names, sizeof(names));
	log_note("printing rare events; each event of %s comes only if it is named, as in: memtrace trace fault",
		 names);
}

static int ready(struct tracing *tracing)
{
	const struct session *session = &tracing->session;
	uint32_t lacking = session->named & ~session->facts.every;
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++)
		if (lacking & (1U << id) && schema__has_single_event(id))
			log_note("the single events of %s are not in the recording: it was made without --every %s",
				 probe_rows[id].name, probe_rows[id].name);
	say_frequent(session);
	return EXIT_OK;
}

static bool has_event(enum mt_probe probe)
{
	size_t i;

	for (i = 0; i < MT_NR_RECS; i++)
		if (event_rows[i].size && event_rows[i].probe == probe)
			return true;
	return false;
}

static int check(const struct options *options)
{
	bool any = false, any_stacks = false;
	enum mt_probe probe;
	size_t i;

	for (i = 0; i < options->nr_probes; i++) {
		probe = schema__probe(options->probes[i]);
		any |= schema__has_single_event(probe);
		any_stacks |= schema__has_stacks(probe);
	}
	if (options->sample && !any && !options->replay) {
		log_error("--sample: is about single events; expected a probe that has them, such as trace fault");
		return EXIT_USAGE;
	}
	if (options->stacks && !any_stacks && !options->replay) {
		log_error(
			"--stacks: expected a probe whose events have call chains, such as trace fault or trace stall");
		return EXIT_USAGE;
	}
	for (i = 0; i < options->nr_probes; i++) {
		if (has_event(schema__probe(options->probes[i])))
			continue;
		log_error("the probe %s has no events, only counters; expected one that `memtrace list` shows with "
			  "events",
			  options->probes[i]);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int run_trace(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish };
	const struct session_config config = {
		.every = session__named_probes(options),
		.rare_only = true,
		.no_rows = true,
		.own_times = true,
		.samples = output__has_intervals(&options->out),
		.latency = options->latency,
		.default_interval_ns = FLUSH_INTERVAL_NS,
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = MAX_GROUPS },
		.event = on_event,
		.interval = on_interval,
	};

	if (check(options))
		return EXIT_USAGE;
	options->out.events = true;
	return tracing__run(sizeof(struct trace_run), options, &config, &ops);
}

static const struct option_row latency_options[] = {
	{ .name = "latency",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = offsetof(struct options, latency),
	  .help = "also a line for each major fault, and with swap for each read of it, with how long it took; costs "
		  "one "
		  "clock read a fault" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = {
	duration_options, window_options,	filter_options, cmd_options,
	record_options,	  latency_options,	chain_options,	sample_options,
	symbols_options,  event_output_options, stall_options,	ring_options,
	attach_options,	  kernel_options,	common_options, NULL
};

static const struct example examples[] = {
	{ .text = "each stall in reclaim, kswapd session and OOM kill as it comes", .line = "memtrace trace" },
	{ .text = "each reclaim of one container, as JSON lines", .line = "memtrace trace reclaim -c 4f1c2d9a --json" },
	{ .text = "every page fault of a program", .line = "memtrace trace fault -- ./program" },
	{},
};

const struct command trace_command = {
	.name = "trace",
	.question = "what happens, one line per event: which stall, which kill, in which order?",
	.summary = "print events as they come",
	.usage = "[PROBE...] [OPTIONS] [-- CMD...]",
	.details = "Without PROBE, prints only rare events: episodes of reclaim, kswapd's sessions, OOM kills. A named "
		   "probe\n"
		   "prints each of its events, also frequent ones: every page fault (fault, minor), every page "
		   "allocation (alloc). At the end "
		   "it says\n"
		   "what was lost: on standard error, and with --json in a last line of the schema memtrace.end/1. If "
		   "memtrace\n"
		   "cannot keep up, --ring-size makes its buffers larger.",
	.options = option_groups,
	.takes_probes = true,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_trace,
};
