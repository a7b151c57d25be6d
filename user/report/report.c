/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

struct report *report__new(const char *schema)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report)
		report->schema = schema;
	return report;
}

void report__free(struct report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->nr_sections; i++) {
		if (report->sections[i].kind == SECTION_NOTE)
			free(report->sections[i].note);
	}
	free(report->sections);
	free(report);
}

/* The array doubles whenever its length reaches a power of two, so its capacity need not be stored. */
static struct section *add_section(struct report *report, enum section_kind kind)
{
	size_t nr = report->nr_sections;
	struct section *section;

	if ((nr & (nr - 1)) == 0) {
		struct section *sections = reallocarray(report->sections, nr ? 2 * nr : 1, sizeof(*sections));

		if (!sections) {
			report->failed = true;
			return NULL;
		}
		report->sections = sections;
	}
	section = &report->sections[report->nr_sections++];
	memset(section, 0, sizeof(*section));
	section->kind = kind;
	return section;
}

void report__add_table(struct report *report, const struct table *table)
{
	struct section *section = add_section(report, SECTION_TABLE);

	if (section)
		section->table = *table;
}

void report__add_values(struct report *report, const struct values *values)
{
	struct section *section = add_section(report, SECTION_VALUES);

	if (section)
		section->values = *values;
}

void histogram__range(const struct histogram *hist, size_t *first, size_t *end)
{
	*first = 0;
	*end = hist->nr_counts;
	while (*end && !hist->counts[*end - 1])
		--*end;
	while (*first < *end && !hist->counts[*first])
		++*first;
}

void report__add_histograms(struct report *report, const struct histogram *list, size_t nr, bool not_in_text)
{
	struct section *section = add_section(report, SECTION_HISTOGRAMS);

	if (!section)
		return;
	section->hists.list = list;
	section->hists.nr = nr;
	section->hists.not_in_text = not_in_text;
}

void report__add_metric(struct report *report, const struct metric *metric)
{
	struct section *section = add_section(report, SECTION_METRIC);

	if (section)
		section->metric = *metric;
}

void report__add_note(struct report *report, const char *fmt, ...)
{
	char *note = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len >= 0)
		note = malloc((size_t)len + 1);
	if (note) {
		struct section *section = add_section(report, SECTION_NOTE);

		va_start(args, fmt);
		vsnprintf(note, (size_t)len + 1, fmt, args);
		va_end(args);
		if (section) {
			section->note = note;
			return;
		}
	}
	free(note);
	report->failed = true;
}

static int cell_rows__rewind(void *ctx)
{
	struct cell_rows *rows = ctx;

	rows->pos = 0;
	return 0;
}

static int cell_rows__next(void *ctx, struct cell *cells)
{
	struct cell_rows *rows = ctx;

	if (rows->pos >= rows->nr)
		return 0;
	memcpy(cells, rows->cells + rows->pos * rows->nr_columns, rows->nr_columns * sizeof(*cells));
	rows->pos++;
	return 1;
}

struct row_source cell_rows__source(struct cell_rows *rows)
{
	return (struct row_source){ .rewind = cell_rows__rewind, .next = cell_rows__next, .ctx = rows };
}

int cell_rows__rest(const struct cell_rows *rows, size_t shown, size_t name, char *text, size_t size,
		    struct cell *cells)
{
	if (!shown || rows->nr <= shown)
		return 0;
	snprintf(text, size, "%zu more (-k 0)", rows->nr - shown);
	for (size_t i = 0; i < rows->nr_columns; i++)
		cells[i] = cell_string("");
	cells[name] = cell_string(text);
	return 1;
}
