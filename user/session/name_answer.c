// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "name_answer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In the answer there are eight bytes before each text, so there is room for the NUL behind it. */
void name_answer__begin(struct name_answer *answer, const char *bytes, size_t size)
{
	*answer = (struct name_answer){ .cursor = { NULL, NULL, true } };
	answer->room = answer->to = bytes ? malloc(size + 1) : NULL;
	if (!answer->room)
		return;
	answer->cursor = (struct message_cursor){ bytes, bytes + size, false };
	message__get_u64(&answer->cursor);
}

void name_answer__end(struct name_answer *answer)
{
	free(answer->room);
}

/* The next text; NULL: it is empty. */
static const char *take_text(struct name_answer *answer)
{
	size_t size;
	const char *bytes = message__get_string(&answer->cursor, &size, SYMBOL_NAME_MAX);
	char *text = answer->to;

	if (!size || !text)
		return NULL;
	memcpy(text, bytes, size);
	text[size] = '\0';
	answer->to += size + 1;
	return text;
}

size_t name_answer__frames(struct name_answer *answer, const struct stack_frame *place, struct stack_frame *frames,
			   size_t max)
{
	uint64_t offset = message__get_u64(&answer->cursor), nr;
	struct stack_frame own = *place;
	size_t taken = 0;

	own.symbol = take_text(answer);
	own.offset = own.symbol ? offset : 0;
	nr = message__get_u64(&answer->cursor);
	for (; nr && !answer->cursor.failed; nr--) {
		const char *text = take_text(answer);

		if (!text || taken + 1 >= max)
			continue;
		frames[taken] = *place;
		frames[taken].inlined = true;
		frames[taken++].symbol = text;
	}
	frames[taken++] = own;
	return taken;
}

bool name_answer__at(const char *bytes, size_t size, size_t at, char name[SYMBOL_NAME_MAX + 1])
{
	struct message_cursor cursor = { bytes, bytes + size, !bytes };
	size_t len = 0, unused, i;
	const char *text = NULL;
	uint64_t nr;

	message__get_u64(&cursor);
	for (i = 0; i <= at && !cursor.failed; i++) {
		message__get_u64(&cursor);
		text = message__get_string(&cursor, &len, SYMBOL_NAME_MAX);
		for (nr = message__get_u64(&cursor); nr && !cursor.failed; nr--)
			message__get_string(&cursor, &unused, SYMBOL_NAME_MAX);
	}
	if (cursor.failed || !len)
		return false;
	memcpy(name, text, len);
	name[len] = '\0';
	return true;
}
