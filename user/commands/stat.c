// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace stat: who faults, allocates and reclaims, for a time or while CMD runs. */
#include <errno.h>

#include "../cli/command.h"
#include "../views/bursts.h"
#include "../views/cgroups.h"
#include "../views/histograms.h"
#include "../views/keyed.h"
#include "../views/samples.h"
#include "../views/summary.h"
#include "../session/tracing.h"
#include "compared.h"
#include "tasks_request.h"

extern const struct command stat_command;

#define MAX_GROUPS 10000

struct stat_run {
	struct tracing tracing;
	struct tasks_table table;
	struct summary summary;
	struct bursts bursts;
	struct samples samples;
	struct keyed_tables keyed;
	struct cgroups_table cgroups;
	struct histograms histograms;
};

/* Counts of a probe that could not be attached are unknown, not 0. */
static void add_gathered(struct session *session, struct report *report)
{
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++)
		if (session->gather_state[id] && session->source->probes[id].attached)
			probes[id]->gather->report(session->gather_state[id], report, &session->names);
}

/* Also in text: with --latency, and for a probe that has nothing else to show. */
static bool shows_histograms(const struct session *session)
{
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++)
		if (run_view__asked(&session->view, id) && schema__is_of_single_events(id))
			return true;
	return session->options->latency;
}

static int report(struct stat_run *run, enum scope scope)
{
	struct session *session = &run->tracing.session;
	struct report *rep = report__new("memtrace.stat/1");
	int err;

	if (!rep)
		return -ENOMEM;
	summary__init(&run->summary, &session->view);
	summary__add_run(&run->summary, rep, scope);
	err = tasks_table__add(&run->table, rep, scope, "processes");
	if (err)
		goto out;
	summary__add_totals(&run->summary, rep, scope);
	samples__add(&run->samples, &session->view, rep, scope);
	cgroups_table__add(&run->cgroups, &session->view, rep, scope);
	if (scope == SCOPE_TOTAL) {
		add_gathered(session, rep);
		summary__add_command(&run->summary, rep);
		bursts__add(&run->bursts, rep);
	} else {
		bursts__mark(&run->bursts, rep);
	}
	err = keyed_tables__add(&run->keyed, &session->view, rep, scope, false);
	if (err)
		goto out;
	err = histograms__add(&run->histograms, &session->view, rep, scope, !shows_histograms(session));
	if (err)
		goto out;
	summary__add_end(&run->summary, rep);
	err = render__report(&run->tracing.render, rep);
out:
	histograms__done(&run->histograms);
	keyed_tables__done(&run->keyed);
	tasks_table__done(&run->table);
	report__free(rep);
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	struct stat_run *run = ctx;

	(void)session;
	bursts__note(&run->bursts);
	return report(run, SCOPE_INTERVAL);
}

static int ready(struct tracing *tracing)
{
	struct stat_run *run = (struct stat_run *)tracing;
	const struct options *options = tracing->session.options;
	const struct tasks_request request = tasks_request__of(options, &tracing->render);

	bursts__init(&run->bursts, &tracing->session.view);
	return tasks_table__init(&run->table, &tracing->session.view, &request);
}

static int finish(struct tracing *tracing)
{
	return report((struct stat_run *)tracing, SCOPE_TOTAL);
}

static int run_stat(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish };
	const struct session_config config = {
		.latency = options->latency,
		.gather = true,
		.samples = output__is_for_programs(&options->out),
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
		return compared__run(options, &config, false);
	return tracing__run(sizeof(struct stat_run), options, &config, &ops);
}

static const struct example examples[] = {
	{ .text = "who faulted and allocated while a build ran", .line = "memtrace stat -- make -j8" },
	{ .text = "ten seconds of the whole machine, a report every second", .line = "memtrace stat -d 10 -i 1" },
	{ .text = "who in a unit is stalled by reclaim, worst first",
	  .line = "memtrace stat reclaim -c nginx.service --sort TIME -d 30" },
	{ .text = "minor and major faults by process name at almost no cost",
	  .line = "memtrace stat fault --light --by comm -d 60" },
	{},
};

const struct command stat_command = {
	.name = "stat",
	.question = "who faults, allocates, and is stalled by reclaim?",
	.summary = "count faults, allocations and reclaim per process",
	.usage = "[PROBE...] [OPTIONS] [-- CMD...]",
	.details =
		"Counts for a time, while CMD runs, or until Ctrl-C. Then prints a table of processes, totals, "
		"kswapd's\n"
		"sessions, OOM kills, and what was lost. Without PROBE: all probes that `memtrace list` has as "
		"default.\n"
		"\n"
		"With CMD, only CMD and its descendants count, from CMD's fork on, as in getrusage(2); with -a, the "
		"whole\n"
		"machine. -d ends CMD with SIGTERM. Processes that CMD\n"
		"started and that go on when it has ended are neither counted nor ended.\n"
		"The exit status is CMD's.\n"
		"\n"
		"With -i, an interval that has much more of something than the run before it says so (burst), and the "
		"last\n"
		"report names the interval that had the most.",
	.options = stat_options,
	.takes_probes = true,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_stat,
};
