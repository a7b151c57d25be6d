/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* memtrace list: the rows of bpf/probes.def and user/model/samples.def as tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cli/command.h"
#include "../base/log.h"
#include "../base/outfile.h"
#include "../model/keyed.h"
#include "../model/samples.h"
#include "../report/output.h"
#include "../report/report.h"

extern const struct command list_command;

/* The probes that were asked for. */
struct choice {
	bool probe[MT_NR_PROBES];
	bool samples; /* of no probe: where none was named */
};

/* One table while it is filled; cells are rows of nr_columns. */
struct listing {
	const struct column *columns;
	size_t nr_columns;
	struct cell *cells; /* owned */
	struct cell_rows rows;
	char **texts; /* owned: strings made for cells */
	size_t nr_texts;
	bool failed; /* memory ran out */
};

static const struct column probe_columns[] = {
	{ .title = "PROBE", .path = "name", .left = true, .key = true },
	{ .title = "DEFAULT", .path = "default", .left = true },
	{ .title = "WHAT IT SHOWS", .path = "help", .left = true },
};

static const struct column counter_columns[] = {
	{ .title = "COUNTER", .path = "path", .left = true, .key = true },
	{ .path = "probe" },
	{ .title = "OF", .path = "scope", .left = true },
	{ .title = "ROLE", .path = "role", .left = true },
	{ .title = "UNIT", .path = "unit", .left = true },
	{ .title = "METRIC", .left = true },
	{ .path = "metric" },
	{ .path = "labels" },
	{ .title = "WHAT IT COUNTS", .path = "help", .left = true },
};

static const struct column event_columns[] = {
	{ .title = "EVENT", .path = "name", .left = true, .key = true },
	{ .path = "probe" },
	{ .title = "COMES", .path = "when", .left = true },
	{ .title = "WHAT IT IS", .path = "help", .left = true },
};

static const struct column field_columns[] = {
	{ .title = "EVENT", .path = "event", .left = true, .key = true },
	{ .title = "FIELD", .path = "path", .left = true, .key = true },
	{ .title = "TYPE", .path = "type", .left = true },
	{ .title = "UNIT", .path = "unit", .left = true },
	{ .title = "WHAT IT HOLDS", .path = "help", .left = true },
	{ .path = "values" },
};

static const struct column hist_columns[] = {
	{ .title = "HISTOGRAM", .path = "name", .left = true, .key = true },
	{ .path = "probe" },
	{ .title = "UNIT", .path = "unit", .left = true },
	{ .title = "BY", .path = "label", .left = true },
	{ .title = "METRIC", .path = "metric", .left = true },
	{ .title = "WHAT IT MEASURES", .path = "help", .left = true },
};

static const struct column keyed_columns[] = {
	{ .title = "BY KEY", .path = "name", .left = true, .key = true },
	{ .path = "probe" },
	{ .title = "MEMBER", .path = "path", .left = true, .key = true },
	{ .title = "ROLE", .path = "role", .left = true },
	{ .title = "UNIT", .path = "unit", .left = true },
	{ .title = "METRIC", .path = "metric", .left = true },
	{ .title = "WHAT IT HOLDS", .path = "help", .left = true },
};

static const struct column sample_columns[] = {
	{ .title = "SAMPLE", .path = "path", .left = true, .key = true },
	{ .title = "KIND", .path = "kind", .left = true },
	{ .title = "UNIT", .path = "unit", .left = true },
	{ .title = "METRIC", .path = "metric", .left = true },
	{ .title = "FILE", .path = "file", .left = true },
	{ .title = "KEY", .path = "key", .left = true },
	{ .title = "WHAT IT IS", .path = "help", .left = true },
};

static const struct column cgroup_sample_columns[] = {
	{ .title = "SAMPLE", .path = "path", .left = true, .key = true },
	{ .title = "KIND", .path = "kind", .left = true },
	{ .title = "UNIT", .path = "unit", .left = true },
	{ .title = "METRIC", .path = "metric", .left = true },
	{ .title = "FILE OF V2", .path = "v2.file", .left = true },
	{ .title = "KEY", .path = "v2.key", .left = true },
	{ .title = "FILE OF V1", .path = "v1.file", .left = true },
	{ .title = "KEY", .path = "v1.key", .left = true },
	{ .title = "WHAT IT IS", .path = "help", .left = true },
};

static void listing__add(struct listing *listing, const struct cell *row)
{
	size_t nr = listing->rows.nr * listing->nr_columns;
	struct cell *cells = reallocarray(listing->cells, nr + listing->nr_columns, sizeof(*cells));

	if (!cells) {
		listing->failed = true;
		return;
	}
	memcpy(cells + nr, row, listing->nr_columns * sizeof(*cells));
	listing->cells = cells;
	listing->rows.nr++;
}

/* The words, NULL at the end, as one string that lives as long as the listing; NULL if memory ran out. */
static const char *listing__join(struct listing *listing, const char *const *words)
{
	char **texts = reallocarray(listing->texts, listing->nr_texts + 1, sizeof(*texts));
	size_t len = 1;
	char *text, *end;

	if (texts)
		listing->texts = texts;
	for (size_t i = 0; words[i]; i++)
		len += strlen(words[i]);
	text = texts ? malloc(len) : NULL;
	if (!text) {
		listing->failed = true;
		return NULL;
	}
	*text = '\0';
	end = text;
	for (size_t i = 0; words[i]; i++)
		end = stpcpy(end, words[i]);
	texts[listing->nr_texts++] = text;
	return text;
}

static void listing__free(struct listing *listing)
{
	for (size_t i = 0; i < listing->nr_texts; i++)
		free(listing->texts[i]);
	free(listing->texts);
	free(listing->cells);
}

static void list_probes(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; i < MT_NR_PROBES; i++) {
		const struct probe_row *probe = &probe_rows[i];

		if (choice->probe[i])
			listing__add(listing, (struct cell[]){ cell_string(probe->name), cell_bool(!probe->opt_in),
							       cell_string(probe->help) });
	}
}

/* A text that does not live as long as the listing; NULL: none. */
static struct cell text_cell(struct listing *listing, const char *text)
{
	return text ? cell_string(listing__join(listing, (const char *[]){ text, NULL })) : cell_none();
}

static void list_counter(struct listing *listing, const struct slot_row *row, const char *scope)
{
	char metric[256], labels[128];

	listing__add(listing, (struct cell[]){
				      cell_string(row->path),
				      cell_string(probe_rows[row->probe].name),
				      cell_string(scope),
				      cell_string(schema__role_name(row->role)),
				      cell_string(schema__unit_name(row->unit)),
				      text_cell(listing, slot_row__metric(row, metric, sizeof(metric))),
				      cell_string(row->metric),
				      text_cell(listing, slot_row__labels(row, labels, sizeof(labels))),
				      cell_string(row->help),
			      });
}

static void list_counters(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; i < MT_NR_SLOTS; i++) {
		if (choice->probe[slot_rows[i].probe])
			list_counter(listing, &slot_rows[i], "task");
	}
	for (size_t i = 0; i < MT_NR_MACHINE_SLOTS; i++) {
		if (choice->probe[machine_rows[i].probe])
			list_counter(listing, &machine_rows[i], "machine");
	}
}

static const char *const uses[] = {
	[EVENT_RARE] = "always",
	[EVENT_EVERY] = "when each is asked for",
	[EVENT_LATENCY] = "when a latency is asked for",
};

static bool is_event(size_t id, const struct choice *choice)
{
	return event_rows[id].size && choice->probe[event_rows[id].probe];
}

static void list_events(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; i < MT_NR_RECS; i++) {
		const struct event_row *event = &event_rows[i];

		if (is_event(i, choice))
			listing__add(listing,
				     (struct cell[]){ cell_string(event->name),
						      cell_string(probe_rows[event->probe].name),
						      cell_string(uses[event->use]), cell_string(event->help) });
	}
}

/* "direct|memcg|softlimit|node"; a bit's name may be empty */
static struct cell names_cell(struct listing *listing, const char *const *names)
{
	const char *text = names ? names[0] : NULL;

	for (size_t i = 1; text && names[i]; i++)
		if (*names[i])
			text = listing__join(listing, (const char *[]){ text, "|", names[i], NULL });
	return cell_string(text);
}

/* A task's field stands for several, below its path. */
static struct cell path_cell(struct listing *listing, const struct field_row *field)
{
	const char *dot = *field->path ? "." : "";

	if (!schema__is_task(field->type))
		return cell_string(field->path);
	return cell_string(listing__join(listing, (const char *[]){ field->path, dot, "*", NULL }));
}

static void list_fields(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; i < MT_NR_RECS; i++) {
		const struct event_row *event = &event_rows[i];

		for (size_t f = 0; is_event(i, choice) && f < event->nr_fields; f++) {
			const struct field_row *field = &event->fields[f];

			listing__add(listing, (struct cell[]){
						      cell_string(event->name),
						      path_cell(listing, field),
						      cell_string(schema__field_type_name(field->type)),
						      cell_string(schema__unit_name(field->unit)),
						      cell_string(field->help),
						      names_cell(listing, field->names),
					      });
		}
	}
}

static void list_histograms(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; i < nr_hist_rows; i++) {
		const struct hist_row *hist = &hist_rows[i];

		if (choice->probe[hist->probe])
			listing__add(listing, (struct cell[]){
						      cell_string(hist->name),
						      cell_string(probe_rows[hist->probe].name),
						      cell_string(schema__unit_name(hist->unit)),
						      cell_string(hist->label),
						      cell_string(hist->metric),
						      cell_string(hist->help),
					      });
	}
}

static void list_member(struct listing *listing, const struct keyed_row *row, const char *path, const char *role,
			enum unit unit, const char *metric, const char *help)
{
	if (path)
		listing__add(listing, (struct cell[]){
					      cell_string(row->name),
					      cell_string(probe_rows[row->probe].name),
					      cell_string(path),
					      cell_string(role),
					      cell_string(schema__unit_name(unit)),
					      cell_string(metric),
					      cell_string(help),
				      });
}

static void list_keyed_row(struct listing *listing, const struct keyed_row *row)
{
	const struct keyed_column *column;

	for (column = row->keys; column < row->keys + row->nr_keys; column++)
		list_member(listing, row, column->path, "key", column->unit, NULL, column->help);
	for (column = row->values; column < row->values + row->nr_values; column++)
		list_member(listing, row, column->path, "counter", column->unit, column->metric, column->help);
	list_member(listing, row, row->hist->path, "histogram", row->hist->unit, NULL, row->hist->help);
}

static void list_keyed(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; i < MT_NR_KEYED; i++)
		if (choice->probe[keyed_rows[i].probe])
			list_keyed_row(listing, &keyed_rows[i]);
}

static void list_samples(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; choice->samples && i < NR_SAMPLES; i++) {
		const struct sample_row *row = &sample_rows[i];

		listing__add(listing, (struct cell[]){
					      cell_string(row->path),
					      cell_string(sample__kind_name(row->kind)),
					      cell_string(schema__unit_name(row->unit)),
					      cell_string(row->metric),
					      cell_string(sample_paths[row->file]),
					      cell_string(row->key),
					      cell_string(row->help),
				      });
	}
}

static void list_cgroup_samples(struct listing *listing, const struct choice *choice)
{
	for (size_t i = 0; choice->samples && i < NR_CGROUP_SAMPLES; i++) {
		const struct cgroup_sample_row *row = &cgroup_sample_rows[i];

		listing__add(listing, (struct cell[]){
					      cell_string(row->path),
					      cell_string(sample__kind_name(row->kind)),
					      cell_string(schema__unit_name(row->unit)),
					      cell_string(row->metric),
					      cell_string(row->v2.file),
					      cell_string(row->v2.key),
					      cell_string(row->v1.file),
					      cell_string(row->v1.key),
					      cell_string(row->help),
				      });
	}
}

#define COLUMNS(array) .columns = array, .nr_columns = sizeof(array) / sizeof(*(array))

static const struct part {
	const char *path;
	const char *heading;
	const struct column *columns;
	size_t nr_columns;
	void (*fill)(struct listing *listing, const struct choice *choice);
} parts[] = {
	{ .path = "probes", COLUMNS(probe_columns), .fill = list_probes },
	{ .path = "counters",
	  .heading = "Counters, of each task or of the whole machine",
	  COLUMNS(counter_columns),
	  .fill = list_counters },
	{ .path = "events", .heading = "Events", COLUMNS(event_columns), .fill = list_events },
	{ .path = "fields", .heading = "Fields of events", COLUMNS(field_columns), .fill = list_fields },
	{ .path = "histograms", .heading = "Histograms", COLUMNS(hist_columns), .fill = list_histograms },
	{ .path = "keyed", .heading = "Counters by a key of their own", COLUMNS(keyed_columns), .fill = list_keyed },
	{ .path = "samples",
	  .heading = "Samples, of files of the kernel",
	  COLUMNS(sample_columns),
	  .fill = list_samples },
	{ .path = "cgroup_samples",
	  .heading = "Samples of each cgroup",
	  COLUMNS(cgroup_sample_columns),
	  .fill = list_cgroup_samples },
};

#define NR_PARTS (sizeof(parts) / sizeof(*parts))

/* The report borrows from listings, which must outlive it. */
static struct report *build(const struct choice *choice, struct listing *listings)
{
	struct report *report = report__new("memtrace.list/1");

	for (size_t i = 0; report && i < NR_PARTS; i++) {
		const struct part *part = &parts[i];
		struct listing *listing = &listings[i];
		struct table table = { .path = part->path,
				       .heading = part->heading,
				       .columns = part->columns,
				       .nr_columns = part->nr_columns };

		listing->columns = part->columns;
		listing->nr_columns = part->nr_columns;
		part->fill(listing, choice);
		listing->rows.cells = listing->cells;
		listing->rows.nr_columns = part->nr_columns;
		table.rows = cell_rows__source(&listing->rows);
		table.not_in_text = !listing->rows.nr;
		if (i && listing->rows.nr)
			report__add_note(report, "%s", "");
		report__add_table(report, &table);
		report->failed |= listing->failed;
	}
	return report;
}

/* An exit code. */
static int render(const struct options *options, const struct output_ops *ops, const struct report *report)
{
	struct outfile file;
	struct output out = { .ops = ops, .part = output__part(&options->out) };
	int err = outfile__open(&file, options->out.path, OUTFILE_REPORT);

	if (err) {
		outfile__report(&file, err);
		return outfile__exit_code(&file);
	}
	out.stream = file.stream;
	err = outfile__finish(&file, out.ops->report(&out, report));
	output__done(&out);
	if (err)
		outfile__report(&file, err);
	return err && err != -EPIPE ? EXIT_FAILED : EXIT_OK;
}

static void choose(struct choice *choice, const struct options *options)
{
	for (size_t i = 0; i < MT_NR_PROBES; i++)
		choice->probe[i] = !options->nr_probes;
	choice->samples = !options->nr_probes;
	for (size_t i = 0; i < options->nr_probes; i++)
		choice->probe[schema__probe(options->probes[i])] = true;
}

static int run(struct options *options)
{
	const struct output_ops *ops = output__chosen(&options->out);
	struct listing listings[NR_PARTS] = { 0 };
	struct choice choice;
	struct report *report;
	int code = EXIT_FAILED;

	if (!ops)
		return EXIT_USAGE;
	choose(&choice, options);
	report = build(&choice, listings);
	if (report)
		code = render(options, ops, report);
	else
		log_error("cannot list: out of memory");
	report__free(report);
	for (size_t i = 0; i < NR_PARTS; i++)
		listing__free(&listings[i]);
	return code;
}

static const struct option_row *const options[] = { output_options, common_options, NULL };

static const struct example examples[] = {
	{ .text = "everything that memtrace can show", .line = "memtrace list" },
	{ .text = "what the reclaim probe knows", .line = "memtrace list reclaim" },
	{ .text = "the metrics that an exporter can have",
	  .line = "memtrace list --json | jq -r '.counters[].metric | values'" },
	{},
};

const struct command list_command = {
	.name = "list",
	.question = "which probes are there, and what do their numbers mean?",
	.summary = "list the probes, their counters, events, fields and histograms, and the samples",
	.usage = "[PROBE...] [OPTIONS]",
	.details = "Other commands, the JSON and the metrics use these names. The list has what memtrace knows, on any "
		   "machine;\n"
		   "'memtrace doctor' shows what this kernel provides. A counter's role is \"accounted\" if the kernel "
		   "itself\n"
		   "counts, so that no hook is needed, \"bucket\" if it is part of a histogram, and else \"counter\".",
	.options = options,
	.takes_probes = true,
	.examples = examples,
	.run = run,
};
