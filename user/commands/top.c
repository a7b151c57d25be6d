// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace top: on a terminal the whole screen, else the table of stat, again and again. */
#include <errno.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../views/keyed.h"
#include "../views/summary.h"
#include "../session/tracing.h"
#include "tasks_request.h"
#include "top_screen.h"

extern const struct command top_command;

#define MAX_GROUPS	    10000
#define DEFAULT_INTERVAL_NS 2000000000ULL

struct top_run {
	struct tracing tracing;
	struct tasks_table table;
	struct summary summary;
	struct keyed_tables keyed;
	bool printed;
};

static int report(struct session *session, void *ctx)
{
	struct top_run *run = ctx;
	struct report *rep = report__new("memtrace.top/1");
	int err;

	run->printed = true;
	if (!rep)
		return -ENOMEM;
	summary__init(&run->summary, &session->view);
	summary__add_run(&run->summary, rep, SCOPE_INTERVAL);
	err = tasks_table__add(&run->table, rep, SCOPE_INTERVAL, "processes");
	if (!err) {
		summary__add_totals(&run->summary, rep, SCOPE_INTERVAL);
		err = keyed_tables__add(&run->keyed, &session->view, rep, SCOPE_INTERVAL, true);
	}
	if (!err) {
		summary__add_end(&run->summary, rep);
		err = render__report(&run->tracing.render, rep);
	}
	keyed_tables__done(&run->keyed);
	tasks_table__done(&run->table);
	report__free(rep);
	return err;
}

/* On a terminal each table takes the place of the one before it. */
static int ready(struct tracing *tracing)
{
	struct top_run *run = (struct top_run *)tracing;
	const struct options *options = tracing->session.options;
	const struct tasks_request request = tasks_request__of(options, &tracing->render);

	tracing->render.output.style.refresh = render__is_terminal(&tracing->render);
	return tasks_table__init(&run->table, &tracing->session.view, &request);
}

/* A run that was shorter than an interval is one. */
static int finish(struct tracing *tracing)
{
	struct top_run *run = (struct top_run *)tracing;

	if (!run->printed)
		session__end_interval(&tracing->session);
	return tracing->session.error;
}

/* The screen also has columns for the memory of processes. */
static int check(const struct options *options, bool on_screen)
{
	size_t i;

	for (i = 0; i < options->nr_probes; i++) {
		int probe = schema__probe(options->probes[i]);

		if (probes[probe]->columns || (on_screen && probe == MT_PROBE_memory))
			continue;
		log_error("the probe %s has no columns in a table of processes; `memtrace list %s` says what it has",
			  options->probes[i], options->probes[i]);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int run_plain(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish };
	const struct session_config config = {
		.latency = options->latency,
		.default_interval_ns = DEFAULT_INTERVAL_NS,
		.aggregate = {
			.by = options__by(options, BY_PROCESS),
			.hist_by = BY_ALL,
			.processes = true,
			.intervals = true,
			.max_groups = MAX_GROUPS,
		},
		.interval = report,
	};

	return tracing__run(sizeof(struct top_run), options, &config, &ops);
}

static int run_top(struct options *options)
{
	const char *unknown;
	bool on_screen = top_screen__wanted(options, &unknown);
	int status;

	if (check(options, on_screen))
		return EXIT_USAGE;
	if (on_screen)
		return top_screen__run(options);
	status = run_plain(options);
	/* at the end, as each table clears the terminal */
	if (unknown)
		log_warn("TERM '%s' is not known on this machine, so top printed tables; with "
			 "TERM=xterm-256color, which most terminals understand, it fills the screen",
			 unknown);
	return status;
}

static const struct example examples[] = {
	{ .text = "who faults most right now", .line = "memtrace top" },
	{ .text = "which cgroup is stalled by reclaim, every second",
	  .line = "memtrace top reclaim --by cgroup --sort TIME -i 1" },
	{ .text = "of a recording, with Left and Right through its time", .line = "memtrace replay build.rec top" },
	{ .text = "the threads of one process", .line = "memtrace top -p 812 --by thread" },
	{},
};

const struct command top_command = {
	.name = "top",
	.question = "who faults, allocates and reclaims right now?",
	.summary = "the whole screen of a terminal, else the table of stat each interval",
	.usage = "[PROBE...] [OPTIONS] [-- CMD...]",
	.details = "Shows what happened in the last 2 s, or the last -i, again and again, until Ctrl-C, -d, or the end "
		   "of CMD.\n"
		   "On a terminal it fills the screen and takes keys: h lists them, q ends it. With --batch, CMD, -o, "
		   "--json,\n"
		   "--counts, --command, --by role or parent, or TERM=dumb it prints a table each time.",
	.options = table_command_options,
	.takes_probes = true,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_top,
};
