/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The output for people: tables, values, histograms and notes on a terminal or in a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "../base/stream.h"

#define CLEAR_SCREEN "\033[H\033[J"

const char *text__style(const struct text *text, const char *sequence)
{
	return text->out->style.colour ? sequence : "";
}

/* The index of the column that a template's {name} of len bytes means, or nr. */
static size_t find_column(const char *name, size_t len, const struct column *columns, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		const char *path = columns[i].path, *title = columns[i].title;

		if ((path && strncmp(path, name, len) == 0 && !path[len]) ||
		    (title && strncmp(title, name, len) == 0 && !title[len]))
			break;
	}
	return i;
}

/* For a part of a template in <>: whether all values that it names, up to the >, are known. */
static bool is_known(const char *part, const struct column *columns, const struct cell *cells, size_t nr)
{
	const char *end = part + strcspn(part, ">"), *name, *brace;
	size_t i;

	for (name = strchr(part, '{'); name && name < end; name = strchr(brace, '{')) {
		brace = strchr(++name, '}');
		if (!brace)
			return true;
		i = find_column(name, (size_t)(brace - name), columns, nr);
		if (i < nr && cells[i].kind == CELL_NONE)
			return false;
	}
	return true;
}

void text__line(struct text *text, const char *format, const struct column *columns, const struct cell *cells,
		size_t nr)
{
	while (*format) {
		size_t plain = strcspn(format, "{<>"), i = nr;
		const char *end;

		fwrite(format, 1, plain, text->stream);
		format += plain;
		if (*format == '<' && !is_known(format, columns, cells, nr))
			format += strcspn(format, ">");
		end = *format == '{' ? strchr(format, '}') : NULL;
		if (end)
			i = find_column(format + 1, (size_t)(end - format - 1), columns, nr);
		if (i < nr) {
			fputs(cell_text__word(&text->cells, &columns[i], &cells[i]), text->stream);
			format = end;
		} else if (*format == '{') {
			fputc(*format, text->stream);
		}
		format += *format != '\0';
	}
	fputc('\n', text->stream);
}

static void print_values(struct text *text, const struct values *values)
{
	const char *separator = *values->heading ? " " : "";

	fputs(cell_text__safe(&text->cells, values->heading), text->stream);
	for (size_t i = 0; i < values->nr_columns; i++) {
		const struct column *column = &values->columns[i];

		if (!column->title)
			continue;
		if (*column->title) {
			fprintf(text->stream, "%s%s", separator, column->title);
			separator = " ";
		}
		fprintf(text->stream, "%s%s", separator, cell_text__format(&text->cells, column, &values->cells[i]));
		separator = " ";
	}
	fputc('\n', text->stream);
}

static void print_histograms(struct text *text, const struct section *section)
{
	for (size_t i = 0; i < section->hists.nr; i++) {
		if (i)
			fputc('\n', text->stream);
		text__histogram(text, &section->hists.list[i]);
	}
}

static void print_section(struct text *text, const struct section *section)
{
	switch (section->kind) {
	case SECTION_TABLE:
		if (!section->table.not_in_text)
			text__table(text, &section->table);
		break;
	case SECTION_VALUES:
		if (section->values.heading)
			print_values(text, &section->values);
		break;
	case SECTION_HISTOGRAMS:
		if (!section->hists.not_in_text)
			print_histograms(text, section);
		break;
	case SECTION_NOTE:
		fprintf(text->stream, "%s\n", cell_text__safe(&text->cells, section->note));
		break;
	case SECTION_METRIC:
		break;
	}
}

static int text_report(struct output *out, const struct report *report)
{
	struct text text = { .out = out, .stream = out->stream, .cells.wall_offset_ns = out->wall_offset_ns };

	if (report->failed)
		return -ENOMEM;
	if (report->not_in_text)
		return 0;
	if (out->style.refresh)
		fputs(CLEAR_SCREEN, out->stream);
	for (size_t i = 0; i < report->nr_sections && !text.cells.error; i++)
		print_section(&text, &report->sections[i]);
	free(text.cells.buf);
	return text.cells.error ? text.cells.error : stream__flush(out->stream);
}

/* Whether a template shows the column at i itself. */
static bool is_named(const char *format, const struct column *columns, size_t nr, size_t i)
{
	const char *name = strchr(format, '{');

	for (; name; name = strchr(name, '{')) {
		const char *end = strchr(++name, '}');

		if (end && find_column(name, (size_t)(end - name), columns, nr) == i)
			return true;
	}
	return false;
}

/* Key columns that the template does not show come first: when it happened. */
static int text_event(struct output *out, const char *name, const char *format, const struct column *columns,
		      const struct cell *cells, size_t nr)
{
	struct text text = { .out = out, .stream = out->stream, .cells.wall_offset_ns = out->wall_offset_ns };

	for (size_t i = 0; i < nr; i++) {
		if (columns[i].key && !is_named(format ? format : "", columns, nr, i))
			fprintf(out->stream, "%s ", cell_text__word(&text.cells, &columns[i], &cells[i]));
	}
	text__line(&text, format ? format : name, columns, cells, nr);
	free(text.cells.buf);
	return text.cells.error ? text.cells.error : stream__error(out->stream);
}

extern const struct output_ops text_output;

const struct output_ops text_output = {
	.name = "text",
	.report = text_report,
	.event = text_event,
};
