// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "settled.h"

#include "leaf_callers.h"

static struct settled_one *set_of(struct settled *settled, const struct settled_event *event)
{
	uint64_t of = event->ref ^ (uint64_t)(uint32_t)event->id << 32 ^ (event->top ? event->top->pc : 0);

	return settled->sets[of * 0x9e3779b97f4a7c15ULL >> 32 & (SETTLED_SETS - 1)];
}

/* Whether what decided is the same. */
static bool is_like(const struct settled_one *one, const struct mt_stack_top *top)
{
	uint64_t differ;

	if (one->has_top != (top != NULL))
		return false;
	if (!top)
		return true;
	differ = (one->top.pc ^ top->pc) | (one->top.nr_words ^ top->nr_words);
	if (one->uses & LEAF_USES_FP)
		differ |= one->top.fp ^ top->fp;
	if (one->uses & LEAF_USES_LINK)
		differ |= one->top.link ^ top->link;
	for (uint32_t i = 0; one->uses & (LEAF_USES_FP - 1) && i < MT_TOP_WORDS; i++)
		if (one->uses >> i & 1)
			differ |= one->top.words[i] ^ top->words[i];
	return !differ;
}

int32_t settled__find(struct settled *settled, uint64_t version, const struct settled_event *event)
{
	struct settled_one *set = set_of(settled, event);

	for (int i = 0; i < 2; i++) {
		struct settled_one *one = &set[i];

		if (!one->known || one->version != version || one->ref != event->ref || one->id != event->id ||
		    !is_like(one, event->top))
			continue;
		one->used = true;
		set[!i].used = false;
		return one->to;
	}
	return MT_UNKNOWN_S32;
}

void settled__add(struct settled *settled, uint64_t version, const struct settled_event *event, uint32_t uses,
		  int32_t to)
{
	struct settled_one *set = set_of(settled, event), *one = &set[set[0].used];

	*one = (struct settled_one){ .version = version,
				     .ref = event->ref,
				     .id = event->id,
				     .to = to,
				     .known = true,
				     .used = true,
				     .has_top = event->top,
				     .uses = uses };
	if (event->top)
		one->top = *event->top;
	set[one == set].used = false;
}
