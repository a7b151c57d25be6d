/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The answer to a question for the names of a call chain (APART_NAMES), as frames.  It is as hostile as the files that
 * it was read from.
 */
#ifndef MEMTRACE_SESSION_NAME_ANSWER_H
#define MEMTRACE_SESSION_NAME_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "../symbols/message.h"
#include "../symbols/stack.h"
#include "../symbols/symtab.h"

struct name_answer {
	struct message_cursor cursor;
	char *room, *to; /* of the texts; NULL: there are none */
};

/* bytes: of the answer, the caller's until the end; NULL: there is none, so nothing has a name. */
void name_answer__begin(struct name_answer *answer, const char *bytes, size_t size);
void name_answer__end(struct name_answer *answer); /* with it all texts */
/*
 * The frames of the next address: those of functions that are inlined there, the innermost first, and the function's
 * own, which is always there.  Each is a copy of place with a symbol, NULL if it has no name.  How many; max is 1 or
 * more.
 */
size_t name_answer__frames(struct name_answer *answer, const struct stack_frame *place, struct stack_frame *frames,
			   size_t max);
/* The function's name at the at-th address; false: it has none. */
bool name_answer__at(const char *bytes, size_t size, size_t at, char name[SYMBOL_NAME_MAX + 1]);

#endif
