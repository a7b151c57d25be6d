// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace copy FILE -o FILE: a part of a recording or of a history as one file, to send to somebody. */
#include <stdio.h>

#include "../base/log.h"
#include "../base/outfile.h"
#include "../base/units.h"
#include "../cli/command.h"
#include "../session/copied.h"

extern const struct command copy_command;

static int check(const struct options *options)
{
	if (!options->replay) {
		log_error("copy: expected a recording or a history, as in memtrace copy DIR --from -1h -o hour.rec");
		return EXIT_USAGE;
	}
	if (!options->out.path) {
		log_error("copy: expected -o FILE as well (- is standard output)");
		return EXIT_USAGE;
	}
	if (outfile__same(options->out.path, options->replay)) {
		log_error("-o '%s': is the recording itself; expected another file", options->out.path);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static char *spell(char *text, size_t size, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	struct tm tm;

	snprintf(text, size, "?");
	if (localtime_r(&seconds, &tm))
		strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

static void say_result(const struct options *options, const struct copied *copied)
{
	char size[32], from[32], to[32];

	format_bytes(size, sizeof(size), copied->stats.bytes);
	log_note("%s: %s, %llu events, from %s to %s%s", options->out.path, size,
		 (unsigned long long)copied->stats.events, spell(from, sizeof(from), copied->from_wall_ns),
		 spell(to, sizeof(to), copied->to_wall_ns), options->anonymise ? "; names were replaced" : "");
	if (copied->nr_gaps)
		log_note("%zu gap%s in between, in which nothing was recorded; `memtrace replay %s` says when",
			 copied->nr_gaps, copied->nr_gaps == 1 ? "" : "s", options->replay);
}

static int copy_to(struct outfile *file, const struct options *options)
{
	const struct copy_request request = {
		.from = options->replay,
		.part = { .from = &options->from, .to = &options->to },
		.file = file,
		.anonymise = options->anonymise,
	};
	struct copied copied;
	int code = copied__make(&copied, &request);

	if (code != EXIT_OK)
		return code;
	say_result(options, &copied);
	return copied.damaged ? EXIT_FAILED : EXIT_OK;
}

static int run_copy(struct options *options)
{
	struct outfile file;
	int code = check(options), err;

	if (code != EXIT_OK)
		return code;
	err = outfile__open(&file, options->out.path, OUTFILE_DUMP);
	if (err) {
		outfile__report(&file, err);
		return outfile__exit_code(&file);
	}
	code = copy_to(&file, options);
	outfile__close(&file);
	return code;
}

static const struct option_row own_options[] = {
	{ .name = "output",
	  .short_name = 'o',
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, out.path),
	  .arg = "FILE",
	  .help = "write to FILE, which appears when it is complete; - is standard output" },
	{ .name = "anonymise",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, anonymise),
	  .help = "replace names of processes, command lines, paths, cgroups and the host: the same one by the same, "
		  "name1, name2, ..." },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = { own_options, window_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "half an hour of last night, to send to somebody",
	  .line = "memtrace copy /var/lib/memtrace/history --from 03:00 --to 03:30 -o night.rec" },
	{ .text = "the first minute of a recording, to another machine",
	  .line = "memtrace copy build.rec --to 1m -o - | ssh host 'cat >minute.rec'" },
	{ .text = "half an hour of last night without names",
	  .line = "memtrace copy /var/lib/memtrace/history --from 03:00 --to 03:30 --anonymise -o night.rec" },
	{},
};

const struct command copy_command = {
	.name = "copy",
	.question = "how do I send a part of a recording to somebody?",
	.summary = "a part of a recording or of a history as one file",
	.usage = "FILE -o FILE [OPTIONS]",
	.details =
		"FILE is a recording, - for standard input, or a directory that record --keep has written. All that "
		"was\n"
		"recorded between --from and --to is in the copy, and counts start where it begins. It begins and ends "
		"at\n"
		"moments when counts were brought up to date.\n"
		"\n"
		"With --anonymise the copy has none of the names of processes, command lines, paths of files and "
		"cgroups, build\n"
		"ids, and the host's name. What the kernel gives names to stays: its threads, functions, modules and "
		"devices, its\n"
		"version; and all numbers: times, process ids, user ids, addresses.",
	.options = option_groups,
	.takes_recording = true,
	.examples = examples,
	.run = run_copy,
};
