// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace verify: compares what memtrace counts with what the kernel counts in the same time. */
#include <errno.h>
#include <string.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../base/stop.h"
#include "../verify/cmd_counts.h"
#include "../verify/kernel_counts.h"
#include "../verify/own_counts.h"
#include "../verify/stall_counts.h"
#include "../views/summary.h"
#include "../session/tracing.h"

extern const struct command verify_command;

#define DEFAULT_DURATION_NS 10000000000ULL
#define NR(array)	    (sizeof(array) / sizeof(*(array)))

static const struct column columns[] = {
	{ .title = "SOURCE", .path = "source", .left = true, .key = true },
	{ .title = "COUNTER", .path = "counter", .left = true, .key = true },
	{ .title = "KERNEL", .path = "kernel.low", .unit = UNIT_COUNT },
	{ .title = "UNCERTAIN", .unit = UNIT_COUNT },
	{ .path = "kernel.high", .unit = UNIT_COUNT },
	{ .title = "MEMTRACE", .path = "memtrace", .unit = UNIT_COUNT },
	{ .title = "DIFFERENCE", .path = "difference" },
	{ .title = "", .path = "verdict", .left = true },
	{ .title = "WHY", .path = "why", .left = true },
};

struct verify_run {
	struct tracing tracing;
	struct summary summary;
	struct kernel_counts kernel;
	struct own_counts own;
	struct cmd_counts cmd;
	uint64_t bounds[NR_BOUNDS];
	struct reconciled results[COUNTER_ROWS_MAX];
	struct cell cells[COUNTER_ROWS_MAX * NR(columns)];
	struct cell_rows rows;
	struct cell verdict[3];
	uint64_t unexplained;
};

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct verify_run *run = ctx;

	(void)session;
	own_counts__event(&run->own, row, record);
	return 0;
}

/* Reads the kernel's counters before and after memtrace's own, so that these lie between. */
static int begin(struct verify_run *run)
{
	int err = own_counts__settle(&run->own);

	kernel_counts__read(&run->kernel, OUTER_BEGIN);
	if (!err)
		err = own_counts__take(&run->own, &run->own.begin);
	kernel_counts__read(&run->kernel, INNER_BEGIN);
	return err;
}

/* PSI's last reading is used again for a while (user/kernel/sample_files.c). */
#define PSI_PAUSE_MS 100

static int end(struct verify_run *run)
{
	int err = own_counts__settle(&run->own);

	stop__pause(PSI_PAUSE_MS);
	live__take_samples(run->tracing.session.live);

	kernel_counts__read(&run->kernel, INNER_END);
	if (!err)
		err = own_counts__take(&run->own, &run->own.end);
	kernel_counts__read(&run->kernel, OUTER_END);
	cmd_counts__take(&run->cmd, &run->tracing.session.child);
	return err ? err : own_counts__take_cmd(&run->own);
}

static int ready(struct tracing *tracing)
{
	struct verify_run *run = (struct verify_run *)tracing;
	const struct count_rules *rules = live__count_rules(tracing->session.live);
	int err = kernel_counts__open(&run->kernel, tracing->session.options, rules);

	if (!err) {
		run->own.session = &tracing->session;
		run->own.rules = *rules;
		run->own.unified = kernel_counts__unified(&run->kernel);
		run->own.cgroup = run->kernel.cgroup_path;
		run->own.below = kernel_counts__kills_below(&run->kernel);
		cmd_counts__open(&run->cmd, tracing->session.options->cmd);
		err = begin(run);
	}
	if (!err)
		return EXIT_OK;
	log_error("cannot read the counters to compare with: %s", strerror(-err));
	return EXIT_FAILED;
}

static void fill_row(struct verify_run *run, size_t i)
{
	const struct counter_row *row = &counter_rows[i];
	struct reconciled *result = &run->results[i];
	struct cell *c = &run->cells[i * NR(columns)];
	struct kernel_figure kernel;
	struct own_figure own;

	if (row->file == COUNTERS_PSI || row->file == COUNTERS_PSI_CPUS)
		stall_counts__kernel(&run->tracing.session, row, &kernel);
	else if (row->about == ABOUT_CMD)
		cmd_counts__figure(&run->cmd, row, &kernel);
	else
		kernel_counts__figure(&run->kernel, i, &kernel);
	own_counts__figure(&run->own, row, &own);
	reconcile(row, &kernel, &own, run->bounds, result);
	run->unexplained += result->verdict == VERDICT_UNEXPLAINED;
	c[0] = cell_string(counter_file__name(row->file));
	c[1] = cell_string(row->name);
	c[2] = kernel.known ? cell_uint(kernel.low) : cell_none();
	c[3] = kernel.known ? cell_uint(kernel.high - kernel.low) : cell_none();
	c[4] = kernel.known ? cell_uint(kernel.high) : cell_none();
	c[5] = own.known ? cell_uint(own.value) : cell_none();
	c[6] = result->verdict == VERDICT_UNKNOWN ? cell_none() : cell_int(result->difference);
	c[7] = cell_string(verdict__name(result->verdict));
	c[8] = result->why[0] ? cell_string(result->why) : cell_none();
}

/* If memtrace missed no event of the allocator, all other pages come from allocations without an event. */
static bool saw_all_allocs(const struct verify_run *run)
{
	struct kernel_figure kernel = { 0 };
	size_t i;

	for (i = 0; i < nr_counter_rows; i++)
		if (counter_rows[i].figure == FIGURE_ALLOCS)
			kernel_counts__figure(&run->kernel, i, &kernel);
	return own_counts__has(&run->own, FIGURE_ALLOCS, &kernel);
}

static void gather_facts(struct verify_run *run)
{
	struct fault_exceptions exceptions;

	kernel_counts__exceptions(&run->kernel, &exceptions);
	kernel_counts__bounds(&run->kernel, run->bounds);
	own_counts__bounds(&run->own, &exceptions, run->bounds);
	run->bounds[BOUND_CMD_PREEMPTED] = run->cmd.preempted;
	run->bounds[BOUND_ALLOCS_SEEN] = saw_all_allocs(run);
}

static void fill(struct verify_run *run)
{
	size_t i;

	gather_facts(run);
	for (i = 0; i < nr_counter_rows; i++)
		fill_row(run, i);
	run->rows = (struct cell_rows){ .cells = run->cells, .nr = nr_counter_rows, .nr_columns = NR(columns) };
	run->verdict[0] = cell_string(run->kernel.cgroup_path[0] ? run->kernel.cgroup_path : NULL);
	run->verdict[1] = cell_uint(run->unexplained);
	run->verdict[2] = cell_string(run->unexplained ? "there are differences without a known reason" :
							 "no difference is left without a known reason");
}

static int report(struct verify_run *run)
{
	static const struct column verdict_columns[] = { { .path = "cgroup" },
							 { .path = "unexplained", .unit = UNIT_COUNT },
							 { .title = "", .path = "verdict" } };
	struct values verdict = { .path = "",
				  .heading = "",
				  .columns = verdict_columns,
				  .cells = run->verdict,
				  .nr_columns = NR(verdict_columns) };
	struct table table = { .path = "counters", .columns = columns, .nr_columns = NR(columns) };
	struct report *rep = report__new("memtrace.verify/1");
	int err;

	if (!rep)
		return -ENOMEM;
	fill(run);
	summary__init(&run->summary, &run->tracing.session.view);
	summary__add_run(&run->summary, rep, SCOPE_TOTAL);
	table.rows = cell_rows__source(&run->rows);
	report__add_table(rep, &table);
	report__add_values(rep, &verdict);
	summary__add_end(&run->summary, rep);
	err = render__report(&run->tracing.render, rep);
	report__free(rep);
	return err;
}

static int finish(struct tracing *tracing)
{
	struct verify_run *run = (struct verify_run *)tracing;
	int err = end(run);

	return err ? err : report(run);
}

static int verdict(struct tracing *tracing)
{
	return ((struct verify_run *)tracing)->unexplained ? EXIT_FAILED : EXIT_OK;
}

static void done(struct tracing *tracing)
{
	struct verify_run *run = (struct verify_run *)tracing;

	cmd_counts__close(&run->cmd);
	kernel_counts__close(&run->kernel);
}

static int run_verify(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .verdict = verdict, .done = done };
	const struct session_config config = {
		.aggregate = { .by = BY_PROCESS, .hist_by = BY_ALL, .keep_dead = true },
		.event = on_event,
		.samples = true,
		.reads_on = true,
	};

	if (options->cgroups.nr > 1) {
		log_error("-c: given %zu times; expected one cgroup, whose counters are compared", options->cgroups.nr);
		return EXIT_USAGE;
	}
	options->all = true;
	if (!options->cmd && !options->duration_ns)
		options->duration_ns = DEFAULT_DURATION_NS;
	return tracing__run(sizeof(struct verify_run), options, &config, &ops);
}

static const struct option_row *const option_groups[] = { verify_options, output_options, attach_options,
							  kernel_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "can these numbers be trusted here", .line = "memtrace verify" },
	{ .text = "the faults of a build against getrusage, all else against the machine's counters",
	  .line = "memtrace verify -- make -j8" },
	{ .text = "the differences that nothing explains, for a script",
	  .line = "memtrace verify --json -d 60 | jq '.counters[] | select(.verdict == \"unexplained\")'" },
	{},
};

const struct command verify_command = {
	.name = "verify",
	.question = "does memtrace count what the kernel counts?",
	.summary = "compare what memtrace counts with the kernel's own counters",
	.usage = "[PROBE...] [OPTIONS] [-- CMD...]",
	.details =
		"Counts the whole machine for 10 s, for -d, or while CMD runs. Compares that with the kernel's "
		"counters for\n"
		"the same time: getrusage(2) of CMD, /proc/vmstat, the cgroup's memory.stat and memory.events, delay\n"
		"accounting of CMD, pressure (PSI), and perf's count of an event.\n"
		"\n"
		"The kernel's counters are read before and after memtrace's own, at the start and at the end. KERNEL "
		"is the\n"
		"least that the kernel can have counted, UNCERTAIN how much more it may be. A difference is how far\n"
		"memtrace's figure lies outside of that. It is explained by known reasons that were measured in the "
		"same run.\n"
		"Otherwise the verdict is \"unexplained\" and the exit status 1; else the status is CMD's. An unknown "
		"figure is\n"
		"\"-\", with the reason.",
	.options = option_groups,
	.takes_probes = true,
	.takes_cmd = true,
	.examples = examples,
	.run = run_verify,
};
