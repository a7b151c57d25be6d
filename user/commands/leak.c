// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak: who makes the memory grow, by process, and by call path. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../cli/command.h"
#include "leak.h"

extern const struct command leak_command;

/* Between two readings of memory; of a run that may be short more often. */
#define STEP_NS	    NSEC_PER_SEC
#define CMD_STEP_NS (NSEC_PER_SEC / 20)
/* Of -d so many readings, if that is more often. */
#define STEPS_OF_DURATION 50
#define LEAST_STEP_NS	  (NSEC_PER_SEC / 20)

/* A row a section; without a struct of its own nobody can ask for it yet. */
static const struct {
	const char *name;
	const struct leak_section *section;
} sections[] = {
	{ "memory", &leak_memory_section },
	{ "growth", &leak_growth_section },
	{ "by_page", &leak_pages_section },
	{ "by_object", &leak_object_section },
	{ "by_mapping", &leak_mapped_section },
	{ "kernel_memory", &leak_kinds_section },
	{ "slab", &leak_slab_section },
	{ "vmalloc", &leak_vmalloc_section },
	{ "allocation_sites", &leak_sites_section },
	{ "kernel_pages", &leak_kpages_section },
	{ "kmemleak", &leak_kmemleak_section },
};

#define NR_SECTIONS (sizeof(sections) / sizeof(*sections))

#define EACH_WANTED(i, run)                                                                                            \
	for ((i) = 0; (i) < NR_SECTIONS; (i)++)                                                                        \
		if ((run)->wanted & 1U << (i))

static uint32_t wanted_of(const struct options *options)
{
	uint32_t wanted = 0;
	size_t i;

	for (i = 0; i < NR_SECTIONS; i++)
		if (sections[i].section && (!sections[i].section->wanted || sections[i].section->wanted(options)))
			wanted |= 1U << i;
	return wanted;
}

static uint32_t wanted_of_recording(const struct session *session)
{
	uint32_t wanted = 0;
	size_t i;

	for (i = 0; i < NR_SECTIONS; i++) {
		const struct leak_section *section = sections[i].section;

		if (section && (!section->wanted || (section->replayed && section->replayed(session))))
			wanted |= 1U << i;
	}
	return wanted;
}

static uint64_t step_of(const struct options *options)
{
	uint64_t step = options->duration_ns / STEPS_OF_DURATION;

	if (options->interval_ns)
		return options->interval_ns;
	if (options->cmd)
		return CMD_STEP_NS;
	step = step > LEAST_STEP_NS ? step : LEAST_STEP_NS;
	return options->duration_ns && step < STEP_NS ? step : STEP_NS;
}

/* The first records come while the session opens, before ready(). */
static void open_run(struct leak_run *run, const struct session *session)
{
	if (run->opened)
		return;
	run->opened = true;
	run->requested_bytes = MT_UNKNOWN_U64;
	run->wanted = session->options->replay ? wanted_of_recording(session) : wanted_of(session->options);
	run->growth.step_ns = session->options->replay ? session->facts.tick_ns : step_of(session->options);
	if (!run->growth.step_ns)
		run->growth.step_ns = STEP_NS;
}

static int begin_run(struct leak_run *run, uint64_t now_ns)
{
	size_t i;
	int err = 0;

	run->begun = true;
	run->begun_ns = now_ns;
	EACH_WANTED(i, run)
	if (!err && sections[i].section->begin)
		err = sections[i].section->begin(run, now_ns);
	return err;
}

/* The run begins with the first record that is not older: what came before is where it begins from.  1: it has. */
static int is_in_run(struct leak_run *run, uint64_t time_ns)
{
	const struct session *session = &run->tracing.session;
	int err = 0;

	open_run(run, session);
	if (session->filter.before || !session->view.start_ns || time_ns < session->view.start_ns)
		return 0;
	if (!run->begun)
		err = begin_run(run, session->view.start_ns);
	return err ? err : 1;
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct leak_run *run = ctx;
	int counts = is_in_run(run, ((const struct mt_hdr *)record)->time_ns), err = counts < 0 ? counts : 0;
	size_t i;

	(void)session;
	EACH_WANTED(i, run)
	if (!err && sections[i].section->event)
		err = sections[i].section->event(run, row, record, counts);
	return err;
}

static int on_look(struct session *session, void *ctx, uint64_t due_ns, bool final)
{
	struct leak_run *run = ctx;
	int err = is_in_run(run, UINT64_MAX);
	size_t i;

	(void)session;
	(void)due_ns;
	err = err < 0 ? err : 0;
	EACH_WANTED(i, run)
	if (!err && sections[i].section->look)
		err = sections[i].section->look(run, final);
	return err;
}

static int on_map(struct session *session, void *ctx, const void *record)
{
	struct leak_run *run = ctx;
	int err = is_in_run(run, ((const struct mt_hdr *)record)->time_ns);
	size_t i;

	(void)session;
	err = err < 0 ? err : 0;
	EACH_WANTED(i, run)
	if (!err && sections[i].section->map)
		err = sections[i].section->map(run, record);
	return err;
}

static int ready(struct tracing *tracing)
{
	struct leak_run *run = (struct leak_run *)tracing;
	int code = EXIT_OK;
	size_t i;

	open_run(run, &tracing->session);
	EACH_WANTED(i, run)
	if (code == EXIT_OK && sections[i].section->ready)
		code = sections[i].section->ready(run);
	return code;
}

/* The keys of sections that were not asked for, or that nobody makes: null. */
static void add_nulls(struct leak_run *run, struct report *report)
{
	size_t i, nr = 0;

	for (i = 0; i < NR_SECTIONS; i++) {
		if (run->wanted & 1U << i)
			continue;
		run->null_columns[nr] = (struct column){ .path = sections[i].name };
		run->nulls[nr++] = cell_none();
		if (!sections[i].section || !sections[i].section->sums)
			continue;
		run->null_columns[nr] = (struct column){ .path = sections[i].section->sums };
		run->nulls[nr++] = cell_none();
	}
	report__add_values(
		report,
		&(struct values){ .path = "", .columns = run->null_columns, .cells = run->nulls, .nr_columns = nr });
}

static int finish(struct tracing *tracing)
{
	struct leak_run *run = (struct leak_run *)tracing;
	struct report *report = report__new("memtrace.leak/1");
	int err = report ? is_in_run(run, UINT64_MAX) : -ENOMEM; /* no record may have come */
	size_t i;

	err = err < 0 ? err : 0;
	run->ended_ns = tracing->session.checkpoint.now_ns;
	if (!err) {
		summary__init(&run->summary, &tracing->session.view);
		summary__add_run(&run->summary, report, SCOPE_TOTAL);
	}
	EACH_WANTED(i, run)
	if (!err && sections[i].section->sum)
		err = sections[i].section->sum(run);
	EACH_WANTED(i, run)
	if (!err && sections[i].section->add)
		err = sections[i].section->add(run, report);
	if (!err) {
		add_nulls(run, report);
		summary__add_end(&run->summary, report);
		err = render__report(&tracing->render, report);
	}
	report__free(report);
	return err;
}

static void done(struct tracing *tracing)
{
	struct leak_run *run = (struct leak_run *)tracing;
	size_t i;

	open_run(run, &tracing->session);
	EACH_WANTED(i, run)
	if (sections[i].section->done)
		sections[i].section->done(run);
}

static int run_leak(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .done = done };
	struct session_config config = {
		.no_rows = true,
		.events_before = true,
		.default_interval_ns = step_of(options),
		.tick_ns = step_of(options),
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = 16 },
		.event = on_event,
		.map = on_map,
		.look = on_look,
	};
	uint32_t wanted = wanted_of(options);
	bool chains = false;
	size_t i;

	for (i = 0; i < NR_SECTIONS; i++) {
		if (!(wanted & 1U << i))
			continue;
		config.probes |= sections[i].section->probes;
		config.every |= options->replay ? 0 : sections[i].section->every;
		chains |= sections[i].section->chains;
	}
	/* of a recording what it has */
	for (i = 0; options->replay && i < NR_SECTIONS; i++)
		config.probes_too |= sections[i].section ? sections[i].section->probes | sections[i].section->every : 0;
	/* of a recording, if it has some */
	if ((chains || options->replay) && !options->stacks)
		options->stacks = STACKS_FP;
	config.stacks_if_any = options->replay;
	return tracing__run(sizeof(struct leak_run), options, &config, &ops);
}

static const struct option_row own_options[] = {
	OPTION_INTERVAL(NSEC_PER_SEC / 100, .live_only = true,
			.help = "how often the memory of processes is read: once a second by default, more often with "
				"a short -d and "
				"with CMD"),
	OPTION_ROWS(.help = "show N rows of a table, 20 by default, or all with 0; JSON always has all"),
	{ .name = "kernel",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = offsetof(struct options, kernel_side),
	  .help = "also the kernel's own memory: which of its caches of objects grow (/proc/slabinfo), and by which "
		  "call "
		  "paths the pages were allocated that it holds" },
	{ .name = "scan",
	  .type = OPT_FLAG,
	  .live_only = true,
	  .offset = offsetof(struct options, kmemleak_scan),
	  .help = "with --kernel, where the kernel has kmemleak: let it scan its memory at the end, which takes "
		  "seconds of "
		  "CPU time, in place of what it found last" },
	{ .name = "malloc",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct options, malloc),
	  .live_only = true,
	  .help = "which objects of malloc are held, by call path, in place of pages: exact, but each call costs "
		  "microseconds" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = {
	duration_options, window_options, filter_options,  cmd_options,
	record_options,	  own_options,	  heap_options,	   output_options,
	chain_options,	  sample_options, symbols_options, ring_options,
	attach_options,	  kernel_options, common_options,  NULL
};

static const struct example examples[] = {
	{ .text = "which processes of the machine grow, within ten minutes", .line = "memtrace leak -d 600" },
	{ .text = "those of a container", .line = "memtrace leak -c 4f1c2d9a -d 60" },
	{ .text = "how a program grows, and by which code", .line = "memtrace leak --stacks=dwarf -- ./program" },
	{ .text = "the same of a process that runs, with a quarter of the cost",
	  .line = "memtrace leak -p 812 -d 60 --sample 1/4" },
	{ .text = "which objects a process got within a minute and did not free",
	  .line = "memtrace leak --malloc -p 812 -d 60" },
	{},
};

const struct command leak_command = {
	.name = "leak",
	.question = "who makes the memory grow?",
	.summary = "processes that grow, how steadily, and by which call paths",
	.usage = "[-p PID | -n COMM | -c CGROUP] [OPTIONS] [-- CMD...]",
	.details =
		"Ranks processes by what they grew: resident and swapped memory, read once a second. It says how each "
		"grew:\n"
		"steadily, until it levelled off, at once, or as a sawtooth, which a collector of garbage makes.\n"
		"\n"
		"Of single processes (-p, -n, -t, -u, -c, CMD) also by which code: each page that was touched first, "
		"with its "
		"call\n"
		"path, and what of it is still held at the end.  That is who grew the memory, and no proof of a leak.\n"
		"\n"
		"With --malloc, instead of pages, which objects of malloc and its like were allocated in the run and "
		"are "
		"held at\n"
		"its end or their process's, by the call path that allocated them. That is exact, and costs "
		"microseconds "
		"a call.\n"
		"Beside it what programs mapped by themselves, and did not give back, by call path.\n"
		"\n"
		"With --kernel also the kernel's own memory: its caches of objects, and its pages by call path.",
	.takes_cmd = true,
	.replays = true,
	.options = option_groups,
	.examples = examples,
	.run = run_leak,
};
