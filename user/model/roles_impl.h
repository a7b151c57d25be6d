/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the files about roles; not for others. */
#ifndef MEMTRACE_MODEL_ROLES_IMPL_H
#define MEMTRACE_MODEL_ROLES_IMPL_H

#include "roles.h"

#define ROLE_WORDS 4 /* <words> of a pattern */

/* What <name> in a pattern stands for, in the text that matched. */
struct role_word {
	const char *name;
	size_t name_len;
	const char *at;
	size_t len;
};

struct role_words {
	struct role_word list[ROLE_WORDS];
	size_t nr;
};

/*
 * Whether the whole text is as the pattern says: ? is any character, * any text, <name> one word without blanks,
 * \ takes away what the next character means.  Takes at most the product of both lengths in steps.
 */
bool role_pattern__match(const char *pattern, const char *text, struct role_words *words);
/* The rules in their order; NULL: there are no more. */
const struct role_rule *roles__at(const struct roles *roles, size_t i);

#endif
