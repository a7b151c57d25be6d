// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "text_buffer.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM  4096
#define DIGITS_MAX  20
#define DOUBLE_MAX  40
#define EXACT_BELOW 1e15 /* 15 digits always come back as they were */
#define NANOS	    1e9

void text_buffer__free(struct text_buffer *text)
{
	free(text->data);
	*text = (struct text_buffer){ 0 };
}

void text_buffer__reset(struct text_buffer *text)
{
	text->size = 0;
	text->failed = false;
}

/* Where size more bytes may be written; NULL: no memory. */
static char *space(struct text_buffer *text, size_t size)
{
	size_t room = text->room ? text->room : FIRST_ROOM;
	char *more;

	if (text->failed)
		return NULL;
	if (size <= text->room - text->size)
		return text->data + text->size;
	while (room - text->size < size)
		room *= 2;
	more = realloc(text->data, room);
	if (!more) {
		text->failed = true;
		return NULL;
	}
	text->data = more;
	text->room = room;
	return text->data + text->size;
}

void text_buffer__add(struct text_buffer *text, const char *data, size_t size)
{
	char *to = space(text, size);

	if (!to || !size)
		return;
	memcpy(to, data, size);
	text->size += size;
}

void text_buffer__string(struct text_buffer *text, const char *string)
{
	text_buffer__add(text, string, strlen(string));
}

void text_buffer__digits(struct text_buffer *text, uint64_t number, unsigned int least)
{
	char digits[DIGITS_MAX], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number || at > digits + sizeof(digits) - (least < DIGITS_MAX ? least : DIGITS_MAX));
	text_buffer__add(text, at, (size_t)(digits + sizeof(digits) - at));
}

/*
 * Most numbers with a fraction are times, of nanoseconds: a whole number of them below 1e15 has 15 digits at most, and
 * as division rounds as reading does, it is what those digits read back as.
 */
static bool add_nanos(struct text_buffer *text, double value)
{
	double nanos = value * NANOS;
	uint64_t whole, part;
	unsigned int digits = 9;

	/* below 1e-4 fewer characters tell it with an exponent */
	if (nanos < 1e5 || nanos >= EXACT_BELOW)
		return false;
	whole = (uint64_t)(nanos + 0.5);
	if ((double)whole / NANOS != value)
		return false;
	part = whole % 1000000000;
	text_buffer__digits(text, whole / 1000000000, 1);
	for (; part && part % 10 == 0; digits--)
		part /= 10;
	if (part) {
		text_buffer__add(text, ".", 1);
		text_buffer__digits(text, part, digits);
	}
	return true;
}

static void add_shortest(struct text_buffer *text, double value)
{
	const char *point = localeconv()->decimal_point;
	char buf[DOUBLE_MAX], *at;
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		snprintf(buf, sizeof(buf), "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	at = strstr(buf, point);
	if (at) {
		*at = '.';
		memmove(at + 1, at + strlen(point), strlen(at + strlen(point)) + 1);
	}
	text_buffer__string(text, buf);
}

void text_buffer__double(struct text_buffer *text, double value)
{
	if (isnan(value)) {
		text_buffer__string(text, "NaN");
	} else if (isinf(value)) {
		text_buffer__string(text, value < 0 ? "-Inf" : "+Inf");
	} else if (fabs(value) < EXACT_BELOW && value == (double)(int64_t)value) {
		if (value < 0)
			text_buffer__add(text, "-", 1);
		text_buffer__digits(text, (uint64_t)fabs(value), 1);
	} else if (!add_nanos(text, value)) {
		add_shortest(text, value);
	}
}

int text_buffer__write(struct text_buffer *text, FILE *stream)
{
	int err = text->failed ? -ENOMEM : 0;

	if (!err && text->size)
		fwrite(text->data, 1, text->size, stream);
	text_buffer__reset(text);
	return err;
}
