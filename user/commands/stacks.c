// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace stacks: the call paths that fault, allocate or stall, by weight. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../cli/command.h"
#include "../report/event_path.h"
#include "../session/tracing.h"
#include "../views/call_paths.h"
#include "../views/summary.h"

extern const struct command stacks_command;

#define MAX_GROUPS	  16 /* nothing is grouped here */
#define FLUSH_INTERVAL_NS 100000000ULL
#define PATHS_BYTES	  (64U << 20)

/* What --weight may name. */
enum weight_name {
	WEIGHT_DEFAULT,
	WEIGHT_FAULTS,
	WEIGHT_ALLOCATIONS,
	WEIGHT_STALLS,
	WEIGHT_PAGES,
	WEIGHT_BYTES,
	WEIGHT_TIME,
	WEIGHT_TOUCHED,
};

static const char *const weight_names[] = {
	"faults", "allocations", "stalls", "pages", "bytes", "time", "touched", NULL
};

static const struct weight_row {
	const char *title;
	enum call_weight weight;
	enum unit unit;
	const char *only; /* kinds of memory that count; NULL: all */
} weights[] = {
	[WEIGHT_FAULTS] = { "FAULTS", CALL_EVENTS, UNIT_COUNT },
	[WEIGHT_ALLOCATIONS] = { "ALLOCS", CALL_EVENTS, UNIT_COUNT },
	[WEIGHT_STALLS] = { "STALLS", CALL_EVENTS, UNIT_COUNT },
	[WEIGHT_PAGES] = { "PAGES", CALL_PAGES, UNIT_COUNT },
	[WEIGHT_BYTES] = { "BYTES", CALL_PAGES, UNIT_BYTES },
	[WEIGHT_TIME] = { "TIME", CALL_NS, UNIT_NS },
	[WEIGHT_TOUCHED] = { "TOUCHED", CALL_PAGES, UNIT_BYTES, CALL_PATHS_TOUCHED },
};

/* The events that have call chains.  Where pages or time are known, the column that says so. */
static const struct source_row {
	enum mt_rec_id event;
	enum mt_probe probe;
	enum weight_name count, by_default;
	const char *order, *duration;
} sources[] = {
	{ MT_REC_fault, MT_PROBE_fault, WEIGHT_FAULTS, WEIGHT_FAULTS, NULL, NULL },
	{ MT_REC_alloc, MT_PROBE_alloc, WEIGHT_ALLOCATIONS, WEIGHT_BYTES, "order", NULL },
	{ MT_REC_stall, MT_PROBE_stall, WEIGHT_STALLS, WEIGHT_TIME, NULL, "duration_ns" },
};

#define NR_SOURCES (sizeof(sources) / sizeof(*sources))
struct stacks_run {
	struct tracing tracing;
	const struct source_row *source;
	enum weight_name weight;
	struct call_paths *paths;
	struct call_paths_view view;
	struct summary summary;
	struct event_path path;
	size_t order, duration;
	uint64_t ends[NR_CHAIN_ENDS + 1]; /* events by how their chains ended */
	uint64_t without;		  /* events that have no call chain */
};

static const struct source_row *source_of(const struct options *options)
{
	enum mt_probe probe = options->nr_probes ? schema__probe(options->probes[0]) : MT_PROBE_fault;
	size_t i;

	for (i = 0; i < NR_SOURCES; i++)
		if (sources[i].probe == probe)
			return &sources[i];
	return NULL;
}

static bool has_weight(const struct source_row *source, enum weight_name weight)
{
	switch (weights[weight].weight) {
	case CALL_PAGES:
		return source->order;
	case CALL_NS:
		return source->duration;
	default:
		return weight == source->count;
	}
}

static uint64_t number_of(const struct cell *cells, size_t at)
{
	return at < EVENT_MAX_COLUMNS && cells[at].kind == CELL_UINT ? cells[at].u : 0;
}

/* The first records come while the session opens, before ready(). */
static int begin(struct stacks_run *run, const struct session *session)
{
	if (run->paths)
		return 0;
	run->source = source_of(session->options);
	run->order = event_path__column(&event_rows[run->source->event], run->source->order);
	run->duration = event_path__column(&event_rows[run->source->event], run->source->duration);
	run->weight = session->options->weight ? (enum weight_name)session->options->weight : run->source->by_default;
	run->paths = call_paths__new(PATHS_BYTES);
	return run->paths ? 0 : -ENOMEM;
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct stacks_run *run = ctx;
	struct cell cells[EVENT_MAX_COLUMNS];
	uint64_t sums[NR_CALL_WEIGHTS] = { [CALL_EVENTS] = 1 }, order;

	if (begin(run, session))
		return -ENOMEM;
	if (row->id != run->source->event)
		return 0;
	event__cells(row, record, &session->names, cells);
	run->without += !event_path__read(&run->path, row, cells);
	run->ends[chain_end__of(row, record, run->path.parts[EVENT_PATH_USER])]++;
	order = number_of(cells, run->order);
	sums[CALL_PAGES] = run->source->order && order < 64 ? 1ULL << order : 0;
	sums[CALL_NS] = number_of(cells, run->duration);
	call_paths__add(run->paths, run->path.parts, EVENT_PATH_PARTS, sums);
	return 0;
}

static int ready(struct tracing *tracing)
{
	struct stacks_run *run = (struct stacks_run *)tracing;
	const struct session *session = &tracing->session;

	if (begin(run, session)) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	if (session->options->replay && !(session->facts.every & (1U << run->source->probe)) &&
	    event_rows[run->source->event].use == EVENT_EVERY) {
		log_error("the single events of %s are not in the recording; expected one that was made with --every "
			  "%s --stacks",
			  probe_rows[run->source->probe].name, probe_rows[run->source->probe].name);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

/* What of all that happened is behind the paths. */
static void say_what_lacks(const struct stacks_run *run, struct report *report)
{
	const struct session *session = &run->tracing.session;
	uint64_t rest = call_paths__rest(run->paths)->sums[CALL_EVENTS];

	if (session->facts.sample > 1)
		report__add_note(report, "a sample of one page in %llu: numbers are of the sample",
				 (unsigned long long)session->facts.sample);
	if (run->without)
		report__add_note(report, "%llu events have no call chain: they stand by the program's name alone",
				 (unsigned long long)run->without);
	if (rest)
		report__add_note(report, "%llu events have paths for which there was no room",
				 (unsigned long long)rest);
}

static int finish(struct tracing *tracing)
{
	struct stacks_run *run = (struct stacks_run *)tracing;
	const struct session *session = &tracing->session;
	struct report *report = report__new("memtrace.stacks/1");
	const struct weight_row *weight = &weights[run->weight];
	int err;

	if (!report)
		return -ENOMEM;
	run->view = (struct call_paths_view){
		.paths = run->paths,
		.probe = probe_rows[run->source->probe].name,
		.weight_name = weight_names[run->weight - 1],
		.weight = weight->weight,
		.title = weight->title,
		.unit = weight->unit,
		.only = weight->only,
		.has = { true, run->source->order != NULL, run->source->duration != NULL },
		.page_size = session->facts.page_size,
		.rows = session->options->path_rows,
		.kinds = session->options->path_groups,
		.ends = chain_end__has(&event_rows[run->source->event]) ? run->ends : NULL,
		.outside = session->stacks ? stacks__outside(session->stacks) : 0,
	};
	summary__init(&run->summary, &session->view);
	summary__add_run(&run->summary, report, SCOPE_TOTAL);
	err = call_paths_view__add(&run->view, report);
	if (!err) {
		call_paths_view__say_chains(&run->view, report);
		say_what_lacks(run, report);
		summary__add_end(&run->summary, report);
		err = render__report(&tracing->render, report);
	}
	call_paths_view__done(&run->view);
	report__free(report);
	return err;
}

static void done(struct tracing *tracing)
{
	call_paths__free(((struct stacks_run *)tracing)->paths);
}

static int check(const struct options *options, const struct source_row *source)
{
	char accepted[128] = "";
	size_t at = 0, i;

	if (options->nr_probes > 1) {
		log_error("unexpected word '%s': weights of different events are not added up; expected one probe",
			  options->probes[1]);
		return EXIT_USAGE;
	}
	if (!source) {
		log_error("the probe %s has no call chains; expected one of fault, alloc, stall", options->probes[0]);
		return EXIT_USAGE;
	}
	if (!options->weight || has_weight(source, (enum weight_name)options->weight))
		return EXIT_OK;
	for (i = 0; weight_names[i]; i++)
		if (has_weight(source, (enum weight_name)(i + 1)))
			at += (size_t)snprintf(accepted + at, sizeof(accepted) - at, "%s%s", at ? ", " : "",
					       weight_names[i]);
	log_error("--weight '%s': events of %s do not have it; expected one of %s", weight_names[options->weight - 1],
		  probe_rows[source->probe].name, accepted);
	return EXIT_USAGE;
}

/* No other one is to be attached. */
static int name_probe(struct options *options, const struct source_row *source)
{
	options->probes = malloc(sizeof(*options->probes));
	if (!options->probes) {
		log_error("cannot start: out of memory");
		return -ENOMEM;
	}
	options->probes[0] = probe_rows[source->probe].name;
	options->nr_probes = 1;
	return 0;
}

static int run_stacks(struct options *options)
{
	static const struct tracing_ops ops = { .ready = ready, .finish = finish, .done = done };
	const struct source_row *source = source_of(options);
	struct session_config config = {
		.rare_only = true,
		.no_rows = true,
		.own_times = true,
		.default_interval_ns = FLUSH_INTERVAL_NS,
		.aggregate = { .by = BY_COMM, .hist_by = BY_ALL, .max_groups = MAX_GROUPS },
		.event = on_event,
	};

	if (check(options, source))
		return EXIT_USAGE;
	if (!options->nr_probes && name_probe(options, source))
		return EXIT_FAILED;
	if (!options->stacks)
		options->stacks = STACKS_FP;
	options->out.paths = true;
	if (event_rows[source->event].use == EVENT_EVERY)
		config.every = 1U << source->probe;
	return tracing__run(sizeof(struct stacks_run), options, &config, &ops);
}

static const char *const groups[] = { "path", "kind", NULL };

static const struct option_row stacks_options[] = {
	{ .name = "weight",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct options, weight),
	  .min = WEIGHT_FAULTS,
	  .choices = weight_names,
	  .arg = "WEIGHT",
	  .help = "what counts: of fault its faults; of alloc its bytes (default), pages, allocations, or touched, the "
		  "bytes "
		  "that were touched for the first time; of stall its time (default), or stalls" },
	{ .name = "by",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct options, path_groups),
	  .choices = groups,
	  .arg = "GROUP",
	  .help = "call paths as a tree (path), or what the memory was for, told by the kernel's functions (kind)" },
	{ .name = "rows",
	  .short_name = 'k',
	  .type = OPT_UINT,
	  .offset = offsetof(struct options, path_rows),
	  .max = 1000000,
	  .arg = "N",
	  .help = "show the first N lines (60), or all with 0; JSON and folded always have all paths" },
	{ .name = "format",
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, out.format),
	  .arg = "FORMAT",
	  .help = "how to print: text, json, csv, folded (a line for each path, which flame graphs are made of) or "
		  "pprof (for "
		  "pprof; all numbers that the events have)" },
	{ .name = NULL },
};

static const struct option_row *const option_groups[] = {
	duration_options, window_options, filter_options,  cmd_options,	 record_options, stacks_options,
	chain_options,	  sample_options, symbols_options, file_options, stall_options,	 ring_options,
	attach_options,	  kernel_options, common_options,  NULL
};

static const struct example examples[] = {
	{ .text = "which code of a program takes the page faults", .line = "memtrace stacks -- ./program" },
	{ .text = "what the memory was for that a container got",
	  .line = "memtrace stacks alloc --by kind -c 4f1c2d9a -d 10" },
	{ .text = "a flame graph of allocations", .line = "memtrace stacks alloc -d 10 --format folded -o out.folded" },
	{ .text = "of a recording", .line = "memtrace replay run.rec stacks fault" },
	{},
};

const struct command stacks_command = {
	.name = "stacks",
	.question = "which code takes the faults, gets the memory, waits?",
	.summary = "call paths by weight",
	.usage = "[PROBE] [OPTIONS] [-- CMD...]",
	.details =
		"Adds up page faults (fault), page allocations (alloc) or stalls (stall) by the call path that led to "
		"them, from\n"
		"the program's first function to the kernel's last one: by frame pointers or, for programs without "
		"them, by call\n"
		"frame information (--stacks=dwarf). In the tree a function that is the only one its caller leads to "
		"stands below\n"
		"it without further indentation; branches of less than 1 in 200 are left out. Frames of the kernel end "
		"in _[k],\n"
		"those of functions that the compiler put into others in _[i].",
	.options = option_groups,
	.takes_probes = true,
	.takes_cmd = true,
	.replays = true,
	.examples = examples,
	.run = run_stacks,
};
