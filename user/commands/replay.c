// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace replay FILE: what is in a recording.  With a command, main.c runs that on it instead. */
#include <errno.h>
#include <stdio.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../base/outfile.h"
#include "../report/report.h"
#include "../report/render.h"
#include "../views/recording_info.h"

extern const struct command replay_command;

static int show(const struct options *options, struct recording_info *info)
{
	struct render render;
	struct report *report = report__new("memtrace.recording/1");
	int code = render__open(&render, &options->out), err = -ENOMEM;

	if (code == EXIT_OK) {
		render.output.wall_offset_ns = recording_info__wall_offset_ns(info);
		if (report) {
			recording_info__add(info, report);
			err = render__report(&render, report);
		}
		code = render__close(&render, err, code);
	}
	report__free(report);
	return code;
}

static int run_replay(struct options *options)
{
	struct recording_info *info;
	int code;

	if (!options->replay) {
		log_error("replay: expected the name of a recording, such as memtrace replay memtrace.rec stat");
		return EXIT_USAGE;
	}
	if (outfile__same(options->out.path, options->replay)) {
		log_error("-o '%s': is the recording itself; expected another file", options->out.path);
		return EXIT_USAGE;
	}
	code = recording_info__read(&info, options->replay);
	if (code == EXIT_OK)
		code = show(options, info);
	if (code == EXIT_OK && recording_info__damaged(info))
		code = EXIT_FAILED;
	recording_info__free(info);
	return code;
}

static const struct option_row *const option_groups[] = { output_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "what is in a recording", .line = "memtrace replay build.rec" },
	{ .text = "the report that stat would have printed", .line = "memtrace replay build.rec stat" },
	{ .text = "each page fault, as JSON lines", .line = "memtrace replay faults.rec trace fault --json" },
	{ .text = "histograms of the first ten seconds", .line = "memtrace replay build.rec hist -d 10" },
	{},
};

const struct command replay_command = {
	.name = "replay",
	.question = "what is in a recording?",
	.summary = "look at a recording, with stat, trace, hist or export",
	.usage = "FILE [COMMAND [PROBE...] [OPTIONS]]",
	.details = "With COMMAND (stat, trace, hist, export), prints what that would have printed during the recorded "
		   "run.\n"
		   "Without PROBE, it shows all that was recorded. Options about tracing, such as filters, are "
		   "refused. Without\n"
		   "COMMAND, prints what is in the recording. FILE - is standard input. Needs no root; works on any "
		   "machine.",
	.options = option_groups,
	.takes_recording = true,
	.examples = examples,
	.run = run_replay,
};
