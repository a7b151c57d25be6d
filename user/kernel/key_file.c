// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "key_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define KEY_MAX 64 /* "some avg300" and the like; longer ones are passed over */

/* A line whose end did not fit might say 12 for 123. */
static size_t whole_lines(const char *buf, size_t len)
{
	const char *newline = memrchr(buf, '\n', len);

	return newline ? newline + 1 - buf : 0;
}

ssize_t key_file__read(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size - 1 && (got = pread(fd, buf + len, size - 1 - len, (off_t)len)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		len += got;
	}
	if (len == size - 1)
		len = whole_lines(buf, len);
	buf[len] = '\0';
	return (ssize_t)len;
}

static size_t span(const char *text, size_t len, const char *end)
{
	size_t i;

	for (i = 0; i < len && (!text[i] || !strchr(end, text[i])); i++)
		;
	return i;
}

static size_t nr_spaces(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == ':'); i++)
		;
	return i;
}

/* Fields "avg10=0.12" of the line of that name. */
static void take_fields(const struct key_value *line, void (*take)(void *ctx, const struct key_value *entry), void *ctx)
{
	const char *at = line->value, *end = at + line->value_len;
	struct key_value field;
	char key[KEY_MAX];
	size_t word, name;

	for (; at < end; at += word + nr_spaces(at + word, end - at - word)) {
		word = span(at, end - at, " ");
		name = span(at, word, "=");
		if (name == word || line->key_len + 1 + name > sizeof(key))
			continue;
		memcpy(key, line->key, line->key_len);
		key[line->key_len] = ' ';
		memcpy(key + line->key_len + 1, at, name);
		field = (struct key_value){ key, line->key_len + 1 + name, at + name + 1, word - name - 1 };
		take(ctx, &field);
	}
}

static void take_line(const char *text, size_t len, void (*take)(void *ctx, const struct key_value *entry), void *ctx)
{
	size_t name = span(text, len, " \t:"), begin = name + nr_spaces(text + name, len - name);
	struct key_value line = { text, name, text + begin, len - begin };
	size_t word = span(line.value, line.value_len, " ");

	if (!name || begin == name || begin == len)
		return;
	if (memchr(line.value, '=', word))
		take_fields(&line, take, ctx);
	else
		take(ctx, &line);
}

void key_file__each(const char *text, size_t len, void (*take)(void *ctx, const struct key_value *entry), void *ctx)
{
	const char *end = text + len, *newline;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', end - text);
		newline = newline ? newline : end;
		take_line(text, newline - text, take, ctx);
	}
}

static bool is_digit(const char *at, const char *end)
{
	return at < end && *at >= '0' && *at <= '9';
}

/* False: it does not fit. */
static bool add_digit(uint64_t *number, unsigned int digit)
{
	return !__builtin_mul_overflow(*number, 10, number) && !__builtin_add_overflow(*number, digit, number);
}

bool key_file__number(const struct key_value *entry, unsigned int decimals, uint64_t *number)
{
	const char *at = entry->value, *end = at + entry->value_len;
	bool fits = is_digit(at, end);

	*number = 0;
	for (; fits && is_digit(at, end); at++)
		fits = add_digit(number, *at - '0');
	at += decimals && at < end && *at == '.';
	for (; fits && decimals; decimals--)
		fits = add_digit(number, is_digit(at, end) ? *at++ - '0' : 0);
	return fits;
}
