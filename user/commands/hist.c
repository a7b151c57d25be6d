// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace hist: how long faults, reclaim and kswapd's sessions take, and allocations by order. */
#include <errno.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../views/histograms.h"
#include "../views/summary.h"
#include "../session/tracing.h"
#include "hist_compared.h"

extern const struct command hist_command;

#define MAX_GROUPS 1000 /* of 0.5 to 1.5 KB for each histogram and label */

struct hist_run {
	struct tracing tracing;
	struct summary summary;
	struct histograms histograms;
};

static int report(struct hist_run *run, enum scope scope)
{
	struct session *session = &run->tracing.session;
	struct report *rep = report__new("memtrace.hist/1");
	int err;

	if (!rep)
		return -ENOMEM;
	summary__init(&run->summary, &session->view);
	summary__add_run(&run->summary, rep, scope);
	session->view.by_kind = session->options->by == HIST_BY_KIND;
	err = histograms__add(&run->histograms, &session->view, rep, scope, false);
	if (!err && !run->histograms.nr && !session->facts.latency)
		report__add_note(
			rep, "no histograms: latencies were not measured; expected a recording made with --latency");
	if (!err) {
		summary__add_end(&run->summary, rep);
		err = render__report(&run->tracing.render, rep);
	}
	histograms__done(&run->histograms);
	report__free(rep);
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	(void)session;
	return report(ctx, SCOPE_INTERVAL);
}

static int finish(struct tracing *tracing)
{
	return report((struct hist_run *)tracing, SCOPE_TOTAL);
}

static bool has_histogram(enum mt_probe probe)
{
	size_t i;

	for (i = 0; i < nr_hist_rows; i++)
		if (hist_rows[i].probe == probe)
			return true;
	return false;
}

static int check(const struct options *options)
{
	size_t i;

	for (i = 0; i < options->nr_probes; i++) {
		if (has_histogram(schema__probe(options->probes[i])))
			continue;
		log_error("the probe %s has no histograms, only counters; expected one that `memtrace list` shows with "
			  "histograms",
			  options->probes[i]);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int run_hist(struct options *options)
{
	static const struct tracing_ops ops = { .finish = finish };
	const struct session_config config = {
		.only_hooks = true,
		.latency = true,
		.aggregate = {
			.by = BY_COMM, /* rows are not shown */
			.hist_by = options->by == HIST_BY_KIND ? BY_ALL : options__by(options, BY_ALL),
			.intervals = options->interval_ns,
			.max_groups = MAX_GROUPS,
		},
		.interval = options->interval_ns ? on_interval : NULL,
	};

	if (check(options))
		return EXIT_USAGE;
	if (options->against)
		return hist_compared__run(options, &config);
	return tracing__run(sizeof(struct hist_run), options, &config, &ops);
}

static const struct option_row *const option_groups[] = {
	time_options,	window_options, against_options, filter_options, cmd_options,	 record_options, group_options,
	output_options, stall_options,	ring_options,	 attach_options, kernel_options, common_options, NULL
};

static const struct example examples[] = {
	{ .text = "how long do major faults take on this machine", .line = "memtrace hist fault -d 10" },
	{ .text = "how long does reclaim stall each container", .line = "memtrace hist reclaim --by cgroup -d 60" },
	{ .text = "which processes of a unit does reclaim stall, and how long",
	  .line = "memtrace hist reclaim --by process -c nginx.service -d 60" },
	{ .text = "did reclaim take longer last night than the night before",
	  .line = "memtrace replay /var/lib/memtrace/history hist reclaim --from 03:00 --to 03:30 --against "
		  "\"yesterday "
		  "03:00\"" },
	{ .text = "which orders does a program allocate", .line = "memtrace hist alloc -- ./program" },
	{},
};

const struct command hist_command = {
	.name = "hist",
	.question = "how long do major faults, reclaim and kswapd's sessions take?",
	.summary = "histograms of latencies and of allocation orders",
	.usage = "[PROBE...] [OPTIONS] [-- CMD...]",
	.details = "Histograms with power-of-two buckets: latency of major faults, of reclaim by kind, length of "
		   "kswapd's\n"
		   "sessions, order of allocations. An exact power of two belongs to the bucket that ends with it. "
		   "Measuring\n"
		   "major faults costs one clock read per fault.",
	.options = option_groups,
	.takes_probes = true,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_hist,
};
