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
#define KIND_WRITE	  MT_NR_MINOR_KINDS /* of --kind: a write to a page that was there, by the error code */
#define WRITE_PRESENT	  3 /* bits of the error code (arch/x86/include/asm/trap_pf.h): present, write */

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

/* What --by may name. */
enum grouping {
	GROUPED_BY_PATH,
	GROUPED_BY_KIND,
	GROUPED_BY_PROCESS,
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

/* How many pages a fault gave: by kind, as far as that is known. */
static uint64_t pages_of_fault(const struct mt_minor *record, uint64_t page_size)
{
	/* a table of pages fills a page: so many entries of 8 bytes make a huge page */
	return record->kind == MT_MINOR_HUGE ? page_size / 8 : 1;
}

/* The events that have call chains.  Where pages or time are known, the column that says so. */
static const struct source_row {
	enum mt_rec_id event;
	enum mt_probe probe;
	enum weight_name count, by_default;
	const char *order, *duration;
	const char *kind; /* what the kernel did stands at the end of a path */
} sources[] = {
	{ MT_REC_fault, MT_PROBE_fault, WEIGHT_FAULTS, WEIGHT_FAULTS, NULL, NULL, NULL },
	{ MT_REC_minor, MT_PROBE_minor, WEIGHT_FAULTS, WEIGHT_FAULTS, NULL, "duration_ns", "kind" },
	{ MT_REC_alloc, MT_PROBE_alloc, WEIGHT_ALLOCATIONS, WEIGHT_BYTES, "order", NULL, NULL },
	{ MT_REC_stall, MT_PROBE_stall, WEIGHT_STALLS, WEIGHT_TIME, NULL, "duration_ns", NULL },
};

#define NR(array)  (sizeof(array) / sizeof(*(array)))
#define NR_SOURCES NR(sources)

/* What --kind may name. */
static const char *const kind_names[] = { MT_MINOR_KIND_NAMES, [KIND_WRITE] = "write_present", NULL };

struct stacks_run {
	struct tracing tracing;
	const struct source_row *source;
	enum weight_name weight;
	struct call_paths *paths;
	struct call_paths_view view;
	struct summary summary;
	struct event_path path;
	size_t order, duration, kind, error_code, pid; /* columns */
	uint64_t untold;			       /* faults of which it is not known whether they are of --kind */
	char process[MT_COMM_LEN + 16], did[32];
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

static bool has_pages(const struct source_row *source)
{
	return source->order || source->kind;
}

static bool has_weight(const struct source_row *source, enum weight_name weight)
{
	switch (weights[weight].weight) {
	case CALL_PAGES:
		return has_pages(source) && (source->order || !weights[weight].only);
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
	run->kind = event_path__column(&event_rows[run->source->event], run->source->kind);
	run->error_code = event_path__column(&event_rows[run->source->event], "error_code");
	run->pid = event_path__column(&event_rows[run->source->event], "pid");
	run->weight = session->options->weight ? (enum weight_name)session->options->weight : run->source->by_default;
	run->paths = call_paths__new(PATHS_BYTES);
	return run->paths ? 0 : -ENOMEM;
}

static bool is_known(const struct cell *cells, size_t at)
{
	return at < EVENT_MAX_COLUMNS && cells[at].kind != CELL_NONE;
}

static bool writes_present(const struct stacks_run *run, const struct cell *cells)
{
	return (number_of(cells, run->error_code) & WRITE_PRESENT) == WRITE_PRESENT;
}

/* Whether it is of --kind; counts those of which that is not known. */
static bool is_wanted(struct stacks_run *run, const struct cell *cells, const struct options *options)
{
	int wanted = options->fault_kind - 1;
	size_t by = wanted == KIND_WRITE ? run->error_code : run->kind;

	if (wanted < 0)
		return true;
	if (!is_known(cells, by)) {
		run->untold++;
		return false;
	}
	return wanted == KIND_WRITE ? writes_present(run, cells) : !strcmp(cells[by].s, kind_names[wanted]);
}

/* What the kernel did, as the last part of the path; where only the error code is known, what that says, or NULL. */
static const char *did(struct stacks_run *run, const struct cell *cells)
{
	const char *kind = NULL;

	if (run->source->kind && is_known(cells, run->kind))
		kind = cells[run->kind].s;
	else if (run->source->kind && writes_present(run, cells))
		kind = kind_names[KIND_WRITE];
	if (!kind)
		return NULL;
	snprintf(run->did, sizeof(run->did), "[%s]", kind);
	return run->did;
}

static uint64_t pages_of(const struct stacks_run *run, const struct session *session, const void *record,
			 const struct cell *cells)
{
	uint64_t order = number_of(cells, run->order);

	if (run->source->event == MT_REC_minor)
		return pages_of_fault(record, session->facts.page_size);
	return run->source->order && order < 64 ? 1ULL << order : 0;
}

static void add(struct stacks_run *run, const struct session *session, const void *record, const struct cell *cells)
{
	const struct event_path *path = &run->path;
	const char *parts[] = { path->parts[0], path->parts[1], path->parts[2], did(run, cells) };
	uint64_t sums[NR_CALL_WEIGHTS] = { [CALL_EVENTS] = 1,
					   [CALL_PAGES] = pages_of(run, session, record, cells),
					   [CALL_NS] = number_of(cells, run->duration) };

	_Static_assert(NR(parts) == EVENT_PATH_PARTS + 1, "parts");
	if (session->options->path_groups == GROUPED_BY_PROCESS) {
		snprintf(run->process, sizeof(run->process), "%s[%u]", parts[0],
			 (unsigned int)number_of(cells, run->pid));
		parts[0] = run->process;
	}
	call_paths__add(run->paths, parts, NR(parts), sums);
}

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct stacks_run *run = ctx;
	struct cell cells[EVENT_MAX_COLUMNS];

	if (begin(run, session))
		return -ENOMEM;
	if (row->id != run->source->event)
		return 0;
	event__cells(row, record, &session->names, cells);
	if (!is_wanted(run, cells, session->options))
		return 0;
	run->without += !event_path__read(&run->path, row, cells);
	run->ends[chain_end__of(row, record, run->path.parts[EVENT_PATH_USER])]++;
	add(run, session, record, cells);
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
	int kind = session->options->fault_kind - 1;

	if (session->facts.sample > 1)
		report__add_note(report, "a sample of one page in %llu: numbers are of the sample",
				 (unsigned long long)session->facts.sample);
	if (run->untold)
		report__add_note(report, "of %llu more faults it is not known whether they are %s: %s",
				 (unsigned long long)run->untold, kind_names[kind],
				 kind == KIND_WRITE ? "the processor has no code that says it" :
						      "that takes programs on functions, which are refused here");
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
		.has = { true, has_pages(run->source), run->source->duration != NULL },
		.page_size = session->facts.page_size,
		.rows = session->options->path_rows,
		.kinds = session->options->path_groups == GROUPED_BY_KIND,
		.told = run->source->kind ? kind_names : NULL,
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

/* Says why not. */
static bool has_kind(const struct source_row *source, int kind)
{
	if (kind < 0 || source->kind || (kind == KIND_WRITE && source->event == MT_REC_fault))
		return true;
	log_error("--kind '%s': events of %s do not say it; expected minor%s", kind_names[kind],
		  probe_rows[source->probe].name, kind == KIND_WRITE ? " or fault" : "");
	return false;
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
		log_error("the probe %s has no call chains; expected one of fault, minor, alloc, stall",
			  options->probes[0]);
		return EXIT_USAGE;
	}
	if (!has_kind(source, options->fault_kind - 1))
		return EXIT_USAGE;
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

static const char *const groups[] = { "path", "kind", "process", NULL };

static const struct option_row stacks_options[] = {
	{ .name = "weight",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct options, weight),
	  .min = WEIGHT_FAULTS,
	  .choices = weight_names,
	  .arg = "WEIGHT",
	  .help = "what counts: of fault its faults; of minor its faults (default), bytes, pages, or time; of alloc "
		  "its bytes (default), pages, allocations, or touched, the "
		  "bytes "
		  "that were touched for the first time; of stall its time (default), or stalls" },
	{ .name = "by",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct options, path_groups),
	  .choices = groups,
	  .arg = "GROUP",
	  .help = "call paths as a tree (path), the same for each process (process), or what the memory was for, told "
		  "by "
		  "the kernel's functions, of minor what the kernel did (kind)" },
	{ .name = "kind",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct options, fault_kind),
	  .min = 1,
	  .choices = kind_names,
	  .arg = "KIND",
	  .help = "only faults of that kind: of minor what the kernel did, as copied; of fault and minor "
		  "write_present, "
		  "writes "
		  "to pages that were there (copies after fork among them)" },
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
	{ .text = "who copies memory after a fork: parent and child, with what wrote to it",
	  .line = "memtrace stacks minor --kind write_present --by process --weight bytes -p 812 --follow" },
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
		"Adds up page faults (fault, with their times minor), page allocations (alloc) or stalls (stall) by "
		"the call path that led to them, from\n"
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
