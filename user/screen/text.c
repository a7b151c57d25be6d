// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Text on the screen. */
#include <string.h>
#include <wchar.h>

#include "screen_impl.h"

#include "../base/sanitise.h"

#define LINE_BYTES 4096

/* Where a terminal does not know UTF-8, a character that is not ASCII is a question mark for each of its columns. */
static void to_ascii(char *text)
{
	char *from = text, *to = text;
	size_t columns;

	while (*from) {
		size_t len = 1;

		if (!((unsigned char)*from & 0x80)) {
			*to++ = *from++;
			continue;
		}
		while (((unsigned char)from[len] & 0xc0) == 0x80)
			len++;
		/* a prefix of one character is no longer than it was */
		char one[8] = "";

		memcpy(one, from, len < sizeof(one) ? len : sizeof(one) - 1);
		for (columns = text_width(one); columns; columns--)
			*to++ = '?';
		from += len;
	}
	*to = '\0';
}

/* What of the text fits: its bytes, its columns. */
static size_t fit(const struct screen *screen, char *safe, size_t size, const char *text, unsigned int width,
		  size_t *taken)
{
	size_t len;

	sanitise_terminal(safe, size, text);
	if (!screen->utf8)
		to_ascii(safe);
	len = text_prefix(safe, width, taken);
	safe[len] = '\0';
	return len;
}

static unsigned int room(const struct screen *screen, unsigned int y, unsigned int x, unsigned int width)
{
	unsigned int columns = screen__columns(screen);

	if (y >= screen__rows(screen) || x >= columns)
		return 0;
	return width < columns - x ? width : columns - x;
}

static void draw(const struct screen *screen, unsigned int y, unsigned int x, enum screen_style style, const char *text)
{
	attrset(screen->styles[style]);
	mvaddstr((int)y, (int)x, text);
	attrset(A_NORMAL);
}

unsigned int screen__put(struct screen *screen, unsigned int y, unsigned int x, unsigned int width,
			 enum screen_style style, const char *text)
{
	char safe[LINE_BYTES];
	size_t taken;

	width = room(screen, y, x, width);
	if (!width || !fit(screen, safe, sizeof(safe), text, width, &taken))
		return 0;
	draw(screen, y, x, style, safe);
	return (unsigned int)taken;
}

void screen__put_right(struct screen *screen, unsigned int y, unsigned int x, unsigned int width,
		       enum screen_style style, const char *text)
{
	char safe[LINE_BYTES];
	size_t taken;

	width = room(screen, y, x, width);
	if (width && fit(screen, safe, sizeof(safe), text, width, &taken))
		draw(screen, y, x + width - (unsigned int)taken, style, safe);
}

void screen__tint(struct screen *screen, unsigned int y, unsigned int x, unsigned int width, enum screen_style style)
{
	attr_t attributes = screen->styles[style];

	width = room(screen, y, x, width);
	if (width)
		mvchgat((int)y, (int)x, (int)width, attributes & ~A_COLOR, (short)PAIR_NUMBER(attributes), NULL);
}
