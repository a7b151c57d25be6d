// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The output for spreadsheets and data frames (RFC 4180): one table, a line of names once, a line a row.
 *
 * Names are the paths of JSON, with the unit behind them where a path does not say it; values are JSON's, and an empty
 * field is what is not known.  Each row begins with the moment that it is of, so that the rows of one interval after
 * the other make one table.  Where names change on the way, a new line of names comes.
 *
 * Of single events each makes a row, with its kind; the report behind them has no rows, unless it is asked for.
 *
 * Strings are as text shows them: a name cannot end its line.  One that a spreadsheet would take for a formula has its
 * first character escaped.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../base/sanitise.h"
#include "../base/stream.h"
#include "../report/output.h"

#define NR(array)  (sizeof(array) / sizeof(*(array)))
#define LABELS_MAX 8
#define END	   "\r\n"
#define FORMULA	   "=+-@"

/* Of which moment a row is; where these stand in a report. */
static const char *const moments[] = { "time_ns", "start_ns", "duration_ns", "interval" };

struct moment {
	const struct column *column; /* NULL: the report does not say it */
	struct cell cell;
};

/* What was written last. */
struct csv_state {
	char *names;
	const struct column *columns; /* of an event: these have the names */
};

struct csv {
	struct output *out;
	const struct report *report;
	struct moment moments[NR(moments)];
	FILE *names; /* the line of names, until it is known whether it is the last one again */
	const char *between;
};

/* The parts of a report that are no table, as --format names them. */
static const char histograms_part[] = "histograms", values_part[] = "values";

static void put_quoted(FILE *stream, const char *text)
{
	if (!strpbrk(text, "\",")) {
		fputs(text, stream);
		return;
	}
	fputc('"', stream);
	for (; *text; text++)
		fputs(*text == '"' ? "\"\"" : (const char[]){ *text, '\0' }, stream);
	fputc('"', stream);
}

static int put_string(FILE *stream, const char *string)
{
	char *text = sanitise_visible_dup(string), escaped[8], *whole = NULL;
	int err = 0;

	if (text && *text && strchr(FORMULA, *text)) {
		snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char)*text);
		if (asprintf(&whole, "%s%s", escaped, text + 1) < 0)
			whole = NULL;
		free(text);
		text = whole;
	}
	if (!text)
		err = -ENOMEM;
	else if (!*text)
		fputs("\"\"", stream);
	else
		put_quoted(stream, text);
	free(text);
	return err;
}

static bool is_moment(enum unit unit)
{
	return unit == UNIT_TIME || unit == UNIT_DATE;
}

/* The value after what separates it from the one before. */
static int put_cell(struct csv *csv, const struct column *column, const struct cell *cell)
{
	const int64_t *offset = csv->out->wall_offset_ns;
	FILE *stream = csv->out->stream;

	fputs(csv->between, stream);
	csv->between = ",";
	switch (cell->kind) {
	case CELL_NONE:
	case CELL_HISTOGRAM:
	case CELL_NUMBERS:
	case CELL_TABLE: /* a field is one value */
		break;
	case CELL_UINT:
		fprintf(stream, "%" PRIu64, cell->u + (is_moment(column->unit) && offset ? (uint64_t)*offset : 0));
		break;
	case CELL_INT:
		fprintf(stream, "%" PRId64, cell->i);
		break;
	case CELL_REAL:
		if (isfinite(cell->r))
			fprintf(stream, "%.15g", cell->r);
		break;
	case CELL_BOOL:
		fputs(cell->b ? "true" : "false", stream);
		break;
	case CELL_ADDRESS:
		fprintf(stream, "0x%" PRIx64, cell->u);
		break;
	case CELL_STRING:
		return put_string(stream, cell->s);
	}
	return 0;
}

static void put_name(struct csv *csv, const char *prefix, const struct column *column)
{
	static const char *const units[] = {
		[UNIT_NS] = "ns",   [UNIT_BYTES] = "bytes", [UNIT_PAGES] = "pages",
		[UNIT_TIME] = "ns", [UNIT_DATE] = "ns",
	};
	const char *unit = (size_t)column->unit < NR(units) ? units[column->unit] : NULL;
	bool says = !unit || strstr(column->path, unit);

	fprintf(csv->names, "%s%s%s%s%s%s", csv->between, prefix, *prefix ? "." : "", column->path, says ? "" : "_",
		says ? "" : unit);
	csv->between = ",";
}

static bool has_column(const struct table *table, const char *path)
{
	size_t i;

	for (i = 0; table && i < table->nr_columns; i++)
		if (table->columns[i].path && !strcmp(table->columns[i].path, path))
			return true;
	return false;
}

/* Those of the report, but what the table says itself. */
static void find_moments(struct csv *csv, const struct table *table)
{
	size_t i, s, c;

	for (i = 0; i < NR(moments); i++) {
		for (s = 0; s < csv->report->nr_sections && !has_column(table, moments[i]); s++) {
			const struct section *section = &csv->report->sections[s];
			const struct values *values = &section->values;

			if (section->kind != SECTION_VALUES || !values->path || *values->path)
				continue;
			for (c = 0; c < values->nr_columns; c++)
				if (values->columns[c].path && !strcmp(values->columns[c].path, moments[i]))
					csv->moments[i] = (struct moment){ &values->columns[c], values->cells[c] };
		}
	}
}

static int put_moments(struct csv *csv)
{
	size_t i;
	int err = 0;

	csv->between = "";
	for (i = 0; i < NR(moments) && !err; i++)
		if (csv->moments[i].column)
			err = put_cell(csv, csv->moments[i].column, &csv->moments[i].cell);
	return err;
}

static void name_moments(struct csv *csv)
{
	size_t i;

	csv->between = "";
	for (i = 0; i < NR(moments); i++)
		if (csv->moments[i].column)
			put_name(csv, "", csv->moments[i].column);
}

/* Writes the line of names that fill() makes, unless it is the one that was written last. */
static int put_names(struct csv *csv, void (*fill)(struct csv *csv, const void *what), const void *what)
{
	struct csv_state *last = csv->out->state;
	char *line = NULL;
	size_t size = 0;

	if (!last)
		last = csv->out->state = calloc(1, sizeof(*last));
	if (!last)
		return -ENOMEM;
	csv->names = open_memstream(&line, &size);
	if (!csv->names)
		return -ENOMEM;
	fill(csv, what);
	if (fclose(csv->names)) {
		free(line);
		return -ENOMEM;
	}
	if (!last->names || strcmp(last->names, line))
		fprintf(csv->out->stream, "%s" END, line);
	free(last->names);
	*last = (struct csv_state){ .names = line };
	return 0;
}

/* Rows of a table, or of those that the rows of another one have in a column: then with its row's keys before them. */
struct part {
	const struct table *table;
	const struct table *outer; /* NULL: it is none within another one */
	size_t column;		   /* of the outer one */
	const struct cell *cells;  /* the outer one's row at hand */
};

static bool stands_before(const struct part *part, size_t i)
{
	const struct column *column = &part->outer->columns[i];

	return column->path && column->key && !has_column(part->table, column->path);
}

static void name_columns(struct csv *csv, const void *what)
{
	const struct part *part = what;
	const struct table *table = part->table;
	size_t i;

	name_moments(csv);
	for (i = 0; part->outer && i < part->outer->nr_columns; i++)
		if (stands_before(part, i))
			put_name(csv, "", &part->outer->columns[i]);
	for (i = 0; i < table->nr_columns; i++)
		if (table->columns[i].path)
			put_name(csv, "", &table->columns[i]);
}

static int put_row(struct csv *csv, const struct part *part, const struct cell *cells)
{
	const struct table *table = part->table;
	int err = put_moments(csv);
	size_t i;

	for (i = 0; part->outer && i < part->outer->nr_columns && !err; i++)
		if (stands_before(part, i))
			err = put_cell(csv, &part->outer->columns[i], &part->cells[i]);
	for (i = 0; i < table->nr_columns && !err; i++)
		if (table->columns[i].path)
			err = put_cell(csv, &table->columns[i], &cells[i]);
	fputs(END, csv->out->stream);
	return err;
}

static int put_table(struct csv *csv, const struct part *part)
{
	const struct table *table = part->table;
	struct cell *cells = calloc(table->nr_columns + 1, sizeof(*cells));
	int err = cells ? table->rows.rewind(table->rows.ctx) : -ENOMEM;

	find_moments(csv, table);
	if (!err)
		err = put_names(csv, name_columns, part);
	while (!err && (err = table->rows.next(table->rows.ctx, cells)) > 0)
		err = put_row(csv, part, cells);
	free(cells);
	return err;
}

static int put_tables_within(struct csv *csv, const struct part *within)
{
	const struct table *outer = within->outer;
	struct cell *cells = calloc(outer->nr_columns + 1, sizeof(*cells));
	int err = cells ? outer->rows.rewind(outer->rows.ctx) : -ENOMEM;

	while (!err && (err = outer->rows.next(outer->rows.ctx, cells)) > 0) {
		const struct cell *cell = &cells[within->column];
		struct part part = { cell->t, outer, within->column, cells };

		err = cell->kind == CELL_TABLE ? put_table(csv, &part) : 0;
	}
	free(cells);
	return err;
}

/* All values of a report make one row, as they do of each interval. */
static void name_values(struct csv *csv, const void *what)
{
	const struct report *report = what;
	size_t s, i;

	csv->between = "";
	for (s = 0; s < report->nr_sections; s++) {
		const struct values *values = &report->sections[s].values;

		if (report->sections[s].kind != SECTION_VALUES || !values->path)
			continue;
		for (i = 0; i < values->nr_columns; i++)
			if (values->columns[i].path)
				put_name(csv, values->path, &values->columns[i]);
	}
}

static int put_values(struct csv *csv)
{
	int err = put_names(csv, name_values, csv->report);
	size_t s, i;

	csv->between = "";
	for (s = 0; s < csv->report->nr_sections; s++) {
		const struct values *values = &csv->report->sections[s].values;

		if (csv->report->sections[s].kind != SECTION_VALUES || !values->path)
			continue;
		for (i = 0; i < values->nr_columns && !err; i++)
			if (values->columns[i].path)
				err = put_cell(csv, &values->columns[i], &values->cells[i]);
	}
	fputs(END, csv->out->stream);
	return err;
}

/* A row a bucket; histograms with other labels have these empty. */
struct labels {
	const char *names[LABELS_MAX];
	size_t nr;
	bool compared; /* with another run, whose counts stand beside */
};

static void find_labels(const struct report *report, struct labels *labels)
{
	size_t s, h, l, at;

	for (s = 0; s < report->nr_sections; s++) {
		const struct section *section = &report->sections[s];

		for (h = 0; section->kind == SECTION_HISTOGRAMS && h < section->hists.nr; h++) {
			const struct histogram *hist = &section->hists.list[h];

			labels->compared |= hist->before != NULL;
			for (l = 0; l < hist->nr_labels; l++) {
				for (at = 0; at < labels->nr && strcmp(labels->names[at], hist->labels[l].name); at++)
					;
				if (at == labels->nr && at < LABELS_MAX)
					labels->names[labels->nr++] = hist->labels[l].name;
			}
		}
	}
}

static void name_buckets(struct csv *csv, const void *what)
{
	const struct labels *labels = what;
	size_t i;

	name_moments(csv);
	fprintf(csv->names, "%sname,unit", csv->between);
	for (i = 0; i < labels->nr; i++)
		fprintf(csv->names, ",%s", labels->names[i]);
	fprintf(csv->names, ",le,count%s", labels->compared ? ",before" : "");
}

static struct cell label_of(const struct histogram *hist, const char *name)
{
	size_t i;

	for (i = 0; i < hist->nr_labels; i++)
		if (!strcmp(hist->labels[i].name, name))
			return cell_string(hist->labels[i].value);
	return cell_none();
}

static struct cell count_of(const struct histogram *hist, size_t bucket)
{
	return hist ? cell_uint(bucket < hist->nr_counts ? hist->counts[bucket] : 0) : cell_none();
}

static int put_bucket(struct csv *csv, const struct histogram *hist, const struct labels *labels, size_t bucket)
{
	static const struct column plain = { .unit = UNIT_NONE };
	struct cell cells[5 + LABELS_MAX];
	size_t nr = 0, i;
	int err = put_moments(csv);

	cells[nr++] = cell_string(hist->name);
	cells[nr++] = cell_string(schema__unit_name(hist->unit));
	for (i = 0; i < labels->nr; i++)
		cells[nr++] = label_of(hist, labels->names[i]);
	cells[nr++] = cell_uint(hist->exact ? bucket : 1ULL << bucket);
	cells[nr++] = count_of(hist, bucket);
	if (labels->compared)
		cells[nr++] = count_of(hist->before, bucket);
	for (i = 0; i < nr && !err; i++)
		err = put_cell(csv, &plain, &cells[i]);
	fputs(END, csv->out->stream);
	return err;
}

static int put_histogram(struct csv *csv, const struct histogram *hist, const struct labels *labels)
{
	size_t first, end, from, to;
	int err = 0;

	histogram__range(hist, &first, &end);
	if (hist->before) {
		histogram__range(hist->before, &from, &to);
		first = first == end || (from < to && from < first) ? from : first;
		end = to > end ? to : end;
	}
	for (; first < end && !err; first++)
		err = put_bucket(csv, hist, labels, first);
	return err;
}

static int put_histograms(struct csv *csv)
{
	struct labels labels = { .nr = 0 };
	size_t s, h;
	int err;

	find_moments(csv, NULL);
	find_labels(csv->report, &labels);
	err = put_names(csv, name_buckets, &labels);
	for (s = 0; s < csv->report->nr_sections; s++) {
		const struct section *section = &csv->report->sections[s];

		for (h = 0; section->kind == SECTION_HISTOGRAMS && h < section->hists.nr && !err; h++)
			err = put_histogram(csv, &section->hists.list[h], &labels);
	}
	return err;
}

/* What people see first, else what viewers do. */
static const struct table *first_table(const struct report *report)
{
	const struct table *found = NULL;
	size_t s, c;

	for (s = 0; s < report->nr_sections; s++) {
		const struct table *table = &report->sections[s].table;

		if (report->sections[s].kind != SECTION_TABLE || !table->path)
			continue;
		if (!table->not_in_text)
			return table;
		for (c = 0; c < table->nr_columns && !found; c++)
			if (table->columns[c].main)
				found = table;
	}
	return found;
}

static const struct table *table_called(const struct report *report, const char *path)
{
	size_t s;

	for (s = 0; s < report->nr_sections; s++) {
		const struct table *table = &report->sections[s].table;

		if (report->sections[s].kind == SECTION_TABLE && table->path && !strcmp(table->path, path))
			return table;
	}
	return NULL;
}

/* Whether a name is that of a column behind its table's; NULL: whether people see what is in it and not the table. */
static bool is_within(const struct table *table, const struct column *column, const char *name)
{
	size_t len = strlen(table->path);

	if (!column->rows || !name)
		return column->rows && column->main && table->not_in_text;
	return !strncmp(name, table->path, len) && name[len] == '.' && !strcmp(name + len + 1, column->path);
}

static bool find_within(const struct report *report, const char *name, struct part *part)
{
	size_t s, c;

	for (s = 0; s < report->nr_sections; s++) {
		const struct table *table = &report->sections[s].table;

		if (report->sections[s].kind != SECTION_TABLE || !table->path)
			continue;
		for (c = 0; c < table->nr_columns; c++)
			if (is_within(table, &table->columns[c], name)) {
				*part = (struct part){ .outer = table, .column = c };
				return true;
			}
	}
	return false;
}

static bool has_histograms(const struct report *report)
{
	size_t s;

	for (s = 0; s < report->nr_sections; s++)
		if (report->sections[s].kind == SECTION_HISTOGRAMS)
			return true;
	return false;
}

static int refuse(const struct csv *csv)
{
	const struct report *report = csv->report;
	char accepted[512] = "";
	size_t s, c, at = 0;

	for (s = 0; s < report->nr_sections; s++) {
		const struct table *table = &report->sections[s].table;

		if (report->sections[s].kind != SECTION_TABLE || !table->path)
			continue;
		if (at < sizeof(accepted))
			at += (size_t)snprintf(accepted + at, sizeof(accepted) - at, "%s, ", table->path);
		for (c = 0; c < table->nr_columns && at < sizeof(accepted); c++)
			if (table->columns[c].rows)
				at += (size_t)snprintf(accepted + at, sizeof(accepted) - at, "%s.%s, ", table->path,
						       table->columns[c].path);
	}
	log_error("--format %s:%s: there is no such table; expected one of %s%s%s%s", csv->out->ops->name,
		  csv->out->part, accepted, has_histograms(report) ? histograms_part : "",
		  has_histograms(report) ? ", " : "", values_part);
	return -ECANCELED;
}

static int put_part(struct csv *csv)
{
	const struct report *report = csv->report;
	const char *part = csv->out->part;
	const struct table *table = part ? table_called(report, part) : first_table(report);
	struct part within;

	if (find_within(report, part, &within))
		return put_tables_within(csv, &within);
	if (table)
		return put_table(csv, &(struct part){ .table = table });
	if (has_histograms(report) && (!part || !strcmp(part, histograms_part)))
		return put_histograms(csv);
	if (!part || !strcmp(part, values_part))
		return put_values(csv);
	return refuse(csv);
}

/* The part that is asked for may be a kind of events. */
static bool is_wanted(const struct csv *csv)
{
	const char *part = csv->out->part;

	return !csv->out->events || (part && (table_called(csv->report, part) || !strcmp(part, values_part)));
}

static int csv_report(struct output *out, const struct report *report)
{
	struct csv csv = { .out = out, .report = report };
	int err = report->failed ? -ENOMEM : is_wanted(&csv) ? put_part(&csv) : 0;

	return err ? err : stream__flush(out->stream);
}

struct event_columns {
	const struct column *columns;
	size_t nr;
};

static void name_event(struct csv *csv, const void *what)
{
	const struct event_columns *event = what;
	size_t i;

	csv->between = "";
	put_name(csv, "", &(struct column){ .path = "event" });
	for (i = 0; i < event->nr; i++)
		if (event->columns[i].path)
			put_name(csv, "", &event->columns[i]);
}

/* Those of one kind have the same columns, which stay where they are. */
static int csv_event(struct output *out, const char *name, const char *text, const struct column *columns,
		     const struct cell *cells, size_t nr)
{
	const struct csv_state *last = out->state;
	const struct event_columns event = { columns, nr };
	struct csv csv = { .out = out };
	size_t i;
	int err = 0;

	(void)text;
	if (out->part && strcmp(out->part, name) != 0)
		return 0;
	if (!last || last->columns != columns)
		err = put_names(&csv, name_event, &event);
	if (err)
		return err;
	((struct csv_state *)out->state)->columns = columns;
	csv.between = "";
	err = put_cell(&csv, &(struct column){ .path = "event" }, &(struct cell){ .kind = CELL_STRING, .s = name });
	for (i = 0; i < nr && !err; i++)
		if (columns[i].path)
			err = put_cell(&csv, &columns[i], &cells[i]);
	fputs(END, out->stream);
	return err ? err : stream__error(out->stream);
}

static void csv_done(struct output *out)
{
	struct csv_state *state = out->state;

	if (state)
		free(state->names);
	free(state);
	out->state = NULL;
}

extern const struct output_ops csv_output;

const struct output_ops csv_output = {
	.name = "csv",
	.for_programs = true,
	.parts = true,
	.report = csv_report,
	.event = csv_event,
	.done = csv_done,
};
