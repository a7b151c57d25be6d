// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The output for pprof: each call path is a sample with all numbers that its events have, compressed.
 *
 * The numbers of a sample are the columns of the paths' table, but for its weight, which is one of them again: that
 * column is the one that pprof shows first. Other columns with text are labels, notes are comments. The kernel's
 * functions have a mapping of their own, and no mark. What is not known stands in no sample: a column without a number
 * in the first path has none in any.
 *
 * The file is written path by path (pprof.proto), so memory is needed for each name once, not for the whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/gzip.h"
#include "../base/hash.h"
#include "../base/sanitise.h"
#include "../base/stream.h"
#include "../report/output.h"
#include "pprof.pb-c.h"

#define COLUMNS_MAX 16
/* The kernel's entry of page faults ends each of their paths, and would stand for all of them. */
#define DROPPED "(asm_)?exc_page_fault"

enum {
	MAPPING_PROGRAM = 1,
	MAPPING_KERNEL,
	NR_MAPPINGS = MAPPING_KERNEL,
};

/* What stands behind names of the kernel's functions, and of those that were inlined: these are as any other. */
static const struct mark {
	const char *text;
	uint64_t mapping;
} marks[] = { { "_[k]", MAPPING_KERNEL }, { "_[i]", MAPPING_PROGRAM }, { "", MAPPING_PROGRAM } };

static const struct mark *mark_of(const char *name, size_t len)
{
	const struct mark *mark;
	size_t size;

	for (mark = marks; mark->text[0]; mark++) {
		size = strlen(mark->text);
		if (len > size && !memcmp(name + len - size, mark->text, size))
			break;
	}
	return mark;
}

/* A word of the file, or a function as paths spell it. */
struct word {
	UT_hash_handle hh;
	int64_t string;	   /* its number among the strings, -1: it is none yet */
	uint64_t function; /* the number of the function, and of its place; 0: it is none yet */
	char text[];
};

struct pprof {
	struct gzip *gzip;
	struct word *words;
	int64_t nr_strings;
	uint64_t nr_functions;
	int err;
	/* columns of the paths' table */
	size_t stack;
	size_t values[COLUMNS_MAX], nr_values;
	size_t labels[COLUMNS_MAX], nr_labels;
	/* of the path that is being written; as large as the longest one so far */
	uint64_t *places;
	size_t max_places;
};

struct sink {
	ProtobufCBuffer buffer;
	struct pprof *pprof;
};

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *data)
{
	struct pprof *pprof = ((struct sink *)buffer)->pprof;

	if (!pprof->err)
		pprof->err = gzip__write(pprof->gzip, data, size);
}

/* Writes one more part of the file. */
static void put(struct pprof *pprof, const PprofFile__Profile *part)
{
	struct sink sink = { .buffer = { .append = append }, .pprof = pprof };

	pprof_file__profile__pack_to_buffer(part, &sink.buffer);
}

/* NULL: memory ran out. */
static struct word *find_word(struct pprof *pprof, const char *text, size_t len)
{
	struct word *word;

	HASH_FIND(hh, pprof->words, text, len, word);
	if (word)
		return word;
	word = calloc(1, sizeof(*word) + len + 1);
	if (!word)
		goto no_memory;
	memcpy(word->text, text, len);
	word->string = -1;
	HASH_ADD_KEYPTR(hh, pprof->words, word->text, len, word);
	if (word->hh.tbl)
		return word;
	free(word);
no_memory:
	pprof->err = -ENOMEM;
	return NULL;
}

/* The number of that text, which is written if it is new.  Without memory 0. */
static int64_t string_of(struct pprof *pprof, const char *text, size_t len)
{
	PprofFile__Profile part = PPROF_FILE__PROFILE__INIT;
	struct word *word = find_word(pprof, text, len);
	char *strings[1], *visible;

	if (!word)
		return 0;
	if (word->string >= 0)
		return word->string;
	visible = sanitise_visible_dup(word->text);
	if (!visible) {
		pprof->err = -ENOMEM;
		return 0;
	}
	strings[0] = visible;
	part.n_string_table = 1;
	part.string_table = strings;
	put(pprof, &part);
	free(visible);
	word->string = pprof->nr_strings++;
	return word->string;
}

static int64_t number_of(struct pprof *pprof, const char *text)
{
	return string_of(pprof, text, strlen(text));
}

/* The place of a function, which is written if it is new: places and functions have the same numbers. */
static uint64_t place_of(struct pprof *pprof, const char *name, size_t len)
{
	PprofFile__Profile part = PPROF_FILE__PROFILE__INIT;
	PprofFile__Function function = PPROF_FILE__FUNCTION__INIT, *functions[] = { &function };
	PprofFile__Location place = PPROF_FILE__LOCATION__INIT, *places[] = { &place };
	PprofFile__Line line = PPROF_FILE__LINE__INIT, *lines[] = { &line };
	const struct mark *mark = mark_of(name, len);
	struct word *word = find_word(pprof, name, len);

	if (!word)
		return 0;
	if (word->function)
		return word->function;
	function.name = string_of(pprof, name, len - strlen(mark->text));
	function.id = line.function_id = place.id = ++pprof->nr_functions;
	place.mapping_id = mark->mapping;
	place.n_line = part.n_function = part.n_location = 1;
	place.line = lines;
	part.function = functions;
	part.location = places;
	put(pprof, &part);
	word->function = function.id;
	return function.id;
}

/* Functions stand with ";" between, the root first; the file has them the other way round.  false: no memory. */
static bool put_places(struct pprof *pprof, const char *stack, PprofFile__Sample *sample)
{
	size_t nr = 1, at, len;
	const char *p;
	uint64_t *places;

	for (p = stack; (p = strchr(p, ';')); p++)
		nr++;
	if (nr > pprof->max_places) {
		places = reallocarray(pprof->places, nr, sizeof(*places));
		if (!places) {
			pprof->err = -ENOMEM;
			return false;
		}
		pprof->places = places;
		pprof->max_places = nr;
	}
	for (p = stack, at = nr; at-- > 0; p += len + 1) {
		len = strcspn(p, ";");
		pprof->places[at] = place_of(pprof, p, len);
	}
	sample->n_location_id = nr;
	sample->location_id = pprof->places;
	return !pprof->err;
}

static void put_sample(struct pprof *pprof, const struct table *table, const struct cell *cells)
{
	PprofFile__Profile part = PPROF_FILE__PROFILE__INIT;
	PprofFile__Sample sample = PPROF_FILE__SAMPLE__INIT, *samples[] = { &sample };
	PprofFile__Label labels[COLUMNS_MAX], *list[COLUMNS_MAX];
	int64_t values[COLUMNS_MAX];
	size_t i;

	if (cells[pprof->stack].kind != CELL_STRING || !put_places(pprof, cells[pprof->stack].s, &sample))
		return;
	for (i = 0; i < pprof->nr_values; i++) {
		const struct cell *cell = &cells[pprof->values[i]];

		values[i] = cell->kind == CELL_UINT && cell->u <= INT64_MAX ? (int64_t)cell->u : 0;
	}
	for (i = 0; i < pprof->nr_labels; i++) {
		const struct cell *cell = &cells[pprof->labels[i]];

		if (cell->kind != CELL_STRING)
			continue;
		list[sample.n_label] = &labels[sample.n_label];
		pprof_file__label__init(&labels[sample.n_label]);
		labels[sample.n_label].key = number_of(pprof, table->columns[pprof->labels[i]].path);
		labels[sample.n_label++].str = number_of(pprof, cell->s);
	}
	sample.n_value = pprof->nr_values;
	sample.value = values;
	sample.label = list;
	part.n_sample = 1;
	part.sample = samples;
	put(pprof, &part);
}

/* "duration_ns" is the type duration, in nanoseconds. */
static void put_type(struct pprof *pprof, const struct column *column)
{
	static const char *const units[] = { [UNIT_NS] = "nanoseconds", [UNIT_BYTES] = "bytes" };
	static const char ns[] = "_ns";
	PprofFile__Profile part = PPROF_FILE__PROFILE__INIT;
	PprofFile__ValueType type = PPROF_FILE__VALUE_TYPE__INIT, *types[] = { &type };
	const char *unit = (size_t)column->unit < sizeof(units) / sizeof(*units) ? units[column->unit] : NULL;
	size_t len = strlen(column->path), end = strlen(ns);

	if (len > end && !strcmp(column->path + len - end, ns))
		len -= end;
	type.type = string_of(pprof, column->path, len);
	type.unit = number_of(pprof, unit ? unit : "count");
	part.n_sample_type = 1;
	part.sample_type = types;
	if (column->main)
		part.default_sample_type = type.type;
	put(pprof, &part);
}

/* Which columns are numbers, as the first row has them, NULL if there is none, and which are text. */
static void choose_columns(struct pprof *pprof, const struct table *table, const struct cell *first)
{
	size_t i;

	for (i = 0; i < table->nr_columns; i++) {
		const struct column *column = &table->columns[i];

		if (i == pprof->stack || !column->path || !strcmp(column->path, "weight"))
			continue;
		if (first ? first[i].kind == CELL_UINT : column->main) {
			pprof->values[pprof->nr_values++] = i;
			put_type(pprof, column);
		} else if (first && first[i].kind == CELL_STRING) {
			pprof->labels[pprof->nr_labels++] = i;
		}
	}
}

static int put_paths(struct pprof *pprof, const struct table *table)
{
	struct cell cells[COLUMNS_MAX];
	int got;

	for (pprof->stack = 0; pprof->stack < table->nr_columns; pprof->stack++)
		if (table->columns[pprof->stack].path && !strcmp(table->columns[pprof->stack].path, "stack"))
			break;
	if (pprof->stack == table->nr_columns || table->nr_columns > COLUMNS_MAX)
		return -EINVAL;
	got = table->rows.rewind(table->rows.ctx);
	if (!got)
		got = table->rows.next(table->rows.ctx, cells);
	if (got >= 0)
		choose_columns(pprof, table, got ? cells : NULL);
	while (got == 1 && !pprof->err) {
		put_sample(pprof, table, cells);
		got = table->rows.next(table->rows.ctx, cells);
	}
	return got < 0 ? got : 0;
}

/* What the paths are of: when, how long, and what is said to people about it. */
static void put_run(struct pprof *pprof, const struct output *out, const struct section *section)
{
	PprofFile__Profile part = PPROF_FILE__PROFILE__INIT;
	const struct values *values = &section->values;
	int64_t comment;
	size_t i;

	if (section->kind == SECTION_NOTE && *section->note) {
		comment = number_of(pprof, section->note);
		part.n_comment = 1;
		part.comment = &comment;
	}
	for (i = 0; section->kind == SECTION_VALUES && values->path && !*values->path && i < values->nr_columns; i++) {
		if (!values->columns[i].path || values->cells[i].kind != CELL_UINT)
			continue;
		if (!strcmp(values->columns[i].path, "duration_ns"))
			part.duration_nanos = (int64_t)values->cells[i].u;
		else if (values->columns[i].unit == UNIT_TIME && out->wall_offset_ns)
			part.time_nanos = (int64_t)values->cells[i].u + *out->wall_offset_ns;
	}
	put(pprof, &part);
}

/* What is the same in each file. */
static void put_beginning(struct pprof *pprof)
{
	static const char *const names[] = { [MAPPING_PROGRAM] = "[program]", [MAPPING_KERNEL] = "[kernel]" };
	PprofFile__Profile part = PPROF_FILE__PROFILE__INIT;
	PprofFile__Mapping mapping = PPROF_FILE__MAPPING__INIT, *mappings[] = { &mapping };

	number_of(pprof, ""); /* the first one must be empty */
	part.drop_frames = number_of(pprof, DROPPED);
	put(pprof, &part);
	part.n_mapping = 1;
	part.mapping = mappings;
	mapping.has_functions = true;
	for (mapping.id = MAPPING_PROGRAM; mapping.id <= NR_MAPPINGS; mapping.id++) {
		mapping.filename = number_of(pprof, names[mapping.id]);
		put(pprof, &part);
	}
}

static int put_report(struct pprof *pprof, const struct output *out, const struct report *report)
{
	size_t i;
	int err = 0;

	put_beginning(pprof);
	for (i = 0; !err && i < report->nr_sections; i++) {
		const struct section *section = &report->sections[i];

		if (section->kind == SECTION_TABLE && section->table.path && !strcmp(section->table.path, "paths"))
			err = put_paths(pprof, &section->table);
		else
			put_run(pprof, out, section);
	}
	if (!err)
		err = pprof->err;
	return err ? err : gzip__finish(pprof->gzip);
}

static void free_words(struct pprof *pprof)
{
	struct word *word, *next;

	HASH_ITER (hh, pprof->words, word, next) {
		HASH_DEL(pprof->words, word);
		free(word);
	}
	free(pprof->places);
}

static int render(struct output *out, const struct report *report)
{
	struct pprof pprof = { .gzip = report->failed ? NULL : gzip__new(out->stream) };
	int err = pprof.gzip ? put_report(&pprof, out, report) : -ENOMEM;

	free_words(&pprof);
	gzip__free(pprof.gzip);
	return err ? err : stream__flush(out->stream);
}

extern const struct output_ops pprof_output;

const struct output_ops pprof_output = {
	.name = "pprof",
	.paths_only = true,
	.binary = true,
	.for_programs = true,
	.report = render,
};
