// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace state: the machine's memory on one screen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/stop.h"
#include "../cli/command.h"
#include "../kernel/machine_files.h"
#include "../report/render.h"
#include "../views/state.h"

extern const struct command state_command;

/* Between the two looks, unless -d says otherwise. */
#define LOOKS_APART_NS NSEC_PER_SEC

struct state_run {
	const struct options *options;
	struct render render;
	struct machine_files files;
	struct machine looks[2]; /* the newest and the one before */
	struct state view;
};

/* Any signal ends the run; a second one says that the report is not wanted. */
static void on_signal(void *ctx, const struct signalfd_siginfo *info)
{
	(void)ctx;
	if (info->ssi_signo != SIGCHLD)
		stop__by_signal();
}

/* Titles stand above the first line, and again when those have left the screen. */
#define LINES_A_SCREEN 20

/* What the looks say, as a whole or as the line of that number. */
static int report(struct state_run *run, const struct state_looks *looks, size_t nr)
{
	struct report *rep = report__new("memtrace.state/1");
	int err = 0;

	if (!rep)
		return -ENOMEM;
	if (looks->interval && !output__is_for_programs(&run->options->out))
		state__add_line(looks, rep, nr % LINES_A_SCREEN == 0);
	else
		err = state__add(&run->view, looks, rep);
	if (!err)
		err = render__report(&run->render, rep);
	state__done(&run->view);
	report__free(rep);
	return err;
}

/* Until a time of the boot clock, or a signal. */
static void wait_until(uint64_t due_ns)
{
	uint64_t now_ns, ms;

	while (!stop__asked() && (now_ns = clock__boot_ns()) < due_ns) {
		ms = (due_ns - now_ns + 999999) / 1000000;
		stop__pause(ms < 1000 ? (int)ms : 1000);
	}
}

static int look_twice(struct state_run *run)
{
	uint64_t apart_ns = run->options->duration_ns ? run->options->duration_ns : LOOKS_APART_NS;
	struct machine *before = &run->looks[0], *now = &run->looks[1];

	machine_files__read(&run->files, before, true);
	wait_until(before->time_ns + apart_ns);
	machine_files__read(&run->files, now, true);
	return report(run, &(struct state_looks){ .before = before, .now = now }, 0);
}

/* Until the time is over, or a signal. */
static int look_again_and_again(struct state_run *run)
{
	const struct options *options = run->options;
	bool lists = output__is_for_programs(&options->out);
	uint64_t due_ns, end_ns;
	size_t nr;
	int err = 0;

	machine_files__read(&run->files, &run->looks[0], lists);
	due_ns = run->looks[0].time_ns;
	end_ns = options->duration_ns ? due_ns + options->duration_ns : UINT64_MAX;
	for (nr = 0; !err && due_ns + options->interval_ns <= end_ns; nr++) {
		const struct state_looks looks = { &run->looks[nr % 2], &run->looks[(nr + 1) % 2], true };

		due_ns += options->interval_ns;
		wait_until(due_ns);
		if (stop__asked())
			break;
		machine_files__read(&run->files, &run->looks[(nr + 1) % 2], lists);
		err = report(run, &looks, nr);
	}
	return err;
}

static int run_state(struct options *options)
{
	struct state_run *run = calloc(1, sizeof(*run));
	int code, err = 0;

	if (!run) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	run->options = options;
	code = render__open(&run->render, &options->out);
	if (code == EXIT_OK) {
		stop__on_signal(on_signal, run);
		machine_files__open(&run->files);
		err = options->interval_ns ? look_again_and_again(run) : look_twice(run);
		machine_files__close(&run->files);
		stop__on_signal(NULL, NULL);
	}
	code = render__close(&run->render, err, code);
	free(run);
	return code;
}

static const struct option_row *const option_groups[] = { look_options, output_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "where all memory is, and what is abnormal", .line = "memtrace state" },
	{ .text = "what grows within ten seconds", .line = "memtrace state -d 10" },
	{ .text = "one line a second, for a minute", .line = "memtrace state -i 1 -d 60" },
	{},
};

const struct command state_command = {
	.name = "state",
	.question = "where is all memory, and what is abnormal?",
	.summary = "the machine's memory on one screen",
	.usage = "[OPTIONS]",
	.details =
		"Looks twice at what the kernel tells of memory, a second apart (or as -d says), and shows the second "
		"look.\n"
		"What counts or grows is what it did between the two.",
	.options = option_groups,
	.examples = examples,
	.run = run_state,
};
