// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace oom: reports of OOM kills. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/kept.h"
#include "../base/log.h"
#include "../base/stop.h"
#include "../base/stream.h"
#include "../cli/command.h"
#include "../cli/own_rules.h"
#include "../kernel/kmsg.h"
#include "../kernel/oom_parser.h"
#include "../kernel/oom_standing.h"
#include "../report/render.h"
#include "../views/oom_explain.h"
#include "../views/oom_files.h"
#include "../views/oom_report.h"
#include "oom_live.h"

extern const struct command oom_command;

/* The kernel's PID_MAX_LIMIT on 64 bits: no pid is ever higher. */
#define PID_LIMIT (4 * 1024 * 1024)

#define DEFAULT_DIR "/var/lib/memtrace/oom"
#define NEXT	    "next      memtrace oom --dir " DEFAULT_DIR " reports all of the next kill, if it runs then"

#define SAME_KILL_S 10

struct oom_run {
	const struct options *options;
	struct render render;
	struct oom_origin origin;
	struct oom_view view;
	size_t nr; /* reports so far */
	struct oom_kill newest;
	bool has_newest;
};

static int show(struct oom_run *run, const struct oom_kill *kill)
{
	struct report *report = report__new("memtrace.oom/1");
	int err;

	if (!report)
		return -ENOMEM;
	report->width = run->render.output.style.width;
	run->origin.first = !run->nr++;
	err = oom_view__add(&run->view, kill, &run->origin, report);
	if (!err && run->options->newest)
		report__add_note(report, "%s", NEXT);
	if (!err)
		err = render__report(&run->render, report);
	oom_view__done(&run->view);
	report__free(report);
	return err;
}

static int show_kill(void *ctx, const struct oom_kill *kill)
{
	return stop__asked() ? -ECANCELED : show(ctx, kill);
}

static int feed(FILE *stream, struct oom_parser *parser)
{
	char data[16 * 1024];
	size_t len;
	int err = 0;

	while (!err && (len = fread(data, 1, sizeof(data), stream)) > 0)
		err = oom_parser__feed(parser, data, len);
	if (!err && ferror(stream))
		err = errno ? -errno : -EIO;
	return err ? err : oom_parser__end(parser);
}

/* Every kill of a log that somebody kept. */
static int read_log(struct oom_run *run)
{
	const char *path = run->options->kernel_log;
	struct oom_parser *parser;
	FILE *stream;
	int err = stream__open_input(&stream, path);

	if (err) {
		log_error("--log: '%s' cannot be read: %s", path, strerror(-err));
		return render__close(&run->render, 0, err == -ENOENT ? EXIT_USAGE : EXIT_FAILED);
	}
	run->origin = (struct oom_origin){
		.source = "kernel log",
		.ranking = "computed from the log's table",
		.lost_records = MT_UNKNOWN_U64,
	};
	parser = oom_parser__new(show_kill, run);
	err = parser ? feed(stream, parser) : -ENOMEM;
	oom_parser__free(parser);
	fclose(stream);
	if (!err && !run->nr)
		log_note("no OOM kill in this log");
	return render__close(&run->render, err, EXIT_OK);
}

static int keep_newest(void *ctx, const struct oom_kill *kill)
{
	struct oom_run *run = ctx;
	struct oom_task *tasks = NULL;

	if (kill->nr_tasks) {
		tasks = malloc(kill->nr_tasks * sizeof(*tasks));
		if (!tasks)
			return -ENOMEM;
		memcpy(tasks, kill->tasks, kill->nr_tasks * sizeof(*tasks));
	}
	if (run->has_newest)
		oom_kill__done(&run->newest);
	run->newest = *kill;
	run->newest.tasks = tasks;
	run->has_newest = true;
	return 0;
}

static int feed_record(void *ctx, const char *record, size_t len)
{
	return oom_parser__feed(ctx, record, len);
}

/* The newest kill that the kernel's log still holds. */
static int read_kmsg(struct oom_run *run)
{
	struct oom_parser *parser = oom_parser__new(keep_newest, run);
	int err = parser ? kmsg__each(feed_record, parser, &run->origin.lost_records) : -ENOMEM;

	run->origin.source = "kernel log (/dev/kmsg)";
	run->origin.ranking = "computed from the log's table";
	if (!err)
		err = oom_parser__end(parser);
	oom_parser__free(parser);
	if (run->has_newest && run->newest.when.boot_ns != MT_UNKNOWN_U64)
		run->newest.when.wall_ns = run->newest.when.boot_ns + (uint64_t)kmsg__wall_offset_ns();
	return err;
}

/* The newest kill of the log, after err of reading it; *code: an exit code. */
static int show_logged(struct oom_run *run, int err, int *code)
{
	*code = EXIT_FAILED;
	if (err == -EPERM || err == -EACCES || err == -ENOENT) {
		log_error("--last: the kernel's log cannot be read: %s%s", strerror(-err),
			  err == -ENOENT ? "" : "; it takes root, or CAP_SYSLOG");
		return 0;
	}
	if (!err && !run->has_newest) {
		log_error("--last: the kernel's log holds no OOM kill%s",
			  run->origin.lost_records ? ", and its oldest records have been overwritten" : "");
		return 0;
	}
	*code = EXIT_OK;
	return err ? err : show(run, &run->newest);
}

/* Whether a report that was kept is about the log's newest kill, or a later one. */
static bool is_newer(const struct kept *kept, const struct oom_kill *logged)
{
	uint64_t logged_s = logged->when.wall_ns / NSEC_PER_SEC;

	if (logged->when.wall_ns == MT_UNKNOWN_U64 || kept->wall_s > logged_s)
		return true;
	/* the clock of the log and that of the report run apart */
	return kept->wall_s + SAME_KILL_S >= logged_s && oom_files__pid(kept->name) == logged->victim.pid;
}

/* Other reports name no victim. */
static bool is_kill(const char *name)
{
	return oom_files__pid(name) != 0;
}

/* 0 with *kept all 0: there is none; or -errno, which was said. */
static int read_kept(const struct oom_run *run, struct kept *kept)
{
	const char *dir = run->options->oom_dir ? run->options->oom_dir : DEFAULT_DIR;
	const struct kept_request request = { .prefix = OOM_FILES_PREFIX,
					      .ending = run->options->out.json ? ".json" : ".txt",
					      .wanted = is_kill };
	int err = kept__newest(kept, dir, &request);

	if (!err)
		return 0;
	kept__done(kept);
	kept->size = 0;
	/* nobody asked for the usual directory, so it need not be there */
	if (!run->options->oom_dir || (err == -ENOENT && !access(dir, F_OK)))
		return 0;
	log_error("--dir: '%s' cannot be read: %s", dir, strerror(-err));
	return err;
}

/* The newest kill: the report of a run that was there has more than the log. */
static int show_newest(struct oom_run *run)
{
	struct kept kept;
	int log_err, err, code = EXIT_FAILED;

	if (read_kept(run, &kept))
		return render__close(&run->render, 0, EXIT_FAILED);
	log_err = read_kmsg(run);
	if (kept.size && (log_err || !run->has_newest || is_newer(&kept, &run->newest))) {
		code = EXIT_OK;
		err = render__copy(&run->render, kept.data, kept.size);
		log_note("%s/%s has this report", run->options->oom_dir ? run->options->oom_dir : DEFAULT_DIR,
			 kept.name);
	} else {
		err = show_logged(run, log_err, &code);
	}
	kept__done(&kept);
	if (run->has_newest)
		oom_kill__done(&run->newest);
	return render__close(&run->render, err, code);
}

static int show_standing(struct oom_run *run, const struct oom_standing *standing)
{
	struct report *report = report__new("memtrace.oom_explain/1");
	struct oom_explained explained = { 0 };
	int err;

	if (!report)
		return -ENOMEM;
	report->width = run->render.output.style.width;
	err = oom_explained__add(&explained, standing, run->options->rows, report);
	if (!err)
		err = render__report(&run->render, report);
	oom_explained__done(&explained);
	report__free(report);
	return err;
}

/* Who would be killed now. */
static int explain(struct oom_run *run)
{
	const struct uint_list *pids = &run->options->pids;
	uint32_t pid = pids->nr ? (uint32_t)pids->list[0] : 0;
	struct oom_standing standing;
	int err = oom_standing__read(&standing, pid), code = EXIT_OK;

	if (err == -ESRCH) {
		log_error("-p %u: no such process, or its cgroup cannot be read", pid);
		code = EXIT_USAGE;
		err = 0;
	} else if (!err) {
		err = show_standing(run, &standing);
	}
	oom_standing__done(&standing);
	return render__close(&run->render, err, code);
}

static bool has_filters(const struct options *options)
{
	return options->tids.nr || options->users.nr || options->comms.nr || options->cgroups.nr || options->follow;
}

static size_t nr_modes(const struct options *options)
{
	return (options->kernel_log != NULL) + options->newest + options->explain;
}

/* What is about a run makes no sense with what is not; an exit code. */
static int check(const struct options *options)
{
	bool live = !nr_modes(options);

	if (nr_modes(options) > 1)
		log_error("oom: expected only one of --log FILE, --last and --explain");
	else if (!live && (options->cmd || has_filters(options) || options->duration_ns))
		log_error("oom: --log, --last and --explain wait for nothing: expected no CMD, no -d and no filter");
	else if (!live && (options->history_ns || options->max_reports || options->denied || options->at_percent))
		log_error(
			"oom: --history, --max-reports, --denied and --at are about what is to come; expected none of "
			"--log, --last and --explain with them");
	else if (!live && options->oom_dir && !options->newest)
		log_error("--dir: only with --last, or when waiting for kills");
	else if (!live && options->pids.nr && !options->explain)
		log_error("-p: only with --explain, or when waiting for kills");
	else if (options->explain && options->pids.nr > 1)
		log_error("-p: expected one process, not %zu", options->pids.nr);
	else if (options->stacks && !options->at_percent)
		log_error(
			"--stacks: says which code took memory before a cgroup nears its limit; expected --at as well");
	else if (options->sample && !options->stacks)
		log_error("--sample: is about the page faults of --stacks; expected --stacks as well");
	else if (options->max_reports && !options->oom_dir)
		log_error("--max-reports: expected --dir as well");
	else
		return EXIT_OK;
	return EXIT_USAGE;
}

static int run_mode(struct oom_run *run)
{
	if (run->options->explain)
		return explain(run);
	return run->options->newest ? show_newest(run) : read_log(run);
}

static int run_oom(struct options *options)
{
	struct oom_run *run;
	int code = check(options);

	if (code == EXIT_OK)
		code = own_rules__read(options);
	if (code != EXIT_OK)
		return code;
	if (!nr_modes(options))
		return oom_live__run(options);
	run = calloc(1, sizeof(*run));
	code = run ? EXIT_OK : EXIT_FAILED;
	if (!run)
		log_error("cannot start: out of memory");
	if (code == EXIT_OK) {
		run->options = options;
		code = render__open(&run->render, &options->out);
	}
	if (code == EXIT_OK)
		code = run_mode(run);
	free(run);
	return code;
}

static const struct option_row own_options[] = {
	{ .name = "log",
	  .live_only = true,
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, kernel_log),
	  .arg = "FILE",
	  .help = "report each kill of a kernel's log that was kept: the output of dmesg or journalctl -k, a file of "
		  "syslog, a console's; - is standard input" },
	{ .name = "last",
	  .live_only = true,
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, newest),
	  .help = "report the newest kill: as --dir has it, or as far as the kernel's log still holds it" },
	{ .name = "explain",
	  .live_only = true,
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, explain),
	  .help = "who would be killed if memory ran out now, with the points of each process" },
	{ .name = "denied",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, denied),
	  .help = "also list what is refused without a kill: mmap, brk, mremap, mprotect, mlock and clone with the "
		  "limit "
		  "that was hit, failed allocations of pages, overflows of stacks. Takes a hook on each system call "
		  "and "
		  "each allocation" },
	{ .name = "at",
	  .type = OPT_PERCENT,
	  .offset = offsetof(struct options, at_percent),
	  .min = 1,
	  .max = 99,
	  .arg = "SHARE",
	  .help = "also report who grew when a cgroup passes that share of its limit, such as 90%; once, and again "
		  "only "
		  "after it fell by a tenth of the limit" },
	{ .name = "stacks",
	  .type = OPT_FLAG_CHOICE,
	  .offset = offsetof(struct options, stacks),
	  .min = STACKS_FP,
	  .choices = stack_methods,
	  .arg = "fp|dwarf",
	  .help = "with --at: also which code took the page faults before, by call path. Takes a hook on each page "
		  "fault; "
		  "-c and --sample make it cheaper" },
	OPTION_ROWS(.help = "with --explain: show N processes, or all with 0; JSON always has all"),
	{ .name = "dir",
	  .live_only = true,
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, oom_dir),
	  .arg = "DIR",
	  .help = "also write each report of a kill to come to DIR, as text and as JSON, and a recording of what came "
		  "before; with --last: where "
		  "they are, by default " DEFAULT_DIR },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = {
	own_options,	 sample_options,   symbols_options, oom_report_options,
	history_options, duration_options, window_options,  filter_options,
	cmd_options,	 naming_options,   output_options,  ring_options,
	attach_options,	 kernel_options,   common_options,  NULL
};

static const struct example examples[] = {
	{ .text = "wait for kills, and keep a report of each", .line = "memtrace oom --dir /var/lib/memtrace/oom" },
	{ .text = "why was that process killed? From there, or from the kernel's log", .line = "memtrace oom --last" },
	{ .text = "all kills of another machine's log", .line = "memtrace oom --log messages.txt" },
	{ .text = "who would be killed now, also at the limit of that process's cgroup",
	  .line = "memtrace oom --explain -p 812" },
	{ .text = "the kills in a recording", .line = "memtrace replay oom.rec oom" },
	{ .text = "those of `journalctl -k -b -1`, the boot before", .line = "memtrace oom --log - <journal.txt" },
	{},
};

const struct command oom_command = {
	.name = "oom",
	.question = "why did the OOM killer kill, and whom?",
	.summary = "reports of OOM kills",
	.usage = "[--dir DIR] [OPTIONS] [-- CMD...] | --log FILE | --last | --explain [-p PID]",
	.details = "Waits for OOM kills, remembers the last minute meanwhile, and reports each: whose memory ran out, "
		   "who was killed, who asked, whom the kernel compared with how many "
		   "points, and what\n"
		   "decided. Kills by systemd-oomd, earlyoom and the like are reported, too.\n"
		   "A log is that of any kernel from 3.10 on, also a part of one. What it does not say is '-', and the "
		   "last\n"
		   "lines name it.\n"
		   "\n"
		   "Points are computed as that kernel does it, from the table of tasks that it logged; those of "
		   "--explain as this kernel\n"
		   "does it, from /proc.",
	.options = option_groups,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_oom,
};
