/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The output for programs: one line a report or an event, "schema" first.
 *
 * Names are paths with a dot between levels.  Bytes, pages, counts and
 * nanoseconds are integers; moments are nanoseconds since the Unix epoch where
 * the clocks are known, else since boot; what is not known is null.  Strings
 * are valid UTF-8, all but printable ASCII as \u escapes, so that a line is also safe to
 * look at on a terminal.
 *
 * A bucket of a histogram is {"le", "count"}: count is the number of values in
 * that bucket alone, above the le before it (for orders: of exactly le), NOT
 * cumulative.  le and sum are in "unit".  Buckets are listed from the first to
 * the last with something in it; there are none if count is 0.
 *
 * A report's object is built without its tables' rows, which are written one
 * by one where they belong: a table of any length needs memory for one row.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../report/output.h"
#include "../base/sanitise.h"
#include "../base/stream.h"

#define DUMP_FLAGS   (JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))
#define EVENT_SCHEMA "memtrace.event/1"

/* Where a table's rows go: an empty array that stands for them in the object. */
struct mark {
	const json_t *value;
	const struct table *table;
};

struct writer {
	struct output *out;
	json_t *root;
	json_t *hists; /* borrowed from root; NULL until there are any */
	struct mark *marks;
	size_t nr_marks;
};

static json_t *json_text(const char *string)
{
	json_t *value = json_string(string);
	char *valid;

	if (value)
		return value;
	valid = sanitise_utf8_dup(string);
	value = valid ? json_string(valid) : NULL;
	free(valid);
	return value;
}

/* JSON itself has no limit, but jansson and most readers have a signed one. */
static json_t *json_uint(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *json_bucket(const struct histogram *hist, size_t i)
{
	json_t *bucket = json_object();
	int err = bucket ? 0 : -ENOMEM;

	if (!err)
		err = json_object_set_new(bucket, "le", json_uint(hist->exact ? i : 1ULL << i));
	if (!err)
		err = json_object_set_new(bucket, "count", json_uint(hist->counts[i]));
	if (!err)
		return bucket;
	json_decref(bucket);
	return NULL;
}

static json_t *json_buckets(const struct histogram *hist)
{
	json_t *buckets = json_array();
	int err = buckets ? 0 : -ENOMEM;
	size_t first, end;

	histogram__range(hist, &first, &end);
	for (size_t i = first; i < end && !err; i++)
		err = json_array_append_new(buckets, json_bucket(hist, i));
	if (!err)
		return buckets;
	json_decref(buckets);
	return NULL;
}

/* One that stands in an object: what it is of is known from there. */
static json_t *json_histogram(const struct histogram *hist, enum unit unit)
{
	return json_pack("{ss so so so}", "unit", schema__unit_name(unit), "buckets", json_buckets(hist), "sum",
			 json_uint(hist->sum), "count", json_uint(hist->count));
}

static bool is_moment(enum unit unit)
{
	return unit == UNIT_TIME || unit == UNIT_DATE;
}

static json_t *json_calls(const char *path)
{
	json_t *calls = json_array();
	int err = calls ? 0 : -ENOMEM;

	while (*path && !err) {
		size_t len = strcspn(path, ";");
		char *call = strndup(path, len);

		err = json_array_append_new(calls, call ? json_text(call) : NULL);
		free(call);
		path += len + (path[len] == ';');
	}
	if (!err)
		return calls;
	json_decref(calls);
	return NULL;
}

static json_t *json_rows(const struct output *out, const struct table *table);

static json_t *json_number(const struct output *out, const struct column *column, uint64_t number)
{
	if (is_moment(column->unit) && out->wall_offset_ns)
		number += (uint64_t)*out->wall_offset_ns;
	return json_uint(number);
}

static json_t *json_numbers(const struct output *out, const struct column *column, const struct numbers *numbers)
{
	json_t *array = json_array();
	int err = array ? 0 : -ENOMEM;

	for (size_t i = 0; i < numbers->nr && !err; i++)
		err = json_array_append_new(array, numbers->list[i] == MT_UNKNOWN_U64 ?
							   json_null() :
							   json_number(out, column, numbers->list[i]));
	if (!err)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *json_cell(const struct output *out, const struct column *column, const struct cell *cell)
{
	char address[2 + 16 + 1];

	switch (cell->kind) {
	case CELL_NONE:
		break;
	case CELL_UINT:
		return json_number(out, column, cell->u);
	case CELL_INT:
		return json_integer(cell->i);
	case CELL_REAL:
		return isfinite(cell->r) ? json_real(cell->r) : json_null();
	case CELL_STRING:
		return column->path_of_calls ? json_calls(cell->s) : json_text(cell->s);
	case CELL_BOOL:
		return json_boolean(cell->b);
	case CELL_ADDRESS:
		snprintf(address, sizeof(address), "0x%llx", (unsigned long long)cell->u);
		return json_string(address);
	case CELL_HISTOGRAM:
		return json_histogram(cell->h, cell->h->unit);
	case CELL_TABLE:
		return json_rows(out, cell->t);
	case CELL_NUMBERS:
		return json_numbers(out, column, cell->n);
	}
	return json_null();
}

/* The member called by the first len bytes of key, made if it is missing; NULL: no memory, or it is no object. */
static json_t *child_object(json_t *object, const char *key, size_t len)
{
	char *name = strndup(key, len);
	json_t *child = name ? json_object_get(object, name) : NULL;

	if (name && !child) {
		child = json_object();
		if (json_object_set_new(object, name, child))
			child = NULL;
	}
	free(name);
	return json_is_object(child) ? child : NULL;
}

/* The object at the levels of path that a dot ends; *last: the level after them. */
static json_t *parent_object(json_t *object, const char *path, const char **last)
{
	size_t len;

	for (; object && path[len = strcspn(path, ".")]; path += len + 1)
		object = child_object(object, path, len);
	*last = path;
	return object;
}

/* Puts value, which it takes (NULL: memory ran out), at a path below object. */
static int set_path(json_t *object, const char *path, json_t *value)
{
	const char *name;
	json_t *parent = parent_object(object, path, &name);

	if (value && parent)
		return json_object_set_new(parent, name, value) ? -ENOMEM : 0;
	json_decref(value);
	return -ENOMEM;
}

static int set_cells(const struct output *out, json_t *object, const struct column *columns, const struct cell *cells,
		     size_t nr)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++) {
		if (columns[i].path)
			err = set_path(object, columns[i].path, json_cell(out, &columns[i], &cells[i]));
	}
	return err;
}

/* A row, as an object; NULL: memory ran out. */
static json_t *json_row(const struct output *out, const struct table *table, const struct cell *cells)
{
	json_t *row = json_object();

	if (!row || !set_cells(out, row, table->columns, cells, table->nr_columns))
		return row;
	json_decref(row);
	return NULL;
}

/* The rows of a table that is a cell of another one; they nest no deeper than reports are built. */
// NOLINTNEXTLINE(misc-no-recursion)
static json_t *json_rows(const struct output *out, const struct table *table)
{
	struct cell *cells = calloc(table->nr_columns + 1, sizeof(*cells));
	json_t *rows = json_array();
	int err = cells && rows ? table->rows.rewind(table->rows.ctx) : -ENOMEM;

	while (!err && (err = table->rows.next(table->rows.ctx, cells)) > 0)
		err = json_array_append_new(rows, json_row(out, table, cells)) ? -ENOMEM : 0;
	free(cells);
	if (!err)
		return rows;
	json_decref(rows);
	return NULL;
}

/* Of the harmful characters of sanitise.h, jansson leaves DEL as it is; only strings have it. */
static int put_chunk(const char *chunk, size_t size, void *stream)
{
	const char *del;

	while ((del = memchr(chunk, 0x7f, size))) {
		fwrite(chunk, 1, (size_t)(del - chunk), stream);
		fputs("\\u007f", stream);
		size -= (size_t)(del - chunk) + 1;
		chunk = del + 1;
	}
	fwrite(chunk, 1, size, stream);
	return ferror((FILE *)stream) ? -1 : 0;
}

static int dump(struct writer *writer, const json_t *value)
{
	FILE *stream = writer->out->stream;

	if (json_dump_callback(value, put_chunk, stream, DUMP_FLAGS) == 0)
		return 0;
	return ferror(stream) ? -EIO : -ENOMEM;
}

static int write_row(struct writer *writer, const struct table *table, const struct cell *cells)
{
	json_t *row = json_object();
	int err = row ? set_cells(writer->out, row, table->columns, cells, table->nr_columns) : -ENOMEM;

	if (!err)
		err = dump(writer, row);
	json_decref(row);
	return err;
}

static int write_table(struct writer *writer, const struct table *table)
{
	struct cell *cells = calloc(table->nr_columns + 1, sizeof(*cells));
	FILE *stream = writer->out->stream;
	const char *separator = "";
	int err = cells ? table->rows.rewind(table->rows.ctx) : -ENOMEM;

	fputc('[', stream);
	while (!err) {
		err = table->rows.next(table->rows.ctx, cells);
		if (err <= 0)
			break;
		fputs(separator, stream);
		separator = ",";
		err = write_row(writer, table, cells);
	}
	fputc(']', stream);
	free(cells);
	return err;
}

static const struct table *table_at(const struct writer *writer, const json_t *value)
{
	for (size_t i = 0; i < writer->nr_marks; i++) {
		if (writer->marks[i].value == value)
			return writer->marks[i].table;
	}
	return NULL;
}

static int write_key(struct writer *writer, const char *key)
{
	json_t *name = json_string(key);
	int err = name ? dump(writer, name) : -ENOMEM;

	fputc(':', writer->out->stream);
	json_decref(name);
	return err;
}

/* Objects are written member by member, because a table may be anywhere in them; everything else is dumped whole. */
static int write_value(struct writer *writer, json_t *value)
{
	const struct table *table = table_at(writer, value);
	const char *separator = "";
	const char *key;
	json_t *member;
	int err = 0;

	if (table)
		return write_table(writer, table);
	if (!json_is_object(value))
		return dump(writer, value);
	fputc('{', writer->out->stream);
	json_object_foreach(value, key, member)
	{
		fputs(separator, writer->out->stream);
		separator = ",";
		err = write_key(writer, key);
		if (!err)
			err = write_value(writer, member);
		if (err)
			break;
	}
	fputc('}', writer->out->stream);
	return err;
}

static int add_table(struct writer *writer, const struct table *table)
{
	json_t *value;

	if (!table->path)
		return 0;
	value = json_array();
	writer->marks[writer->nr_marks++] = (struct mark){ .value = value, .table = table };
	return set_path(writer->root, table->path, value);
}

static int add_values(struct writer *writer, const struct values *values)
{
	json_t *object = writer->root;
	const char *name;

	if (!values->path)
		return 0;
	if (*values->path) {
		object = parent_object(object, values->path, &name);
		object = object ? child_object(object, name, strlen(name)) : NULL;
	}
	return object ? set_cells(writer->out, object, values->columns, values->cells, values->nr_columns) : -ENOMEM;
}

static json_t *json_labels(const struct histogram *hist)
{
	json_t *labels = json_object();
	int err = labels ? 0 : -ENOMEM;

	for (size_t i = 0; i < hist->nr_labels && !err; i++) {
		const char *value = hist->labels[i].value;

		err = json_object_set_new(labels, hist->labels[i].name, value ? json_text(value) : json_null());
	}
	if (!err)
		return labels;
	json_decref(labels);
	return NULL;
}

static int add_histogram(json_t *list, const struct histogram *hist)
{
	json_t *object = json_object();
	int err = object ? 0 : -ENOMEM;

	if (!err)
		err = set_path(object, "name", json_text(hist->name));
	if (!err)
		err = set_path(object, "unit", json_text(schema__unit_name(hist->unit)));
	if (!err)
		err = set_path(object, "labels", json_labels(hist));
	if (!err)
		err = set_path(object, "buckets", json_buckets(hist));
	if (!err)
		err = set_path(object, "sum", json_uint(hist->sum));
	if (!err)
		err = set_path(object, "count", json_uint(hist->count));
	if (!err && hist->before)
		err = set_path(object, "before", json_histogram(hist->before, hist->unit));
	if (!err && json_array_append(list, object))
		err = -ENOMEM;
	json_decref(object);
	return err;
}

static int add_histograms(struct writer *writer, const struct section *section)
{
	int err = 0;

	if (!writer->hists) {
		writer->hists = json_array();
		err = set_path(writer->root, "histograms", writer->hists);
	}
	for (size_t i = 0; i < section->hists.nr && !err; i++)
		err = add_histogram(writer->hists, &section->hists.list[i]);
	return err;
}

static int add_section(struct writer *writer, const struct section *section)
{
	switch (section->kind) {
	case SECTION_TABLE:
		return add_table(writer, &section->table);
	case SECTION_VALUES:
		return add_values(writer, &section->values);
	case SECTION_HISTOGRAMS:
		return add_histograms(writer, section);
	case SECTION_METRIC:
	case SECTION_NOTE:
		break;
	}
	return 0;
}

static int build(struct writer *writer, const struct report *report)
{
	int err;

	writer->root = json_object();
	writer->marks = calloc(report->nr_sections + 1, sizeof(*writer->marks));
	if (!writer->root || !writer->marks)
		return -ENOMEM;
	err = set_path(writer->root, "schema", json_text(report->schema));
	for (size_t i = 0; i < report->nr_sections && !err; i++)
		err = add_section(writer, &report->sections[i]);
	return err;
}

static int json_report(struct output *out, const struct report *report)
{
	struct writer writer = { .out = out };
	int err;

	if (report->failed)
		return -ENOMEM;
	err = build(&writer, report);
	if (err)
		goto out;
	err = write_value(&writer, writer.root);
	fputc('\n', out->stream);
	if (!err)
		err = stream__flush(out->stream);
out:
	free(writer.marks);
	json_decref(writer.root);
	return err;
}

/* One line, handed to the stream; for live readers the stream should be flushed now and then. */
static int json_event(struct output *out, const char *name, const char *text, const struct column *columns,
		      const struct cell *cells, size_t nr)
{
	struct writer writer = { .out = out };
	json_t *event = json_object();
	int err = event ? 0 : -ENOMEM;

	(void)text;
	if (!err)
		err = set_path(event, "schema", json_string(out->event_schema ? out->event_schema : EVENT_SCHEMA));
	if (!err)
		err = set_path(event, "event", json_text(name));
	if (!err)
		err = set_cells(out, event, columns, cells, nr);
	if (!err)
		err = dump(&writer, event);
	if (!err)
		fputc('\n', out->stream);
	json_decref(event);
	return err ? err : stream__error(out->stream);
}

extern const struct output_ops json_output;

const struct output_ops json_output = {
	.name = "json",
	.for_programs = true,
	.report = json_report,
	.event = json_event,
};
