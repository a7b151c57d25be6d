/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What is abnormal: a table of rules, the worst first, each with its threshold, where that comes from, and what to run
 * next. */
#ifndef MEMTRACE_VIEWS_STATE_RULES_H
#define MEMTRACE_VIEWS_STATE_RULES_H

#include <stdbool.h>

#include "state.h"

struct state_rule {
	const char *id;
	const char *threshold; /* in words */
	const char *source;    /* where the threshold comes from */
	const char *next;      /* a command line */
	/* Whether it applies; then text is a sentence about it. */
	bool (*applies)(const struct state *state, char *text, size_t size);
};

extern const struct state_rule state_rules[]; /* id NULL at the end */

#endif
