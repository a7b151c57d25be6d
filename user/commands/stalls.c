// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace stalls: the ledger of who waited for memory. */
#include <errno.h>

#include "../base/log.h"
#include "../cli/command.h"
#include "../session/tracing.h"
#include "../views/histograms.h"
#include "../views/stalls.h"
#include "../views/summary.h"
#include "compared.h"
#include "tasks_request.h"

extern const struct command stalls_command;

#define MAX_GROUPS 10000

struct stalls_run {
	struct tracing tracing;
	struct summary summary;
	struct stalls stalls;
	struct histograms histograms;
};

static int report(struct stalls_run *run, enum scope scope)
{
	struct session *session = &run->tracing.session;
	struct report *rep = report__new("memtrace.stalls/1");
	int err;

	if (!rep)
		return -ENOMEM;
	summary__init(&run->summary, &session->view);
	summary__add_run(&run->summary, rep, scope);
	err = stalls__add(&run->stalls, rep, scope);
	if (!err)
		err = histograms__add(&run->histograms, &session->view, rep, scope, true);
	if (!err) {
		if (scope == SCOPE_TOTAL)
			summary__add_command(&run->summary, rep);
		summary__add_end(&run->summary, rep);
		err = render__report(&run->tracing.render, rep);
	}
	histograms__done(&run->histograms);
	stalls__done(&run->stalls);
	report__free(rep);
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	(void)session;
	return report(ctx, SCOPE_INTERVAL);
}

static int ready(struct tracing *tracing)
{
	struct stalls_run *run = (struct stalls_run *)tracing;
	const struct tasks_request request = tasks_request__of(tracing->session.options, &tracing->render);

	return stalls__init(&run->stalls, &tracing->session.view, &request);
}

static int finish(struct tracing *tracing)
{
	return report((struct stalls_run *)tracing, SCOPE_TOTAL);
}

static int run_stalls(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish };
	const struct session_config config = {
		.probes = 1U << MT_PROBE_stall,
		.probes_too = 1U << MT_PROBE_reclaim,
		.latency = true,
		.samples = true,
		.aggregate = {
			.by = options__by(options, BY_PROCESS),
			.hist_by = BY_ALL,
			.processes = true,
			.intervals = options->interval_ns,
			.keep_dead = true,
			.max_groups = MAX_GROUPS,
		},
		.interval = options->interval_ns ? on_interval : NULL,
	};

	if (options->against)
		return compared__run(options, &config, true);
	return tracing__run(sizeof(struct stalls_run), options, &config, &ops);
}

static const struct example examples[] = {
	{ .text = "who waits for memory on this machine, and for what", .line = "memtrace stalls -d 10" },
	{ .text = "which container, every five seconds", .line = "memtrace stalls --by cgroup -i 5" },
	{ .text = "what a program waited for", .line = "memtrace stalls -- ./program" },
	{},
};

const struct command stalls_command = {
	.name = "stalls",
	.question = "who waits for memory, for what, and how long?",
	.summary = "the ledger of stalls: what PSI counts, by task and cause",
	.usage = "[OPTIONS] [-- CMD...]",
	.details =
		"Shows how long each task waited for memory and for what: reclaim for the limit of a memory cgroup "
		"(MEMCG),\n"
		"memory.high (HIGH), direct reclaim (DIRECT), compaction (COMPACT), memory that was swapped out "
		"(SWAPIN), page\n"
		"cache that was evicted (REFAULT). Together with kernel threads these are what the kernel's pressure "
		"figures\n"
		"(PSI) are made of. Right of the bar stand waits that PSI does not count: major faults on files "
		"(FILE),\n"
		"pauses of writers (DIRTY), the lock of an address space (MMAPLOCK), and another OOM kill "
		"(OOM).\n"
		"Stalls that are under way count up to the moment of the report.",
	.options = stat_options,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_stalls,
};
