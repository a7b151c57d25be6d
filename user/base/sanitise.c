/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "sanitise.h"

#define NOT_UTF8 UINT32_MAX
/* The longest piece that replaces a character: four bytes as \xHH. */
#define MAX_PIECE 16

/* How many bytes a character has, by its first byte; 0 if no character begins with it. */
static size_t utf8_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/*
 * Reads the character at text (not at its end); *len: the bytes it takes, 1 with NOT_UTF8.  Overlong forms,
 * surrogates and what is above U+10FFFF are not UTF-8: a decoder that accepts them lets an attacker bypass checks.
 */
static uint32_t utf8_read(const char *text, size_t *len)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t nr = utf8_length(s[0]);
	uint32_t c;

	*len = 1;
	if (nr == 0)
		return NOT_UTF8;
	if (nr == 1)
		return s[0];
	c = s[0] & (0x7fu >> nr);
	for (size_t i = 1; i < nr; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return NOT_UTF8;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < smallest[nr] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return NOT_UTF8;
	*len = nr;
	return c;
}

/*
 * Controls of C0 and C1 and DEL; what is not seen (soft hyphens, zero widths except the joiner, which
 * writing needs, tags), breaks lines or changes direction; what is not UTF-8.
 */
static bool harms(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },		{ 0x7f, 0x9f },	    { 0xad, 0xad },	{ 0x61c, 0x61c },
		{ 0x180e, 0x180e },	{ 0x200b, 0x200c }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f },	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
		{ NOT_UTF8, NOT_UTF8 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* Each writes what stands for a character into piece and returns its length. */
typedef size_t (*piece_fn)(char *piece, uint32_t c, const char *text, size_t len);

static size_t escape_bytes(char *piece, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		*piece++ = '\\';
		*piece++ = 'x';
		*piece++ = hex[byte >> 4];
		*piece++ = hex[byte & 15];
	}
	return 4 * len;
}

static size_t visible_piece(char *piece, uint32_t c, const char *text, size_t len)
{
	if (harms(c))
		return escape_bytes(piece, text, len);
	memcpy(piece, text, len);
	return len;
}

/* A backslash is escaped too, so every backslash in the output begins an escape. */
static size_t terminal_piece(char *piece, uint32_t c, const char *text, size_t len)
{
	return c == '\\' ? escape_bytes(piece, text, len) : visible_piece(piece, c, text, len);
}

static size_t utf8_piece(char *piece, uint32_t c, const char *text, size_t len)
{
	if (c == NOT_UTF8) {
		memcpy(piece, "\xef\xbf\xbd", 3);
		return 3;
	}
	memcpy(piece, text, len);
	return len;
}

static char *sanitise(char *buf, size_t size, const char *text, piece_fn piece_of)
{
	char *p = buf;

	if (size == 0)
		return buf;
	while (*text) {
		char piece[MAX_PIECE];
		size_t len, piece_len;
		uint32_t c = utf8_read(text, &len);

		piece_len = piece_of(piece, c, text, len);
		if (piece_len >= size - (size_t)(p - buf))
			break;
		memcpy(p, piece, piece_len);
		p += piece_len;
		text += len;
	}
	*p = '\0';
	return buf;
}

char *sanitise_terminal(char *buf, size_t size, const char *text)
{
	return sanitise(buf, size, text, terminal_piece);
}

char *sanitise_visible_dup(const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? sanitise(copy, size, text, visible_piece) : NULL;
}

char *sanitise_utf8(char *buf, size_t size, const char *text)
{
	return sanitise(buf, size, text, utf8_piece);
}

char *sanitise_utf8_dup(const char *text)
{
	size_t size = 3 * strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? sanitise_utf8(copy, size, text) : NULL;
}

/*
 * In the C locale, in which root's sessions often run, wcwidth() only knows ASCII, but the terminal shows UTF-8.  So
 * a UTF-8 locale is loaded; without its file each character counts as one column.
 */
static int char_width(uint32_t c)
{
	static locale_t utf8;
	static bool tried;
	locale_t previous;
	int width;

	if (c >= 0x20 && c < 0x7f)
		return 1;
	if (!tried)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	tried = true;
	if (!utf8)
		return 1;
	previous = uselocale(utf8);
	width = wcwidth((wchar_t)c);
	uselocale(previous);
	return width < 0 ? 1 : width;
}

size_t text_prefix(const char *text, size_t width, size_t *taken)
{
	const char *p = text;

	*taken = 0;
	while (*p) {
		size_t len;
		uint32_t c = utf8_read(p, &len);
		size_t next = *taken + (size_t)char_width(c);

		if (next > width)
			break;
		*taken = next;
		p += len;
	}
	return (size_t)(p - text);
}

size_t text_width(const char *text)
{
	size_t width;

	text_prefix(text, SIZE_MAX, &width);
	return width;
}
