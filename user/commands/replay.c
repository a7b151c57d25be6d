// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace replay FILE: what is in a recording.  With a command, main.c runs that on it instead. */
#include <errno.h>
#include <stdio.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../base/outfile.h"
#include "../report/report.h"
#include "../report/render.h"
#include "../session/recorded.h"
#include "../views/recording_info.h"

extern const struct command replay_command;

/* 0 or -ENOMEM. */
static int add(struct report *report, struct recording_info *info)
{
	if (!report || !info)
		return -ENOMEM;
	return recording_info__add(info, report);
}

static int show(const struct options *options, const struct recording_summary *summary)
{
	struct render render;
	struct recording_info *info = recording_info__new(summary);
	struct report *report = report__new("memtrace.recording/1");
	int code = render__open(&render, &options->out), err;

	if (code == EXIT_OK) {
		render.output.wall_offset_ns = &summary->end.wall_offset_ns;
		err = add(report, info);
		if (!err)
			err = render__report(&render, report);
		code = render__close(&render, err, code);
	}
	report__free(report);
	recording_info__free(info);
	return code;
}

static int run_replay(struct options *options)
{
	struct recorded recorded;
	int code;

	if (!options->replay) {
		log_error("replay: expected the name of a recording, such as memtrace replay memtrace.rec stat");
		return EXIT_USAGE;
	}
	if (outfile__same(options->out.path, options->replay)) {
		log_error("-o '%s': is the recording itself; expected another file", options->out.path);
		return EXIT_USAGE;
	}
	code = recorded__read(&recorded, options->replay);
	if (code == EXIT_OK)
		code = show(options, &recorded.summary);
	if (code == EXIT_OK && recorded.damaged)
		code = EXIT_FAILED;
	recorded__close(&recorded);
	return code;
}

static const struct option_row *const option_groups[] = { output_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "what is in a recording", .line = "memtrace replay build.rec" },
	{ .text = "the report that stat would have printed", .line = "memtrace replay build.rec stat" },
	{ .text = "each page fault, as JSON lines", .line = "memtrace replay faults.rec trace fault --json" },
	{ .text = "of a flight recorder, what one unit did in ten seconds of an incident",
	  .line = "memtrace replay oom.rec stat -c nginx.service --from 14:02:05 --to 14:02:15" },
	{ .text = "of a history, what one unit did last night",
	  .line = "memtrace replay /var/lib/memtrace/history stat -c nginx.service --from 03:00 --to 03:30" },
	{ .text = "histograms of the first ten seconds", .line = "memtrace replay build.rec hist -d 10" },
	{},
};

const struct command replay_command = {
	.name = "replay",
	.question = "what is in a recording?",
	.summary = "look at a recording, with stat, top, report, timeline and other commands",
	.usage = "FILE [COMMAND [PROBE...] [OPTIONS]]",
	.details =
		"With COMMAND (stat, stalls, state, timeline, report, trace, stacks, hist, top, oom, export; map, leak "
		"and cache,\n"
		"if their probes were on), prints what that would have printed during the recorded run.\n"
		"Without PROBE, it shows all that was recorded. -p, -t, -u, -n and -c choose tasks of a recording "
		"as they do live;\n"
		"--from and --to choose a part of its time; they may stand before COMMAND, too. Options about tracing "
		"(--latency, --light, --follow) "
		"are refused.\n"
		"FILE may be a directory that record --keep has written, of which only that part is read.\n"
		"Without COMMAND, prints what is in the recording. FILE - is standard input. Needs no root; works "
		"on any\n"
		"machine.",
	.options = option_groups,
	.takes_recording = true,
	.takes_command = true,
	.examples = examples,
	.run = run_replay,
};
