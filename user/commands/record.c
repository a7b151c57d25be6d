// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace record: a run to a file, to be looked at later, elsewhere, without root. */
#include <string.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../base/units.h"
#include "../session/session.h"
#include "../views/losses.h"

extern const struct command record_command;

#define DEFAULT_FILE "memtrace.rec"

/* Whether events with call chains are recorded: single ones, or rare ones. */
static bool has_stacks(const struct options *options)
{
	enum mt_probe probe;
	size_t i;

	for (i = 0; i < options->nr_probes; i++) {
		probe = schema__probe(options->probes[i]);
		if (schema__has_stacks(probe) && schema__has_rare_event(probe))
			return true;
	}
	return options->every || !options->nr_probes;
}

static int check(const struct options *options)
{
	if (options->sample && !options->every) {
		log_error("--sample: is about single events; expected --every as well");
		return EXIT_USAGE;
	}
	if (options->stacks && !has_stacks(options)) {
		log_error("--stacks: expected the probe stall, or --every as well");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static void say_remedy(void *ctx, const char *line)
{
	log_warn("%s", line);
}

static void say_result(const struct session *session)
{
	struct recorder_stats stats = recorder__stats(session->recorder);
	char size[32], lost[LOSSES_TEXT_MAX];

	losses__each_remedy(&session->totals, say_remedy, NULL);
	losses__text(&session->totals.losses, lost, sizeof(lost));
	if (session->options->last_ns) {
		log_note("%u files written; %s", stats.files, lost);
		return;
	}
	format_bytes(size, sizeof(size), stats.bytes);
	log_note("%s: %s, %llu events in %.1f s; %s", stats.path, size, (unsigned long long)stats.events,
		 run_view__seconds(&session->view, SCOPE_TOTAL), lost);
}

static int run_record(struct options *options)
{
	struct session session;
	const struct session_config config = {
		.every = options->every,
		.latency = options->latency,
		.record_only = true,
		.default_interval_ns = 0,
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 1 },
	};
	int code = check(options);

	if (code)
		return code;
	if (!options->record)
		options->record = DEFAULT_FILE;
	code = session__open(&session, options, &config);
	if (code == EXIT_OK)
		code = session__run(&session);
	if (code == EXIT_OK && session.recorder)
		say_result(&session);
	code = session__exit_code(&session, code);
	session__close(&session);
	return code;
}

/* The order of enum mt_probe, from fault on. */
static const char *const single_probes[] = { "fault", "minor", "alloc", NULL };
_Static_assert(MT_PROBE_fault + 1 == MT_PROBE_minor && MT_PROBE_minor + 1 == MT_PROBE_alloc, "single_probes");

static const struct option_row own_options[] = {
	{ .name = "output",
	  .short_name = 'o',
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, record),
	  .arg = "FILE",
	  .help = "write the recording to FILE, by default " DEFAULT_FILE
		  "; - is standard output, and then CMD's output goes to standard error" },
	{ .name = "every",
	  .type = OPT_CHOICES,
	  .offset = offsetof(struct options, every),
	  .min = MT_PROBE_fault,
	  .choices = single_probes,
	  .arg = "PROBE",
	  .help = "also record each single event of PROBE, beside what is recorded anyway; repeatable, or with "
		  "commas" },
	{ .name = "last",
	  .type = OPT_DURATION,
	  .offset = offsetof(struct options, last_ns),
	  .min = 1000000000,
	  .max = 86400 * 1000000000ULL,
	  .arg = "TIME",
	  .help = "keep only the last TIME, in memory; write it to FILE on SIGUSR1, after an OOM kill, or at the end "
		  "if nothing was written before; later ones go to FILE.2 to FILE.10, then replace the oldest of "
		  "these" },
	{ .name = NULL },
};

static const struct option_row interval_options[] = {
	{ .name = "interval",
	  .short_name = 'i',
	  .type = OPT_DURATION,
	  .offset = offsetof(struct options, interval_ns),
	  .min = 10000000,
	  .max = 8760 * 3600000000000ULL,
	  .arg = "TIME",
	  .help = "update the counts every TIME, at least once a second; a replay can show no shorter interval" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = { own_options,	    duration_options,
							  interval_options, filter_options,
							  cmd_options,	    gather_options,
							  chain_options,    sample_options,
							  stall_options,    ring_options,
							  attach_options,   kernel_options,
							  common_options,   NULL };

static const struct example examples[] = {
	{ .text = "the counts and rare events of a build, to look at later",
	  .line = "memtrace record -o build.rec -- make -j8" },
	{ .text = "every page fault of a program", .line = "memtrace record --every fault -o faults.rec -- ./program" },
	{ .text = "a flight recorder: the minute before each OOM kill, and when asked by kill -USR1",
	  .line = "memtrace record --last 60s -o oom.rec" },
	{},
};

const struct command record_command = {
	.name = "record",
	.question = "how do I keep what happened, to look at it later?",
	.summary = "write a recording, for memtrace replay",
	.usage = "[-o FILE] [PROBE...] [OPTIONS] [-- CMD...]",
	.details = "Writes to FILE what stat, trace, hist and export need. A recording that was cut off can be read up "
		   "to the\n"
		   "last block that is complete. Without PROBE: all probes that `memtrace list` has as default.\n"
		   "--every fault adds each page fault to these; `record fault --every fault` has the page faults "
		   "alone.",
	.options = option_groups,
	.takes_probes = true,
	.takes_cmd = true,
	.examples = examples,
	.run = run_record,
};
