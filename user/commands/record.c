// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace record: a run to a file, to be looked at later, elsewhere, without root. */
#include <string.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../base/units.h"
#include "../session/recording.h"
#include "../session/session.h"
#include "../views/losses.h"
#include "record_page.h"

extern const struct command record_command;

#define DEFAULT_FILE "memtrace.rec"
#define DEFAULT_DIR  "memtrace.history"

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

static int check_history(const struct options *options)
{
	if (options->max_bytes && !options->keep_ns) {
		log_error("--max-bytes: is about a history; expected --keep as well");
		return EXIT_USAGE;
	}
	if (options->keep_ns && options->last_ns) {
		log_error("--keep, --last: a history on disk, or the last part in memory; expected one of the two");
		return EXIT_USAGE;
	}
	if (options->keep_ns && options->record && !strcmp(options->record, "-")) {
		log_error("-o -: a history is a directory; expected its name");
		return EXIT_USAGE;
	}
	return EXIT_OK;
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
	return check_history(options) == EXIT_OK ? record_page__check(options) : EXIT_USAGE;
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
	if (session->options->keep_ns) {
		log_note("%s: %u segment%s, %s, %llu events in %.1f s; %s", stats.path, stats.files,
			 stats.files == 1 ? "" : "s", size, (unsigned long long)stats.events,
			 run_view__seconds(&session->view, SCOPE_TOTAL), lost);
		return;
	}
	log_note("%s: %s, %llu events in %.1f s; %s", stats.path, size, (unsigned long long)stats.events,
		 run_view__seconds(&session->view, SCOPE_TOTAL), lost);
}

/* How often counts are fetched; a shorter -i is looked at by the loop. */
static uint64_t tick_ns(const struct options *options)
{
	if (!options->keep_ns)
		return 0;
	return options->interval_ns ? options->interval_ns : HISTORY_TICK_NS;
}

static void set_defaults(struct options *options)
{
	if (!options->record)
		options->record = options->keep_ns ? DEFAULT_DIR : DEFAULT_FILE;
	if (options->keep_ns && !options->max_bytes)
		options->max_bytes = HISTORY_MAX_BYTES;
}

static int run_record(struct options *options)
{
	struct session session;
	bool has_recording;
	int page = EXIT_OK;
	const struct session_config config = {
		.defaults = options->keep_ns ? HISTORY_PROBES : 0,
		.light = options->keep_ns ? HISTORY_LIGHT : 0,
		.tick_ns = tick_ns(options),
		.every = options->every,
		.latency = options->latency,
		.record_only = true,
		.default_interval_ns = 0,
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 1 },
	};
	int code = check(options);

	if (code)
		return code;
	set_defaults(options);
	code = session__open(&session, options, &config);
	if (code == EXIT_OK)
		code = session__run(&session);
	has_recording = code == EXIT_OK && session.recorder;
	if (has_recording)
		say_result(&session);
	code = session__exit_code(&session, code);
	session__close(&session);
	if (has_recording)
		page = record_page__make(options);
	return code == EXIT_OK ? page : code;
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
	{ .name = "report",
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, report),
	  .arg = "FILE",
	  .help = "after the run, also write a page for a browser to FILE, as memtrace replay's report does" },
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
	{ .name = "keep",
	  .type = OPT_DURATION,
	  .offset = offsetof(struct options, keep_ns),
	  .min = 3600 * 1000000000ULL,
	  .max = 8760 * 3600 * 1000000000ULL,
	  .arg = "TIME",
	  .help = "keep a history of TIME, as 7d, in the directory FILE, by default " DEFAULT_DIR
		  ": recordings one after the other, of which the oldest go" },
	{ .name = "max-bytes",
	  .type = OPT_SIZE,
	  .offset = offsetof(struct options, max_bytes),
	  .min = HISTORY_MIN_BYTES,
	  .max = 1ULL << 44,
	  .arg = "SIZE",
	  .help = "with --keep: the history takes at most SIZE, 1G by default; the oldest goes first" },
	{ .name = NULL },
};

static const struct option_row interval_options[] = {
	OPTION_INTERVAL(10000000, .help = "update the counts every TIME, at least once a second (with --keep: every 10 "
					  "s); a replay can show "
					  "no shorter interval"),
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
	{ .text = "a build, and a page about it for a browser",
	  .line = "memtrace record -o build.rec --report build.html -- make -j8" },
	{ .text = "every page fault of a program", .line = "memtrace record --every fault -o faults.rec -- ./program" },
	{ .text = "a flight recorder: the minute before each OOM kill, and when asked by kill -USR1",
	  .line = "memtrace record --last 60s -o oom.rec" },
	{ .text = "a week of history, in a gigabyte at most",
	  .line = "memtrace record --keep 7d --max-bytes 1G -o /var/lib/memtrace/history" },
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
		   "alone.\n"
		   "\n"
		   "With --keep, -o is a directory of mode 0700, made if it is not there. Counts are then updated "
		   "every 10 s; without\n"
		   "PROBE: page faults as the kernel accounts them, stalls, reclaim, kswapd and OOM kills. While the "
		   "disk is full\n"
		   "nothing is written; memtrace goes on when there is room again.",
	.options = option_groups,
	.takes_probes = true,
	.takes_cmd = true,
	.examples = examples,
	.run = run_record,
};
