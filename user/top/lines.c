// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/sanitise.h"

#define GO_ON 2 /* columns that the rest of a line is further to the right than its text */

void top_lines__add(struct top_lines *lines, enum screen_style style, const char *fmt, ...)
{
	va_list args;
	char *text;

	if (lines->nr == TOP_MAX_LINES)
		return;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) >= 0)
		lines->list[lines->nr++] = (struct top_line){ .text = text, .style = style, .hang = lines->hang };
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

/* The bytes of the first character; the columns it takes once it is harmless. */
static size_t first_character(const char *text, size_t *columns)
{
	char one[8] = "", safe[64];
	size_t len = 1;

	while (len < 4 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len++;
	memcpy(one, text, len);
	*columns = text_width(sanitise_terminal(safe, sizeof(safe), one));
	return len;
}

/* The bytes of what fits: up to the last space behind the first skip bytes if there is one, a character at least. */
static size_t fitting(const char *text, size_t skip, size_t width)
{
	size_t at = 0, used = 0, space = 0, len, columns;

	for (; text[at]; at += len) {
		len = first_character(text + at, &columns);
		if (at > skip && text[at] == ' ' && text[at - 1] != ' ')
			space = at;
		if (used + columns > width)
			return space ? space : at ? at : len;
		used += columns;
	}
	return at;
}

static void wrap_line(struct top_lines *to, const struct top_line *line, size_t width)
{
	size_t indent = strspn(line->text, " "), hang = line->hang ? line->hang : indent + GO_ON, len;
	const char *text = line->text;

	if (line->hang == TOP_NO_WRAP || hang > width / 2) {
		top_lines__add(to, line->style, "%s", text);
		return;
	}
	len = fitting(text, hang > indent ? hang : indent, width);
	top_lines__add(to, line->style, "%.*s", (int)len, text);
	for (text += len; *(text += strspn(text, " ")); text += len) {
		len = fitting(text, 0, width - hang);
		top_lines__add(to, line->style, "%*s%.*s", (int)hang, "", (int)len, text);
	}
}

void top_lines__wrap(struct top_lines *to, const struct top_lines *from, size_t width)
{
	size_t i;

	top_lines__clear(to);
	for (i = 0; i < from->nr; i++)
		wrap_line(to, &from->list[i], width);
}

void top_lines__clear(struct top_lines *lines)
{
	lines->hang = 0;
	while (lines->nr)
		free(lines->list[--lines->nr].text);
}
