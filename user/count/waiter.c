// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "waiter.h"

#include <stddef.h>

#include "../model/schema.h"

static const enum mt_slot stalls[] = {
	MT_SLOT_stall_memcg_ns,	 MT_SLOT_stall_high_ns,	   MT_SLOT_stall_direct_ns, MT_SLOT_stall_compact_ns,
	MT_SLOT_stall_swapin_ns, MT_SLOT_stall_refault_ns, MT_SLOT_stall_other_ns,
};

uint32_t waiter__of(uint32_t tid, const uint64_t *add)
{
	size_t i;

	for (i = 0; i < sizeof(stalls) / sizeof(*stalls); i++)
		if (add[stalls[i]])
			return tid;
	return WAITER_NONE;
}

uint32_t waiter__join(uint32_t a, uint32_t b)
{
	if (a == b || b == WAITER_NONE)
		return a;
	return a == WAITER_NONE ? b : WAITER_SEVERAL;
}
