/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Copies of stacks that need no unwinding: one from the same place, with the same registers and words where these led
 * the unwinding (symbols/cfi_basis.h), has been unwound before.  Code that runs in a loop has nearly none but such.
 */
#ifndef MEMTRACE_SESSION_KNOWN_COPIES_H
#define MEMTRACE_SESSION_KNOWN_COPIES_H

#include "../model/stack_lookup.h"
#include "../symbols/message.h"
#include "../symbols/unwind.h"

struct known_copies;

struct known_copies *known_copies__new(void);	     /* NULL: memory ran out */
void known_copies__free(struct known_copies *known); /* NULL is fine */

/* The chain of such a copy, of a program with these mappings (proc_maps__serial()); MT_UNKNOWN_S32: none is known. */
int32_t known_copies__find(const struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec);
/*
 * Whether a copy waits for the first one from its place, which is being unwound: it may be like that one.  The first
 * that asks becomes it, and waits for nobody.
 */
bool known_copies__waits(struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec);
/* None waits for that copy any longer, as it was unwound, or will not be. */
void known_copies__go_on(struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec);
/*
 * A copy was unwound.  answer: the basis, behind the chain in what the process apart says.  false: nothing is kept, as
 * that has none, or does not fit the copy.
 */
bool known_copies__add(struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec,
		       struct message_cursor *answer, int32_t chain);
/*
 * One that is known, as programs compare it (struct mt_known_stack, but for the chain; of the place all but nr). false:
 * it is not known, or has more words than that.
 */
bool known_copies__describe(const struct known_copies *known, uint64_t maps, const struct mt_stack_copy *rec,
			    struct mt_known_place *place, struct mt_known_stack *stack);

#endif
