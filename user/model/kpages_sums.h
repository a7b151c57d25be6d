/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Pages that the kernel holds, summed by the call chain that allocated them. */
#ifndef MEMTRACE_MODEL_KPAGES_SUMS_H
#define MEMTRACE_MODEL_KPAGES_SUMS_H

#include "../base/hash.h"
#include "../../bpf/wire.h"

struct kpages_chain {
	UT_hash_handle hh;
	int32_t stack; /* MT_UNKNOWN_S32: not known */
	uint64_t pages, allocations;
	uint64_t oldest_ns;
};

struct kpages_sums {
	struct kpages_chain *table; /* owned */
	uint64_t born_until_ns;	    /* younger ones are left out; 0: none are */
};

/* 0 or -ENOMEM. */
int kpages_sums__add(struct kpages_sums *sums, const struct mt_kpages_key *key, const struct mt_kpages_held *held);
void kpages_sums__free(struct kpages_sums *sums); /* it can be used again */

#endif
