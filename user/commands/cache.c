// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace cache: what comes into the page cache and leaves it. */
#include <errno.h>

#include "../cli/command.h"
#include "../session/tracing.h"
#include "../views/cache.h"
#include "../views/summary.h"
#include "tasks_request.h"

extern const struct command cache_command;

#define MAX_GROUPS 10000

struct cache_run {
	struct tracing tracing;
	struct summary summary;
	struct cache_files files;
	struct cache_view cache;
};

static int report(struct cache_run *run, enum scope scope)
{
	struct session *session = &run->tracing.session;
	struct report *rep = report__new("memtrace.cache/1");
	int err;

	if (!rep)
		return -ENOMEM;
	summary__init(&run->summary, &session->view);
	summary__add_run(&run->summary, rep, scope);
	err = cache_view__add(&run->cache, rep, scope);
	if (!err) {
		if (scope == SCOPE_TOTAL)
			summary__add_command(&run->summary, rep);
		summary__add_end(&run->summary, rep);
		err = render__report(&run->tracing.render, rep);
	}
	cache_view__done(&run->cache);
	report__free(rep);
	return err;
}

static int on_interval(struct session *session, void *ctx)
{
	(void)session;
	return report(ctx, SCOPE_INTERVAL);
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct cache_run *run = ctx;

	(void)session;
	if (row->id == MT_REC_cache_file)
		cache_files__add(&run->files, record);
	return 0;
}

static int ready(struct tracing *tracing)
{
	struct cache_run *run = (struct cache_run *)tracing;
	struct tasks_request request = tasks_request__of(tracing->session.options, &tracing->render);

	request.by = options__by(tracing->session.options, CACHE_BY_FILE);
	return cache_view__init(&run->cache, &tracing->session.view, &run->files, &request);
}

static int finish(struct tracing *tracing)
{
	return report((struct cache_run *)tracing, SCOPE_TOTAL);
}

static void done(struct tracing *tracing)
{
	cache_files__done(&((struct cache_run *)tracing)->files);
}

static int run_cache(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .done = done };
	enum group_by by = options__by(options, CACHE_BY_FILE);
	const struct session_config config = {
		.probes = 1U << MT_PROBE_cache,
		.probes_too = 1U << MT_PROBE_reclaim | 1U << MT_PROBE_refault,
		.aggregate = {
			.by = by == CACHE_BY_FILE ? BY_PROCESS : by,
			.hist_by = BY_ALL,
			.processes = true,
			.intervals = options->interval_ns,
			.keep_dead = true,
			.max_groups = MAX_GROUPS,
		},
		.latency = options->unread,
		.event = on_event,
		.events_before = true,
		.interval = options->interval_ns ? on_interval : NULL,
	};

	return tracing__run(sizeof(struct cache_run), options, &config, &ops);
}

/* In the order of enum group_by, from CACHE_BY_FILE on. */
static const char *const groups[] = { "file", "process", "thread", "comm", "cgroup", NULL };

static const struct option_row own_options[] = {
	{ .name = "by",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct options, by),
	  .min = CACHE_BY_FILE,
	  .choices = groups,
	  .arg = "GROUP",
	  .help = "what a row stands for: file by default; cgroup: that is charged; process, thread, comm: who did "
		  "it" },
	{ .name = "unread",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = offsetof(struct options, unread),
	  .help = "also how much was read ahead and never used (UNREAD), from Linux 6.12 on; a program runs at each "
		  "read "
		  "from the page cache" },
	OPTION_ROWS(.help = "show N rows, or all with 0; the rest is summed up in one line; JSON always has all rows"),
	{ .name = "sort",
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, sort),
	  .arg = "FIELD",
	  .help = "sort by this column, named as in the table's header or in JSON; by default by all that came and "
		  "went" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = { time_options,	  window_options, filter_options, cmd_options,
							  record_options, own_options,	  output_options, ring_options,
							  attach_options, kernel_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "which files come into the page cache and go", .line = "memtrace cache -d 10" },
	{ .text = "which container's page cache is evicted, and read again",
	  .line = "memtrace cache --by cgroup -d 10" },
	{ .text = "what a program does to the page cache", .line = "memtrace cache -- ./program" },
	{ .text = "which files are read ahead for nothing", .line = "memtrace cache --unread --sort UNREAD -d 60" },
	{},
};

const struct command cache_command = {
	.name = "cache",
	.question = "which files come into the page cache, go, and are read again?",
	.summary = "the page cache by file, cgroup and process",
	.usage = "[OPTIONS] [-- CMD...]",
	.details =
		"Shows how much of each file came into the page cache (ADDED), was taken from it by reclaim "
		"(EVICTED), left it\n"
		"otherwise (TRUNCATED: truncated, deleted, dropped on request), and came again after reclaim had taken "
		"it\n"
		"(READ-BACK), how much of it was written to (DIRTIED) and written back (WRITTEN), and how much went "
		"without having\n"
		"been used (UNREAD).\n"
		"\n"
		"A file is a device and an inode; FILE is its path from the root of its file system.\n"
		"With CMD or filters: what the chosen tasks add and write to; and what becomes of these files, whoever "
		"does it.",
	.options = option_groups,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_cache,
};
