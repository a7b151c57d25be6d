// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void top_lines__add(struct top_lines *lines, enum screen_style style, const char *fmt, ...)
{
	va_list args;
	char *text;

	if (lines->nr == TOP_MAX_LINES)
		return;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) >= 0)
		lines->list[lines->nr++] = (struct top_line){ .text = text, .style = style };
	va_end(args);
}

void top_lines__add_text(struct top_lines *lines, enum screen_style style, const char *prefix, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		top_lines__add(lines, style, "%s%.*s", prefix, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

void top_lines__clear(struct top_lines *lines)
{
	while (lines->nr)
		free(lines->list[--lines->nr].text);
}
