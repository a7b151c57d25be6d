// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "wrapped.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wrapped__begin(struct wrapped *wrapped, struct report *report, const char *label)
{
	wrapped->report = report;
	wrapped->label = label;
	wrapped->len = 0;
	wrapped->line[0] = '\0';
}

/* Without spaces at the end: a separator may be wider than one. */
static void flush(struct wrapped *wrapped)
{
	while (wrapped->len && wrapped->line[wrapped->len - 1] == ' ')
		wrapped->line[--wrapped->len] = '\0';
	report__add_note(wrapped->report, "%-*s%s", WRAPPED_LABEL, wrapped->label, wrapped->line);
	wrapped->label = "";
	wrapped->len = 0;
	wrapped->line[0] = '\0';
}

static void append(struct wrapped *wrapped, const char *text)
{
	size_t room = sizeof(wrapped->line) - wrapped->len, len = strlen(text);

	len = len < room ? len : room - 1;
	memcpy(wrapped->line + wrapped->len, text, len);
	wrapped->len += len;
	wrapped->line[wrapped->len] = '\0';
}

/* Behind a part comes a separator, of which a comma is left at the end of a line. */
static size_t width_of(const struct report *report)
{
	if (!report->width || report->width > WRAPPED_WIDTH)
		return WRAPPED_WIDTH;
	return report->width > WRAPPED_LEAST ? report->width - 1 : WRAPPED_LEAST;
}

void wrapped__add(struct wrapped *wrapped, const char *separator, const char *fmt, ...)
{
	char part[6144];
	va_list args;

	va_start(args, fmt);
	vsnprintf(part, sizeof(part), fmt, args);
	va_end(args);
	if (wrapped->len)
		append(wrapped, separator);
	if (wrapped->len && WRAPPED_LABEL + wrapped->len + strlen(part) > width_of(wrapped->report))
		flush(wrapped);
	append(wrapped, part);
}

void wrapped__end(struct wrapped *wrapped)
{
	if (wrapped->len)
		flush(wrapped);
}
