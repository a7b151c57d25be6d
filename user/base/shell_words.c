/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_words.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"

static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, PLAIN)];
}

static void write_word(FILE *out, const char *word)
{
	if (is_plain(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (char[]){ *word, '\0' }, out);
	fputc('\'', out);
}

bool shell_words(char *buf, size_t size, const char *arguments, size_t len)
{
	const char *word, *end = arguments + len;
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	bool fits;

	buf[0] = '\0';
	if (!out)
		return false;
	for (word = arguments; word < end; word += strlen(word) + 1) {
		if (word > arguments)
			fputc(' ', out);
		write_word(out, word);
	}
	fits = !fclose(out) && length && length < size;
	if (fits)
		memcpy(buf, text, length + 1);
	free(text);
	return fits;
}
