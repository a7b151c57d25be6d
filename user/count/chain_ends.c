// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "chain_ends.h"

#include <string.h>

/* What nothing calls: glibc's and musl's names; they are those of the file, if it has them. */
static bool is_start(const char *text)
{
	static const char *const names[] = { "_start",
					     "_dl_start",
					     "__libc_start_main",
					     "__libc_start_call_main",
					     "clone",
					     "start_thread",
					     "clone3",
					     "__clone",
					     "__clone3",
					     "thread_start" };
	size_t len = strcspn(text, ";"), i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], text, len))
			return true;
	return false;
}

static const struct field_row *user_chain(const struct event_row *row)
{
	size_t i;

	for (i = 0; i < row->nr_fields; i++)
		if (row->fields[i].type == FIELD_USER_STACK)
			return &row->fields[i];
	return NULL;
}

bool chain_end__has(const struct event_row *row)
{
	return user_chain(row);
}

/* How the chain of an id was unwound; MT_UNWOUND_NOT: it was found by frame pointers. */
static unsigned int unwound_end(int32_t id)
{
	if (id & MT_MORE_STACKS || !(id & MT_UNWOUND_STACK))
		return MT_UNWOUND_NOT;
	return (unsigned int)id >> MT_UNWOUND_SHIFT & 3;
}

bool chain_end__is_fp(int32_t id)
{
	return unwound_end(id) == MT_UNWOUND_NOT;
}

enum chain_end chain_end__of(const struct event_row *row, const void *record, const char *text)
{
	static const enum chain_end ends[MT_NR_UNWOUND_ENDS] = { [MT_UNWOUND_WHOLE] = CHAIN_DWARF_WHOLE,
								 [MT_UNWOUND_CUT] = CHAIN_DWARF_CUT,
								 [MT_UNWOUND_BROKEN] = CHAIN_DWARF_PART };
	const struct field_row *field = user_chain(row);
	unsigned int end;
	int32_t id;

	if (!field)
		return NR_CHAIN_ENDS;
	memcpy(&id, (const char *)record + field->offset, sizeof(id));
	if (id < 0)
		return CHAIN_NONE;
	end = unwound_end(id);
	if (end == MT_UNWOUND_NOT)
		return text && is_start(text) ? CHAIN_FP_WHOLE : CHAIN_FP_PART;
	return ends[end];
}
